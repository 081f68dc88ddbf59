//! Plans: each tensor has the bits of `Init::fill`, wherever it lies in the buffer. An error is found before
//! anything is written.

use std::mem::MaybeUninit;

use weight_init::{
    Activation, Backend, Distribution, Init, InitError, Layer, Plan, Recurrent, Role, Shape,
    Stream, SubPixel, TensorName,
};

use crate::cases::{bits, drawn};

const MODEL: Stream = Stream::new(42);
const MARK: f32 = -7.0;

const FC1: Shape = Shape::dense(294, 32);
const LAYERS: [Layer; 7] = [
    Layer::new("conv1", Shape::conv2d(1, 8, [3, 3]), Activation::Relu),
    Layer::new("depthwise", Shape::conv2d(8, 8, [5, 5]).grouped(8), Activation::Relu)
        .without_bias(),
    Layer::with_init("norm", Shape::vector(8), Init::ones()),
    Layer::with_init("nothing", Shape::vector(0), Init::ones()),
    Layer::new(
        "up",
        Shape::conv2d(8, 6, [2, 2]).transposed(),
        Activation::LeakyRelu { slope: 0.1 },
    ),
    Layer::new("fc1", FC1, Activation::Tanh).bias(Init::lecun_uniform()),
    Layer::new("fc2", Shape::dense(32, 10), Activation::Linear),
];
const LEN: usize = Layer::total_len(&LAYERS);
const COUNT: usize = Layer::tensor_count(&LAYERS);

fn plan() -> Plan<'static, COUNT> {
    Plan::from_layers(&LAYERS).unwrap()
}

fn filled() -> Vec<f32> {
    let mut buffer = vec![MARK; LEN];
    plan().fill(MODEL, &mut buffer).unwrap();
    buffer
}

/// Returns the values of each tensor if it is filled by itself.
fn expected() -> Vec<(&'static str, Vec<f32>)> {
    let leaky = Init::he_normal().gain(1.0 / 1.01_f32.sqrt());
    let alone = |name, init: Init, shape: Shape| {
        let mut out = vec![MARK; shape.len()];
        init.fill(MODEL.named(name), &shape, &mut out).unwrap();
        (name, out)
    };
    let zeros = |name, len| alone(name, Init::zeros(), Shape::vector(len));
    let mut fc1_bias = ("fc1.bias", vec![MARK; 32]);
    let by_the_weights = Init::lecun_uniform().distribution(FC1.fan().unwrap()).unwrap();
    by_the_weights.fill(MODEL.named("fc1.bias"), 0, &mut fc1_bias.1).unwrap();
    vec![
        alone("conv1.weight", Init::he_normal(), Shape::conv2d(1, 8, [3, 3])),
        zeros("conv1.bias", 8),
        alone("depthwise.weight", Init::he_normal(), Shape::conv2d(8, 8, [5, 5]).grouped(8)),
        alone("norm.weight", Init::ones(), Shape::vector(8)),
        zeros("norm.bias", 8),
        alone("nothing.weight", Init::ones(), Shape::vector(0)),
        zeros("nothing.bias", 0),
        alone("up.weight", leaky, Shape::conv2d(8, 6, [2, 2]).transposed()),
        zeros("up.bias", 6),
        alone("fc1.weight", Init::xavier_normal().gain(5.0 / 3.0), FC1),
        fc1_bias,
        alone("fc2.weight", Init::xavier_normal(), Shape::dense(32, 10)),
        zeros("fc2.bias", 10),
    ]
}
#[test]
fn every_tensor_is_what_its_name_and_scheme_give() {
    let (plan, buffer, expected) = (plan(), filled(), expected());
    assert_eq!((plan.len(), plan.tensors().len()), (LEN, COUNT));
    let given: Vec<_> = plan.slices(&buffer).unwrap().collect();
    assert_eq!(given.len(), expected.len());
    let mut end = 0;
    for ((tensor, values), (name, alone)) in given.into_iter().zip(expected) {
        assert_eq!(tensor.name().to_string(), name);
        assert_eq!(plan.tensor(name), Some(tensor));
        assert_eq!(tensor.shape().len(), values.len());
        assert_eq!(tensor.stream(MODEL), MODEL.named(name));
        assert_eq!(tensor.range(), end..end + values.len());
        assert_eq!(values, &buffer[tensor.range()]);
        assert_eq!(values, alone, "{name}");
        end = tensor.range().end;
    }
    assert_eq!(end, LEN);
}

#[test]
fn a_layer_that_is_added_leaves_the_others_as_they_were() {
    let first = LAYERS.iter().rev().copied();
    let new = Layer::new("new", Shape::dense(3, 3), Activation::Relu);
    let layers: Vec<Layer> = std::iter::once(new).chain(first).collect();
    let other: Plan<16> = Plan::from_layers(&layers).unwrap();
    let mut buffer = vec![MARK; Layer::total_len(&layers)];
    other.fill(MODEL, &mut buffer).unwrap();
    for (name, values) in expected() {
        assert_eq!(&buffer[other.tensor(name).unwrap().range()], values, "{name}");
    }
}

/// Takes pages of all lengths, which begin and end within tensors, at their edges, and span several.
#[test]
fn any_range_is_that_part_of_the_whole() {
    let (plan, whole) = (plan(), filled());
    let edges: Vec<usize> = plan.tensors().iter().flat_map(|t| [t.range().start, LEN]).collect();
    let starts = edges.iter().flat_map(|&edge| edge.saturating_sub(3)..=(edge + 3).min(LEN));
    for start in starts.chain((0..LEN).step_by(64)) {
        for len in [0, 1, 2, 7, 64, 500, 5000, LEN] {
            let len = len.min(LEN - start);
            let mut page = vec![MARK; len];
            plan.fill_range(MODEL, start as u64, &mut page).unwrap();
            assert_eq!(page, whole[start..start + len], "{len} values from {start}");
        }
    }
}

/// Takes a page at a time, of every length, and of lengths that change.
#[test]
fn pages_make_the_whole() {
    let (plan, whole) = (plan(), filled());
    for lengths in [vec![1], vec![64], vec![15], vec![4096], vec![LEN], vec![7, 64, 1, 0, 500]] {
        let mut pages = plan.pages(MODEL).unwrap();
        let (mut end, mut memory) = (0, vec![MARK; LEN]);
        for &len in lengths.iter().filter(|&&len| len > 0).cycle() {
            let Some((start, values)) = pages.next_page(&mut memory[..len]) else { break };
            assert_eq!(start, end);
            assert_eq!(values, &whole[start..start + values.len()], "{lengths:?} from {start}");
            end += values.len();
            assert!(values.len() == len || end == LEN);
            if lengths.contains(&0) {
                assert_eq!(pages.next_page(&mut []), None);
            }
        }
        assert_eq!(end, LEN);
        assert_eq!(pages.next_page(&mut memory), None);
    }
    assert_eq!(Plan::<2>::new().pages(MODEL).unwrap().next_page(&mut [0.0; 4]), None);
}

/// Pages resume at any index, and end at any.
#[test]
fn pages_of_a_range() {
    let (plan, whole) = (plan(), filled());
    let starts = plan.tensors().iter().flat_map(|tensor| [tensor.range().start, 7, 500]);
    for (start, len) in starts.flat_map(|start| [0, 1, 15, 700, LEN - start].map(|l| (start, l))) {
        let end = LEN.min(start + len);
        for room in [1, 16, 64, LEN] {
            let mut pages = plan.pages_in(MODEL, start as u64..end as u64).unwrap();
            let (mut at, mut page) = (start, vec![MARK; room]);
            while let Some((first, values)) = pages.next_page(&mut page) {
                assert_eq!(first, at);
                at += values.len();
                assert!(values.len() == room || at == end);
                assert_eq!(values, &whole[first..at], "{start}..{end}, {room} at a time");
            }
            assert_eq!(at, end);
        }
    }
    for (start, end) in [(0, LEN + 1), (LEN + 1, LEN + 1), (LEN, LEN + 2)] {
        let error = plan.pages_in(MODEL, start as u64..end as u64).unwrap_err();
        let (start, given) = (start as u64, end - start);
        assert_eq!(error, InitError::RangePastEnd { start, given, end: LEN });
    }
    #[allow(clippy::reversed_empty_ranges, reason = "an empty range")]
    let mut empty = plan.pages_in(MODEL, 9..3).unwrap();
    assert_eq!(empty.next_page(&mut [MARK; 4]), None);
}

/// One bit that differs is found, wherever it is.
#[test]
fn a_page_matches_to_the_bit() {
    let (plan, whole) = (plan(), filled());
    for (start, len) in [(0, 1), (0, 40), (71, 33), (2000, 64), (LEN - 17, 17), (90, 0), (LEN, 0)] {
        let mut page = whole[start..start + len].to_vec();
        assert_eq!(plan.matches(MODEL, start as u64, &page), Ok(true), "{len} from {start}");
        for i in 0..len {
            for bit in [0, 22, 31] {
                let value = page[i];
                page[i] = f32::from_bits(value.to_bits() ^ 1 << bit);
                let given = plan.matches(MODEL, start as u64, &page);
                assert_eq!(given, Ok(false), "bit {bit} of value {i} from {start}");
                page[i] = value;
            }
        }
    }
    assert_eq!(plan.matches(MODEL, 0, &whole), Ok(true));
    assert_eq!(plan.matches(Stream::new(43), 0, &whole), Ok(false));
    let past = InitError::RangePastEnd { start: LEN as u64 - 3, given: 4, end: LEN };
    assert_eq!(plan.matches(MODEL, LEN as u64 - 3, &[MARK; 4]), Err(past));
}

const GATES: Recurrent = Recurrent::lstm(9, 5);
const SPECIAL: [Layer; 7] = [
    Layer::tensor("cls_token", Shape::vector(33), Init::truncated_normal(0.0, 0.02)),
    Layer::with_init("gates", GATES.input_shape(), Init::xavier_uniform())
        .bias(Init::gates([0.0, 1.0, 0.0, 0.5])),
    Layer::with_init("qkv", Shape::dense(12, 12).packed(3), Init::lecun_normal()).without_bias(),
    Layer::with_init("experts", Shape::dense(8, 6).stacked(4), Init::he_uniform()),
    Layer::with_init("sparse", Shape::dense(30, 20), Init::sparse(0.3, 0.5)),
    Layer::with_init(
        "up",
        Shape::conv2d(3, 8, [3, 3]),
        Init::he_normal().icnr(2, SubPixel::PixelShuffle),
    ),
    Layer::with_init("last", Shape::dense(16, 10), Init::orthogonal()),
];
const SPECIAL_LEN: usize = Layer::total_len(&SPECIAL);

fn special() -> Plan<'static, { Layer::tensor_count(&SPECIAL) }> {
    Plan::from_layers(&SPECIAL).unwrap()
}

/// Returns the values of the structured plan, each tensor filled by itself.
fn special_values() -> Vec<f32> {
    let mut all = Vec::new();
    let mut add = |name: &str, init: Init, shape: Shape| {
        let mut values = vec![MARK; shape.len()];
        init.fill(MODEL.named(name), &shape, &mut values).unwrap();
        all.extend(values);
    };
    add("cls_token", Init::truncated_normal(0.0, 0.02), Shape::vector(33));
    add("gates.weight", Init::xavier_uniform(), GATES.input_shape());
    add("gates.bias", Init::gates([0.0, 1.0, 0.0, 0.5]), GATES.bias_shape());
    add("qkv.weight", Init::lecun_normal(), Shape::dense(12, 12).packed(3));
    add("experts.weight", Init::he_uniform(), Shape::dense(8, 6).stacked(4));
    add("experts.bias", Init::zeros(), Shape::vector(6).stacked(4));
    add("sparse.weight", Init::sparse(0.3, 0.5), Shape::dense(30, 20));
    add("sparse.bias", Init::zeros(), Shape::vector(20));
    let icnr = Init::he_normal().icnr(2, SubPixel::PixelShuffle);
    add("up.weight", icnr, Shape::conv2d(3, 8, [3, 3]));
    add("up.bias", Init::zeros(), Shape::vector(8));
    add("last.weight", Init::orthogonal(), Shape::dense(16, 10));
    add("last.bias", Init::zeros(), Shape::vector(10));
    all
}

/// Structured schemes, stacks and tensors without a suffix, whole, in ranges and in pages. Only the parts of an
/// orthogonal matrix are refused.
#[test]
fn structured_tensors_and_stacks() {
    let (plan, whole) = (special(), special_values());
    let mut given = vec![MARK; SPECIAL_LEN];
    plan.fill(MODEL, &mut given).unwrap();
    assert_eq!(bits(&given), bits(&whole));
    assert_eq!(plan.verify(&given), Ok(()));
    assert_eq!(plan.tensor("cls_token").unwrap().stream(MODEL), MODEL.named("cls_token"));
    assert_eq!(plan.tensor("cls_token.weight"), None);
    assert_eq!(given[33 + 180..][..20], [[0.0; 5], [1.0; 5], [0.0; 5], [0.5; 5]].concat());

    let matrix = plan.tensor("last.weight").unwrap().range();
    for start in (0..SPECIAL_LEN).step_by(5) {
        for len in [1, 7, 100, 1000, SPECIAL_LEN] {
            let len = len.min(SPECIAL_LEN - start);
            let (end, mut page) = (start + len, vec![MARK; len]);
            let touches = start < matrix.end && end > matrix.start;
            let cuts = touches && (start > matrix.start || end < matrix.end);
            let result = plan.fill_range(MODEL, start as u64, &mut page);
            if cuts {
                assert_eq!(result, Err(InitError::WholeTensorOnly), "{start}..{end}");
                assert!(page.iter().all(|v| *v == MARK), "{start}..{end}: something was written");
            } else {
                assert_eq!(result, Ok(()), "{start}..{end}");
                assert_eq!(bits(&page), bits(&whole[start..end]), "{start}..{end}");
            }
            let page = &whole[start..end];
            let expected = if touches { Err(InitError::WholeTensorOnly) } else { Ok(true) };
            assert_eq!(plan.matches(MODEL, start as u64, page), expected, "{start}..{end}");
        }
    }
    assert_eq!(plan.pages(MODEL).unwrap_err(), InitError::WholeTensorOnly);
    let before = 0..matrix.start as u64;
    let (mut pages, mut page, mut at) =
        (plan.pages_in(MODEL, before.clone()).unwrap(), [MARK; 11], 0);
    while let Some((start, values)) = pages.next_page(&mut page) {
        assert_eq!((start, bits(values)), (at, bits(&whole[at..at + values.len()])));
        at += values.len();
    }
    assert_eq!(at, matrix.start);
}

/// A request for a plan writes any range in any format.
#[test]
fn a_plan_is_drawn_in_ranges_and_formats() {
    let (plan, whole) = (plan(), filled());
    let fixed: Vec<i8> =
        whole.iter().map(|v| (v * 128.0).round_ties_even().clamp(-128.0, 127.0) as i8).collect();
    let saturates = |v: &&f32| !(-128.0..=127.0).contains(&(**v * 128.0).round_ties_even());
    for (start, end) in [(0, LEN), (0, 0), (3, 75), (500, 4000), (LEN - 1, LEN), (LEN, LEN)] {
        for backend in Backend::available() {
            let what = format!("{backend}, {start}..{end}");
            let draw = plan.draw(MODEL).range(start as u64..end as u64).unwrap().on(backend);
            assert_eq!((draw.len(), draw.is_empty()), (end - start, start == end));
            let mut values = vec![MARK; end - start];
            draw.write(&mut values).unwrap();
            assert_eq!(bits(&values), bits(&whole[start..end]), "{what}");
            let mut slots = vec![77; end - start];
            let count = whole[start..end].iter().filter(saturates).count();
            assert_eq!(draw.write_fixed(|_| 7, &mut slots), Ok(count), "{what}");
            assert_eq!(slots, fixed[start..end], "{what}");

            let mut fresh = vec![MaybeUninit::uninit(); end - start];
            let given: &mut [f32] = draw.write_uninit(&mut fresh).unwrap();
            assert_eq!(bits(given), bits(&whole[start..end]), "{what}");
            let mut fresh = vec![MaybeUninit::uninit(); end - start];
            let (given, saturated) = draw.write_fixed_uninit(|_| 7, &mut fresh).unwrap();
            assert_eq!((&*given, saturated), (&fixed[start..end], count), "{what}");
            #[cfg(feature = "alloc")]
            {
                assert_eq!(draw.to_vec().map(|v| bits(&v)), Ok(bits(&whole[start..end])));
                assert_eq!(draw.to_vec_fixed(|_| 7), Ok((fixed[start..end].to_vec(), count)));
            }
            #[cfg(feature = "rayon")]
            {
                values.fill(MARK);
                draw.parallel().write(&mut values).unwrap();
                assert_eq!(bits(&values), bits(&whole[start..end]), "{what}");
            }
        }
    }
    let error = plan.draw(MODEL).range(3..LEN as u64 + 1).unwrap_err();
    assert_eq!(error, InitError::RangePastEnd { start: 3, given: LEN - 2, end: LEN });
    let error = plan.draw(MODEL).write(&mut [MARK; 9]);
    assert_eq!(error, Err(InitError::WrongLength { expected: LEN, given: 9 }));
    let draw = Plan::<2>::new().draw(MODEL).write_uninit::<f32>(&mut []).map(|v| v.len());
    assert_eq!(draw, Ok(0));

    // A format that one tensor does not fit in, and a cut matrix, are found before anything is written.
    let (plan, mut slots) = (special(), vec![77_i8; SPECIAL_LEN]);
    assert_eq!(plan.draw(MODEL).write_fixed(|_| 7, &mut slots), Err(InitError::WholeTensorOnly));
    let cut = plan.draw(MODEL).range(0..SPECIAL_LEN as u64 - 11).unwrap();
    let mut values = vec![MARK; SPECIAL_LEN - 11];
    assert_eq!(cut.write(&mut values), Err(InitError::WholeTensorOnly));
    assert!(slots.iter().all(|v| *v == 77) && values.iter().all(|v| *v == MARK));
}

#[test]
fn one_tensor_again() {
    let (plan, whole) = (plan(), filled());
    let other = Stream::new(43);
    for (name, _) in expected() {
        let mut buffer = vec![MARK; LEN];
        plan.fill_tensor(MODEL, name, &mut buffer).unwrap();
        let range = plan.tensor(name).unwrap().range();
        assert_eq!(buffer[range.clone()], whole[range.clone()], "{name}");
        buffer[range].fill(MARK);
        assert!(buffer.iter().all(|&v| v == MARK), "{name}: another tensor was touched");
    }
    let mut buffer = whole.clone();
    plan.fill_tensor(other, "fc2.weight", &mut buffer).unwrap();
    let head = plan.tensor("fc2.weight").unwrap().range();
    let equal = buffer[head.clone()].iter().zip(&whole[head]).filter(|(a, b)| a == b).count();
    assert_eq!(equal, 0);
}

#[test]
fn slices_can_be_changed() {
    let (plan, mut buffer) = (plan(), filled());
    for (i, (_, values)) in plan.slices_mut(&mut buffer).unwrap().enumerate() {
        values.fill(i as f32);
    }
    for (i, tensor) in plan.tensors().iter().enumerate() {
        assert!(buffer[tensor.range()].iter().all(|&v| v == i as f32));
    }
}

#[test]
fn names() {
    let layer = Layer::new("a.b", Shape::dense(1, 1), Activation::Relu).without_bias();
    let plan: Plan<1> = Plan::from_layers(&[layer]).unwrap();
    let name: TensorName = plan.tensors()[0].name();
    assert_eq!((name.layer(), name.role()), ("a.b", Role::Weight));
    assert_eq!(name.to_string(), "a.b.weight");
    assert_eq!(name, "a.b.weight");
    for other in ["", "a.b", "a.b.", "a.b.bias", "a.bweight", "a.b.weights", "x.a.b.weight"] {
        assert_ne!(name, other);
    }
}

/// After an error the plan is unchanged, and still takes a layer that fits.
#[test]
fn what_a_plan_refuses() {
    let dense = |name, inputs| Layer::new(name, Shape::dense(inputs, 4), Activation::Relu);
    let mut plan: Plan<3> = Plan::new();
    plan.push(dense("fc1", 3)).unwrap();

    let mut refused = |layer: Layer<'static>, expected: InitError, says: &str| {
        let before = plan.clone();
        let error = plan.push(layer).unwrap_err();
        assert_eq!(error, expected);
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!((plan.tensors(), plan.len()), (before.tensors(), before.len()));
    };
    let fc1 = InitError::DuplicateName { tensor: 0 };
    refused(dense("fc1", 9).without_bias(), fc1, "tensor 0");
    refused(dense("fc2", 9), InitError::PlanFull { capacity: 3, needed: 4 }, "3 tensors");
    let fc2 = |init| Layer::with_init("fc2", Shape::dense(9, 4), init).without_bias();
    let no_fan = InitError::ZeroFan { fan_in: 0, fan_out: 4 };
    refused(dense("fc2", 0).bias(Init::pytorch_default()), no_fan, "zero fan");
    refused(dense("fc2", usize::MAX).without_bias(), InitError::Overflow, "usize::MAX");
    refused(dense("fc2", usize::MAX / 4).without_bias(), InitError::Overflow, "usize::MAX");
    refused(fc2(Init::normal(0.0, -1.0)), InitError::Std { given: -1.0 }, "-1");
    refused(fc2(Init::dirac()), InitError::RankTooLow { expected: 3, given: 2 }, "rank");
    let vector = Layer::new("norm", Shape::vector(4), Activation::Relu).without_bias();
    refused(vector, InitError::RankTooLow { expected: 2, given: 1 }, "rank");
    for slope in [f32::NAN, f32::INFINITY, -1e30] {
        let leaky = Layer::new("fc2", Shape::dense(4, 4), Activation::LeakyRelu { slope });
        let error = plan.push(leaky.without_bias()).unwrap_err();
        assert!(matches!(error, InitError::Gain { given } if given.is_nan()), "{error}");
    }
    plan.push(fc2(Init::he_normal())).unwrap();
    assert_eq!(plan.len(), 12 + 4 + 36);

    let mut none: Plan<0> = Plan::new();
    let full = InitError::PlanFull { capacity: 0, needed: 1 };
    assert_eq!(none.push(fc2(Init::he_normal())), Err(full));
    assert_eq!((none.fill(MODEL, &mut []), none.fill_range(MODEL, 0, &mut [])), (Ok(()), Ok(())));

    let mut empty: Plan<4> = Plan::new();
    let bias = dense("fc1", 3).bias(Init::constant(f32::NAN));
    assert!(matches!(empty.push(bias), Err(InitError::Constant { .. })));
    assert!(empty.tensors().is_empty() && empty.is_empty());
    assert_eq!(empty.fill(MODEL, &mut []), Ok(()));
}

#[test]
fn what_a_fill_refuses() {
    let plan = plan();
    let untouched = |len: usize, fill: &dyn Fn(&mut [f32]) -> Result<(), InitError>| {
        let mut out = vec![MARK; len];
        let error = fill(&mut out).expect_err("an error");
        assert!(out.iter().all(|&v| v == MARK), "something was written: {error}");
        error
    };
    for given in [0, LEN - 1, LEN + 1] {
        let expected = InitError::WrongLength { expected: LEN, given };
        assert_eq!(untouched(given, &|out| plan.fill(MODEL, out)), expected);
        assert_eq!(untouched(given, &|out| plan.fill_tensor(MODEL, "fc2.bias", out)), expected);
        assert_eq!(plan.slices(&vec![MARK; given]).err(), Some(expected));
        assert_eq!(plan.slices_mut(&mut vec![MARK; given]).err(), Some(expected));
    }
    for name in ["", "fc2", "fc3.weight", "fc2.weights"] {
        let error = untouched(LEN, &|out| plan.fill_tensor(MODEL, name, out));
        assert_eq!(error, InitError::UnknownName);
        assert!(error.to_string().contains("fc1.weight"));
        assert_eq!(plan.tensor(name), None);
    }
    for (start, given) in [(0, LEN + 1), (LEN as u64 - 3, 4), (LEN as u64 + 1, 0), (u64::MAX, 1)] {
        let error = untouched(given, &|out| plan.fill_range(MODEL, start, out));
        assert_eq!(error, InitError::RangePastEnd { start, given, end: LEN });
    }
}

/// The length is `const`, so that it sizes a `static`. An invalid shape has the length `usize::MAX`.
#[test]
fn the_length_is_known_before_anything_is_written() {
    const WEIGHTS: usize = 72 + 8 + 200 + 8 + 8 + 192 + 6 + 294 * 32 + 32 + 320 + 10;
    const { assert!(LEN == WEIGHTS && COUNT == 13) };
    let invalid = Layer::new("x", Shape::conv2d(3, 4, [1, 1]).grouped(2), Activation::Relu);
    assert_eq!(Layer::total_len(&[LAYERS[0], invalid]), usize::MAX);
    let huge = Layer::new("x", Shape::dense(usize::MAX / 2, 1), Activation::Relu);
    assert_eq!(Layer::total_len(&[huge, huge, huge]), usize::MAX);
    assert!(!LAYERS[0].is_empty());
    assert!(Layer::new("x", Shape::dense(9, 0), Activation::Relu).is_empty());
}

#[test]
fn a_plan_shows_what_it_draws_from() {
    let plan = plan();
    let he = plan.tensor("conv1.weight").unwrap().distribution();
    assert_eq!(*he.unwrap(), Distribution::Normal { mean: 0.0, std: (2.0_f32 / 9.0).sqrt() });
    let zeros = plan.tensor("fc2.bias").unwrap().distribution();
    assert_eq!(*zeros.unwrap(), Distribution::Constant { value: 0.0 });
}

/// A layer without inputs, outputs or kernel elements has no weights, and every scheme that `Init::fill` accepts
/// for it is fine in a plan. Its biases may have values.
#[test]
fn a_layer_without_weights_is_fine() {
    const HUGE: usize = usize::MAX;
    let shapes = [
        Shape::dense(0, 3),
        Shape::dense(3, 0),
        Shape::dense(0, 0),
        Shape::dense(HUGE, 0),
        Shape::conv2d(2, 3, [0, 5]),
        Shape::conv2d(0, 3, [5, 5]).transposed(),
        Shape::conv2d(HUGE, 0, [HUGE, 5]),
        Shape::depthwise2d(3, 0, [3, 3]),
    ];
    for (init, shape) in drawn().into_iter().flat_map(|init| shapes.map(|shape| (init, shape))) {
        assert_eq!(init.fill(MODEL, &shape, &mut []), Ok(()), "{init}, {shape:?}");
        let alone = Layer::with_init("empty", shape, init).without_bias();
        let plan: Plan<1> = Plan::from_layers(&[alone]).unwrap();
        assert_eq!((plan.len(), plan.tensors().len()), (0, 1), "{init}, {shape:?}");
        assert_eq!(plan.fill(MODEL, &mut []), Ok(()));
        assert_eq!(plan.fill_range(MODEL, 0, &mut []), Ok(()));
        assert_eq!(plan.fill_tensor(MODEL, "empty.weight", &mut []), Ok(()));
        assert_eq!(plan.verify(&[]), Ok(()));
        assert!(plan.pages(MODEL).unwrap().next_page(&mut [0.0; 4]).is_none());

        // Between other layers, with biases that need no fan.
        let layers = [
            Layer::new("first", Shape::dense(9, 5), Activation::Relu),
            Layer::with_init("empty", shape, init).bias(Init::constant(0.5)),
            Layer::new("last", Shape::dense(5, 7), Activation::Tanh),
        ];
        let plan: Plan<6> = Plan::from_layers(&layers).unwrap();
        let mut values = vec![MARK; plan.len()];
        plan.fill(MODEL, &mut values).unwrap();
        assert_eq!(plan.len(), Layer::total_len(&layers));
        assert_eq!(plan.verify(&values), Ok(()));
        let range = plan.tensor("empty.bias").unwrap().range();
        assert!(range.len() == 3 || range.is_empty());
        assert!(values[range].iter().all(|&v| v == 0.5));
        for (layer, weights) in [(layers[0], "first.weight"), (layers[2], "last.weight")] {
            let tensor = plan.tensor(weights).unwrap();
            let mut expected = vec![MARK; tensor.range().len()];
            tensor.draw(MODEL).write(&mut expected).unwrap();
            assert_eq!(values[tensor.range()], expected, "{layer:?}");
        }
        let (mut pages, mut page) = (plan.pages(MODEL).unwrap(), [MARK; 11]);
        while let Some((start, part)) = pages.next_page(&mut page) {
            assert_eq!(values[start..start + part.len()], *part);
        }
        for (start, &value) in values.iter().enumerate() {
            let mut part = [MARK; 1];
            plan.fill_range(MODEL, start as u64, &mut part).unwrap();
            assert_eq!(part[0], value);
        }
    }
    // Biases with values still need a fan if their scheme does.
    let layer = Layer::new("fc", Shape::dense(0, 3), Activation::Relu).bias(Init::lecun_uniform());
    let error = Plan::<2>::from_layers(&[layer]).unwrap_err();
    assert_eq!(error, InitError::ZeroFan { fan_in: 0, fan_out: 3 });
    let layer = Layer::new("fc", Shape::dense(3, 0), Activation::Relu).bias(Init::lecun_uniform());
    assert!(Plan::<2>::from_layers(&[layer]).is_ok());
    // Other errors stay errors.
    let layer = Layer::with_init("fc", Shape::dense(0, 3), Init::he_normal().gain(-1.0));
    let error = Plan::<2>::from_layers(&[layer]).unwrap_err();
    assert_eq!(error, InitError::Gain { given: -1.0 });
}
