//! The fast path of the normal samplers: McFarland's *inscribed* Ziggurat.
//!
//! ```text
//! density f(x) = exp(−x²/2), right half, cut into horizontal layers of equal area (1/128 of the whole)
//!
//!  1 ┤▒▒▒▒▒▒..                          ▒ cap      the area above layer 125
//!    │██████████▒▒..                    █ layer i  0 < x < X[i], f(X[i−1]) < y < f(X[i])
//!    │███████████████▒▒...              ▒ box i    between X[i] and X[i−1], below the curve
//!    │██████████████████████▒▒▒....
//!    │████████████████████████████████▒▒▒▒▒▒▒......       tail: beyond X[0] = 3.4224543
//!  0 ┼───────────────────────────────────────────────────
//! ```
//!
//! The rectangles of the classic Ziggurat (Marsaglia & Tsang, 2000) reach beyond the density. Each of
//! its values is therefore tested against a second table, and 2.76 % of them fail. Here (McFarland, "A
//! modified ziggurat algorithm for generating exponentially and normally distributed pseudorandom
//! numbers", 2016) the rectangles lie wholly below the density. 126 of them fit. A uniform layer number
//! below 126 is therefore accepted outright, with one table and no other comparison.
//!
//! The layers 126 and 127, which are 2/128 of all positions, stand for the area that the rectangles do
//! not cover. Their positions are *rejected*, and [`overhang`](super::overhang) resolves them.
//!
//! The truncated normal uses the same algorithm with the density that ends at 2. Its first 28 layers
//! reach from 0 to 2. They end below f(2), and layer 28 begins there but is narrower. The rectangle
//! beside layer 28, up to 2 and up to f(2), is called the *rest*. In the overhang it takes the role of
//! the tail.

use super::{
    signed,
    tables::{self, Tables},
};

/// A density that the layers lie below. It is a type, so that the code for one density is compiled without
/// the code for the other.
pub(crate) trait Density: Copy {
    const TABLES: &'static Tables;
    /// The first layer that is narrower than the density, or 0 if the density has no end. The layers
    /// before it end where the density does.
    const NARROW: usize;
}

/// The standard normal, exp(−x²/2).
#[derive(Clone, Copy)]
pub(crate) struct Normal;

impl Density for Normal {
    const TABLES: &'static Tables = &tables::NORMAL;
    const NARROW: usize = 0;
}

/// The standard normal between −2 and 2.
#[derive(Clone, Copy)]
pub(crate) struct Truncated;

impl Density for Truncated {
    const TABLES: &'static Tables = &tables::TRUNCATED;
    const NARROW: usize = 28;
}

/// Returns the value of a word, without the mean, or NaN if the fast path rejects the word.
///
/// The format multiplies the table's entry by `std` first, so that a backend can scale the table once
/// per fill.
#[inline]
pub(crate) fn fast<D: Density>(word: u32, std: f32) -> f32 {
    signed(word) * (D::TABLES.edges[(word & 127) as usize] * std)
}

/// Returns whether the fast path rejects a word.
#[inline]
pub(crate) fn rejects(word: u32) -> bool {
    word & 126 == 126
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_rejected_if_its_value_is_nan() {
        for word in (0..128).chain(0x1234_5600..0x1234_5680) {
            assert_eq!(rejects(word), fast::<Normal>(word, 1.0).is_nan(), "{word:#x}");
            assert_eq!(rejects(word), fast::<Truncated>(word, 1.0).is_nan(), "{word:#x}");
        }
    }
}
