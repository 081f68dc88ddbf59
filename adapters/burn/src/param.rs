//! One lazy parameter, for modules of one's own.

use burn_core::{
    module::{Param, ParamId},
    tensor::{DType, Device, Tensor},
};
use weight_init::Stream;

use crate::{
    error::Reason,
    shape::Logical,
    start::{Action, Start},
    target::Kind,
    values::Values,
};

/// Returns a parameter that is computed when it is first used. The order of first use does not matter.
///
/// The dimensions are those that burn shall report. They are read as `[out, in, kernel…]`, unless
/// [`Start::layout`] says otherwise: a `Linear` is `[in, out]`, which is [`Layout::InOut`](weight_init::Layout::InOut).
/// The numbers are of the device's default type.
///
/// ```
/// # use burn_core as burn;
/// use burn::{module::{Module, Param}, tensor::{Device, Tensor}};
/// use weight_init_burn::{Reason, Start, param, weight_init::{Init, Layout, Stream}};
///
/// #[derive(Module, Debug)]
/// struct Head {
///     query: Param<Tensor<2>>, // [in, out]
///     scale: Param<Tensor<1>>,
/// }
///
/// fn head(stream: Stream, device: &Device) -> Result<Head, Reason> {
///     let query = Start::new(Init::xavier_uniform()).layout(Layout::InOut);
///     Ok(Head {
///         query: param(stream.named("query"), query, [64, 16], device)?,
///         scale: param(stream.named("scale"), Init::ones(), [16], device)?,
///     })
/// }
///
/// let head = head(Stream::new(42), &Device::flex())?;
/// assert!(!head.query.is_initialized());
/// assert_eq!(head.query.val().dims(), [64, 16]);
/// # Ok::<(), Reason>(())
/// ```
///
/// # Errors
///
/// Returns the errors of [`Reinit::apply`](crate::Reinit::apply), now and not at the first use. [`Start::keep`] is
/// refused with [`Reason::NoRule`], because there is nothing to keep.
pub fn param<const D: usize>(
    stream: Stream,
    start: impl Into<Start>,
    dims: [usize; D],
    device: &Device,
) -> Result<Param<Tensor<D>>, Reason> {
    let start: Start = start.into();
    let Action::Fill(init) = start.action else {
        return Err(Reason::NoRule { container: "param".into(), dims: dims.to_vec() });
    };
    let logical = Logical::new(Kind::Other, &start, &dims, None)?;
    let values = Values::new(init, start.stream.unwrap_or(stream), logical, &dims);
    values.check(device, default_dtype(device))?;
    let compute = move |device: &Device, requires_grad: bool| {
        let tensor = values.tensor_or_nan(device, default_dtype(device));
        tensor.set_require_grad(requires_grad)
    };
    Ok(Param::uninitialized(ParamId::new(), compute, device.clone(), true, dims.into()))
}

/// Returns the type of the numbers in new tensors of the device.
pub(crate) fn default_dtype(device: &Device) -> DType {
    device.settings().float_dtype.into()
}
