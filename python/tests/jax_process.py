"""One of two processes of `jax.distributed`, each with two devices: it computes the shards of its own devices."""

import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from weight_init import Shape, Stream, fill
from weight_init.jax import sharded

process, port = int(sys.argv[1]), sys.argv[2]
jax.distributed.initialize(f"127.0.0.1:{port}", 2, process)
assert len(jax.devices()) == 4 and len(jax.local_devices()) == 2

whole = np.empty((48, 40), np.float32)
fill(whole, "he_normal", stream=Stream(42), shape=Shape((48, 40), layout="in_out"))
mesh = Mesh(np.array(jax.devices()).reshape(2, 2), ("x", "y"))
for spec in PartitionSpec("x", "y"), PartitionSpec(("x", "y")), PartitionSpec(None, ("y", "x")):
    array = sharded((48, 40), NamedSharding(mesh, spec), "he_normal", Stream(42))
    assert len(array.addressable_shards) == 2
    for shard in array.addressable_shards:
        assert (np.asarray(shard.data) == whole[shard.index]).all()
print(f"process {process}: all equal", flush=True)
