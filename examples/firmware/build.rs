//! Chooses the board of the target, and writes its memory map for the linker.

use std::{env, fs, path::Path};

fn main() {
    let target = env::var("TARGET").unwrap();
    println!("cargo:rerun-if-changed=build.rs");
    println!(r#"cargo:rustc-check-cfg=cfg(board, values("microbit", "mps2", "virt"))"#);
    println!(r#"cargo:rustc-check-cfg=cfg(weight_init_fpu, values("yes", "no"))"#);
    println!("cargo:rustc-check-cfg=cfg(arm_fpu)");

    let arm = |flash: &str, ram: &str| {
        format!(
            "MEMORY {{
                FLASH : ORIGIN = 0x00000000, LENGTH = {flash}
                RAM   : ORIGIN = 0x20000000, LENGTH = {ram}
            }}"
        )
    };
    let (board, memory) = match &*target {
        // nRF51822.
        "thumbv6m-none-eabi" => ("microbit", arm("256K", "16K")),
        // AN385, AN386 and AN500: Cortex-M3, M4 and M7.
        "thumbv7m-none-eabi" | "thumbv7em-none-eabi" | "thumbv7em-none-eabihf" => {
            ("mps2", arm("4M", "4M"))
        }
        "riscv32imc-unknown-none-elf" | "riscv32imafc-unknown-none-elf" => (
            "virt",
            "MEMORY {
                FLASH : ORIGIN = 0x80000000, LENGTH = 1M
                RAM   : ORIGIN = 0x80100000, LENGTH = 1M
            }
            REGION_ALIAS(\"REGION_TEXT\", FLASH);
            REGION_ALIAS(\"REGION_RODATA\", FLASH);
            REGION_ALIAS(\"REGION_DATA\", RAM);
            REGION_ALIAS(\"REGION_BSS\", RAM);
            REGION_ALIAS(\"REGION_HEAP\", RAM);
            REGION_ALIAS(\"REGION_STACK\", RAM);"
                .to_owned(),
        ),
        // The host, which needs no linker script.
        _ => return,
    };
    println!(r#"cargo:rustc-cfg=board="{board}""#);
    let is = |variable, value| env::var(variable).is_ok_and(|given| given == value);
    if is("CARGO_CFG_TARGET_ABI", "eabihf")
        || is("CARGO_CFG_TARGET_ARCH", "arm") && is("CARGO_CFG_WEIGHT_INIT_FPU", "yes")
    {
        println!("cargo:rustc-cfg=arm_fpu");
    }

    let out = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("memory.x"), memory).unwrap();
    println!("cargo:rustc-link-search={out}");
    if board == "virt" {
        println!("cargo:rustc-link-arg=-Tmemory.x");
    }
    println!("cargo:rustc-link-arg=-Tlink.x");
    println!("cargo:rustc-link-arg=--nmagic");
    // `boards.sh` adds up the sizes of the sections in these maps.
    for program in ["he", "plan", "verify"] {
        println!("cargo:rustc-link-arg-bin={program}=-Map={out}/../../../{program}.map");
    }
}
