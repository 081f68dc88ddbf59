//! How a parameter starts: the answer of a rule.

use weight_init::{Fan, Init, Layout, Stream};

/// How a parameter starts: a scheme, and what the tensor alone does not say about its layer.
///
/// An [`Init`] converts into a `Start`, and so does an `Option<Init>`, where `None` keeps the parameter as it is.
///
/// ```
/// use weight_init_burn::{Start, weight_init::Init};
///
/// let depthwise = Start::new(Init::he_normal()).groups(32);
/// let last = Start::from(Init::xavier_uniform());
/// # let _ = (depthwise, last);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a rule returns it"]
pub struct Start {
    pub(crate) action: Action,
    pub(crate) groups: usize,
    pub(crate) layout: Option<Layout>,
    pub(crate) transposed: Option<bool>,
    pub(crate) stack: Stack,
    pub(crate) fan: Option<Fan>,
    pub(crate) stream: Option<Stream>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    Fill(Init),
    Keep,
    /// The default rule does not know the layer.
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stack {
    None,
    Packed(usize),
    Stacked(usize),
}

impl Start {
    /// Starts the parameter with a scheme.
    pub const fn new(init: Init) -> Self {
        Self::with_action(Action::Fill(init))
    }

    /// Keeps the parameter as it is. A parameter that burn has not initialised yet stays so.
    pub const fn keep() -> Self {
        Self::with_action(Action::Keep)
    }

    pub(crate) const fn refuse() -> Self {
        Self::with_action(Action::Refuse)
    }

    const fn with_action(action: Action) -> Self {
        Self {
            action,
            groups: 1,
            layout: None,
            transposed: None,
            stack: Stack::None,
            fan: None,
            stream: None,
        }
    }

    /// States the groups of a convolution, which no dimension tells. Without it, a grouped convolution has the
    /// right fan_in and a fan_out that is too large by this factor, and a grouped transposed convolution is refused
    /// if it has a bias. State them for the weights; the bias follows.
    pub const fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// States the order of the axes in memory. Layers of burn have theirs. Any other parameter is `[out, in,
    /// kernel…]` unless stated.
    ///
    /// A layout decides where a weight lies, and never which value it has: the weight from input *i* to output
    /// *o* is the same in every layout.
    pub const fn layout(self, layout: Layout) -> Self {
        Self { layout: Some(layout), ..self }
    }

    /// States that the parameter holds the weights of a transposed convolution, `[in, out / g, kernel…]`. burn's
    /// own are known.
    pub const fn transposed(self) -> Self {
        Self { transposed: Some(true), ..self }
    }

    /// States that the parameter consists of `count` matrices side by side on the axis of the outputs, such as a
    /// `Linear` that computes query, key and value in one. See [`Shape::packed`](weight_init::Shape::packed).
    pub const fn packed(self, count: usize) -> Self {
        Self { stack: Stack::Packed(count), ..self }
    }

    /// States that the parameter consists of `count` tensors along its first axis, such as experts. See
    /// [`Shape::stacked`](weight_init::Shape::stacked).
    pub const fn stacked(self, count: usize) -> Self {
        Self { stack: Stack::Stacked(count), ..self }
    }

    /// Replaces the fan that follows from the dimensions.
    pub const fn fan(self, fan: Fan) -> Self {
        Self { fan: Some(fan), ..self }
    }

    /// Takes the values of another stream than that of the parameter's path.
    ///
    /// ```
    /// use weight_init_burn::{Start, weight_init::{Init, Stream}};
    ///
    /// // The input gate as PyTorch has it: the first part of a packed tensor.
    /// let gate = Stream::new(42).named("lstm.weight_ih_l0").substream(0);
    /// let start = Start::new(Init::xavier_uniform()).stream(gate);
    /// # let _ = start;
    /// ```
    pub const fn stream(self, stream: Stream) -> Self {
        Self { stream: Some(stream), ..self }
    }
}

impl From<Init> for Start {
    fn from(init: Init) -> Self {
        Self::new(init)
    }
}

impl From<Option<Init>> for Start {
    fn from(init: Option<Init>) -> Self {
        init.map_or(Self::keep(), Self::new)
    }
}
