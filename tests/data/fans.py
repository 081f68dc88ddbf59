"""Writes fans.csv and scales.csv: what PyTorch and JAX make of a layer's fan and its scale.

Mistakes of a system are not corrected. Both systems forget the groups in fan_out, and PyTorch exchanges
the fans of a transposed convolution. The test that reads these files expects both.
Run it from any folder: `pip install torch==2.15.0 jax==0.10.2`, `python tests/data/fans.py`.
"""

import pathlib
import platform
from types import SimpleNamespace
from unittest import mock

import jax
import jax.numpy as jnp
import torch
from jax._src.nn import initializers  # not public: _compute_fans, and the name `random` in it

HERE = pathlib.Path(__file__).resolve().parent
jax.config.update("jax_enable_x64", True)

# layer, in_channels, out_channels, kernel, groups, transposed
TORCH = [
    ("dense", 784, 100, (), 1, False),
    ("dense", 100, 10, (), 1, False),
    ("dense", 1, 1, (), 1, False),
    ("dense", 3, 1000, (), 1, False),
    ("dense", 4096, 17, (), 1, False),
    # plain
    ("conv1d", 1, 16, (9,), 1, False),
    ("conv1d", 80, 24, (5,), 1, False),
    ("conv1d", 7, 11, (1,), 1, False),
    ("conv2d", 3, 64, (7, 7), 1, False),
    ("conv2d", 64, 128, (3, 3), 1, False),
    ("conv2d", 12, 20, (3, 5), 1, False),
    ("conv2d", 256, 32, (1, 1), 1, False),
    ("conv3d", 1, 8, (3, 3, 3), 1, False),
    ("conv3d", 6, 10, (2, 3, 5), 1, False),
    # grouped
    ("conv1d", 12, 18, (5,), 3, False),
    ("conv2d", 64, 128, (3, 3), 4, False),
    ("conv2d", 30, 10, (1, 7), 5, False),
    ("conv2d", 48, 16, (1, 1), 8, False),
    ("conv3d", 8, 12, (2, 3, 4), 2, False),
    # depthwise, also with more than one output for each input
    ("conv1d", 24, 24, (7,), 24, False),
    ("conv2d", 32, 32, (3, 3), 32, False),
    ("conv2d", 32, 64, (5, 3), 32, False),
    ("conv3d", 5, 15, (3, 1, 2), 5, False),
    # transposed
    ("conv1d", 40, 12, (8,), 1, True),
    ("conv2d", 64, 16, (4, 4), 1, True),
    ("conv2d", 3, 50, (2, 5), 1, True),
    ("conv3d", 14, 9, (2, 3, 4), 1, True),
    ("conv1d", 6, 15, (4,), 3, True),
    ("conv2d", 64, 16, (4, 3), 8, True),
    ("conv2d", 10, 20, (3, 3), 10, True),
]
JAX = [
    ("dense", 784, 100, (), 1, False),
    ("dense", 1, 1, (), 1, False),
    ("dense", 3, 1000, (), 1, False),
    # plain
    ("conv1d", 80, 24, (5,), 1, False),
    ("conv1d", 1, 16, (9,), 1, False),
    ("conv2d", 3, 64, (7, 7), 1, False),
    ("conv2d", 12, 20, (3, 5), 1, False),
    ("conv2d", 256, 32, (1, 1), 1, False),
    ("conv3d", 6, 10, (2, 3, 5), 1, False),
    # grouped
    ("conv1d", 12, 18, (5,), 3, False),
    ("conv2d", 64, 128, (3, 3), 4, False),
    ("conv2d", 30, 10, (1, 7), 5, False),
    ("conv3d", 8, 12, (2, 3, 4), 2, False),
    # depthwise
    ("conv2d", 32, 32, (3, 3), 32, False),
    ("conv2d", 32, 64, (5, 3), 32, False),
]
# The layers of scales.csv
SCALES = [
    ("dense", 784, 100, (), 1, False),
    ("dense", 100, 10, (), 1, False),
    ("dense", 1, 1, (), 1, False),
    ("dense", 3, 1000, (), 1, False),
    ("conv2d", 3, 64, (7, 7), 1, False),
    ("conv2d", 64, 128, (3, 3), 1, False),
    ("conv3d", 6, 10, (2, 3, 5), 1, False),
]

RELU = {"nonlinearity": "relu"}
TANH = {"gain": torch.nn.init.calculate_gain("tanh")}
TORCH_SCHEMES = [
    ("he_normal", torch.nn.init.kaiming_normal_, RELU),
    ("he_uniform", torch.nn.init.kaiming_uniform_, RELU),
    ("he_normal_fan_out", torch.nn.init.kaiming_normal_, {"mode": "fan_out", **RELU}),
    ("he_uniform_fan_out", torch.nn.init.kaiming_uniform_, {"mode": "fan_out", **RELU}),
    ("xavier_normal", torch.nn.init.xavier_normal_, {}),
    ("xavier_uniform", torch.nn.init.xavier_uniform_, {}),
    ("xavier_normal_tanh", torch.nn.init.xavier_normal_, TANH),
    ("xavier_uniform_tanh", torch.nn.init.xavier_uniform_, TANH),
]
JAX_SCHEMES = [
    ("he_uniform", jax.nn.initializers.he_uniform()),
    ("xavier_uniform", jax.nn.initializers.glorot_uniform()),
    ("lecun_uniform", jax.nn.initializers.lecun_uniform()),
    # JAX's own lecun_normal is truncated
    ("lecun_normal", jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal")),
]


def torch_weight(layer, inputs, outputs, kernel, groups, transposed):
    """Returns the weight of the PyTorch module."""
    if layer == "dense":
        return torch.nn.Linear(inputs, outputs).weight
    name = ("ConvTranspose" if transposed else "Conv") + layer.removeprefix("conv")
    return getattr(torch.nn, name)(inputs, outputs, kernel, groups=groups).weight


def torch_fans(*layer):
    weight = torch_weight(*layer)
    return weight.shape, torch.nn.init._calculate_fan_in_and_fan_out(weight)


def jax_fans(layer, inputs, outputs, kernel, groups, transposed):
    """Returns the shape of the kernel. JAX has no layers, but its convolution checks the shape."""
    dims = (*kernel, inputs // groups, outputs)
    axes = "DHW"[3 - len(kernel) :]
    result = jax.eval_shape(
        lambda data, weight: jax.lax.conv_general_dilated(
            data,
            weight,
            window_strides=[1] * len(kernel),
            padding=[(0, 0)] * len(kernel),
            dimension_numbers=(f"N{axes}C", f"{axes}IO", f"N{axes}C"),
            feature_group_count=groups,
        ),
        jnp.empty((1, *kernel, inputs)),
        jnp.empty(dims),
    )
    assert not transposed and result.shape[-1] == outputs
    fans = initializers._compute_fans(dims)
    assert all(fan == int(fan) for fan in fans)
    return dims, [int(fan) for fan in fans]


def torch_scale(scheme, init, options, weight):
    """Returns the std or the bound that PyTorch passes to its generator, in double precision."""
    kind, method = ("bound", "uniform_") if "uniform" in scheme else ("std", "normal_")
    with mock.patch.object(torch.Tensor, method) as draw:
        init(weight, **options)
    first, value = draw.call_args.args  # low and high, or mean and std
    assert first == (-value if kind == "bound" else 0)
    return value, kind


def jax_scale(scheme, init, dims):
    """Returns the std or the bound by which JAX multiplies a draw, in float64. Its generator is replaced by one
    that draws 1 from the normal distribution, and the lower end from the uniform one."""
    draws = SimpleNamespace(
        normal=lambda key, shape, dtype, **_: jnp.ones(shape, dtype),
        uniform=lambda key, shape, dtype, low, **_: jnp.full(shape, low, dtype),
    )
    with mock.patch.object(initializers, "random", draws):
        value = init(None, dims, jnp.float64).ravel()[0].item()
    return (-value, "bound") if "uniform" in scheme else (value, "std")


def write(name, about, header, rows):
    versions = f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}"
    lines = [f"# Written by fans.py with {versions}, jax {jax.__version__}.", *about, header]
    lines += [",".join(str(field) for field in row) for row in rows]
    (HERE / name).write_text("\n".join(lines) + "\n", newline="\n")


def by(numbers):
    return "x".join(str(number) for number in numbers)


fans = []
for system, layers, compute in (("torch", TORCH, torch_fans), ("jax", JAX, jax_fans)):
    for layer in layers:
        name, inputs, outputs, kernel, groups, transposed = layer
        dims, fan = compute(*layer)
        shape = (name, inputs, outputs, by(kernel), groups, str(transposed).lower())
        fans.append((system, *shape, by(dims), *fan))

scales = []
for layer in SCALES:
    fan = torch_fans(*layer)[1]
    for scheme, init, options in TORCH_SCHEMES:
        value, kind = torch_scale(scheme, init, options, torch_weight(*layer))
        scales.append(("torch", scheme, *fan, repr(value), kind))
for layer in SCALES:
    dims, fan = jax_fans(*layer)
    for scheme, init in JAX_SCHEMES:
        value, kind = jax_scale(scheme, init, dims)
        scales.append(("jax", scheme, *fan, repr(value), kind))

write(
    "fans.csv",
    [
        "# torch: torch.nn.init._calculate_fan_in_and_fan_out of the weights of torch.nn modules.",
        "# jax: jax._src.nn.initializers._compute_fans, default axes, kernels [k.., in / g, out].",
        "# dims are in memory order. The fans are as computed there, also where they are wrong.",
    ],
    "system,layer,in_channels,out_channels,kernel,groups,transposed,dims,fan_in,fan_out",
    fans,
)
write(
    "scales.csv",
    [
        "# torch: what torch.nn.init passes to Tensor.normal_ (std) and uniform_ (bound).",
        "# jax: by what jax.nn.initializers multiply a standard draw, with float64 enabled.",
        "# he: with the gain of relu. tanh: with torch.nn.init.calculate_gain('tanh'), 5/3.",
    ],
    "system,scheme,fan_in,fan_out,value,kind",
    scales,
)
