//! A network as text: `plan.toml`.

mod error;
mod network;
mod tables;
mod words;

pub use self::{error::PlanError, network::Network};
