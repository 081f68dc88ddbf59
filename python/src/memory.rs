//! Finds out where the values of an array are, by the buffer protocol or by DLPack.
#![expect(unsafe_code, reason = "DLPack passes pointers to C structs")]

use std::ffi::c_void;

use pyo3::{
    buffer::PyUntypedBuffer,
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyCapsule, PyDict},
};

/// The number format of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    F32,
    F64,
    F16,
    Bf16,
    I8,
    I16,
    I32,
    U8,
}

impl Format {
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::F16 | Self::Bf16)
    }

    pub fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::F16 | Self::Bf16 | Self::I16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::F64 => 8,
        }
    }

    /// Returns the format with a code of Python's module `struct` and a size in bytes.
    fn of_code(code: &str, size: usize) -> Option<Self> {
        let native = if cfg!(target_endian = "little") { '<' } else { '>' };
        let code = code.strip_prefix(['@', '=', native]).unwrap_or(code);
        match (code, size) {
            ("f", 4) => Some(Self::F32),
            ("d", 8) => Some(Self::F64),
            ("e", 2) => Some(Self::F16),
            ("b", 1) => Some(Self::I8),
            ("B", 1) => Some(Self::U8),
            ("h" | "i" | "l", 2) => Some(Self::I16),
            ("i" | "l", 4) => Some(Self::I32),
            _ => None,
        }
    }
}

/// The memory of an array, which `_owner` keeps alive and in its place.
pub struct Memory {
    /// The value whose indices are all 0.
    pub start: *mut u8,
    pub format: Format,
    pub dims: Vec<usize>,
    /// The distances between neighbours along each axis, in bytes.
    pub strides: Vec<isize>,
    _owner: Owner,
}

/// An exporter's promise that the memory stays.
enum Owner {
    Buffer(#[expect(dead_code, reason = "dropped to release the buffer")] PyUntypedBuffer),
    /// The capsule calls the exporter's deleter when it is dropped, because nobody renames it.
    Capsule(#[expect(dead_code, reason = "dropped to release the tensor")] Py<PyCapsule>),
}

const FORMATS: &str =
    "float32, float64, float16, bfloat16, int8, int16, int32 or uint8 in native byte order";

impl Memory {
    /// Returns the memory of an array that can be written.
    pub fn of(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        // JAX exports some of its arrays as if they could be written.
        if array.get_type().module()?.to_string_lossy().starts_with("jax") {
            return Err(PyValueError::new_err(
                "the array is read-only: arrays of JAX can't be changed, and weight_init.jax makes new ones",
            ));
        }
        // PyO3 has no buffers of zero axes. `reshape` returns a view.
        if array
            .getattr("ndim")
            .and_then(|ndim| ndim.extract::<usize>())
            .is_ok_and(|ndim| ndim == 0)
            && array.hasattr("reshape")?
        {
            return Self::of_axes(&array.call_method1("reshape", (1,))?);
        }
        Self::of_axes(array)
    }

    fn of_axes(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        // The buffer protocol has no code for bfloat16, so NumPy passes its bits as integers.
        let dtype = array.getattr("dtype").and_then(|dtype| dtype.getattr("name"));
        let is_numpy = array.hasattr("__array_interface__")?;
        if is_numpy && dtype.and_then(|name| name.eq("bfloat16")).unwrap_or(false) {
            let bits = PyUntypedBuffer::get(&array.call_method1("view", ("uint16",))?)?;
            return Self::of_buffer(bits, Some(Format::Bf16), array);
        }
        match PyUntypedBuffer::get(array) {
            Ok(buffer) => {
                let format = buffer.format().to_str().unwrap_or_default();
                let format = Format::of_code(format, buffer.item_size());
                Self::of_buffer(buffer, format, array)
            }
            // NumPy does not export all of its arrays, such as those of dates.
            Err(_) if is_numpy => Err(wrong_dtype(array, "unknown")),
            Err(_) if array.hasattr("__dlpack__")? => Self::of_dlpack(array),
            Err(_) => {
                let given = array.get_type().name()?;
                let message = format!(
                    "expected an array with the buffer protocol or DLPack, such as one of NumPy, got {given}"
                );
                Err(PyTypeError::new_err(message))
            }
        }
    }

    fn of_buffer(
        buffer: PyUntypedBuffer,
        format: Option<Format>,
        array: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let Some(format) = format else {
            return Err(wrong_dtype(array, &buffer.format().to_string_lossy()));
        };
        if buffer.readonly() {
            return Err(read_only());
        }
        if buffer.suboffsets().is_some() {
            return Err(PyTypeError::new_err("the array has pointers to its rows; copy it first"));
        }
        Ok(Self {
            start: buffer.buf_ptr().cast(),
            format,
            dims: buffer.shape().to_vec(),
            strides: buffer.strides().to_vec(),
            _owner: Owner::Buffer(buffer),
        })
    }

    fn of_dlpack(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = array.py();
        let (device, _): (i32, i32) = array.call_method0("__dlpack_device__")?.extract()?;
        if device != CPU && device != CUDA_HOST {
            let message = format!(
                "the array is on a device (number {device} of DLPack), and only memory of the CPU can be filled; fill an array on the CPU and copy it"
            );
            return Err(PyTypeError::new_err(message));
        }
        let keywords = PyDict::new(py);
        keywords.set_item("max_version", (1, 0))?;
        let capsule = match array.call_method("__dlpack__", (), Some(&keywords)) {
            Err(error) if error.is_instance_of::<PyTypeError>(py) => {
                array.call_method0("__dlpack__")?
            }
            result => result?,
        };
        let capsule = capsule.cast_into::<PyCapsule>()?;
        // SAFETY: The DLPack protocol states which struct a capsule of each name points to. The struct lives until
        // the capsule's destructor runs, and this function and `Owner` hold the capsule.
        let tensor = unsafe {
            if let Ok(tensor) = capsule.pointer_checked(Some(c"dltensor_versioned")) {
                let Versioned { version, flags, ref tensor, .. } =
                    *tensor.cast::<Versioned>().as_ref();
                if version[0] != 1 {
                    let message = format!("version {} of DLPack is not supported", version[0]);
                    return Err(PyTypeError::new_err(message));
                }
                if flags & READ_ONLY != 0 {
                    return Err(read_only());
                }
                if flags & COPIED != 0 {
                    return Err(PyTypeError::new_err(
                        "the array exports a copy of its values, so they can't be filled",
                    ));
                }
                tensor
            } else {
                capsule.pointer_checked(Some(c"dltensor"))?.cast::<Tensor>().as_ref()
            }
        };
        let &Tensor { code, bits, lanes, .. } = tensor;
        let format = match (code, bits, lanes) {
            (2, 32, 1) => Format::F32,
            (2, 64, 1) => Format::F64,
            (2, 16, 1) => Format::F16,
            (4, 16, 1) => Format::Bf16,
            (0, 8, 1) => Format::I8,
            (0, 16, 1) => Format::I16,
            (0, 32, 1) => Format::I32,
            (1, 8, 1) => Format::U8,
            _ => return Err(wrong_dtype(array, "DLPack")),
        };
        let rank = usize::try_from(tensor.rank).unwrap_or(0);
        // SAFETY: DLPack states that `dims` and `strides` have `rank` numbers each, or that `strides` is null.
        let [dims, strides] = unsafe {
            [tensor.dims, tensor.strides].map(|numbers| {
                (!numbers.is_null()).then(|| std::slice::from_raw_parts(numbers, rank).to_vec())
            })
        };
        let dims: Vec<usize> = dims
            .unwrap_or_default()
            .into_iter()
            .map(|dim| usize::try_from(dim).unwrap_or(0))
            .collect();
        let size = format.size() as isize;
        let strides = match strides {
            Some(strides) => strides.into_iter().map(|stride| stride as isize * size).collect(),
            None => contiguous(&dims, format.size()),
        };
        let start = tensor.data.cast::<u8>().wrapping_add(tensor.byte_offset as usize);
        Ok(Self { start, format, dims, strides, _owner: Owner::Capsule(capsule.unbind()) })
    }
}

/// Returns the strides of a row-major array, in bytes.
pub fn contiguous(dims: &[usize], size: usize) -> Vec<isize> {
    let mut strides = vec![0; dims.len()];
    let mut stride = size as isize;
    for (slot, &dim) in strides.iter_mut().zip(dims).rev() {
        *slot = stride;
        stride = stride.saturating_mul(dim as isize);
    }
    strides
}

fn wrong_dtype(array: &Bound<'_, PyAny>, format: &str) -> PyErr {
    let given = array.getattr("dtype").and_then(|dtype| dtype.str());
    let given = given.map_or_else(|_| format!("format {format:?}"), |dtype| dtype.to_string());
    PyTypeError::new_err(format!("expected an array of {FORMATS}, got {given}"))
}

fn read_only() -> PyErr {
    PyValueError::new_err("the array is read-only")
}

const CPU: i32 = 1;
/// Pinned memory, which the CPU can write.
const CUDA_HOST: i32 = 3;
const READ_ONLY: u64 = 1;
const COPIED: u64 = 2;

/// `DLTensor`.
#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device: [i32; 2],
    rank: i32,
    code: u8,
    bits: u8,
    lanes: u16,
    dims: *const i64,
    /// In values, or null for a row-major tensor.
    strides: *const i64,
    byte_offset: u64,
}

/// `DLManagedTensorVersioned`. `DLManagedTensor` begins with a [`Tensor`].
#[repr(C)]
struct Versioned {
    version: [u32; 2],
    context: *mut c_void,
    deleter: *const c_void,
    flags: u64,
    tensor: Tensor,
}
