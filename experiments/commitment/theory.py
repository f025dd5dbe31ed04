r"""The theory of the explorers' regret: a bound from above, and where Boltzmann's policy fails.

The bound on Boltzmann-Gumbel exploration is its paper's, with the constants that the proof gives
for noise of P(G <= g) = exp(-exp(-g)). Take a worse arm, D its gap; rewards are sigma-sub-Gaussian
and beta = C / sqrt(k) for an arm drawn k times. After its first draw, the arm is drawn

- although its average is too high by D / 3: at most sum_k exp(-k D^2 / (18 sigma^2)) times, that
  is 18 sigma^2 / D^2;
- although its average is not, but its perturbed value is by another D / 3. After
  L = 9 C^2 log_+^2(T D^2 / c^2) / D^2 draws, for any c, the chance of that is at most
  exp(-sqrt(L) D / (3 C)) <= c^2 / (T D^2) at each of T times: L + c^2 / D^2 draws in all;
- although neither is. Then the best arm's perturbed value lies more than D / 3 below its mean. If
  that has the chance 1 - p, this happens at most (1 - p) / p times as often as a draw of the best
  arm. With u = sqrt(k) (d - D / 3) / C, d how far its average is too low, that ratio is
  1 / (exp(exp(-u)) - 1) <= exp(u), whose expectation is at most
  exp(sigma^2 / (2 C^2) - sqrt(k) D / (3 C)); the sum over k is below
  18 C^2 exp(sigma^2 / (2 C^2)) / D^2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.special
import tensorflow as tf

from experiments.commitment.explorers import inverse_temperature
from experiments.commitment.sweep import Explorer

# The constant of a reward between 0 and 1, which is sub-Gaussian with half its range.
SIGMA = 0.5


def gumbel_regret_bound(
    steps: npt.ArrayLike, means: Sequence[float], constant: float, sigma: float = SIGMA
) -> np.ndarray:
    r"""Bounds the expected regret of Boltzmann-Gumbel exploration.

    .. math:: \sum_{a: D_a > 0} \frac{9 C^2 \log_+^2(T D_a^2 / \sigma^2) + 19 \sigma^2 +
              18 C^2 e^{\sigma^2 / 2 C^2}}{D_a} + D_a

    Args:
      steps: The number of steps T.
      means: The means of the arms.
      constant: The constant C, positive.
      sigma: The constant with which rewards are sub-Gaussian.

    References:
      N. Cesa-Bianchi, C. Gentile, G. Lugosi, G. Neu (2017), "Boltzmann exploration done right",
      section 4, https://arxiv.org/abs/1705.10257; the module's text has the proof

    >>> round(float(gumbel_regret_bound(10_000, (0.7, 0.5), 0.5)))
    673
    """
    gaps = max(means) - np.array(means)
    gaps = gaps[gaps > 0]
    log = np.log(np.maximum(np.asarray(steps)[..., None] * gaps**2 / sigma**2, 1))
    constants = 19 * sigma**2 + 18 * constant**2 * np.exp(sigma**2 / (2 * constant**2))
    return ((9 * constant**2 * log**2 + constants) / gaps + gaps).sum(-1)


def gumbel_fluid_regret(
    steps: npt.ArrayLike, means: Sequence[float], constant: float
) -> np.ndarray:
    r"""Returns the regret of Boltzmann-Gumbel exploration if averages were exact.

    It is a prediction, not a bound. Once the best arm's noise is negligible, a worse arm is drawn
    with the chance exp(-x), x = sqrt(N) D / C. As a flow, dN/dt = exp(-x) from N = 1 on, which
    integrates to

    .. math:: N = \frac{C^2}{D^2} x^2, \qquad
              (x - 1) e^x = \frac{T D^2}{2 C^2} + (x_1 - 1) e^{x_1}, \quad x_1 = \frac{D}{C}

    with x by Lambert's function. So the regret is about C^2 log(T)^2 / D for each worse arm, and
    approaches this number from below: x lags behind log T by log x.

    Args:
      steps: The number of steps T.
      means: The means of the arms.
      constant: The constant C, positive.
    """
    gaps = max(means) - np.array(means)
    gaps = gaps[gaps > 0]
    first = gaps / constant
    passed = np.asarray(steps)[..., None] * first**2 / 2 + (first - 1) * np.exp(first)
    x = 1 + scipy.special.lambertw(passed / np.e).real
    return (constant**2 * x**2 / gaps).sum(-1)


def sure_regret(explorer: Explorer, gap: float, steps: int) -> np.ndarray:
    r"""Returns Boltzmann's expected regret on two arms that always pay their means, exactly.

    Each arm is drawn once at first. From then on, the worse arm is drawn with the chance 1 / (1 +
    exp(eta_t gap)). With eta = c log t the regret grows as t^(1 - c gap).

    Args:
      explorer: An explorer with Boltzmann's policy.
      gap: The gap between the means.
      steps: The number of steps, at least 2.

    Returns:
      [steps], the regret after 1 .. steps draws.
    """
    worse = 1 / (1 + np.exp(_eta(explorer, steps) * gap))
    return gap * np.cumsum([0.0, 1.0, *worse[2:]])


def unlucky_regret(explorer: Explorer, gap: float, steps: int) -> np.ndarray:
    r"""Bounds Boltzmann's regret from below where the better arm may be unlucky at first.

    The better arm pays 1 or 0 with the mean 1/2 + gap, and the other arm always pays 1/2. The first
    reward of the better arm is 0 with the chance 1/2 - gap. Its average then stays at 0, and its
    probability at 1 / (1 + exp(eta_t / 2)), until it is drawn again: the sum counts the steps
    before that. The sum is linear in time if these probabilities have a finite sum, as with eta = c
    log t for c > 2.

    Args:
      explorer: An explorer with Boltzmann's policy.
      gap: The gap between the means, below 1/2.
      steps: The number of steps, at least 2.

    Returns:
      [steps], the bound after 1 .. steps draws.
    """
    not_drawn = np.cumprod(1 / (1 + np.exp(-_eta(explorer, steps)[2:] / 2)))
    return gap * np.cumsum([0.0, 1.0, *((0.5 - gap) * not_drawn)])


def _eta(explorer: Explorer, steps: int) -> np.ndarray:
    t = tf.range(1, steps + 1, dtype=tf.float64)
    return inverse_temperature(explorer, t).numpy()
