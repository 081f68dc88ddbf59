//! The class `Init`.

use pyo3::{exceptions::PyValueError, prelude::*};

/// A scheme for starting weights, given as text: `Init("he_normal(gain=0.5, mode=fan_out)")`.
///
/// The names of He and Xavier are known as well as Kaiming and Glorot, in any case and with or without underscores.
/// `str(init)` prints the scheme in the same form. Schemes are immutable. They can be compared, hashed, copied and
/// pickled.
///
/// Raises ValueError for an unknown name or parameter. The message has the most similar names.
#[pyclass(frozen, module = "weight_init")]
#[derive(Clone, Copy)]
pub struct Init(pub weight_init::Init);

#[pymethods]
impl Init {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        text.parse().map(Self).map_err(|error| parse_error(text, error))
    }

    /// Returns the scheme of a function of `torch.nn.init`, written as a call: `"trunc_normal_(w, std=0.02)"`. The
    /// tensor may be left out.
    ///
    /// Raises ValueError for an unknown function or argument.
    #[staticmethod]
    fn from_torch(call: &str) -> PyResult<Self> {
        weight_init::Init::from_torch(call).map(Self).map_err(|error| parse_error(call, error))
    }

    /// Returns the scheme of a class of `keras.initializers`, written as a call: `"HeNormal"`, which is truncated in
    /// Keras.
    ///
    /// Raises ValueError for an unknown class or argument.
    #[staticmethod]
    fn from_keras(call: &str) -> PyResult<Self> {
        weight_init::Init::from_keras(call).map(Self).map_err(|error| parse_error(call, error))
    }

    /// Returns the scheme with all values times a gain. A fill raises ValueError if it is negative or not finite.
    fn gain(&self, gain: f32) -> Self {
        Self(self.0.gain(gain))
    }

    /// Returns the scheme for the last layer of each branch in a network of `blocks` residual blocks: the gain is divided
    /// by the square root of 2 * blocks.
    fn residual(&self, blocks: usize) -> Self {
        Self(self.0.residual(blocks))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Init(\"{}\")", self.0)
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.0.to_string().hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyAny>, (String,)) {
        (py.get_type::<Self>().into_any(), (self.0.to_string(),))
    }
}

/// Returns an argument that is a scheme or its text as a scheme.
pub fn scheme(argument: &Bound<'_, PyAny>) -> PyResult<weight_init::Init> {
    if let Ok(init) = argument.cast::<Init>() {
        return Ok(init.get().0);
    }
    let Ok(text) = argument.extract::<std::borrow::Cow<'_, str>>() else {
        let given = argument.get_type().name()?;
        let message =
            format!("scheme must be a text such as \"he_normal\" or an Init, got {given}");
        return Err(pyo3::exceptions::PyTypeError::new_err(message));
    };
    Ok(Init::new(&text)?.0)
}

fn parse_error(text: &str, error: weight_init::ParseInitError) -> PyErr {
    // The library's messages name the functions as Rust does.
    PyValueError::new_err(format!("{text:?}: {error}").replace("Init::", "Init."))
}
