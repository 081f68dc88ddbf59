"""The code of the README runs, one block after the other."""

import os
import pathlib
import re

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
TEXT = (pathlib.Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.S | re.M)


@pytest.mark.parametrize("block", BLOCKS, ids=["numpy", "torch", "jax", "keras"])
def test_block(block):
    for library in "torch", "jax", "keras":
        if f"import {library}" in block:
            pytest.importorskip(library)
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
