"""Measures what the chapter docs/scale.md says. It needs NumPy, PyTorch, JAX and 2 GB of memory, and takes a minute.

    python scale.py times   # one matrix, beside torch.nn.init, NumPy and JAX, on one thread and on two
    python scale.py rank    # all shards of one rank of 10,000, of a model with 10**12 parameters
    python scale.py columns # shards of columns, of several widths
    python scale.py names   # the streams of all its tensors, and of a model with experts

`times` starts a process for each number of threads, which can use as many processors. The systems fill in turn.
"""

import json
import os
import resource
import subprocess
import sys
import time

import numpy as np

from weight_init import Shape, Stream, fill

DIMS = (4096, 11008)
ROUNDS = 9


def seconds(function, *arguments):
    clock = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - clock


def systems(threads):
    """Returns the fills of He's normal by name. All write 4096 x 11008 values of float32."""
    import jax
    import torch

    import weight_init.jax
    import weight_init.torch

    torch.set_num_threads(threads)
    array, tensor = np.zeros(DIMS, np.float32), torch.zeros(DIMS)
    std = np.float32((2 / DIMS[1]) ** 0.5)
    ours = weight_init.jax.initializer("he_normal", Shape, threads=threads)
    theirs = jax.jit(
        lambda key: jax.nn.initializers.variance_scaling(2.0, "fan_in", "normal", in_axis=1, out_axis=0)(key, DIMS)
    )

    def numpy(bits):
        generator = np.random.Generator(bits(1))

        def run(_):
            generator.standard_normal(out=array, dtype=np.float32)
            np.multiply(array, std, out=array)

        return run

    result = {
        "`weight_init.fill`, NumPy": lambda seed: fill(array, "he_normal", stream=Stream(seed), threads=threads),
        "`weight_init.torch.kaiming_normal_`": lambda seed: weight_init.torch.kaiming_normal_(
            tensor, nonlinearity="relu", stream=Stream(seed), threads=threads
        ),
        "`weight_init.jax`": lambda seed: ours(Stream(seed), DIMS).block_until_ready(),
        "`torch.nn.init.kaiming_normal_`": lambda _: torch.nn.init.kaiming_normal_(tensor, nonlinearity="relu"),
        "`jax.nn.initializers`, in `jax.jit`": lambda seed: theirs(jax.random.key(seed)).block_until_ready(),
    }
    if threads == 1:
        result["NumPy's `Generator`, SFC64"] = numpy(np.random.SFC64)
        result["NumPy's `Generator`, PCG64"] = numpy(np.random.PCG64)
    versions = f"NumPy {np.__version__}, PyTorch {torch.__version__}, JAX {jax.__version__}"
    return result, versions


def times():
    if len(sys.argv) > 2:
        fills, versions = systems(int(sys.argv[2]))
        found = {name: [] for name in fills}
        for seed in range(ROUNDS + 1):
            for name, run in fills.items():
                found[name].append(seconds(run, seed))
        # The first round compiles and warms up.
        print(json.dumps([{name: min(runs[1:]) for name, runs in found.items()}, versions]))
        return
    processors = sorted(os.sched_getaffinity(0))
    columns = {}
    for threads in range(1, min(2, len(processors)) + 1):
        result = subprocess.run(
            [sys.executable, __file__, "times", str(threads)],
            env={**os.environ, "JAX_PLATFORMS": "cpu", "OMP_NUM_THREADS": str(threads)},
            preexec_fn=lambda: os.sched_setaffinity(0, processors[:threads]),
            stdout=subprocess.PIPE,
            check=True,
        )
        columns[threads], versions = json.loads(result.stdout)
    print(f"{versions}; the shortest of {ROUNDS} rounds, {DIMS[0]} x {DIMS[1]} float32\n")
    print(f"| He's normal, milliseconds | {' | '.join(['1 thread', '2 threads'][: len(columns)])} |")
    print(f"| --- |{' ---: |' * len(columns)}")
    for name in sorted(columns[1], key=columns[1].get):
        cells = (f"{1000 * column[name]:.0f}" if name in column else "" for column in columns.values())
        print(f"| {name} | {' | '.join(cells)} |")


# A dense transformer with 1.002 * 10**12 parameters.
WIDTH, LAYERS, TOKENS = 25_600, 127, 128_000
LAYER = {
    "attention.qkv.weight": (3 * WIDTH, WIDTH),
    "attention.out.weight": (WIDTH, WIDTH),
    "mlp.up.weight": (4 * WIDTH, WIDTH),
    "mlp.down.weight": (WIDTH, 4 * WIDTH),
}
RANKS, TENSOR_PARALLEL = 10_000, 8


def tensors():
    yield "embedding.weight", (TOKENS, WIDTH)
    for layer in range(LAYERS):
        for name, dims in LAYER.items():
            yield f"layers.{layer}.{name}", dims


def chunk(start, size, parts, part):
    """The part of a range that `torch.chunk` gives, as (start, size)."""
    step = -(-size // parts)
    begin = min(part * step, size)
    return start + begin, min(step, size - begin)


def fsdp(rank, name, dims):
    """Rows only."""
    start, size = chunk(0, dims[0], RANKS, rank)
    return (start, 0), (size, dims[1])


def mesh(rank, name, dims):
    """Columns of the layers back to the residual stream by tensor parallelism, rows of the others, then rows by FSDP."""
    data, tensor = divmod(rank, TENSOR_PARALLEL)
    rows, columns = (0, dims[0]), (0, dims[1])
    if "out" in name or "down" in name:
        columns = chunk(*columns, TENSOR_PARALLEL, tensor)
    else:
        rows = chunk(*rows, TENSOR_PARALLEL, tensor)
    rows = chunk(*rows, RANKS // TENSOR_PARALLEL, data)
    return (rows[0], columns[0]), (rows[1], columns[1])


def rank():
    import ml_dtypes

    whole = {name: Shape(dims) for name, dims in tensors()}
    print(f"{len(whole)} tensors, {sum(shape.size for shape in whole.values()):.4g} parameters, one thread\n")
    print("| shards | format | values | new memory, s | ns | memory again, s | ns | peak beyond the shards, MB |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for title, cut in ("rows, 10,000 ways", fsdp), ("rows and columns, 1,250 x 8", mesh):
        for dtype in np.float32, ml_dtypes.bfloat16:
            # A process of its own, because the peak of memory is that of a process.
            child = os.fork()
            if child == 0:
                measure(title, cut, np.dtype(dtype), whole)
                os._exit(0)
            if os.waitpid(child, 0)[1] != 0:
                sys.exit(1)


def measure(title, cut, dtype, whole):
    number, stream = 4_321, Stream(42)
    shards = []

    def start():
        for name, shape in whole.items():
            offsets, sizes = cut(number, name, shape.dims)
            shards.append(np.empty(sizes, dtype))
            fill(shards[-1], "normal(std=0.02)", stream=stream.named(name), shape=shape, block=offsets)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first = seconds(start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    values = sum(shard.size for shard in shards)
    size = sum(shard.nbytes for shard in shards)

    def again():
        for (name, shape), shard in zip(whole.items(), shards, strict=True):
            offsets, _ = cut(number, name, shape.dims)
            fill(shard, "normal(std=0.02)", stream=stream.named(name), shape=shape, block=offsets)

    second = seconds(again)
    # The last value of a block is the one at its flat index, which is above 2**31 here.
    for (name, shape), shard in zip(whole.items(), shards, strict=True):
        (row, column), (rows, columns) = cut(number, name, shape.dims)
        value = np.empty(1, dtype)
        index = (row + rows - 1) * shape.dims[1] + column + columns - 1
        fill(value, "normal(std=0.02)", stream=stream.named(name), shape=shape, start=index)
        assert value[0] == shard[-1, -1]
    print(
        f"| {title} | {dtype} | {values:,} | {first:.2f} | {1e9 * first / values:.2f} | {second:.2f} |"
        f" {1e9 * second / values:.2f} | {(1024 * peak - size) / 1e6:.1f} |",
        flush=True,
    )


def columns():
    print("| columns of a shard | in rows of | ns for a value | times as long as whole rows |")
    print("| ---: | ---: | ---: | ---: |")
    for width, parts in (64, 8), (512, 8), (4096, 64), (4096, 8), (11008, 8), (25_600, 8):
        rows = 2**24 // width
        shape = Shape((rows, width))

        def shortest(sizes, offsets, shape=shape):
            block = np.zeros(sizes, np.float32)
            runs = (
                seconds(lambda: fill(block, "he_normal", stream=Stream(seed), shape=shape, block=offsets))
                for seed in range(9)
            )
            return 1e9 * min(runs) / block.size

        part = shortest((rows, width // parts), (0, 3 * (width // parts)))
        whole = shortest((rows // parts, width), (3 * (rows // parts), 0))
        print(f"| {width // parts:,} | {width:,} | {part:.2f} | {part / whole:.1f} |")


def names():
    dense = [name for name, _ in tensors()]
    experts = [f"layers.{layer}.experts.{e}.{w}" for layer in range(LAYERS) for e in range(256) for w in ("up", "gate", "down")]
    for title, model in ("dense", dense), ("256 experts in each layer", dense + experts):
        keys = {Stream(42).named(name).key for name in model}
        assert len(keys) == len(model)
        blocks = 10**12 / 4096
        print(
            f"{title}: {len(model)} names, all keys differ; probability of a pair by chance {len(model) ** 2 / 2**65:.1e},"
            f" of two equal blocks among {blocks:.3g}: {blocks**2 / 2**65:.1e}"
        )


{"times": times, "rank": rank, "columns": columns, "names": names}[sys.argv[1] if len(sys.argv) > 1 else "times"]()
