//! Whole networks: layers, a plan of their tensors in one flat buffer, and recurrent layers.

mod drawn;
mod layer;
mod pages;
mod plan;
mod plan_draw;
mod recurrent;
mod storage;
mod tensor;

#[cfg(feature = "alloc")]
pub use self::plan::VecPlan;
pub use self::{
    layer::Layer,
    pages::Pages,
    plan::{BorrowedPlan, Plan, PlanMismatch, PlanOf},
    plan_draw::PlanDraw,
    recurrent::Recurrent,
    storage::{Borrowed, Storage},
    tensor::{Role, Tensor, TensorName},
};
