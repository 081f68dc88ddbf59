//! Checks the recipes of the chapter on firmware, on a board or on the host.
#![cfg_attr(target_os = "none", no_std, no_main)]

use firmware::recipes::CHECKS;

#[cfg(target_os = "none")]
mod device {
    use core::panic::PanicInfo;

    use firmware::board::{self, println};

    #[board::entry]
    fn main() -> ! {
        for (name, check) in super::CHECKS {
            check();
            println!("{name}: as expected");
        }
        board::exit(true)
    }

    #[panic_handler]
    fn panic(info: &PanicInfo) -> ! {
        board::panicked(info)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    for (name, check) in CHECKS {
        check();
        println!("{name}: as expected");
    }
}
