"""Writes slots.csv: how NumPy, PyTorch and ONNX round an `f32` to the formats of a slot.

This file uses no code of the crate. Integers, by each system's own way:

    numpy   clip(rint(x * (1 / scale)) + zero_point), all in float32
    torch   torch.quantize_per_tensor to qint8, quint8 or qint32
    onnx    QuantizeLinear of the reference evaluator: saturate(round(x / scale) + zero_point)

The values are ties and their neighbours, both ends of the range, values that the two ways to divide round
differently, and random ones. Floats: `astype(float16)` and `Tensor.to`.

Run it from any folder. It takes seconds:
`pip install torch==2.15.0 numpy==2.4.6 onnx==1.23.2`, `python tests/data/slots.py`.
"""

import pathlib
import platform

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

OUT = pathlib.Path(__file__).resolve().with_suffix(".csv")
F32 = np.float32
FORMATS = {"i8": np.int8, "u8": np.uint8, "i16": np.int16, "i32": np.int32}
TORCH = {"i8": torch.qint8, "u8": torch.quint8, "i32": torch.qint32}
ONNX = {"i8": TensorProto.INT8, "u8": TensorProto.UINT8, "i16": TensorProto.INT16}


def by_numpy(slot, scale, zero_point, x):
    info = np.iinfo(FORMATS[slot])
    steps = np.rint(x * (F32(1) / scale)).astype(F32)
    assert steps.dtype == F32
    # From here on in float64, because float32 can't hold the largest int32.
    return np.clip(steps.astype(np.float64) + zero_point, info.min, info.max).astype(np.int64)


def by_torch(slot, scale, zero_point, x):
    if slot not in TORCH:
        return [""] * len(x)
    quantized = torch.quantize_per_tensor(torch.from_numpy(x), float(scale), zero_point, TORCH[slot])
    return quantized.int_repr().to(torch.int64).numpy()


def by_onnx(slot, scale, zero_point, x):
    if slot not in ONNX:
        return [""] * len(x)
    node = helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["y"])
    graph = helper.make_graph(
        [node],
        "quantize",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [None]),
            helper.make_tensor_value_info("scale", TensorProto.FLOAT, []),
            helper.make_tensor_value_info("zero", ONNX[slot], []),
        ],
        [helper.make_tensor_value_info("y", ONNX[slot], [None])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)])
    feeds = {"x": x, "scale": scale, "zero": np.array(zero_point, FORMATS[slot])}
    return ReferenceEvaluator(model).run(None, feeds)[0].astype(np.int64)


def values(slot, scale, zero_point, rng):
    """Returns values for all kinds of roundings."""
    info = np.iinfo(FORMATS[slot])
    low, high = info.min - zero_point, info.max - zero_point
    steps = [0.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, low - 0.5, low + 0.5, high - 0.5, high + 0.5, low, high]
    x = (np.array(steps) * np.float64(scale)).astype(F32)
    x = np.concatenate([x, np.nextafter(x[1:5], F32(np.inf)), np.nextafter(x[1:5], F32(-np.inf))])
    reach = min(info.max, 1 << 20)
    drawn = (rng.uniform(-1.2, 1.2, 100_000) * reach * np.float64(scale)).astype(F32)
    differ = np.rint(drawn * (F32(1) / scale)) != np.rint(drawn / scale)
    return np.concatenate([x, drawn[:6], drawn[differ][:2], F32([1e-45, -3e38, 3e38])])


def integer_rows(rng):
    quantizations = [("i8", 2.0**-7, 0), ("i8", 2.0**-9, 0), ("i8", 2.0**-10, 0), ("i8", 0.006, 0)]
    quantizations += [("u8", 0.006, 128), ("u8", 0.1, 3), ("u8", 2.0**-7, 128), ("i16", 2.0**-15, 0)]
    quantizations += [("i16", 1 / 3000, 0), ("i32", 2.0**-31, 0), ("i32", 1e-6, 0)]
    for slot, scale, zero_point in quantizations:
        scale = F32(scale)
        x = values(slot, scale, zero_point, rng)
        columns = [system(slot, scale, zero_point, x) for system in (by_numpy, by_torch, by_onnx)]
        for x, *results in zip(x, *columns):
            yield [slot, bits(scale), zero_point, bits(x), *results]


def float_rows(rng):
    x = np.concatenate([
        # Ties of both formats, and their neighbours.
        (np.arange(0x3f80_0000, 0x3f84_0000, 0x1000, np.uint32)[:24]).view(F32),
        (0x3f80_8000 + np.array([-1, 0, 1, 0x10000 - 1, 0x10000, 0x10001])).astype(np.uint32).view(F32),
        # Subnormal in `f16`, and its largest.
        F32([6.1e-5, 3.05e-5, 2.98e-8, 2.99e-8, 8.9e-8, 65503.9, 65519.99, 1e-45, 1e-40]),
        rng.standard_normal(8).astype(F32),
    ])
    tensor = torch.from_numpy(x)
    halves = x.astype(np.float16).view(np.uint16)
    torch_halves = tensor.to(torch.float16).view(torch.uint16).numpy()
    brains = tensor.to(torch.bfloat16).view(torch.uint16).numpy()
    for x, half, torch_half, brain in zip(x, halves, torch_halves, brains):
        yield ["f16", "", "", bits(x), half, torch_half, ""]
        yield ["bf16", "", "", bits(x), "", brain, ""]


def bits(x):
    return f"{np.array(x, F32).view(np.uint32):#010x}"


def rounds_what_it_draws(length):
    """Returns whether PyTorch's `bf16` normals are its `f32` normals, rounded."""
    torch.manual_seed(1)
    single = torch.empty(length).normal_(0, 0.02)
    torch.manual_seed(1)
    return bool(torch.equal(torch.empty(length, dtype=torch.bfloat16).normal_(0, 0.02), single.bfloat16()))


def main():
    rng = np.random.default_rng(14)
    lines = [
        f"# Written by slots.py with Python {platform.python_version()}, numpy {np.__version__}, "
        f"torch {torch.__version__.split('+')[0]}, onnx {onnx.__version__}.",
        "# scale and value are the bits of an f32. numpy, torch and onnx are the slots: integers, or the bits of a float.",
        f"# torch's bf16 normal_ is its f32 normal_ rounded: {rounds_what_it_draws(8)} for 8 values, "
        f"{rounds_what_it_draws(4096)} for 4096.",
        "slot,scale,zero_point,value,numpy,torch,onnx",
    ]
    rows = [*integer_rows(rng), *float_rows(rng)]
    lines += [",".join(map(str, row)) for row in rows]
    OUT.write_text("\n".join(lines) + "\n")
    differ = [row for row in rows if any(x != "" and x != row[4] for x in row[5:]) and row[4] != ""]
    print(f"{len(rows)} rows, {len(differ)} of which the systems disagree about")
    for row in differ:
        print(*row, float(np.array(int(row[3], 16), np.uint32).view(F32)))


if __name__ == "__main__":
    main()
