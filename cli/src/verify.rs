//! The comparison of a file with a plan.

use std::{
    collections::HashMap,
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use half::{bf16, f16};
use safetensors::Dtype;
use weight_init::{
    Distribution, Element, InitError, Mismatch, Quantization, Stream, Tensor, VecPlan,
};

use crate::{
    error::Error,
    file::{FileTensor, TensorFile},
    fill::check_used,
    format::Format,
    names::Names,
    source::{SLOTS, Source},
};

/// The difference between a tensor of a file and that of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// The file does not have the tensor.
    Missing,
    /// The plan does not have the tensor.
    Extra,
    /// The tensor has a number format that no fill writes.
    Format(Dtype),
    /// The tensor holds integers, and the file's metadata has no scale for it.
    NoScale,
    /// The tensor has other dimensions than in the plan, or its values can't be computed in the file's format.
    Request(InitError),
    /// Some values have other bits than those of the seed.
    Bits {
        /// The number of values with other bits.
        wrong: usize,
        /// The flat index of the first of them.
        first: usize,
        /// Its value with the seed.
        expected: f32,
        /// Its value in the file.
        given: f32,
    },
    /// The values have other statistics than those of the scheme.
    Statistics(Mismatch),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Missing => write!(f, "missing in the file"),
            Self::Extra => write!(f, "not in the plan"),
            Self::Format(dtype) => {
                write!(f, "{dtype}, but only F32, BF16, F16 and I8 can be compared")
            }
            Self::NoScale => write!(f, "the file has no scale for the integers"),
            Self::Request(error) => write!(f, "{error}"),
            Self::Bits { wrong, first, expected, given } => write!(
                f,
                "{wrong} {} other bits: expected {expected:?} at index {first}, found {given:?}",
                if wrong == 1 { "value has" } else { "values have" },
            ),
            Self::Statistics(mismatch) => write!(f, "{mismatch}"),
        }
    }
}

/// The verdict on one tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The tensor's name.
    pub name: String,
    /// The difference, if there is one.
    pub difference: Option<Difference>,
}

/// A request to compare a file with a plan.
#[derive(Clone, Debug, Default)]
pub struct Verify {
    /// The seed that the bits should have. Without one, only the statistics are compared.
    pub seed: Option<u64>,
    /// The tensors to compare.
    pub names: Names,
    /// Whether tensors that are not in the plan are fine.
    pub allows_extra: bool,
}

impl Verify {
    /// Compares the file with the plan and returns a verdict on each tensor: those of the plan in their order, then
    /// those that only the file has. `progress` is called with the number of bytes compared, and with that of all.
    ///
    /// # Errors
    ///
    /// Returns an error if a pattern of names matches no tensor, or once `interrupted` becomes true.
    pub fn run(
        &self,
        plan: &VecPlan<'_>,
        file: &TensorFile,
        interrupted: &AtomicBool,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Vec<Verdict>, Error> {
        let planned = plan.tensors().iter().map(|tensor| tensor.name().to_string());
        let planned: Vec<_> = planned.collect();
        let given = file.tensors().map(|tensor| tensor.name);
        check_used(&self.names, planned.iter().map(String::as_str).chain(given))?;
        let mut unseen: HashMap<_, _> =
            file.tensors().map(|tensor| (tensor.name, tensor)).collect();
        let total = file.tensors().filter(|tensor| self.names.contain(tensor.name));
        let total = total.map(|tensor| tensor.bytes.len() as u64).sum();

        let mut verdicts = Vec::new();
        let mut compared = 0;
        for (tensor, name) in plan.tensors().iter().zip(&planned) {
            let given = unseen.remove(name.as_str());
            if !self.names.contain(name) {
                continue;
            }
            let difference = match given {
                None => Some(Difference::Missing),
                Some(given) => {
                    let before = compared;
                    let difference = self.compare(tensor, &given, |bytes| {
                        compared = before + bytes;
                        progress(compared, total);
                        !interrupted.load(Ordering::Relaxed)
                    });
                    compared = before + given.bytes.len() as u64;
                    progress(compared, total);
                    difference
                }
            };
            if interrupted.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            verdicts.push(Verdict { name: name.clone(), difference });
        }
        if !self.allows_extra {
            let names = file.tensors().map(|tensor| tensor.name);
            let extra = names.filter(|name| unseen.contains_key(name) && self.names.contain(name));
            verdicts.extend(extra.map(|name| Verdict {
                name: name.to_owned(),
                difference: Some(Difference::Extra),
            }));
        }
        Ok(verdicts)
    }

    /// Returns the first kind of difference. It ends early once `goes_on` returns false.
    fn compare(
        &self,
        tensor: &Tensor<'_>,
        given: &FileTensor<'_>,
        goes_on: impl FnMut(u64) -> bool,
    ) -> Option<Difference> {
        if let Err(error) = tensor.shape().check_dims(given.dims) {
            return Some(Difference::Request(error));
        }
        let Some(format) = Format::from_dtype(given.dtype) else {
            return Some(Difference::Format(given.dtype));
        };
        let quantization = match (format, given.quantization) {
            (Format::I8, None) => return Some(Difference::NoScale),
            (_, quantization) => quantization.unwrap_or(Quantization::from_scale(1.0)),
        };
        match self.seed {
            Some(seed) => {
                let source = Source::new(tensor, Stream::new(seed), format, quantization);
                let source = source.map_err(Difference::Request);
                source.and_then(|source| differing_bits(&source, format, given, goes_on)).err()
            }
            None => statistics(tensor, format, quantization, given).err(),
        }
    }
}

/// Returns an error if values have other bits than those of a seed.
fn differing_bits(
    source: &Source<'_, '_>,
    format: Format,
    given: &FileTensor<'_>,
    mut goes_on: impl FnMut(u64) -> bool,
) -> Result<(), Difference> {
    let mut slots = vec![0.0; SLOTS];
    let (mut wrong, mut first) = (0, None);
    for part in source.parts() {
        let start = part.start;
        if !goes_on(start as u64) {
            break;
        }
        let given = given.bytes.get(part.clone()).unwrap_or_default();
        let expected = source.bytes(part, &mut slots).map_err(Difference::Request)?;
        if given == expected {
            continue;
        }
        let size = format.size();
        let pairs = expected.chunks_exact(size).zip(given.chunks_exact(size)).enumerate();
        for (i, (expected, given)) in pairs.filter(|(_, (expected, given))| expected != given) {
            wrong += 1;
            first.get_or_insert((
                start / size + i,
                number(format, expected),
                number(format, given),
            ));
        }
    }
    match first {
        Some((first, expected, given)) => Err(Difference::Bits { wrong, first, expected, given }),
        None => Ok(()),
    }
}

/// Returns the number that a slot holds: a float, or an integer without its scale.
fn number(format: Format, slot: &[u8]) -> f32 {
    match (format, slot) {
        (Format::F32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
        (Format::Bf16, &[a, b]) => bf16::from_le_bytes([a, b]).to_f32(),
        (Format::F16, &[a, b]) => f16::from_le_bytes([a, b]).to_f32(),
        (Format::I8, &[a]) => f32::from(a as i8),
        _ => f32::NAN,
    }
}

/// Returns an error if values have other statistics than those of a tensor's scheme.
fn statistics(
    tensor: &Tensor<'_>,
    format: Format,
    quantization: Quantization,
    given: &FileTensor<'_>,
) -> Result<(), Difference> {
    let distribution = tensor.distribution();
    let result = match (format, distribution) {
        (Format::F32, _) => floats(distribution, &given.values::<f32>(), f32::is_finite),
        (Format::Bf16, _) => floats(distribution, &given.values::<bf16>(), bf16::is_finite),
        (Format::F16, _) => floats(distribution, &given.values::<f16>(), f16::is_finite),
        (Format::I8, Some(distribution)) => {
            distribution.verify_fixed(quantization, &given.values::<i8>())
        }
        // Only the quantisation can be wrong.
        (Format::I8, None) => {
            let none = tensor.draw(Stream::new(0)).range(0..0);
            none.and_then(|none| none.write_fixed::<i8>(quantization, &mut []))
                .map(drop)
                .map_err(Mismatch::Request)
        }
    };
    result.map_err(Difference::Statistics)
}

/// Compares floats with a distribution. Structured schemes have none, but their values are finite.
fn floats<E: Element>(
    distribution: Option<&Distribution>,
    values: &[E],
    is_finite: fn(E) -> bool,
) -> Result<(), Mismatch> {
    if let Some(distribution) = distribution {
        return distribution.verify_as(values);
    }
    let given = values.iter().filter(|&&value| !is_finite(value)).count();
    if given == 0 { Ok(()) } else { Err(Mismatch::NotFinite { given }) }
}
