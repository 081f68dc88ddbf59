#!/usr/bin/env bash
# Builds the wheel of the Python package, installs it, and runs its tests with NumPy and JAX. The tests of PyTorch run where
# it is installed: the only builds of it on PyPI bring CUDA along, which is gigabytes.
source "$(dirname "$0")/common.sh"

packages python3-venv
target=$PWD/target/python
rm -rf "$target"
mkdir -p "$target"
python3 -m venv --system-site-packages "$target/venv"
# shellcheck disable=SC1091
source "$target/venv/bin/activate"
pip install -q maturin pytest hypothesis numpy ml_dtypes jax
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
