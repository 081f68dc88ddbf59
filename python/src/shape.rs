//! The class `Shape`.

use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyDict, PyTuple},
};
use weight_init::{Fan, InitError, Layout};

/// The shape of a layer's weights: the dimensions of the array, and the layer that gives them their meaning.
///
/// dims: The dimensions of the array, of any length from 1 to 8, or 9 with `stacked`. One dimension is a vector, which
///     has no fan.
/// layout: The order of the axes: "out_in" (OIHW, as in PyTorch), "in_out" (HWIO, as in Keras and JAX) or
///     "out_kernel_in" (OHWI).
/// groups: The number of groups of the layer.
/// transposed: Whether the layer is a transposed convolution, whose inputs lie where those of other layers have their
///     outputs: [in, out / groups, kernel...].
/// stacked: Whether the first dimension counts independent tensors, such as the experts of a mixture.
/// packed: The number of independent tensors that lie side by side along the axis of the outputs, such as the gates of a
///     recurrent layer, or query, key and value.
/// fan: The pair (fan_in, fan_out) in place of the one that follows from the dimensions.
/// bias: Whether the array is the bias of the layer with these dimensions. It has the fan of the weights.
///
/// Raises ValueError if the groups don't divide the channels, or `packed` not the outputs, or for too many dimensions.
#[pyclass(frozen, eq, hash, module = "weight_init")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    pub inner: weight_init::Shape,
    /// The arguments, from which the shape is printed and pickled.
    weights: Vec<usize>,
    layout: Layout,
    groups: usize,
    transposed: bool,
    stacked: bool,
    packed: usize,
    fan: Option<(usize, usize)>,
    bias: bool,
}

#[pymethods]
impl Shape {
    #[new]
    #[pyo3(signature = (dims, *, layout = "out_in", groups = 1, transposed = false, stacked = false, packed = 1, fan = None, bias = false))]
    #[expect(clippy::too_many_arguments, reason = "they are the keywords of the Python class")]
    fn new(
        dims: Vec<usize>,
        layout: &str,
        groups: usize,
        transposed: bool,
        stacked: bool,
        packed: usize,
        fan: Option<(usize, usize)>,
        bias: bool,
    ) -> PyResult<Self> {
        let layout = layout.parse::<Layout>().map_err(|error| value_error(&error))?;
        let weights = dims.clone();
        let mut one = dims;
        let count = match stacked {
            true if one.is_empty() => {
                return Err(PyValueError::new_err("a stack needs a first dimension, got none"));
            }
            true => Some(one.remove(0)),
            false => None,
        };
        if packed != 1 {
            let axis = packed_axis(one.len(), layout, transposed);
            match one.get_mut(axis) {
                Some(outputs) if packed > 0 && outputs.is_multiple_of(packed) => *outputs /= packed,
                _ => {
                    let message = format!(
                        "packed must divide the outputs, axis {axis} of {one:?}, got packed = {packed}"
                    );
                    return Err(PyValueError::new_err(message));
                }
            }
        }
        let mut inner = match (&*one, transposed) {
            ([], _) => weight_init::Shape::vector(1),
            ([len], _) => weight_init::Shape::vector(*len),
            (dims, false) => {
                weight_init::Shape::from_dims(dims, layout, groups).map_err(|e| value_error(&e))?
            }
            (dims, true) => weight_init::Shape::from_dims_transposed(dims, layout, groups)
                .map_err(|e| value_error(&e))?,
        };
        if let Some((fan_in, fan_out)) = fan {
            inner = inner.with_fan(Fan::new(fan_in, fan_out));
        }
        if packed != 1 {
            inner = inner.packed(packed);
        }
        if let Some(count) = count {
            inner = inner.stacked(count);
        }
        if bias {
            inner = inner.bias();
        }
        inner.try_len().map_err(|error| value_error(&error))?;
        Ok(Self { inner, weights, layout, groups, transposed, stacked, packed, fan, bias })
    }

    /// Returns the axis along which independent tensors lie, their number, and the shape of one; or None if there is one
    /// only.
    fn _stack(&self) -> PyResult<Option<(usize, usize, Self)>> {
        let mut dims = self.weights.clone();
        let (axis, count) = match (self.stacked, self.packed) {
            (true, 1) => (0, dims.remove(0)),
            (false, packed) if packed != 1 => {
                let axis = packed_axis(dims.len(), self.layout, self.transposed);
                dims[axis] /= packed;
                (axis, packed)
            }
            // A stack of packed tensors is an error in every request.
            _ => return Ok(None),
        };
        let Self { layout, groups, transposed, fan, bias, .. } = *self;
        let one = Self::new(dims, layout.name(), groups, transposed, false, 1, fan, bias)?;
        Ok(Some((axis, count, one)))
    }

    /// Returns the shape of the layer's bias, which has one value for each output and the fan of the weights.
    fn bias(&self) -> Self {
        Self { inner: self.inner.bias(), bias: true, ..self.clone() }
    }

    /// The dimensions of the array, a tuple.
    #[getter]
    fn dims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &*self.array_dims().map_err(|error| value_error(&error))?)
    }

    /// The pair (fan_in, fan_out).
    ///
    /// Raises ValueError for a vector.
    #[getter]
    fn fan(&self) -> PyResult<(usize, usize)> {
        let fan = self.inner.fan().map_err(|error| value_error(&error))?;
        Ok((fan.fan_in, fan.fan_out))
    }

    /// The number of values.
    #[getter]
    fn size(&self) -> usize {
        self.inner.len()
    }

    fn __repr__(&self) -> String {
        let dims: Vec<_> = self.weights.iter().map(ToString::to_string).collect();
        let mut text = format!("Shape([{}]", dims.join(", "));
        if self.layout != Layout::OutIn {
            text += &format!(", layout=\"{}\"", self.layout);
        }
        if self.groups != 1 {
            text += &format!(", groups={}", self.groups);
        }
        if self.transposed {
            text += ", transposed=True";
        }
        if self.stacked {
            text += ", stacked=True";
        }
        if self.packed != 1 {
            text += &format!(", packed={}", self.packed);
        }
        if let Some((fan_in, fan_out)) = self.fan {
            text += &format!(", fan=({fan_in}, {fan_out})");
        }
        if self.bias {
            text += ", bias=True";
        }
        text + ")"
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<((Vec<usize>,), Bound<'py, PyDict>)> {
        let keywords = PyDict::new(py);
        keywords.set_item("layout", self.layout.name())?;
        keywords.set_item("groups", self.groups)?;
        keywords.set_item("transposed", self.transposed)?;
        keywords.set_item("stacked", self.stacked)?;
        keywords.set_item("packed", self.packed)?;
        keywords.set_item("fan", self.fan)?;
        keywords.set_item("bias", self.bias)?;
        Ok(((self.weights.clone(),), keywords))
    }
}

impl Shape {
    /// Returns the dimensions of the array. They are none for a scalar.
    pub fn array_dims(&self) -> Result<Vec<usize>, InitError> {
        if self.weights.is_empty() { Ok(Vec::new()) } else { Ok(self.inner.dims()?.to_vec()) }
    }

    /// Returns the shape of a layer with one group whose outputs are the first axis.
    pub fn of_dims(dims: &[usize]) -> PyResult<Self> {
        Self::new(dims.to_vec(), "out_in", 1, false, false, 1, None, false)
    }
}

/// Returns the axis of the outputs of one tensor, along which packed tensors lie.
fn packed_axis(rank: usize, layout: Layout, transposed: bool) -> usize {
    match (layout, transposed) {
        _ if rank < 2 => 0,
        (Layout::OutIn, true) => 1,
        (Layout::InOut, true) => rank - 2,
        (Layout::InOut, false) | (_, true) => rank - 1,
        _ => 0,
    }
}

/// Returns an argument that is a shape or a sequence of dimensions as a shape.
pub fn shape(argument: &Bound<'_, PyAny>) -> PyResult<Shape> {
    if let Ok(shape) = argument.cast::<Shape>() {
        return Ok(shape.get().clone());
    }
    match argument.extract::<Vec<usize>>() {
        Ok(dims) => Shape::of_dims(&dims),
        Err(_) => {
            let given = argument.get_type().name()?;
            let message = format!("shape must be a Shape or a sequence of dimensions, got {given}");
            Err(PyTypeError::new_err(message))
        }
    }
}

/// Returns an error of the library as a ValueError.
pub fn value_error(error: &impl ToString) -> PyErr {
    PyValueError::new_err(error.to_string())
}
