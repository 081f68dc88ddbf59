//! A panic handler that can't be linked, so that a program with it builds only if its code contains no panic.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    unsafe extern "C" {
        safe fn a_panic_is_left() -> !;
    }
    a_panic_is_left()
}
