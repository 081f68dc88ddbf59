"""Tensors and modules of PyTorch."""

import copy
import math

import numpy as np
import pytest

import weight_init
from weight_init import Init, Shape, Stream

torch = pytest.importorskip("torch")

from hypothesis import given, settings, strategies as st  # noqa: E402
from torch import nn  # noqa: E402

import weight_init.torch as wt  # noqa: E402

S = Stream(42)
FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]


def reference(dims, scheme, stream=S, shape=None):
    result = np.empty(dims, np.float32)
    weight_init.fill(result, scheme, stream=stream, shape=shape)
    return torch.from_numpy(result)


@given(
    st.lists(st.integers(0, 6), min_size=0, max_size=4), st.sampled_from(FLOATS), st.integers(1, 3), st.booleans(), st.data()
)
@settings(max_examples=150, deadline=None)
def test_tensors_with_any_strides(dims, dtype, step, is_parameter, data):
    order = data.draw(st.permutations(range(len(dims))))
    memory = torch.full([dims[axis] * step for axis in order], 7.0, dtype=dtype)
    tensor = memory[(slice(None, None, step),) * len(dims)].permute(*np.argsort(order).tolist()) if dims else memory
    if is_parameter:
        tensor = nn.Parameter(tensor)
    version = tensor._version
    assert wt.normal_(tensor, std=0.5, stream=S) is tensor
    assert tensor._version > version
    assert torch.equal(tensor.detach(), reference(tensor.shape, "normal(std=0.5)").to(dtype))
    assert (memory == 7).sum() == memory.numel() - tensor.numel()


FUNCTIONS = [
    (wt.uniform_, (-1.0, 2.0), "uniform(low=-1, high=2)"),
    (wt.normal_, (0.5, 0.25), "normal(mean=0.5, std=0.25)"),
    (wt.trunc_normal_, (0.0, 0.02, -0.06, 0.06), "normal(std=0.02, cut=3)"),
    (wt.xavier_uniform_, (2.0,), "xavier_uniform(gain=2)"),
    (wt.xavier_normal_, (), "xavier_normal"),
    (wt.kaiming_uniform_, (math.sqrt(5),), "pytorch_default"),
    (wt.kaiming_normal_, (0.0, "fan_out", "relu"), "he_normal(mode=fan_out)"),
    (wt.orthogonal_, (1.5,), "orthogonal(gain=1.5)"),
    (wt.sparse_, (0.1, 0.5), "sparse(sparsity=0.1, std=0.5)"),
]


@pytest.mark.parametrize(("function", "arguments", "scheme"), FUNCTIONS)
def test_functions(function, arguments, scheme):
    tensor = function(torch.empty(30, 20), *arguments, stream=S)
    assert torch.equal(tensor, reference((30, 20), scheme))
    theirs = getattr(nn.init, function.__name__)(torch.empty(30, 20), *arguments)
    assert abs(tensor.std() / theirs.std() - 1) < 0.15


def test_functions_without_a_stream():
    assert torch.equal(wt.ones_(torch.empty(3)), torch.ones(3))
    assert torch.equal(wt.zeros_(torch.empty(3)), torch.zeros(3))
    assert torch.equal(wt.constant_(torch.empty(3), 1e-5), torch.full((3,), 1e-5))
    for dims in (3, 5), (5, 3):
        assert torch.equal(wt.eye_(torch.empty(dims)), nn.init.eye_(torch.empty(dims)))
    for dims, groups in ((4, 4, 3), 1), ((6, 2, 3, 3), 2):
        assert torch.equal(wt.dirac_(torch.empty(dims), groups), nn.init.dirac_(torch.empty(dims), groups))


def test_other_devices_are_copied_to(monkeypatch):
    class Elsewhere(torch.Tensor):
        """A tensor that is not on the CPU as far as the library sees."""

        @property
        def device(self):
            return torch.device("cuda")

    tensor = torch.empty(6, 5, dtype=torch.bfloat16).T
    other = tensor.as_subclass(Elsewhere)
    hosts = []
    monkeypatch.setattr(wt, "fill", lambda host, *args, **kw: (hosts.append(host), weight_init.fill(host, *args, **kw)))
    wt.init_(other, "he_normal", stream=S)
    assert torch.equal(tensor, reference((5, 6), "he_normal").bfloat16())
    assert hosts[0].data_ptr() != tensor.data_ptr()


def test_refused_tensors():
    with pytest.raises(ValueError, match="share memory"):
        wt.xavier_normal_(torch.zeros(4).expand(3, 4), stream=S)
    with pytest.raises(TypeError, match="got torch.int64"):
        wt.xavier_normal_(torch.zeros(3, 4, dtype=torch.int64), stream=S)
    with pytest.raises(TypeError, match="sparse_coo"):
        wt.xavier_normal_(torch.zeros(3, 4).to_sparse(), stream=S)
    with pytest.raises(ValueError, match="meta"):
        wt.xavier_normal_(torch.zeros(3, 4, device="meta"), stream=S)
    with pytest.raises(ValueError, match="rank too low"):
        wt.xavier_normal_(torch.zeros(3), stream=S)
    with pytest.raises(ValueError, match="equally far from the mean"):
        wt.trunc_normal_(torch.zeros(3), a=-1.0, b=2.0, stream=S)


def test_autograd_sees_the_fill():
    weight = nn.Parameter(torch.ones(3, 3))
    loss = (weight * weight).sum()
    wt.ones_(weight)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


# Each layer, and (fan_in, fan_out) of its weights. The comment has PyTorch's, where they differ.
FANS = [
    (lambda: nn.Linear(5, 7), {"weight": (5, 7), "bias": (5, 7)}),
    (lambda: nn.Bilinear(3, 4, 5), {"weight": (12, 20), "bias": (12, 20)}),
    (lambda: nn.Conv1d(6, 8, 3), {"weight": (18, 24), "bias": (18, 24)}),
    (lambda: nn.Conv2d(6, 8, (3, 5)), {"weight": (90, 120)}),
    (lambda: nn.Conv3d(6, 8, 2), {"weight": (48, 64)}),
    (lambda: nn.Conv2d(6, 8, 3, groups=2), {"weight": (27, 36), "bias": (27, 36)}),  # (27, 72)
    (lambda: nn.Conv1d(6, 12, 3, groups=6), {"weight": (3, 6)}),  # (3, 36)
    (lambda: nn.ConvTranspose1d(6, 8, 3), {"weight": (18, 24), "bias": (18, 24)}),  # (24, 18)
    (lambda: nn.ConvTranspose2d(6, 8, 3), {"weight": (54, 72)}),  # (72, 54)
    (lambda: nn.ConvTranspose3d(6, 8, 2), {"weight": (48, 64)}),  # (64, 48)
    (lambda: nn.ConvTranspose2d(6, 8, 3, groups=2), {"weight": (27, 36), "bias": (27, 36)}),  # (36, 54)
    (lambda: nn.LSTM(5, 6), {"weight_ih_l0": (5, 6), "weight_hh_l0": (6, 6), "bias_ih_l0": (5, 6)}),  # (5, 24), (6, 24)
    (lambda: nn.LSTM(5, 6, proj_size=3), {"weight_hh_l0": (3, 6), "weight_hr_l0": (6, 3), "bias_hh_l0": (3, 6)}),
    (lambda: nn.LSTM(5, 6, 2, bidirectional=True), {"weight_ih_l1_reverse": (12, 6)}),  # (12, 24)
    (lambda: nn.GRU(5, 6), {"weight_ih_l0": (5, 6), "weight_hh_l0": (6, 6), "bias_hh_l0": (6, 6)}),  # (5, 18), (6, 18)
    (lambda: nn.RNN(5, 6), {"weight_ih_l0": (5, 6), "weight_hh_l0": (6, 6)}),
    (lambda: nn.LSTMCell(5, 6), {"weight_ih": (5, 6), "weight_hh": (6, 6), "bias_ih": (5, 6)}),
    (lambda: nn.GRUCell(5, 6), {"weight_ih": (5, 6), "weight_hh": (6, 6)}),
    (lambda: nn.RNNCell(5, 6), {"weight_ih": (5, 6), "weight_hh": (6, 6)}),
    (lambda: nn.MultiheadAttention(8, 2), {"in_proj_weight": (8, 8), "out_proj.weight": (8, 8), "in_proj_bias": (8, 8)}),
    (
        lambda: nn.MultiheadAttention(8, 2, kdim=5, vdim=6, add_bias_kv=True),
        {"q_proj_weight": (8, 8), "k_proj_weight": (5, 8), "v_proj_weight": (6, 8), "bias_k": (8, 8)},
    ),
]
OTHERS = [
    lambda: nn.Embedding(9, 4),
    lambda: nn.EmbeddingBag(9, 4),
    lambda: nn.LayerNorm([3, 4]),
    lambda: nn.RMSNorm(4),
    lambda: nn.GroupNorm(2, 4),
    lambda: nn.BatchNorm1d(4),
    lambda: nn.BatchNorm2d(4),
    lambda: nn.BatchNorm3d(4),
    lambda: nn.SyncBatchNorm(4),
    lambda: nn.InstanceNorm2d(4, affine=True),
    lambda: nn.PReLU(3),
    lambda: nn.TransformerEncoderLayer(8, 2, 16),
    lambda: nn.TransformerDecoderLayer(8, 2, 16),
    lambda: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], div_value=2.0),
]


@pytest.mark.parametrize(("make", "fans"), FANS)
def test_fans(make, fans):
    shapes = {target.name: target.shape for target in wt.targets(make())}
    assert {name: shapes[name].fan for name in fans} == fans


@pytest.mark.parametrize("make", [make for make, _ in FANS] + OTHERS)
def test_layers_start_as_in_torch(make):
    layer = make()
    theirs = copy.deepcopy(layer.state_dict())
    for parameter in layer.parameters():
        nn.init.constant_(parameter, math.nan)
    assert wt.init_module_(layer, S) is layer
    for target in wt.targets(layer):
        name, values = target.name, target.parameter.detach()
        assert target.shape.dims == tuple(values.shape)
        expected = reference(values.shape, target.scheme, S.named(name), target.shape)
        assert torch.equal(values, expected), name
        # Constants are PyTorch's. Other values are random there, and within a bound that follows from the fan.
        if theirs[name].unique().numel() == 1:
            assert torch.equal(values, theirs[name]), name
        elif target.kind != "embedding" and not isinstance(layer, (nn.Bilinear, nn.MultiheadAttention)):
            is_transposed = isinstance(layer, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d))
            if not is_transposed and "in_proj" not in name and values.numel() > 30:
                assert 0.7 < values.abs().max() / theirs[name].abs().max() < 1.4, name


@pytest.mark.filterwarnings("ignore")
def test_no_layer_of_torch_is_missing():
    unknown = set()
    for name in dir(nn):
        layer = getattr(nn, name)
        if isinstance(layer, type) and issubclass(layer, nn.Module) and not name.startswith("Lazy"):
            made = [make() for make, _ in FANS] + [make() for make in OTHERS]
            if not any(isinstance(module, layer) for root in made for module in root.modules()):
                unknown.add(name)
    # The other layers, with the arguments that make one with parameters, have none.
    for name in sorted(unknown):
        for arguments in (), (4,), (4, 4), (4, 4, 4):
            try:
                layer = getattr(nn, name)(*arguments)
            except (TypeError, ValueError, AssertionError, AttributeError, NotImplementedError, IndexError, RuntimeError):
                continue
            assert all(target.scheme is not None for target in wt.targets(layer)), name


def test_padding_and_ties():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, 10, bias=False)
            self.embedding = nn.Embedding(10, 4, padding_idx=2)
            self.embedding.weight = self.head.weight

    for device in "cpu", "meta":
        with torch.device(device):
            model = Model()
        wt.init_module_(model, S)
        assert model.head.weight is model.embedding.weight
        expected = reference((10, 4), "pytorch_default", S.named("head.weight"))
        expected[2] = 0
        assert torch.equal(model.head.weight, expected)


def network():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(32, 4))


def test_meta():
    with torch.device("meta"):
        model = network()
    wt.init_module_(model, S, "he_normal")
    expected = wt.init_module_(network(), S, "he_normal").state_dict()
    assert model.state_dict().keys() == expected.keys()
    for name, value in model.state_dict().items():
        assert torch.equal(value, expected[name]), name
    assert torch.equal(model[0].weight, reference((8, 3, 3, 3), "he_normal", S.named("0.weight")))
    model(torch.zeros(1, 3, 4, 4))

    # What is not on meta keeps its values.
    model = nn.Sequential(nn.Linear(3, 3, device="meta"), nn.Linear(3, 3))
    before = model[1].weight.detach().clone()
    wt.init_module_(model, S, lambda target: wt.KEEP if target.name.startswith("1") else None)
    assert torch.equal(model[1].weight, before) and not model[0].weight.is_meta

    model = nn.Linear(3, 3, device="meta")
    model.register_buffer("mask", torch.empty(3, device="meta"))
    with pytest.raises(ValueError, match="buffers mask are on meta"):
        wt.init_module_(model, S)
    assert model.weight.is_meta


def test_rules():
    model = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3))
    model.register_parameter("token", nn.Parameter(torch.full((1, 3), 9.0)))
    before = copy.deepcopy(model.state_dict())
    for rule, message in [
        (None, "no scheme for token: their layers are unknown"),
        (lambda target: "he_nomal", "did you mean"),
        (lambda target: ("ones", Shape([1])), "0.weight: the shape|token: the shape"),
        (lambda target: 3, "a rule returns"),
        (lambda target: "he_normal", "rank too low"),
    ]:
        with pytest.raises(ValueError, match=message):
            wt.init_module_(model, S, rule)
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())

    names = []

    def rule(target):
        names.append(target.name)
        if target.name == "token":
            return Init("normal(std=0.02)")
        if target.kind == "weight":
            return "he_normal", Shape(target.parameter.shape, fan=(2, 2))
        return wt.KEEP if target.kind == "norm" else None

    wt.init_module_(model, S, rule, threads=2)
    assert sorted(names) == sorted(before)
    assert torch.equal(model.token, reference((1, 3), "normal(std=0.02)", S.named("token")))
    assert torch.equal(model[0].weight, reference((3, 4), "normal(std=1)", S.named("0.weight")))


@pytest.mark.filterwarnings("ignore")
def test_compiled_modules_have_the_same_names():
    model = network()
    wt.init_module_(torch.compile(model), S)
    expected = wt.init_module_(network(), S)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), expected.parameters(), strict=True))


def test_lazy_modules_are_refused():
    with pytest.raises(ValueError, match="lazy module"):
        wt.init_module_(nn.LazyLinear(3), S)


def test_formats_of_modules():
    model = wt.init_module_(network().bfloat16(), S)
    expected = wt.init_module_(network(), S)
    assert torch.equal(model[3].weight, expected[3].weight.bfloat16())
