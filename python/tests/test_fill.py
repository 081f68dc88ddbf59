"""Arrays of every layout and format, and the requests that are refused."""

import array as arrays
import copy
import multiprocessing
import pickle
import sys
import threading
import time

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from weight_init import Init, Shape, Stream, fill

S = Stream(42).named("fc1.weight")
FLOATS = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16]
INTEGERS = [np.int8, np.int16, np.int32, np.uint8]


def reference(dims, scheme="normal(std=0.5)", stream=S, **keywords):
    result = np.empty(dims, np.float32)
    fill(result, scheme, stream=stream, **keywords)
    return result


def rounded(values, dtype, scale, zero_point):
    """Returns float32 values as integers."""
    limits = np.iinfo(dtype)
    steps = np.rint(values * (np.float32(1) / np.float32(scale))).astype(np.float64) + zero_point
    return np.clip(steps, limits.min, limits.max).astype(dtype), int(((steps < limits.min) | (steps > limits.max)).sum())


@st.composite
def views(draw, dtypes):
    """Draws an array with any strides, and the array whose memory it is."""
    dims = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    steps = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in dims]
    pads = [draw(st.integers(0, 2)) for _ in dims]
    sizes = [dim * abs(step) + pad for dim, step, pad in zip(dims, steps, pads, strict=True)]
    order = draw(st.permutations(range(len(dims))))
    shift = draw(st.sampled_from([0, 0, 1]))  # bytes: not aligned
    memory = np.zeros(int(np.prod(sizes)) * dtype.itemsize + shift, np.uint8)
    memory[:] = 0x5A
    base = memory[shift:].view(dtype).reshape([sizes[axis] for axis in order]).transpose(np.argsort(order))
    index = tuple(
        slice(None, dim * step, step) if step > 0 else slice(dim * -step - 1 if dim else 0, None if dim else 0, step)
        for dim, step in zip(dims, steps, strict=True)
    )
    view = base[index]
    assert list(view.shape) == dims
    return memory, base, index


def check_untouched(memory, base, index):
    """Asserts that only the view has changed."""
    base[index] = np.frombuffer(b"\x5a" * 8, base.dtype)[0]
    assert (memory == 0x5A).all()


@given(views(FLOATS), st.sampled_from([1, 2]))
@settings(max_examples=300, deadline=None)
def test_floats_with_any_strides(case, threads):
    memory, base, index = case
    view = base[index]
    assert fill(view, "normal(std=0.5)", stream=S, threads=threads) == 0
    assert (view == reference(view.shape).astype(view.dtype)).all()
    check_untouched(memory, base, index)


@given(views(INTEGERS), st.sampled_from([0.25, 0.02, 2.0**-31]), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_integers_with_any_strides(case, scale, zero_point):
    memory, base, index = case
    view = base[index]
    zero_point = zero_point if view.dtype == np.uint8 else 0
    expected, count = rounded(reference(view.shape), view.dtype, scale, zero_point)
    assert fill(view, "normal(std=0.5)", stream=S, scale=scale, zero_point=zero_point) == count
    assert (view == expected).all()
    check_untouched(memory, base, index)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_blocks_and_ranges_are_parts_of_the_whole(data):
    dims = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    whole = reference(dims)
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    offsets = [data.draw(st.integers(0, dim)) for dim in dims]
    sizes = [data.draw(st.integers(0, dim - offset)) for dim, offset in zip(dims, offsets, strict=True)]
    block = np.empty(sizes, dtype, order=data.draw(st.sampled_from("CF")))
    fill(block, "normal(std=0.5)", stream=S, shape=dims, block=offsets)
    assert (block == whole[tuple(slice(o, o + n) for o, n in zip(offsets, sizes, strict=True))]).all()

    start = data.draw(st.integers(0, whole.size))
    part = np.empty(data.draw(st.integers(0, whole.size - start)) * 2, dtype)[:: data.draw(st.sampled_from([2, -2]))]
    fill(part, "normal(std=0.5)", stream=S, shape=dims, start=start)
    assert (part == whole.reshape(-1)[start : start + part.size]).all()


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_large_array_on_threads(dtype, threads):
    array = np.empty((700, 701), dtype)
    scale = None if dtype in FLOATS else 0.02
    fill(array, "normal(std=0.5)", stream=S, threads=threads, scale=scale)
    whole = reference((700, 701))
    expected = whole.astype(dtype) if scale is None else rounded(whole, dtype, scale, 0)[0]
    assert (array == expected).all()


# Around the 65,536 values that are computed at a time for such strides.
CHUNKED = [(70_001,), (65_536, 2), (3, 70_000), (2, 3, 30_000), (257, 256), (5, 1, 65_537), (300, 2, 200)]


@pytest.mark.parametrize("dims", CHUNKED)
@pytest.mark.parametrize("threads", [1, 2])
def test_large_arrays_with_negative_strides(dims, threads):
    whole = reference(dims)
    reverse = (slice(None, None, -1),) * len(dims)
    last = (..., slice(None, None, -1))
    for dtype in np.float32, np.float64, np.int8:
        scale = 0.004 if dtype == np.int8 else None
        expected, saturated = (whole.astype(dtype), 0) if scale is None else rounded(whole, dtype, scale, 0)
        assert (saturated > 0) == (dtype == np.int8)
        for view in np.zeros(dims, dtype)[reverse], np.zeros(dims, dtype)[::-1], np.zeros(dims, dtype)[last]:
            assert fill(view, "normal(std=0.5)", stream=S, threads=threads, scale=scale) == saturated
            assert (view == expected).all()
        # A range, whose array need not have the dimensions of the tensor, and a block.
        view = np.zeros(dims, dtype)[reverse]
        shape = whole.size + 100
        fill(view, "normal(std=0.5)", stream=S, shape=[shape], start=99, threads=threads, scale=scale)
        expected = reference(shape)[99:-1].reshape(dims)
        assert (view == (expected.astype(dtype) if scale is None else rounded(expected, dtype, scale, 0)[0])).all()
        around = [size + 7 for size in dims]
        fill(view, "normal(std=0.5)", stream=S, shape=around, block=[5] * len(dims), threads=threads, scale=scale)
        expected = reference(around)[tuple(slice(5, 5 + size) for size in dims)]
        assert (view == (expected.astype(dtype) if scale is None else rounded(expected, dtype, scale, 0)[0])).all()


@pytest.mark.parametrize("scheme", ["orthogonal", "sparse(sparsity=0.5)", "identity", "xavier_uniform"])
def test_schemes_with_negative_strides(scheme):
    for dtype in np.float32, np.float64:
        view = np.zeros((300, 301), dtype)[::-1, ::-1]
        fill(view, scheme, stream=S)
        assert (view == reference((300, 301), scheme)).all()
    view = np.zeros((3, 150, 301), np.float32)[::-1]
    fill(view, scheme, stream=S, shape=Shape(view.shape, stacked=True))
    assert (view == reference(view.shape, scheme, shape=Shape(view.shape, stacked=True))).all()


def test_errors_of_large_arrays_leave_them_alone():
    view = np.ones((300, 301), np.float16)[::-1]
    with pytest.raises(ValueError, match="too large"):
        fill(view, "normal(std=1e6)", stream=S)
    assert (view == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int16])
def test_orthogonal_in_parts_and_formats(dtype):
    whole = reference((24, 32), "orthogonal")
    assert np.abs(whole @ whole.T - np.eye(24)).max() < 1e-5
    part = np.empty((32, 7), dtype).T
    bits = 14 if dtype == np.int16 else None
    fill(part, "orthogonal", stream=S, shape=(24, 32), block=(3, 0), fraction_bits=bits)
    expected = whole[3:10].astype(dtype) if bits is None else rounded(whole[3:10], dtype, 2.0**-14, 0)[0]
    assert (part == expected).all()


@pytest.mark.parametrize("kind", [arrays.array, memoryview, bytearray])
def test_other_buffers(kind):
    if kind is bytearray:
        buffer = bytearray(12)
        fill(buffer, "normal(std=0.5)", stream=S, scale=0.02, zero_point=128)
        assert (np.frombuffer(buffer, np.uint8) == rounded(reference(12), np.uint8, 0.02, 128)[0]).all()
    else:
        buffer = arrays.array("f", range(12))
        fill(buffer if kind is arrays.array else memoryview(buffer), "normal(std=0.5)", stream=S)
        assert buffer.tolist() == reference(12).tolist()


def test_dlpack():
    class Exporter:
        """An array that only exports DLPack."""

        def __init__(self, array):
            self.array = array

        def __dlpack__(self, **keywords):
            return self.array.__dlpack__(**keywords)

        def __dlpack_device__(self):
            return self.array.__dlpack_device__()

    class Old(Exporter):
        def __dlpack__(self):
            return self.array.__dlpack__()

    for exporter in Exporter, Old:
        for order in "CF":
            array = np.empty((5, 6), np.float32, order=order)[:, ::2]
            count = sys.getrefcount(array)
            fill(exporter(array), "he_normal", stream=S)
            assert (array == reference((5, 3), "he_normal")).all()
            assert sys.getrefcount(array) == count
    array = np.zeros(3, np.float32)
    array.flags.writeable = False
    with pytest.raises((ValueError, BufferError), match="read-?only"):
        fill(Exporter(array), "ones", stream=S)
    with pytest.raises(TypeError, match="got int64|DLPack"):
        fill(Exporter(np.zeros(3, np.int64)), "ones", stream=S)


def test_scalars():
    scalar = np.zeros((), np.float64)
    fill(scalar, "constant(value=2)", stream=S)
    assert scalar == 2


def test_empty_arrays_are_left_alone():
    for dims in (0,), (3, 0), (0, 4, 5):
        assert fill(np.empty(dims, np.float32), "he_normal" if len(dims) > 1 else "ones", stream=S) == 0


def overlapping():
    return np.lib.stride_tricks.as_strided(np.zeros(8, np.float32), (3, 4), (4, 4))


def frozen():
    result = np.zeros((3, 4), np.float32)
    result.flags.writeable = False
    return result


@pytest.mark.parametrize(
    ("make", "keywords", "error", "message"),
    [
        (frozen, {}, ValueError, "read-only"),
        (overlapping, {}, ValueError, "share memory along axis"),
        (lambda: np.zeros((3, 4), np.int64), {}, TypeError, "expected an array of float32.*got int64"),
        (lambda: np.zeros((3, 4), ">f4"), {}, TypeError, "native byte order, got >f4"),
        (lambda: np.zeros((3, 4), complex), {}, TypeError, "got complex128"),
        (lambda: np.zeros((3, 4), "M8[s]"), {}, TypeError, "got datetime64"),
        (lambda: np.zeros((3, 4), ml_dtypes.float8_e4m3fn), {}, TypeError, "got float8"),
        (lambda: np.zeros((3, 4), object), {}, TypeError, "got object"),
        (lambda: np.zeros((3, 4), np.int8), {}, TypeError, "fraction_bits= or scale="),
        (lambda: np.zeros((3, 4), np.int8), {"scale": 0.1, "fraction_bits": 3}, ValueError, "exclude"),
        (lambda: np.zeros((3, 4), np.int8), {"scale": 0.0}, ValueError, "scale of a quantisation"),
        (lambda: np.zeros((3, 4), np.int8), {"scale": 0.1, "zero_point": 3}, ValueError, "zero point"),
        (lambda: np.zeros((3, 4)), {"scale": 0.1}, TypeError, "for arrays of integers"),
        (lambda: np.zeros((3, 4)), {"shape": (4, 3)}, ValueError, r"\[3, 4\], but the shape has \[4, 3\]"),
        (lambda: np.zeros((3, 4)), {"start": 0}, ValueError, "need shape"),
        (lambda: np.zeros((3, 4)), {"start": 1, "shape": (3, 4)}, ValueError, "range past the end"),
        (lambda: np.zeros((3, 4)), {"block": (0, 1), "shape": (3, 4)}, ValueError, "block past the end"),
        (lambda: np.zeros((3, 4)), {"block": (0,), "shape": (3, 4)}, ValueError, "wrong number of axes"),
        (lambda: np.zeros((3, 4)), {"block": (0, 0), "start": 0, "shape": (3, 4)}, ValueError, "exclude"),
        (lambda: np.zeros((3, 4)), {"shape": "ab"}, TypeError, "shape must be a Shape"),
        (lambda: np.zeros((3, 4)), {"stream": 42}, TypeError, "stream must be a Stream"),
        (lambda: np.zeros(3), {}, ValueError, "rank too low"),
        (lambda: np.zeros((3, 4)), {"scheme": "he_nomal"}, ValueError, "did you mean `he_normal`"),
        (lambda: np.zeros((3, 4)), {"scheme": 3}, TypeError, "scheme must be a text"),
        (lambda: np.zeros((3, 4), np.float16), {"scheme": "normal(std=1e4)"}, ValueError, "too large for the format"),
        (lambda: [1.0, 2.0], {}, TypeError, "buffer protocol or DLPack.*got list"),
    ],
)
def test_refused_arrays_are_left_alone(make, keywords, error, message):
    array = make()
    before = copy.deepcopy(array)
    with pytest.raises(error, match=message):
        fill(array, **{"scheme": "he_normal", "stream": S, **keywords})
    assert np.array_equal(array, before)


def test_streams():
    assert Stream(42).named("fc1.weight") == S == Stream(42).path("fc1", "weight") == Stream.from_key(S.key)
    assert len({Stream(seed).substream(id) for seed in range(10) for id in range(10)}) == 100
    assert eval(repr(S)) == S
    for seed in -1, 2**64:
        with pytest.raises(OverflowError):
            Stream(seed)
    with pytest.raises(TypeError):
        Stream("42")


def test_shapes():
    assert Shape([64, 3, 7, 7]).fan == (147, 3136)
    assert Shape([7, 7, 3, 64], layout="HWIO").fan == (147, 3136)
    assert Shape([32, 1, 3, 3], groups=32).fan == (9, 9)
    assert Shape([64, 16, 4, 4], transposed=True).fan == (1024, 256)
    assert Shape([8, 256, 512], stacked=True).fan == (512, 256)
    assert Shape([192, 64], packed=3).fan == (64, 64)
    assert Shape([64, 48, 3], transposed=True, packed=3).dims == (64, 48, 3)
    assert Shape([64, 48, 3], transposed=True, packed=3).fan == (192, 48)
    assert Shape([3, 64, 48, 3], transposed=True, stacked=True, packed=1).dims == (3, 64, 48, 3)
    assert Shape([192, 64], packed=3).bias().dims == (192,) and Shape([192, 64], bias=True).fan == (64, 192)
    assert Shape([8, 64], fan=(3, 4)).fan == (3, 4) and Shape([8, 64]).size == 512
    with pytest.raises(ValueError, match="rank too low"):
        Shape([5]).fan
    for keywords in {"groups": 5}, {"packed": 7}, {"packed": 0}, {"layout": "XYZ"}, {"groups": 0}:
        with pytest.raises(ValueError):
            Shape([8, 64], **keywords)
    with pytest.raises(ValueError):
        Shape([1] * 10)


THINGS = [
    S,
    Init("he_normal(gain=0.5, mode=fan_out)"),
    Init("normal(std=0.02, cut=3.0)").residual(12),
    Shape([32, 1, 3, 3], groups=32),
    Shape([5, 28], layout="in_out", packed=4, fan=(2, 3)).bias(),
    Shape([7, 64, 16, 4], transposed=True, stacked=True),
]


@pytest.mark.parametrize("thing", THINGS, ids=repr)
def test_copies(thing):
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(thing, protocol)) == thing
    assert copy.deepcopy(thing) == copy.copy(thing) == eval(repr(thing)) == thing
    assert hash(copy.deepcopy(thing)) == hash(thing)
    assert thing != THINGS[0] or thing is THINGS[0]
    assert thing != 3
    with pytest.raises(AttributeError):
        thing.key = 3


def test_threads_of_python():
    whole = np.empty((8, 1000, 1000), np.float32)
    threads = [
        threading.Thread(
            target=fill,
            args=(whole[i], "he_normal"),
            kwargs={"stream": S, "shape": (8000, 1000), "block": (1000 * i, 0), "threads": 2},
        )
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (whole.reshape(8000, 1000) == reference((8000, 1000), "he_normal")).all()


def in_child(queue):
    queue.put(reference((600, 600), threads=2)[-1, -1].item())


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_fork():
    expected = reference((600, 600), threads=2)[-1, -1].item()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=in_child, args=(queue,))
    child.start()
    assert queue.get(timeout=60) == expected
    child.join()


def test_the_gil_is_released():
    array = np.empty(2**25, np.float32)

    def longest_pause():
        """Returns how long this thread could not run during a fill, as a share of the fill."""
        times = []

        def run():
            times.append(time.perf_counter())
            fill(array, "normal(std=1)", stream=S)
            times.append(time.perf_counter())

        thread = threading.Thread(target=run)
        pause, last = 0.0, time.perf_counter()
        thread.start()
        while thread.is_alive():
            now = time.perf_counter()
            pause, last = max(pause, now - last), now
        return pause / (times[1] - times[0])

    # With the GIL held, the pause is as long as the fill. Other programs can cause one too, but hardly every time.
    assert min(longest_pause() for _ in range(5)) < 0.4
