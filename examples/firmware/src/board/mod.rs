//! The board: text to the emulator's terminal, an exit status, a clock that counts instructions, and
//! how deep the stack grew.
//!
//! The programs' only `unsafe` is here.

#[cfg_attr(target_arch = "arm", path = "cortex_m.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv.rs")]
mod target;

use core::{
    cell::{Cell, UnsafeCell},
    panic::PanicInfo,
};

pub use semihosting::println;
pub use target::{Clock, entry, processor};

/// Ends the program, and the emulator with it.
pub fn exit(success: bool) -> ! {
    semihosting::process::exit(i32::from(!success))
}

/// For every program's `#[panic_handler]`.
pub fn panicked(info: &PanicInfo) -> ! {
    println!("{info}");
    exit(false)
}

/// Memory for a `static`, handed out once.
pub struct Memory<T> {
    memory: UnsafeCell<T>,
    taken: Cell<bool>,
}

// SAFETY: there is one core, and no interrupt is enabled.
unsafe impl<T: Send> Sync for Memory<T> {}

impl<T> Memory<T> {
    pub const fn new(memory: T) -> Self {
        Self { memory: UnsafeCell::new(memory), taken: Cell::new(false) }
    }

    /// The memory, the first time it is asked for.
    #[expect(clippy::mut_from_ref, reason = "handed out once")]
    pub fn take(&'static self) -> Option<&'static mut T> {
        // SAFETY: nobody else has it, as `taken` tells.
        (!self.taken.replace(true)).then(|| unsafe { &mut *self.memory.get() })
    }
}

/// Bytes of stack that `run` needs: the free stack is painted, and what lost its paint was used.
#[inline(never)]
pub fn stack_used(run: impl FnOnce()) -> usize {
    const PAINT: u32 = 0x5afe_57ac;
    unsafe extern "C" {
        /// Where the stack may grow to: the end of the statics, as there is no heap.
        static mut __sheap: u32;
    }
    let bottom = &raw mut __sheap;
    let words = (target::stack_pointer() - bottom as usize) / size_of::<u32>();
    for i in 0..words {
        // SAFETY: between the statics and the stack pointer nothing is alive.
        unsafe { bottom.add(i).write_volatile(PAINT) };
    }
    run();
    // SAFETY: the same; what `run` left there is dead.
    let is_painted = |i: &usize| unsafe { bottom.add(*i).read_volatile() == PAINT };
    (words - (0..words).take_while(is_painted).count()) * size_of::<u32>()
}
