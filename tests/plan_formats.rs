//! Plans in other formats than `f32`: each slot holds the value that the `f32` plan has there, rounded with the
//! quantisation of its tensor.

use weight_init::{
    Init, InitError, Layer, Plan, Quantization, Recurrent, Role, Shape, Stream, SubPixel, Tensor,
};

const MODEL: Stream = Stream::new(42);
const GATES: Recurrent = Recurrent::gru(9, 5);
const LAYERS: [Layer; 8] = [
    Layer::with_init("fc", Shape::dense(70, 65), Init::he_normal()).bias(Init::pytorch_default()),
    Layer::with_init("gru", GATES.input_shape(), Init::xavier_uniform())
        .bias(Init::gates([0.0, 1.0, 0.0, 0.5])),
    Layer::with_init("empty", Shape::vector(0), Init::ones()),
    Layer::with_init("experts", Shape::dense(8, 60).stacked(4), Init::he_uniform()),
    Layer::with_init("sparse", Shape::dense(30, 20), Init::sparse(0.3, 0.5)).without_bias(),
    Layer::with_init(
        "up",
        Shape::conv2d(3, 8, [3, 3]),
        Init::he_normal().icnr(2, SubPixel::PixelShuffle),
    ),
    Layer::tensor("token", Shape::vector(33), Init::truncated_normal(0.5, 0.02)),
    Layer::with_init("norm", Shape::vector(8), Init::ones()),
];
const LEN: usize = Layer::total_len(&LAYERS);

fn plan() -> Plan<'static, { Layer::tensor_count(&LAYERS) }> {
    Plan::from_layers(&LAYERS).unwrap()
}

fn filled() -> Vec<f32> {
    let mut values = vec![f32::NAN; LEN];
    plan().fill(MODEL, &mut values).unwrap();
    values
}

/// Another scale for each layer, and for its biases twice that.
fn scale(tensor: &Tensor) -> Quantization {
    let name = tensor.name();
    let scale = 0.001 * (1.0 + name.layer().len() as f32);
    Quantization::from_scale(if name.role() == Role::Bias { 2.0 * scale } else { scale })
}

fn with_zero_point(tensor: &Tensor) -> Quantization {
    scale(tensor).with_zero_point(100 + tensor.name().layer().len() as i32)
}

/// Returns what the plan's slots should hold, and which values saturate.
fn rounded(
    quantization: fn(&Tensor) -> Quantization,
    low: f32,
    high: f32,
) -> (Vec<i32>, Vec<bool>) {
    let (plan, whole) = (plan(), filled());
    let slots = plan.slices(&whole).unwrap().flat_map(|(tensor, values)| {
        let quantization = quantization(tensor);
        values.iter().map(move |value| {
            let steps = value * (1.0 / quantization.scale());
            let integer = steps.round_ties_even() + quantization.zero_point() as f32;
            (integer.clamp(low, high) as i32, !(low..=high).contains(&integer))
        })
    });
    slots.unzip()
}

/// Checks all ways to write integers: whole, in ranges, one tensor, uninitialised, in pages; and `matches`.
macro_rules! check_fixed {
    ($t:ty, $quantization:expr) => {{
        let (expected, saturates) = rounded($quantization, <$t>::MIN as f32, <$t>::MAX as f32);
        let expected: Vec<$t> = expected.into_iter().map(|integer| integer as $t).collect();
        let count = |range: std::ops::Range<usize>| saturates[range].iter().filter(|s| **s).count();
        let plan = plan();
        for (start, end) in [(0, LEN), (0, 0), (3, 75), (4000, LEN), (4548, 6000), (LEN - 1, LEN)] {
            let draw = plan.draw(MODEL).range(start as u64..end as u64).unwrap();
            let mut slots = vec![77; end - start];
            assert_eq!(draw.write_fixed($quantization, &mut slots), Ok(count(start..end)));
            assert_eq!(slots, expected[start..end], "{start}..{end}");
            let mut fresh = vec![std::mem::MaybeUninit::uninit(); end - start];
            let (given, saturated) = draw.write_fixed_uninit($quantization, &mut fresh).unwrap();
            assert_eq!((&*given, saturated), (&expected[start..end], count(start..end)));

            let matches = |slots: &[$t]| {
                plan.matches_fixed(MODEL, start as u64, $quantization, slots).unwrap()
            };
            assert!(matches(&slots));
            if let Some(last) = slots.last_mut() {
                *last ^= 1;
                assert!(!matches(&slots));
            }
        }
        for tensor in plan.tensors() {
            let draw = plan.draw(MODEL).tensor(&tensor.name().to_string()).unwrap();
            let mut slots = vec![77; draw.len()];
            assert_eq!(draw.write_fixed($quantization, &mut slots), Ok(count(tensor.range())));
            assert_eq!(slots, expected[tensor.range()], "{}", tensor.name());
        }
        for len in [1, 7, 64, 1000, LEN] {
            let (mut pages, mut page, mut at) = (plan.pages(MODEL).unwrap(), vec![77; len], 0);
            while let Some((start, values)) =
                pages.next_page_fixed($quantization, &mut page).unwrap()
            {
                assert_eq!((start, &*values), (at, &expected[at..at + values.len()]), "{len}");
                at += values.len();
            }
            assert_eq!(at, LEN);
        }
        assert!(plan.matches_fixed(Stream::new(43), 0, $quantization, &expected).is_ok_and(|m| !m));
    }};
}

#[test]
fn every_tensor_has_its_own_quantisation() {
    check_fixed!(i8, scale);
    check_fixed!(i16, scale);
    check_fixed!(i32, scale);
    check_fixed!(u8, with_zero_point);
    assert!(rounded(scale, -128.0, 127.0).1.contains(&true), "nothing saturates");
}

#[cfg(feature = "half")]
#[test]
fn floats_of_16_bits() {
    use half::{bf16, f16};
    macro_rules! check {
        ($t:ty) => {
            let (plan, whole) = (plan(), filled());
            let expected: Vec<u16> = whole.iter().map(|v| <$t>::from_f32(*v).to_bits()).collect();
            let bits = |slots: &[$t]| slots.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            let mut slots = vec![<$t>::NAN; LEN];
            plan.draw(MODEL).write_as(&mut slots).unwrap();
            assert_eq!(bits(&slots), expected);
            assert_eq!(plan.matches_as(MODEL, 0, &slots), Ok(true));
            assert_eq!(plan.matches_as(MODEL, 17, &slots[17..]), Ok(true));
            assert_eq!(plan.matches_as(Stream::new(43), 0, &slots), Ok(false));
            // −0 is not 0.
            let zero = slots.iter().position(|v| v.to_bits() == 0).unwrap();
            slots[zero] = -slots[zero];
            assert_eq!(plan.matches_as(MODEL, 0, &slots), Ok(false));
            let (mut pages, mut page, mut at) = (plan.pages(MODEL).unwrap(), [<$t>::NAN; 100], 0);
            while let Some((start, values)) = pages.next_page_as(&mut page).unwrap() {
                assert_eq!((start, bits(values)), (at, expected[at..at + values.len()].to_vec()));
                at += values.len();
            }
            assert_eq!(at, LEN);
        };
    }
    check!(bf16);
    check!(f16);
}

/// A plan accepts the values that it has written, and otherwise names the tensor that has others.
#[test]
fn every_format_can_be_verified() {
    let plan = plan();
    let fill = |quantization: fn(&Tensor) -> Quantization| {
        let mut slots = vec![0_i8; LEN];
        plan.draw(MODEL).write_fixed(quantization, &mut slots).unwrap();
        slots
    };
    let fine: fn(&Tensor) -> Quantization = |tensor| tensor.fixed_point::<i8>(1e-3);
    let coarse: fn(&Tensor) -> Quantization = |_| 5.into();
    for quantization in [fine, coarse, scale] {
        assert_eq!(plan.verify_fixed(quantization, &fill(quantization)), Ok(()));
    }
    let wrong = plan.verify_fixed(coarse, &fill(fine)).unwrap_err().to_string();
    assert!(wrong.starts_with("fc.weight: "), "{wrong}");
    let experts = plan.tensor("experts.weight").unwrap().range();
    let mut slots = fill(fine);
    slots[experts].fill(3);
    let wrong = plan.verify_fixed(fine, &slots).unwrap_err().to_string();
    assert!(wrong.starts_with("experts.weight: "), "{wrong}");
    let bad = |tensor: &Tensor| if tensor.name() == "sparse.weight" { 121 } else { 5 };
    let wrong = plan.verify_fixed(bad, &fill(coarse)).unwrap_err().to_string();
    assert!(wrong.starts_with("sparse.weight: the scale"), "{wrong}");

    let mut values = filled();
    assert_eq!(plan.verify_as(&values), Ok(()));
    let sparse = plan.tensor("sparse.weight").unwrap().range();
    values[sparse.start + 5] = f32::NAN;
    let wrong = plan.verify_as(&values).unwrap_err();
    assert_eq!(plan.verify(&values), Err(wrong));
    assert!(wrong.to_string().starts_with("sparse.weight: NaN"), "{wrong}");
    #[cfg(feature = "half")]
    {
        let mut slots = vec![half::bf16::ZERO; LEN];
        plan.draw(MODEL).write_as(&mut slots).unwrap();
        assert_eq!(plan.verify_as(&slots), Ok(()));
        slots[7] = half::bf16::NAN;
        let wrong = plan.verify_as(&slots).unwrap_err().to_string();
        assert!(wrong.starts_with("fc.weight: NaN"), "{wrong}");
    }
}

/// A tensor that can't be rounded is found before anything is written, also in the pages.
#[test]
fn a_quantisation_of_one_tensor_is_inadmissible() {
    let plan = plan();
    let bad = |tensor: &Tensor| if tensor.name() == "norm.weight" { 121 } else { 7 };
    let error = InitError::QuantizationScale { given: 0.0 };
    let norm = plan.tensor("norm.weight").unwrap().range();
    let mut slots = vec![77_i8; LEN];
    assert_eq!(plan.draw(MODEL).write_fixed(bad, &mut slots), Err(error));
    assert_eq!(plan.matches_fixed(MODEL, 0, bad, &slots), Err(error));

    let mut pages = plan.pages_in(MODEL, norm.start as u64 - 3..LEN as u64).unwrap();
    let mut page = [77_i8; 5];
    assert_eq!(pages.next_page_fixed(bad, &mut page), Err(error));
    assert_eq!((page, slots.iter().all(|slot| *slot == 77)), ([77; 5], true));
    // The page that failed is still the next one.
    let (start, values) = pages.next_page_fixed(|_| 7, &mut page).unwrap().unwrap();
    assert_eq!((start, values.len()), (norm.start - 3, 5));

    let error = plan.draw(MODEL).tensor("norm").unwrap_err();
    assert_eq!(error, InitError::UnknownName);
}
