//! Trains a network to recognise digits, on a board or, for comparison, on the host.
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

/// Epochs of the large network. There are fewer without an FPU, where each product is a library call.
const EPOCHS: usize = if cfg!(any(target_abi = "eabihf", not(target_os = "none"))) { 8 } else { 2 };

/// Trains the networks that fit this board. Returns whether all results are as expected.
fn run(memory: &mut [f32; MEMORY], print: fn(Arguments)) -> Result<bool, PlanMismatch<'static>> {
    let mut expected = true;
    if cfg!(board = "microbit") {
        // Training would take too long. The first loss is compared with the other boards'.
        expected &= train::<LARGE>(Start::He, 0, memory, print)?;
    } else {
        for start in Start::ALL {
            expected &= train::<LARGE>(start, EPOCHS, memory, print)?;
        }
    }
    if cfg!(any(board = "microbit", not(target_os = "none"))) {
        for start in Start::ALL {
            let (small, _) = memory.split_at_mut(network::len(SMALL));
            expected &= train::<SMALL>(start, 3, small, print)?;
        }
    }
    Ok(expected)
}

#[cfg(target_os = "none")]
mod device {
    use core::panic::PanicInfo;

    use firmware::board::{self, Memory, println};

    /// The weights, which are everything in RAM except the stack.
    static WEIGHTS: Memory<[f32; super::MEMORY]> = Memory::new([0.0; super::MEMORY]);

    #[board::entry]
    fn main() -> ! {
        let expected = WEIGHTS.take().map(|memory| super::run(memory, |line| println!("{line}")));
        board::exit(expected == Some(Ok(true)))
    }

    #[panic_handler]
    fn panic(info: &PanicInfo) -> ! {
        board::panicked(info)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    let expected = run(&mut [0.0; MEMORY], |line| println!("{line}"));
    assert_eq!(expected, Ok(true), "a training did not end as expected");
}
