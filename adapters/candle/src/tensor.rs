//! Tensors and variables made whole, and the in-place methods.

use candle_core::{DType, Device, Error, Result, Shape as Dims, Tensor, Var, WithDType};
use weight_init::{Draw, Element, Init, InitError, Shape, Stream};

use self::sealed::Values;
use crate::{
    Checked,
    hint::{product, shape_of},
    inplace, refused, with_rank,
};

/// Makes and fills tensors with starting weights.
///
/// The element type is `f32`, `f64`, `f16` or `bf16`. Values are computed in `f32` by the CPU and rounded once. On
/// another device they are copied once.
///
/// The dimensions alone make a tensor of two or more axes a layer's weights in PyTorch's order, `[out, in, kernel…]`,
/// and a tensor with fewer axes a vector. A vector has no fan, so schemes that need one refuse it. For any other layer
/// and for biases, describe the tensor by a [`Shape`] and use a [`Draw`] of it.
pub trait InitExt: Values {
    /// Returns a new tensor of the given dimensions. It is filled on rayon's threads.
    ///
    /// ```
    /// use candle_core::{DType, Device, Var};
    /// use weight_init_candle::{InitExt, weight_init::{Init, Stream}};
    ///
    /// let stream = Stream::new(42).named("fc1.weight");
    /// let weight = Var::init((100, 784), stream, Init::he_normal(), DType::BF16, &Device::Cpu)?;
    /// assert_eq!(weight.dims(), [100, 784]);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`UnsupportedDTypeForOp`](Error::UnsupportedDTypeForOp), candle's errors of the device, and as
    /// [`Wrapped`](Error::Wrapped) the errors of [`Init::draw`] and [`Draw::write_as`].
    fn init(
        dims: impl Into<Dims>,
        stream: Stream,
        init: Init,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let dims = dims.into();
        let shape = shape_of(dims.dims()).map_err(refused)?;
        let draw = init.draw(stream, &shape);
        let draw = draw.map_err(|error| refused(with_rank(error, dims.dims())))?;
        make(&draw.parallel(), dims, dtype, device)
    }

    /// Returns the values of a draw as a new tensor. A draw knows its dimensions, so this is for biases, for layers that
    /// dimensions alone don't describe, for stacks and for shards.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use weight_init_candle::{InitExt, weight_init::{Init, Shape, Stream}};
    ///
    /// // The experts from 16 to 31 of 64, each with its own fan.
    /// let experts = Shape::dense(64, 128).stacked(64);
    /// let draw = Init::he_normal().draw(Stream::new(42).named("experts.weight"), &experts)
    ///     .and_then(|draw| draw.shard(0, 1, 4)).map_err(candle_core::Error::wrap)?;
    /// let weight = Tensor::from_draw(&draw, DType::F32, &Device::Cpu)?;
    /// assert_eq!(weight.dims(), [16, 128, 64]);
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`init`](Self::init).
    fn from_draw(draw: &Draw<'_>, dtype: DType, device: &Device) -> Result<Self> {
        // The draw may have strides. A shard has none, and the only one of one shard is the whole part.
        let draw = draw.shard(0, 0, 1).map_err(refused)?;
        let dims = draw.dims().map_err(refused)?;
        make(&draw, Dims::from(&*dims), dtype, device)
    }

    /// Fills the tensor in place, on rayon's threads. On the CPU, the tensor may be a view with any strides.
    ///
    /// Other tensors that share the memory see the new values, such as the one that a `VarBuilder` returned for a
    /// variable. The operation is not recorded for backpropagation.
    ///
    /// ```
    /// use candle_core::{DType, Device, Tensor};
    /// use weight_init_candle::{InitExt, weight_init::{Init, Stream}};
    ///
    /// // Query, key and value in one tensor, each from a stream of its own.
    /// let qkv = Tensor::zeros((3 * 64, 64), DType::F32, &Device::Cpu)?;
    /// for (i, name) in ["q", "k", "v"].into_iter().enumerate() {
    ///     qkv.narrow(0, i * 64, 64)?.init_inplace(Stream::new(42).named(name), Init::xavier_uniform())?;
    /// }
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`init`](Self::init), an error for a tensor whose elements share memory, and on a device
    /// other than the CPU [`RequiresContiguous`](Error::RequiresContiguous) for a tensor that is not contiguous. On an
    /// error, nothing is written.
    fn init_inplace(&self, stream: Stream, init: Init) -> Result<()> {
        let tensor = self.tensor();
        let shape = shape_of(tensor.dims()).map_err(refused)?;
        let draw = init.draw(stream, &shape);
        let draw = draw.map_err(|error| refused(with_rank(error, tensor.dims())))?;
        inplace::assign(tensor, &draw.parallel())
    }

    /// Fills the tensor in place with the values of a draw. It replaces the draw's strides by those of the tensor.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`init_inplace`](Self::init_inplace), and as [`Wrapped`](Error::Wrapped)
    /// [`WrongRank`](InitError::WrongRank), [`TransposedDims`](InitError::TransposedDims) or
    /// [`WrongDim`](InitError::WrongDim) if the tensor has other dimensions than the draw.
    fn assign_draw(&self, draw: &Draw<'_>) -> Result<()> {
        inplace::assign(self.tensor(), draw)
    }
}

impl InitExt for Tensor {}

impl InitExt for Var {}

mod sealed {
    use candle_core::{Device, Result, Shape, Tensor, WithDType};

    pub trait Values: Sized {
        /// Returns a tensor of values in row-major order.
        fn from_values<T: WithDType>(values: Vec<T>, dims: Shape, device: &Device) -> Result<Self>;

        fn tensor(&self) -> &Tensor;
    }
}

impl Values for Tensor {
    fn from_values<T: WithDType>(values: Vec<T>, dims: Dims, device: &Device) -> Result<Self> {
        Self::from_vec(values, dims, device)
    }

    fn tensor(&self) -> &Tensor {
        self
    }
}

impl Values for Var {
    fn from_values<T: WithDType>(values: Vec<T>, dims: Dims, device: &Device) -> Result<Self> {
        Self::from_vec(values, dims, device)
    }

    fn tensor(&self) -> &Tensor {
        self
    }
}

/// Returns the values of a draw without strides, in a tensor of the given dimensions.
pub(crate) fn make<V: Values>(
    draw: &Draw<'_>,
    dims: Dims,
    dtype: DType,
    device: &Device,
) -> Result<V> {
    // candle multiplies the dimensions without checking.
    product(dims.dims()).map_err(refused)?;
    match dtype {
        DType::F32 => V::from_values::<f32>(to_vec(draw).map_err(refused)?, dims, device),
        DType::F64 => V::from_values::<f64>(to_vec(draw).map_err(refused)?, dims, device),
        DType::F16 => V::from_values::<half::f16>(to_vec(draw).map_err(refused)?, dims, device),
        DType::BF16 => V::from_values::<half::bf16>(to_vec(draw).map_err(refused)?, dims, device),
        _ => Err(Error::UnsupportedDTypeForOp(dtype, inplace::NAME).bt()),
    }
}

/// Returns the values of any part of any tensor. The draw has no strides.
fn to_vec<T: Element>(draw: &Draw<'_>) -> Checked<Vec<T>> {
    match draw.to_vec_as() {
        Err(InitError::WholeTensorOnly) => {
            let mut values = zeros(draw.len())?;
            through(draw, &mut values)?;
            Ok(values)
        }
        result => result,
    }
}

/// Writes any part of an orthogonal matrix by way of the whole.
pub(crate) fn through<T: Element>(draw: &Draw<'_>, out: &mut [T]) -> Checked<()> {
    draw.write_through(&mut zeros::<f32>(draw.scratch_len())?, out)
}

fn zeros<T: Element>(len: usize) -> Checked<Vec<T>> {
    Init::zeros().draw(Stream::new(0), &Shape::vector(len))?.to_vec_as()
}
