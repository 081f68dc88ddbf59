#!/usr/bin/env python3
"""Writes the test vectors of tests/vectors.rs that C programs can compute as a C header, to standard output."""

import re
from pathlib import Path

rust = (Path(__file__).parent / "../../tests/vectors.rs").read_text()

print("#include <stdint.h>\n")
print("typedef struct vector { uint64_t index; uint32_t bits; } vector;")
for name in "HE_NORMAL HE_UNIFORM XAVIER_NORMAL XAVIER_UNIFORM LECUN_NORMAL LECUN_UNIFORM NAMED SUBSTREAM".split():
    table = re.search(rf"pub const {name}: \[\(u64, u32\); \d+\] = \[(.*?)\];", rust, re.S)
    rows = re.findall(r"\((\w+), (0x\w+)\)", table[1])
    print(f"static const vector {name}[] = {{{', '.join(f'{{{i}u, {bits}u}}' for i, bits in rows)}}};")
for name in "NORMAL PLAN ORTHOGONAL I8 I16 I32 F16 BF16".split():
    count, value = re.search(rf"pub const {name}_HASH: .* = \((\d+), (0x\w+)\)", rust).groups()
    print(f"enum {{ {name}_COUNT = {count} }};")
    print(f"static const uint64_t {name}_HASH = {value}u;")
