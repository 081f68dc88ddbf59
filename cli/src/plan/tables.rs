//! The tables of a plan as they stand in the text.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, SeqAccess, Visitor},
};
use toml::Spanned;

/// A whole plan.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanTable {
    /// The scheme of layers that give none.
    pub(super) init: Option<Spanned<String>>,
    /// The biases of layers that give none.
    pub(super) bias: Option<Spanned<BiasText>>,
    /// The layout of layers that give none.
    pub(super) layout: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) layer: Vec<Spanned<LayerTable>>,
    #[serde(default)]
    pub(super) tensor: Vec<Spanned<LayerTable>>,
}

/// A layer, or a single tensor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerTable {
    pub(super) name: Spanned<String>,
    pub(super) repeat: Option<Spanned<usize>>,

    // Exactly one of these is given.
    pub(super) dense: Option<Spanned<Pair>>,
    pub(super) conv1d: Option<Spanned<Conv>>,
    pub(super) conv2d: Option<Spanned<Conv>>,
    pub(super) conv3d: Option<Spanned<Conv>>,
    pub(super) depthwise2d: Option<Spanned<Depthwise>>,
    pub(super) embedding: Option<Spanned<Pair>>,
    pub(super) norm: Option<Spanned<usize>>,
    pub(super) shape: Option<Spanned<Vec<usize>>>,

    pub(super) groups: Option<Spanned<usize>>,
    pub(super) transposed: Option<Spanned<bool>>,
    pub(super) layout: Option<Spanned<String>>,
    pub(super) stacked: Option<Spanned<usize>>,
    pub(super) packed: Option<Spanned<usize>>,
    pub(super) fan: Option<Spanned<Pair>>,

    pub(super) activation: Option<Spanned<String>>,
    pub(super) init: Option<Spanned<String>>,
    pub(super) residual: Option<Spanned<usize>>,
    pub(super) bias: Option<Spanned<BiasText>>,
}

impl LayerTable {
    /// Returns whether the layer is a transposed convolution.
    pub(super) fn is_transposed(&self) -> bool {
        self.transposed.as_ref().is_some_and(|transposed| *transposed.get_ref())
    }
}

/// Defines a tuple that reads from an array of as many elements. The error for another array says which elements are
/// expected, because "a tuple of size 3" means nothing to the writer of a plan.
macro_rules! tuple {
    ($(#[$doc:meta])* $name:ident($($element:ident: $type:ty),+), $expected:literal) => {
        $(#[$doc])*
        pub(super) struct $name($(pub(super) $type),+);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Elements;

                impl<'de> Visitor<'de> for Elements {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<$name, A::Error> {
                        let mut len = 0;
                        $(
                            let Some($element) = array.next_element::<$type>()? else {
                                return Err(A::Error::invalid_length(len, &self));
                            };
                            len += 1;
                        )+
                        while array.next_element::<IgnoredAny>()?.is_some() {
                            len += 1;
                        }
                        if len > [$(stringify!($element)),+].len() {
                            return Err(A::Error::invalid_length(len, &self));
                        }
                        Ok($name($($element),+))
                    }
                }

                deserializer.deserialize_seq(Elements)
            }
        }
    };
}

tuple!(
    /// Two numbers.
    Pair(first: usize, second: usize),
    "two numbers: `dense = [in, out]`, `embedding = [rows, width]`, `fan = [fan_in, fan_out]`"
);

tuple!(
    /// The channels and the kernel of a convolution.
    Conv(inputs: usize, outputs: usize, kernel: Kernel),
    "`[in, out, kernel]`, such as `[3, 64, 7]` or `[3, 64, [5, 7]]`"
);

tuple!(
    /// The channels and the kernel of a depthwise convolution.
    Depthwise(channels: usize, multiplier: usize, kernel: Kernel),
    "`[channels, multiplier, kernel]`, such as `[64, 1, 3]`"
);

/// The sizes of a convolution's kernel.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a kernel size such as 3, or one per axis such as [3, 3]")]
pub(super) enum Kernel {
    /// The same size along each axis.
    Cube(usize),
    Sizes(Vec<usize>),
}

/// Whether a layer has biases, and their scheme.
#[derive(Clone, Deserialize)]
#[serde(untagged, expecting = "expected `true`, `false` or a scheme such as \"zeros\"")]
pub(super) enum BiasText {
    /// Zeros or no biases.
    Has(bool),
    Scheme(String),
}
