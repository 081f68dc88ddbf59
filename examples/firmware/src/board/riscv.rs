//! RISC-V: the counter of retired instructions.

use riscv::register::minstret;
pub use riscv_rt::entry;

pub struct Clock;

impl Clock {
    pub fn start() -> Self {
        Self
    }

    /// Instructions that `run` takes, up to 4 × 10⁹.
    pub fn instructions(&self, run: impl FnOnce()) -> f32 {
        let before = minstret::read();
        run();
        minstret::read().wrapping_sub(before) as f32
    }
}
