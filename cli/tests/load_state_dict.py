#!/usr/bin/env python3
"""Checks that PyTorch takes whole the files that `weight-init fill` writes.

Usage: load_state_dict.py path/to/weight-init

Needs the packages torch and safetensors. The program runs for plans that name the layers of small models as PyTorch
names them. `load_state_dict` is strict, so it fails for a tensor that is missing, superfluous or of another shape.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

PLAN = """
init = "pytorch_default"
bias = "pytorch_default"

layer = [
  { name = "conv", conv2d = [3, 16, 5], activation = "relu", bias = true },
  { name = "depthwise", conv2d = [16, 16, 3], groups = 16 },
  { name = "up", conv2d = [16, 8, 4], transposed = true },
  { name = "norm", norm = 8 },
  { name = "embed", embedding = [100, 32], init = "nn.init.normal_(std=0.02)" },
  { repeat = 3, name = "blocks.{i}", dense = [32, 32], init = "orthogonal" },
  { name = "head", dense = [32, 10], bias = false },
]
tensor = [
  { name = "position", shape = [1, 16, 32], init = "nn.init.trunc_normal_(std=0.02)" },
  { name = "lstm.weight_ih_l0", dense = [32, 24], packed = 4 },
  { name = "lstm.weight_hh_l0", dense = [24, 24], packed = 4, init = "orthogonal" },
  { name = "lstm.bias_ih_l0", shape = [96], init = "zeros" },
  { name = "lstm.bias_hh_l0", shape = [96], init = "zeros" },
]
"""


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 5)
        self.depthwise = nn.Conv2d(16, 16, 3, groups=16)
        self.up = nn.ConvTranspose2d(16, 8, 4)
        self.norm = nn.GroupNorm(2, 8)
        self.embed = nn.Embedding(100, 32)
        self.blocks = nn.ModuleList(nn.Linear(32, 32) for _ in range(3))
        self.head = nn.Linear(32, 10, bias=False)
        self.position = nn.Parameter(torch.empty(1, 16, 32))
        self.lstm = nn.LSTM(32, 24)


def near(given, expected):
    assert abs(given - expected) < 0.1 * expected, f"{given} instead of {expected}"


def check(program, folder):
    plan, file = folder / "plan.toml", folder / "model.safetensors"
    plan.write_text(PLAN)

    def fill(number_format):
        arguments = ["fill", plan, "--seed", "42", "--format", number_format, "--force", "--quiet"]
        subprocess.run([program, *arguments, "-o", file], check=True)
        with safe_open(file, "pt") as opened:
            return load_file(file), opened.metadata()

    whole, metadata = fill("f32")
    assert metadata["format"] == "pt" and metadata["weight_init.seed"] == "42", metadata
    model = Model()
    assert str(model.load_state_dict(whole)) == "<All keys matched successfully>"
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, whole[name]), name
        assert torch.isfinite(parameter).all(), name
    near(model.conv.weight.std().item(), (2 / 75) ** 0.5)
    near(model.embed.weight.std().item(), 0.02)
    near(model.depthwise.weight.abs().max().item(), 1 / 9**0.5)
    near(model.head.weight.std().item(), (1 / 32 / 3) ** 0.5)
    for matrix in [*(block.weight for block in model.blocks), *model.lstm.weight_hh_l0.split(24)]:
        assert torch.allclose(matrix @ matrix.T, torch.eye(len(matrix)), atol=1e-5)
    model.lstm(model.embed(torch.arange(8)))

    # PyTorch rounds the same values to the same bits.
    for number_format, dtype in [("bf16", torch.bfloat16), ("f16", torch.float16)]:
        half, _ = fill(number_format)
        assert str(Model().to(dtype).load_state_dict(half)) == "<All keys matched successfully>"
        for name, tensor in whole.items():
            assert half[name].dtype == dtype and torch.equal(half[name], tensor.to(dtype)), name

    # The integers are those of PyTorch's affine quantisation: value × (1 / scale), ties to even.
    integers, metadata = fill("i8")
    for name, tensor in whole.items():
        scale = torch.tensor(float(metadata[f"{name}.scale"]))
        steps = (tensor * (1 / scale)).round().clamp(-128, 127)
        assert torch.equal(integers[name], steps.to(torch.int8)), name
    return {name: list(tensor.shape) for name, tensor in whole.items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        shapes = check(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder))
    print(f"torch {torch.__version__} took {len(shapes)} tensors whole: {json.dumps(shapes)}")
