//! Cortex-M: counts instructions by SysTick, which runs on the processor's clock.

use core::arch::asm;

use cortex_m::{
    Peripherals,
    peripheral::{CPUID, SYST, syst::SystClkSource},
};
pub use cortex_m_rt::entry;

/// Returns the name of the processor, which has this part number.
pub fn processor() -> &'static str {
    // SAFETY: CPUID is a read-only register at a fixed address on every Cortex-M.
    let id = unsafe { (*CPUID::PTR).base.read() };
    match id >> 4 & 0xfff {
        0xc20 => "Cortex-M0",
        0xc23 => "Cortex-M3",
        0xc24 => "Cortex-M4F",
        0xc27 => "Cortex-M7",
        _ => "an unknown processor",
    }
}

/// Returns the stack pointer of the caller, into which this is inlined.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let pointer;
    // SAFETY: the instruction only copies the stack pointer to a register that the compiler chose.
    unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// SysTick counts down from this value, in 24 bits.
const RELOAD: u32 = 0x00ff_ffff;

/// Under `-icount shift=0` an instruction takes one virtual nanosecond. QEMU's clock is 16 MHz on the
/// microbit and 25 MHz on the MPS2.
const INSTRUCTIONS_PER_TICK: f32 = if cfg!(board = "microbit") { 62.5 } else { 40.0 };

/// A counter of instructions.
pub struct Clock;

impl Clock {
    /// Starts SysTick when called for the first time.
    pub fn start() -> Self {
        if let Some(Peripherals { mut SYST, .. }) = Peripherals::take() {
            SYST.set_clock_source(SystClkSource::Core);
            SYST.set_reload(RELOAD);
            SYST.clear_current();
            SYST.enable_counter();
        }
        Self
    }

    /// Returns the instructions that `run` takes, up to 6 × 10⁸, accurate to a tick.
    pub fn instructions(&self, run: impl FnOnce()) -> f32 {
        let before = SYST::get_current();
        run();
        let ticks = before.wrapping_sub(SYST::get_current()) & RELOAD;
        ticks as f32 * INSTRUCTIONS_PER_TICK
    }
}
