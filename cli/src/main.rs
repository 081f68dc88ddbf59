//! The program `weight-init`. See [`weight_init_cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    weight_init_cli::command::main()
}
