//! Properties of all shapes, lengths, starts and parameters.

use proptest::prelude::*;
use weight_init::{Cut, Distribution, Init, InitError, Shape, Stream};

use crate::cases::{self, LAYOUTS, MODES, SAMPLERS, bits};

/// Makes shapes of every kind: random sizes, groups and layouts, dense and convolutions, also transposed.
fn shapes() -> impl Strategy<Value = Shape> {
    let size = 1_usize..9;
    let layout = prop::sample::select(LAYOUTS.to_vec());
    (size.clone(), size, prop::collection::vec(1_usize..5, 0..4), 1_usize..4, any::<bool>(), layout)
        .prop_map(|(inputs, outputs, kernel, groups, transposed, layout)| {
            let (inputs, outputs) = (inputs * groups, outputs * groups);
            let shape = match kernel[..] {
                [] => Shape::dense(inputs, outputs),
                [k] => Shape::conv1d(inputs, outputs, k),
                [h, w] => Shape::conv2d(inputs, outputs, [h, w]),
                [d, h, w, ..] => Shape::conv3d(inputs, outputs, [d, h, w]),
            };
            let shape = if transposed { shape.transposed() } else { shape };
            shape.grouped(groups).layout(layout)
        })
}

/// Picks a scheme of the common list, and gives it a mode and a gain.
fn schemes() -> impl Strategy<Value = Init> {
    let init = prop::sample::select(cases::schemes());
    (init, prop::sample::select(MODES.to_vec()), 0.0_f32..3.0)
        .prop_map(|(init, mode, gain)| init.mode(mode).gain(gain))
}

/// Picks a sampler of the common list, or one with any parameters at all.
fn samplers() -> impl Strategy<Value = Distribution> {
    let listed = prop::sample::select(SAMPLERS.to_vec());
    let any = (0..4, any::<f32>(), any::<f32>(), any::<bool>(), 0.9_f32..9.0);
    prop_oneof![
        1 => listed,
        4 => any.prop_map(|(kind, a, b, symmetric, k)| match kind {
            0 => Distribution::Normal { mean: a, std: b },
            1 => Distribution::TruncatedNormal { mean: a, std: b, cut: Cut::at(k) },
            2 => Distribution::TruncatedNormal { mean: a, std: b, cut: Cut::std_before(k) },
            _ => Distribution::Uniform { low: if symmetric { -b } else { a }, high: b },
        }),
    ]
}

proptest! {
    #[test]
    fn a_length_is_the_product_of_the_dimensions(shape in shapes()) {
        prop_assert_eq!(shape.len(), shape.dims().unwrap().iter().product::<usize>());
    }

    /// A scheme that a shape can't have is refused, and nothing is written.
    #[test]
    fn a_range_is_that_part_of_the_whole(
        shape in shapes(), init in schemes(), seed: u64, cut in any::<[prop::sample::Index; 2]>(),
    ) {
        let stream = Stream::new(seed);
        let mut whole = vec![f32::NAN; shape.len()];
        if init.fill(stream, &shape, &mut whole).is_err() {
            prop_assert!(whole.iter().all(|v| v.is_nan()));
            return Ok(());
        }
        prop_assert!(whole.iter().all(|v| v.is_finite()));

        let mut cut = cut.map(|i| i.index(shape.len() + 1));
        cut.sort_unstable();
        let mut part = vec![f32::NAN; cut[1] - cut[0]];
        match init.fill_range(stream, &shape, cut[0] as u64, &mut part) {
            Ok(()) => prop_assert_eq!(bits(&part), bits(&whole[cut[0]..cut[1]])),
            Err(error) => prop_assert_eq!(error, InitError::WholeTensorOnly),
        }
    }

    #[test]
    fn a_scheme_parses_as_it_prints(init in schemes()) {
        prop_assert_eq!(init.to_string().parse(), Ok(init));
    }

    /// Either all values are finite and within the promised bounds, or none was written.
    #[test]
    fn any_parameters_are_either_filled_or_refused(
        seed: u64, start: u64, len in 0_usize..5000, sampler in samplers(),
    ) {
        let mark = 12_345.0_f32;
        let mut out = vec![mark; len];
        let done = sampler.fill(Stream::new(seed), start, &mut out);
        if done.is_err() {
            prop_assert!(out.iter().all(|&v| v == mark));
        } else if let Distribution::Uniform { low, high } = sampler {
            prop_assert!(out.iter().all(|&v| low <= v && v <= high));
        } else {
            prop_assert!(out.iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn no_value_is_zero_around_zero(seed: u64, exponent in -90..=120, factor in 1.0_f32..2.0) {
        let scale = factor * 2.0_f32.powi(exponent);
        let mut out = [0.0; 1000];
        for sampler in [
            Distribution::Normal { mean: 0.0, std: scale },
            Distribution::TruncatedNormal { mean: 0.0, std: scale, cut: Cut::TWO },
            Distribution::TruncatedNormal { mean: 0.0, std: scale, cut: Cut::at(1.0) },
            Distribution::TruncatedNormal { mean: 0.0, std: scale, cut: Cut::std_before(3.0) },
            Distribution::Uniform { low: -scale, high: scale },
        ] {
            sampler.fill(Stream::new(seed), 0, &mut out).unwrap();
            prop_assert!(out.iter().all(|&v| v != 0.0), "{:?}", sampler);
            if let Distribution::Uniform { .. } = sampler {
                prop_assert!(out.iter().all(|&v| v.abs() < scale));
            }
        }
    }
}
