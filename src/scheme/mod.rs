//! From a layer to the distribution of its weights. The layer's shape determines a fan. A scheme and the
//! fan determine the standard deviation or the bound.

mod activation;
pub(crate) mod axes;
mod block;
mod dims;
mod foreign;
mod init;
mod layout_name;
mod name;
mod parse_error;
mod quantize;
mod recipe;
mod shape;
mod structured;

pub use self::{
    activation::Activation,
    axes::Layout,
    dims::Dims,
    init::{Family, FanMode, Init},
    layout_name::ParseLayoutError,
    parse_error::ParseInitError,
    shape::{Fan, Shape},
    structured::SubPixel,
};
pub(crate) use self::{
    block::{Block, blocks_of_range},
    recipe::Recipe,
    structured::transpose,
};
