"""Arrays of NumPy hold the bits of stream format 1."""

import ml_dtypes
import numpy as np
import pytest
import vectors

from weight_init import Init, Shape, Stream, fill

S42 = Stream(42)
ENDLESS = Shape([2**63 - 1])

DRAWN = [
    ("NORMAL", "normal(std=1)", S42),
    ("SHIFTED", "normal(mean=-1.5, std=0.3)", S42),
    ("TRUNCATED", "truncated_normal(std=1)", S42),
    ("TRUNCATED_SHIFTED", "truncated_normal(mean=-1.5, std=0.3)", S42),
    ("CUT_3", "truncated_normal(std=1, cut=3)", S42),
    ("UNIFORM", "uniform(low=-0.1, high=0.1)", S42),
    ("LOPSIDED", "uniform(low=-0.25, high=1)", S42),
    ("OVERHANG", "normal(std=1)", S42),
    ("TRUNCATED_OVERHANG", "truncated_normal(std=1)", S42),
    ("NAMED", "normal(std=1)", Stream(0).named("fc1.weight")),
    ("SUBSTREAM", "normal(std=1)", Stream(2**64 - 1).substream(7).substream(8)),
]


@pytest.mark.parametrize(("name", "scheme", "stream"), DRAWN)
def test_single_values(name, scheme, stream):
    seen = 0
    for index, bits in vectors.values(name):
        if index < 2**63 - 1:
            value = np.empty(1, np.float32)
            fill(value, scheme, stream=stream, shape=ENDLESS, start=index)
            assert value.view(np.uint32)[0] == bits, index
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize("name", ["HE_NORMAL", "HE_UNIFORM", "XAVIER_NORMAL", "XAVIER_UNIFORM", "LECUN_NORMAL"])
def test_schemes(name):
    weights = np.empty((8, 3, 3, 3), np.float32)
    fill(weights, name.lower(), stream=S42)
    for index, bits in vectors.values(name):
        assert weights.reshape(-1).view(np.uint32)[index] == bits


@pytest.mark.parametrize(
    ("name", "dtype", "fraction_bits"),
    [
        ("I8", np.int8, 6),
        ("I16", np.int16, 15),
        ("I32", np.int32, 31),
        ("F16", np.float16, None),
        ("BF16", ml_dtypes.bfloat16, None),
    ],
)
def test_formats(name, dtype, fraction_bits):
    count, expected = vectors.hashed(name)
    array = np.empty(count, dtype)
    fill(array, "normal(std=0.5)", stream=S42, fraction_bits=fraction_bits)
    assert vectors.fnv(array) == expected


@pytest.mark.parametrize("threads", [1, 2, 0])
def test_many_values(threads):
    # NORMAL_HASH has 2**20 values, which takes Python's hash a second.
    count, expected = vectors.hashed("TRUNCATED")
    array = np.empty(count, np.float32)
    fill(array, "truncated_normal(std=1)", stream=S42, threads=threads)
    assert vectors.fnv(array) == expected


def test_orthogonal():
    weights = np.empty((20, 33), np.float32)
    fill(weights, "orthogonal(gain=1.5)", stream=S42)
    assert vectors.fnv(weights) == vectors.hashed("ORTHOGONAL")[1]


def test_a_block_column_by_column():
    block = np.empty((21, 40), np.float32).T
    fill(block, "he_normal", stream=S42, shape=[96, 64], block=[45, 7])
    assert vectors.fnv(block.T) == vectors.hashed("BLOCK")[1]


def test_a_block_of_a_packed_tensor():
    shape = Shape([5, 28], layout="in_out", packed=4)
    assert shape.dims == (5, 28) and shape.fan == (5, 7)
    block = np.empty((3, 17), np.float32)
    fill(block, "xavier_uniform", stream=S42, shape=shape, block=[1, 5])
    assert vectors.fnv(block) == vectors.hashed("PACKED_BLOCK")[1]


def test_a_plain_name_is_the_scheme_of_that_name():
    assert Init("kaiming_normal_") == Init("he_normal") != Init.from_keras("HeNormal")
