//! Tensors made whole and filled in place have the values of the core at the same logical indices.

use candle_core::{DType, Device, Result, Tensor, Var};
use proptest::prelude::*;
use weight_init::{Init, InitError, Layout, Shape, Stream};
use weight_init_candle::{InitExt, weight_init};

const CPU: Device = Device::Cpu;
const STREAM: Stream = Stream::new(42);
const FLOATS: [DType; 4] = [DType::F32, DType::F64, DType::F16, DType::BF16];

/// Returns the values that the core has for a shape, as a tensor of the type.
fn expected(init: Init, shape: &Shape, dtype: DType) -> Tensor {
    let mut values = vec![0.0_f32; shape.len()];
    init.fill(STREAM, shape, &mut values).unwrap();
    let tensor = Tensor::from_vec(values, &*shape.dims().unwrap(), &CPU).unwrap();
    tensor.to_dtype(dtype).unwrap()
}

/// Returns the values in logical order. No type has values that an `f64` has not.
fn values(tensor: &Tensor) -> Vec<f64> {
    if tensor.elem_count() == 0 {
        return Vec::new();
    }
    tensor.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1().unwrap()
}

/// Returns what was refused.
fn refusal<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

fn schemes() -> impl Strategy<Value = Init> {
    prop::sample::select(vec![
        Init::he_normal(),
        Init::xavier_uniform(),
        Init::lecun_truncated_normal(),
        Init::sparse(0.3, 0.1),
        Init::orthogonal(),
        Init::constant(0.25),
    ])
}

proptest! {
    #[test]
    fn any_view_is_the_same_logical_tensor(
        axes in prop::collection::vec((0_usize..6, 0_usize..3, 0_usize..3, any::<u8>()), 1..6),
        init in schemes(), dtype in prop::sample::select(FLOATS.to_vec()),
    ) {
        let dims: Vec<usize> = axes.iter().map(|axis| axis.0).collect();
        let shape = match dims[..] {
            [len] => Shape::vector(len),
            _ => Shape::from_dims(&dims, Layout::OutIn, 1).unwrap(),
        };
        // Axis number i of the memory is axis `order[i]` of the view.
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&axis| axes[axis].3);
        let memory: Vec<usize> = order.iter().map(|&axis| axes[axis].1 + axes[axis].0 + axes[axis].2).collect();
        let back: Vec<usize> =
            (0..order.len()).map(|axis| order.iter().position(|&a| a == axis).unwrap()).collect();
        let cut = |whole: &Tensor| {
            let mut view = whole.clone();
            for (i, &axis) in order.iter().enumerate() {
                view = view.narrow(i, axes[axis].1, axes[axis].0).unwrap();
            }
            view.permute(back.clone()).unwrap()
        };
        let whole = (Tensor::ones(&*memory, dtype, &CPU).unwrap() * 7.0).unwrap();
        let view = cut(&whole);
        let Ok(draw) = init.draw(STREAM, &shape) else {
            prop_assert!(view.init_inplace(STREAM, init).is_err());
            prop_assert!(values(&whole).iter().all(|v| *v == 7.0));
            return Ok(());
        };
        let correct = values(&expected(init, &shape, dtype));
        view.init_inplace(STREAM, init).unwrap();
        prop_assert_eq!(values(&view), correct.clone());

        // Elements around the view stay as they were.
        let sevens = (view.ones_like().unwrap() * 7.0).unwrap();
        let inside = Tensor::zeros(&*memory, DType::F32, &CPU).unwrap();
        cut(&inside).init_inplace(STREAM, Init::ones()).unwrap();
        let outside: Vec<f64> = values(&whole).into_iter().zip(values(&inside)).filter(|(_, i)| *i == 0.0).map(|(v, _)| v).collect();
        prop_assert_eq!(outside.len(), whole.elem_count() - sevens.elem_count());
        prop_assert!(outside.iter().all(|v| *v == 7.0));

        // Made whole, from dimensions and from a draw that has strides of its own.
        let made = Tensor::init(&*dims, STREAM, init, dtype, &CPU).unwrap();
        prop_assert_eq!(made.dims(), &*dims);
        prop_assert_eq!(values(&made), correct.clone());
        let var = Var::from_draw(&draw, dtype, &CPU).unwrap();
        prop_assert!(var.is_variable() && var.dtype() == dtype);
        prop_assert_eq!(values(&var), correct.clone());
        let spaced: Vec<usize> = made.stride().iter().map(|stride| stride * 2).collect();
        if let Ok(draw) = draw.strided(&spaced) {
            prop_assert_eq!(values(&Tensor::from_draw(&draw, dtype, &CPU).unwrap()), correct.clone());
            let other = made.zeros_like().unwrap();
            other.assign_draw(&draw).unwrap();
            prop_assert_eq!(values(&other), correct);
        }
    }

    #[test]
    fn shapes_that_dimensions_do_not_describe(
        outputs in 1_usize..5, inputs in 1_usize..5, groups in 1_usize..4, transposed: bool,
        layout in prop::sample::select(vec![Layout::OutIn, Layout::InOut, Layout::OutKernelIn]),
        count in 1_usize..4, init in schemes(), dtype in prop::sample::select(FLOATS.to_vec()),
    ) {
        let shape = Shape::conv2d(inputs * groups, outputs * groups, [3, 2]).grouped(groups).layout(layout);
        let shape = if transposed { shape.transposed() } else { shape };
        for shape in [shape, shape.stacked(count), shape.packed(count), shape.bias()] {
            let Ok(draw) = init.draw(STREAM, &shape) else { continue };
            let whole = expected(init, &shape, dtype);
            let tensor = Tensor::from_draw(&draw.parallel(), dtype, &CPU).unwrap();
            prop_assert_eq!(tensor.dims(), whole.dims());
            prop_assert_eq!(values(&tensor), values(&whole));

            // The first of two shards.
            let shard = draw.shard(0, 0, 2).unwrap();
            let part = whole.narrow(0, 0, whole.dims()[0].div_ceil(2)).unwrap();
            let tensor = part.zeros_like().unwrap();
            tensor.assign_draw(&shard).unwrap();
            prop_assert_eq!(values(&tensor), values(&part));
            prop_assert_eq!(values(&Var::from_draw(&shard, dtype, &CPU).unwrap()), values(&part));
        }
    }
}

/// A variable and the tensor that a model took from it share their memory.
#[test]
fn a_variable_is_started_again_in_place() {
    let var = Var::init((30, 20), STREAM, Init::he_normal(), DType::F32, &CPU).unwrap();
    let weight = var.as_tensor().clone();
    let before = values(&weight);
    var.init_inplace(STREAM.named("again"), Init::he_normal()).unwrap();
    assert_ne!(values(&weight), before);
    var.init_inplace(STREAM, Init::he_normal()).unwrap();
    assert_eq!(values(&weight), before);
    // A transposed view keeps its logical shape.
    weight.t().unwrap().init_inplace(STREAM, Init::he_normal()).unwrap();
    assert_eq!(
        values(&weight.t().unwrap()),
        values(&expected(Init::he_normal(), &Shape::dense(30, 20), DType::F32))
    );
}

#[test]
fn large_tensors_are_filled_on_threads() {
    let shape = Shape::dense(700, 600);
    let correct = values(&expected(Init::he_normal(), &shape, DType::F32));
    let tensor = Tensor::init((600, 700), STREAM, Init::he_normal(), DType::F32, &CPU).unwrap();
    assert_eq!(values(&tensor), correct);
    let columns = Tensor::zeros((700, 601), DType::F32, &CPU)
        .unwrap()
        .narrow(1, 1, 600)
        .unwrap()
        .t()
        .unwrap();
    columns.init_inplace(STREAM, Init::he_normal()).unwrap();
    assert_eq!(values(&columns), correct);
}

#[test]
fn tensors_without_axes_or_elements() {
    let normal = Init::normal(0.0, 1.0);
    let value = Tensor::init((), STREAM, normal, DType::F32, &CPU).unwrap();
    assert_eq!(values(&value), values(&expected(normal, &Shape::vector(1), DType::F32)));
    let other = Tensor::zeros((), DType::F32, &CPU).unwrap();
    other.init_inplace(STREAM, normal).unwrap();
    assert_eq!(values(&other), values(&value));
    // One element of a larger tensor.
    let five = Tensor::zeros(5, DType::F32, &CPU).unwrap();
    five.get(3).unwrap().init_inplace(STREAM, normal).unwrap();
    assert_eq!(values(&five), [0.0, 0.0, 0.0, values(&value)[0], 0.0]);

    let all: [&[usize]; 5] = [&[0], &[0, 5], &[5, 0], &[3, 0, 2], &[0; 8]];
    for dims in all {
        let tensor = Tensor::init(dims, STREAM, normal, DType::F16, &CPU).unwrap();
        assert_eq!(tensor.dims(), dims);
        tensor.init_inplace(STREAM, normal).unwrap();
        if dims.len() > 1 {
            tensor.init_inplace(STREAM, Init::he_normal()).unwrap();
            tensor.init_inplace(STREAM, Init::orthogonal()).unwrap();
        }
    }
}

#[test]
fn refused_requests_leave_the_tensor_as_it_was() {
    let he = Init::he_normal();
    let sevens = |dims: &[usize]| (Tensor::ones(dims, DType::F32, &CPU).unwrap() * 7.0).unwrap();
    let shape = Shape::dense(5, 3);
    let draw = he.draw(STREAM, &shape).unwrap();
    let reversed = InitError::TransposedDims { first: 3, last: 5 };
    let axis_1 = InitError::WrongDim { axis: 1, expected: 5, given: 4 };
    let rank = |given| InitError::WrongRank { expected: 2, given };
    let cases: [(&[usize], InitError); 4] =
        [(&[5, 3], reversed), (&[3, 4], axis_1), (&[3, 5, 1], rank(3)), (&[], rank(0))];
    for (dims, error) in cases {
        let tensor = sevens(dims);
        assert!(refusal(tensor.assign_draw(&draw)).starts_with(&error.to_string()));
        assert!(values(&tensor).iter().all(|v| *v == 7.0));
    }
    let vector = sevens(&[5]);
    assert!(refusal(vector.init_inplace(STREAM, he)).contains("rank too low"));
    assert!(refusal(Tensor::init(5, STREAM, he, DType::F32, &CPU)).contains("rank too low"));
    // A tensor without axes has none in the message either.
    let too_low = InitError::RankTooLow { expected: 2, given: 0 }.to_string();
    assert!(refusal(Tensor::init((), STREAM, he, DType::F32, &CPU)).starts_with(&too_low));
    assert!(refusal(sevens(&[]).init_inplace(STREAM, he)).starts_with(&too_low));
    assert!(
        refusal(Tensor::init(&[1; 9][..], STREAM, he, DType::F32, &CPU)).contains("rank too high")
    );
    assert!(
        refusal(Tensor::from_draw(&draw.range(0..5).unwrap(), DType::F32, &CPU))
            .contains("number of axes")
    );

    // All elements share one cell.
    let one = sevens(&[1]);
    let repeated = one.broadcast_as((4, 4)).unwrap();
    assert!(repeated.init_inplace(STREAM, he).is_err());
    assert_eq!(values(&one), [7.0]);

    let half = Tensor::ones(3, DType::F16, &CPU).unwrap();
    assert!(refusal(half.init_inplace(STREAM, Init::constant(1e6))).contains("too large"));
    assert_eq!(values(&half), [1.0; 3]);
    for dtype in [DType::U8, DType::U32, DType::I16, DType::I32, DType::I64, DType::F8E4M3] {
        let tensor = Tensor::zeros((2, 2), dtype, &CPU).unwrap();
        assert!(refusal(tensor.init_inplace(STREAM, he)).contains("unsupported"), "{dtype:?}");
        assert!(refusal(Tensor::init((2, 2), STREAM, he, dtype, &CPU)).contains("unsupported"));
    }
}

#[test]
fn sizes_that_do_not_exist_are_errors() {
    let all: [&[usize]; 6] = [
        &[usize::MAX, 2],
        &[usize::MAX],
        &[1 << 40, 1 << 40],
        &[usize::MAX / 8, 1],
        &[usize::MAX, 2, 0],
        &[0, usize::MAX, 2],
    ];
    for dims in all {
        for init in [Init::zeros(), Init::normal(0.0, 1.0)] {
            let error = refusal(Tensor::init(dims, STREAM, init, DType::F32, &CPU));
            assert!(
                error.contains("overflow") || error.contains("out of memory"),
                "{dims:?}: {error}"
            );
        }
    }
}
