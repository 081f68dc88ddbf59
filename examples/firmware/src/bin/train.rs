//! A network learns to read digits on the device; and on the computer beside it, for comparison.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::fmt::Arguments;

use firmware::{
    network,
    training::{Start, train},
};
use weight_init::PlanMismatch;

const LARGE: usize = 32;
const SMALL: usize = 16;
const MEMORY: usize = network::len(LARGE);

/// Epochs for the large network: fewer where each product is a call of a library.
const EPOCHS: usize = if cfg!(any(target_abi = "eabihf", not(target_os = "none"))) { 8 } else { 2 };

/// Trains what this board can. Whether it went as it should.
fn run(memory: &mut [f32; MEMORY], print: fn(Arguments)) -> Result<bool, PlanMismatch> {
    let mut well = true;
    if cfg!(board = "microbit") {
        // Its first loss is that of the other boards.
        well &= train::<LARGE>(Start::He, 0, memory, print)?;
    } else {
        for start in Start::ALL {
            well &= train::<LARGE>(start, EPOCHS, memory, print)?;
        }
    }
    if cfg!(any(board = "microbit", not(target_os = "none"))) {
        for start in Start::ALL {
            let (small, _) = memory.split_at_mut(network::len(SMALL));
            well &= train::<SMALL>(start, 3, small, print)?;
        }
    }
    Ok(well)
}

#[cfg(target_os = "none")]
mod device {
    use core::panic::PanicInfo;

    use firmware::board::{self, Memory, println};

    /// The weights: all that is in RAM but the stack.
    static WEIGHTS: Memory<[f32; super::MEMORY]> = Memory::new([0.0; super::MEMORY]);

    #[board::entry]
    fn main() -> ! {
        let well = WEIGHTS.take().map(|memory| super::run(memory, |line| println!("{line}")));
        board::exit(well == Some(Ok(true)))
    }

    #[panic_handler]
    fn panic(info: &PanicInfo) -> ! {
        board::panicked(info)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    let well = run(&mut [0.0; MEMORY], |line| println!("{line}"));
    assert_eq!(well, Ok(true), "a start went as it should not");
}
