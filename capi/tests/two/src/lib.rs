//! Another Rust library with a panic handler of its own, for a C program that links two.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

/// Returns a / b. It panics if b is 0, so that the handler is needed.
#[unsafe(no_mangle)]
pub extern "C" fn other_divide(a: u32, b: u32) -> u32 {
    a / b
}
