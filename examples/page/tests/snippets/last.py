import numpy as np
from weight_init import Stream, fill

weights = np.empty((10, 8), np.float32)
stream = Stream(18446744073709551615).named("out.weight")
fill(weights, "normal(std=0.001, gain=2)", stream=stream)
