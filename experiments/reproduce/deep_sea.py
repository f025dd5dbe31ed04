"""DeepSea: what entropy alone can do there, exactly and by learning, and what optimism can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import maxent_tf as mx
from experiments.check import Check
from experiments.deep_sea_exact.paths import approximate_goal, approximate_threshold, path_sum
from experiments.deep_sea_exact.runs import solved_goal
from maxent_tf.environments import DeepSea
from maxent_tf.optimizers import SGD
from maxent_tf.tabular import from_environment

# The medians over 30 seeds, by an independent program.
OPTIMISTIC = {10: 132, 20: 670, 30: 1738}
ALPHAS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def deep_sea(seeds: int = 30) -> Iterator[Check]:
    """R10: DeepSea, how likely the soft-optimal policy reaches the treasure, and who learns to.

    Args:
      seeds: The number of learners for each setting.
    """
    yield from exact()
    yield from learners(seeds)


def exact() -> Iterator[Check]:
    """Yields how likely the soft-optimal policy reaches the treasure, against sums over paths."""
    for size in (5, 10, 20):
        threshold = approximate_threshold(size)
        alphas = threshold * np.array([0.5, 1.0, 2.0])
        m = from_environment(DeepSea(size), discount=1.0)
        measured = solved_goal(m, size, alphas)
        exact = path_sum(size, alphas).goal
        for alpha, truth, found in zip(alphas, exact, measured, strict=True):
            what = f"N = {size}: P(goal) at {alpha / threshold:g} alpha_c"
            yield Check("R10", what, truth, float(found), 1e-5)
        difference = float(np.abs(approximate_goal(size, alphas) - measured).max())
        yield Check(
            "R10", f"N = {size}: distance of 1/(1 + 2^N e^(-.99/alpha))", 0, difference, 0.02
        )


def learners(seeds: int) -> Iterator[Check]:
    """Yields how long optimism takes, and what share of learners solve DeepSea by entropy alone."""
    for size, median in OPTIMISTIC.items():
        world = DeepSea(size)
        optimism = mx.learners.OptimisticQConfig(horizon=size)
        learner = mx.learners.OptimisticQ(world.spec, optimism, [seeds])
        found = np.median(episodes_to_solve(learner, world, 3 * median // 2))
        what = f"N = {size}: episodes to solve by optimistic Q-learning, median"
        yield Check("R10", what, median, float(found), 0.2, "relative")
    world, episodes = DeepSea(10), 4000
    for entropy in ("bonus", "reward"):
        config = mx.learners.A2CConfig(
            network="table",
            actor_optimizer=SGD(0.5),
            critic_optimizer=SGD(0.1),
            max_grad_norm=None,
            rollout_length=1,
            discount=1.0,
            entropy=entropy,
            alpha=np.array(ALPHAS)[:, None],
        )
        actor_critic = mx.learners.A2C(world.spec, config, [len(ALPHAS), seeds])
        solved = episodes_to_solve(actor_critic, world, episodes, every=20)
        share = np.isfinite(solved).mean(axis=-1)
        what = f"N = 10: share that A2C's entropy {entropy} solves in {episodes:,}, best alpha"
        yield Check("R10", what, 0.025, float(share.max()), 0, "at most")


def episodes_to_solve(learner: Any, world: DeepSea, episodes: int, every: int = 1) -> np.ndarray:
    """Trains learners on one DeepSea each, and counts the episodes until it is solved.

    Args:
      learner: The learners, of batch shape P.
      world: The environment, without slips: an episode is bad unless it finds the treasure.
      episodes: The number of episodes of each learner.
      every: The number of episodes between two measurements, at most 20, of which `episodes` is a
        multiple; a measurement costs more than an episode.

    Returns:
      The first measured episode at which fewer than 90% of the episodes so far were bad, [*P];
      infinite where there is none.
    """
    # There is one environment, whose episodes all have the same length.
    size = int(np.sqrt(world.num_states - 1))
    result = mx.train(learner, world, episodes * size, seed=0, records=episodes // every)
    # A good episode returns .99, a bad one between -.01 and 0.
    good = np.round(every * (result.history["episode_return"] + 0.005))
    number = every * np.arange(1, len(good) + 1).reshape([-1, *[1] * len(learner.batch_shape)])
    solved = number - np.cumsum(good, axis=0) < 0.9 * number
    return np.where(solved.any(axis=0), every * (solved.argmax(axis=0) + 1.0), np.inf)
