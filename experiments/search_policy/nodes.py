"""The nodes whose action values are known and fixed: the setting of the theory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from experiments.search_policy import theory
from maxent_tf.regularizers import ReverseKL


class Nodes:
    """Nodes with random priors, uniform on the simplex, and values uniform on [0, 1].

    Shape letters: `R` nodes with `A` actions, `S` settings and `K` numbers of simulations.

    Args:
      roots: The number of nodes R.
      actions: The number of actions A.
      rng: The generator that draws priors and values.

    Attributes:
      prior: [R, A], float64, the priors.
      q: [R, A], float64, the values.
      legal: [R, A], bool, the legal actions, which are all actions.
    """

    def __init__(self, roots: int, actions: int, rng: np.random.Generator) -> None:
        self.prior = rng.dirichlet(np.ones(actions), roots)
        self.q = rng.uniform(size=(roots, actions))
        self.legal = np.ones(self.prior.shape, bool)

    def puct(self, constants: np.ndarray, counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Follows PUCT, and finds the policy that its visits approach.

        Args:
          constants: [S, R], the constants of PUCT.
          counts: [K], the numbers of simulations after which to look, in rising order.

        Returns:
          The visits and the policies, [K, S, R, A] each.
        """
        visits = puct_visits(self.prior, self.q, constants[..., np.newaxis], counts)
        return visits, self.regularized(constants, counts)

    def regularized(self, constants: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        """Returns the regularised policies, [K, S, R, A]; with known values there is no search."""
        simulations = np.reshape(counts, (-1, 1, 1))
        alpha = theory.temperature(constants, simulations, self.prior.shape[-1])
        return ReverseKL(self.prior).greedy(tf.constant(self.q), alpha).numpy()


def puct_visits(
    prior: np.ndarray, q: np.ndarray, constant: np.ndarray | float, counts: Sequence[int]
) -> np.ndarray:
    """Returns the visits by PUCT with fixed values, [counts, ..., A].

    Args:
      prior: [..., A], the priors.
      q: [..., A], the values.
      constant: The constant of PUCT, [..., 1] or a number.
      counts: The numbers of simulations after which to look, at least 0, in rising order.
    """
    visits = np.zeros(np.broadcast_shapes(prior.shape, q.shape, np.shape(constant)))
    weight, found = constant * prior, []
    for n in range(counts[-1] + 1):
        if n in counts:
            found.append(visits.copy())
        score = q + weight * np.sqrt(n + 1) / (1 + visits)
        best = np.argmax(score, axis=-1)[..., np.newaxis]
        np.put_along_axis(visits, best, np.take_along_axis(visits, best, -1) + 1, axis=-1)
    return np.stack(found)
