"""Computes random orthogonal matrices a second time, for vectors.py.

It shares no code with the crate. It follows the prose of docs/format.md in numpy's float32, one operation at
a time.
"""

import numpy as np

f32 = np.float32


def dot(a, b):
    """Adds in 16 partial sums by column mod 16, then adds halves until one is left."""
    sums = [f32(0)] * 16
    for j, (x, y) in enumerate(zip(a, b)):
        sums[j % 16] = sums[j % 16] + x * y
    while len(sums) > 1:
        half = len(sums) // 2
        sums = [sums[i] + sums[i + half] for i in range(half)]
    return sums[0]


def orthogonal(normal_at, rows, cols, gain):
    """Returns the rows × cols matrix as a list of rows. normal_at(n) is the standard normal at index n."""
    if rows > cols:
        return [list(column) for column in zip(*orthogonal(normal_at, cols, rows, gain))]
    one, gain = f32(1), f32(gain)
    reflectors, matrix = [], []
    for k in range(rows):
        v = [f32(0)] * k + [f32(normal_at(k * cols + j)) for j in range(k, cols)]
        norm = np.sqrt(dot(v, v))
        sign = one if v[k] > 0 else -one
        v[k] = v[k] + sign * norm
        scale = np.sqrt(one / (norm * abs(v[k])))
        reflectors.append([value * scale for value in v])

        row = [f32(0)] * cols
        row[k] = -sign
        for first in reversed(range(0, k + 1, 16)):
            block = reflectors[first : first + 16]
            d = [dot(row, v) for v in block]
            for i in reversed(range(len(block))):
                for l in reversed(range(i + 1, len(block))):
                    d[i] = d[i] - d[l] * dot(block[l], block[i])
            for factor, v in zip(reversed(d), reversed(block)):
                row = [value - factor * x for value, x in zip(row, v)]
        matrix.append([min(max(value, -one), one) * gain for value in row])
    return matrix
