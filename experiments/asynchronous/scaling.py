"""The speed with more workers, from the time of each part: the bounds of a closed queue.

W workers go round. Each computes for w seconds and then waits for the one server, which is busy for
s seconds with each worker. Messages between the two take m seconds. No queue of this kind makes
more than min(W / (w + m + s), 1 / s) updates a second. Both bounds are nearly met away from the
number of workers where they are equal. Beyond that number the server is saturated, and a further
worker only makes all of them wait longer.

References:
  P. J. Denning, J. P. Buzen (1978), "The operational analysis of queueing network models", ACM
  Computing Surveys 10 (asymptotic bounds)
"""

from __future__ import annotations

import numpy as np


def rate(workers: np.ndarray, elsewhere: float, server: float) -> np.ndarray:
    """Returns the largest number of updates a second.

    Args:
      workers: [...], the number of workers W.
      elsewhere: The seconds of a round outside the server, with a processor for each worker.
      server: The seconds that the server is busy with one update.

    >>> rate(np.array([1, 4, 64]), elsewhere=0.009, server=0.001).tolist()
    [100.0, 400.0, 1000.0]
    """
    return np.minimum(np.asarray(workers) / (elsewhere + server), 1 / server)


def saturation(elsewhere: float, server: float) -> float:
    """Returns the number of workers from which on the server is the limit; see `rate`.

    >>> round(saturation(elsewhere=0.009, server=0.001), 9)
    10.0
    """
    return (elsewhere + server) / server


def staleness(workers: np.ndarray) -> np.ndarray:
    """Returns the mean staleness of the gradients of workers of equal speed, in updates.

    Between two deliveries of a worker, every other worker delivers once on average, whether or not
    the server is saturated.
    """
    return np.asarray(workers) - 1
