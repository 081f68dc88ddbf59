//! What holds for all shapes, lengths, starts and parameters.

use proptest::prelude::*;
use weight_init::{FanMode, Init, Layout, Shape, Stream, fill_normal, fill_uniform};

fn shapes() -> impl Strategy<Value = Shape> {
    let size = 1_usize..9;
    (size.clone(), size, prop::collection::vec(1_usize..5, 0..4), 1_usize..4, any::<[bool; 2]>())
        .prop_map(|(inputs, outputs, kernel, groups, [transposed, in_out])| {
            let (inputs, outputs) = (inputs * groups, outputs * groups);
            let shape = match kernel[..] {
                [] => Shape::dense(inputs, outputs),
                [k] => Shape::conv1d(inputs, outputs, k),
                [h, w] => Shape::conv2d(inputs, outputs, [h, w]),
                [d, h, w, ..] => Shape::conv3d(inputs, outputs, [d, h, w]),
            };
            let shape = if transposed { shape.transposed() } else { shape };
            shape.grouped(groups).layout(if in_out { Layout::InOut } else { Layout::OutIn })
        })
}

fn schemes() -> impl Strategy<Value = Init> {
    let mode = prop::sample::select(vec![FanMode::FanIn, FanMode::FanOut, FanMode::FanAvg]);
    let init = prop::sample::select(vec![
        Init::ones(),
        Init::normal(0.5, 2.0),
        Init::uniform(-1.0, 3.0),
        Init::he_normal(),
        Init::he_uniform(),
        Init::xavier_normal(),
        Init::xavier_uniform(),
        Init::lecun_normal(),
        Init::lecun_uniform(),
    ]);
    (init, mode, 0.0_f32..3.0).prop_map(|(init, mode, gain)| init.mode(mode).gain(gain))
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

proptest! {
    #[test]
    fn a_length_is_the_product_of_the_dimensions(shape in shapes()) {
        prop_assert_eq!(shape.len(), shape.dims().unwrap().iter().product::<usize>());
    }

    #[test]
    fn a_range_is_that_part_of_the_whole(
        shape in shapes(), init in schemes(), seed: u64, cut in any::<[prop::sample::Index; 2]>(),
    ) {
        let stream = Stream::new(seed);
        let mut whole = vec![f32::NAN; shape.len()];
        init.fill(stream, &shape, &mut whole).unwrap();
        prop_assert!(whole.iter().all(|v| v.is_finite()));

        let mut cut = cut.map(|i| i.index(shape.len() + 1));
        cut.sort_unstable();
        let mut part = vec![f32::NAN; cut[1] - cut[0]];
        init.fill_range(stream, &shape, cut[0] as u64, &mut part).unwrap();
        prop_assert_eq!(bits(&part), bits(&whole[cut[0]..cut[1]]));
    }

    /// Whatever the parameters: either all values are finite, or none was written.
    #[test]
    fn any_parameters_are_either_filled_or_refused(
        seed: u64, start: u64, len in 0_usize..5000, a in any::<f32>(), b in any::<f32>(),
        symmetric: bool,
    ) {
        let a = if symmetric { -b } else { a };
        let mark = 12_345.0_f32;
        for normal in [false, true] {
            let mut out = vec![mark; len];
            let done = match normal {
                true => fill_normal(Stream::new(seed), start, a, b, &mut out),
                false => fill_uniform(Stream::new(seed), start, a, b, &mut out),
            };
            match done {
                Ok(()) if normal => prop_assert!(out.iter().all(|v| v.is_finite())),
                Ok(()) => prop_assert!(out.iter().all(|&v| a <= v && v <= b)),
                Err(_) => prop_assert!(out.iter().all(|&v| v == mark)),
            }
        }
    }

    #[test]
    fn no_value_is_zero_around_zero(seed: u64, exponent in -90..=120, factor in 1.0_f32..2.0) {
        let scale = factor * 2.0_f32.powi(exponent);
        let mut out = [0.0; 1000];
        fill_normal(Stream::new(seed), 0, 0.0, scale, &mut out).unwrap();
        prop_assert!(out.iter().all(|&v| v != 0.0));
        fill_uniform(Stream::new(seed), 0, -scale, scale, &mut out).unwrap();
        prop_assert!(out.iter().all(|&v| v != 0.0 && v.abs() < scale));
    }
}
