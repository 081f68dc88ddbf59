"""Writes tests/vectors.rs: the bits of stream format 1, computed a second time.

It shares no code with the crate. It follows the prose of docs/format.md one value at a time, in Python's
integers and numpy's float32, and reads only the numbers of src/sampler/tables.rs.
Run it from any folder: `pip install numpy`, `python tests/data/vectors.py`.
"""

import functools
import itertools
import math
import pathlib
import re

import numpy as np

from orthogonal import orthogonal

HERE = pathlib.Path(__file__).resolve().parent
TABLES = (HERE / "../../src/sampler/tables.rs").read_text()
M64 = 2**64 - 1
f32 = np.float32
np.seterr(all="ignore")


def numbers(before, text=TABLES):
    body = re.search(before + r" \[(.*?)\]", text, re.S).group(1)
    return [float(v.replace("f32::NAN", "nan")) for v in body.split(",") if v.strip()]


class Ziggurat:
    def __init__(self, name):
        text = re.search(rf"static {name}: Tables = (.*?)\}};", TABLES, re.S).group(1)
        self.edges, self.density = ([f32(v) for v in numbers(f + ":", text)] for f in ("edges", "density"))
        self.share, self.alias, self.bend = (
            [int(v) for v in numbers(f + ":", text)] for f in ("share", "alias", "bend")
        )
        self.x = [f32(e * f32(2**24)) for e in self.edges[:126]] + [f32(0)]
        self.truncated = name == "TRUNCATED"


NORMAL, TRUNCATED = Ziggurat("NORMAL"), Ziggurat("TRUNCATED")
EXP, LN = ([f32(v) for v in numbers(rf"const {t}: [^=]*=")] for t in ("EXP", "LN"))


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & M64
    z = (z ^ z >> 27) * 0x94D049BB133111EB & M64
    return z ^ z >> 31


def splitmix64(key, counter):
    return mix(key + 0x9E3779B97F4A7C15 * (counter + 1) & M64)


def tag(text):
    return int.from_bytes(text.ljust(8, b"\0"), "big")


def fnv1a(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 & M64
    return h


class Stream:
    def __init__(self, key):
        self.key = key

    @staticmethod
    def new(seed):
        return Stream(splitmix64(seed, 0))

    def substream(self, id):
        return Stream(mix(self.key ^ mix(id + tag(b"substrea") & M64)))

    def named(self, name):
        return Stream(mix(self.key ^ mix(fnv1a(name.encode()) + tag(b"name") & M64)))

    def block_key(self, block):
        return mix(self.key ^ mix(block + tag(b"block") & M64))


def rotl(x, k):
    return (x << k | x >> 32 - k) & 0xFFFFFFFF


@functools.cache
def lane_words(block_key, lane):
    """Returns the 256 words of one lane."""
    low, high = splitmix64(block_key, 2 * lane), splitmix64(block_key, 2 * lane + 1)
    s, words = [low & 0xFFFFFFFF, low >> 32, high & 0xFFFFFFFF, high >> 32], []
    for _ in range(256):
        words.append(rotl(s[0] + s[3] & 0xFFFFFFFF, 7) + s[0] & 0xFFFFFFFF)
        t = s[1] << 9 & 0xFFFFFFFF
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)
    return words


def word(block_key, position):
    return lane_words(block_key, position % 16)[position // 16]


def signed(w):
    w = w - 2**32 if w >= 2**31 else w
    return f32(w >> 7 | 1)


def horner(coefficients, x):
    p = coefficients[-1]
    for c in coefficients[-2::-1]:
        p = p * x + c
    return p


LN2_HIGH = f32(0.69314575)
LN2_LOW = f32(np.log(2.0) - np.float64(LN2_HIGH))


def exp(x):
    n = np.rint(x * f32(1.44269504088896340736))
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    y = f32(1) + (r + r * r * horner(EXP, r))
    return y * f32(2.0 ** int(n))


def ln(x):
    bits = int(np.frombuffer(x.tobytes(), np.uint32)[0]) - 0x3F3504F3
    n = f32(bits >> 23)
    f = np.frombuffer(np.uint32((bits & 0x7FFFFF) + 0x3F3504F3).tobytes(), f32)[0] - f32(1)
    square = f * f
    small = (square * f * horner(LN, f) - square * f32(0.5)) + n * LN2_LOW
    return n * LN2_HIGH + (f + small)


def overhang(block_key, position, zig=NORMAL, tries=0):
    """Returns the value and its history: (z, region, tries, whether a point was near the curve)."""
    while True:
        h = splitmix64(block_key, 32 + position + 4096 * tries)
        tries += 1
        column, a, b = h & 127, h >> 12 & 0xFFFFF, h >> 44
        share = (h >> 7 & 31) << 11 | h >> 32 & 0x7FF
        sign = f32(-1) if h >> 43 & 1 else f32(1)
        region = column if share < zig.share[column] else zig.alias[column]
        if region == 0 and zig.truncated:
            narrow = next(x for x in zig.x if x < 2)
            x = narrow + f32(2 * a + 1) * ((f32(2) - narrow) * f32(2.0**-21))
            return sign * x, region, tries, False
        if region == 0:
            x = ln(f32(2 * a + 1) * f32(2.0**-21)) * (f32(-1) / zig.x[0])
            y = -ln(f32(2 * b + 1) * f32(2.0**-21))
            if y + y >= x * x:
                return sign * (zig.x[0] + x), region, tries, False
            continue
        if a + b >= 2**20:
            a, b = 2**20 - 1 - a, 2**20 - 1 - b
        stretch = f32(512 + max(zig.bend[region], 0)) * f32(2.0**-30)
        inner, outer = zig.x[region], zig.x[region - 1]
        x = inner + f32(2 * a + 1) * ((outer - inner) * stretch)
        below, above = zig.density[region - 1], zig.density[region]
        y = below + f32(2 * b + 1) * ((above - below) * stretch)
        if y < exp(x * x * f32(-0.5)):
            return sign * x, region, tries, a + b >= 512 - abs(zig.bend[region]) << 11


def normal(stream, n, mean, std, zig=NORMAL):
    key, position = stream.block_key(n // 4096), n % 4096
    w = word(key, position)
    if w & 127 < 126:
        value = signed(w) * (zig.edges[w & 127] * f32(std))
    else:
        value = overhang(key, position, zig)[0] * f32(std)
    return value if mean == 0 else value + f32(mean)


def truncated(stream, n, mean, std):
    return normal(stream, n, mean, f32(std) / f32(0.87962566103423978), TRUNCATED)


def ratio(k):
    """The standard deviation after truncation at k, divided by the one before."""
    density = math.exp(-0.5 * k * k) / math.sqrt(2 * math.pi)
    return f32(math.sqrt(1 - 2 * k * density / math.erf(k / math.sqrt(2))))


def bounded(stream, n, mean, sigma, k):
    """Returns the value and its history: (value, redraws, whether the fast path rejected a redraw)."""
    mean, sigma = f32(mean), f32(sigma)
    low, high = mean - f32(k) * sigma, mean + f32(k) * sigma
    value, tries, redraws, rejected = normal(stream, n, mean, sigma), 0, 0, False
    key, position = mix(stream.block_key(n // 4096)), n % 4096
    while not low <= value <= high:
        w = splitmix64(key, 32 + position + 4096 * tries) & 0xFFFFFFFF
        tries, redraws = tries + 1, redraws + 1
        if w & 127 < 126:
            value = signed(w) * (NORMAL.edges[w & 127] * sigma)
        else:
            z, _, tries, _ = overhang(key, position, tries=tries)
            value, rejected = z * sigma, True
        value = value if mean == 0 else value + mean
    return value, redraws, rejected


def cut(stream, n, mean, std, k):
    """A normal truncated at k, whose std is the one after truncation."""
    return bounded(stream, n, mean, f32(std) / ratio(k), k)[0]


def cut_before(stream, n, mean, std, k):
    """A normal truncated at k, whose std is the one before truncation."""
    return bounded(stream, n, mean, std, k)[0]


# The truncated normals of the vectors: name, kind, mean, std, k.
CUTS = [
    ("CUT_3", cut, 0, 1, 3),
    ("CUT_1", cut, -1.5, 0.3, 1),
    ("CUT_1_5", cut_before, 0.25, 0.02, 1.5),
    ("CUT_2_5", cut_before, 0, 0.7, 2.5),
]


def at_index(function, stream, mean, std, k, n):
    return function(stream, n, mean, std, k)


def uniform(stream, n, low, high):
    low, high = f32(low), f32(high)
    half = f32(0.5) * high - f32(0.5) * low
    value = signed(word(stream.block_key(n // 4096), n % 4096)) * (half * f32(2.0**-24))
    if low == -high:
        return value
    return min(max(value + (f32(0.5) * low + f32(0.5) * high), low), high)


def sparse(stream, inputs, outputs, sparsity, std):
    """Returns the weights of a dense layer, [out, in]."""
    values = [normal(stream, n, 0, std) for n in range(inputs * outputs)]
    share = f32(sparsity) * f32(outputs)
    zeros = int(np.ceil(share - share * f32(2.0**-22)))
    for i in range(inputs):
        key, wanted = stream.named("zeros").block_key(i), zeros
        for o in range(outputs):
            if (splitmix64(key, o) >> 32) * (outputs - o) >> 32 < wanted:
                wanted -= 1
                values[o * inputs + i] = f32(0)
    return values


def stats(values, mean, std):
    """Returns mean, std, min and max, and the numbers of values beyond 2 and 3 std."""
    total = squares = 0.0
    for chunk in (values[i : i + 256] for i in range(0, len(values), 256)):
        whole = len(chunk) // 4 * 4
        sums, square_sums = [f32(0)] * 4, [f32(0)] * 4
        for i, value in enumerate(chunk[:whole]):
            d = value - f32(mean)
            sums[i % 4], square_sums[i % 4] = sums[i % 4] + d, square_sums[i % 4] + d * d
        join = lambda s: float((s[0] + s[2]) + (s[1] + s[3]))
        total, squares = total + join(sums), squares + join(square_sums)
        for value in chunk[whole:]:
            d = float(value) - mean
            total, squares = total + d, squares + d * d
    offset = total / len(values)
    variance = squares / len(values) - offset * offset
    half = int(np.floor(np.log2(variance))) >> 1
    root = float(np.sqrt(f32(variance * 2.0 ** (-2 * half)))) * 2.0**half
    beyond = [sum(abs(v - f32(mean)) > f32(k) * f32(std) for v in values) for k in (2, 3)]
    return f32(mean + offset), f32(root), min(values), max(values), *map(int, beyond)


def fixed(value, fraction_bits, kind):
    info = np.iinfo(kind)
    # Python rounds to even, and an f32 times a power of two is exact in f64.
    return np.array(min(max(round(float(value) * 2.0**fraction_bits), info.min), info.max), kind)


def bf16(value):
    b = bits(value)
    return np.uint16(b + 0x7FFF + (b >> 16 & 1) >> 16)


def block_slots(value, axes):
    """The slots of a block: each value by its index in the tensor, one axis after the other."""
    slots = {}
    for at in itertools.product(*(range(size) for _, _, size, _ in axes)):
        index = slot = 0
        for i, (whole, offset, _, stride) in zip(at, axes):
            index, slot = index * whole + offset + i, slot + i * stride
        slots[slot] = value(index)
    return [slots[slot] for slot in range(len(slots))]


def bits(value):
    assert isinstance(value, f32)
    return int(np.frombuffer(value.tobytes(), np.uint32)[0])


def overhangs(stream, zig):
    """Returns rejected indices by their history: all cases, and a few indices of each."""
    wanted = {
        "box": lambda r, t, e: 1 <= r < 126 and t == 1 and not e,
        "box near the curve": lambda r, t, e: 1 <= r < 126 and e,
        "convex box near the curve": lambda r, t, e: 1 <= r < 90 and e,
        "cap": lambda r, t, e: r == 126 and not e,
        "cap near the curve": lambda r, t, e: r == 126 and e,
        "rest" if zig.truncated else "tail": lambda r, t, e: r == 0,
        "second try": lambda r, t, e: t == 2,
        "third try": lambda r, t, e: t >= 3,
    }
    found = {case: [] for case in wanted}
    n = 0
    while any(len(f) < 3 for f in found.values()):
        key = stream.block_key(n // 4096)
        for position in range(4096):
            if word(key, position) & 127 >= 126:
                _, region, tries, near = overhang(key, position, zig)
                for case, holds in wanted.items():
                    if len(found[case]) < 3 and holds(region, tries, near):
                        found[case].append(n + position)
        n += 4096
    return found


def main():
    stream = Stream.new(42)
    edges = [0, 1, 15, 16, 17, 4095, 4096, 8191, 2**32 - 1, 2**32, 2**32 + 4111, 2**63 + 5, M64 - 1]
    found, found_truncated = overhangs(stream, NORMAL), overhangs(stream, TRUNCATED)
    special = sorted({n for cases in found.values() for n in cases})
    special_truncated = sorted({n for cases in found_truncated.values() for n in cases})

    def rows(name, doc, indices, value):
        lines = [f"    ({n}, 0x{bits(value(n)):08x})," for n in indices]
        return (
            f"\n/// {doc}\npub const {name}: [(u64, u32); {len(lines)}] = [\n"
            + "\n".join(lines)
            + "\n];\n"
        )

    out = "// The bits of stream format 1: (index, bits of the value). Written by `data/vectors.py`,\n"
    out += "// which computes them without the crate. Do not edit.\n"
    out += "\n/// The first words of blocks 0, 1 and 2⁵² - 1 of `Stream::new(42)`.\npub const WORDS: [(u64, [u32; 4]); 3] = [\n"
    for block in (0, 1, 2**52 - 1):
        words = ", ".join(f"0x{word(stream.block_key(block), p):08x}" for p in range(4))
        out += f"    ({block}, [{words}]),\n"
    out += "];\n"
    s = stream
    out += rows(
        "NORMAL",
        "`fill_normal`, `Stream::new(42)`, mean 0, std 1.",
        edges,
        lambda n: normal(s, n, 0, 1),
    )
    out += rows(
        "SHIFTED",
        "`fill_normal`, `Stream::new(42)`, mean -1.5, std 0.3.",
        edges,
        lambda n: normal(s, n, -1.5, 0.3),
    )
    out += rows(
        "TRUNCATED",
        "`fill_truncated_normal`, `Stream::new(42)`, mean 0, std 1.",
        edges,
        lambda n: truncated(s, n, 0, 1),
    )
    out += rows(
        "TRUNCATED_SHIFTED",
        "`fill_truncated_normal`, `Stream::new(42)`, mean -1.5, std 0.3.",
        edges,
        lambda n: truncated(s, n, -1.5, 0.3),
    )
    # The first indices of each history: redrawn once, often, and with a redraw that leaves the fast path.
    def redrawn(sigma, k):
        found = {}
        for n in range(4096):
            _, redraws, rejected = bounded(s, n, 0, sigma, k)
            if redraws > 0:
                found.setdefault((min(redraws, 3), rejected), []).append(n)
        return sorted({n for indices in found.values() for n in indices[:4]})

    for name, function, mean, std, k in CUTS:
        what = "at" if function is cut else "std_before"
        out += rows(
            name,
            f"`TruncatedNormal`, `Cut::{what}({k:.1f})`, `Stream::new(42)`, mean {mean}, std {std}.",
            sorted({*edges, *redrawn(1, k)}),
            lambda n: function(s, n, mean, std, k),
        )
    out += rows(
        "UNIFORM",
        "`fill_uniform`, `Stream::new(42)`, -0.1 to 0.1.",
        edges,
        lambda n: uniform(s, n, -0.1, 0.1),
    )
    out += rows(
        "LOPSIDED",
        "`fill_uniform`, `Stream::new(42)`, -0.25 to 1.",
        edges,
        lambda n: uniform(s, n, -0.25, 1),
    )
    cases = "; ".join(f"{case}: {', '.join(map(str, found[case]))}" for case in found)
    out += rows(
        "OVERHANG",
        f"`NORMAL` where it left the fast path. {cases}.",
        special,
        lambda n: normal(s, n, 0, 1),
    )
    cases = "; ".join(f"{c}: {', '.join(map(str, found_truncated[c]))}" for c in found_truncated)
    out += rows(
        "TRUNCATED_OVERHANG",
        f"`TRUNCATED` where it left the fast path. {cases}.",
        special_truncated,
        lambda n: truncated(s, n, 0, 1),
    )
    out += rows(
        "OVERHANG_SHIFTED",
        "`SHIFTED` where it left the fast path.",
        special[:6],
        lambda n: normal(s, n, -1.5, 0.3),
    )
    n = Stream.new(0).named("fc1.weight")
    out += rows(
        "NAMED",
        '`NORMAL` of `Stream::new(0).named("fc1.weight")`.',
        edges[:4],
        lambda i: normal(n, i, 0, 1),
    )
    b = Stream.new(M64).substream(7).substream(8)
    out += rows(
        "SUBSTREAM",
        "`NORMAL` of `Stream::new(u64::MAX).substream(7).substream(8)`.",
        edges[:4],
        lambda i: normal(b, i, 0, 1),
    )

    # Schemes of a layer with fan_in = 27 and fan_out = 72, with f32 operations in the crate's order.
    root = lambda scale, fan: np.sqrt(f32(scale) / f32(fan))
    for scheme, scale, fan in (("HE", 2, 27), ("XAVIER", 1, 49.5), ("LECUN", 1, 27)):
        std, bound = root(scale, fan), root(3 * scale, fan)
        where = "`Shape::conv2d(3, 8, [3, 3])`, `Stream::new(42)`"
        out += rows(
            f"{scheme}_NORMAL",
            f"{scheme.title()}, normal, {where}.",
            [0, 1, 215, *[i for i in special if i < 216][:3]],
            lambda n: normal(s, n, 0, std),
        )
        out += rows(
            f"{scheme}_UNIFORM",
            f"{scheme.title()}, uniform, {where}.",
            [0, 1, 215],
            lambda n: uniform(s, n, -bound, bound),
        )
    # A hash over many values, which shows a fused or reordered operation.
    hashes = {
        "NORMAL": ("`NORMAL`", 2**20, lambda n: normal(s, n, 0, 1)),
        "SHIFTED": ("`SHIFTED`", 2**16, lambda n: normal(s, n, -1.5, 0.3)),
        "TRUNCATED": ("`TRUNCATED`", 2**18, lambda n: truncated(s, n, 0, 1)),
        "TRUNCATED_SHIFTED": (
            "`TRUNCATED_SHIFTED`",
            2**16,
            lambda n: truncated(s, n, -1.5, 0.3),
        ),
        **{
            name: (f"`{name}`", 2**16, functools.partial(at_index, function, s, mean, std, k))
            for name, function, mean, std, k in CUTS
        },
        "UNIFORM": ("`UNIFORM`", 2**16, lambda n: uniform(s, n, -0.1, 0.1)),
        "LOPSIDED": ("`LOPSIDED`", 2**16, lambda n: uniform(s, n, -0.25, 1)),
        "EXP": ("`exp(-n / 4096)`", 2**16, lambda n: exp(f32(-n / 4096))),
        "LN": ("`ln((2n + 1) / 2¹⁷)`", 2**16, lambda n: ln(f32((2 * n + 1) / 2**17))),
    }
    # A network in one buffer: the weights and then the biases of each layer.
    average = lambda inputs, outputs: f32(0.5) * (f32(inputs) + f32(outputs))
    network = []
    for layer, count, std, biases in (
        ("conv", 8 * 9, root(2, 9), 8),
        ("fc1", 288 * 32, f32(5 / 3) * root(1, average(288, 32)), 32),
        ("fc2", 32 * 10, root(1, average(32, 10)), 10),
    ):
        weights = s.named(layer + ".weight")
        network += [normal(weights, i, 0, std) for i in range(count)] + [f32(0)] * biases
    hashes["PLAN"] = (
        "a plan: conv2d(1, 8, [3, 3]) before ReLU, dense(288, 32) before tanh, dense(32, 10)",
        len(network),
        lambda n: network[n],
    )
    # Structured schemes: matrices, zeros and repetitions.
    std = lambda n: normal(s, n, 0, 1)
    matrix = lambda rows, cols, gain: sum(orthogonal(std, rows, cols, gain), [])
    wide, tall = matrix(20, 33, 1.5), matrix(33, 7, 1)
    delta = [f32(0)] * (4 * 3 * 9)
    for n, value in enumerate(matrix(4, 3, 1)):
        delta[9 * n + 4] = value
    zeros = sparse(s, 9, 20, 0.3, 0.5)
    small = [normal(s, n, 0, root(2, 18)) for n in range(3 * 18)]
    shuffled = [small[n // 18 // 4 * 18 + n % 18] for n in range(12 * 18)]
    to_space = [small[n // 18 % 3 * 18 + n % 18] for n in range(12 * 18)]
    for name, what, values in (
        ("ORTHOGONAL", "`Init::orthogonal()`, 20 × 33, gain 1.5", wide),
        ("ORTHOGONAL_TALL", "`Init::orthogonal()`, 33 × 7, gain 1", tall),
        ("DELTA", "`Init::delta_orthogonal()`, conv2d(3, 4, [3, 3])", delta),
        ("SPARSE", "`Init::sparse(0.3, 0.5)`, dense(9, 20)", zeros),
        ("PIXEL_SHUFFLE", "He, normal, `.icnr(2, PixelShuffle)`, conv2d(2, 12, [3, 3])", shuffled),
        ("DEPTH_TO_SPACE", "He, normal, `.icnr(2, DepthToSpace)`, conv2d(2, 12, [3, 3])", to_space),
    ):
        hashes[name] = (what, len(values), values.__getitem__)
    # Blocks of tensors, in slots anywhere. An axis is (size of the tensor, offset, size, stride of the slots).
    he = lambda n: normal(s, n, 0, root(2, 64))
    bound = root(3, average(5, 7))
    gate = lambda n: uniform(s.substream(n % 28 // 7), n // 28 * 7 + n % 7, -bound, bound)
    pair = [sparse(s.substream(tensor), 9, 20, 0.3, 0.5) for tensor in range(2)]
    for name, what, value, axes in (
        (
            "BLOCK",
            "He, normal, dense(64, 96), the block of 40 × 21 at 45, 7, column by column",
            he,
            [(96, 45, 40, 1), (64, 7, 21, 40)],
        ),
        (
            "PACKED_BLOCK",
            "Xavier, uniform, dense(5, 7).packed(4) with the outputs last, the block of 3 × 17 at 1, 5",
            gate,
            [(5, 1, 3, 17), (28, 5, 17, 1)],
        ),
        (
            "STACKED_BLOCK",
            "`Init::sparse(0.3, 0.5)`, dense(9, 20).stacked(2), the block of 2 × 10 × 5 at 0, 3, 2, axes reversed",
            lambda n: pair[n // 180][n % 180],
            [(2, 0, 2, 1), (20, 3, 10, 2), (9, 2, 5, 20)],
        ),
        (
            "SHUFFLED_BLOCK",
            "`PIXEL_SHUFFLE`, the block of 7 × 2 × 2 × 3 at 3, 0, 1, 0",
            shuffled.__getitem__,
            [(12, 3, 7, 12), (2, 0, 2, 6), (3, 1, 2, 3), (3, 0, 3, 1)],
        ),
    ):
        slots = block_slots(value, axes)
        hashes[name] = (what, len(slots), slots.__getitem__)
    # Slots of other formats: a normal with std 0.5, which has values beyond 1 and 2.
    half = lambda n: normal(s, n, 0, 0.5)
    for name, what, value in (
        ("I8", "`write_fixed`, 6 fraction bits, `i8`, mean 0, std 0.5", lambda n: fixed(half(n), 6, np.int8)),
        ("I16", "`write_fixed`, 15 fraction bits, `i16`, the same", lambda n: fixed(half(n), 15, np.int16)),
        ("I32", "`write_fixed`, 31 fraction bits, `i32`, the same", lambda n: fixed(half(n), 31, np.int32)),
        ("F16", "`write_as`, `f16`, the same", lambda n: half(n).astype(np.float16)),
        ("BF16", "`write_as`, `bf16`, the same", lambda n: bf16(half(n))),
    ):
        hashes[name] = (what, 20_000, value)
    for name, (what, count, value) in hashes.items():
        hashed = fnv1a(b"".join(value(n).tobytes() for n in range(count)))
        out += f"\n/// 64-bit FNV-1a of the little-endian bytes of {what}, n below {count}.\n"
        out += f"pub const {name}_HASH: (u64, u64) = ({count}, 0x{hashed:016x});\n"

    # Statistics of a slice.
    values = [normal(s, n, -1.5, 0.3) for n in range(1003)]
    *found, beyond_2, beyond_3 = stats(values, -1.5, float(f32(0.3)))
    text = ", ".join(f"0x{bits(v):08x}" for v in found)
    out += "\n/// The statistics of the first 1003 values of `SHIFTED`: mean, std, min and max, and how many are beyond 2 and 3 std.\n"
    out += f"pub const STATS: ([u32; 4], [usize; 2]) = ([{text}], [{beyond_2}, {beyond_3}]);\n"

    # The scales of the schemes, in the order of operations in the documentation of `Init`.
    fans = [
        (1, 1),
        (3, 1000),
        (27, 72),
        (784, 100),
        (147, 3136),
        (12345, 6789),
        (2**24 + 1, 2),
    ]
    lines = []
    for fan_in, fan_out in fans:
        for gain in (f32(1), f32(5 / 3), f32(0.1)):
            average = f32(0.5) * (f32(fan_in) + f32(fan_out))
            scales = [
                gain * root(scale, fan)
                for scale, fan in (
                    (2, fan_in),
                    (3 * 2, fan_in),
                    (1, average),
                    (3 * 1, average),
                    (1, fan_out),
                    (3 * 1, fan_out),
                )
            ]
            text = ", ".join(f"0x{bits(v):08x}" for v in scales)
            lines.append(f"    ({fan_in}, {fan_out}, 0x{bits(gain):08x}, [{text}]),")
    out += "\n/// fan_in, fan_out, bits of the gain, and the bits of std and bound: He, Xavier, LeCun by fan_out.\n"
    out += f"pub const SCALES: [(usize, usize, u32, [u32; 6]); {len(lines)}] = [\n"
    out += "\n".join(lines) + "\n];\n"
    lines = []
    for fan_in, fan_out in fans:
        geometric = np.sqrt(f32(fan_in)) * np.sqrt(f32(fan_out))
        scales = (root(2, geometric), root(3 * 2, geometric), root(f32(3) * (f32(1) / f32(3)), fan_in))
        text = ", ".join(f"0x{bits(v):08x}" for v in scales)
        lines.append(f"    ({fan_in}, {fan_out}, [{text}]),")
    out += "\n/// fan_in, fan_out, and the bits of He's std and bound by the geometric mean, and of PyTorch's default bound.\n"
    out += f"pub const MORE_SCALES: [(usize, usize, [u32; 3]); {len(lines)}] = [\n"
    out += "\n".join(lines) + "\n];\n"
    (HERE / "../vectors.rs").write_text(out)


main()
