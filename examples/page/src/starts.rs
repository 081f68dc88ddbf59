//! The schemes that the page offers, and the five starts that it compares.

use weight_init::{Distribution, Init, InitError, Shape, Stream};

/// The schemes by their names, which `Init` parses, in the order of the page's list.
pub const SCHEMES: [(Init, &str); 12] = [
    (Init::he_normal(), "he_normal"),
    (Init::he_uniform(), "he_uniform"),
    (Init::he_truncated_normal(), "he_truncated_normal"),
    (Init::xavier_normal(), "xavier_normal"),
    (Init::xavier_uniform(), "xavier_uniform"),
    (Init::lecun_normal(), "lecun_normal"),
    (Init::lecun_uniform(), "lecun_uniform"),
    (Init::lecun_truncated_normal(), "lecun_truncated_normal"),
    (Init::pytorch_default(), "pytorch_default"),
    (Init::normal(0.0, 0.001), "normal(std=0.001)"),
    (Init::normal(0.0, 1.0), "normal(std=1)"),
    (Init::zeros(), "zeros"),
];

/// The five starts that the page compares, as indices into [`SCHEMES`], with their names there.
pub const FIVE: [(usize, &str); 5] =
    [(0, "He"), (3, "Xavier"), (9, "too small"), (10, "too large"), (11, "zeros")];

/// A scheme with a gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    scheme: Init,
    gain: f32,
}

impl Start {
    /// Returns the scheme at this index with a gain, or `None` if there is none or the gain is not valid.
    #[must_use]
    pub fn new(index: usize, gain: f32) -> Option<Self> {
        let (scheme, _) = *SCHEMES.get(index)?;
        (gain.is_finite() && gain >= 0.0).then_some(Self { scheme, gain })
    }

    /// Returns the distribution of a layer's weights.
    pub fn distribution(&self, shape: &Shape) -> Result<Distribution, InitError> {
        self.scheme.gain(self.gain).distribution(shape.fan()?)
    }

    /// Fills a layer's weights as [`Init::fill`] does.
    ///
    /// It doesn't call [`Init::fill`], which would link the structured schemes, such as orthogonal matrices. They would
    /// make the file three times as large.
    pub fn fill(&self, stream: Stream, shape: &Shape, out: &mut [f32]) -> Result<(), InitError> {
        self.distribution(shape)?.fill(stream, 0, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_crate() {
        for (init, name) in SCHEMES {
            assert_eq!(name.parse(), Ok(init), "{name}");
        }
    }

    #[test]
    fn weights_are_those_that_the_crate_fills() {
        let shape = Shape::dense(30, 20);
        for (index, (init, name)) in SCHEMES.into_iter().enumerate() {
            let (mut given, mut expected) = ([f32::NAN; 600], [f32::NAN; 600]);
            let stream = Stream::new(3).named(name);
            Start::new(index, 1.25).unwrap().fill(stream, &shape, &mut given).unwrap();
            init.gain(1.25).fill(stream, &shape, &mut expected).unwrap();
            assert_eq!(given, expected, "{name}");
        }
    }

    #[test]
    fn the_five_starts_are_the_ones_that_their_names_say() {
        let five = FIVE.map(|(index, _)| SCHEMES[index].1);
        let expected =
            ["he_normal", "xavier_normal", "normal(std=0.001)", "normal(std=1)", "zeros"];
        assert_eq!(five, expected);
    }

    #[test]
    fn a_gain_with_two_decimals_is_the_same_by_way_of_a_double() {
        // The page reads it as `f64` and passes it as `f32`. The lines in its box hold the decimals.
        for hundredths in 0..=1000 {
            let text = format!("{}", f64::from(hundredths) / 100.0);
            let by_double = text.parse::<f64>().unwrap() as f32;
            assert_eq!(by_double.to_bits(), text.parse::<f32>().unwrap().to_bits(), "{text}");
            assert_eq!(
                format!("he_normal(gain={text})").parse(),
                Ok(Init::he_normal().gain(by_double))
            );
        }
    }

    #[test]
    fn what_is_not_a_scheme_is_refused() {
        assert_eq!(Start::new(SCHEMES.len(), 1.0), None);
        assert_eq!(Start::new(0, -1.0), None);
        assert_eq!(Start::new(0, f32::NAN), None);
        assert_eq!(Start::new(0, f32::INFINITY), None);
    }
}
