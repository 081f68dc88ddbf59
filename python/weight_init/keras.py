"""Initializers for Keras 3, with any of its backends.

The classes have the names, arguments, fans and defaults of those in `keras.initializers`, from which they are derived, and
serialise with a model.

>>> import keras
>>> from weight_init import Stream
>>> from weight_init.keras import HeNormal
>>> model = Stream(42)
>>> layer = keras.layers.Dense(100, kernel_initializer=HeNormal(seed=model.named("fc1.kernel")), name="fc1")

A seed is a Stream, or what Keras takes: an int, which becomes `Stream(seed)`, a `keras.random.SeedGenerator`, whose next two
words become the upper and the lower half of a seed at each call, or None for a seed that `keras.utils.set_random_seed`
decides. Keras passes no name to an initializer, so two layers with the same seed start from the same values. Give each one
a stream of its own.

Names mean what they mean in Keras: its `HeNormal` is truncated, while the text "he_normal" of `fill` is not. Values
are computed on the host. Initializers without random values are those of Keras.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras.initializers import STFT, Constant, Identity, Ones, Zeros

from ._native import Init, Shape, Stream, fill

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
]


class _Seeded(keras.initializers.Initializer):
    """Replaces the values of an initializer of Keras, the next base class."""

    seed: Any
    _init_seed: Any
    _names = ("mean", "stddev", "minval", "maxval", "scale", "mode", "distribution", "gain")

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """See the class of the same name in `keras.initializers`. The seed may also be a Stream.

        Raises ValueError for arguments that are invalid in Keras, or that weight-init does not support.
        """
        bound = inspect.signature(super().__init__).bind(*arguments, **keywords)
        seed = bound.arguments.get("seed")
        if isinstance(seed, dict) and seed.keys() == {"stream"}:
            seed = Stream.from_key(seed["stream"])
        if isinstance(seed, Stream):
            bound.arguments["seed"] = 0
        super().__init__(*bound.args, **bound.kwargs)
        if isinstance(seed, Stream):
            self.seed = self._init_seed = seed
        self._scheme()

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        """Returns a tensor of float32, float64, float16 or bfloat16, by default `keras.config.floatx()`.

        Raises TypeError for another dtype, and ValueError for a shape that the scheme does not support.
        """
        dims = tuple(int(size) for size in shape)
        dtype = keras.backend.standardize_dtype(dtype)
        if not keras.backend.is_float_dtype(dtype):
            raise TypeError(f"expected the dtype float32, float64, float16 or bfloat16, got {dtype}")
        array = np.empty(dims, _numpy(dtype))
        fill(array, self._scheme(), stream=self._stream(), shape=Shape(dims, layout="in_out", fan=self._fan(dims)))
        # Not all backends know NumPy's bfloat16. The values are the same in float32.
        return keras.ops.convert_to_tensor(array.astype(np.float32) if dtype == "bfloat16" else array, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, with a Stream as its key."""
        seed = self._init_seed
        if not isinstance(seed, Stream):
            return super().get_config()
        # Keras can't serialise a Stream.
        self._init_seed = None
        config = super().get_config()
        self._init_seed = seed
        return {**config, "seed": {"stream": seed.key}}

    def _scheme(self) -> Init:
        arguments = ((name, getattr(self, name)) for name in self._names if hasattr(self, name))
        texts = (f"{name}={value!r}" if isinstance(value, str) else f"{name}={float(value)!r}" for name, value in arguments)
        # The classes of one distribution and mode are special cases.
        kind = "VarianceScaling" if isinstance(self, keras.initializers.VarianceScaling) else type(self).__name__
        return Init.from_keras(f"{kind}({', '.join(texts)})")

    def _stream(self) -> Stream:
        if isinstance(self.seed, Stream):
            return self.seed
        if isinstance(self.seed, keras.random.SeedGenerator):
            high, low = (int(word) for word in keras.ops.convert_to_numpy(self.seed.next()))
            return Stream(high << 32 | low)
        return Stream(self.seed)

    def _fan(self, dims: tuple[int, ...]) -> tuple[int, int]:
        """Returns the fan that Keras gives to dimensions."""
        axes = getattr(self, "input_axes", None), getattr(self, "output_axes", None)
        if None not in axes:
            inputs, outputs = (math.prod(dims[axis] for axis in along) for along in axes)
        elif len(dims) < 2:
            inputs = outputs = math.prod(dims)
        else:
            inputs, outputs = (math.prod(dims[:-2]) * size for size in dims[-2:])
        return max(inputs, 1), max(outputs, 1)


def _numpy(dtype: str) -> Any:
    if dtype != "bfloat16":
        return dtype
    import ml_dtypes

    return ml_dtypes.bfloat16


_register = keras.saving.register_keras_serializable(package="weight_init")


@_register
class RandomNormal(_Seeded, keras.initializers.RandomNormal):
    """Starts from a normal with a mean and a standard deviation."""


@_register
class TruncatedNormal(_Seeded, keras.initializers.TruncatedNormal):
    """Starts from a normal that is cut off two standard deviations from its mean. `stddev` is that before the cut."""


@_register
class RandomUniform(_Seeded, keras.initializers.RandomUniform):
    """Starts from the uniform on [minval, maxval]."""


@_register
class VarianceScaling(_Seeded, keras.initializers.VarianceScaling):
    """Starts from a distribution with the variance scale / fan. "normal" means a truncated one."""


@_register
class GlorotUniform(_Seeded, keras.initializers.GlorotUniform):
    """Glorot's uniform, also known as Xavier's."""


@_register
class GlorotNormal(_Seeded, keras.initializers.GlorotNormal):
    """Glorot's truncated normal, also known as Xavier's."""


@_register
class LecunNormal(_Seeded, keras.initializers.LecunNormal):
    """LeCun's truncated normal."""


@_register
class LecunUniform(_Seeded, keras.initializers.LecunUniform):
    """LeCun's uniform."""


@_register
class HeNormal(_Seeded, keras.initializers.HeNormal):
    """He's truncated normal, also known as Kaiming's."""


@_register
class HeUniform(_Seeded, keras.initializers.HeUniform):
    """He's uniform, also known as Kaiming's."""


@_register
class Orthogonal(_Seeded, keras.initializers.Orthogonal):
    """Starts from a random orthogonal matrix times a gain."""
