//! Statistics of the values in a file, for which no plan is needed.

use half::{bf16, f16};
use safetensors::Dtype;
use weight_init::Quantization;

use crate::file::FileTensor;

/// The number of values whose mean and squares are computed at a time.
const CHUNK: usize = 1024;

/// The statistics of a tensor. They are computed in `f64`.
///
/// Values that are NaN or infinite count in `len`, `nan` and `infinite` only. If there are no others, `mean`, `std`,
/// `min` and `max` are NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The number of values.
    pub len: usize,
    /// The number of NaNs.
    pub nan: usize,
    /// The number of infinite values.
    pub infinite: usize,
    /// The number of zeros of either sign.
    pub zeros: usize,
    /// The mean.
    pub mean: f64,
    /// The standard deviation, with the number of values as the divisor.
    pub std: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

/// How often the values of a tensor fall between equally spaced limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The lower end of the first bin.
    pub low: f64,
    /// The width of a bin.
    pub width: f64,
    /// The number of values in each bin. A value at the border of two is in the upper one, and the largest value is in
    /// the last.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// The largest number of bins.
    pub const BINS: usize = 128;
}

impl FileTensor<'_> {
    /// Returns the statistics of the values, or `None` for a number format that this program does not read. Integers
    /// with a [`quantization`](Self::quantization) are multiplied by its scale.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let mut sums = Sums::default();
        self.for_each_chunk(|chunk| sums.add(chunk))?;
        Some(sums.summary())
    }

    /// Returns how the finite values are distributed between the smallest and the largest of `summary`, or `None` if
    /// there are none. If the values are integers, each bin has the same number of them.
    #[must_use]
    pub fn histogram(&self, summary: &Summary) -> Option<Histogram> {
        let Summary { len, min, max, .. } = *summary;
        let span = max - min;
        // Rice's rule, so that few values have few bins.
        let bins = (2.0 * (len as f64).cbrt()).ceil().clamp(10.0, Histogram::BINS as f64);
        if !span.is_finite() {
            return None;
        }
        let (low, width, bins) = match self.step() {
            Some(step) => {
                let integers = (span / step).round() + 1.0;
                let each = (integers / bins).ceil();
                (min - 0.5 * step, each * step, (integers / each).ceil() as usize)
            }
            None if span == 0.0 => (min - 0.5, 1.0, 1),
            None => (min, span / bins, bins as usize),
        };
        let mut counts = vec![0; bins];
        self.for_each_chunk(|chunk| {
            for value in chunk.iter().filter(|value| value.is_finite()) {
                let bin = ((value - low) / width) as usize;
                if let Some(count) = counts.get_mut(bin.min(bins - 1)) {
                    *count += 1;
                }
            }
        })?;
        Some(Histogram { low, width, counts })
    }

    /// Returns the difference between successive integers, if the values are integers.
    fn step(&self) -> Option<f64> {
        match self.dtype {
            Dtype::I8 => {
                Some(f64::from(self.quantization.as_ref().map_or(1.0, Quantization::scale)))
            }
            Dtype::U8
            | Dtype::I16
            | Dtype::U16
            | Dtype::I32
            | Dtype::U32
            | Dtype::I64
            | Dtype::U64 => Some(1.0),
            _ => None,
        }
    }

    /// Calls a function with all values, at most [`CHUNK`] at a time. Returns `None` for an unknown number format.
    fn for_each_chunk(&self, mut each: impl FnMut(&[f64])) -> Option<()> {
        match self.dtype {
            Dtype::F64 => self.convert(f64::from_le_bytes, &mut each),
            Dtype::F32 => self.convert(|bytes| f64::from(f32::from_le_bytes(bytes)), &mut each),
            Dtype::BF16 => self.convert(|bytes| bf16::from_le_bytes(bytes).to_f64(), &mut each),
            Dtype::F16 => self.convert(|bytes| f16::from_le_bytes(bytes).to_f64(), &mut each),
            Dtype::I8 => {
                let step = self.step().unwrap_or(1.0);
                self.convert(|bytes| step * f64::from(i8::from_le_bytes(bytes)), &mut each);
            }
            Dtype::U8 => self.convert(|bytes| f64::from(u8::from_le_bytes(bytes)), &mut each),
            Dtype::I16 => self.convert(|bytes| f64::from(i16::from_le_bytes(bytes)), &mut each),
            Dtype::U16 => self.convert(|bytes| f64::from(u16::from_le_bytes(bytes)), &mut each),
            Dtype::I32 => self.convert(|bytes| f64::from(i32::from_le_bytes(bytes)), &mut each),
            Dtype::U32 => self.convert(|bytes| f64::from(u32::from_le_bytes(bytes)), &mut each),
            Dtype::I64 => self.convert(|bytes| i64::from_le_bytes(bytes) as f64, &mut each),
            Dtype::U64 => self.convert(|bytes| u64::from_le_bytes(bytes) as f64, &mut each),
            _ => return None,
        }
        Some(())
    }

    fn convert<const SIZE: usize>(
        &self,
        number: impl Fn([u8; SIZE]) -> f64,
        each: &mut impl FnMut(&[f64]),
    ) {
        let (slots, _) = self.bytes.as_chunks::<SIZE>();
        let mut values = [0.0; CHUNK];
        for chunk in slots.chunks(CHUNK) {
            values.iter_mut().zip(chunk).for_each(|(value, slot)| *value = number(*slot));
            each(values.get(..chunk.len()).unwrap_or_default());
        }
    }
}

/// The sums over the chunks so far.
struct Sums {
    summary: Summary,
    finite: f64,
    /// The sum of (x − mean)².
    squares: f64,
}

impl Default for Sums {
    fn default() -> Self {
        let summary = Summary {
            len: 0,
            nan: 0,
            infinite: 0,
            zeros: 0,
            mean: 0.0,
            std: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        };
        Self { summary, finite: 0.0, squares: 0.0 }
    }
}

impl Sums {
    /// Adds a chunk: its own mean and squares first, so that a mean far from zero costs no precision.
    fn add(&mut self, chunk: &[f64]) {
        let Summary { len, nan, infinite, zeros, mean, min, max, .. } = &mut self.summary;
        let (mut n, mut sum) = (0.0, 0.0);
        for &value in chunk {
            if value.is_finite() {
                n += 1.0;
                sum += value;
                *zeros += usize::from(value == 0.0);
                *min = min.min(value);
                *max = max.max(value);
            } else if value.is_nan() {
                *nan += 1;
            } else {
                *infinite += 1;
            }
        }
        *len += chunk.len();
        if n == 0.0 {
            return;
        }
        let own = sum / n;
        let finite = chunk.iter().filter(|value| value.is_finite());
        let squares: f64 = finite.map(|value| (value - own) * (value - own)).sum();
        // Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
        let all = self.finite + n;
        let apart = own - *mean;
        self.squares += squares + apart * apart * (self.finite * n / all);
        *mean += apart * (n / all);
        self.finite = all;
    }

    fn summary(self) -> Summary {
        if self.finite == 0.0 {
            let none = f64::NAN;
            return Summary { mean: none, std: none, min: none, max: none, ..self.summary };
        }
        Summary { std: (self.squares / self.finite).sqrt(), ..self.summary }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(dtype: Dtype, bytes: &[u8], quantization: Option<Quantization>) -> FileTensor<'_> {
        FileTensor { name: "t", dtype, dims: &[], bytes, quantization }
    }

    #[test]
    fn the_statistics_are_precise_far_from_zero_and_across_chunks() {
        // 2000 times 1e6 − 1, and 2000 times 1e6 + 3.
        let values = (0..4000).map(|i| if i < 2000 { 999_999.0_f32 } else { 1_000_003.0 });
        let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
        let summary = tensor(Dtype::F32, &bytes, None).summary().unwrap();
        let Summary { len, mean, std, min, max, .. } = summary;
        assert_eq!((len, mean, min, max), (4000, 1_000_001.0, 999_999.0, 1_000_003.0));
        assert!((std - 2.0).abs() < 1e-10, "{std}");
    }

    #[test]
    fn values_that_are_not_finite_are_counted_by_kind() {
        let values = [f32::NAN, 1.0, f32::INFINITY, -0.0, f32::NEG_INFINITY, -1.0];
        let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
        let t = tensor(Dtype::F32, &bytes, None);
        let summary = t.summary().unwrap();
        assert_eq!((summary.len, summary.nan, summary.infinite, summary.zeros), (6, 1, 2, 1));
        assert_eq!((summary.mean, summary.min, summary.max), (0.0, -1.0, 1.0));
        assert!((summary.std - (2.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(t.histogram(&summary).unwrap().counts.iter().sum::<u64>(), 3);

        let none = tensor(Dtype::F32, &bytes[..4], None).summary().unwrap();
        assert!(none.mean.is_nan() && none.std.is_nan() && none.min.is_nan() && none.max.is_nan());
        assert_eq!(tensor(Dtype::F32, &bytes[..4], None).histogram(&none), None);
        let empty = tensor(Dtype::F32, &[], None).summary().unwrap();
        assert!(empty.len == 0 && empty.mean.is_nan());
    }

    #[test]
    fn each_number_format_is_read() {
        let two = |dtype, bytes: &[u8]| tensor(dtype, bytes, None).summary().unwrap().mean;
        assert_eq!(two(Dtype::F64, &2.0_f64.to_le_bytes()), 2.0);
        assert_eq!(two(Dtype::F32, &2.0_f32.to_le_bytes()), 2.0);
        assert_eq!(two(Dtype::BF16, &bf16::from_f32(2.0).to_le_bytes()), 2.0);
        assert_eq!(two(Dtype::F16, &f16::from_f32(2.0).to_le_bytes()), 2.0);
        assert_eq!(two(Dtype::I8, &[254]), -2.0);
        assert_eq!(two(Dtype::U8, &[254]), 254.0);
        assert_eq!(two(Dtype::I16, &(-2_i16).to_le_bytes()), -2.0);
        assert_eq!(two(Dtype::U16, &2_u16.to_le_bytes()), 2.0);
        assert_eq!(two(Dtype::I32, &(-2_i32).to_le_bytes()), -2.0);
        assert_eq!(two(Dtype::U32, &2_u32.to_le_bytes()), 2.0);
        assert_eq!(two(Dtype::I64, &(-2_i64).to_le_bytes()), -2.0);
        assert_eq!(two(Dtype::U64, &2_u64.to_le_bytes()), 2.0);
        assert!(tensor(Dtype::BOOL, &[1], None).summary().is_none());
        let scaled = tensor(Dtype::I8, &[254, 2], Some(Quantization::from_scale(0.5)));
        assert_eq!(scaled.summary().unwrap().max, 1.0);
    }

    #[test]
    fn a_bin_of_integers_has_as_many_of_them_as_the_others() {
        let quantization = Some(Quantization::from_scale(0.25));
        let all: Vec<u8> = (0..=255).collect();
        let t = tensor(Dtype::I8, &all, quantization);
        let histogram = t.histogram(&t.summary().unwrap()).unwrap();
        // 13 bins at most.
        let counts = [vec![20; 12], vec![16]].concat();
        assert_eq!(histogram, Histogram { low: -32.125, width: 5.0, counts });
        let many = all.repeat(100);
        let t = tensor(Dtype::I8, &many, quantization);
        let histogram = t.histogram(&t.summary().unwrap()).unwrap();
        let counts = [vec![500; 51], vec![100]].concat();
        assert_eq!(histogram, Histogram { low: -32.125, width: 1.25, counts });

        let few = tensor(Dtype::I8, &[0, 1, 1, 3], quantization);
        let histogram = few.histogram(&few.summary().unwrap()).unwrap();
        assert_eq!(histogram, Histogram { low: -0.125, width: 0.25, counts: vec![1, 2, 0, 1] });
    }

    #[test]
    fn the_smallest_and_the_largest_value_are_in_the_outer_bins() {
        let values = [-1.0_f32, -1.0, 0.0, 1.0];
        let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
        let t = tensor(Dtype::F32, &bytes, None);
        let Histogram { low, width, counts } = t.histogram(&t.summary().unwrap()).unwrap();
        assert_eq!((low, width, counts.len()), (-1.0, 0.2, 10));
        assert_eq!((counts[0], counts[5], counts[9]), (2, 1, 1));

        let constant = tensor(Dtype::F32, &bytes[..8], None);
        let histogram = constant.histogram(&constant.summary().unwrap()).unwrap();
        assert_eq!(histogram, Histogram { low: -1.5, width: 1.0, counts: vec![2] });
    }
}
