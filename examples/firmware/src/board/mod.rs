//! The board: text on the emulator's terminal, an exit status, a clock that counts instructions, and a
//! measurement of the stack.
//!
//! All `unsafe` code of the programs is in this module.

#[cfg_attr(target_arch = "arm", path = "cortex_m.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv.rs")]
mod target;

use core::{
    cell::{Cell, UnsafeCell},
    panic::PanicInfo,
};

pub use semihosting::println;
pub use target::{Clock, entry, processor};
#[cfg(arm_fpu)]
pub use target::{FLUSH_TO_ZERO_AND_DEFAULT_NAN, TOWARD_ZERO, with_fpscr};

/// Ends the program and the emulator.
pub fn exit(success: bool) -> ! {
    semihosting::process::exit(i32::from(!success))
}

/// Prints the panic and exits. Every program's `#[panic_handler]` calls it.
pub fn panicked(info: &PanicInfo) -> ! {
    println!("{info}");
    exit(false)
}

/// Memory in a `static`, which can be taken once.
pub struct Memory<T> {
    memory: UnsafeCell<T>,
    taken: Cell<bool>,
}

// SAFETY: the boards have one core, and no program enables an interrupt, so that no two threads of execution
// access `taken` or the memory.
unsafe impl<T: Send> Sync for Memory<T> {}

impl<T> Memory<T> {
    pub const fn new(memory: T) -> Self {
        Self { memory: UnsafeCell::new(memory), taken: Cell::new(false) }
    }

    /// Returns the memory on the first call, and `None` later.
    #[expect(clippy::mut_from_ref, reason = "the memory is returned only once")]
    pub fn take(&'static self) -> Option<&'static mut T> {
        // SAFETY: this is the only reference to the memory, because `taken` was false and is now true.
        (!self.taken.replace(true)).then(|| unsafe { &mut *self.memory.get() })
    }
}

/// Returns the bytes of stack that `run` uses. The free stack is filled with a pattern before the call; words
/// without the pattern after it were used.
#[inline(never)]
pub fn stack_used(run: impl FnOnce()) -> usize {
    const PAINT: u32 = 0x5afe_57ac;
    unsafe extern "C" {
        /// The end of the statics and the limit of the stack, because there is no heap.
        static mut __sheap: u32;
    }
    let bottom = &raw mut __sheap;
    let words = (target::stack_pointer() - bottom as usize) / size_of::<u32>();
    for i in 0..words {
        // SAFETY: this word lies between the end of the statics and the stack pointer, where nothing is alive:
        // there is no heap, and no interrupt pushes onto the stack.
        unsafe { bottom.add(i).write_volatile(PAINT) };
    }
    run();
    // SAFETY: as above. `run` has returned, so that its stack frames are dead.
    let is_painted = |i: &usize| unsafe { bottom.add(*i).read_volatile() == PAINT };
    (words - (0..words).take_while(is_painted).count()) * size_of::<u32>()
}
