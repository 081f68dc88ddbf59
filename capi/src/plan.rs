//! Plans: a whole network in one flat buffer.

use core::{ffi::c_char, slice};

use half::bf16;
use weight_init::{BorrowedPlan, FixedPoint, Layer, Tensor};

use crate::{
    error::{
        WI_ERROR_BIASES, WI_ERROR_DIFFERENT, WI_ERROR_NULL, WI_ERROR_PLAN_FULL, WI_ERROR_TEXT,
        WI_ERROR_UNKNOWN_NAME, WI_OK, code, of_plan_mismatch, of_request, wi_error,
    },
    raw,
    scheme::drawn,
    shape::wi_shape,
    stream::wi_stream,
};

/// Biases: a layer has weights and biases.
pub const WI_WITH_BIAS: u32 = 0;
/// Biases: a layer has weights only.
pub const WI_WITHOUT_BIAS: u32 = 1;
/// Biases: the layer is a single tensor, whose name is that of the layer without ".weight".
pub const WI_SINGLE_TENSOR: u32 = 2;

/// A layer of a network.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wi_layer {
    /// The name, in UTF-8. The text must stay where it is for as long as the plan is used.
    pub name: *const c_char,
    /// The shape of the weights, which is no stack: wi_plan_push_text() has stacks.
    pub shape: wi_shape,
    /// The scheme of the weights, from WI_ZEROS to WI_PYTORCH_DEFAULT.
    pub weights: u32,
    /// The scheme of the biases.
    pub bias: u32,
    /// WI_WITH_BIAS, WI_WITHOUT_BIAS or WI_SINGLE_TENSOR.
    pub biases: u32,
}

/// A layout of tensors in one flat buffer, in the order of the layers. The weights of a layer come before its biases.
/// The tensors "fc1.weight" and "fc1.bias" of a layer "fc1" have the streams of these names below the model's.
///
/// It lives in your memory, which must neither move nor be copied.
pub struct wi_plan {
    plan: BorrowedPlan<'static, 'static>,
}

/// The number of 64-bit words that a plan takes beside its tensors.
pub const WI_PLAN_HEADER_WORDS: usize = 4;
/// The number of 64-bit words that each tensor of a plan takes. `cbindgen.toml` has the same as a macro.
const WI_TENSOR_WORDS: usize = if size_of::<usize>() == 8 { 27 } else { 15 };
const _: () =
    assert!(size_of::<wi_plan>() <= WI_PLAN_HEADER_WORDS * 8 && align_of::<wi_plan>() <= 8);
const _: () = assert!(size_of::<Tensor>() <= WI_TENSOR_WORDS * 8 && align_of::<Tensor>() <= 8);

/// Makes a plan without tensors. Memory for not even the header gives WI_ERROR_PLAN_FULL.
///
/// @param memory WI_PLAN_WORDS(tensors) words, for a plan of `tensors` tensors. A layer with biases has two.
/// @param words the number of words
/// @param plan receives the plan, which lies in `memory`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_new(
    memory: *mut u64,
    words: usize,
    plan: *mut *mut wi_plan,
) -> wi_error {
    if memory.is_null() || plan.is_null() {
        return WI_ERROR_NULL;
    }
    let Some(words) = words.checked_sub(WI_PLAN_HEADER_WORDS) else { return WI_ERROR_PLAN_FULL };
    let count = words / WI_TENSOR_WORDS;
    let first = memory.wrapping_add(WI_PLAN_HEADER_WORDS).cast::<Tensor<'static>>();
    for i in 0..count {
        // SAFETY: the tensors fit in the words after the header, by the assertions above, and the caller's contract
        // says that the memory has that many words.
        unsafe { first.add(i).write(Tensor::EMPTY) };
    }
    // SAFETY: as above. The tensors are initialised now. The caller's contract says that nothing but the plan uses
    // the memory.
    let slots = unsafe { slice::from_raw_parts_mut(first, count) };
    let header = memory.cast::<wi_plan>();
    // SAFETY: the header fits in the words before the tensors, by the assertion above.
    unsafe { header.write(wi_plan { plan: BorrowedPlan::in_slots(slots) }) };
    // SAFETY: the caller's contract.
    unsafe { raw::give(plan, header) };
    WI_OK
}

/// Adds a layer after the others. On an error the plan is unchanged. A stack gives WI_ERROR_STACK.
///
/// @param plan the plan
/// @param layer the layer, which is copied except for its name
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_push(plan: *mut wi_plan, layer: *const wi_layer) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { raw::value(layer) }.and_then(|layer| {
        // SAFETY: the caller's contract.
        let name = unsafe { raw::name(layer.name) }?;
        let (shape, weights) = (layer.shape.unstacked()?, drawn(layer.weights)?);
        let layer = match layer.biases {
            WI_SINGLE_TENSOR => Layer::drawn_tensor(name, shape, weights),
            WI_WITHOUT_BIAS => Layer::drawn(name, shape, weights, None),
            WI_WITH_BIAS => Layer::drawn(name, shape, weights, Some(drawn(layer.bias)?)),
            _ => return Err(WI_ERROR_BIASES),
        };
        // SAFETY: the caller's contract.
        unsafe { push(plan, layer) }
    }))
}

/// Adds a layer whose schemes are texts, such as "orthogonal" or "he_normal(gain=0.5)", or whose shape is a stack. The
/// program then contains the code for all schemes.
///
/// @param plan the plan
/// @param name the layer's name
/// @param shape the shape of its weights
/// @param weights the scheme of its weights
/// @param bias the scheme of its biases; or NULL, and then it has none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_push_text(
    plan: *mut wi_plan,
    name: *const c_char,
    shape: *const wi_shape,
    weights: *const c_char,
    bias: *const c_char,
) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { raw::value(shape) }.and_then(|shape| {
        // SAFETY: the caller's contract.
        let (name, weights) = unsafe { (raw::name(name)?, raw::name(weights)?) };
        let init = weights.parse().map_err(|_| WI_ERROR_TEXT)?;
        let mut layer = Layer::with_init(name, shape.shape()?, init).without_bias();
        if !bias.is_null() {
            // SAFETY: the caller's contract.
            let bias = unsafe { raw::text(bias) }?;
            layer = layer.bias(bias.parse().map_err(|_| WI_ERROR_TEXT)?);
        }
        // SAFETY: the caller's contract.
        unsafe { push(plan, layer) }
    }))
}

/// Adds a layer.
///
/// # Safety
///
/// The caller's contract, and that the layer's name lives as long as the plan.
unsafe fn push(plan: *mut wi_plan, layer: Layer<'static>) -> Result<(), wi_error> {
    // SAFETY: the caller's contract.
    unsafe { plan.as_mut() }.ok_or(WI_ERROR_NULL)?.plan.push(layer).map_err(of_request)
}

/// Returns a plan.
///
/// # Safety
///
/// The caller's contract: `wi_plan_new` has made the plan.
pub(crate) unsafe fn plan<'a>(
    plan: *const wi_plan,
) -> Result<&'a BorrowedPlan<'static, 'static>, wi_error> {
    // SAFETY: the caller's contract.
    unsafe { raw::value(plan) }.map(|plan| &plan.plan)
}

/// Returns a plan and some slots.
///
/// # Safety
///
/// The caller's contract.
unsafe fn plan_and_slots<'a, T>(
    plan: *const wi_plan,
    out: *mut T,
    len: usize,
) -> Result<(&'a BorrowedPlan<'static, 'static>, &'a mut [T]), wi_error> {
    // SAFETY: the caller's contract.
    unsafe { Ok((self::plan(plan)?, raw::slots(out, len)?)) }
}

/// Returns the number of values of a plan, or 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_len(plan: *const wi_plan) -> usize {
    // SAFETY: the caller's contract.
    unsafe { self::plan(plan) }.map_or(0, |plan| plan.len())
}

/// Finds a tensor by its name, such as "fc1.weight".
///
/// @param plan the plan
/// @param name the tensor's name
/// @param start receives the index of its first value in the flat buffer; may be NULL
/// @param len receives the number of its values; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_find(
    plan: *const wi_plan,
    name: *const c_char,
    start: *mut usize,
    len: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    let arguments =
        unsafe { self::plan(plan) }.and_then(|plan| Ok((plan, unsafe { raw::name(name) }?)));
    code(arguments.and_then(|(plan, name)| {
        let range = plan.tensor(name).ok_or(WI_ERROR_UNKNOWN_NAME)?.range();
        // SAFETY: the caller's contract.
        unsafe {
            raw::give(start, range.start);
            raw::give(len, range.len());
        }
        Ok(())
    }))
}

/// Fills the whole buffer of a plan.
///
/// @param plan the plan
/// @param stream the model's stream
/// @param out the buffer
/// @param len its length, which must be wi_plan_len()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_fill(
    plan: *const wi_plan,
    stream: wi_stream,
    out: *mut f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    code(
        unsafe { plan_and_slots(plan, out, len) }
            .and_then(|(plan, out)| plan.fill(stream.into(), out).map_err(of_request)),
    )
}

/// Fills a part of a plan's buffer, such as a page, with the values that it has in the whole. For pages in order,
/// wi_pages_next() is faster.
///
/// @param plan the plan
/// @param stream the model's stream
/// @param start the index at which the part begins
/// @param out the part
/// @param len the number of values in the part
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_fill_range(
    plan: *const wi_plan,
    stream: wi_stream,
    start: u64,
    out: *mut f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    code(
        unsafe { plan_and_slots(plan, out, len) }
            .and_then(|(plan, out)| plan.fill_range(stream.into(), start, out).map_err(of_request)),
    )
}

/// Fills one tensor in the buffer of a plan, such as a new last layer for a trained network. With the stream with
/// which the buffer was filled it gets the same values again: take another one, such as
/// wi_stream_substream(model, 1).
///
/// @param plan the plan
/// @param stream the stream of a model
/// @param name the tensor's name, such as "fc2.weight"
/// @param out the buffer of the whole plan
/// @param len its length, which must be wi_plan_len()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_fill_tensor(
    plan: *const wi_plan,
    stream: wi_stream,
    name: *const c_char,
    out: *mut f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { plan_and_slots(plan, out, len) }.and_then(|(plan, out)| {
        // SAFETY: the caller's contract.
        let name = unsafe { raw::name(name) }?;
        plan.fill_tensor(stream.into(), name, out).map_err(of_request)
    }))
}

/// Writes a plan or a part of it in fixed point.
///
/// # Safety
///
/// The caller's contract.
unsafe fn fixed<Q: FixedPoint>(
    plan: *const wi_plan,
    stream: wi_stream,
    start: u64,
    fraction_bits: u32,
    (out, len): (*mut Q, usize),
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    code(unsafe { plan_and_slots(plan, out, len) }.and_then(|(plan, out)| {
        let range = start..start.saturating_add(len as u64);
        let draw = plan.draw(stream.into()).range(range);
        let write = draw.and_then(|draw| draw.write_fixed(|_| fraction_bits, out));
        let given = write.map_err(of_request)?;
        // SAFETY: the caller's contract.
        unsafe { raw::give(saturated, given) };
        Ok(())
    }))
}

/// Fills a plan's buffer, or a part of it, with 8-bit fixed point. For a scale of its own for each tensor, call it
/// once for each, with the range from wi_plan_find().
///
/// @param plan the plan
/// @param stream the model's stream
/// @param start the index at which the part begins
/// @param fraction_bits the bits after the binary point, 0 to 120
/// @param out the part
/// @param len the number of values in the part
/// @param saturated receives the number of values that saturated; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_fill_i8(
    plan: *const wi_plan,
    stream: wi_stream,
    start: u64,
    fraction_bits: u32,
    out: *mut i8,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { fixed(plan, stream, start, fraction_bits, (out, len), saturated) }
}

/// Does the same as wi_plan_fill_i8() in 16 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_fill_i16(
    plan: *const wi_plan,
    stream: wi_stream,
    start: u64,
    fraction_bits: u32,
    out: *mut i16,
    len: usize,
    saturated: *mut usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    unsafe { fixed(plan, stream, start, fraction_bits, (out, len), saturated) }
}

/// Does the same as wi_plan_fill_range() as the bits of bfloat16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_fill_bf16(
    plan: *const wi_plan,
    stream: wi_stream,
    start: u64,
    out: *mut u16,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract. A `bf16` is a `u16`.
    code(unsafe { plan_and_slots(plan, out.cast::<bf16>(), len) }.and_then(|(plan, out)| {
        let range = start..start.saturating_add(len as u64);
        let draw = plan.draw(stream.into()).range(range);
        draw.and_then(|draw| draw.write_as(out)).map_err(of_request)
    }))
}

/// Checks by statistics whether the schemes of a plan can have produced the values of its buffer. As with
/// wi_verify(), a buffer of another seed passes, and so does one with a flipped bit. The values of structured schemes, such as
/// orthogonal matrices, are not checked.
///
/// @param plan the plan
/// @param values the buffer
/// @param len its length, which must be wi_plan_len()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_verify(
    plan: *const wi_plan,
    values: *const f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    let arguments = unsafe { self::plan(plan) }
        .and_then(|plan| Ok((plan, unsafe { raw::values(values, len) }?)));
    code(arguments.and_then(|(plan, values)| plan.verify(values).map_err(of_plan_mismatch)))
}

/// Compares every bit of a part of a plan's buffer with the values of a stream. A part that touches an orthogonal
/// matrix gives WI_ERROR_WHOLE_TENSOR_ONLY.
///
/// @param plan the plan
/// @param stream the model's stream
/// @param start the index at which the part begins
/// @param values the part, such as a page of flash
/// @param len the number of values in the part
/// @return WI_OK if they are the same, WI_ERROR_DIFFERENT if they aren't, or another error
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wi_plan_matches(
    plan: *const wi_plan,
    stream: wi_stream,
    start: u64,
    values: *const f32,
    len: usize,
) -> wi_error {
    // SAFETY: the caller's contract.
    let arguments = unsafe { self::plan(plan) }
        .and_then(|plan| Ok((plan, unsafe { raw::values(values, len) }?)));
    code(arguments.and_then(|(plan, values)| match plan.matches(stream.into(), start, values) {
        Ok(true) => Ok(()),
        Ok(false) => Err(WI_ERROR_DIFFERENT),
        Err(error) => Err(of_request(error)),
    }))
}
