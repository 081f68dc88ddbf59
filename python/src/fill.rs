//! The function `fill`.
#![expect(unsafe_code, reason = "one call, whose contract is that the memory is alive")]

use pyo3::{
    exceptions::{PyMemoryError, PyTypeError, PyValueError},
    prelude::*,
};
use weight_init::{Fan, InitError, Quantization};

use crate::{
    init::scheme,
    memory::{Format, Memory},
    shape::{Shape, shape as to_shape, value_error},
    stream::Stream,
    write::{Part, Refused, Request, Target},
};

/// Values in a task, 512 KiB: less is filled by one thread.
const TASK: usize = 1 << 17;

/// Fills an array in place, and returns the number of values that saturated.
///
/// array: Any array with the buffer protocol or DLPack on the CPU, with any strides, of float32, float64, float16,
///     bfloat16, int8, int16, int32 or uint8. Values are computed in float32 and rounded once. float64 holds them
///     exactly. An empty array is left alone.
/// scheme: The scheme, a text such as "he_normal" or an Init.
/// stream: The Stream of the tensor.
/// shape: The Shape of the whole tensor, or its dimensions. Unless given, it is that of a layer with one group, whose
///     axes are [out, in, kernel...], with the dimensions of the array.
/// start: The flat index in the whole tensor at which the array begins. The array then holds a range of the tensor in
///     row-major order, whatever the dimensions of either are.
/// block: The index along each axis of the whole tensor at which the array begins. The array is then that block.
/// fraction_bits: For integers: the array holds values times 2**fraction_bits, rounded to nearest, ties to even.
/// scale: For integers: the array holds values divided by the scale, rounded likewise.
/// zero_point: For uint8: the integer that stands for 0.
/// threads: The number of threads. They write the same bits in any number. 0 means one for each processor.
///
/// The GIL is released meanwhile, so the array must not be used in another thread. Orthogonal matrices are computed
/// whole, also if only a part of them is wanted, or another format than float32.
///
/// Raises TypeError for an array of another type, and ValueError for a read-only array, one whose values share memory,
/// dimensions that are not those of the shape, and a scheme or a shape that is invalid. Nothing is written then.
#[pyfunction]
#[pyo3(signature = (array, scheme, *, stream, shape = None, start = None, block = None, fraction_bits = None, scale = None, zero_point = 0, threads = 1))]
#[expect(clippy::too_many_arguments, reason = "they are the keywords of the Python function")]
pub fn fill(
    py: Python<'_>,
    array: &Bound<'_, PyAny>,
    scheme: &Bound<'_, PyAny>,
    stream: &Bound<'_, PyAny>,
    shape: Option<&Bound<'_, PyAny>>,
    start: Option<u64>,
    block: Option<Vec<usize>>,
    fraction_bits: Option<u32>,
    scale: Option<f32>,
    zero_point: i32,
    threads: usize,
) -> PyResult<usize> {
    let init = self::scheme(scheme)?;
    let Ok(stream) = stream.cast::<Stream>() else {
        let given = stream.get_type().name()?;
        let message = format!(
            "stream must be a Stream, such as Stream(42).named(\"fc1.weight\"), got {given}"
        );
        return Err(PyTypeError::new_err(message));
    };
    let stream = stream.get().0;
    let memory = Memory::of(array)?;
    let shape = match shape {
        Some(shape) => to_shape(shape)?,
        None if start.is_some() || block.is_some() => {
            return Err(PyValueError::new_err(
                "start and block need shape, the shape of the whole tensor",
            ));
        }
        None => Shape::of_dims(&memory.dims)?,
    };
    let quantization = quantization(memory.format, fraction_bits, scale, zero_point)?;
    let draw = init.draw(stream, &shape.inner).map_err(|error| value_error(&error))?;
    let target = Target::new(&memory).map_err(refused)?;
    let len = target.len();
    let part = match (start, &block) {
        (Some(start), _) => Part::Range(start),
        (None, Some(offsets)) => Part::Block(offsets.clone()),
        (None, None) => Part::Block(vec![0; memory.dims.len()]),
    };
    let draw = match (start, block) {
        (Some(_), Some(_)) => {
            return Err(PyValueError::new_err("start and block exclude each other"));
        }
        (Some(start), None) => draw.range(start..start.saturating_add(len as u64)),
        (None, Some(offsets)) => draw.block(&offsets, &memory.dims),
        (None, None) => {
            let dims = shape.array_dims().map_err(|error| value_error(&error))?;
            let is_scalar = dims.is_empty() && memory.dims == [1];
            if dims != memory.dims && !is_scalar {
                let message = format!(
                    "the array has the dimensions {:?}, but the shape has {dims:?}; start= or block= fill a part of it",
                    memory.dims
                );
                return Err(PyValueError::new_err(message));
            }
            Ok(draw)
        }
    };
    let draw = draw.map_err(|error| value_error(&error))?;
    if len == 0 {
        return Ok(0);
    }
    let request = Request {
        draw,
        part,
        // The values of the other schemes depend on each other.
        is_divisible: init.distribution(Fan::new(1, 1)).is_ok(),
        is_parallel: threads != 1 && len > TASK,
        quantization: quantization.unwrap_or(Quantization::from_fraction_bits(0)),
    };
    let result = py.detach(|| {
        // SAFETY: `memory` is alive until the end of the function. The documentation asks the caller not to use the array
        // in another thread.
        let write = |request: Request<'_>| unsafe { target.write(&request) };
        if !request.is_parallel {
            return write(request);
        }
        // A pool of its own, because the threads of a pool that outlives the call don't survive `fork`.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| Refused::Threads(error.to_string()))?;
        pool.install(|| write(Request { draw: request.draw.parallel(), ..request }))
    });
    drop(memory);
    result.map_err(refused)
}

/// Returns the quantisation for an array of integers.
fn quantization(
    format: Format,
    fraction_bits: Option<u32>,
    scale: Option<f32>,
    zero_point: i32,
) -> PyResult<Option<Quantization>> {
    let quantization = match (fraction_bits, scale) {
        (Some(_), Some(_)) => {
            return Err(PyValueError::new_err("fraction_bits and scale exclude each other"));
        }
        (Some(bits), None) => Quantization::from_fraction_bits(bits),
        (None, Some(scale)) => Quantization::from_scale(scale),
        (None, None) if format.is_float() => return Ok(None),
        (None, None) => {
            return Err(PyTypeError::new_err(
                "an array of integers needs fraction_bits= or scale=, which say what an integer stands for",
            ));
        }
    };
    if format.is_float() {
        return Err(PyTypeError::new_err("fraction_bits and scale are for arrays of integers"));
    }
    Ok(Some(quantization.with_zero_point(zero_point)))
}

fn refused(refused: Refused) -> PyErr {
    match refused {
        Refused::Init(InitError::OutOfMemory) => PyMemoryError::new_err("out of memory"),
        Refused::Init(error) => value_error(&error),
        Refused::Overlap(axis) => PyValueError::new_err(format!(
            "values of the array share memory along axis {axis}, or its axes are interleaved; fill a copy of it"
        )),
        Refused::OutOfMemory(bytes) => {
            PyMemoryError::new_err(format!("out of memory for {bytes} bytes of scratch"))
        }
        Refused::Threads(error) => {
            PyValueError::new_err(format!("can't start the threads: {error}"))
        }
    }
}
