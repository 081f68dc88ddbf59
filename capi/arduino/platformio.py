"""Links the library that suits the processor, which PlatformIO knows. Untested."""
# ruff: noqa: F821 (PlatformIO gives Import, Dir and DefaultEnvironment)

from pathlib import Path

Import("env")

board = env.BoardConfig()
abi = "hf" if any("float-abi=hard" in str(flag) for flag in env.get("CCFLAGS", [])) else ""
targets = {
    "cortex-m0": "thumbv6m-none-eabi",
    "cortex-m0plus": "thumbv6m-none-eabi",
    "cortex-m23": "thumbv6m-none-eabi",
    "cortex-m3": "thumbv7m-none-eabi",
    "cortex-m4": "thumbv7em-none-eabi" + abi,
    "cortex-m7": "thumbv7em-none-eabi" + abi,
    "cortex-m33": "thumbv8m.main-none-eabihf" if abi else "thumbv7em-none-eabi",
    "esp32c3": "riscv32imc-unknown-none-elf",
}
processor = board.get("build.cpu", board.get("build.mcu"))
if processor not in targets:
    raise SystemExit(f"weight_init has no library for {processor}")
library = Path(Dir(".").srcnode().abspath) / "lib" / targets[processor]
# The global environment links the program; `env` is that of this library.
DefaultEnvironment().Append(LIBPATH=[str(library)], LIBS=["weight_init"])
