//! From a layer to the distribution of its weights. The layer's shape determines a fan. A scheme and the
//! fan determine the standard deviation or the bound.

mod activation;
pub(crate) mod axes;
mod fill;
mod init;
mod layout_name;
mod name;
mod shape;
mod structured;

pub use self::{
    activation::Activation,
    axes::Layout,
    init::{Family, FanMode, Init},
    layout_name::ParseLayoutError,
    name::ParseInitError,
    shape::{Dims, Fan, Shape},
    structured::{
        SubPixel,
        orthogonal::{fill_orthogonal, fill_orthogonal_with},
    },
};
pub(crate) use self::{init::Recipe, structured::transpose};
