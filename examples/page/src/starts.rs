//! The schemes that the page offers, and the five starts that it compares.

use weight_init::Init;

/// The schemes by their names, which `Init` parses, in the order of the page's list.
pub const SCHEMES: [(Init, &str); 13] = [
    (Init::he_normal(), "he_normal"),
    (Init::he_uniform(), "he_uniform"),
    (Init::he_truncated_normal(), "he_truncated_normal"),
    (Init::xavier_normal(), "xavier_normal"),
    (Init::xavier_uniform(), "xavier_uniform"),
    (Init::lecun_normal(), "lecun_normal"),
    (Init::lecun_uniform(), "lecun_uniform"),
    (Init::lecun_truncated_normal(), "lecun_truncated_normal"),
    (Init::pytorch_default(), "pytorch_default"),
    (Init::orthogonal(), "orthogonal"),
    (Init::normal(0.0, 0.001), "normal(std=0.001)"),
    (Init::normal(0.0, 1.0), "normal(std=1)"),
    (Init::zeros(), "zeros"),
];

/// The five starts that the page compares, as indices into [`SCHEMES`], with their names there.
pub const FIVE: [(usize, &str); 5] =
    [(0, "He"), (3, "Xavier"), (10, "too small"), (11, "too large"), (12, "zeros")];

/// Returns the scheme at this index with a gain, or `None` if there is none or the gain is not valid.
#[must_use]
pub fn scheme(index: usize, gain: f32) -> Option<Init> {
    let (init, _) = SCHEMES.get(index)?;
    (gain.is_finite() && gain >= 0.0).then(|| init.gain(gain))
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
                Ok(scheme(0, by_double).unwrap())
            );
        }
    }

    #[test]
    fn what_is_not_a_scheme_is_refused() {
        assert_eq!(scheme(SCHEMES.len(), 1.0), None);
        assert_eq!(scheme(0, -1.0), None);
        assert_eq!(scheme(0, f32::NAN), None);
        assert_eq!(scheme(0, f32::INFINITY), None);
    }
}
