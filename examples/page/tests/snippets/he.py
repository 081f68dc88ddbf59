import numpy as np
from weight_init import Stream, fill

weights = np.empty((64, 64), np.float32)
stream = Stream(42).named("fc3.weight")
fill(weights, "he_normal(gain=1.25)", stream=stream)
