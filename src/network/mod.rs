//! Whole networks: layers, a plan of their tensors in one flat buffer, and recurrent layers.

mod layer;
mod plan;
mod recurrent;
mod tensor;

pub use self::{
    layer::Layer,
    plan::{Pages, Plan, PlanMismatch},
    recurrent::Recurrent,
    tensor::{Role, Tensor, TensorName},
};
