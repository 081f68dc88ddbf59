//! Puts the values of a request into the memory of an array.
#![expect(unsafe_code, reason = "the memory belongs to Python")]

use half::{bf16, f16};
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

    /// Writes a request, whose part has the dimensions of the target, or as many values in the case of `flat`. Returns
    /// the number of values that saturated. On an error nothing is written.
    ///
    /// # Safety
    ///
    /// The `Memory` of the target is still alive, and no other call uses it at the same time.
    pub unsafe fn write(
        &self,
        draw: &Draw<'_>,
        flat: bool,
        quantization: Option<Quantization>,
    ) -> Result<usize, Refused> {
        let quantization = quantization.unwrap_or(Quantization::from_fraction_bits(0));
        // SAFETY: The caller guarantees that the memory is alive. `self.format` is that of the memory.
        unsafe {
            match self.format {
                Format::F32 => self.write_as::<f32>(draw, flat, quantization),
                Format::F64 => self.write_wide(draw, quantization),
                Format::F16 => self.write_as::<f16>(draw, flat, quantization),
                Format::Bf16 => self.write_as::<bf16>(draw, flat, quantization),
                Format::I8 => self.write_as::<i8>(draw, flat, quantization),
                Format::I16 => self.write_as::<i16>(draw, flat, quantization),
                Format::I32 => self.write_as::<i32>(draw, flat, quantization),
                Format::U8 => self.write_as::<u8>(draw, flat, quantization),
            }
        }
    }

    /// Writes slots of the type `S`.
    ///
    /// # Safety
    ///
    /// The memory is alive and holds values of the type `S`.
    unsafe fn write_as<S: Slot>(
        &self,
        draw: &Draw<'_>,
        flat: bool,
        quantization: Quantization,
    ) -> Result<usize, Refused> {
        let direct = self.start.cast::<S>().is_aligned()
            && if flat {
                self.is_contiguous()
            } else {
                let step = |&stride: &isize| {
                    stride >= 0 && (stride as usize).is_multiple_of(size_of::<S>())
                };
                self.strides.iter().all(step)
            };
        if !direct {
            let (values, saturated) = scratch::<S>(draw, quantization)?;
            // SAFETY: The memory holds values of this type, as the caller guarantees.
            unsafe { self.scatter(&values) };
            return Ok(saturated);
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
        let draw = if flat || self.dims.is_empty() { *draw } else { draw.strided(&strides)? };
        match S::write(&draw, quantization, out) {
            Err(InitError::WholeTensorOnly) => write_through(&draw, quantization, out),
            result => Ok(result?),
        }
    }

    /// Writes values of `f32` to slots of `f64`.
    ///
    /// # Safety
    ///
    /// The memory is alive and holds values of `f64`.
    unsafe fn write_wide(
        &self,
        draw: &Draw<'_>,
        quantization: Quantization,
    ) -> Result<usize, Refused> {
        let (values, _) = scratch::<f32>(draw, quantization)?;
        let wide = values.iter().map(|&value| f64::from(value));
        // SAFETY: The memory holds values of `f64`, as the caller guarantees.
        unsafe { self.scatter_all(wide) };
        Ok(0)
    }

    /// Copies the values, which are in row-major order, to their places.
    ///
    /// # Safety
    ///
    /// The memory is alive and holds values of the type `S`.
    unsafe fn scatter<S: Copy>(&self, values: &[S]) {
        // SAFETY: The same as here.
        unsafe { self.scatter_all(values.iter().copied()) };
    }

    /// Does the same as `scatter` for an iterator.
    ///
    /// # Safety
    ///
    /// The memory is alive and holds values of the type `S`.
    unsafe fn scatter_all<S: Copy>(&self, values: impl Iterator<Item = S>) {
        if self.len() == 0 {
            return;
        }
        let mut indices = vec![0; self.dims.len()];
        let mut offset = 0_isize;
        for value in values {
            // SAFETY: The indices are below the dimensions, so the exporter of the array guarantees that there is a
            // value at this offset. It need not be aligned.
            unsafe { self.start.offset(offset).cast::<S>().write_unaligned(value) };
            for ((index, &dim), &stride) in
                indices.iter_mut().zip(&self.dims).zip(&self.strides).rev()
            {
                *index += 1;
                offset += stride;
                if *index < dim {
                    break;
                }
                offset -= stride * dim as isize;
                *index = 0;
            }
        }
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
trait Slot: Copy + Default {
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

slots!(write_as, write_through: f32, f16, bf16; write_fixed, write_fixed_through: i8, i16, i32, u8);
