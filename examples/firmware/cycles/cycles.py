#!/usr/bin/env python3
"""Runs the program `cost` on a board in QEMU, and adds up the cycles that its instructions take by the manual.

usage: cycles.py QEMU... -kernel PROGRAM

The plugin `count.c` counts how often each instruction of each measurement is executed, and how often each branch is
taken. Prints the table of `cost`, and then the same rows in cycles per value. Where the manual gives a range, both
ends are printed. Fails if `cost` does, or if an upper end exceeds its budget in `budgets.csv`.

This is a model and not a measurement of a chip. It takes every instruction and every datum to be there at once, so it
leaves out wait states of the flash, prefetch buffers and caches, contention for the bus, and interrupts.

The tables:
- Cortex-M0: Arm DDI 0432C, table 3-1, with the multiplier that takes one cycle. With the small one, every `muls`
  takes 31 cycles more.
- Cortex-M3: Arm DDI 0337, "Cortex-M3 instruction set summary" and "Load/store timings".
- Cortex-M4F: Arm DDI 0439B, tables 3-1 and 7-1, and "Load/store timings".
- RV32IMC: the OpenHW Group's CVE2, a processor of two stages made from lowRISC's Ibex, "Pipeline Details", with a
  multiplier of one cycle or of three.
"""
import csv
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CONDITION = "(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
ACCESS = "v?(ldr|str)(b|h|sb|sh)?"
SEVERAL = "v?(push|pop)|v?(ldm|stm)(ia|db)?"
# The names that have a price of their own, without a condition.
PRICED = f"{ACCESS}|{SEVERAL}|ldrd|strd|[us]div|ml[as]|[us]mull|[us]mlal"
JUMP = f"b(l|x|lx)?{CONDITION}?|cbn?z|tb[bh]|b(eq|ne|lt|ge|gt|le)[uz]?|j|jal|jalr|jr|ret"


def registers(operands):
    """Returns the number of registers in a list such as {r4, r5, pc}. A double counts as two."""
    names = re.search("{(.*)}", operands)[1].split(",")
    return sum(2 if name.strip().startswith("d") else 1 for name in names)


# Each of these functions returns the ends of a range of cycles for an instruction, and those of the cycles that a
# jump adds. `before` is the instruction before it.


def cortex_m0(name, operands, before):
    jump = 2, 2
    if re.fullmatch(SEVERAL, name):
        # A return takes one more than the refill.
        cycles = 1 + registers(operands) + ("pc" in operands)
        return (cycles, cycles), jump
    if name == "bl" or re.fullmatch(ACCESS, name):
        return (2, 2), jump
    if name in ("mrs", "msr", "dmb", "dsb", "isb"):
        return (4, 4), jump
    return (1, 1), jump


def cortex_m3(name, operands, before):
    jump = 1, 3
    if re.fullmatch(SEVERAL, name):
        cycles = 1 + registers(operands)
        return (cycles, cycles), jump
    if re.fullmatch(ACCESS, name):
        if re.fullmatch(ACCESS, before[0]):
            # Neighbours overlap.
            return (1, 1), jump
        if "str" in name:
            # With a constant offset it takes no time of its own.
            constant = re.search(r"\[\w+(, #-?\w+)?\]", operands)
            return (1, 1 if constant else 2), jump
        return (2, 2), jump
    if re.match("it[te]*$", name):
        # It may be folded into the instruction before it.
        return (0, 1), jump
    cycles = {
        "ldrd": (3, 3), "strd": (3, 3), "tbb": (2, 2), "tbh": (2, 2), "sdiv": (2, 12), "udiv": (2, 12), "mla": (2, 2),
        "mls": (2, 2), "smull": (3, 5), "umull": (3, 5), "smlal": (4, 7), "umlal": (4, 7),
    }  # fmt: skip
    return cycles.get(name, (1, 1)), jump


def cortex_m4(name, operands, before):
    cycles, jump = cortex_m3(name, operands, before)
    if name in ("mla", "mls", "smull", "umull", "smlal", "umlal"):
        return (1, 1), jump
    if not name.startswith("v") or re.fullmatch(f"{ACCESS}|{SEVERAL}", name):
        return cycles, jump
    if re.match("v(div|sqrt)", name):
        return (14, 14), jump
    if re.match("vn?ml[as]|vfn?m", name):
        return (3, 3), jump
    names = [operand.strip() for operand in operands.split(",")]
    cycles = 2 if name.startswith("vmov") and len(names) > 2 else 1
    # The result of a sum or product is there one cycle late.
    result = before[1].split(",")[0] if re.match("vn?(add|sub|mul)", before[0]) else None
    cycles += result in (names if name.startswith("vcmp") else names[1:])
    return (cycles, cycles), jump


def cve2(name, operands, before):
    jump = (1, 1) if re.fullmatch("j|jal|jalr|jr|ret", name) else (2, 2)
    if re.fullmatch("[ls][bhw]|l[bh]u", name):
        return (2, 2), jump
    if re.fullmatch("(div|rem)u?", name):
        return (38, 38), jump
    if name.startswith("mul"):
        return ((1, 3) if name == "mul" else (2, 4)), jump
    return (1, 1), jump


CORES = {"Cortex-M0": cortex_m0, "Cortex-M3": cortex_m3, "Cortex-M4F": cortex_m4, "RV32IMC": cve2}


def parse(line, core):
    """Returns the name and the operands of an instruction, without its width and condition."""
    # After the address, and on RISC-V after the bytes.
    name, *operands = line.split(maxsplit=3 if core == "RV32IMC" else 2)[2 if core == "RV32IMC" else 1:]
    name = re.sub(r"\.[wn]$", "", name)
    conditional = re.fullmatch(f"(?P<name>{PRICED}){CONDITION}", name)
    return conditional["name"] if conditional else name, "".join(operands).strip()


def calls(trace, core):
    """Yields the number of instructions, and the ends of their cycles, for each call of the measured function."""
    counts, *runs = trace.split("run ")
    # For each run: its length, the ends of its cycles, and those of the cycles that a jump at its end adds.
    prices = {}
    for run in runs:
        number, *lines = run.splitlines()
        low, high, jump, before = 0, 0, (0, 0), ("", "")
        for line in lines:
            instruction = parse(line, core)
            cycles, jump = CORES[core](*instruction, before)
            low, high, before = low + cycles[0], high + cycles[1], instruction
        # In front of the end of a page the plugin may take other instructions for jumps.
        if not re.fullmatch(JUMP, before[0]) and not re.search(r"^pc\b|pc}$", before[1]):
            jump = 0, 0
        prices[number] = len(lines), low, high, jump
    for call in counts.split("call\n")[1:]:
        instructions, low, high = 0, 0, 0
        for line in call.splitlines():
            number, executed, jumped = line.split()
            length, *ends, jump = prices[number]
            instructions += int(executed) * length
            low += int(executed) * ends[0] + int(jumped) * jump[0]
            high += int(executed) * ends[1] + int(jumped) * jump[1]
        yield instructions, low, high


def trace(qemu):
    """Runs QEMU with the plugin. Returns the output of the program and that of the plugin."""
    run = dict(check=True, stdout=subprocess.PIPE, text=True)
    # Version 1 of QEMU's interface ends with QEMU 8, and version 2 begins before that.
    version = re.search(r"version (\d+)", subprocess.run([qemu[0], "--version"], **run).stdout)
    interface = 1 if int(version[1]) < 9 else 2
    symbols = subprocess.run(["nm", qemu[-1]], **run).stdout
    [function] = re.findall(r"^(\w+) . \S*4cost8measured\S*$", symbols, re.M)
    with tempfile.TemporaryDirectory() as folder:
        plugin, out = Path(folder, "count.so"), Path(folder, "trace")
        cc = [os.environ.get("CC", "cc"), "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-fvisibility=hidden"]
        subprocess.run([*cc, f"-DPLUGIN_VERSION={interface}", "-o", plugin, HERE / "count.c"], check=True)
        # The lowest bit of an Arm symbol only says that its code is Thumb.
        options = f"{plugin},function={int(function, 16) & ~1:x},out={out}"
        board = subprocess.run([qemu[0], "-plugin", options, *qemu[1:]], stdout=subprocess.PIPE, text=True)
        print(board.stdout, end="")
        if board.returncode != 0:
            sys.exit(board.returncode)
        return board.stdout, out.read_text()


def show(low, high):
    low, high = round(low), round(high)
    return f"{low}" if low == high else f"{low} to {high}"


def main():
    table, counts = trace(sys.argv[1:])
    heading, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    core = heading[0]
    if core not in CORES:
        return
    with open(HERE / "budgets.csv") as file:
        budgets = {row["cycles per value"]: float(row[core]) for row in csv.DictReader(file)}
    print(f"\n| {core}, cycles | 64 values | all values |\n| --- | ---: | ---: |")
    measured, wrong = calls(counts, core), []
    for name, *figures, _ in rows:
        cells, high = [], 0
        for figure in figures:
            if figure:
                # The figure is in instructions per value.
                instructions, low, high = next(measured)
                low, high = (float(figure) * cycles / instructions for cycles in (low, high))
                figure = show(low, high)
            cells.append(figure)
        print(f"| {name} | {' | '.join(cells)} |")
        budget = budgets.pop(name, high)
        if high > budget:
            wrong.append(f"{name}: {high:.1f} cycles per value on a {core}, and the budget is {budget:g}")
    wrong += [f"{name}: a budget without a row" for name in budgets]
    if next(measured, None):
        wrong.append("more measurements than figures")
    print(*wrong, sep="\n", end="\n" * bool(wrong), file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
