"""Starting weights for neural networks, the same bits on every machine.

>>> import numpy as np
>>> from weight_init import Stream, fill
>>> weights = np.empty((100, 784), np.float32)
>>> fill(weights, "he_normal", stream=Stream(42).named("fc1.weight"))
0

`fill` writes arrays of NumPy and anything else with the buffer protocol or DLPack. `weight_init.torch` starts tensors and
modules of PyTorch, `weight_init.jax` has initializers for JAX, and `weight_init.keras` has those for Keras. They are imported
only if asked for.
"""

from ._native import Init, Shape, Stream, fill

__all__ = ["Init", "Shape", "Stream", "fill"]
