"""Run by `torchrun` with 1, 2 or 4 processes: sharded models hold the bits of one process's.

Each case makes a model on the device meta, shards it, starts it, and compares every gathered parameter.
"""

import collections
import copy
import itertools
import pathlib
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Partial, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

import weight_init.torch
from weight_init import Init, Shape, Stream, fill
from weight_init.torch import init_, init_module_, targets

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "examples"))
from sent import Sent

S = Stream(42)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(3)
        self.attention = nn.MultiheadAttention(10, 2)
        self.up = nn.Linear(10, 37)
        self.down = nn.Linear(37, 10)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(23, 10, padding_idx=13)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.conv = nn.ConvTranspose2d(6, 4, 3, groups=2)
        self.lstm = nn.LSTM(5, 7)
        self.head = nn.Linear(10, 23, bias=False)
        self.head.weight = self.embedding.weight


def fsdp(model, mesh):
    for block in model.blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)


def tensor_parallel(model, mesh):
    plan = {"embedding": RowwiseParallel(), "head": ColwiseParallel()}
    for number in range(len(model.blocks)):
        plan |= {f"blocks.{number}.up": ColwiseParallel(), f"blocks.{number}.down": RowwiseParallel()}
    parallelize_module(model, mesh, plan)
    # PyTorch has made two parameters of the tied one.
    model.head.weight = model.embedding.weight


def cases(world):
    one = init_device_mesh("cpu", (world,))
    yield "fsdp", lambda model: fsdp(model, one)
    yield "tensor parallel", lambda model: tensor_parallel(model, one)
    if world == 4:
        two = init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))

        def both(model):
            tensor_parallel(model, two["tensor"])
            fsdp(model, two["data"])

        yield "fsdp on tensor parallel", both
        yield "hybrid fsdp", lambda model: fsdp(model, two)


def orthogonal(target):
    return "orthogonal" if target.kind == "weight" else None


class Built:
    """Records the streams of the orthogonal matrices that this rank computes whole."""

    def __enter__(self):
        self.streams = []
        weight_init.torch.fill = self.fill
        return self

    def __exit__(self, *_):
        weight_init.torch.fill = fill

    def fill(self, array, scheme, **keywords):
        if "orthogonal" in str(scheme) and "block" not in keywords and "start" not in keywords:
            self.streams.append(keywords["stream"])
        return fill(array, scheme, **keywords)


def check_orthogonal(model, sent, built):
    """Every matrix is computed once in its mesh, and every rank receives its shards without what it computed."""
    # A mesh of two ranks has a twin, which knows nothing of it.
    matrices, twins, local = {}, {}, 0
    for target in targets(model):
        if target.kind == "weight" and isinstance(target.parameter, DTensor):
            stream, stack = S.named(target.name), target.shape._stack()
            count = 1 if stack is None else stack[1]
            one = target.parameter.numel() // count
            streams = [stream] if stack is None else [stream.substream(i) for i in range(count)]
            matrices |= dict.fromkeys(streams, one)
            twins |= dict.fromkeys(streams, dist.get_world_size() // target.parameter.device_mesh.size())
            local += target.parameter.to_local().numel()
    own = [stream for stream in built.streams if stream in matrices]
    everywhere = [None] * dist.get_world_size()
    dist.all_gather_object(everywhere, (own, local, sent.received, sent.bytes))
    assert collections.Counter(stream for own, *_ in everywhere for stream in own) == twins
    # A rank does not receive the parts that it computes itself and keeps: from nothing to all that it computes.
    for own, local, received, _ in everywhere:
        assert 4 * (local - sum(matrices[stream] for stream in own)) <= received <= 4 * local
        assert len(everywhere) == 1 or len(own) < len(matrices)
    assert sum(received for *_, received, _ in everywhere) == sum(sent for *_, sent in everywhere)
    assert (sum(sent for *_, sent in everywhere) > 0) == (len(everywhere) > 1)


def main():
    dist.init_process_group("gloo")
    world = dist.get_world_size()
    sharded = 0
    for (name, shard), rule in itertools.product(cases(world), [None, "he_normal", orthogonal]):
        expected = dict(init_module_(Model(), S, rule).named_parameters())
        with torch.device("meta"):
            model = Model()
        shard(model)
        with Sent() as sent, Built() as built:
            init_module_(model, S, rule)
        if rule is orthogonal:
            check_orthogonal(model, sent, built)
        else:
            assert sent.operations == {}, (name, sent.operations)
        found = dict(model.named_parameters())
        assert found.keys() == expected.keys(), (name, found.keys() ^ expected.keys())
        for key, parameter in found.items():
            if isinstance(parameter, DTensor):
                sharded += parameter.to_local().shape != parameter.shape
                parameter = parameter.full_tensor()
            assert torch.equal(parameter, expected[key]), (name, key)
    assert world == 1 or sharded > 0

    # Every way to cut a tensor, one by one.
    from torch.distributed.tensor import Replicate, Shard

    mesh = init_device_mesh("cpu", (2, world // 2) if world > 1 else (1, 1))
    placements = [Replicate(), Shard(0), Shard(1), Shard(2)]
    for cut in itertools.product(placements, placements):
        for dims in (7, 3, 5), (1, 2, 9), (4, 0, 2):
            for dtype in torch.float32, torch.bfloat16:
                shape = Shape(dims, groups=dims[0])
                expected = init_(torch.empty(dims, dtype=dtype), "xavier_normal", stream=S, shape=shape)
                tensor = distribute_tensor(torch.zeros(dims, dtype=dtype), mesh, cut)
                init_(tensor, "xavier_normal", stream=S, shape=shape)
                assert torch.equal(tensor.full_tensor(), expected), (cut, dims)
        for dtype in torch.float32, torch.bfloat16:
            # Each tensor of a stack is a matrix of its own.
            for scheme, dims, keywords in (
                ("orthogonal(gain=1.5)", (3, 5, 7), {"stacked": True}),
                ("orthogonal", (6, 4, 3), {"packed": 3}),
                ("orthogonal", (3, 4, 6), {"packed": 3, "layout": "in_out"}),
                ("orthogonal", (6, 4, 3), {"groups": 2, "transposed": True}),
                ("delta_orthogonal", (5, 3, 3), {}),
            ):
                shape = Shape(dims, **keywords)
                expected = init_(torch.empty(dims, dtype=dtype), scheme, stream=S, shape=shape)
                tensor = distribute_tensor(torch.zeros(dims, dtype=dtype), mesh, cut)
                init_(tensor, Init(scheme), stream=S, shape=shape)
                assert torch.equal(tensor.full_tensor(), expected), (cut, dims, scheme)
    for scheme, dims in ("orthogonal", (4,)), ("delta_orthogonal", (3, 5, 3)):
        tensor = distribute_tensor(torch.ones(dims), mesh, [Shard(0), Replicate()])
        try:
            init_(tensor, scheme, stream=S)
        except ValueError:
            assert (tensor.to_local() == 1).all()
        else:
            raise AssertionError(f"{scheme} of {dims} was filled")
    partial = DTensor.from_local(torch.zeros(3, 4), mesh, [Partial(), Replicate()])
    before = copy.deepcopy(partial.to_local())
    try:
        init_(partial, "he_normal", stream=S)
    except TypeError as error:
        assert "Partial" in str(error) or "P(sum)" in str(error), error
    else:
        raise AssertionError("a partial tensor was filled")
    assert torch.equal(partial.to_local(), before)
    print(f"rank {dist.get_rank()} of {world}: all equal", flush=True)
    dist.destroy_process_group()


main()
