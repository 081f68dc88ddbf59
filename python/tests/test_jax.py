"""Initializers for JAX, and sharded arrays."""

import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest

import weight_init
from weight_init import Shape, Stream

# Before JAX starts its devices.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
jax = pytest.importorskip("jax")

import jax.numpy as jnp  # noqa: E402
from jax.sharding import NamedSharding, PartitionSpec  # noqa: E402

import weight_init.jax as wj  # noqa: E402

KEY = jax.random.key(42)
DIMS = (3, 3, 8, 16)


def reference(dims, scheme, stream=Stream(42), dtype=np.float32, **keywords):
    result = np.empty(dims, dtype)
    weight_init.fill(result, scheme, stream=stream, shape=Shape(dims, layout="in_out", **keywords))
    return result


SCHEMES = [
    ("he_normal", (), "he_truncated_normal"),
    ("he_uniform", (), "he_uniform"),
    ("kaiming_normal", (), "he_truncated_normal"),
    ("kaiming_uniform", (), "he_uniform"),
    ("glorot_normal", (), "xavier_truncated_normal"),
    ("glorot_uniform", (), "xavier_uniform"),
    ("xavier_normal", (), "xavier_truncated_normal"),
    ("xavier_uniform", (), "xavier_uniform"),
    ("lecun_normal", (), "lecun_truncated_normal"),
    ("lecun_uniform", (), "lecun_uniform"),
    ("variance_scaling", (2.0, "fan_out", "normal"), "he_normal(mode=fan_out)"),
    ("variance_scaling", (2.0, "fan_geo_avg", "uniform"), "he_uniform(mode=fan_geo_avg)"),
    ("normal", (0.3,), "normal(std=0.3)"),
    ("truncated_normal", (0.3,), "normal(std=0.3, cut=2)"),
    ("uniform", (0.3,), "uniform(low=0, high=0.3)"),
    ("constant", (0.3,), "constant(value=0.3)"),
    ("orthogonal", (1.5,), "orthogonal(gain=1.5)"),
    ("delta_orthogonal", (1.5,), "delta_orthogonal(gain=1.5)"),
]


@pytest.mark.parametrize(("name", "arguments", "scheme"), SCHEMES)
def test_initializers(name, arguments, scheme):
    values = getattr(wj, name)(*arguments)(KEY, DIMS)
    assert isinstance(values, jax.Array) and values.dtype == jnp.float32
    assert (values == reference(DIMS, scheme)).all()
    # JAX's own has the same scale.
    theirs = getattr(jax.nn.initializers, name)(*arguments)(KEY, DIMS)
    assert abs(float(jnp.abs(values).mean() / jnp.abs(theirs).mean()) - 1) < 0.1


def test_every_initializer_of_jax_is_known():
    theirs = {name for name in dir(jax.nn.initializers) if name[0].islower()}
    assert theirs - {"initializers"} <= set(wj.__all__)


def test_zeros_and_ones():
    assert (wj.zeros(KEY, (3, 4), jnp.bfloat16) == 0).all() and (wj.ones(KEY, (3,)) == 1).all()


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float16, jnp.bfloat16])
def test_formats(dtype):
    values = wj.he_normal()(KEY, (5, 7), dtype)
    assert values.dtype == dtype
    assert (values == reference((5, 7), "he_truncated_normal").astype(dtype)).all()


@pytest.mark.parametrize(
    ("dims", "keywords"),
    [
        ((4, 6, 8), {"in_axis": 0, "out_axis": (1, 2)}),
        ((4, 6, 8), {"in_axis": (0, 1), "out_axis": 2}),
        ((4, 6, 8), {"batch_axis": 0}),
        ((8, 4, 3), {"in_axis": 1, "out_axis": 0}),
    ],
)
def test_axes(dims, keywords):
    for mode in "fan_in", "fan_out", "fan_avg":
        ours = wj.variance_scaling(1.0, mode, "uniform", **keywords)(KEY, dims)
        theirs = jax.nn.initializers.variance_scaling(1.0, mode, "uniform", **keywords)(KEY, dims)
        assert abs(float(jnp.abs(ours).max() / jnp.abs(theirs).max()) - 1) < 0.1
    with pytest.raises(ValueError, match="not all in the shape"):
        wj.he_normal()(KEY, (3,))


def test_keys():
    assert wj.key_stream(jax.random.key(42)) == Stream(42) == wj.key_stream(jax.random.PRNGKey(42))
    assert wj.key_stream(Stream(7)) == Stream(7)
    words = [int(word) for word in jax.random.key_data(jax.random.key(3, impl="rbg"))]
    expected = Stream(words[0] << 32 | words[1]).substream(words[2] << 32 | words[3])
    assert wj.key_stream(jax.random.key(3, impl="rbg")) == expected
    streams = {wj.key_stream(key) for key in jax.random.split(KEY, 20)}
    assert len(streams) == 20
    with pytest.raises(TypeError, match="array of keys"):
        wj.key_stream(jax.random.split(KEY, 3))
    assert (wj.he_normal()(Stream(42), DIMS) == wj.he_normal()(KEY, DIMS)).all()


def test_jit_and_vmap():
    init = wj.he_normal()
    assert (jax.jit(lambda key: init(key, (5, 7)))(KEY) == init(KEY, (5, 7))).all()
    keys = jax.random.split(KEY, 3)
    stacked = jax.vmap(lambda key: init(key, (5, 7)))(keys)
    assert all((stacked[i] == init(keys[i], (5, 7))).all() for i in range(3))
    shape = jax.eval_shape(lambda key: init(key, (5, 7), jnp.bfloat16), KEY)
    assert shape.shape == (5, 7) and shape.dtype == jnp.bfloat16


def meshes():
    devices = np.array(jax.devices())
    assert len(devices) == 8
    one, two = jax.sharding.Mesh(devices, ("x",)), jax.sharding.Mesh(devices.reshape(4, 2), ("x", "y"))
    P = PartitionSpec
    return [
        *(NamedSharding(one, spec) for spec in (P(), P("x"), P(None, "x"))),
        *(NamedSharding(two, spec) for spec in (P("x", "y"), P("y", "x"), P(("x", "y")), P(None, "y"), P(None, ("y", "x")))),
    ]


@pytest.mark.parametrize("scheme", ["he_normal", "orthogonal", "sparse(sparsity=0.3)"])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_sharded(scheme, dtype):
    whole = reference((48, 40), scheme).astype(dtype)
    shardings = meshes()
    for sharding in shardings:
        array = wj.sharded((48, 40), sharding, scheme, Stream(42), dtype=dtype)
        assert array.sharding == sharding and array.dtype == dtype
        assert (np.asarray(array) == whole).all()
        for shard in array.addressable_shards:
            assert (np.asarray(shard.data) == whole[shard.index]).all()
    array = wj.sharded(Shape([2, 48, 40], stacked=True), shardings[0], "xavier_normal", Stream(1))
    expected = np.empty((2, 48, 40), np.float32)
    weight_init.fill(expected, "xavier_normal", stream=Stream(1), shape=Shape([2, 48, 40], stacked=True))
    assert (np.asarray(array) == expected).all()


def test_only_distinct_shards_are_computed(monkeypatch):
    sizes = []

    def fill(array, *arguments, **keywords):
        sizes.append(array.shape)
        return weight_init.fill(array, *arguments, **keywords)

    monkeypatch.setattr(wj, "fill", fill)
    expected = [[(48, 40)], [(6, 40)] * 8, [(48, 5)] * 8, [(12, 20)] * 8, [(24, 10)] * 8, [(6, 40)] * 8, [(48, 20)] * 2]
    for sharding, shapes in zip(meshes(), expected, strict=False):
        sizes.clear()
        wj.sharded((48, 40), sharding, "he_normal", Stream(42))
        assert sizes == shapes


def test_two_processes():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = pathlib.Path(__file__).with_name("jax_process.py")
    children = [
        subprocess.Popen(
            [sys.executable, str(script), str(process), str(port)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for process in range(2)
    ]
    for process, child in enumerate(children):
        output, _ = child.communicate(timeout=120)
        assert child.returncode == 0, output
        assert f"process {process}: all equal" in output


def test_arrays_of_jax_are_not_changed():
    for dtype in jnp.float32, jnp.bfloat16:
        array = jnp.zeros((3, 4), dtype)
        with pytest.raises(ValueError, match="weight_init.jax makes new ones"):
            weight_init.fill(array, "ones", stream=Stream(42))
        assert (array == 0).all()


def test_refused():
    with pytest.raises(ValueError, match="symmetric"):
        wj.truncated_normal(lower=-1, upper=2)
    with pytest.raises(ValueError, match="column_axis"):
        wj.orthogonal(column_axis=1)
    with pytest.raises(ValueError):
        wj.variance_scaling(1.0, "fan_of", "normal")
    with pytest.raises(TypeError, match="int32"):
        wj.normal()(KEY, (3,), jnp.int32)
