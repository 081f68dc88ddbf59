//! A network as text: `plan.toml`.

mod error;
mod layer;
mod network;
mod reader;
mod tables;
mod words;

pub use self::{error::PlanError, network::Network};
