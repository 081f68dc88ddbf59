"""The vectors of `tests/vectors.rs`, which were computed without the library."""

import pathlib
import re

import numpy as np

TEXT = (pathlib.Path(__file__).resolve().parents[2] / "tests" / "vectors.rs").read_text(encoding="utf-8")


def values(name):
    """Returns the pairs (index, bits of the value)."""
    body = re.search(rf"pub const {name}: \[\(u64, u32\); (\d+)\] = \[(.*?)\];", TEXT, re.S)
    pairs = [(int(index), int(bits, 16)) for index, bits in re.findall(r"\((\d+), (0x\w+)\)", body[2])]
    assert len(pairs) == int(body[1]) > 0
    return pairs


def hashed(name):
    """Returns the number of values and the hash of their bytes."""
    body = re.search(rf"pub const {name}_HASH: \(u64, u64\) = \((\d+), (0x\w+)\);", TEXT)
    return int(body[1]), int(body[2], 16)


def fnv(array):
    """Returns the 64-bit FNV-1a hash of the little-endian bytes of an array."""
    result = 0xCBF29CE484222325
    for byte in np.ascontiguousarray(array).tobytes():
        result = (result ^ byte) * 0x100000001B3 % 2**64
    return result
