"""Times the systems of one Python library. It is the Python side of run.py.

`worker.py LIBRARY THREADS` prints the versions it found, and then answers requests line by line. `time
SYSTEM SIZE SECONDS` prints the nanoseconds per value in a batch of fills that lasts at least this long.
`check SYSTEM SIZE` prints mean, standard deviation and kurtosis.

A library is a function that returns its versions and its systems. A system is a function of the size
that returns a fill and a function to read the values. Work that a caller does only once, such as making
a generator, is outside the fill.
"""

import concurrent.futures
import ctypes
import functools
import itertools
import json
import math
import os
import pathlib
import platform
import re
import sys
import time

ALIGNMENT = 64
# Number of values from which a fill is split. Below it, waking a thread takes longer than it saves.
SPLIT_FROM = 65_536


def std(size):
    return math.sqrt(2 / size)


def bound(size):
    return math.sqrt(6 / size)


def parts(size, threads):
    """Returns where the part of each thread begins and ends. Few values are one part."""
    threads = threads if size >= SPLIT_FROM else 1
    return itertools.pairwise(size * thread // threads for thread in range(threads + 1))


def together(fills):
    """Joins fills into one, which runs the first here and each other one in its own thread."""
    first, *others = fills
    if not others:
        return first
    pool = concurrent.futures.ThreadPoolExecutor(len(others))

    def fill():
        running = [pool.submit(other) for other in others]
        first()
        for future in running:
            future.result()

    return fill


def numpy_systems(threads):
    import numpy as np

    @functools.cache
    def buffer(size):
        values = np.ones(size + ALIGNMENT // 4, np.float32)
        start = -values.ctypes.data % ALIGNMENT // 4
        return values[start : start + size]

    def normal(generator, out, scale):
        generator.standard_normal(dtype=np.float32, out=out)
        np.multiply(out, scale, out=out)

    def uniform(generator, out, scale):
        generator.random(dtype=np.float32, out=out)
        np.multiply(out, 2 * scale, out=out)
        np.subtract(out, scale, out=out)

    def system(fill, scale, bits):
        def make(size):
            seeds = np.random.SeedSequence(42).spawn(threads)
            out = buffer(size)
            fills = [
                functools.partial(
                    fill, np.random.Generator(bits(seed)), out[start:end], np.float32(scale(size))
                )
                for seed, (start, end) in zip(seeds, parts(size, threads), strict=False)
            ]
            return together(fills), out.tolist

        return make

    return {"numpy": np.__version__}, {
        "normal-sfc64": system(normal, std, np.random.SFC64),
        "normal-pcg64": system(normal, std, np.random.PCG64),
        "uniform-sfc64": system(uniform, bound, np.random.SFC64),
        "uniform-pcg64": system(uniform, bound, np.random.PCG64),
    }


def torch_systems(threads):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(42)

    @functools.cache
    def buffer(size):
        return torch.ones(1, size)

    def system(fill):
        def make(size):
            out = buffer(size)
            return functools.partial(fill, out), out.view(-1).tolist

        return make

    def truncated(out):
        scale = std(out.numel())
        torch.nn.init.trunc_normal_(out, 0.0, scale, -2 * scale, 2 * scale)

    def orthogonal(out):
        side = math.isqrt(out.numel())
        torch.nn.init.orthogonal_(out.view(side, side))

    kernels = torch.backends.cpu.get_cpu_capability()
    return {"torch": torch.__version__, "torch kernels": kernels}, {
        "kaiming_normal": system(torch.nn.init.kaiming_normal_),
        "kaiming_uniform": system(torch.nn.init.kaiming_uniform_),
        "trunc_normal": system(truncated),
        "orthogonal": system(orthogonal),
    }


def jax_systems(_threads):
    import jax
    import jaxlib
    import numpy as np

    def system(initializer, square=False):
        def make(size):
            shape = (math.isqrt(size),) * 2 if square else (size, 1)

            def sample(seed, _old):
                return initializer(jax.random.key(seed), shape, jax.numpy.float32)

            # The old array is donated, so that JAX reuses its memory for the new values.
            jitted = jax.jit(sample, donate_argnums=1, keep_unused=True)
            out = jax.numpy.ones(shape)
            seed = 0

            def fill():
                nonlocal out, seed
                seed += 1
                out = jitted(np.uint32(seed), out).block_until_ready()

            return fill, lambda: out.ravel().tolist()

        return make

    return {"jax": jax.__version__, "jaxlib": jaxlib.__version__}, {
        "he_normal": system(jax.nn.initializers.he_normal()),
        "he_uniform": system(jax.nn.initializers.he_uniform()),
        "orthogonal": system(jax.nn.initializers.orthogonal(), square=True),
    }


def mkl_systems(threads):
    # mkl_vsl_defines.h numbers the generators in steps of 2^20.
    sfmt19937, ars5 = 13 << 20, 15 << 20
    uniform_std, gaussian_icdf = 0, 2

    libraries = pathlib.Path(sys.prefix, "lib").glob("libmkl_rt.so*")
    mkl = ctypes.CDLL(str(next(libraries, "libmkl_rt.so")))
    integer, pointer, real = ctypes.c_int, ctypes.c_void_p, ctypes.c_float

    def check(status):
        if status:
            raise RuntimeError(f"MKL returned {status}")

    def stream(generator, thread):
        created = pointer()
        # ARS5 can skip ahead, so that all threads share a sequence. SFMT19937 can't skip so far, so that each
        # thread has its own seed.
        seed = 42 if generator == ars5 else 42 + thread
        check(mkl.vslNewStream(ctypes.byref(created), integer(generator), ctypes.c_uint(seed)))
        if generator == ars5:
            check(mkl.vslSkipAheadStream(created, ctypes.c_longlong(thread << 40)))
        return created

    @functools.cache
    def buffer(size):
        values = (real * (size + ALIGNMENT // 4))()
        start = -ctypes.addressof(values) % ALIGNMENT
        return (real * size).from_buffer(values, start)

    def system(sampler, method, generator, parameters, *, empty=False):
        def part(out, thread, start, end):
            # Arguments converted in advance halve the time of a call.
            fill = functools.partial(
                sampler,
                integer(method),
                stream(generator, thread),
                integer(0 if empty else end - start),
                pointer(ctypes.addressof(out) + 4 * start),
                *map(real, parameters(len(out))),
            )
            check(fill())
            return fill

        def make(size):
            out = buffer(size)
            fills = [part(out, thread, *edges) for thread, edges in enumerate(parts(size, threads))]
            return together(fills), lambda: list(out)

        return make

    def normal(size):
        return 0.0, std(size)

    def uniform(size):
        return -bound(size), bound(size)

    systems = {
        "gaussian-ars5": system(mkl.vsRngGaussian, gaussian_icdf, ars5, normal),
        "gaussian-sfmt19937": system(mkl.vsRngGaussian, gaussian_icdf, sfmt19937, normal),
        "uniform-ars5": system(mkl.vsRngUniform, uniform_std, ars5, uniform),
        # Draws no values, to show the time of the call through ctypes per value of the size.
        "call": system(mkl.vsRngGaussian, gaussian_icdf, ars5, normal, empty=True),
    }
    text = ctypes.create_string_buffer(256)
    mkl.MKL_Get_Version_String(text, integer(len(text)))
    version = re.search(r"Version (\S+) Build (\d+)", text.value.decode())
    # The first fill loads the kernels. Only their names tell for which processor they are.
    systems["gaussian-ars5"](1024)[0]()
    maps = pathlib.Path("/proc/self/maps").read_text()
    kernels = sorted(set(re.findall(r"libmkl_vml_(\w+)", maps)))
    return {"mkl": " build ".join(version.groups()), "mkl kernels": " ".join(kernels)}, systems


LIBRARIES = {
    "numpy": numpy_systems,
    "torch": torch_systems,
    "jax": jax_systems,
    "mkl": mkl_systems,
}


def timed(fill, size, seconds):
    """Returns nanoseconds per value. Batches that turn out too short are the warm-up."""
    repetitions = 3
    while True:
        start = time.perf_counter()
        for _ in range(repetitions):
            fill()
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return 1e9 * elapsed / (repetitions * size)
        repetitions = math.ceil(repetitions * min(1.2 * seconds / elapsed, 100))


def moments(values):
    """Returns mean, standard deviation and kurtosis."""
    mean = math.fsum(values) / len(values)
    variance, fourth = (
        math.fsum((value - mean) ** power for value in values) / len(values) for power in (2, 4)
    )
    return mean, math.sqrt(variance), fourth / variance**2


def main():
    # Libraries may print to stdout, which must not be mistaken for answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    library, threads = sys.argv[1], int(sys.argv[2])
    try:
        versions, systems = LIBRARIES[library](threads)
    except (ImportError, OSError) as error:
        # The answer names only the type, because the message may contain paths.
        print(error, file=sys.stderr)
        print(json.dumps({"error": type(error).__name__}), file=answers)
        return
    versions["Python"] = platform.python_version()
    print(json.dumps({"versions": versions}), file=answers)

    # Cached, because JAX compiles for each system and size.
    make = functools.cache(lambda system, size: systems[system](size))
    for line in sys.stdin:
        verb, system, size, *rest = line.split()
        rest = map(float, rest)
        try:
            fill, values = make(system, int(size))
            fill()
            numbers = moments(values()) if verb == "check" else [timed(fill, int(size), *rest)]
            print(*numbers, file=answers)
        except (MemoryError, RuntimeError) as error:
            print(error, file=sys.stderr)
            print("error", type(error).__name__, file=answers)


if __name__ == "__main__":
    main()
