"""Sampled policy gradients on bandits, many runs at once, in plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from experiments.bandit_ascent import BAD_START, REWARDS, STEP_SIZE
from experiments.commitment.sweep import TWO_ARMS
from experiments.frame import track

# Beyond this lead an arm is drawn with certainty, while exp is still finite.
_LARGEST_LEAD = 500.0


class Commitment(NamedTuple):
    """The outcome of natural gradients; `B` is the batch of settings.

    Attributes:
      likelier: [steps + 1, *B], the fraction of runs in which the worse arm is the likelier one.
      locked: [steps + 1, *B], the fraction of runs in which the probability of the worse arm is
        above 0.99.
      never_better: [steps + 1, *B], the fraction of runs in which the better arm has never been
        drawn so far.
    """

    likelier: np.ndarray
    locked: np.ndarray
    never_better: np.ndarray


def natural_gradient(
    step_size: npt.ArrayLike,
    alpha: npt.ArrayLike,
    baseline: npt.ArrayLike,
    *,
    runs: int,
    steps: int,
    seed: int,
) -> Commitment:
    """Follows the sampled natural gradient of softmax policies on two arms, from uniform.

    In logits, the natural gradient of the expected reward is the reward itself. It is estimated by
    x / pi(a) for the arm that was drawn and 0 for the other. The natural gradient of the entropy is
    -log pi: theta += eta (x 1[a] / pi(a) - alpha log pi).

    Args:
      step_size: [*B], the step size eta.
      alpha: [*B], the temperature, in reward per nat.
      baseline: [*B], bool, whether the true value of the policy is subtracted from the reward.
      runs: The number of runs for each setting.
      steps: The number of steps of each run.
      seed: The seed of NumPy's generator.
    """
    step_size, alpha, baseline = (
        x[..., None] for x in np.broadcast_arrays(step_size, alpha, baseline)
    )
    better, worse = TWO_ARMS
    rng = np.random.default_rng(seed)
    shape = (*step_size.shape[:-1], runs)
    lead = np.zeros(shape)  # of the worse arm's logit
    never = np.ones(shape, bool)
    records = []
    for step in range(steps + 1):
        p = 1 / (1 + np.exp(-lead))
        records.append([(lead > 0).mean(-1), (p > 0.99).mean(-1), never.mean(-1)])
        if step == steps:
            break
        drawn = rng.random(shape) < p
        never &= drawn
        reward = np.where(drawn, worse, better)
        reward = reward - baseline * (p * worse + (1 - p) * better)
        change = step_size * reward / np.where(drawn, p, 1 / (1 + np.exp(lead)))
        # The lead itself is log pi(worse) - log pi(better).
        lead = (1 - step_size * alpha) * lead + np.where(drawn, change, -change)
        lead = np.clip(lead, -_LARGEST_LEAD, _LARGEST_LEAD)
    return Commitment(*np.moveaxis(records, 1, 0))


def chance_of_only_worse(step_size: float, steps: int = 60) -> np.ndarray:
    """Returns how likely `natural_gradient` never draws the better arm.

    This holds without baseline and entropy. As long as the better arm is not drawn, the policies
    are known. The product of their probabilities bounds the chance to lock on the worse arm from
    below.

    Args:
      step_size: The step size eta.
      steps: The number of factors; at eta = 1 the last of 60 factors is 1 in float64.

    Returns:
      [steps + 1], the chance after 0 .. steps draws.

    References:
      J. Mei, B. Dai, C. Xiao, C. Szepesvari, D. Schuurmans (2021), "Understanding the effect of
      stochasticity in policy optimization", https://arxiv.org/abs/2110.15572
    """
    lead, product = 0.0, [1.0]
    for _ in range(steps):
        p = 1 / (1 + np.exp(-lead))
        product.append(product[-1] * p)
        lead += step_size * TWO_ARMS[1] / p
    return np.array(product)


def noisy_bandit(
    alphas: Sequence[float],
    *,
    seeds: int,
    steps: int,
    seed: int,
    marks: int = 1,
    progress: bool = False,
) -> np.ndarray:
    """Follows the policy gradient with noisy rewards from a start that favours the second arm.

    Each step, of size 0.4, is estimated from one draw, whose noise has a standard deviation of 1,
    with the true value as the baseline. The gradient of the entropy is exact.

    Args:
      alphas: The temperatures, in reward per nat.
      seeds: The number of independent runs at each temperature.
      steps: The number of steps of each run.
      seed: The seed of NumPy's generator.
      marks: The number of times at which the outcome is recorded, at equal distances, the last at
        the end.
      progress: Whether to show a progress bar.

    Returns:
      [marks, alphas, seeds], bool: whether the best arm is the likeliest.
    """
    rng = np.random.default_rng(seed)
    rewards, temperature = np.array(REWARDS)[:, None, None], np.array(alphas)[:, None]
    shape = (len(alphas), seeds)
    # The axis of the arms is in front: sums over the arms are then sums of three long rows.
    theta = np.broadcast_to(np.log(BAD_START)[:, None, None], (3, *shape)).copy()
    best = []
    for step in track(range(1, steps + 1), progress, "steps"):
        log_policy = theta - theta.max(0)
        log_policy -= np.log(np.exp(log_policy).sum(0))
        policy = np.exp(log_policy)
        uniform = rng.random(shape)
        second, third = uniform >= policy[0], uniform >= policy[0] + policy[1]
        drawn = np.stack([~second, second & ~third, third])
        reward = (drawn * rewards).sum(0) + rng.standard_normal(shape)
        advantage = reward - (policy * rewards).sum(0)
        entropy = -(policy * log_policy).sum(0)
        theta += STEP_SIZE * (drawn - policy) * advantage
        theta -= STEP_SIZE * temperature * policy * (log_policy + entropy)
        if step * marks // steps > (step - 1) * marks // steps:
            best.append(theta.argmax(0) == 0)
    return np.array(best)
