"""The bandit, an environment with a single step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from maxent_tf.environments.finite import FiniteWorld


class Bandit(FiniteWorld):
    """A bandit: every action ends the episode and pays its mean reward, plus optional noise.

    The noise is Gaussian. State 0 is the start, state 1 the end.

    Args:
      means: [A], float, the expected reward of every action.
      noise_stddev: The standard deviation of every reward, at least 0, in units of reward.

    Raises:
      ValueError: If `means` is not one non-empty row of finite numbers, or if `noise_stddev` is
        negative or not finite.

    >>> Bandit([1.0, 0.9, 0.1]).reward[0, :, 0].tolist()
    [1.0, 0.9, 0.1]
    """

    def __init__(self, means: npt.ArrayLike, noise_stddev: float = 0.0) -> None:
        means = np.asarray(means, np.float64)
        if means.ndim != 1 or means.size == 0:
            raise ValueError(f"means must have shape [A], A at least 1, not {means.shape}.")
        table = (2, means.size, 1)
        super().__init__(
            next_state=np.ones(table, np.int32),
            probability=np.ones(table),
            reward=np.stack([means, np.zeros_like(means)])[..., None],
            terminal=[False, True],
            initial=[1.0, 0.0],
            reward_noise=noise_stddev,
        )
