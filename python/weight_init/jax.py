"""Initializers for JAX, and sharded arrays.

The functions have the names, arguments and meaning of those in `jax.nn.initializers`, and return an initializer
`init(key, shape, dtype)`. So they fit where Flax, Haiku or Equinox take one.

>>> import jax
>>> from weight_init.jax import he_normal
>>> weights = he_normal()(jax.random.key(42), (784, 100))

A key becomes a stream: `key_stream(key)` is `Stream(seed)` for `jax.random.key(seed)` with the default implementation,
where the two 32-bit words of the key are the seed. A Stream can be passed in place of a key. Values are computed on the
host. Inside `jax.jit` this is a callback, which needs a backend with callbacks.

`sharded` makes an array on many devices, and each process computes only the shards of its own devices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from ._native import Init, Shape, Stream, fill

__all__ = [
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initializer",
    "kaiming_normal",
    "kaiming_uniform",
    "key_stream",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "sharded",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Axes: TypeAlias = int | Sequence[int]
Initializer: TypeAlias = Callable[..., jax.Array]
"""`init(key, shape, dtype=float32, out_sharding=None)`."""


def key_stream(key: Any) -> Stream:
    """Returns the stream of a key of JAX, or a Stream as it is.

    The words of the key, joined, are the seed: the first is the upper one. The words after the second, which keys of
    other implementations than the default have, are pairs too, and numbers of substreams.

    Raises TypeError for an array of keys, and for a key that `jax.jit` traces.
    """
    if isinstance(key, Stream):
        return key
    if isinstance(key, jax.core.Tracer):
        raise TypeError("a key inside jax.jit has no value; make the stream outside")
    return _stream_of_words(_words(key))


def _words(key: Any) -> Any:
    """Returns the 32-bit words of a key, new or raw."""
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        key = jax.random.key_data(key)
    if key.ndim != 1:
        raise TypeError(f"expected one key, got an array of keys of the shape {key.shape[:-1]}")
    return key


def _stream_of_words(words: Any) -> Stream:
    numbers = [int(word) for word in np.asarray(words)]
    pairs = [(high << 32) | low for high, low in zip(numbers[::2], [*numbers[1::2], 0][: len(numbers[::2])], strict=True)]
    stream = Stream(pairs[0])
    for pair in pairs[1:]:
        stream = stream.substream(pair)
    return stream


def initializer(
    scheme: str | Init,
    shape: Callable[[tuple[int, ...]], Shape] | None = None,
    *,
    dtype: Any = None,
    threads: int = 1,
) -> Initializer:
    """Returns an initializer for a scheme.

    scheme: A text such as "he_normal", which is not truncated, or an Init.
    shape: A function from dimensions to a Shape. Unless given, the layout is [kernel..., in, out].
    dtype: The type of the arrays, unless the call has another. float32, float64, float16 or bfloat16.
    threads: The number of threads. They write the same bits in any number.

    Raises ValueError for an unknown scheme. The initializer raises ValueError for an invalid shape.
    """
    scheme = Init(scheme) if isinstance(scheme, str) else scheme
    shape_of = shape or _in_out
    default = dtype

    def init(key: Any, shape: Sequence[int], dtype: Any = None, out_sharding: Any = None) -> jax.Array:
        dims = tuple(int(size) for size in shape)
        layer = shape_of(dims)
        dtype = _floating(dtype or default or jnp.float32)

        def host(words: Any) -> np.ndarray[Any, Any]:
            array = np.empty(dims, dtype)
            stream = words if isinstance(words, Stream) else _stream_of_words(words)
            fill(array, scheme, stream=stream, shape=layer, threads=threads)
            return array

        if not isinstance(key, Stream):
            key = _words(key)
        if isinstance(key, jax.core.Tracer):
            result = jax.pure_callback(host, jax.ShapeDtypeStruct(dims, dtype), key, vmap_method="sequential")
        else:
            result = jnp.asarray(host(key))
        return result if out_sharding is None else jax.device_put(result, out_sharding)

    return init


def _floating(dtype: Any) -> np.dtype[Any]:
    """Returns the type that JAX uses for a type. Without `jax_enable_x64`, float64 is float32."""
    dtype = jax.dtypes.canonicalize_dtype(np.dtype(dtype))
    if not jnp.issubdtype(dtype, jnp.floating):
        raise TypeError(f"expected the dtype float32, float64, float16 or bfloat16, got {dtype}")
    return dtype


def _in_out(dims: tuple[int, ...]) -> Shape:
    return Shape(dims, layout="in_out")


def sharded(
    shape: Shape | Sequence[int],
    sharding: jax.sharding.Sharding,
    init: str | Init,
    stream: Stream,
    *,
    dtype: Any = jnp.float32,
    threads: int = 1,
) -> jax.Array:
    """Returns an array with a sharding, whose shards are computed alone and have the bits of the whole array.

    shape: The Shape of the array, or its dimensions in the layout [kernel..., in, out].
    sharding: The sharding, such as `NamedSharding(mesh, PartitionSpec("x", None))`. Replicas of a shard are equal.
    init: The scheme, a text such as "he_normal", or an Init.
    stream: The Stream of the array.
    dtype: float32, float64, float16 or bfloat16.
    threads: The number of threads for each shard.

    Only the shards of this process's devices are computed, and nothing is sent. An orthogonal matrix is computed whole
    for each shard.

    Raises ValueError for an invalid scheme or shape, and if the sharding does not divide the array.
    """
    layer = shape if isinstance(shape, Shape) else _in_out(tuple(shape))
    dtype = _floating(dtype)
    scheme = Init(init) if isinstance(init, str) else init
    shards: dict[tuple[tuple[int, int], ...], np.ndarray[Any, Any]] = {}

    def shard(index: tuple[slice, ...]) -> np.ndarray[Any, Any]:
        bounds = tuple(slice_.indices(size)[:2] for slice_, size in zip(index, layer.dims, strict=True))
        if bounds not in shards:
            block = np.empty([end - start for start, end in bounds], dtype)
            offsets = [start for start, _ in bounds]
            fill(block, scheme, stream=stream, shape=layer, block=offsets, threads=threads)
            shards[bounds] = block
        return shards[bounds]

    return jax.make_array_from_callback(layer.dims, sharding, shard)


# ----------------------------------------------------------------------------------------- jax.nn.initializers


def zeros(key: Any, shape: Sequence[int], dtype: Any = jnp.float32, out_sharding: Any = None) -> jax.Array:
    """Returns an array of zeros. It is an initializer itself, and the key is not used."""
    return initializer("zeros", Shape)(Stream(0), shape, dtype, out_sharding)


def ones(key: Any, shape: Sequence[int], dtype: Any = jnp.float32, out_sharding: Any = None) -> jax.Array:
    """Returns an array of ones. It is an initializer itself, and the key is not used."""
    return initializer("ones", Shape)(Stream(0), shape, dtype, out_sharding)


def constant(value: float, dtype: Any = jnp.float32) -> Initializer:
    """Returns an initializer for arrays of one value."""
    return initializer(f"constant(value={float(value)!r})", Shape, dtype=dtype)


def uniform(scale: float = 1e-2, dtype: Any = jnp.float32) -> Initializer:
    """Returns an initializer for the uniform on [0, scale]."""
    return initializer(f"uniform(low=0, high={float(scale)!r})", Shape, dtype=dtype)


def normal(stddev: float = 1e-2, dtype: Any = jnp.float32) -> Initializer:
    """Returns an initializer for the normal with a mean of 0."""
    return initializer(f"normal(std={float(stddev)!r})", Shape, dtype=dtype)


def truncated_normal(
    stddev: float = 1e-2, dtype: Any = jnp.float32, lower: float = -2.0, upper: float = 2.0
) -> Initializer:
    """Returns an initializer for the normal that is cut off at lower and upper times stddev.

    `stddev` is that before the cut, as in JAX. Raises ValueError if the cut is not symmetric, or nearer than 1.
    """
    if lower != -upper:
        raise ValueError(f"the cut must be symmetric, got lower = {lower} and upper = {upper}")
    return initializer(f"normal(std={float(stddev)!r}, cut={float(upper)!r})", Shape, dtype=dtype)


def variance_scaling(
    scale: float,
    mode: Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"],
    distribution: Literal["truncated_normal", "normal", "uniform"],
    in_axis: Axes = -2,
    out_axis: Axes = -1,
    batch_axis: Axes = (),
    dtype: Any = jnp.float32,
) -> Initializer:
    """Returns an initializer with the variance scale / fan.

    The fan is JAX's: the product of the sizes of the input or output axes, times that of all axes that are neither of
    them nor batch axes.

    Raises ValueError for an unknown mode or distribution, and the initializer if the axes are not those of the shape.
    """
    scheme = Init(f"variance_scaling(scale={float(scale)!r}, mode={mode}, family={distribution})")

    def shape(dims: tuple[int, ...]) -> Shape:
        try:
            inputs, outputs, batch = (_size(dims, axes) for axes in (in_axis, out_axis, batch_axis))
        except IndexError:
            raise ValueError(
                f"the axes in_axis = {in_axis}, out_axis = {out_axis} and batch_axis = {batch_axis} are not all in the shape {dims}"
            ) from None
        # An empty array needs no fan.
        kernel = math.prod(dims) // max(inputs * outputs * batch, 1)
        return Shape(dims, layout="in_out", fan=(inputs * kernel, outputs * kernel))

    return initializer(scheme, shape, dtype=dtype)


def _size(dims: tuple[int, ...], axes: Axes) -> int:
    return math.prod(dims[axis] for axis in ((axes,) if isinstance(axes, int) else axes))


def lecun_normal(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = jnp.float32
) -> Initializer:
    """Returns LeCun's initializer, with a truncated normal as in JAX."""
    return variance_scaling(1.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def lecun_uniform(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = jnp.float32
) -> Initializer:
    """Returns LeCun's initializer, with a uniform."""
    return variance_scaling(1.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def glorot_normal(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = jnp.float32
) -> Initializer:
    """Returns Glorot's initializer, also known as Xavier's, with a truncated normal as in JAX."""
    return variance_scaling(1.0, "fan_avg", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def glorot_uniform(
    in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = jnp.float32
) -> Initializer:
    """Returns Glorot's initializer, also known as Xavier's, with a uniform."""
    return variance_scaling(1.0, "fan_avg", "uniform", in_axis, out_axis, batch_axis, dtype)


def he_normal(in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = jnp.float32) -> Initializer:
    """Returns He's initializer, also known as Kaiming's, with a truncated normal as in JAX."""
    return variance_scaling(2.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def he_uniform(in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = jnp.float32) -> Initializer:
    """Returns He's initializer, also known as Kaiming's, with a uniform."""
    return variance_scaling(2.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


xavier_normal = glorot_normal
xavier_uniform = glorot_uniform
kaiming_normal = he_normal
kaiming_uniform = he_uniform


def orthogonal(scale: float = 1.0, column_axis: int = -1, dtype: Any = jnp.float32) -> Initializer:
    """Returns an initializer for orthogonal matrices times a scale.

    The last axis counts the columns, or with column_axis=0 the first. Raises ValueError for another axis.
    """
    layout = {-1: "in_out", 0: "out_in"}.get(column_axis)
    if layout is None:
        raise ValueError(f"column_axis must be -1 or 0, got {column_axis}")
    return initializer(
        f"orthogonal(gain={float(scale)!r})", lambda dims: Shape(dims, layout=layout), dtype=dtype
    )


def delta_orthogonal(scale: float = 1.0, column_axis: int = -1, dtype: Any = jnp.float32) -> Initializer:
    """Returns an initializer for convolutions with an orthogonal matrix times a scale in the middle of the kernel.

    Raises ValueError if column_axis is not -1.
    """
    if column_axis != -1:
        raise ValueError(f"column_axis must be -1, got {column_axis}")
    return initializer(f"delta_orthogonal(gain={float(scale)!r})", dtype=dtype)
