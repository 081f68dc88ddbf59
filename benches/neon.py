#!/usr/bin/env python3
"""Estimates the cycles per value of the NEON backend on processors that are not at hand.

    benches/neon.py                         prints a table in Markdown
    benches/neon.py --program FILE          with a program that is built already

An emulated processor runs the fills of `benches/instructions` and writes down each instruction. `llvm-mca` then
computes how many cycles the scheduling model of a real processor takes for exactly these instructions, for a long
fill and for one of half the length. The difference is the figure, so that seeding and start-up don't count.

The figures are no measurements. A model knows the latency of each instruction, the units that execute it, and how many
begin in a cycle. It knows nothing of caches, of mispredicted branches, of stores that a load has to wait for, and of
the clock. Two versions of a loop can be compared, and with more care two processors. `rand_distr` looks better here
than it is, because it takes branches that depend on random numbers. LLVM has no model of the
Cortex-A76 and takes that of the Cortex-A57, which is older and narrower.

It needs a toolchain for aarch64-unknown-linux-gnu with a linker, QEMU (qemu-aarch64) and LLVM 19 or newer. The Debian
packages are gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user and llvm-19.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent / "instructions"
TARGET = "aarch64-unknown-linux-gnu"
PROCESSORS = {
    "cortex-a76": "Cortex-A76",
    "neoverse-v1": "Neoverse V1",
    "neoverse-v2": "Neoverse V2",
    "apple-m1": "Apple M1",
}
# The rows: the arguments of the program, without the length.
ROWS = {
    "lanes": ["words", "f32"],
    "fast path": ["fast", "f32"],
    "overhang, for every value": ["overhang", "f32"],
    "uniform": ["uniform", "f32"],
    "normal": ["normal", "f32"],
    "normal into `bf16`": ["normal", "bf16"],
    "normal into `i8`": ["normal", "i8"],
    "normal, portable": ["normal", "f32"],
    "`rand_distr`": ["rand_distr", "f32"],
}
LENGTH = 1 << 12


def tool(name):
    """Returns the newest version of one of LLVM's tools."""
    for version in range(30, 18, -1):
        if path := shutil.which(f"{name}-{version}"):
            return path
    sys.exit(f"{name} 19 or newer is not installed")


def build():
    flags = "-C relocation-model=static -C target-feature=+crt-static"
    command = ["cargo", "build", "--release", "--target", TARGET, "--config"]
    command += [f'target.{TARGET}.rustflags="{flags}"', "--config"]
    command += [f'target.{TARGET}.linker="aarch64-linux-gnu-gcc"']
    subprocess.run(command, cwd=PROGRAM, check=True)
    return PROGRAM / "target" / TARGET / "release" / "instructions"


def assembly(program):
    """Returns each address's instruction, as `llvm-mca` reads it."""
    command = [tool("llvm-objdump"), "--disassemble", "--no-show-raw-insn", program]
    text = subprocess.check_output(command, text=True)
    instructions = {}
    for address, code in re.findall(r"^ *([0-9a-f]+): *\t(.*)$", text, re.M):
        code = re.sub(r"\s*(<|//|;).*", "", code)
        # Addresses become short distances. Nothing is executed, so they don't matter.
        if re.match(r"(b|bl|cbn?z|tbn?z|b\..*|adrp?|ldr)\s", code):
            code = re.sub(r"\b0x[0-9a-f]{6,}$", "#4096" if code.startswith("adrp") else "#8", code)
        instructions[int(address, 16)] = code
    return instructions


def trace(program, arguments, length):
    """Returns the addresses of the instructions that a fill takes, in the order of their execution."""
    with tempfile.NamedTemporaryFile("r") as log:
        command = ["qemu-aarch64", "-singlestep", "-d", "exec,nochain", "-D", log.name]
        subprocess.run([*command, program, *arguments, str(length), "1"], check=True)
        found = (re.search(r"/0*([0-9a-f]+)/[0-9a-f]+/[0-9a-f]+\] (.*)", line) for line in log)
        # The program's own functions, without those of the C library.
        own = re.compile("instructions|weight_init|rand_")
        return [int(match[1], 16) for match in found if match and own.search(match[2])]


def cycles(processor, code):
    command = [tool("llvm-mca"), "-mtriple=aarch64", f"-mcpu={processor}", "-iterations=1"]
    command += ["-instruction-info=0", "-resource-pressure=0"]
    report = subprocess.run(command, input="\n".join(code), capture_output=True, text=True)
    if report.returncode != 0:
        sys.exit(report.stderr[:2000])
    return int(re.search(r"Total Cycles:\s+(\d+)", report.stdout)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, help="a program that is built already")
    program = (parser.parse_args().program or build()).resolve()
    instructions = assembly(program)
    print(f"| cycles per value | instructions | {' | '.join(PROCESSORS.values())} |")
    print(f"| --- |{' ---: |' * (len(PROCESSORS) + 1)}")
    pool = ThreadPoolExecutor()
    for row, (sampler, slot) in ROWS.items():
        backend = "portable" if "portable" in row else "neon"
        traces = [trace(program, [backend, sampler, slot], n) for n in (LENGTH, 2 * LENGTH)]
        codes = [[instructions[address] for address in addresses] for addresses in traces]
        short, long = ([len(code), *pool.map(cycles, PROCESSORS, repeat(code))] for code in codes)
        figures = [(b - a) / LENGTH for a, b in zip(short, long)]
        print(f"| {row} | {' | '.join(f'{figure:.2f}' for figure in figures)} |", flush=True)


if __name__ == "__main__":
    main()
