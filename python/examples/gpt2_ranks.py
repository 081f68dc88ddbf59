"""Starts a GPT-2 with 124 million parameters on any number of ranks, and shows that the weights are the same bits.

    torchrun --nproc-per-node 4 gpt2_ranks.py [--checkpoint FOLDER]
    python gpt2_ranks.py --verify FOLDER

The model is sharded in every way that the number of ranks allows: by FSDP2, by tensor parallelism, and by both on a mesh of
two axes. Each rank computes its shards, and the program counts what is sent meanwhile. Then it gathers the parameters, and
prints the SHA-256 of their bytes in the order of the checkpoint of `openai-community/gpt2`. The Rust program
`cargo run --release -p gpt2` prints the same.

With --checkpoint all ranks write the weights to the folder at the same time: the shards of the last of these models by
`torch.distributed.checkpoint`, and whole tensors, which are computed alone, to a safetensors file for each rank. With --verify
one process loads both and prints their hashes.
"""

import argparse
import hashlib
import json
import math
import pathlib
import sys
import time

import safetensors.torch
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from sent import Sent
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor

from weight_init import Init, Shape, Stream
from weight_init.torch import KEEP, init_module_

BLOCKS, WIDTH, HEADS, TOKENS, POSITIONS = 12, 768, 12, 50_257, 1_024


class Conv1D(nn.Module):
    """OpenAI's dense layer, whose weights are [in, out]."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_attn = Conv1D(WIDTH, 3 * WIDTH)
        self.c_proj = Conv1D(WIDTH, WIDTH)

    def forward(self, x):
        heads = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in self.c_attn(x).chunk(3, -1))
        x = nn.functional.scaled_dot_product_attention(*heads, is_causal=True)
        return self.c_proj(x.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_fc = Conv1D(WIDTH, 4 * WIDTH)
        self.c_proj = Conv1D(4 * WIDTH, WIDTH)

    def forward(self, x):
        return self.c_proj(nn.functional.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1 = nn.LayerNorm(WIDTH)
        self.attn = Attention()
        self.ln_2 = nn.LayerNorm(WIDTH)
        self.mlp = Mlp()

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Gpt2(nn.Module):
    """The parameters have the names, dimensions and order of the checkpoint. The head shares its weights with `wte`."""

    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(TOKENS, WIDTH)
        self.wpe = nn.Embedding(POSITIONS, WIDTH)
        self.h = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.ln_f = nn.LayerNorm(WIDTH)

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T


def rule(target):
    """The start of Hugging Face's GPT-2: a std of 0.02, and less for the projections back to the residual stream."""
    if target.kind == "embedding":
        return "normal(std=0.02)"
    if not isinstance(target.module, Conv1D):
        return None
    if target.parameter.ndim == 1:
        return "zeros"
    scheme = Init("normal(std=0.02)")
    if target.name.endswith("c_proj.weight"):
        scheme = scheme.residual(BLOCKS)
    # Query, key and value lie side by side.
    packed = 3 if target.name.endswith("c_attn.weight") else 1
    return scheme, Shape(target.parameter.shape, layout="in_out", packed=packed)


def fsdp(model, mesh):
    for block in model.h:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)


def tensor_parallel(model, mesh):
    """Cuts the layers in pairs, the first by its outputs and the second by its inputs, and the embedding by its rows."""

    def cut(module, name, placement):
        tensor = distribute_tensor(getattr(module, name).detach(), mesh, [placement])
        setattr(module, name, nn.Parameter(tensor))

    cut(model.wte, "weight", Shard(0))
    for block in model.h:
        for first, second in (block.attn.c_attn, block.attn.c_proj), (block.mlp.c_fc, block.mlp.c_proj):
            cut(first, "weight", Shard(1))
            cut(first, "bias", Shard(0))
            cut(second, "weight", Shard(0))
            cut(second, "bias", Replicate())


def ways(world):
    """Yields the name and the function of every way to shard the model."""
    line = init_device_mesh("cpu", (world,))
    yield "FSDP2", lambda model: fsdp(model, line)
    yield "tensor parallel", lambda model: tensor_parallel(model, line)
    if world % 2 == 0 and world > 2:
        plane = init_device_mesh("cpu", (world // 2, 2), mesh_dim_names=("data", "tensor"))

        def both(model):
            tensor_parallel(model, plane["tensor"])
            fsdp(model, plane["data"])

        yield "both", both
        yield "hybrid FSDP2", lambda model: fsdp(model, plane)


def gathered(model):
    """Yields every parameter whole. All ranks must ask for them."""
    for parameter in model.parameters():
        parameter = parameter.detach()
        yield parameter.full_tensor() if isinstance(parameter, DTensor) else parameter


def sha256(tensors):
    """Returns the SHA-256 of the bytes of all tensors, one after the other."""
    result = hashlib.sha256()
    for tensor in tensors:
        result.update(tensor.numpy())
    return result.hexdigest()


def on_meta():
    with torch.device("meta"):
        return Gpt2()


def start(name, shard):
    """Makes a model that is sharded in one way, and starts it. Returns the model."""
    model = on_meta()
    shard(model)
    clock = time.perf_counter()
    with Sent() as sent:
        init_module_(model, Stream(42), rule)
    seconds = time.perf_counter() - clock
    local = sum((p.to_local() if isinstance(p, DTensor) else p).numel() for p in model.parameters())
    with Sent() as control:
        digest = sha256(gathered(model))
    # The count would see what is sent.
    rank, world = dist.get_rank(), dist.get_world_size()
    assert (control.bytes > 0) == (world > 1)
    # In one piece, because all ranks share the terminal.
    sys.stdout.write(
        f"rank {rank} of {world}, {name}: {local} values in {1000 * seconds:.0f} ms,"
        f" {sum(sent.operations.values())} messages, {sent.bytes + sent.received} bytes sent, SHA-256 {digest}\n"
    )
    sys.stdout.flush()
    return model


def write(model, folder):
    """Writes the parameters in both formats, all ranks at the same time."""
    dcp.save(model.state_dict(), checkpoint_id=folder / "distributed")
    rank, world = dist.get_rank(), dist.get_world_size()
    # Any tensor can be computed alone, so each rank takes some, and nothing is gathered. The largest are spread.
    sizes = {name: parameter.numel() for name, parameter in on_meta().named_parameters()}
    files = {
        name: f"model-{number % world + 1:05}-of-{world:05}.safetensors"
        for number, name in enumerate(sorted(sizes, key=sizes.get, reverse=True))
    }
    own = f"model-{rank + 1:05}-of-{world:05}.safetensors"
    # The memory of the others is never touched.
    part = init_module_(on_meta(), Stream(42), lambda target: rule(target) if files[target.name] == own else KEEP)
    tensors = {name: parameter.detach() for name, parameter in part.named_parameters() if files[name] == own}
    safetensors.torch.save_file(tensors, folder / own)
    if rank == 0:
        index = {"metadata": {"total_size": 4 * sum(sizes.values())}, "weight_map": files}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")


def verify(folder):
    """Loads the files of all ranks in one process."""
    model = on_meta().to_empty(device="cpu")
    state = model.state_dict()
    dcp.load(state, checkpoint_id=folder / "distributed", no_dist=True)
    print(f"torch.distributed.checkpoint: SHA-256 {sha256(gathered(model))}")
    tokens = torch.arange(0, TOKENS, 1000)[None]
    loss = nn.functional.cross_entropy(model(tokens)[0, :-1], tokens[0, 1:]).item()
    print(f"loss {loss:.3f}, of a uniform guess {math.log(TOKENS):.3f}")
    assert abs(loss - math.log(TOKENS)) < 0.3
    files = json.loads((folder / "model.safetensors.index.json").read_text(encoding="utf-8"))["weight_map"]
    found = {}
    for file in sorted(set(files.values())):
        found |= safetensors.torch.load_file(folder / file)
    print(f"safetensors: SHA-256 {sha256(found[name] for name, _ in model.named_parameters())}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--verify", type=pathlib.Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.verify:
        verify(options.verify)
        return
    dist.init_process_group("gloo")
    for name, shard in ways(dist.get_world_size()):
        model = start(name, shard)
    if options.checkpoint:
        write(model, options.checkpoint)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
