"""Writes digits.bin from scikit-learn's wheel:

    pip download --no-deps scikit-learn==1.9.1 && python3 digits.py scikit_learn-1.9.1-*.whl
"""

import gzip
import pathlib
import random
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    text = gzip.decompress(wheel.read("sklearn/datasets/data/digits.csv.gz")).decode()
rows = [[int(float(field)) for field in line.split(",")] for line in text.split()]
assert len(rows) == 1797
assert all(len(row) == 65 and 0 <= min(row) and max(row) <= 16 and row[64] <= 9 for row in rows)

# The original is sorted by writer. After shuffling, any part is a fair sample.
random.Random(0).shuffle(rows)

packed = bytearray()
for *pixels, label in rows:
    packed.append(label)
    for y in range(0, 64, 8):
        row = sum(pixel << 5 * x for x, pixel in enumerate(pixels[y : y + 8]))
        packed += row.to_bytes(5, "little")
pathlib.Path(__file__).with_name("digits.bin").write_bytes(packed)
print(len(packed), "bytes; labels of the first 1437:", [
    sum(row[64] == label for row in rows[:1437]) for label in range(10)
])
