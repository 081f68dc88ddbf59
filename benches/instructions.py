#!/usr/bin/env python3
"""Counts the instructions that one value takes, for every sampler and slot, with the AVX2 backend.

    benches/instructions.py             prints the figures beside those of the record
    benches/instructions.py --check     fails if one is more than 3 % above the record
    benches/instructions.py --record    writes the record

Instruction counts are the same in every run, so they show a loss of 3 % on a busy machine, where
wall time doesn't. They depend on the compiler: the record names its version, and figures of two
versions are not comparable. Wall time is measured by `benches/fill.rs` and `benches/stages.rs`.

Valgrind 3.19 counts the instructions. It has no AVX-512, so the other backends are not counted. Each
figure is (instructions of a run with fills - instructions of a run without) / number of values.
"""

import argparse
import csv
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BENCHES = Path(__file__).resolve().parent
PROGRAM = BENCHES / "instructions"
RECORD = BENCHES / "records" / "instructions-avx2.csv"
FIELDS = ["sampler", "slot", "length", "instructions"]
TOLERANCE = 1.03

SAMPLERS = [
    "normal",
    "normal_mean",
    "truncated",
    "truncated_mean",
    "uniform",
    "uniform_asymmetric",
]
SLOTS = ["f32", "bf16", "f16", "i8", "i16", "u8", "i32"]
LARGE, SMALL = 1 << 20, 64

# (sampler, slot, length of a fill, number of fills)
CASES = [(sampler, slot, LARGE, 1) for sampler in SAMPLERS for slot in SLOTS]
CASES += [(stage, "f32", LARGE, 1) for stage in ["words", "fast", "overhang"]]
CASES += [("orthogonal", "f32", 256 * 256, 1)]
# Small fills begin within a group, so that they take the code for the parts of a block.
CASES += [(sampler, slot, SMALL, 4096) for sampler in ["normal", "uniform"] for slot in SLOTS]


def count(program, sampler, slot, length, fills):
    """Returns the number of instructions of one run."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "avx2"]
    command += [sampler, slot, str(length), str(fills)]
    run = subprocess.run(command, capture_output=True, text=True, env={"LC_ALL": "C"})
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{run.stderr}")
    return int(run.stderr.split("Collected : ")[1].split()[0])


def measure(program):
    """Returns the instructions per value of all cases."""

    def per_value(case):
        sampler, slot, length, fills = case
        with_fills = count(program, sampler, slot, length, fills)
        without = count(program, sampler, slot, length, 0)
        return (with_fills - without) / (length * fills)

    with ThreadPoolExecutor() as pool:
        figures = pool.map(per_value, CASES)
    return {case[:3]: figure for case, figure in zip(CASES, figures)}


def compiler():
    return subprocess.check_output(["rustc", "--version"], text=True).strip()


def read_record():
    """Returns the compiler of the record, and its figures."""
    with RECORD.open() as file:
        version = next(file).lstrip("# ").strip()
        rows = csv.DictReader(file)
        return version, {
            (row["sampler"], row["slot"], int(row["length"])): float(row["instructions"])
            for row in rows
        }


def write_record(figures):
    with RECORD.open("w") as file:
        file.write(f"# {compiler()}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows([*case, f"{figure:.3f}"] for case, figure in figures.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, help="a program that is built already")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="fail if a figure is above the record")
    group.add_argument("--record", action="store_true", help="write the record")
    args = parser.parse_args()

    program = args.program
    if program is None:
        subprocess.run(["cargo", "build", "--release"], cwd=PROGRAM, check=True)
        program = PROGRAM / "target" / "release" / "instructions"
    figures = measure(program)
    if args.record:
        return write_record(figures)

    version, recorded = read_record()
    if args.check and version != compiler():
        print(f"not checked: the record is of {version}, and this is {compiler()}")
        return
    too_many = []
    for case, figure in figures.items():
        before = recorded.get(case, float("nan"))
        print(f"{' '.join(map(str, case)):36} {before:9.3f} {figure:9.3f} {figure / before:7.3f}")
        if not figure <= before * TOLERANCE:
            too_many.append(case)
    if args.check and too_many:
        sys.exit(f"more than 3 % above the record, or not in it: {too_many}")


if __name__ == "__main__":
    main()
