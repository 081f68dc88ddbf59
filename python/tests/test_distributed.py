"""Real processes: every rank fills its own shards of a model, and together they write a checkpoint."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")


pytestmark = pytest.mark.skipif(not torch.distributed.is_available(), reason="needs torch.distributed")

FOLDER = pathlib.Path(__file__).resolve().parents[1]
# All weights of GPT-2 by the Rust library, which a test there computes.
RUST = re.search(
    r'const SHA256: &str =\s*"(\w{64})"', (FOLDER.parent / "examples/gpt2/src/lib.rs").read_text(encoding="utf-8")
)[1]


def run(script, *arguments, world=None):
    """Runs a script with as many processes, and returns what they print."""
    launcher = [] if world is None else ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={world}"]
    command = [sys.executable, *launcher, str(FOLDER / script), *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("world", [1, 2, 4])
def test_ranks(world):
    assert run("tests/ranks.py", world=world).count(f"of {world}: all equal") == world


@pytest.mark.parametrize(("world", "ways"), [(1, 2), (2, 2), (4, 4)])
def test_gpt2(world, ways, tmp_path):
    pytest.importorskip("safetensors")
    checkpoint = ["--checkpoint", tmp_path] if world == 4 else []
    lines = run("examples/gpt2_ranks.py", *checkpoint, world=world).splitlines()
    found = [re.fullmatch(rf"rank (\d) of {world}, (.+): (\d+) values in \d+ ms, (.+), SHA-256 (\w+)", line) for line in lines]
    assert len(found) == world * ways == len({match.group(1, 2) for match in found})
    assert {match.group(4, 5) for match in found} == {("0 messages, 0 bytes sent", RUST)}
    if world > 1:
        # No rank fills much more than its share, except for the replicas of hybrid FSDP.
        values = [int(match[3]) for match in found if not match[2].startswith("hybrid")]
        assert max(values) < 1.05 * 124_439_808 / world
    if checkpoint:
        # One process loads the files of all of them.
        lines = run("examples/gpt2_ranks.py", "--verify", tmp_path).splitlines()
        assert [line.split(": SHA-256 ") for line in lines if "SHA-256" in line] == [
            ["torch.distributed.checkpoint", RUST],
            ["safetensors", RUST],
        ]
        assert len(list(tmp_path.glob("*.safetensors"))) == world == len(list(tmp_path.glob("distributed/*.distcp")))
