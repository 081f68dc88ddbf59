//! Arrays of every order, stride, rank and format have the values of the core at the same logical indices.

use ndarray::{
    ArcArray2, Array, Array0, Array1, Array2, Array3, ArrayD, ArrayViewMutD, Axis, CowArray, Ix2,
    IxDyn, ShapeBuilder, Slice, s,
};
use proptest::prelude::*;
use weight_init::{Draw, Init, InitError, Layout, Shape, Stream};
use weight_init_ndarray::{InitExt, NamedArrays, NamedError, Start, Visitor};

const STREAM: Stream = Stream::new(42);

/// Returns the values that the core has for a shape, as an array in C order.
fn expected(init: Init, shape: &Shape) -> ArrayD<f32> {
    let mut values = vec![0.0; shape.len()];
    init.fill(STREAM, shape, &mut values).unwrap();
    ArrayD::from_shape_vec(IxDyn(&shape.dims().unwrap()), values).unwrap()
}

/// Moves a view within a larger array: its axes are permuted, reversed and spaced.
#[derive(Clone, Debug)]
struct View {
    dims: Vec<usize>,
    /// For each axis: its key in the order of the axes in memory, elements before and after it, its step, and
    /// whether it is reversed.
    axes: Vec<(u8, usize, usize, bool)>,
}

impl View {
    /// Calls `f` with a view of the dimensions into an array of `fill`. Returns the array and which of its elements
    /// are in the view.
    fn with<A: Copy, T>(
        &self,
        fill: A,
        f: impl FnOnce(ArrayViewMutD<'_, A>) -> T,
    ) -> (ArrayD<A>, ArrayD<bool>) {
        // Axis number i of the memory is axis `order[i]` of the view.
        let mut order: Vec<usize> = (0..self.dims.len()).collect();
        order.sort_by_key(|&axis| self.axes[axis].0);
        let memory: Vec<usize> = order
            .iter()
            .map(|&axis| {
                let (_, border, step, _) = self.axes[axis];
                2 * border + self.dims[axis] * step
            })
            .collect();
        let mut array = ArrayD::from_elem(IxDyn(&memory), fill);
        let mut inside = ArrayD::from_elem(IxDyn(&memory), false);
        f(self.cut(array.view_mut(), &order));
        self.cut(inside.view_mut(), &order).fill(true);
        (array, inside)
    }

    fn cut<'a, A>(&self, mut view: ArrayViewMutD<'a, A>, order: &[usize]) -> ArrayViewMutD<'a, A> {
        for (i, &axis) in order.iter().enumerate() {
            let (_, border, step, reversed) = self.axes[axis];
            let end = border + self.dims[axis] * step;
            view.slice_axis_inplace(Axis(i), Slice::from(border..end));
            view.slice_axis_inplace(Axis(i), Slice::new(0, None, step as isize));
            if reversed {
                view.invert_axis(Axis(i));
            }
        }
        let back: Vec<usize> =
            (0..order.len()).map(|axis| order.iter().position(|&a| a == axis).unwrap()).collect();
        view.permuted_axes(back)
    }
}

fn views() -> impl Strategy<Value = View> {
    let axis = (any::<u8>(), 0_usize..3, 1_usize..3, any::<bool>());
    prop::collection::vec((0_usize..7, axis), 1..6).prop_map(|axes| {
        let (dims, axes) = axes.into_iter().unzip();
        View { dims, axes }
    })
}

fn schemes() -> impl Strategy<Value = Init> {
    prop::sample::select(vec![
        Init::he_normal(),
        Init::xavier_uniform(),
        Init::lecun_truncated_normal(),
        Init::normal(0.5, 0.02).cut(1.5),
        Init::sparse(0.3, 0.1),
        Init::orthogonal(),
        Init::constant(0.25),
    ])
}

proptest! {
    /// Elements around the view stay as they were.
    #[test]
    fn any_view_is_the_same_logical_array(view in views(), init in schemes()) {
        let shape = match view.dims[..] {
            [len] => Shape::vector(len),
            _ => Shape::from_dims(&view.dims, Layout::OutIn, 1).unwrap(),
        };
        let Ok(draw) = init.draw(STREAM, &shape) else {
            let (array, _) = view.with(f32::NAN, |mut v| v.init_inplace(STREAM, init).unwrap_err());
            prop_assert!(array.iter().all(|v| v.is_nan()));
            return Ok(());
        };
        let whole = expected(init, &shape);

        let (array, inside) = view.with(f32::NAN, |mut v| {
            v.init_inplace(STREAM, init).unwrap();
            assert_eq!(v, whole);
        });
        prop_assert!(array.iter().zip(&inside).all(|(v, inside)| v.is_nan() != *inside));

        view.with(f64::NAN, |mut v| {
            v.assign_draw(&draw).unwrap();
            assert_eq!(v, whole.mapv(f64::from));
        });
        view.with(77_i8, |mut v| {
            let saturated = v.assign_draw_fixed(&draw, 8).unwrap();
            let (steps, mut outside) = (whole.mapv(|v| (v * 256.0).round_ties_even()), 0);
            steps.for_each(|v| outside += usize::from(!(-128.0..=127.0).contains(v)));
            assert_eq!(v, steps.mapv(|v| v as i8));
            assert_eq!(saturated, outside);
        });

        // Made whole, in both orders, and by a draw that has strides of its own.
        let dims = IxDyn(&view.dims);
        prop_assert_eq!(&ArrayD::<f32>::init(dims.clone(), STREAM, init).unwrap(), &whole);
        let columns = ArrayD::<f32>::init(dims.f(), STREAM, init).unwrap();
        prop_assert_eq!(&columns, &whole);
        let spaced: Vec<usize> = whole.strides().iter().map(|stride| *stride as usize * 2).collect();
        prop_assert_eq!(&ArrayD::<f32>::from_draw(&draw).unwrap(), &whole);
        if let Ok(draw) = draw.strided(&spaced) {
            prop_assert_eq!(&ArrayD::<f32>::from_draw(&draw).unwrap(), &whole);
        }
    }

    #[test]
    fn shapes_that_dimensions_do_not_describe(
        outputs in 1_usize..5, inputs in 1_usize..5, groups in 1_usize..4, kernel in 1_usize..4,
        transposed: bool, layout in prop::sample::select(vec![Layout::OutIn, Layout::InOut, Layout::OutKernelIn]),
        count in 1_usize..4, init in schemes(),
    ) {
        let shape = Shape::conv2d(inputs * groups, outputs * groups, [kernel, 2]).grouped(groups).layout(layout);
        let shape = if transposed { shape.transposed() } else { shape };
        for shape in [shape, shape.stacked(count), shape.packed(count), shape.bias()] {
            let Ok(draw) = init.draw(STREAM, &shape) else { continue };
            let whole = expected(init, &shape);
            prop_assert_eq!(&ArrayD::<f32>::from_draw(&draw).unwrap(), &whole);
            let mut columns = ArrayD::<f32>::zeros(IxDyn(whole.shape()).f());
            columns.assign_draw(&draw).unwrap();
            prop_assert_eq!(&columns, &whole);

            // The first of two shards.
            let shard = draw.shard(0, 0, 2).unwrap();
            let part = whole.slice_axis(Axis(0), Slice::from(..whole.shape()[0].div_ceil(2)));
            prop_assert_eq!(&ArrayD::<f32>::from_draw(&shard).unwrap(), &part);
            let mut columns = ArrayD::<f32>::zeros(part.raw_dim().f());
            columns.assign_draw(&shard).unwrap();
            prop_assert_eq!(&columns, &part);
        }
    }
}

/// A view that is not in one piece is computed in slabs, also along its second axis.
#[test]
fn large_views_are_computed_in_slabs() {
    let init = Init::he_normal();
    for (dims, cut) in [([700, 300], 1), ([3, 100_001], 2), ([1, 200_000], 3)] {
        let mut array = Array2::from_elem((dims[0], dims[1] + cut), f32::NAN);
        let mut view = array.slice_mut(s![..;-1, ..dims[1];-1]);
        view.init_inplace(STREAM, init).unwrap();
        assert_eq!(view.into_dyn(), expected(init, &Shape::dense(dims[1], dims[0])));
        assert!(array.slice(s![.., dims[1]..]).iter().all(|v| v.is_nan()));
    }
    let mut array = Array3::<f32>::zeros((2, 300, 801));
    let mut view = array.slice_mut(s![.., .., ..800]);
    view.init_inplace(STREAM, init).unwrap();
    assert_eq!(view.into_dyn(), expected(init, &Shape::conv1d(300, 2, 800)));

    // All values saturate, in every slab.
    let mut array = Array2::<i8>::zeros((700, 301));
    let shape = Shape::dense(300, 700);
    let draw = Init::constant(2.0).draw(STREAM, &shape).unwrap();
    assert_eq!(array.slice_mut(s![.., ..300]).assign_draw_fixed(&draw, 7), Ok(210_000));
    assert!(array.slice(s![.., ..300]).iter().all(|v| *v == 127));
    assert!(array.slice(s![.., 300..]).iter().all(|v| *v == 0));
}

#[test]
fn the_kind_of_array_makes_no_difference() {
    let init = Init::he_normal();
    let whole = expected(init, &Shape::dense(5, 3)).into_dimensionality::<Ix2>().unwrap();
    assert_eq!(ArcArray2::<f32>::init((3, 5), STREAM, init).unwrap(), whole);
    assert_eq!(CowArray::<f32, Ix2>::init((3, 5).f(), STREAM, init).unwrap(), whole);

    // A shared array is copied before it is written.
    let zeros = ArcArray2::<f32>::zeros((3, 5));
    let mut shared = zeros.clone();
    shared.init_inplace(STREAM, init).unwrap();
    assert_eq!(shared, whole);
    assert_eq!(zeros, Array2::zeros((3, 5)));

    // Fortran order is kept.
    let columns = Array2::<f32>::init((3, 5).f(), STREAM, init).unwrap();
    assert_eq!(columns.strides(), [1, 3]);
}

#[test]
fn arrays_without_axes_or_elements() {
    let value: Array0<f32> = Array0::init((), STREAM, Init::normal(0.0, 1.0)).unwrap();
    assert_eq!(value[()], expected(Init::normal(0.0, 1.0), &Shape::vector(1))[0]);
    let mut other = Array0::<f64>::zeros(());
    other.init_inplace(STREAM, Init::normal(0.0, 1.0)).unwrap();
    assert_eq!(other[()], f64::from(value[()]));

    for dims in [vec![0], vec![0, 5], vec![5, 0], vec![3, 0, 2], vec![0; 8]] {
        let init = Init::normal(0.0, 1.0);
        assert!(ArrayD::<f32>::init(IxDyn(&dims), STREAM, init).unwrap().is_empty());
        ArrayD::<f32>::zeros(IxDyn(&dims).f()).init_inplace(STREAM, init).unwrap();
        if dims.len() > 1 {
            ArrayD::<f32>::zeros(IxDyn(&dims)).init_inplace(STREAM, Init::he_normal()).unwrap();
            ArrayD::<f32>::zeros(IxDyn(&dims)).init_inplace(STREAM, Init::orthogonal()).unwrap();
        }
    }
    let mut empty = Array2::<f32>::zeros((4, 5));
    empty.slice_mut(s![..0;-1, ..;2]).init_inplace(STREAM, Init::he_normal()).unwrap();
}

#[test]
fn refused_requests_leave_the_array_as_it_was() {
    let he = Init::he_normal();
    let too_low = InitError::RankTooLow { expected: 2, given: 1 };
    assert_eq!(Array1::<f32>::init(5, STREAM, he).unwrap_err(), too_low);
    assert_eq!(Array1::<f32>::zeros(5).init_inplace(STREAM, he), Err(too_low));
    // A scheme for layers refuses a vector of any length, as the core does.
    assert_eq!(Array1::<f32>::zeros(0).init_inplace(STREAM, he), Err(too_low));
    // An array without axes has none in the message either.
    let no_axes = InitError::RankTooLow { expected: 2, given: 0 };
    assert_eq!(Array0::<f32>::init((), STREAM, he).unwrap_err(), no_axes);
    assert_eq!(Array0::<f32>::zeros(()).init_inplace(STREAM, he), Err(no_axes));
    assert!(no_axes.to_string().contains("but the shape has 0"));
    let too_high = InitError::RankTooHigh { expected: 8, given: 9 };
    assert_eq!(ArrayD::<f32>::init(IxDyn(&[1; 9]), STREAM, he).unwrap_err(), too_high);

    let shape = Shape::dense(5, 3);
    let draw = he.draw(STREAM, &shape).unwrap();
    fn refuse<D: ndarray::Dimension>(mut array: Array<f32, D>, draw: &Draw<'_>) -> InitError {
        let error = array.assign_draw(draw).unwrap_err();
        assert!(array.iter().all(|v| *v == 7.0));
        error
    }
    let reversed = InitError::TransposedDims { first: 3, last: 5 };
    assert_eq!(refuse(Array2::from_elem((5, 3), 7.0), &draw), reversed);
    let axis_1 = InitError::WrongDim { axis: 1, expected: 5, given: 4 };
    assert_eq!(refuse(Array2::from_elem((3, 4), 7.0), &draw), axis_1);
    let rank = InitError::WrongRank { expected: 2, given: 0 };
    assert_eq!(refuse(Array0::from_elem((), 7.0), &draw), rank);
    let rank = InitError::WrongRank { expected: 2, given: 3 };
    assert_eq!(refuse(Array3::from_elem((3, 5, 1), 7.0), &draw), rank);
    assert_eq!(Array3::<f32>::from_draw(&draw).unwrap_err(), rank);
    // A range is no matrix.
    assert!(Array1::<f32>::from_draw(&draw.range(0..5).unwrap()).is_err());

    // The last slab would be refused as the first one is.
    let mut array = Array2::from_elem((700, 301), 7.0_f32);
    let nan = Init::normal(0.0, f32::NAN);
    assert!(array.slice_mut(s![.., ..300]).init_inplace(STREAM, nan).is_err());
    assert!(array.iter().all(|v| *v == 7.0));

    let (fixed, shape) = (Init::normal(0.0, 1.0), Shape::dense(5, 3));
    let draw = fixed.draw(STREAM, &shape).unwrap();
    assert!(matches!(
        Array2::<i8>::from_draw_fixed(&draw, 121),
        Err(InitError::QuantizationScale { .. })
    ));
}

#[test]
fn sizes_that_do_not_exist_are_errors() {
    for dims in
        [vec![usize::MAX, 2], vec![usize::MAX], vec![0, usize::MAX, 2], vec![1 << 40, 1 << 40]]
    {
        for init in [Init::zeros(), Init::normal(0.0, 1.0)] {
            let error = ArrayD::<f32>::init(IxDyn(&dims), STREAM, init).unwrap_err();
            assert!(
                matches!(error, InitError::Overflow | InitError::OutOfMemory),
                "{dims:?}: {error}"
            );
            assert!(ArrayD::<f64>::init(IxDyn(&dims).f(), STREAM, init).is_err());
        }
    }
    let shape = Shape::dense(usize::MAX / 16, 2);
    let draw = Init::he_normal().draw(STREAM, &shape).unwrap();
    assert_eq!(Array2::<f32>::from_draw(&draw).unwrap_err(), InitError::OutOfMemory);
}

#[cfg(feature = "half")]
#[test]
fn half_precision() {
    use half::{bf16, f16};
    let whole = expected(Init::he_normal(), &Shape::dense(50, 30));
    let wide: Array2<bf16> = Array2::init((30, 50).f(), STREAM, Init::he_normal()).unwrap();
    assert_eq!(wide.into_dyn(), whole.mapv(bf16::from_f32));
    let mut array = Array2::from_elem((60, 50), f16::ZERO);
    let mut view = array.slice_mut(s![..;-2, ..]);
    view.init_inplace(STREAM, Init::he_normal()).unwrap();
    assert_eq!(view.into_dyn(), whole.mapv(f16::from_f32));

    let mut ring = Array2::from_elem((30, 30), f16::ZERO);
    ring.init_inplace(STREAM, Init::orthogonal()).unwrap();
    let whole = expected(Init::orthogonal(), &Shape::dense(30, 30));
    assert_eq!(ring.into_dyn(), whole.mapv(f16::from_f32));
    let mut array = Array1::<f16>::from_elem(3, f16::ONE);
    assert!(array.init_inplace(STREAM, Init::constant(1e6)).is_err());
    assert_eq!(array[0], f16::ONE);
}

struct Linear {
    weight: Array2<f32>,
    bias: Array1<f64>,
}

struct Net {
    blocks: Vec<Linear>,
    scale: Array1<f32>,
    swapped: bool,
}

impl NamedArrays for Linear {
    fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
        visitor.array("weight", &mut self.weight)?;
        visitor.array("bias", &mut self.bias)
    }
}

impl NamedArrays for Net {
    fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
        if self.swapped {
            visitor.array("scale", &mut self.scale)?;
        }
        for (i, block) in self.blocks.iter_mut().enumerate() {
            visitor.nested(&format!("blocks.{i}"), block)?;
        }
        if self.swapped { Ok(()) } else { visitor.array("scale", &mut self.scale) }
    }
}

fn net(swapped: bool) -> Net {
    let block = || Linear { weight: Array2::zeros((6, 4)), bias: Array1::zeros(6) };
    Net { blocks: vec![block(), block()], scale: Array1::zeros(3), swapped }
}

#[test]
fn named_arrays_start_from_the_streams_of_their_paths() {
    let mut seen = Vec::new();
    let mut start = |swapped| {
        let mut net = net(swapped);
        net.init_arrays(STREAM, |name, dims| {
            seen.push((name.to_owned(), dims.to_vec()));
            match dims {
                [_] if name == "scale" => Start::from(Init::ones()),
                [_] => (Init::pytorch_default(), Shape::dense(4, 6).bias()).into(),
                _ => Init::he_normal().into(),
            }
        })
        .unwrap();
        net
    };
    let (net, other) = (start(false), start(true));
    let names: Vec<_> = seen[..5].iter().map(|(name, dims)| (&**name, &**dims)).collect();
    let (weight, bias): (&[usize], &[usize]) = (&[6, 4], &[6]);
    assert_eq!(
        names,
        [
            ("blocks.0.weight", weight),
            ("blocks.0.bias", bias),
            ("blocks.1.weight", weight),
            ("blocks.1.bias", bias),
            ("scale", &[3]),
        ]
    );
    for (i, (a, b)) in net.blocks.iter().zip(&other.blocks).enumerate() {
        let path = format!("blocks.{i}");
        let mut weight = vec![0.0; 24];
        let stream = STREAM.path(&[&path, "weight"]);
        Init::he_normal().fill(stream, &Shape::dense(4, 6), &mut weight).unwrap();
        assert_eq!(a.weight.as_slice().unwrap(), weight);
        let mut bias = vec![0.0; 6];
        let stream = STREAM.path(&[&path, "bias"]);
        Init::pytorch_default().fill(stream, &Shape::dense(4, 6).bias(), &mut bias).unwrap();
        assert_eq!(a.bias.mapv(|b| b as f32).as_slice().unwrap(), bias);
        assert_eq!((&a.weight, &a.bias), (&b.weight, &b.bias));
    }
    assert_eq!(net.scale, Array1::ones(3));
}

#[test]
fn an_error_names_the_array() {
    let mut net = net(false);
    let error = net.init_arrays(STREAM, |_, _| Init::he_normal()).unwrap_err();
    assert_eq!(error.name, "blocks.0.bias");
    assert_eq!(error.error, InitError::RankTooLow { expected: 2, given: 1 });
    assert!(error.to_string().starts_with("blocks.0.bias: rank too low"));
    assert!(net.blocks[0].weight[[0, 0]] != 0.0 && net.blocks[1].weight[[0, 0]] == 0.0);
}

/// Two arrays of one name would start with the same values.
#[test]
fn a_name_that_is_used_twice_is_an_error() {
    struct Twice([Array1<f32>; 3], [&'static str; 2]);
    struct Inner<'a>(&'a str, &'a mut Array1<f32>);
    impl NamedArrays for Inner<'_> {
        fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
            visitor.array(self.0, self.1)
        }
    }
    impl NamedArrays for Twice {
        fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
            let Self([first, second, third], [name, nested]) = self;
            visitor.array("bias", first)?;
            visitor.array(name, second)?;
            visitor.nested("fc", &mut Inner(nested, third))
        }
    }
    for (names, index, name) in [
        (["bias", "bias"], 0, "bias"),
        (["fc.bias", "bias"], 1, "fc.bias"), // once with a dot, once in a struct
    ] {
        let mut twice = Twice([9; 3].map(Array1::zeros), names);
        let mut asked = Vec::new();
        let mut start = |twice: &mut Twice| {
            twice.init_arrays(STREAM, |name, _| {
                asked.push(name.to_owned());
                Init::normal(0.0, 1.0)
            })
        };
        let error = start(&mut twice).unwrap_err();
        assert_eq!((&*error.name, error.error), (name, InitError::DuplicateName { tensor: index }));
        assert_eq!(
            error.to_string(),
            format!("{name}: duplicate name: array {index} of the struct already has the name")
        );
        assert_eq!(asked.len(), index + 1);
        assert_eq!(twice.0[index + 1], Array1::<f32>::zeros(9));
    }
    // The same name in another struct is another path, and a second call starts anew.
    let mut net = Twice([9; 3].map(Array1::zeros), ["b", "bias"]);
    for _ in 0..2 {
        net.init_arrays(STREAM, |_, _| Init::normal(0.0, 1.0)).unwrap();
    }
}

/// Names are bytes and nothing more: an empty one, dots and other scripts are names.
#[test]
fn names_may_have_any_characters() {
    struct Odd(Vec<(String, Array1<f32>)>);
    impl NamedArrays for Odd {
        fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
            self.0.iter_mut().try_for_each(|(name, array)| visitor.array(name, array))
        }
    }
    let names = ["", ".", "a.b", "重み/0", "a\0b", "{}%s", "🦀"];
    let mut odd = Odd(names.map(|name| (name.to_owned(), Array1::zeros(9))).to_vec());
    odd.init_arrays(STREAM, |_, _| Init::normal(0.0, 1.0)).unwrap();
    for (name, array) in &odd.0 {
        let made = Array1::<f32>::init(9, STREAM.named(name), Init::normal(0.0, 1.0)).unwrap();
        assert_eq!(*array, made, "{name:?}");
    }
}
