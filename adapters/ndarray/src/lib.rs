#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;

mod assign;
mod format;
mod named;

use ndarray::{ArrayBase, DataMut, DataOwned, Dimension, IxDyn, RawData, ShapeBuilder};
pub use weight_init;
use weight_init::{
    Draw, Element, FixedPoint, Init, InitError, Layout, Quantization, Shape, Stream,
};

use crate::format::{Fixed, Float, Format};
pub use crate::named::{NamedArrays, NamedError, Start, Visitor};

/// Makes and fills arrays with starting weights.
///
/// The value at a logical index depends on the stream, the scheme and the logical shape, and not on where the
/// array's elements are in memory.
///
/// The dimensions alone make an array of two or more axes a layer's weights in PyTorch's order,
/// `[out, in, kernel…]`, and an array with fewer axes a vector. A vector has no fan, so schemes that need one
/// refuse it. For any other layer and for biases, describe the tensor by a [`Shape`] and use a [`Draw`] of it.
pub trait InitExt<S, A, D>: Sized
where
    S: RawData<Elem = A>,
    D: Dimension,
{
    /// Returns a new array of the given dimensions, in C order or, with `.f()`, in Fortran order.
    ///
    /// ```
    /// use ndarray::{Array2, ShapeBuilder};
    /// use weight_init::{Init, Stream};
    /// use weight_init_ndarray::InitExt;
    ///
    /// let stream = Stream::new(42).named("fc1.weight");
    /// let rows: Array2<f32> = Array2::init((100, 784), stream, Init::he_normal())?;
    /// let columns: Array2<f32> = Array2::init((100, 784).f(), stream, Init::he_normal())?;
    /// assert_eq!(rows, columns);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`RankTooHigh`](InitError::RankTooHigh) for more than eight axes, [`RankTooLow`](InitError::RankTooLow)
    /// if the scheme needs a fan and there are fewer than two, [`Overflow`](InitError::Overflow),
    /// [`OutOfMemory`](InitError::OutOfMemory), and the errors of [`Init::draw`] and [`Draw::write_as`].
    fn init<Sh>(shape: Sh, stream: Stream, init: Init) -> Result<Self, InitError>
    where
        Sh: ShapeBuilder<Dim = D>,
        S: DataOwned,
        A: Element;

    /// Fills the array or view.
    ///
    /// ```
    /// use ndarray::{Array2, s};
    /// use weight_init::{Init, Stream};
    /// use weight_init_ndarray::InitExt;
    ///
    /// // Query, key and value side by side, each from a stream of its own.
    /// let (model, mut qkv) = (Stream::new(42), Array2::<f32>::zeros((64, 3 * 64)));
    /// for (i, name) in ["q", "k", "v"].into_iter().enumerate() {
    ///     let mut part = qkv.slice_mut(s![.., i * 64..(i + 1) * 64]);
    ///     part.init_inplace(model.named(name), Init::xavier_uniform())?;
    /// }
    /// assert_eq!(qkv.slice(s![.., ..64]), Array2::<f32>::init((64, 64), model.named("q"), Init::xavier_uniform())?);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`init`](Self::init). On an error, nothing is written.
    fn init_inplace(&mut self, stream: Stream, init: Init) -> Result<(), InitError>
    where
        S: DataMut,
        A: Element;

    /// Returns the values of a draw as a new array in C order. A draw knows its dimensions, so this is for biases,
    /// for layers that dimensions alone don't describe, for stacks and for shards.
    ///
    /// ```
    /// use ndarray::{Array1, Array4};
    /// use weight_init::{Init, Shape, Stream};
    /// use weight_init_ndarray::InitExt;
    ///
    /// let model = Stream::new(42);
    /// let depthwise = Shape::conv2d(32, 32, [3, 3]).grouped(32);
    /// let weight: Array4<f32> = Array4::from_draw(&Init::he_normal().draw(model.named("conv.weight"), &depthwise)?)?;
    /// assert_eq!(weight.shape(), [32, 1, 3, 3]);
    ///
    /// let bias = depthwise.bias(); // with the fan of the weights
    /// let bias: Array1<f32> = Array1::from_draw(&Init::pytorch_default().draw(model.named("conv.bias"), &bias)?)?;
    /// assert!(bias.iter().all(|b| b.abs() < 1.0 / 3.0));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WrongRank`](InitError::WrongRank) if the array type has another number of axes than the draw,
    /// [`Overflow`](InitError::Overflow), [`OutOfMemory`](InitError::OutOfMemory), and the errors of
    /// [`Draw::write_as`].
    fn from_draw(draw: &Draw<'_>) -> Result<Self, InitError>
    where
        S: DataOwned,
        A: Element;

    /// Fills the array or view with the values of a draw. It replaces the draw's strides by those of the array.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use weight_init::{Init, Layout, Shape, Stream};
    /// use weight_init_ndarray::InitExt;
    ///
    /// // Weights as x.dot(&w) takes them, [in, out].
    /// let shape = Shape::dense(784, 100).layout(Layout::InOut);
    /// let draw = Init::orthogonal().draw(Stream::new(42).named("fc1.weight"), &shape)?;
    /// let mut weight = Array2::<f64>::zeros((784, 100));
    /// weight.assign_draw(&draw)?;
    /// # assert!((weight.column(0).dot(&weight.column(0)) - 1.0).abs() < 1e-4);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WrongRank`](InitError::WrongRank), [`TransposedDims`](InitError::TransposedDims) or
    /// [`WrongDim`](InitError::WrongDim) if the array has other dimensions than the draw, and the errors of
    /// [`from_draw`](Self::from_draw). On an error, nothing is written.
    fn assign_draw(&mut self, draw: &Draw<'_>) -> Result<(), InitError>
    where
        S: DataMut,
        A: Element;

    /// Does the same as [`from_draw`](Self::from_draw) for integers. Returns the array and the number of values that
    /// saturated. `quantization` is a number of fraction bits or a [`Quantization`].
    ///
    /// ```
    /// use ndarray::Array2;
    /// use weight_init::{Init, Shape, Stream};
    /// use weight_init_ndarray::InitExt;
    ///
    /// let shape = Shape::dense(64, 32);
    /// let draw = Init::he_normal().draw(Stream::new(42).named("fc1"), &shape)?;
    /// let (weight, saturated) = Array2::<i8>::from_draw_fixed(&draw, 7)?;
    /// assert_eq!((weight.dim(), saturated), ((32, 64), 0));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`from_draw`](Self::from_draw) and [`Draw::write_fixed`].
    fn from_draw_fixed(
        draw: &Draw<'_>,
        quantization: impl Into<Quantization>,
    ) -> Result<(Self, usize), InitError>
    where
        S: DataOwned,
        A: FixedPoint;

    /// Does the same as [`assign_draw`](Self::assign_draw) for integers. Returns the number of values that saturated.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`assign_draw`](Self::assign_draw) and [`Draw::write_fixed`]. On an error, nothing is
    /// written.
    fn assign_draw_fixed(
        &mut self,
        draw: &Draw<'_>,
        quantization: impl Into<Quantization>,
    ) -> Result<usize, InitError>
    where
        S: DataMut,
        A: FixedPoint;
}

impl<S, A, D> InitExt<S, A, D> for ArrayBase<S, D>
where
    S: RawData<Elem = A>,
    D: Dimension,
{
    fn init<Sh>(shape: Sh, stream: Stream, init: Init) -> Result<Self, InitError>
    where
        Sh: ShapeBuilder<Dim = D>,
        S: DataOwned,
        A: Element,
    {
        let dims = shape.into_shape_with_order();
        let sizes = dims.raw_dim().slice();
        let shape = shape_of(sizes)?;
        let draw = init.draw(stream, &shape).map_err(|error| with_rank(error, sizes))?;
        let (values, _) = format::to_vec(&Float, &draw)?;
        // An array in Fortran order is filled again, because only the array knows its strides.
        let mut array = assign::array(dims.clone(), values)?;
        if array.is_standard_layout() {
            return assign::array(dims, array.into_raw_vec_and_offset().0);
        }
        assign::assign(&Float, array.view_mut().into_dyn(), &draw)?;
        assign::array(dims, array.into_raw_vec_and_offset().0)
    }

    fn init_inplace(&mut self, stream: Stream, init: Init) -> Result<(), InitError>
    where
        S: DataMut,
        A: Element,
    {
        let shape = shape_of(self.shape())?;
        let draw = init.draw(stream, &shape).map_err(|error| with_rank(error, self.shape()))?;
        self.assign_draw(&draw)
    }

    fn from_draw(draw: &Draw<'_>) -> Result<Self, InitError>
    where
        S: DataOwned,
        A: Element,
    {
        from_draw(&Float, draw).map(|(array, _)| array)
    }

    fn assign_draw(&mut self, draw: &Draw<'_>) -> Result<(), InitError>
    where
        S: DataMut,
        A: Element,
    {
        assign::assign(&Float, self.view_mut().into_dyn(), draw).map(|_| ())
    }

    fn from_draw_fixed(
        draw: &Draw<'_>,
        quantization: impl Into<Quantization>,
    ) -> Result<(Self, usize), InitError>
    where
        S: DataOwned,
        A: FixedPoint,
    {
        from_draw(&Fixed(quantization.into()), draw)
    }

    fn assign_draw_fixed(
        &mut self,
        draw: &Draw<'_>,
        quantization: impl Into<Quantization>,
    ) -> Result<usize, InitError>
    where
        S: DataMut,
        A: FixedPoint,
    {
        assign::assign(&Fixed(quantization.into()), self.view_mut().into_dyn(), draw)
    }
}

/// Returns the shape that dimensions alone describe.
fn shape_of(dims: &[usize]) -> Result<Shape, InitError> {
    match *dims {
        [] => Ok(Shape::vector(1)),
        [len] => Ok(Shape::vector(len)),
        _ => Shape::from_dims(dims, Layout::OutIn, 1),
    }
}

/// Returns an error with the array's own number of axes. The shape of an array without axes is a vector, which has one.
fn with_rank(error: InitError, dims: &[usize]) -> InitError {
    match error {
        InitError::RankTooLow { expected, .. } if dims.is_empty() => {
            InitError::RankTooLow { expected, given: 0 }
        }
        error => error,
    }
}

fn from_draw<S, A: Copy, D>(
    format: &impl Format<A>,
    draw: &Draw<'_>,
) -> Result<(ArrayBase<S, D>, usize), InitError>
where
    S: DataOwned + RawData<Elem = A>,
    D: Dimension,
{
    let dims = draw.dims()?;
    let wrong = InitError::WrongRank { expected: dims.len(), given: D::NDIM.unwrap_or(0) };
    let dim = D::from_dimension(&IxDyn(&dims)).ok_or(wrong)?;
    let (values, saturated) = format::to_vec(format, draw)?;
    Ok((assign::array(dim.into_shape_with_order(), values)?, saturated))
}
