import numpy as np
from weight_init import Stream, fill

weights = np.empty((48, 784), np.float32)
stream = Stream(0).named("fc1.weight")
fill(weights, "xavier_uniform", stream=stream)
