//! The code of a plan for tensors of independent draws.

use crate::{
    backend::{Executor, Fill, Job, write_one_of_several},
    distribution::Distribution,
    slot::NoRounding,
    stream::Stream,
    verify::Limits,
};

/// A distribution whose code is in every program with a plan: that of zeros and ones, and the normals and
/// uniforms of He's, Xavier's and LeCun's schemes.
#[derive(Clone, Copy)]
enum Plain {
    Constant { value: f32 },
    Normal { std: f32 },
    Uniform { bound: f32 },
}

impl Plain {
    /// Returns the distribution as a plain one, if it is one. It compares bits, because without an FPU a comparison
    /// of floats is a call.
    const fn new(distribution: &Distribution) -> Option<Self> {
        const SIGN: u32 = 1 << 31;
        match *distribution {
            Distribution::Constant { value } => Some(Self::Constant { value }),
            Distribution::Normal { mean, std } if mean.to_bits() == 0 && std.to_bits() != 0 => {
                Some(Self::Normal { std })
            }
            Distribution::Uniform { low, high }
                if low.to_bits() == SIGN ^ high.to_bits() && low.to_bits() > SIGN =>
            {
                Some(Self::Uniform { bound: high })
            }
            _ => None,
        }
    }
}

/// The code for distributions that are not plain. A layer refers to it only if it needs it, so that a program whose
/// layers are constants doesn't carry the code in its flash.
#[derive(Debug)]
pub(super) struct DrawnCode {
    write: fn(&Distribution, Stream, u64, &mut [f32]),
    pub(super) limits: fn(&Distribution) -> Limits,
}

static DRAWN: DrawnCode = DrawnCode {
    write: |distribution, stream, start, out| {
        distribution.fill_from(Executor::FASTEST, stream, start).write(NoRounding::new(), out);
    },
    limits: Distribution::limits,
};

/// There is only one.
impl PartialEq for DrawnCode {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Returns the code for a distribution if it is not plain.
pub(super) const fn code_of(distribution: &Distribution) -> Option<&'static DrawnCode> {
    if Plain::new(distribution).is_some() { None } else { Some(&DRAWN) }
}

/// Fills a slice with the values of a stream's indices from `start` on. It names each plain distribution by itself, so
/// that the compiler removes the code of the others from the fill.
pub(super) fn write_drawn(
    distribution: &Distribution,
    code: Option<&DrawnCode>,
    stream: Stream,
    start: u64,
    out: &mut [f32],
) {
    let (executor, rounding) = (Executor::FASTEST, NoRounding::new());
    let fill = |job| Fill { executor, job, stream, start };
    match (Plain::new(distribution), code) {
        (Some(Plain::Constant { value }), _) => {
            write_one_of_several(|| fill(Job::Constant(value)), rounding, out);
        }
        (Some(Plain::Normal { std }), _) => {
            write_one_of_several(|| fill(Job::Normal { mean: 0.0, std }), rounding, out);
        }
        (Some(Plain::Uniform { bound: high }), _) => {
            write_one_of_several(|| fill(Job::Uniform { low: -high, high }), rounding, out);
        }
        (None, Some(code)) => (code.write)(distribution, stream, start, out),
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{code_of, write_drawn};
    use crate::{
        distribution::{Cut, Distribution},
        stream::Stream,
    };

    /// A small processor draws from each plain distribution by code of its own, to the same bits.
    #[test]
    fn plain_distributions_have_the_same_values() {
        use Distribution::{Constant, Normal, TruncatedNormal, Uniform};
        for (distribution, is_plain) in [
            (Constant { value: 1.5 }, true),
            (Normal { mean: 0.0, std: 0.3 }, true),
            (Normal { mean: 1.0, std: 0.3 }, false),
            (Normal { mean: 1.0, std: 0.0 }, false),
            (Normal { mean: 0.0, std: 0.0 }, false),
            (Normal { mean: -0.0, std: 0.0 }, false),
            (Uniform { low: -0.1, high: 0.1 }, true),
            (Uniform { low: -0.1, high: 0.2 }, false),
            (Uniform { low: 0.0, high: 0.2 }, false),
            (Uniform { low: -0.0, high: 0.0 }, false),
            (TruncatedNormal { mean: 0.0, std: 0.3, cut: Cut::TWO }, false),
        ] {
            let code = code_of(&distribution);
            assert_eq!(code.is_none(), is_plain, "{distribution:?}");
            let (mut expected, mut given) = ([f32::NAN; 500], [f32::NAN; 500]);
            distribution.fill(Stream::new(7), 4000, &mut expected).unwrap();
            write_drawn(&distribution, code, Stream::new(7), 4000, &mut given);
            assert_eq!(given.map(f32::to_bits), expected.map(f32::to_bits), "{distribution:?}");
        }
    }
}
