//! RISC-V: the counter of retired instructions.

use core::arch::asm;

use riscv::register::minstret;
pub use riscv_rt::entry;

/// The processor, by its instruction set.
pub fn processor() -> &'static str {
    "RV32IMC"
}

#[inline(always)]
pub fn stack_pointer() -> usize {
    let pointer;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// A counter of instructions.
pub struct Clock;

impl Clock {
    pub fn start() -> Self {
        Self
    }

    /// Instructions that `run` takes: up to 4 × 10⁹.
    pub fn instructions(&self, run: impl FnOnce()) -> f32 {
        let before = minstret::read();
        run();
        minstret::read().wrapping_sub(before) as f32
    }
}
