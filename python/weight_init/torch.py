"""Starting weights for tensors and modules of PyTorch.

The functions with a trailing underscore are those of `torch.nn.init`, with a `stream` in place of a generator. They take
PyTorch's arguments and defaults, and mean what they mean there, except for the fans of grouped and transposed layers: pass
a `Shape` for them. `init_module_` starts a whole module with the right fans.

>>> import torch
>>> from weight_init import Stream
>>> from weight_init.torch import init_module_
>>> model = torch.nn.Sequential(torch.nn.Linear(784, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10))
>>> model = init_module_(model, Stream(42))

Tensors on the CPU are filled in place, with any strides. Tensors on other devices are filled on the host and copied, so
they hold the same bits. Of a `DTensor` each rank fills its own shards, and nothing is sent.

The exceptions are orthogonal matrices, whose values depend on each other. Each is computed once, by one rank of its mesh,
which sends the others their parts. So every rank receives at most as many bytes as its shards have, and for a moment needs
memory for one whole matrix in the format of the tensor, and in float32 while it is computed. All ranks of the mesh must
make the same call. Matrices are distributed over the ranks by their cost, so that n equal ones take n / ranks times
the time of one, rounded up.
"""

from __future__ import annotations

import heapq
import itertools
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from ._native import Init, Shape, Stream, fill

if TYPE_CHECKING:
    from torch.distributed.device_mesh import DeviceMesh

__all__ = [
    "KEEP",
    "Target",
    "constant_",
    "dirac_",
    "eye_",
    "init_",
    "init_module_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "targets",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def init_(
    tensor: Tensor, scheme: str | Init, *, stream: Stream, shape: Shape | Sequence[int] | None = None, threads: int = 1
) -> Tensor:
    """Fills a tensor in place and returns it.

    tensor: A dense tensor of float32, float64, float16 or bfloat16, or a DTensor of such tensors, of which the shards of
        this rank are filled. The graph of autograd does not record the fill.
    scheme: A text such as "he_normal", or an Init.
    stream: The Stream of the tensor.
    shape: The Shape of the layer. Unless given, it is that of a layer with one group and the axes [out, in, kernel...].
    threads: The number of threads. They write the same bits in any number. 0 means one for each processor.

    Raises TypeError for a tensor of another type or layout, and ValueError for an invalid scheme or shape and for a
    tensor whose values share memory. Nothing is written then.
    """
    shape = Shape(tensor.shape) if shape is None else shape if isinstance(shape, Shape) else Shape(shape)
    _init([_Start(tensor, Init(scheme) if isinstance(scheme, str) else scheme, stream, shape)], threads)
    return tensor


class _Start(NamedTuple):
    """A tensor, and the arguments of `init_`."""

    tensor: Tensor
    scheme: Init
    stream: Stream
    shape: Shape


def _init(starts: Sequence[_Start], threads: int) -> None:
    """Fills tensors. Orthogonal ones that are distributed come last, so that all ranks compute at the same time."""
    together = []
    parts = [_part(start.tensor, start.shape) for start in starts]
    for start, (local, runs) in zip(starts, parts, strict=True):
        tensor, scheme, stream, shape = start
        if runs is not None and _is_orthogonal(scheme):
            _check_fill(scheme, stream, shape)
            together.append((start, local, runs))
            continue
        host = local if local.device.type == "cpu" else torch.empty(local.shape, dtype=local.dtype, device="cpu")
        if runs is None:
            fill(host, scheme, stream=stream, shape=shape, threads=threads)
        else:
            for block in itertools.product(*runs):
                offsets = [run.index for run in block]
                fill(_view(host, block), scheme, stream=stream, shape=shape, block=offsets, threads=threads)
        if host is not local:
            with torch.no_grad():
                local.copy_(host)
        else:
            _changed(tensor)
    meshes: dict[DeviceMesh, list[tuple[_Start, Tensor, _Runs]]] = {}
    for entry in together:
        meshes.setdefault(entry[0].tensor.device_mesh, []).append(entry)
    for mesh, entries in meshes.items():
        _init_together(mesh, entries, threads)
        for start, _, _ in entries:
            _changed(start.tensor)


def _part(tensor: Tensor, shape: Shape) -> tuple[Tensor, _Runs | None]:
    """Returns the memory of a tensor on this rank, and the runs that it holds if the tensor is distributed."""
    local, runs = tensor.detach(), None
    if _is_distributed(tensor):
        local, runs = local.to_local(), _local_runs(tensor)
        if shape.dims != tuple(tensor.shape):
            raise ValueError(f"the tensor has the dimensions {tuple(tensor.shape)}, but the shape has {shape.dims}")
    if local.layout != torch.strided:
        raise TypeError(f"expected a dense tensor, got the layout {local.layout}")
    if local.is_meta:
        raise ValueError("a tensor on the device meta has no memory; init_module_ gives its parameters memory")
    return local, runs


def _changed(tensor: Tensor) -> None:
    """Tells autograd that the tensor has other values."""
    if not tensor.is_inference():
        torch.autograd.graph.increment_version(tensor)


def _check_fill(scheme: Init, stream: Stream, shape: Shape) -> None:
    """Raises the error that a fill would raise, and writes nothing."""
    fill(memoryview(bytearray()).cast("f"), scheme, stream=stream, shape=shape, start=0)


# ---------------------------------------------------------------------------------------- torch.distributed.tensor


class _Run(NamedTuple):
    """Successive indices of a tensor along an axis, which lie one after the other in a shard."""

    index: int
    position: int
    len: int


_Runs: TypeAlias = list[list[_Run]]


def _is_distributed(tensor: Tensor) -> bool:
    # A DTensor exists only after its module was imported, which takes a second.
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)


def _local_runs(tensor: Tensor) -> _Runs:
    """Returns the runs of indices along each axis that this rank holds of a DTensor."""
    coordinate = tensor.device_mesh.get_coordinate()
    if coordinate is None:
        return [[]]
    runs = _runs_at(tensor, coordinate)
    local = tuple(tensor.to_local().shape)
    expected = tuple(sum(run.len for run in along) for along in runs)
    if local != expected:
        mesh, placements = tensor.device_mesh, tensor.placements
        raise ValueError(f"the shard has the dimensions {local}, but {placements} on {mesh} give {expected}")
    return runs


def _runs_at(tensor: Tensor, coordinate: Sequence[int]) -> _Runs:
    """Returns the runs of indices along each axis that the rank with the coordinate in the mesh holds of a DTensor.

    They follow from the mesh and the placements as in `torch.chunk`. Without an axis, a scalar has no runs to choose.
    """
    indices = [torch.arange(size) for size in tensor.shape]
    for number, placement in enumerate(tensor.placements):
        kind = type(placement).__name__
        if kind == "Replicate":
            continue
        if kind not in ("Shard", "_StridedShard"):
            raise TypeError(f"expected a DTensor with the placements Shard and Replicate, got {placement}")
        axis, parts, part = placement.dim, tensor.device_mesh.size(number), coordinate[number]
        # FSDP2 on top of a sharded axis: the axis is cut into as many shards before.
        before = placement.split_factor if kind == "_StridedShard" else 1
        chunks = [_chunk(piece, parts, part) for piece in torch.chunk(indices[axis], before)]
        indices[axis] = torch.cat(chunks)
    return [_runs(along.tolist()) for along in indices]


def _chunk(indices: Tensor, parts: int, part: int) -> Tensor:
    chunks = torch.chunk(indices, parts)
    return chunks[part] if part < len(chunks) else indices[:0]


def _runs(indices: list[int]) -> list[_Run]:
    runs: list[_Run] = []
    for position, index in enumerate(indices):
        if runs and index == runs[-1].index + runs[-1].len:
            runs[-1] = runs[-1]._replace(len=runs[-1].len + 1)
        else:
            runs.append(_Run(index, position, 1))
    return runs


def _view(tensor: Tensor, block: Sequence[_Run]) -> Tensor:
    """Returns the part of a shard that holds a block."""
    return tensor[tuple(slice(run.position, run.position + run.len) for run in block)]


# ---------------------------------------------------------------------------------------------- orthogonal matrices


class _Matrix(NamedTuple):
    """Values that depend on each other: an orthogonal tensor, or one tensor of a stack."""

    entry: int
    stream: Stream
    shape: Shape
    offsets: list[int]
    """The index along each axis of the whole tensor at which the matrix begins."""
    sizes: list[int]


def _is_orthogonal(scheme: Init) -> bool:
    return str(scheme).startswith(("orthogonal", "delta_orthogonal"))


def _init_together(mesh: DeviceMesh, entries: list[tuple[_Start, Tensor, _Runs]], threads: int) -> None:
    """Fills orthogonal tensors on a mesh: each matrix is computed by one rank, which sends the others their parts."""
    if mesh.get_coordinate() is None:
        return
    me = torch.distributed.get_rank()
    coordinates = {int(rank): (mesh.mesh == rank).nonzero()[0].tolist() for rank in mesh.mesh.flatten()}
    runs = [{rank: _runs_at(start.tensor, at) for rank, at in coordinates.items()} for start, _, _ in entries]
    matrices = [matrix for number, (start, _, _) in enumerate(entries) for matrix in _matrices(number, start)]
    # One matrix for each rank at a time, so that no rank holds more than one.
    for turn in itertools.zip_longest(*_distribute(matrices, list(coordinates)).values()):
        sent, messages, received = [], [], []
        for builder, matrix in zip(coordinates, turn, strict=True):
            if matrix is None:
                continue
            start, local, _ = entries[matrix.entry]
            held = {rank: _cut(matrix, along) for rank, along in runs[matrix.entry].items()}
            if builder == me:
                whole = torch.empty(matrix.sizes, dtype=local.dtype)
                fill(
                    whole.view(matrix.shape.dims), start.scheme, stream=matrix.stream, shape=matrix.shape, threads=threads
                )
                whole = whole.to(local.device)
                for rank, blocks in held.items():
                    parts = [whole[tuple(slice(run.index, run.index + run.len) for run in block)] for block in blocks]
                    if rank == me:
                        received.append((local, blocks, parts))
                    elif parts:
                        sent.append((rank, torch.cat([part.reshape(-1) for part in parts])))
            elif held[me]:
                sizes = [[run.len for run in block] for block in held[me]]
                message = torch.empty(sum(map(math.prod, sizes)), dtype=local.dtype, device=local.device)
                messages.append((builder, message))
                parts = message.split([math.prod(size) for size in sizes])
                received.append((local, held[me], [part.view(size) for part, size in zip(parts, sizes, strict=True)]))
        operations = [torch.distributed.P2POp(torch.distributed.isend, part, rank) for rank, part in sent]
        operations += [torch.distributed.P2POp(torch.distributed.irecv, message, rank) for rank, message in messages]
        if operations:
            for work in torch.distributed.batch_isend_irecv(operations):
                work.wait()
        with torch.no_grad():
            for local, blocks, parts in received:
                for block, part in zip(blocks, parts, strict=True):
                    _view(local, block).copy_(part)


def _matrices(number: int, start: _Start) -> Iterator[_Matrix]:
    """Yields the matrices of a tensor, which are one unless it is a stack."""
    shape, dims = start.shape, list(start.shape.dims)
    if 0 in dims:
        return
    stack = shape._stack()
    if stack is None:
        yield _Matrix(number, start.stream, shape, [0] * len(dims), dims)
        return
    axis, count, one = stack
    dims[axis] //= count
    for tensor in range(count):
        offsets = [0] * len(dims)
        offsets[axis] = tensor * dims[axis]
        yield _Matrix(number, start.stream.substream(tensor), one, offsets, dims)


def _distribute(matrices: list[_Matrix], ranks: list[int]) -> dict[int, list[_Matrix]]:
    """Returns the matrices that each rank computes: the most expensive first, each by the rank that has the least to do."""

    def cost(matrix: _Matrix) -> int:
        outputs, inputs = matrix.shape.fan
        return outputs * inputs * min(outputs, inputs)

    tasks: dict[int, list[_Matrix]] = {rank: [] for rank in ranks}
    loads = [(0, order, rank) for order, rank in enumerate(ranks)]
    for matrix in sorted(matrices, key=cost, reverse=True):
        load, order, rank = heapq.heappop(loads)
        tasks[rank].append(matrix)
        heapq.heappush(loads, (load + cost(matrix), order, rank))
    return tasks


def _cut(matrix: _Matrix, runs: _Runs) -> list[tuple[_Run, ...]]:
    """Returns the blocks of a matrix that a rank holds. Their indices are those within the matrix."""
    along = []
    for offset, size, axis in zip(matrix.offsets, matrix.sizes, runs, strict=True):
        cut = []
        for run in axis:
            begin, end = max(run.index, offset), min(run.index + run.len, offset + size)
            if begin < end:
                cut.append(_Run(begin - offset, run.position + begin - run.index, end - begin))
        along.append(cut)
    return list(itertools.product(*along))


# ---------------------------------------------------------------------------------------------- torch.nn.init


def _call(name: str, tensor: Tensor, stream: Stream, shape: Shape | None, threads: int, **arguments: float | str) -> Tensor:
    texts = (f"{key}={value!r}" if isinstance(value, str) else f"{key}={float(value)!r}" for key, value in arguments.items())
    return init_(tensor, Init.from_torch(f"{name}({', '.join(texts)})"), stream=stream, shape=shape, threads=threads)


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, *, stream: Stream, shape: Shape | None = None, threads: int = 1
) -> Tensor:
    """Fills a tensor of any shape from the uniform on [a, b]. See `init_`."""
    return _call("uniform_", tensor, stream, shape, threads, a=a, b=b)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, *, stream: Stream, shape: Shape | None = None, threads: int = 1
) -> Tensor:
    """Fills a tensor of any shape from a normal. See `init_`."""
    return _call("normal_", tensor, stream, shape, threads, mean=mean, std=std)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    *,
    stream: Stream,
    shape: Shape | None = None,
    threads: int = 1,
) -> Tensor:
    """Fills a tensor of any shape from a normal that is cut off at a and b, which are values and not multiples of std.

    See `init_`. Raises ValueError for a cut that is not symmetric about the mean, or nearer than one std.
    """
    return _call("trunc_normal_", tensor, stream, shape, threads, mean=mean, std=std, a=a, b=b)


def constant_(tensor: Tensor, val: float, *, stream: Stream | None = None) -> Tensor:
    """Fills a tensor of any shape with a value. See `init_`."""
    return _call("constant_", tensor, stream or Stream(0), None, 1, val=val)


def ones_(tensor: Tensor, *, stream: Stream | None = None) -> Tensor:
    """Fills a tensor of any shape with ones. See `init_`."""
    return constant_(tensor, 1.0, stream=stream)


def zeros_(tensor: Tensor, *, stream: Stream | None = None) -> Tensor:
    """Fills a tensor of any shape with zeros. See `init_`."""
    return constant_(tensor, 0.0, stream=stream)


def eye_(tensor: Tensor, *, stream: Stream | None = None) -> Tensor:
    """Fills a tensor [out, in] with the identity. See `init_`."""
    return _call("eye_", tensor, stream or Stream(0), None, 1)


def dirac_(tensor: Tensor, groups: int = 1, *, stream: Stream | None = None) -> Tensor:
    """Fills a tensor [out, in / groups, kernel...] with the identity for a convolution. See `init_`."""
    return _call("dirac_", tensor, stream or Stream(0), Shape(tensor.shape, groups=groups), 1)


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, *, stream: Stream, shape: Shape | None = None, threads: int = 1
) -> Tensor:
    """Fills a tensor [out, in, kernel...] from a uniform with the variance gain² · 2 / (fan_in + fan_out). See `init_`."""
    return _call("xavier_uniform_", tensor, stream, shape, threads, gain=gain)


def xavier_normal_(
    tensor: Tensor, gain: float = 1.0, *, stream: Stream, shape: Shape | None = None, threads: int = 1
) -> Tensor:
    """Fills a tensor [out, in, kernel...] from a normal with the variance gain² · 2 / (fan_in + fan_out). See `init_`."""
    return _call("xavier_normal_", tensor, stream, shape, threads, gain=gain)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    stream: Stream,
    shape: Shape | None = None,
    threads: int = 1,
) -> Tensor:
    """Fills a tensor [out, in, kernel...] from a uniform with the variance gain² / fan. See `init_`."""
    return _call("kaiming_uniform_", tensor, stream, shape, threads, a=a, mode=mode, nonlinearity=nonlinearity)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    stream: Stream,
    shape: Shape | None = None,
    threads: int = 1,
) -> Tensor:
    """Fills a tensor [out, in, kernel...] from a normal with the variance gain² / fan. See `init_`."""
    return _call("kaiming_normal_", tensor, stream, shape, threads, a=a, mode=mode, nonlinearity=nonlinearity)


def orthogonal_(
    tensor: Tensor, gain: float = 1.0, *, stream: Stream, shape: Shape | None = None, threads: int = 1
) -> Tensor:
    """Fills a tensor [out, in, kernel...] with an orthogonal matrix times the gain, one for each group. See `init_`."""
    return _call("orthogonal_", tensor, stream, shape, threads, gain=gain)


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, *, stream: Stream, shape: Shape | None = None, threads: int = 1
) -> Tensor:
    """Fills a tensor [out, in] from a normal, and sets that share of each input's weights to zero. See `init_`."""
    return _call("sparse_", tensor, stream, shape, threads, sparsity=sparsity, std=std)


# -------------------------------------------------------------------------------------------------- modules


class _Keep:
    def __repr__(self) -> str:
        return "KEEP"


KEEP: Final = _Keep()
"""A rule returns it for a parameter that keeps its values."""


@dataclass(frozen=True)
class Target:
    """A parameter of a module, as a rule of `init_module_` sees it.

    name: The name in the state dict. A tied parameter has the first of its names.
    parameter: The parameter.
    module: The layer that holds it.
    kind: "weight" for weights that multiply a layer's inputs, "embedding", "bias", "norm" for the parameters of a
        normalisation, or "other".
    shape: The Shape with the right fan, or None for a parameter of an unknown layer.
    scheme: The scheme of PyTorch's layer, or None for a parameter of an unknown layer.
    """

    name: str
    parameter: nn.Parameter
    module: nn.Module
    kind: Literal["weight", "embedding", "bias", "norm", "other"]
    shape: Shape | None
    scheme: Init | None


Started = str | Init | tuple[str | Init, Shape] | _Keep | None
Rule = str | Init | Callable[[Target], Started]


def init_module_(
    module: nn.Module,
    stream: Stream,
    rule: Rule | None = None,
    *,
    threads: int = 1,
    device: torch.device | str = "cpu",
) -> nn.Module:
    """Starts every parameter of a module from `stream.named(name)`, with its name in the state dict. Returns the module.

    Layers of `torch.nn` start from PyTorch's schemes, with the right fans. A parameter that several layers share is
    started once, by the first of its names. Wrappers such as `torch.compile` don't change the names.

    module: The module. Parameters and buffers on the device meta get memory by `to_empty`. Tied ones stay tied.
    rule: Other starts. A text or an Init is the scheme of all weights that multiply a layer's inputs. A function is
        called with the Target of each parameter. It returns None for the start of PyTorch's layer, a scheme, a pair of
        a scheme and a Shape, or KEEP for a parameter that keeps its values. The row `padding_idx` of an embedding
        becomes zero with any scheme.
    threads: The number of threads for each tensor. 0 means one for each processor.
    device: The device for parameters on meta.

    Raises ValueError for parameters of unknown layers without a rule, for buffers on meta whose values are unknown,
    and for a rule with an invalid scheme. Nothing is written then.
    """
    starts = []
    unknown = []
    padding = _padding(module)
    for target in targets(module):
        start: Started
        if callable(rule):
            start = rule(target)
        else:
            start = rule if target.kind == "weight" else None
        if start is KEEP:
            continue
        scheme, shape = start if isinstance(start, tuple) else (start, target.shape)
        scheme = target.scheme if scheme is None else Init(scheme) if isinstance(scheme, str) else scheme
        if scheme is None:
            unknown.append(target.name)
            continue
        shape = Shape(target.parameter.shape) if shape is None else shape
        below = stream.named(target.name)
        _check(target, scheme, shape, below)
        starts.append((target.name, scheme, shape, below, padding.get(id(target.parameter))))
    if unknown:
        raise ValueError(f"no scheme for {', '.join(unknown)}: their layers are unknown, so pass a rule for them")
    _leave_meta(module, device)
    parameters = {_clean(name): parameter for name, parameter in module.named_parameters()}
    _init([_Start(parameters[name], scheme, below, shape) for name, scheme, shape, below, _ in starts], threads)
    for name, _, _, _, row in starts:
        if row is not None:
            _zero_row(parameters[name], row)
    return module


def _zero_row(tensor: Tensor, row: int) -> None:
    local = tensor.detach()
    rows = [row]
    if _is_distributed(tensor):
        local = local.to_local()
        runs = _local_runs(tensor)[0]
        rows = [run.position + row - run.index for run in runs if run.index <= row < run.index + run.len]
    with torch.no_grad():
        local[rows] = 0


def _check(target: Target, scheme: Init, shape: Shape, stream: Stream) -> None:
    """Raises the error that a fill would raise, and writes nothing."""
    try:
        if not isinstance(scheme, Init) or not isinstance(shape, Shape):
            raise ValueError("a rule returns None, KEEP, a scheme, or a pair of a scheme and a Shape")
        if shape.dims != tuple(target.parameter.shape):
            raise ValueError(f"the shape has the dimensions {shape.dims}, not {tuple(target.parameter.shape)}")
        if not target.parameter.is_floating_point():
            raise ValueError(f"expected a parameter of a floating-point format, got {target.parameter.dtype}")
        _check_fill(scheme, stream, shape)
    except ValueError as error:
        raise ValueError(f"{target.name}: {error}") from None


def targets(module: nn.Module) -> Iterator[Target]:
    """Yields the Target of every parameter of a module, in the order of `named_parameters`."""
    projections = {id(layer.out_proj) for layer in module.modules() if isinstance(layer, nn.MultiheadAttention)}
    seen: set[int] = set()
    for path, layer in module.named_modules():
        for attribute, parameter in layer.named_parameters(recurse=False):
            if id(parameter) in seen:
                continue
            seen.add(id(parameter))
            name = _clean(f"{path}.{attribute}" if path else attribute)
            if isinstance(parameter, nn.parameter.UninitializedParameter):
                raise ValueError(f"{name} has no shape yet; run the lazy module once before")
            kind, scheme, shape = _standard(layer, attribute, parameter, id(layer) in projections)
            yield Target(name, parameter, layer, kind, shape, None if scheme is None else Init(scheme))


def _clean(name: str) -> str:
    return name.replace("_orig_mod.", "").replace("_checkpoint_wrapped_module.", "")


_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_NORMS = (nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, nn.modules.batchnorm._NormBase)
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}

_Standard = tuple[Literal["weight", "embedding", "bias", "norm", "other"], str | None, Shape | None]


def _standard(layer: nn.Module, attribute: str, parameter: Tensor, is_projection: bool) -> _Standard:
    """Returns the kind, the scheme and the shape of a parameter."""
    dims = tuple(parameter.shape)
    is_bias = attribute == "bias"
    if isinstance(layer, (nn.Linear, nn.Bilinear, *_CONVOLUTIONS, *_TRANSPOSED)) and attribute in ("weight", "bias"):
        weight = Shape(
            layer.weight.shape, groups=getattr(layer, "groups", 1), transposed=isinstance(layer, _TRANSPOSED)
        )
        if is_bias:
            return "bias", "zeros" if is_projection else "pytorch_default", weight.bias()
        return "weight", "pytorch_default", weight
    if isinstance(layer, (nn.Embedding, nn.EmbeddingBag)) and attribute == "weight":
        return "embedding", "normal(std=1)", Shape(dims)
    if isinstance(layer, (nn.RNNBase, nn.RNNCellBase)):
        return _recurrent(layer, attribute, dims)
    if isinstance(layer, nn.MultiheadAttention):
        packed = 3 if attribute.startswith("in_proj") else 1
        if attribute == "in_proj_bias":
            return "bias", "zeros", Shape((*dims, layer.embed_dim), packed=packed, bias=True)
        if attribute in ("bias_k", "bias_v"):
            return "bias", "xavier_normal", Shape(dims)
        return "weight", "xavier_uniform", Shape(dims, packed=packed)
    if isinstance(layer, _NORMS) and attribute in ("weight", "bias"):
        return "norm", "zeros" if is_bias else "ones", Shape(dims)
    if isinstance(layer, nn.PReLU):
        return "other", "constant(value=0.25)", Shape(dims)
    return "other", None, None


def _recurrent(layer: nn.RNNBase | nn.RNNCellBase, attribute: str, dims: tuple[int, ...]) -> _Standard:
    """Returns the start of a parameter of a recurrent layer, whose gates lie one after the other."""
    if isinstance(layer, nn.RNNBase):
        gates = _GATES[layer.mode]
    else:
        gates = layer.weight_hh.shape[0] // layer.hidden_size
    bound = 1 / math.sqrt(layer.hidden_size) if layer.hidden_size > 0 else 0.0
    scheme = f"uniform(low={-bound!r}, high={bound!r})"
    if attribute.startswith("bias"):
        weight = getattr(layer, attribute.replace("bias", "weight"))
        return "bias", scheme, Shape(weight.shape, packed=gates, bias=True)
    # The projection of an LSTM has no gates.
    return "weight", scheme, Shape(dims, packed=1 if attribute.startswith("weight_hr") else gates)


def _padding(module: nn.Module) -> dict[int, int]:
    """Returns the row of zeros of each embedding that has one, by the id of its weight."""
    embeddings = (layer for layer in module.modules() if isinstance(layer, (nn.Embedding, nn.EmbeddingBag)))
    return {id(layer.weight): layer.padding_idx for layer in embeddings if layer.padding_idx is not None}


def _leave_meta(module: nn.Module, device: torch.device | str) -> None:
    """Gives memory to the parameters and buffers on the device meta."""
    meta = [tensor for tensor in (*module.parameters(), *module.buffers()) if tensor.is_meta]
    if not meta:
        return
    norms = [layer for layer in module.modules() if isinstance(layer, nn.modules.batchnorm._NormBase)]
    known = {id(buffer) for layer in norms for buffer in layer.buffers(recurse=False)}
    lost = [name for name, buffer in module.named_buffers() if buffer.is_meta and id(buffer) not in known]
    if lost:
        names = ", ".join(lost)
        raise ValueError(f"the buffers {names} are on meta, and their values are unknown; make them on the CPU")
    reset = [layer for layer in norms if any(buffer.is_meta for buffer in layer.buffers(recurse=False))]
    slots: dict[int, list[tuple[nn.Module, str]]] = {}
    for layer in module.modules():
        for attribute, parameter in layer.named_parameters(recurse=False):
            slots.setdefault(id(parameter), []).append((layer, attribute))
    tied = [group for group in slots.values() if len(group) > 1]
    # This is `to_empty` for the tensors on meta only.
    module._apply(lambda tensor: torch.empty_like(tensor, device=device) if tensor.is_meta else tensor)
    for (first, attribute), *others in tied:
        for layer, other in others:
            setattr(layer, other, getattr(first, attribute))
    for layer in reset:
        layer.reset_running_stats()
