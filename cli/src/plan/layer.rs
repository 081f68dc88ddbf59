//! A layer of a plan, and the parts of the text that it comes from.

use std::ops::Range;

use weight_init::{Init, InitError, Shape};

/// A layer with a name of its own.
#[derive(Clone, Debug)]
pub(super) struct NamedLayer {
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) weights: Init,
    /// The scheme of the biases, if the layer has any.
    pub(super) bias: Option<Init>,
    /// Whether the layer is a single tensor, whose name has no suffix.
    pub(super) is_tensor: bool,
    pub(super) spans: Spans,
    /// Whether the text of the weights' scheme and that of the biases' ask for a truncated normal.
    pub(super) is_truncated: [bool; 2],
}

/// The bytes of the text from which a layer comes.
#[derive(Clone, Debug)]
pub(super) struct Spans {
    pub(super) name: Range<usize>,
    pub(super) shape: Range<usize>,
    pub(super) fan: Option<Range<usize>>,
    pub(super) init: Origin,
    pub(super) bias: Origin,
}

/// The part of the text from which a scheme comes.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A key of the layer.
    Layer(Range<usize>),
    /// A key at the beginning of the plan.
    Plan(&'static str),
    /// The kind of the layer.
    Kind,
}

impl Spans {
    /// Returns the part of the layer's table that causes an error.
    pub(super) fn of(&self, error: &InitError, origin: &Origin) -> Range<usize> {
        let span = match (error, origin) {
            (InitError::DuplicateName { .. }, _) => &self.name,
            (InitError::ZeroFan { .. }, _) => self.fan.as_ref().unwrap_or(&self.shape),
            (error, Origin::Layer(span)) if is_about_scheme(error) => span,
            (error, _) if is_about_scheme(error) => &self.name,
            _ => &self.shape,
        };
        span.clone()
    }
}

/// Returns whether an error comes from the scheme and not from the shape.
const fn is_about_scheme(error: &InitError) -> bool {
    use InitError::{
        Bounds, Constant, Cut, Gain, Grouped, Mean, OutputsTooFew, OutputsTooMany, RankTooLow,
        Scale, Sparsity, StackTooLarge, Std, TooLarge, TooSmall, Upscale, UpscaleKernel, ZeroFan,
    };
    matches!(
        error,
        Bounds { .. }
            | Constant { .. }
            | Cut { .. }
            | Gain { .. }
            | Grouped { .. }
            | Mean { .. }
            | OutputsTooFew { .. }
            | OutputsTooMany { .. }
            | RankTooLow { .. }
            | Scale { .. }
            | Sparsity { .. }
            | StackTooLarge { .. }
            | Std { .. }
            | TooLarge { .. }
            | TooSmall { .. }
            | Upscale { .. }
            | UpscaleKernel { .. }
            | ZeroFan { .. }
    )
}
