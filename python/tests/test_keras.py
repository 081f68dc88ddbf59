"""Initializers for Keras, with the backend JAX."""

import json
import os

import numpy as np
import pytest

import weight_init
from weight_init import Shape, Stream

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
keras = pytest.importorskip("keras")
pytest.importorskip("jax")

import weight_init.keras as wk  # noqa: E402

DIMS = (3, 3, 8, 16)
SCHEMES = [
    ("HeNormal", {}, "he_truncated_normal"),
    ("HeUniform", {}, "he_uniform"),
    ("GlorotNormal", {}, "xavier_truncated_normal"),
    ("GlorotUniform", {}, "xavier_uniform"),
    ("LecunNormal", {}, "lecun_truncated_normal"),
    ("LecunUniform", {}, "lecun_uniform"),
    ("RandomNormal", {"mean": 0.5, "stddev": 0.25}, "normal(mean=0.5, std=0.25)"),
    ("TruncatedNormal", {"stddev": 0.3}, "normal(std=0.3, cut=2)"),
    ("RandomUniform", {"minval": -1.0, "maxval": 2.0}, "uniform(low=-1, high=2)"),
    ("Orthogonal", {"gain": 1.5}, "orthogonal(gain=1.5)"),
    (
        "VarianceScaling",
        {"scale": 3.0, "mode": "fan_avg", "distribution": "untruncated_normal"},
        "variance_scaling(scale=3, mode=fan_avg, family=normal)",
    ),
    (
        "VarianceScaling",
        {"scale": 2.0, "mode": "fan_out", "distribution": "normal"},
        "he_truncated_normal(mode=fan_out)",
    ),
]


def reference(dims, scheme, stream, dtype=np.float32, **keywords):
    result = np.empty(dims, dtype)
    weight_init.fill(result, scheme, stream=stream, shape=Shape(dims, layout="in_out", **keywords))
    return result


@pytest.mark.parametrize(("name", "keywords", "scheme"), SCHEMES)
def test_values(name, keywords, scheme):
    values = getattr(wk, name)(**keywords, seed=42)(DIMS)
    assert keras.ops.is_tensor(values) and keras.backend.standardize_dtype(values.dtype) == "float32"
    assert (np.asarray(values) == reference(DIMS, scheme, Stream(42))).all()
    # Keras' own has the same scale and default arguments.
    for arguments in keywords, {}:
        ours = np.abs(getattr(wk, name)(**arguments, seed=1)(DIMS)).mean()
        theirs = np.abs(getattr(keras.initializers, name)(**arguments, seed=1)(DIMS)).mean()
        assert abs(ours / theirs - 1) < 0.1, arguments


@pytest.mark.parametrize(("name", "keywords", "scheme"), SCHEMES)
def test_serialisation(name, keywords, scheme):
    for seed in 42, Stream(42).named("fc1.kernel"), Stream.from_key(2**64 - 1):
        initializer = getattr(wk, name)(**keywords, seed=seed)
        assert isinstance(initializer, getattr(keras.initializers, name))
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(initializer)))
        assert config["registered_name"] == f"weight_init>{name}"
        for copy in (
            keras.saving.deserialize_keras_object(config),
            keras.initializers.get(config),
            type(initializer).from_config(initializer.get_config()),
            initializer.clone(),
        ):
            assert type(copy) is type(initializer) and copy.get_config() == initializer.get_config()
            stream = seed if isinstance(seed, Stream) else Stream(seed)
            assert (np.asarray(copy((8, 16))) == reference((8, 16), scheme, stream)).all()


# By Keras itself.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_model_is_saved_with_its_initializers(tmp_path):
    def layer(name):
        stream = Stream(42).named(name)
        return keras.layers.Dense(5, kernel_initializer=wk.HeNormal(stream), bias_initializer=wk.Zeros(), name=name)

    model = keras.Sequential([keras.Input((7,)), layer("fc1"), layer("fc2")])
    kernels = [np.asarray(layer.kernel) for layer in model.layers]
    for values, name in zip(kernels, ("fc1", "fc2"), strict=True):
        assert (values == reference(values.shape, "he_truncated_normal", Stream(42).named(name))).all()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    # A model from the configuration alone starts from the same values.
    again = keras.Sequential.from_config(loaded.get_config())
    assert loaded.get_config()["layers"][1]["config"]["kernel_initializer"]["config"]["seed"].keys() == {"stream"}
    assert all((np.asarray(layer.kernel) == kernel).all() for layer, kernel in zip(again.layers, kernels, strict=True))


def test_seeds():
    values = wk.HeNormal(7)((4, 5))
    assert (values == wk.HeNormal(seed=Stream(7))((4, 5))).all()
    generator = keras.random.SeedGenerator(7)
    initializer = wk.HeNormal(generator)
    first, second = initializer((4, 5)), initializer((4, 5))
    assert (first != second).all()
    words = [int(word) for word in keras.random.SeedGenerator(7).next()]
    assert (first == reference((4, 5), "he_truncated_normal", Stream(words[0] << 32 | words[1]))).all()
    # Keras' global seed decides that of an initializer without one, which stays.
    keras.utils.set_random_seed(3)
    one, other = wk.HeNormal(), wk.HeNormal()
    assert (one((4, 5)) == one((4, 5))).all() and (one((4, 5)) != other((4, 5))).all()
    keras.utils.set_random_seed(3)
    assert (wk.HeNormal()((4, 5)) == one((4, 5))).all()
    assert one.get_config()["seed"] is None
    with pytest.raises(ValueError, match="seed"):
        wk.HeNormal("seven")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_formats(dtype):
    import ml_dtypes

    values = wk.HeNormal(42)((5, 7), dtype=dtype)
    assert keras.backend.standardize_dtype(values.dtype) == dtype
    expected = reference((5, 7), "he_truncated_normal", Stream(42), {"bfloat16": ml_dtypes.bfloat16}.get(dtype, dtype))
    assert (np.asarray(values) == expected).all()
    with pytest.raises(TypeError, match="got int32"):
        wk.HeNormal(42)((5, 7), dtype="int32")


@pytest.mark.parametrize("dims", [(), (6,), (4, 6), (3, 4, 6), (2, 2, 4, 6), (0, 5), (3, 0)])
def test_fans(dims):
    for mode in "fan_in", "fan_out", "fan_avg":
        for axes in {}, {"input_axes": [0], "output_axes": [-1]}:
            if axes and not dims:
                continue
            ours, theirs = (
                module.VarianceScaling(1.0, mode, "uniform", seed=1, **axes) for module in (wk, keras.initializers)
            )
            fan = keras.src.initializers.random_initializers.compute_fans(dims, **axes)
            assert ours._fan(dims) == tuple(max(number, 1) for number in fan)
            limit = np.sqrt(3 / {"fan_in": fan[0], "fan_out": fan[1], "fan_avg": sum(fan) / 2}[mode]) if all(fan) else 0
            for initializer in ours, theirs:
                values = np.abs(np.asarray(initializer(dims)))
                assert values.shape == dims and (values.size == 0 or values.max() <= limit)


def test_no_initializer_of_keras_is_missing():
    theirs = {name for name in dir(keras.initializers) if isinstance(getattr(keras.initializers, name), type)}
    theirs = {getattr(keras.initializers, name).__name__ for name in theirs} - {"Initializer"}
    assert theirs == set(wk.__all__)
    for name in set(wk.__all__) - {"Zeros", "Ones", "Constant", "Identity", "STFT"}:
        assert getattr(wk, name).__call__ is wk._Seeded.__call__


def test_unsupported_arguments_are_refused():
    with pytest.raises(ValueError, match="finite|bounds|lower"):
        wk.RandomUniform(minval=1.0, maxval=-1.0, seed=1)((3, 4))
    with pytest.raises(ValueError, match="rank too low"):
        wk.Orthogonal(seed=1)((3,))
