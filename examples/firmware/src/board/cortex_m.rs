//! Cortex-M: counts instructions by SysTick, which runs on the processor's clock.

use core::arch::asm;
#[cfg(weight_init_fpu = "yes")]
use core::arch::global_asm;

use cortex_m::{
    Peripherals,
    peripheral::{CPUID, SYST, syst::SystClkSource},
};
pub use cortex_m_rt::entry;

// Enables the FPU before `main`. `cortex-m-rt` does so only with the ABI of an FPU.
#[cfg(weight_init_fpu = "yes")]
global_asm!(
    ".global __pre_init",
    ".type __pre_init, %function",
    ".thumb_func",
    "__pre_init:",
    "movw r0, #0xed88", // CPACR: full access to the coprocessors 10 and 11
    "movt r0, #0xe000",
    "ldr r1, [r0]",
    "orr r1, r1, #0xf00000",
    "str r1, [r0]",
    "dsb",
    "isb",
    "bx lr",
);

/// Returns the name of the processor, which has this part number.
pub fn processor() -> &'static str {
    // SAFETY: CPUID is a read-only register at a fixed address on every Cortex-M.
    let id = unsafe { (*CPUID::PTR).base.read() };
    match id >> 4 & 0xfff {
        0xc20 => "Cortex-M0",
        0xc23 => "Cortex-M3",
        0xc24 if cfg!(target_abi = "eabihf") => "Cortex-M4F",
        0xc24 if cfg!(arm_fpu) => "Cortex-M4F, softfp",
        0xc24 => "Cortex-M4",
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

/// Flush-to-zero and default NaN, bits of FPSCR.
#[cfg(arm_fpu)]
pub const FLUSH_TO_ZERO_AND_DEFAULT_NAN: u32 = 3 << 24;

/// Rounding toward zero, bits of FPSCR.
#[cfg(arm_fpu)]
pub const TOWARD_ZERO: u32 = 3 << 22;

/// Runs a function with this FPSCR, and then restores the FPSCR.
#[cfg(arm_fpu)]
#[inline(never)]
pub fn with_fpscr<T>(fpscr: u32, run: fn() -> T) -> T {
    let before: u32;
    // SAFETY: `run` is called by pointer, so that no computation moves from there to before the first instruction or
    // past the last one. The caller's own numbers are computed with the FPSCR that it had.
    unsafe { asm!("vmrs {}, fpscr", "vmsr fpscr, {}", out(reg) before, in(reg) fpscr) };
    let result = core::hint::black_box(run)();
    // SAFETY: as above.
    unsafe { asm!("vmsr fpscr, {}", in(reg) before) };
    result
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
