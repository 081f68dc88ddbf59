//! RISC-V: counts instructions by the processor's own counter.

use core::arch::asm;

use riscv::register::minstret;
pub use riscv_rt::entry;

/// Returns the instruction set.
pub fn processor() -> &'static str {
    // F contains Zicsr, and the stable compiler reports only that.
    if cfg!(target_feature = "zicsr") { "RV32IMAFC" } else { "RV32IMC" }
}

/// Returns the stack pointer of the caller, into which this is inlined.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let pointer;
    // SAFETY: the instruction only copies the stack pointer to a register that the compiler chose.
    unsafe { asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// A counter of instructions.
pub struct Clock;

impl Clock {
    /// Does nothing, because the counter always runs.
    pub fn start() -> Self {
        Self
    }

    /// Returns the instructions that `run` takes, up to 4 × 10⁹.
    pub fn instructions(&self, run: impl FnOnce()) -> f32 {
        let before = minstret::read();
        run();
        minstret::read().wrapping_sub(before) as f32
    }
}
