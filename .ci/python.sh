#!/usr/bin/env bash
# Builds the wheel of the Python package, installs it, and runs its tests with NumPy, JAX, Keras and PyTorch, also on real
# ranks.
#
# PyTorch's only build on PyPI for x86-64 is linked with CUDA, and can't be imported without it. It was installed in 63 s on
# two cores and takes 5.4 GB; with no more than the libraries that it is linked with it takes 4.2 GB, and no less time.
source "$(dirname "$0")/common.sh"

packages python3-venv
target=$PWD/target/python
rm -rf "$target"
mkdir -p "$target"
python3 -m venv --system-site-packages "$target/venv"
# shellcheck disable=SC1091
source "$target/venv/bin/activate"
pip install -q maturin pytest hypothesis numpy ml_dtypes jax keras safetensors
if [ "$(df --output=avail -BG "$target" | tail -1 | tr -dc 0-9)" -ge 12 ]; then
    pip install -q torch
else
    echo "less than 12 GB of disk are free, so the tests of PyTorch are skipped"
fi
title "the wheel"
maturin build --release --manifest-path python/Cargo.toml --out "$target/wheels"
wheels=("$target"/wheels/*.whl)
size=$(stat -c %s "${wheels[0]}")
echo "${wheels[0]##*/}: $size bytes"
[ "$size" -le 1500000 ] || { echo "the wheel is larger than 1.5 MB"; exit 1; }
pip install -q --force-reinstall --no-deps "${wheels[0]}"
title "tests"
# From here, where the folder of the sources is not in Python's path, so that the installed package is tested.
pytest -q -c python/pyproject.toml python/tests
# Gigabytes that nobody needs after the tests.
rm -rf "$target/venv"
