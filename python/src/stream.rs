//! The class `Stream`.

use pyo3::prelude::*;

/// The source of one tensor's values: a key, not a running state.
///
/// `Stream(seed)` is the stream of a seed from 0 to 2**64 - 1. The same stream gives the same values each time, so every
/// tensor needs a stream of its own, which `named` and `substream` return. Streams are immutable. They can be compared,
/// hashed, copied and pickled.
///
/// >>> model = Stream(42)
/// >>> model.named("fc1.weight") == model.path("fc1", "weight")
/// True
///
/// Raises OverflowError if the seed is negative or 2**64 or more.
#[pyclass(frozen, eq, hash, module = "weight_init")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stream(pub weight_init::Stream);

#[pymethods]
impl Stream {
    #[new]
    fn new(seed: u64) -> Self {
        Self(weight_init::Stream::new(seed))
    }

    /// Returns the stream with a given key. A key is not a seed, so it is not hashed again.
    ///
    /// Raises OverflowError if the key is negative or 2**64 or more.
    #[staticmethod]
    fn from_key(key: u64) -> Self {
        Self(weight_init::Stream::from_key(key))
    }

    /// The stream's key, a number from 0 to 2**64 - 1. `Stream.from_key` restores the stream.
    #[getter]
    fn key(&self) -> u64 {
        self.0.key()
    }

    /// Returns the stream of a name below this one.
    ///
    /// Take the names of PyTorch's `state_dict`, so that a model starts with the same values in every framework.
    fn named(&self, name: &str) -> Self {
        Self(self.0.named(name))
    }

    /// Returns the stream of the parts of a name that are joined by dots.
    #[pyo3(signature = (*parts))]
    fn path(&self, parts: Vec<String>) -> Self {
        Self(self.0.named(&parts.join(".")))
    }

    /// Returns stream number `id` below this one, for a replica, a head or an expert.
    ///
    /// Raises OverflowError if the id is negative or 2**64 or more.
    fn substream(&self, id: u64) -> Self {
        Self(self.0.substream(id))
    }

    fn __repr__(&self) -> String {
        format!("Stream.from_key({:#018x})", self.0.key())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (u64,))> {
        Ok((py.get_type::<Self>().getattr("from_key")?, (self.0.key(),)))
    }
}
