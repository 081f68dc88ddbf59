//! Structs whose arrays have names.

use alloc::{
    collections::btree_map::{BTreeMap, Entry},
    string::String,
};
use core::fmt;

use ndarray::{ArrayBase, DataMut, Dimension, RawData};
use weight_init::{Element, Init, InitError, Shape, Stream};

use crate::{InitExt, shape_of, with_rank};

/// A struct of arrays, each with a name. The array called `name` is filled from `stream.named(name)`, so the order of
/// the fields makes no difference, and an array that is added later changes no other one.
///
/// With the names of PyTorch's `state_dict`, a model starts with the same weights as in any other library for which
/// `weight-init` has an adapter.
///
/// ```
/// use ndarray::{Array1, Array2};
/// use weight_init::{Init, Shape, Stream};
/// use weight_init_ndarray::{InitExt, NamedArrays, NamedError, Start, Visitor};
///
/// struct Linear {
///     weight: Array2<f32>,
///     bias: Array1<f32>,
/// }
///
/// struct Net {
///     layers: Vec<Linear>,
/// }
///
/// impl NamedArrays for Linear {
///     fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
///         visitor.array("weight", &mut self.weight)?;
///         visitor.array("bias", &mut self.bias)
///     }
/// }
///
/// impl NamedArrays for Net {
///     fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError> {
///         for (i, layer) in self.layers.iter_mut().enumerate() {
///             visitor.nested(&format!("layers.{i}"), layer)?;
///         }
///         Ok(())
///     }
/// }
///
/// let linear = |inputs, outputs| Linear { weight: Array2::zeros((outputs, inputs)), bias: Array1::zeros(outputs) };
/// let mut net = Net { layers: vec![linear(784, 100), linear(100, 10)] };
/// net.init_arrays(Stream::new(42), |name, _| match name {
///     // A bias has no fan of its own.
///     "layers.1.bias" => Start::from((Init::pytorch_default(), Shape::dense(100, 10).bias())),
///     name if name.ends_with(".bias") => Init::zeros().into(),
///     _ => Init::he_normal().into(),
/// })?;
///
/// let stream = Stream::new(42).named("layers.0.weight");
/// assert_eq!(net.layers[0].weight, Array2::<f32>::init((100, 784), stream, Init::he_normal())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait NamedArrays {
    /// Passes each array and each struct of arrays to the visitor.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Visitor::array`] and [`Visitor::nested`].
    fn visit(&mut self, visitor: &mut Visitor<'_>) -> Result<(), NamedError>;

    /// Fills all arrays. `rule` chooses each array's start by its name and its dimensions.
    ///
    /// # Errors
    ///
    /// Returns the first array's error. The arrays before it are filled, and it and those after it are as they were.
    fn init_arrays<R: Into<Start>>(
        &mut self,
        stream: Stream,
        mut rule: impl FnMut(&str, &[usize]) -> R,
    ) -> Result<(), NamedError> {
        let mut rule = |name: &str, dims: &[usize]| rule(name, dims).into();
        let seen = BTreeMap::new();
        self.visit(&mut Visitor { stream, path: String::new(), seen, rule: &mut rule })
    }
}

/// The scheme of an array, and its shape if its dimensions alone don't describe it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// The scheme.
    pub init: Init,
    /// The shape, or `None` for that of [`InitExt::init`].
    pub shape: Option<Shape>,
}

impl From<Init> for Start {
    fn from(init: Init) -> Self {
        Self { init, shape: None }
    }
}

impl From<(Init, Shape)> for Start {
    fn from((init, shape): (Init, Shape)) -> Self {
        Self { init, shape: Some(shape) }
    }
}

/// Fills the arrays of a struct by their names. [`NamedArrays::init_arrays`] makes it.
pub struct Visitor<'a> {
    stream: Stream,
    path: String,
    /// The index of each array so far.
    seen: BTreeMap<String, usize>,
    rule: &'a mut dyn FnMut(&str, &[usize]) -> Start,
}

impl Visitor<'_> {
    /// Fills an array or a view.
    ///
    /// # Errors
    ///
    /// Returns [`DuplicateName`](InitError::DuplicateName) if an array of the same path was visited before, because both
    /// would start with the same values, and the errors of [`InitExt::init_inplace`] and [`InitExt::assign_draw`].
    pub fn array<S, A, D>(
        &mut self,
        name: &str,
        array: &mut ArrayBase<S, D>,
    ) -> Result<(), NamedError>
    where
        S: DataMut + RawData<Elem = A>,
        A: Element,
        D: Dimension,
    {
        self.at(name, |visitor| {
            let mut fill = || {
                let index = visitor.seen.len();
                match visitor.seen.entry(visitor.path.clone()) {
                    Entry::Occupied(entry) => {
                        return Err(InitError::DuplicateName { tensor: *entry.get() });
                    }
                    Entry::Vacant(entry) => entry.insert(index),
                };
                let Start { init, shape } = (visitor.rule)(&visitor.path, array.shape());
                let shape = shape.map_or_else(|| shape_of(array.shape()), Ok)?;
                let draw = init.draw(visitor.stream.named(&visitor.path), &shape);
                array.assign_draw(&draw.map_err(|error| with_rank(error, array.shape()))?)
            };
            fill().map_err(|error| NamedError { name: visitor.path.clone(), error })
        })
    }

    /// Visits the arrays of a struct in a struct. Their names begin with that of the struct and a dot.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`array`](Self::array).
    pub fn nested(
        &mut self,
        name: &str,
        arrays: &mut (impl NamedArrays + ?Sized),
    ) -> Result<(), NamedError> {
        self.at(name, |visitor| arrays.visit(visitor))
    }

    /// Calls a function with a name appended to the path.
    fn at<T>(&mut self, name: &str, f: impl FnOnce(&mut Self) -> T) -> T {
        let parent = self.path.len();
        if parent > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        let result = f(self);
        self.path.truncate(parent);
        result
    }
}

/// The error of a named array.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedError {
    /// The array's name with those of the structs around it.
    pub name: String,
    /// The reason.
    pub error: InitError,
}

impl fmt::Display for NamedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, error } = self;
        match error {
            InitError::DuplicateName { tensor } => {
                write!(
                    f,
                    "{name}: duplicate name: array {tensor} of the struct already has the name"
                )
            }
            _ => write!(f, "{name}: {error}"),
        }
    }
}

impl core::error::Error for NamedError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
