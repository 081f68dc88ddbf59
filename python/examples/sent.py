"""Counts what a rank sends and receives."""

import collections

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Sent(TorchDispatchMode):
    """Counts the operations of `torch.distributed` by name, and the bytes of the tensors that they are given.

    operations: The number of calls of each operation.
    bytes: The bytes of all operations except those that only receive.
    received: The bytes of operations that only receive.
    """

    def __init__(self):
        super().__init__()
        self.operations = collections.Counter()
        self.bytes = self.received = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        if operation.namespace in ("c10d", "c10d_functional", "_c10d_functional", "_dtensor"):
            name = operation._opname
            self.operations[name] += 1
            tensors = [leaf for leaf in torch.utils._pytree.tree_leaves(arguments) if isinstance(leaf, torch.Tensor)]
            size = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
            if name.startswith("recv"):
                self.received += size
            else:
                self.bytes += size
        return operation(*arguments, **(keywords or {}))
