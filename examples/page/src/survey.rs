//! Describes the values in each layer of a network: activations and gradients.

use crate::{
    architecture::{Architecture, Row},
    digits::Digits,
    network::Network,
    pass::Pass,
};

/// Bins of each histogram.
pub const BINS: usize = 64;

/// The exponent of two at which the lowest bin of magnitudes begins. Each bin is one octave.
pub const LOWEST_ACTIVATION: i32 = -40;
pub const LOWEST_GRADIENT: i32 = -52;

/// The histograms reach from minus to plus so many: activations themselves, and gradients in units of the standard
/// deviation in the last hidden layer.
pub const REACH: f32 = 4.0;

/// A unit counts as dead if its slope is below this for every image of the batch.
const FLAT: f32 = 0.005;

/// How values spread. All shares are of all values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Spread {
    /// The standard deviation, or NaN if a value is not finite.
    pub std: f32,
    /// The share of zeros.
    pub zeros: f32,
    /// The share of values that are infinite or NaN.
    pub lost: f32,
    /// The shares in equal bins from −[`REACH`] to [`REACH`], without zeros. Values beyond are in no bin.
    pub values: [f32; BINS],
    /// The shares by magnitude, without zeros. Values beyond are in the first or the last bin.
    pub magnitudes: [f32; BINS],
}

/// The description of one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Layer {
    pub activations: Spread,
    pub gradients: Spread,
    /// The share of dead units.
    pub dead: f32,
}

impl Layer {
    pub const NONE: Self = Self { activations: Spread::NONE, gradients: Spread::NONE, dead: 0.0 };
}

impl Spread {
    const NONE: Self =
        Self { std: 0.0, zeros: 0.0, lost: 0.0, values: [0.0; BINS], magnitudes: [0.0; BINS] };

    /// Describes values, after a division by `unit` for the bins, and with this lowest octave.
    #[must_use]
    pub fn of(rows: &[Row], unit: f32, lowest: i32) -> Self {
        let all = rows.as_flattened();
        let (mut values, mut magnitudes) = ([0_u32; BINS], [0_u32; BINS]);
        let (mut zeros, mut lost, mut sum) = (0_u32, 0_u32, 0.0);
        let bins_per_unit = BINS as f32 / (2.0 * REACH) / unit;
        for &x in all {
            let exponent = (x.to_bits() >> 23 & 0xff) as i32;
            sum += f64::from(x);
            if exponent == 0xff {
                lost += 1;
            } else if x == 0.0 {
                zeros += 1;
            } else {
                let octave = (exponent - 127 - lowest).clamp(0, BINS as i32 - 1);
                magnitudes[octave as usize] += 1;
                let bin = x * bins_per_unit + (BINS / 2) as f32;
                // The comparison is false for NaN.
                if bin >= 0.0 && bin < BINS as f32 {
                    values[bin as usize] += 1;
                }
            }
        }
        let count = all.len() as f64;
        let mean = sum / count;
        // In two passes and in `f64`, because activations of 10²⁰ overflow `f32` when squared.
        let squares = all.iter().map(|&x| (f64::from(x) - mean) * (f64::from(x) - mean));
        let variance = squares.sum::<f64>() / count;
        let share = |n: u32| (f64::from(n) / count) as f32;
        Self {
            std: if lost > 0 { f32::NAN } else { libm::sqrt(variance) as f32 },
            zeros: share(zeros),
            lost: share(lost),
            values: values.map(share),
            magnitudes: magnitudes.map(share),
        }
    }
}

/// Sends images through a network, and describes its hidden layers. Returns the loss.
pub fn survey(
    architecture: Architecture,
    network: &mut Network,
    digits: &Digits,
    pass: &mut Pass,
    layers: &mut [Layer],
) -> f32 {
    let labels = digits.batch(Digits::sample(), pass.inputs());
    network.forward(pass);
    let loss = network.backward(&labels, 0.0, pass);
    let mut unit = None;
    for (number, layer) in layers.iter_mut().enumerate().take(architecture.depth()).rev() {
        let [activations, slopes, gradients] = pass.hidden(number);
        layer.activations = Spread::of(activations, 1.0, LOWEST_ACTIVATION);
        let unit = *unit.get_or_insert_with(|| {
            let std = Spread::of(gradients, 1.0, LOWEST_GRADIENT).std;
            if std > 0.0 { std } else { 1.0 }
        });
        layer.gradients = Spread::of(gradients, unit, LOWEST_GRADIENT);
        let dead = slopes.iter().filter(|row| row.iter().all(|slope| slope.abs() < FLAT));
        layer.dead = dead.count() as f32 / slopes.len() as f32;
    }
    loss
}

#[cfg(test)]
mod tests {
    use weight_init::Stream;

    use super::*;
    use crate::{
        activation::Activation,
        architecture::BATCH,
        digits::tests::FILE,
        starts::{FIVE, Start},
    };

    #[test]
    fn a_spread_counts_what_it_says() {
        let mut rows = [[0.0; BATCH]; 2];
        rows[0][..6].copy_from_slice(&[1.0, -1.0, 0.126, 3.999, -4.0, 1e30]);
        let spread = Spread::of(&rows, 1.0, LOWEST_ACTIVATION);
        assert_eq!((spread.zeros, spread.lost), (26.0 / 32.0, 0.0));
        let counts = spread.values.map(|share| share * 32.0);
        let filled: Vec<_> =
            (0..BINS).filter(|&n| counts[n] > 0.0).map(|n| (n, counts[n])).collect();
        // A bin is an eighth wide, and the middle one begins at 0.
        assert_eq!(filled, [(0, 1.0), (24, 1.0), (33, 1.0), (40, 1.0), (63, 1.0)]);
        let counts = spread.magnitudes.map(|share| share * 32.0);
        let filled: Vec<_> =
            (0..BINS).filter(|&n| counts[n] > 0.0).map(|n| (n, counts[n])).collect();
        // 2⁻³ ≤ 0.126, 2¹ ≤ 3.999 and 2² = 4. The octave of 10³⁰ is beyond the last.
        assert_eq!(filled, [(37, 1.0), (40, 2.0), (41, 1.0), (42, 1.0), (63, 1.0)]);
        rows[0][6] = f32::INFINITY;
        let spread = Spread::of(&rows, 1.0, LOWEST_ACTIVATION);
        assert_eq!(spread.lost, 1.0 / 32.0);
        assert!(spread.std.is_nan());
        let spread = Spread::of(&[core::array::from_fn(|n| (n % 2) as f32 * 6e20)], 1.0, 0);
        assert_eq!(spread.std, 3e20);
    }

    fn look(start: usize, depth: usize, activation: Activation) -> (f32, Vec<Layer>) {
        let digits = Digits::read(&FILE).unwrap();
        let architecture = Architecture::new(depth, 64, activation).unwrap();
        let mut parameters = vec![f32::NAN; architecture.parameters()];
        let mut rows = vec![[f32::NAN; BATCH]; architecture.rows()];
        let start = Start::new(FIVE[start].0, 1.0).unwrap();
        let mut network =
            Network::start(architecture, start, Stream::new(42), &mut parameters).unwrap();
        let mut pass = Pass::new(architecture, &mut rows).unwrap();
        let mut layers = vec![Layer::NONE; depth];
        let loss = survey(architecture, &mut network, &digits, &mut pass, &mut layers);
        (loss, layers)
    }

    #[test]
    fn he_lives_and_the_others_fade_explode_or_are_dead() {
        let [he, xavier, small, large, zeros] =
            [0, 1, 2, 3, 4].map(|start| look(start, 20, Activation::Relu).1);
        let (first, last) = (|layers: &[Layer]| layers[0], |layers: &[Layer]| layers[19]);
        assert!((0.2..5.0).contains(&last(&he).activations.std), "{:?}", last(&he).activations.std);
        // Xavier draws the same normal numbers, so chance cancels. Its factor per layer is √½, and
        // √(784 / 848) · √½ … for the first, whose fans differ.
        let quotient = last(&xavier).activations.std / last(&he).activations.std;
        let expected = 0.5_f32.powf(10.0) * (2.0 * 784.0 / 848.0_f32).sqrt();
        assert!((quotient / expected - 1.0).abs() < 1e-3, "{quotient} and not {expected}");
        assert!(last(&small).activations.std < 1e-30);
        assert_eq!(first(&small).gradients.std, 0.0);
        assert!(last(&large).activations.std > 1e10);
        assert_eq!(last(&zeros).dead, 1.0);
        assert_eq!(last(&zeros).activations.zeros, 1.0);
        assert!(last(&he).dead < 0.5);
    }

    #[test]
    fn gradients_are_in_units_of_the_last_layer() {
        let (loss, layers) = look(0, 5, Activation::Tanh);
        assert!((2.0..4.0).contains(&loss), "{loss}");
        let rms = |spread: &Spread| -> f32 {
            let middle = |bin| (bin as f32 + 0.5) * (2.0 * REACH / BINS as f32) - REACH;
            let squares = (0..BINS).map(|bin| spread.values[bin] * middle(bin) * middle(bin));
            squares.sum::<f32>().sqrt()
        };
        assert!((rms(&layers[4].gradients) - 1.0).abs() < 0.1, "{}", rms(&layers[4].gradients));
    }

    #[test]
    fn saturated_units_count_as_dead() {
        // With a std of 1, tanh is at its ends for nearly all images, but seldom for all 16 of them.
        let (_, layers) = look(3, 3, Activation::Tanh);
        assert!(layers[0].dead > 0.3, "{}", layers[0].dead);
        let (_, layers) = look(2, 3, Activation::Tanh);
        assert_eq!(layers[0].dead, 0.0);
    }
}
