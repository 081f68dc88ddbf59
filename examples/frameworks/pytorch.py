"""Times the start of GPT-2 small in PyTorch, beside `cargo run --release -p frameworks -- time`.

    python3 examples/frameworks/pytorch.py

Makes each tensor and fills it as `torch.nn.init` does, on one thread. Prints the median of five runs after one that
is not counted.
"""

import statistics
import time

import torch

BLOCKS, WIDTH, TOKENS, POSITIONS = 12, 768, 50_257, 1_024
RESIDUAL = 0.02 / (2 * BLOCKS) ** 0.5


def tensors():
    """Yields the dimensions of each tensor of the checkpoint, and its scheme."""

    def normal(std):
        return lambda tensor: torch.nn.init.normal_(tensor, 0.0, std)

    def dense(inputs, outputs, std):
        return [((outputs, inputs), normal(std)), ((outputs,), torch.nn.init.zeros_)]

    norm = [((WIDTH,), torch.nn.init.ones_), ((WIDTH,), torch.nn.init.zeros_)]
    yield (TOKENS, WIDTH), normal(0.02)
    yield (POSITIONS, WIDTH), normal(0.02)
    for _ in range(BLOCKS):
        yield from norm
        yield from dense(WIDTH, 3 * WIDTH, 0.02)
        yield from dense(WIDTH, WIDTH, RESIDUAL)
        yield from norm
        yield from dense(WIDTH, 4 * WIDTH, 0.02)
        yield from dense(4 * WIDTH, WIDTH, RESIDUAL)
    yield from norm


def start():
    """Returns the seconds that the start takes."""
    clock = time.perf_counter()
    weights = []
    for dims, init in tensors():
        tensor = torch.empty(dims)
        init(tensor)
        weights.append(tensor)
    seconds = time.perf_counter() - clock
    assert sum(tensor.numel() for tensor in weights) == 124_439_808
    return seconds


torch.set_num_threads(1)
times = [start() for _ in range(6)]
print(f"PyTorch {torch.__version__}, 1 thread: {1000 * statistics.median(times[1:]):.0f} ms")
