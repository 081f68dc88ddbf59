//! The tables of a plan as they stand in the text.

use serde::Deserialize;
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
    pub(super) dense: Option<Spanned<[usize; 2]>>,
    pub(super) conv1d: Option<Spanned<(usize, usize, Kernel)>>,
    pub(super) conv2d: Option<Spanned<(usize, usize, Kernel)>>,
    pub(super) conv3d: Option<Spanned<(usize, usize, Kernel)>>,
    pub(super) depthwise2d: Option<Spanned<(usize, usize, Kernel)>>,
    pub(super) embedding: Option<Spanned<[usize; 2]>>,
    pub(super) norm: Option<Spanned<usize>>,
    pub(super) shape: Option<Spanned<Vec<usize>>>,

    pub(super) groups: Option<Spanned<usize>>,
    #[serde(default)]
    pub(super) transposed: bool,
    pub(super) layout: Option<Spanned<String>>,
    pub(super) stacked: Option<usize>,
    pub(super) packed: Option<usize>,
    pub(super) fan: Option<[usize; 2]>,

    pub(super) activation: Option<Spanned<String>>,
    pub(super) init: Option<Spanned<String>>,
    pub(super) residual: Option<usize>,
    pub(super) bias: Option<Spanned<BiasText>>,
}

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
