"""Writes originals.csv and its companions: what PyTorch, Keras and JAX make of a tensor.

This file uses no formula of the crate. A scale is the number that a system hands to its generator or
multiplies a draw by. All else is read from the tensors that the system fills. Each scale is then checked
on 10⁶ values that the same call draws. Mistakes of a system are not corrected.

Run it from any folder. It takes a minute:
`pip install torch==2.15.0 keras==3.15.1 jax==0.10.2`, `python tests/data/originals.py`.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"

import math
import pathlib
import platform
from types import SimpleNamespace
from unittest import mock

import jax
import jax.numpy as jnp
import keras
import numpy as np
import torch
from jax._src.nn import initializers  # not public: the name `random` in it
from scipy.stats import truncnorm

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = {
    "torch": torch.__version__.split("+")[0],
    "keras": keras.__version__,
    "jax": jax.__version__,
}
jax.config.update("jax_enable_x64", True)

# layer, in_channels, out_channels, kernel
SHAPES = [
    ("dense", 784, 100, ()),
    ("dense", 3, 1000, ()),
    ("conv1d", 7, 11, (5,)),
    ("conv2d", 64, 128, (3, 3)),
    ("conv3d", 6, 10, (2, 3, 5)),
]

# Each scheme has the system's own call, its family, and the name and settings of the same scheme in this
# crate. The mode is left out if it is the scheme's default.
gain_of = torch.nn.init.calculate_gain
FAN_IN, FAN_OUT, FAN_AVG, GEO_AVG = (
    {"mode": mode} for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
)
RELU, TANH = {"gain": gain_of("relu")}, {"gain": gain_of("tanh")}
SELU = {"gain": gain_of("selu")}
SLOPE_1, SLOPE_02 = ({"gain": gain_of("leaky_relu", slope)} for slope in (1, 0.2))
TORCH = [
    ("kaiming_normal_()", "normal", "he_normal", {}),
    ("kaiming_uniform_()", "uniform", "he_uniform", {}),
    ("kaiming_normal_(mode='fan_out', nonlinearity='relu')", "normal", "he_normal", FAN_OUT),
    ("kaiming_uniform_(mode='fan_out', nonlinearity='relu')", "uniform", "he_uniform", FAN_OUT),
    # PyTorch has LeCun's schemes under this name.
    ("kaiming_normal_(nonlinearity='linear')", "normal", "lecun_normal", {}),
    ("kaiming_uniform_(nonlinearity='linear')", "uniform", "lecun_uniform", {}),
    ("kaiming_normal_(a=1)", "normal", "lecun_normal", SLOPE_1),
    ("kaiming_uniform_(a=1, mode='fan_out')", "uniform", "lecun_uniform", {**SLOPE_1, **FAN_OUT}),
    ("kaiming_normal_(a=0.2)", "normal", "lecun_normal", SLOPE_02),
    ("kaiming_normal_(nonlinearity='tanh')", "normal", "lecun_normal", TANH),
    ("kaiming_uniform_(nonlinearity='selu')", "uniform", "lecun_uniform", SELU),
    ("xavier_normal_()", "normal", "xavier_normal", {}),
    ("xavier_uniform_()", "uniform", "xavier_uniform", {}),
    ("xavier_normal_(gain=calculate_gain('tanh'))", "normal", "xavier_normal", TANH),
    ("xavier_uniform_(gain=calculate_gain('relu'))", "uniform", "xavier_uniform", RELU),
    ("normal_(std=0.02)", "normal", "normal", {}),
    ("uniform_()", "uniform", "uniform", {}),
    ("uniform_(a=-0.3, b=0.1)", "uniform", "uniform", {}),
    ("trunc_normal_()", "truncated", "truncated_normal", {}),
    # The bounds are absolute: these two are cut at 100 and at 2 standard deviations.
    ("trunc_normal_(std=0.02)", "truncated", "truncated_normal", {}),
    ("trunc_normal_(std=0.02, a=-0.04, b=0.04)", "truncated", "truncated_normal", {}),
]
KERAS = [
    ("HeNormal()", "truncated", "he_truncated_normal", {}),
    ("HeUniform()", "uniform", "he_uniform", {}),
    ("GlorotNormal()", "truncated", "xavier_truncated_normal", {}),
    ("GlorotUniform()", "uniform", "xavier_uniform", {}),
    ("LecunNormal()", "truncated", "lecun_truncated_normal", {}),
    ("LecunUniform()", "uniform", "lecun_uniform", {}),
    ("VarianceScaling()", "truncated", "variance_scaling", {"scale": 1.0, **FAN_IN}),
    # "normal" is truncated in Keras, and is not in JAX.
    *(
        (
            f"VarianceScaling(scale={scale}, mode='{mode['mode']}', distribution='{distribution}')",
            family,
            "variance_scaling",
            {"scale": scale, **mode},
        )
        for scale, mode, distribution, family in (
            (2.0, FAN_OUT, "normal", "truncated"),
            (0.1, FAN_AVG, "truncated_normal", "truncated"),
            (2.0, FAN_IN, "untruncated_normal", "normal"),
            (0.5, FAN_AVG, "untruncated_normal", "normal"),
            (2.0, FAN_OUT, "uniform", "uniform"),
            (3.0, FAN_AVG, "uniform", "uniform"),
        )
    ),
    ("RandomNormal()", "normal", "normal", {}),
    ("RandomUniform()", "uniform", "uniform", {}),
    ("TruncatedNormal()", "truncated", "truncated_normal", {}),
]
JAX = [
    ("he_normal()", "truncated", "he_truncated_normal", {}),
    ("he_uniform()", "uniform", "he_uniform", {}),
    ("glorot_normal()", "truncated", "xavier_truncated_normal", {}),
    ("glorot_uniform()", "uniform", "xavier_uniform", {}),
    ("lecun_normal()", "truncated", "lecun_truncated_normal", {}),
    ("lecun_uniform()", "uniform", "lecun_uniform", {}),
    *(
        (
            f"variance_scaling({scale}, '{mode['mode']}', '{distribution}')",
            family,
            "variance_scaling",
            {"scale": scale, **mode},
        )
        for scale, mode, distribution, family in (
            (2.0, FAN_OUT, "truncated_normal", "truncated"),
            (0.1, FAN_AVG, "truncated_normal", "truncated"),
            (2.0, GEO_AVG, "truncated_normal", "truncated"),
            (2.0, FAN_IN, "normal", "normal"),
            (0.5, FAN_AVG, "normal", "normal"),
            (1.0, GEO_AVG, "normal", "normal"),
            (2.0, FAN_OUT, "uniform", "uniform"),
            (1.0, GEO_AVG, "uniform", "uniform"),
        )
    ),
    ("normal()", "normal", "normal", {}),
    ("uniform()", "uniform", "uniform", {}),
    ("truncated_normal()", "truncated", "truncated_normal", {}),
]


def torch_module(layer, inputs, outputs, kernel, groups=1, transposed=False):
    if layer == "dense":
        return torch.nn.Linear(inputs, outputs)
    name = ("ConvTranspose" if transposed else "Conv") + layer.removeprefix("conv")
    return getattr(torch.nn, name)(inputs, outputs, kernel, groups=groups)


def torch_dims(*layer):
    return tuple(torch_module(*layer).weight.shape)


def keras_dims(layer, inputs, outputs, kernel):
    """Returns the layers, also for JAX, which has none of its own."""
    if layer == "dense":
        module = keras.layers.Dense(outputs)
    else:
        module = getattr(keras.layers, layer.title().replace("d", "D"))(outputs, kernel)
    module.build((None, *kernel, inputs))
    return tuple(module.kernel.shape)


def torch_fill(call, dims, seed):
    """Returns the tensor that a call such as `kaiming_normal_(a=1)` fills."""
    torch.manual_seed(seed)
    tensor = torch.empty(dims)
    names = {
        name: lambda name=name, **options: getattr(torch.nn.init, name)(tensor, **options)
        for name in torch.nn.init.__all__
    }
    return eval(call, {**names, "calculate_gain": gain_of}).numpy()


def keras_fill(call, dims, seed):
    # A Keras initializer with a seed gives the same values at each call.
    names = {
        name: lambda name=name, **options: getattr(keras.initializers, name)(**options, seed=seed)
        for name in dir(keras.initializers)
    }
    return np.asarray(eval(call, names)(dims))


def jax_fill(call, dims, seed, dtype=jnp.float32):
    return np.asarray(eval(call, vars(jax.nn.initializers))(jax.random.key(seed), dims, dtype))


def unit_draws(record):
    """Returns a generator that records each request and always draws 1, so that the result is the factor by
    which a system multiplies its draws."""

    def normal(key, shape=(), dtype=None, **_):
        record.append(("normal", None, None))
        return jnp.ones((), jnp.float64)

    def truncated_normal(key, lower, upper, shape=(), dtype=None, **_):
        record.append(("truncated", lower, upper))
        return jnp.ones((), jnp.float64)

    def uniform(key, shape=(), dtype=None, minval=0.0, maxval=1.0, **_):
        record.append(("uniform", minval, maxval))
        return jnp.ones((), jnp.float64)

    return {"normal": normal, "truncated_normal": truncated_normal, "uniform": uniform}


def torch_scale(call, dims):
    """Returns the family, the std before truncation, and both ends."""
    asked = []

    def normal_(tensor, mean, std, generator=None):
        asked.append(("normal", mean, std, None, None))
        return tensor.zero_()

    def uniform_(tensor, low, high, generator=None):
        asked.append(("uniform", 0, None, low, high))
        return tensor.zero_()

    def truncated(tensor, mean, std, low, high, generator=None):
        asked.append(("truncated", mean, std, low, high))
        return tensor.zero_()

    with (
        mock.patch.object(torch.Tensor, "normal_", normal_),
        mock.patch.object(torch.Tensor, "uniform_", uniform_),
        mock.patch.object(torch.nn.init, "_no_grad_trunc_normal_", truncated),
    ):
        torch_fill(call, dims, 0)
    [(family, mean, std, low, high)] = asked
    assert mean == 0, call
    return family, std, low, high


def keras_scale(call, dims):
    record = []
    with mock.patch.multiple(jax.random, **unit_draws(record)):
        scale = keras_fill(call, dims, 0).item()
    [(family, low, high)] = record
    if family == "uniform":  # Keras passes its bounds to the generator.
        return family, None, low, high
    if family == "truncated":
        return family, scale, low * scale, high * scale
    return family, scale, None, None


def jax_scale(call, dims):
    record = []
    with mock.patch.object(initializers, "random", SimpleNamespace(**unit_draws(record))):
        scale = jax_fill(call, dims, 0, jnp.float64).item()
    [(family, low, high)] = record
    if family == "normal":
        return family, scale, None, None
    return family, scale, low * scale, high * scale


def distribution(family, std, low, high):
    """Returns mean, std and kurtosis of the draws. The std of a truncated normal is that after truncation."""
    if family == "normal":
        return 0.0, std, 3.0
    if family == "uniform":
        return (low + high) / 2, (high - low) / math.sqrt(12), 1.8
    mean, variance, excess = truncnorm.stats(low / std, high / std, moments="mvk")
    return std * mean, std * math.sqrt(variance), 3.0 + excess


def assert_drawn(call, fill, dims, family, mean, std, kurtosis, low, high):
    """Checks that the draws of the same call have the recorded scale within 5 standard errors, and lie between
    the ends."""
    fills = range(math.ceil(10**6 / math.prod(dims)))
    values = np.concatenate([fill(call, dims, seed).ravel() for seed in fills]).astype(np.float64)
    n = len(values)
    variance = np.mean((values - mean) ** 2)
    z = (
        (values.mean() - mean) / (std / math.sqrt(n)),
        (variance / std**2 - 1) / math.sqrt((kurtosis - 1) / n),
    )
    assert max(map(abs, z)) < 5, (call, dims, z)
    if family != "normal":
        assert np.float32(low) <= values.min() and values.max() <= np.float32(high), (call, dims)


def digits(number):
    """Returns nine digits, which tell every f32 from its neighbours."""
    return "" if number is None else f"{number:.9g}"


def by(numbers):
    return "x".join(str(number) for number in numbers)


def write(name, about, header, rows):
    versions = ", ".join(f"{system} {version}" for system, version in VERSIONS.items())
    written = f"# Written by originals.py with Python {platform.python_version()}, {versions}."
    lines = [written, *about, header]
    lines += [",".join(str(field) for field in row) for row in rows]
    (HERE / name).write_text("\n".join(lines) + "\n", newline="\n")


def scales():
    systems = (
        ("torch", TORCH, "out_in", torch_dims, torch_scale, torch_fill),
        ("keras", KERAS, "in_out", keras_dims, keras_scale, keras_fill),
        ("jax", JAX, "in_out", keras_dims, jax_scale, jax_fill),
    )
    for system, schemes, layout, dims_of, scale_of, fill in systems:
        for shape in SHAPES:
            dims = dims_of(*shape)
            for call, family, scheme, settings in schemes:
                asked, sigma, low, high = scale_of(call, dims)
                assert asked == family, (call, asked)
                mean, std, kurtosis = distribution(family, sigma, low, high)
                assert_drawn(call, fill, dims, family, mean, std, kurtosis, low, high)
                value = high if family == "uniform" else std
                ends = [digits(end) for end in (low, high)]
                scale, mode = settings.get("scale", ""), settings.get("mode", "")
                ours = [scheme, scale, mode, digits(settings.get("gain", 1)), family]
                yield system, VERSIONS[system], layout, by(dims), *ours, digits(value), *ends, call


def gains():
    names = ["linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "selu"]
    for name in names:
        yield name, "", digits(gain_of(name))
    yield "leaky_relu", "", digits(gain_of("leaky_relu"))
    for slope in (0, 0.01, 0.1, 0.2, 1 / 3, 1, -0.5, 5, math.sqrt(5)):
        yield "leaky_relu", digits(slope), digits(gain_of("leaky_relu", slope))


# [out, in / g, kernel…] and groups
DIRAC = [
    ((3, 3, 3), 1),
    ((5, 2, 4), 1),
    ((2, 5, 1), 1),
    ((6, 3, 2), 2),
    ((3, 3, 3, 3), 1),
    ((6, 4, 5, 3), 1),
    ((4, 6, 3, 2), 1),
    ((4, 4, 4, 4), 1),
    ((6, 2, 3, 3), 3),
    ((8, 2, 2, 4), 2),
    ((4, 6, 3, 2), 2),
    ((4, 1, 3, 3), 4),  # depthwise
    ((6, 1, 3, 3), 3),  # with two outputs for each input, the second of which is zero
    ((2, 2, 2, 3, 4), 1),
    ((4, 2, 3, 1, 2), 2),
    ((3, 2, 3, 3, 3), 1),
]
MATRICES = [(4, 4), (3, 5), (5, 3), (1, 4), (4, 1), (1, 1)]
# [kernel…, in, out], for JAX, with no more inputs than outputs
DELTA = [
    (3, 2, 4),
    (4, 3, 3),
    (1, 2, 2),
    (3, 3, 2, 3),
    (2, 4, 2, 2),
    (5, 2, 1, 3),
    (3, 3, 3, 2, 2),
    (2, 3, 4, 2, 3),
]


def support(tensor):
    """Returns the one value that is not zero, if there is only one, and its flat indices."""
    flat = np.asarray(tensor).ravel()
    positions = np.flatnonzero(flat)
    values = set(flat[positions].tolist())
    return values.pop() if len(values) == 1 else None, " ".join(map(str, positions))


def structured():
    for dims, groups in DIRAC:
        weight = torch.nn.init.dirac_(torch.full(dims, math.nan), groups)
        yield "torch", "dirac", "out_in", by(dims), groups, "", *support(weight)
    for dims in MATRICES:
        weight = torch.nn.init.eye_(torch.full(dims, math.nan))
        yield "torch", "identity", "out_in", by(dims), 1, "", *support(weight)
    assert keras.initializers.IdentityInitializer is keras.initializers.Identity
    for gain in (1.0, 2.5):
        for dims in MATRICES:
            weight = keras.initializers.Identity(gain)(dims)
            yield "keras", "identity", "in_out", by(dims), 1, gain, *support(weight)
    for dims in DELTA:
        weight = jax_fill("delta_orthogonal()", dims, 1)
        value, positions = support(weight)
        yield "jax", "delta_orthogonal", "in_out", by(dims), 1, "", "", positions


ORTHOGONAL = [
    ("dense", 5, 5, ()),
    ("dense", 3, 7, ()),
    ("dense", 7, 3, ()),
    ("dense", 1, 4, ()),
    ("dense", 4, 1, ()),
    ("dense", 100, 60, ()),
    ("conv1d", 4, 6, (3,)),
    ("conv1d", 2, 12, (3,)),
    ("conv2d", 3, 8, (3, 3)),
    ("conv2d", 2, 32, (3, 3)),
    ("conv2d", 2, 18, (3, 3)),
    ("conv3d", 2, 5, (2, 3, 4)),
]
GAIN = 1.5


def drawn(system, dims, seed):
    """Returns the orthogonal tensor, and the normal draws that it was made of."""
    record = []

    def recorder(original):
        def normal(*args, **options):
            result = original(*args, **options)
            record.append(np.asarray(result).copy())
            return result

        return normal

    if system == "torch":
        with mock.patch.object(torch.Tensor, "normal_", recorder(torch.Tensor.normal_)):
            weight = torch_fill(f"orthogonal_(gain={GAIN})", dims, seed)
    elif system == "keras":
        with mock.patch.object(jax.random, "normal", recorder(jax.random.normal)):
            weight = keras_fill(f"Orthogonal(gain={GAIN})", dims, seed)
    else:
        key, cols = jax.random.key(seed), dims[-1]
        rows = math.prod(dims) // cols
        record.append(jax.random.normal(key, (max(rows, cols), min(rows, cols)), jnp.float32))
        weight = jax_fill(f"orthogonal({GAIN})", dims, seed)
    [draws] = record
    return weight.astype(np.float64), np.asarray(draws, np.float64)


def orthogonal():
    for system, layout in (("torch", "out_in"), ("keras", "in_out"), ("jax", "in_out")):
        for seed, layer in enumerate(ORTHOGONAL):
            dims = torch_dims(*layer) if system == "torch" else keras_dims(*layer)
            weight, draws = drawn(system, dims, seed)
            # The only way to flatten it in memory order that gives an orthonormal matrix.
            rows = {math.prod(dims[:axis]) for axis in range(1, len(dims))}
            errors = {}
            for r in rows:
                matrix = weight.reshape(r, -1) / GAIN
                tall = matrix if r >= matrix.shape[1] else matrix.T
                errors[r] = np.abs(tall.T @ tall - np.eye(tall.shape[1])).max()
            right = [r for r in rows if errors[r] < 1e-5]
            [r] = right
            matrix = weight.reshape(r, -1) / GAIN
            wide = matrix.shape[0] < matrix.shape[1]
            # A tall matrix is the Q of the draws, with the R whose diagonal is positive.
            q = matrix.T if wide else matrix
            if system == "torch" and wide:
                draws = draws.T  # PyTorch draws it as wide as the tensor.
            upper = q.T @ draws
            assert np.abs(np.tril(upper, -1)).max() < 1e-4 and np.diag(upper).min() > 0
            which = "both" if matrix.shape[0] == matrix.shape[1] else "rows" if wide else "columns"
            yield system, layout, by(dims), *matrix.shape, which, f"{errors[r]:.1e}"
    for seed, dims in enumerate(DELTA):
        weight = jax_fill(f"delta_orthogonal({GAIN})", dims, seed).astype(np.float64)
        [position] = np.flatnonzero(np.abs(weight).sum(axis=(-2, -1)).ravel())
        matrix = weight.reshape(-1, *dims[-2:])[position] / GAIN
        error = np.abs(matrix @ matrix.T - np.eye(dims[-2])).max()
        assert error < 1e-5
        which = "both" if dims[-2] == dims[-1] else "rows"
        yield "jax delta", "in_out", by(dims), *matrix.shape, which, f"{error:.1e}"


def sparse():
    for sparsity in (0, 0.05, 0.07, 0.1, 0.14, 0.25, 0.28, 0.3, 0.55, 0.56, 0.7, 0.9, 0.99, 1):
        for rows in (1, 3, 10, 25, 50, 100, 200, 784):
            torch.manual_seed(1)
            weight = torch.nn.init.sparse_(torch.empty(rows, 6), sparsity)
            zeros = {int(count) for count in (weight == 0).sum(dim=0)}
            assert len(zeros) == 1
            yield rows, sparsity, zeros.pop()


DEFAULTS = [
    ("dense", 784, 100, (), 1, False),
    ("dense", 3, 1000, (), 1, False),
    ("dense", 1, 1, (), 1, False),
    ("conv1d", 7, 11, (5,), 1, False),
    ("conv1d", 12, 18, (5,), 3, False),
    ("conv2d", 3, 64, (7, 7), 1, False),
    ("conv2d", 64, 128, (3, 3), 1, False),
    ("conv2d", 64, 128, (3, 3), 4, False),
    ("conv2d", 32, 64, (5, 3), 32, False),
    ("conv3d", 6, 10, (2, 3, 5), 1, False),
    ("conv1d", 40, 12, (8,), 1, True),
    ("conv2d", 64, 16, (4, 4), 1, True),
    ("conv2d", 64, 16, (4, 3), 8, True),
    ("conv3d", 14, 9, (2, 3, 4), 1, True),
]


def defaults():
    for layer, inputs, outputs, kernel, groups, transposed in DEFAULTS:
        module = torch_module(layer, inputs, outputs, kernel, groups, transposed)
        with mock.patch.object(torch.Tensor, "uniform_") as draw:
            module.reset_parameters()
        (low, weight), (bias_low, bias) = (call.args for call in draw.call_args_list)
        assert low == -weight and bias_low == -bias
        shape = layer, inputs, outputs, by(kernel), groups, str(transposed).lower()
        yield *shape, by(module.weight.shape), digits(weight), digits(bias)


# Keras and JAX divide by a constant, which is the std that is measured here.
assert abs(distribution("truncated", 1.0, -2.0, 2.0)[1] - 0.87962566103423978) < 1e-12

write(
    "originals.csv",
    [
        "# torch: what torch.nn.init passes to Tensor.normal_ and uniform_, and trunc_normal_ on.",
        "# keras: what keras.initializers pass to jax.random.uniform, or multiply a draw by.",
        "# jax: by what jax.nn.initializers multiply a draw, with float64 enabled.",
        "# dims are in memory order: out_in [out, in, kernel..], in_out [kernel.., in, out].",
        "# value: the upper bound of a uniform, otherwise the std, after truncation.",
        "# low, high: the ends of the support, absolute. An empty mode is the scheme's own.",
        "# The call is the rest of the line: it has commas of its own.",
    ],
    "system,version,layout,dims,scheme,scale,mode,gain,family,value,low,high,call",
    scales(),
)
write(
    "gains.csv",
    ["# torch.nn.init.calculate_gain(nonlinearity, param)."],
    "nonlinearity,param,gain",
    gains(),
)
write(
    "structured.csv",
    [
        "# torch.nn.init.dirac_ and eye_, keras.initializers.Identity(gain),",
        "# jax.nn.initializers.delta_orthogonal (random values, so only where they lie).",
        "# positions: the flat indices, in memory order, of all values that are not zero.",
    ],
    "system,scheme,layout,dims,groups,gain,value,positions",
    structured(),
)
write(
    "orthogonal.csv",
    [
        "# orthogonal_ of torch.nn.init, Orthogonal of keras.initializers, orthogonal of JAX.",
        "# jax delta: the matrix at the one kernel position of delta_orthogonal.",
        "# Flattened in memory order to rows x cols, the tensor has orthonormal rows or columns.",
        "# All take the signs by which the R of QR has a positive diagonal.",
        "# error: the largest of |Q'Q - I|, in f32; it depends on the machine's LAPACK.",
    ],
    "system,layout,dims,rows,cols,orthonormal,error",
    orthogonal(),
)
write(
    "sparse.csv",
    ["# torch.nn.init.sparse_ of a [rows, 6] tensor: the zeros in each column."],
    "rows,sparsity,zeros",
    sparse(),
)
write(
    "defaults.csv",
    [
        "# What reset_parameters of torch.nn modules passes to Tensor.uniform_: weight, then bias.",
        "# Transposed ones take the fan of the wrong axis, out / g times the kernel.",
    ],
    "layer,in_channels,out_channels,kernel,groups,transposed,dims,weight_bound,bias_bound",
    defaults(),
)
