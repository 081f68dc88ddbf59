//! Cortex-M: SysTick, driven by the processor's clock.

use cortex_m::{Peripherals, peripheral::SYST, peripheral::syst::SystClkSource};
pub use cortex_m_rt::entry;

/// Virtual nanoseconds per tick: QEMU drives the microbit's processor with 16 MHz, the MPS2's with
/// 25 MHz. Under `-icount shift=0` that many instructions.
const INSTRUCTIONS_PER_TICK: f32 = if cfg!(board = "microbit") { 62.5 } else { 40.0 };

const RELOAD: u32 = 0x00ff_ffff;

pub struct Clock;

impl Clock {
    /// Starts SysTick. To be called once.
    pub fn start() -> Self {
        if let Some(mut peripherals) = Peripherals::take() {
            peripherals.SYST.set_clock_source(SystClkSource::Core);
            peripherals.SYST.set_reload(RELOAD);
            peripherals.SYST.clear_current();
            peripherals.SYST.enable_counter();
        }
        Self
    }

    /// Instructions that `run` takes, up to 6 × 10⁸, give or take a tick.
    pub fn instructions(&self, run: impl FnOnce()) -> f32 {
        let before = SYST::get_current();
        run();
        let ticks = before.wrapping_sub(SYST::get_current()) & RELOAD;
        ticks as f32 * INSTRUCTIONS_PER_TICK
    }
}
