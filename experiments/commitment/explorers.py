"""The explorers on bandits: all explorers, with all of their runs, as one compiled program."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from experiments.commitment.sweep import Explorer, World
from maxent_tf import draws
from maxent_tf.exploration import boltzmann_gumbel


class Tally(NamedTuple):
    """What is known of the arms after some steps, for E explorers, R runs and K arms.

    Attributes:
      step: [], int32, the number of steps so far.
      count: [E, R, K], float32, the number of draws of each arm; whole numbers are exact up to
        2^24.
      total: [E, R, K], float32, the sum of the rewards that each arm paid.
    """

    step: tf.Tensor
    count: tf.Tensor
    total: tf.Tensor


def regret(
    world: World, explorers: Sequence[Explorer], *, runs: int, marks: Sequence[int], seed: int
) -> np.ndarray:
    r"""Plays a bandit and returns the pseudo-regret at given times.

    .. math:: R_t = \sum_a (\mu^* - \mu_a) N_a(t)

    Args:
      world: The bandit.
      explorers: The ways to choose an arm; each explorer tries every arm once at first.
      runs: The number of independent runs of each explorer.
      marks: The times, ascending.
      seed: The seed of everything that is drawn.

    Returns:
      [marks, explorers, runs], float64.
    """
    means = np.array(world.means)
    zeros = tf.zeros([len(explorers), runs, len(means)])
    tally, found = Tally(tf.constant(0), zeros, zeros), []
    play = _program(tuple(explorers))
    arms = (tf.constant(means, tf.float32), tf.constant(world.sure))
    for mark in marks:
        tally = play(tally, *arms, tf.constant(mark), tf.constant(seed))
        found.append(tally.count.numpy().astype(np.float64) @ (means.max() - means))
    return np.array(found)


@functools.lru_cache
def _program(explorers: tuple[Explorer, ...]) -> Callable[..., Tally]:
    """Returns the function that plays on until a given time."""

    @tf.function(jit_compile=True)
    def play(
        tally: Tally, means: tf.Tensor, sure: tf.Tensor, until: tf.Tensor, seed: tf.Tensor
    ) -> Tally:
        def step(tally: Tally) -> tuple[Tally]:
            t = tf.cast(tally.step + 1, tf.float32)
            seeds = draws.split(tf.stack([seed, tally.step]), 2)
            action_seed, reward_seed = tf.unstack(seeds)
            count = tf.maximum(tally.count, 1.0)
            rules = [_rule(e, t, count[i]) for i, e in enumerate(explorers)]
            bonus, beta = (tf.stack(part) for part in zip(*rules, strict=True))
            beta = tf.where(tally.count > 0, beta, float("inf"))
            _, action = boltzmann_gumbel(tally.total / count + bonus, beta, seed=action_seed)
            drawn = tf.one_hot(action, means.shape[0])
            uniform = draws.uniform(tf.shape(action), reward_seed)[..., None]
            paid = tf.where(sure, means, tf.cast(uniform < means, tf.float32))
            return (Tally(tally.step + 1, tally.count + drawn, tally.total + drawn * paid),)

        (tally,) = tf.while_loop(lambda tally: tally.step < until, step, (tally,))
        return tally

    return play


def _rule(explorer: Explorer, t: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the numbers added to the averages, and the scale of the Gumbel noise: [R, K] each."""
    c, nothing = explorer.constant, tf.zeros_like(count)
    if explorer.kind == "ucb":
        return tf.sqrt(2 * tf.math.log(t) / count), nothing
    if explorer.kind == "gumbel":
        return nothing, c / tf.sqrt(count)
    return nothing, nothing + 1 / inverse_temperature(explorer, t)


def inverse_temperature(explorer: Explorer, t: tf.Tensor) -> tf.Tensor:
    """Returns the inverse temperature eta of a Boltzmann explorer at time t = 1, 2, .."""
    if explorer.kind == "constant":
        return explorer.constant * tf.ones_like(t)
    grown = tf.math.log(t) if explorer.kind == "log" else tf.sqrt(t)
    return explorer.constant * grown
