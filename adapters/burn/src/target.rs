//! The parameter about which a rule is asked.

use alloc::string::String;

use burn_core::tensor::DType;
use weight_init::{Init, Stream};

use crate::start::Start;

/// One parameter of a module, as a rule sees it: where it is, and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub(crate) path: &'a str,
    pub(crate) entered: &'a [Entered],
    pub(crate) dims: &'a [usize],
    pub(crate) dtype: DType,
    pub(crate) model: Stream,
}

/// A field that was entered on the way to a parameter.
#[derive(Clone, Debug)]
pub(crate) struct Entered {
    /// The length of the path before it.
    pub(crate) path_len: usize,
    /// The type that holds the field: "Struct:Linear", "Enum:Activation", "Vec" and so on.
    pub(crate) container: String,
}

/// What a parameter is for, as far as its container and its name tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The weights of a `Linear`: `[in, out]`.
    Linear,
    /// The weights of a convolution: `[out, in / g, kernel…]`.
    Conv,
    /// The weights of a transposed convolution: `[in, out / g, kernel…]`.
    ConvTranspose,
    /// The bias of one of these.
    Bias,
    /// The table of an `Embedding`: `[n, d]`.
    Embedding,
    /// The factors of a normalisation layer, gamma.
    NormScale,
    /// The offsets of a normalisation layer, beta.
    NormShift,
    /// The running mean of a `BatchNorm`.
    RunningMean,
    /// The running variance of a `BatchNorm`.
    RunningVar,
    /// The slopes of a `PRelu`.
    Slope,
    /// A matrix of an adapter, such as LoRA, that is attached to a parameter.
    Adapter,
    /// Anything else, such as a parameter of a struct of your own.
    Other,
}

impl<'a> Target<'a> {
    /// Returns the path, such as `blocks.7.fc1.weight`, which leads from the stream of the model to that of the
    /// parameter.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Returns the name of the field, such as `weight`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// Returns the type of the struct that holds the parameter, such as `Linear`. For an element of a list it is
    /// `Vec`, `Array` or `Tuple`.
    #[must_use]
    pub fn container(&self) -> &'a str {
        self.entered.last().map_or("", Entered::name)
    }

    /// Returns whether the parameter is inside of a struct or an enum of this name, at any depth: `Lstm`, or the
    /// name of a struct of your own.
    #[must_use]
    pub fn is_within(&self, container: &str) -> bool {
        self.entered.iter().any(|entered| entered.name() == container)
    }

    /// Returns the dimensions as burn reports them. A `Linear` is `[in, out]` in either of its layouts.
    #[must_use]
    pub fn dims(&self) -> &'a [usize] {
        self.dims
    }

    /// Returns the type of the numbers.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Returns the stream of the model. That of the parameter is `model().named(path())`.
    #[must_use]
    pub fn model(&self) -> Stream {
        self.model
    }

    /// Returns what the parameter is for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        if self.entered.iter().any(|entered| entered.container == "Reparameterization") {
            return Kind::Adapter;
        }
        let container =
            self.entered.last().and_then(|entered| entered.container.strip_prefix("Struct:"));
        match (container.unwrap_or(""), self.name(), self.dims.len()) {
            ("Linear", "weight", 2) => Kind::Linear,
            ("Conv1d", "weight", 3)
            | ("Conv2d" | "DeformConv2d", "weight", 4)
            | ("Conv3d", "weight", 5) => Kind::Conv,
            ("ConvTranspose1d", "weight", 3)
            | ("ConvTranspose2d", "weight", 4)
            | ("ConvTranspose3d", "weight", 5) => Kind::ConvTranspose,
            (
                "Linear" | "Conv1d" | "Conv2d" | "Conv3d" | "DeformConv2d" | "ConvTranspose1d"
                | "ConvTranspose2d" | "ConvTranspose3d",
                "bias",
                1,
            ) => Kind::Bias,
            ("Embedding", "weight", 2) => Kind::Embedding,
            ("BatchNorm", "running_mean", 1) => Kind::RunningMean,
            ("BatchNorm", "running_var", 1) => Kind::RunningVar,
            ("BatchNorm" | "LayerNorm" | "GroupNorm" | "InstanceNorm" | "RmsNorm", name, 1) => {
                match name {
                    "gamma" => Kind::NormScale,
                    "beta" => Kind::NormShift,
                    _ => Kind::Other,
                }
            }
            ("PRelu", "alpha", 1) => Kind::Slope,
            _ => Kind::Other,
        }
    }

    /// Returns the answer of the default rule, for the parameters about which a rule has nothing to say.
    ///
    /// It starts each layer with the scheme that burn's configuration of that layer has by default, with the right
    /// fans:
    ///
    /// | [`kind`](Self::kind) | start |
    /// | --- | --- |
    /// | `Linear`, `Conv`, `ConvTranspose` and their `Bias` | uniform within ±1/√fan_in: [`Init::pytorch_default`] |
    /// | `Linear` and its `Bias` inside of `Rnn`, `Gru` and `Lstm` | [`Init::xavier_normal`], gate by gate |
    /// | `Embedding` | normal with mean 0 and standard deviation 1 |
    /// | `NormScale`, `RunningVar` | 1 |
    /// | `NormShift`, `RunningMean` | 0 |
    /// | `Slope`, `Adapter` | kept: their values are constants of the configuration |
    /// | `Other` | refused with [`Reason::NoRule`](crate::Reason::NoRule), because nobody knows which axis is which |
    pub fn standard(&self) -> Start {
        match self.kind() {
            Kind::Linear | Kind::Bias if self.is_within("GateController") => {
                Start::new(Init::xavier_normal())
            }
            Kind::Linear | Kind::Conv | Kind::ConvTranspose | Kind::Bias => {
                Start::new(Init::pytorch_default())
            }
            Kind::Embedding => Start::new(Init::normal(0.0, 1.0)),
            Kind::NormScale | Kind::RunningVar => Start::new(Init::ones()),
            Kind::NormShift | Kind::RunningMean => Start::new(Init::zeros()),
            Kind::Slope | Kind::Adapter => Start::keep(),
            Kind::Other => Start::refuse(),
        }
    }
}

impl Entered {
    /// Returns the name of the container without its sort: "Linear".
    fn name(&self) -> &str {
        self.container.rsplit(':').next().unwrap_or(&self.container)
    }
}
