//! The fills that `run.mjs` times. Each takes the number of the fill, which is its seed, and the number of values.
#![no_std]

use core::{cell::UnsafeCell, panic::PanicInfo, slice};

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use weight_init::{Init, Shape, Stream};

const MOST: usize = 1 << 20;

/// WebAssembly runs these functions on one thread.
struct Buffer(UnsafeCell<[f32; MOST]>);

// SAFETY: the module is not built with threads.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0.0; MOST]));

/// Returns the address of the values.
#[unsafe(no_mangle)]
pub extern "C" fn buffer() -> *const f32 {
    BUFFER.0.get().cast()
}

fn slots(len: usize) -> &'static mut [f32] {
    // SAFETY: each exported function uses the buffer alone and keeps no reference to it.
    unsafe { slice::from_raw_parts_mut(BUFFER.0.get().cast(), len.min(MOST)) }
}

fn fill(init: Init, seed: u32, len: usize) {
    let (shape, out) = (Shape::dense(len, 1), slots(len));
    init.fill(Stream::new(seed.into()), &shape, out).expect("a sound request");
}

#[unsafe(no_mangle)]
pub extern "C" fn he_normal(seed: u32, len: usize) {
    fill(Init::he_normal(), seed, len);
}

#[unsafe(no_mangle)]
pub extern "C" fn he_uniform(seed: u32, len: usize) {
    fill(Init::he_uniform(), seed, len);
}

#[unsafe(no_mangle)]
pub extern "C" fn rand_distr_normal(seed: u32, len: usize) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed.into());
    let std = 0.05;
    for slot in slots(len) {
        let z: f32 = StandardNormal.sample(&mut rng);
        *slot = std * z;
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
