//! Cortex-M: SysTick, driven by the processor's clock.

use core::arch::asm;

use cortex_m::{
    Peripherals,
    peripheral::{CPUID, SYST, syst::SystClkSource},
};
pub use cortex_m_rt::entry;

/// The processor, by its part number.
pub fn processor() -> &'static str {
    // SAFETY: reads a register that never changes.
    let id = unsafe { (*CPUID::PTR).base.read() };
    match id >> 4 & 0xfff {
        0xc20 => "Cortex-M0",
        0xc23 => "Cortex-M3",
        0xc24 => "Cortex-M4F",
        0xc27 => "Cortex-M7",
        _ => "an unknown processor",
    }
}

#[inline(always)]
pub fn stack_pointer() -> usize {
    let pointer;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// SysTick counts down, 24 bits.
const RELOAD: u32 = 0x00ff_ffff;

/// QEMU drives the microbit's processor with 16 MHz and the MPS2's with 25 MHz, and an instruction
/// takes a virtual nanosecond.
const INSTRUCTIONS_PER_TICK: f32 = if cfg!(board = "microbit") { 62.5 } else { 40.0 };

/// A counter of instructions.
pub struct Clock;

impl Clock {
    /// Starts SysTick, once.
    pub fn start() -> Self {
        if let Some(Peripherals { mut SYST, .. }) = Peripherals::take() {
            SYST.set_clock_source(SystClkSource::Core);
            SYST.set_reload(RELOAD);
            SYST.clear_current();
            SYST.enable_counter();
        }
        Self
    }

    /// Instructions that `run` takes: up to 6 × 10⁸, give or take a tick.
    pub fn instructions(&self, run: impl FnOnce()) -> f32 {
        let before = SYST::get_current();
        run();
        let ticks = before.wrapping_sub(SYST::get_current()) & RELOAD;
        ticks as f32 * INSTRUCTIONS_PER_TICK
    }
}
