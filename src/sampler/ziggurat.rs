//! The normal's fast path: McFarland's *inscribed* Ziggurat.
//!
//! ```text
//! density exp(-x²/2), right half, cut into horizontal layers of equal area (1/128 of the whole)
//!
//!  1 ┤▒▒▒▒▒▒..                          ▒ cap      what is left above layer 125
//!    │██████████▒▒..                    █ layer i  0 < x < X[i], f(X[i-1]) < y < f(X[i])
//!    │███████████████▒▒...              ▒ box i    between X[i] and X[i-1], below the curve
//!    │██████████████████████▒▒▒....
//!    │████████████████████████████████▒▒▒▒▒▒▒......       tail: beyond X[0] = 3.4224543
//!  0 ┼───────────────────────────────────────────────────
//! ```
//!
//! The classic Ziggurat (Marsaglia & Tsang, 2000) circumscribes its rectangles: each needs a test
//! against a second table, and 2.76 % of the values fail it. Here (McFarland, "A modified ziggurat
//! algorithm for generating exponentially and normally distributed pseudorandom numbers", 2016)
//! they lie wholly below the density. 126 of them fit, so a uniform layer number below 126 is
//! accepted outright: one table, no comparison but that one. The other 2/128 stand for what the
//! rectangles leave over, which is [`overhang`](super::overhang)'s.

//!
//! The truncated normal is the same machine below the density that ends at 2. Its first 28 layers
//! are as wide as that, and layer 28 begins where they end, below f(2): beside it, a *rest* is left,
//! which is what its overhang has in place of the tail.

use super::{
    signed,
    tables::{self, Tables},
};

/// What the layers lie below: a type, so that code for one knows nothing of the other.
pub(crate) trait Density: Copy {
    const TABLES: &'static Tables;
    /// The layers before this one end where the density does: 0, if it has no end.
    const NARROW: usize;
}

/// exp(-x²/2).
#[derive(Clone, Copy)]
pub(crate) struct Normal;

impl Density for Normal {
    const TABLES: &'static Tables = &tables::NORMAL;
    const NARROW: usize = 0;
}

/// exp(-x²/2) from -2 to 2.
#[derive(Clone, Copy)]
pub(crate) struct Truncated;

impl Density for Truncated {
    const TABLES: &'static Tables = &tables::TRUNCATED;
    const NARROW: usize = 28;
}

/// The value at a position in the fast path, without the mean. NaN if the position left it.
///
/// `std` is multiplied into the table's entry first, and that is part of the format: who fills
/// many values can do it once per entry.
#[inline]
pub(crate) fn fast<D: Density>(word: u32, std: f32) -> f32 {
    signed(word) * (D::TABLES.edges[(word & 127) as usize] * std)
}

/// Whether the position of that word leaves the fast path.
#[inline]
pub(crate) fn leaves(word: u32) -> bool {
    word & 126 == 126
}
