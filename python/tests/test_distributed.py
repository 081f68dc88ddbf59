"""Real processes: every rank fills its own shards of a model."""

import os
import pathlib
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")


@pytest.mark.skipif(not torch.distributed.is_available(), reason="needs torch.distributed")
@pytest.mark.parametrize("world", [1, 2, 4])
def test_ranks(world):
    script = pathlib.Path(__file__).with_name("ranks.py")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={world}", str(script)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count(f"of {world}: all equal") == world
