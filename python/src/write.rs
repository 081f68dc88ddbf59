//! Puts the values of a request into the memory of an array.
#![expect(unsafe_code, reason = "the memory belongs to Python")]

use half::{bf16, f16};
use rayon::prelude::*;
use weight_init::{Draw, InitError, Quantization};

use crate::memory::{Format, Memory, contiguous};

/// The reasons why nothing was written.
pub enum Refused {
    Init(InitError),
    /// The axis whose stride gives two values the same memory, or interleaves axes.
    Overlap(usize),
    OutOfMemory(usize),
    Threads(String),
}

impl From<InitError> for Refused {
    fn from(error: InitError) -> Self {
        Self::Init(error)
    }
}

/// Values in a chunk, which stay in the second-level cache until they are copied to their slots.
const CHUNK: usize = 1 << 16;

/// A request for the values of an array.
pub struct Request<'a> {
    pub draw: Draw<'a>,
    pub part: Part,
    /// Whether any part of the array can be computed alone for its share of the time.
    pub is_divisible: bool,
    pub is_parallel: bool,
    pub quantization: Quantization,
}

/// The part of the tensor that the array holds.
pub enum Part {
    /// A range that begins at this index.
    Range(u64),
    /// A block that begins at these indices.
    Block(Vec<usize>),
}

impl Request<'_> {
    fn is_range(&self) -> bool {
        matches!(self.part, Part::Range(_))
    }
}

/// The memory of an array without its owner, so that a thread that does not hold the GIL can write it.
pub struct Target {
    start: *mut u8,
    format: Format,
    dims: Vec<usize>,
    /// In bytes.
    strides: Vec<isize>,
}

// SAFETY: The pointer is used only by `write`, whose caller guarantees that the memory is alive and that nobody else uses
// it at the same time.
unsafe impl Send for Target {}
// SAFETY: The same as for `Send`.
unsafe impl Sync for Target {}

impl Target {
    /// Returns the target that is the memory.
    ///
    /// # Errors
    ///
    /// Returns [`Refused::Overlap`].
    pub fn new(memory: &Memory) -> Result<Self, Refused> {
        let Memory { start, format, ref dims, ref strides, .. } = *memory;
        let mut target = Self { start, format, dims: dims.clone(), strides: strides.clone() };
        for (stride, &dim) in target.strides.iter_mut().zip(dims) {
            // The stride of a single index has no meaning.
            *stride = if dim == 1 { 0 } else { *stride };
        }
        if target.len() > 0 {
            let mut axes: Vec<usize> = (0..dims.len()).filter(|&axis| dims[axis] > 1).collect();
            axes.sort_by_key(|&axis| target.strides[axis].unsigned_abs());
            let mut reach = format.size();
            for axis in axes {
                let stride = target.strides[axis].unsigned_abs();
                if stride < reach {
                    return Err(Refused::Overlap(axis));
                }
                reach += stride * (dims[axis] - 1);
            }
        }
        Ok(target)
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        // The product of the other dimensions of an empty array may overflow.
        if self.dims.contains(&0) { 0 } else { self.dims.iter().product() }
    }

    /// Returns whether the values lie one after the other in row-major order.
    fn is_contiguous(&self) -> bool {
        let expected = contiguous(&self.dims, self.format.size());
        self.dims
            .iter()
            .zip(&self.strides)
            .zip(expected)
            .all(|((&dim, &stride), expected)| dim == 1 || stride == expected)
    }

    /// Writes a request, whose part has the dimensions of the target, or as many values in the case of a range. Returns
    /// the number of values that saturated. On an error nothing is written.
    ///
    /// # Safety
    ///
    /// The `Memory` of the target is still alive, and no other call uses it at the same time.
    pub unsafe fn write(&self, request: &Request<'_>) -> Result<usize, Refused> {
        // SAFETY: The caller guarantees that the memory is alive. `self.format` is that of the memory.
        unsafe {
            match self.format {
                Format::F32 => self.write_as::<f32>(request),
                Format::F64 => self.write_as::<f64>(request),
                Format::F16 => self.write_as::<f16>(request),
                Format::Bf16 => self.write_as::<bf16>(request),
                Format::I8 => self.write_as::<i8>(request),
                Format::I16 => self.write_as::<i16>(request),
                Format::I32 => self.write_as::<i32>(request),
                Format::U8 => self.write_as::<u8>(request),
            }
        }
    }

    /// Writes slots of the type `S`.
    ///
    /// # Safety
    ///
    /// The memory is alive and holds values of the type `S`.
    unsafe fn write_as<S: Slot>(&self, request: &Request<'_>) -> Result<usize, Refused> {
        let direct = self.start.cast::<S>().is_aligned()
            && if request.is_range() {
                self.is_contiguous()
            } else {
                let step = |&stride: &isize| {
                    stride >= 0 && (stride as usize).is_multiple_of(size_of::<S>())
                };
                self.strides.iter().all(step)
            };
        if !direct {
            // SAFETY: The same as here.
            return unsafe { self.write_chunks::<S>(request) };
        }
        let strides: Vec<usize> =
            self.strides.iter().map(|&stride| stride as usize / size_of::<S>()).collect();
        let span =
            self.dims.iter().zip(&strides).map(|(dim, stride)| (dim - 1) * stride).sum::<usize>()
                + 1;
        // SAFETY: The exporter of the array guarantees that all of its values lie in one allocation, of which `span` is
        // the part from the first to the last value, because no stride is negative. The pointer is aligned, and every
        // bit pattern is a value of `S`. `Memory` refused memory that is read-only. Like NumPy, the function relies on
        // its caller not to use the array in another thread at the same time.
        let out = unsafe { std::slice::from_raw_parts_mut(self.start.cast::<S>(), span) };
        let draw = if request.is_range() || self.dims.is_empty() {
            request.draw
        } else {
            request.draw.strided(&strides)?
        };
        match S::write(&draw, request.quantization, out) {
            Err(InitError::WholeTensorOnly) => write_through(&draw, request.quantization, out),
            result => Ok(result?),
        }
    }

    /// Writes slots of the type `S`, whose strides or alignment the library does not support, by way of a buffer.
    ///
    /// # Safety
    ///
    /// The memory is alive and holds values of the type `S`.
    unsafe fn write_chunks<S: Slot>(&self, request: &Request<'_>) -> Result<usize, Refused> {
        let Request { ref draw, ref part, is_divisible, is_parallel, quantization } = *request;
        if !is_divisible || self.len() <= CHUNK {
            let (values, saturated) = scratch::<S>(draw, quantization)?;
            // SAFETY: The memory holds values of this type, as the caller guarantees.
            unsafe { self.scatter(&values, &vec![0; self.dims.len()], &self.dims) };
            return Ok(saturated);
        }
        let chunks = Chunks::new(&self.dims);
        let row_major = contiguous(&self.dims, 1);
        let write = |buffer: &mut Vec<S>, number: usize| -> Result<usize, Refused> {
            let (offsets, sizes) = chunks.get(number);
            let draw = match part {
                Part::Range(start) => {
                    let first: usize =
                        offsets.iter().zip(&row_major).map(|(at, step)| at * *step as usize).sum();
                    let first = start + first as u64;
                    draw.range(first..first + sizes.iter().product::<usize>() as u64)?
                }
                Part::Block(begin) => {
                    let begin: Vec<usize> =
                        begin.iter().zip(&offsets).map(|(a, b)| a + b).collect();
                    draw.block(&begin, &sizes)?
                }
            };
            if buffer.is_empty() {
                *buffer = zeros(CHUNK)?;
            }
            let values = &mut buffer[..draw.len()];
            let saturated = S::write(&draw, quantization, values)?;
            // SAFETY: The memory holds values of this type, as the caller guarantees. No two chunks share values, and
            // `Target::new` refused arrays whose values share memory.
            unsafe { self.scatter(values, &offsets, &sizes) };
            Ok(saturated)
        };
        // An error is that of every chunk, so that the first one returns it and nothing is written.
        let mut buffer = Vec::new();
        let first = write(&mut buffer, 0)?;
        if is_parallel {
            let rest = (1..chunks.len()).into_par_iter().map_init(Vec::new, write);
            return Ok(first + rest.try_reduce(|| 0, |a, b| Ok(a + b))?);
        }
        (1..chunks.len()).try_fold(first, |sum, number| Ok(sum + write(&mut buffer, number)?))
    }

    /// Copies the values of a block of the array, which are in row-major order, to their slots.
    ///
    /// # Safety
    ///
    /// The memory is alive and holds values of the type `S`, and nobody else uses those of the block.
    unsafe fn scatter<S: Copy>(&self, values: &[S], offsets: &[usize], sizes: &[usize]) {
        let begin: isize =
            offsets.iter().zip(&self.strides).map(|(&at, stride)| at as isize * stride).sum();
        let (Some((&row, outer)), Some((&step, strides))) =
            (sizes.split_last(), self.strides.split_last())
        else {
            return;
        };
        if row == 0 {
            return;
        }
        let mut indices = vec![0; outer.len()];
        let mut offset = begin;
        for values in values.chunks(row) {
            for (number, &value) in values.iter().enumerate() {
                let at = offset + number as isize * step;
                // SAFETY: The indices are below the dimensions, so the exporter of the array guarantees that there is a
                // value at this offset. It need not be aligned.
                unsafe { self.start.offset(at).cast::<S>().write_unaligned(value) };
            }
            for ((index, &size), &stride) in indices.iter_mut().zip(outer).zip(strides).rev() {
                *index += 1;
                offset += stride;
                if *index < size {
                    break;
                }
                offset -= stride * size as isize;
                *index = 0;
            }
        }
    }
}

/// An array in blocks of at most `CHUNK` values, each of which is contiguous in row-major order.
struct Chunks<'a> {
    dims: &'a [usize],
    /// The axis that is cut. The axes before it have one index in each chunk, and the axes after it all.
    axis: usize,
    /// The indices of the axis in a chunk.
    step: usize,
}

impl<'a> Chunks<'a> {
    /// Returns the chunks of an array of these dimensions, which has an axis and is not empty.
    fn new(dims: &'a [usize]) -> Self {
        let (mut axis, mut inner) = (dims.len() - 1, 1);
        while axis > 0 && inner * dims[axis] <= CHUNK {
            inner *= dims[axis];
            axis -= 1;
        }
        Self { dims, axis, step: (CHUNK / inner).clamp(1, dims[axis]) }
    }

    fn len(&self) -> usize {
        self.dims[..self.axis].iter().product::<usize>() * self.dims[self.axis].div_ceil(self.step)
    }

    /// Returns the offsets and the sizes of a chunk.
    fn get(&self, number: usize) -> (Vec<usize>, Vec<usize>) {
        let Self { dims, axis, step } = *self;
        let (mut offsets, mut sizes) = (vec![0; dims.len()], dims.to_vec());
        let along = dims[axis].div_ceil(step);
        offsets[axis] = number % along * step;
        sizes[axis] = step.min(dims[axis] - offsets[axis]);
        let mut outer = number / along;
        for before in (0..axis).rev() {
            (offsets[before], outer) = (outer % dims[before], outer / dims[before]);
            sizes[before] = 1;
        }
        (offsets, sizes)
    }
}

/// Returns the values of a request in row-major order, and how many saturated.
fn scratch<S: Slot>(
    draw: &Draw<'_>,
    quantization: Quantization,
) -> Result<(Vec<S>, usize), Refused> {
    let mut values = zeros::<S>(draw.len())?;
    let saturated = match S::write(draw, quantization, &mut values) {
        Err(InitError::WholeTensorOnly) => write_through(draw, quantization, &mut values)?,
        result => result?,
    };
    Ok((values, saturated))
}

/// Writes a part of a tensor whose values depend on each other, by way of the whole.
fn write_through<S: Slot>(
    draw: &Draw<'_>,
    quantization: Quantization,
    out: &mut [S],
) -> Result<usize, Refused> {
    let mut whole = Vec::new();
    loop {
        // The request knows the length of the whole tensor, which is the one that it expects.
        match S::write_through(draw, &mut whole, quantization, out) {
            Err(InitError::WrongLength { expected, given }) if given == 0 && whole.is_empty() => {
                whole = zeros(expected)?;
            }
            result => return Ok(result?),
        }
    }
}

/// Returns a vector of zeros, or the error that there is no memory for it.
fn zeros<S: Slot>(len: usize) -> Result<Vec<S>, Refused> {
    let mut values = Vec::new();
    let bytes = len.saturating_mul(size_of::<S>());
    values.try_reserve_exact(len).map_err(|_| Refused::OutOfMemory(bytes))?;
    values.resize(len, S::default());
    Ok(values)
}

/// A type that the library writes.
trait Slot: Copy + Default + Send {
    fn write(draw: &Draw<'_>, q: Quantization, out: &mut [Self]) -> Result<usize, InitError>;

    fn write_through(
        draw: &Draw<'_>,
        whole: &mut [f32],
        q: Quantization,
        out: &mut [Self],
    ) -> Result<usize, InitError>;
}

macro_rules! slots {
    ($write:ident, $through:ident: $($float:ty),*; $fixed:ident, $fixed_through:ident: $($int:ty),*) => {
        $(impl Slot for $float {
            fn write(draw: &Draw<'_>, _: Quantization, out: &mut [Self]) -> Result<usize, InitError> {
                draw.$write(out).map(|()| 0)
            }

            fn write_through(
                draw: &Draw<'_>,
                whole: &mut [f32],
                _: Quantization,
                out: &mut [Self],
            ) -> Result<usize, InitError> {
                draw.$through(whole, out).map(|()| 0)
            }
        })*
        $(impl Slot for $int {
            fn write(draw: &Draw<'_>, q: Quantization, out: &mut [Self]) -> Result<usize, InitError> {
                draw.$fixed(q, out)
            }

            fn write_through(
                draw: &Draw<'_>,
                whole: &mut [f32],
                q: Quantization,
                out: &mut [Self],
            ) -> Result<usize, InitError> {
                draw.$fixed_through(whole, q, out)
            }
        })*
    };
}

slots!(write_as, write_through: f32, f64, f16, bf16; write_fixed, write_fixed_through: i8, i16, i32, u8);
