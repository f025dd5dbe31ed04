"""Rules for bandits, which choose an arm by its average reward and by how often it was drawn."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from experiments.exploration.sweep import RULES, BanditSweep
from experiments.exploration.worlds import ARMS, NOISE
from maxent_tf import draws
from maxent_tf.exploration import boltzmann, boltzmann_gumbel, epsilon_greedy, thompson, ucb1

# A rule: a function from average rewards and counts, [seeds, arms], and a seed to arms, [seeds].
Rule = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def _epsilon_greedy(mean: tf.Tensor, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return epsilon_greedy(_untried_first(mean, count), 0.1).sample(seed=seed)


def _boltzmann(mean: tf.Tensor, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return boltzmann(_untried_first(mean, count), 0.1).sample(seed=seed)


def _gumbel(mean: tf.Tensor, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return boltzmann_gumbel(mean, NOISE / tf.sqrt(count), seed=seed)[1]


def _thompson(mean: tf.Tensor, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    return thompson(mean, count, noise_stddev=NOISE, seed=seed)[1]


def _untried_first(mean: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Returns the averages, with one that is far above all rewards for an arm never drawn."""
    return tf.where(count > 0, mean, 1e3)


# The noise and the prior are as large as the noise of the rewards where a rule asks for their size.
_PLAY: dict[str, Rule] = {
    "epsilon_greedy": _epsilon_greedy,
    "boltzmann": _boltzmann,
    "gumbel": _gumbel,
    "ucb1": lambda mean, count, seed: ucb1(mean, count)[1],
    "thompson": _thompson,
}


def run(sweep: BanditSweep) -> dict[str, np.ndarray]:
    """Plays the bandit by every rule.

    Returns:
      `steps` [records], the number of draws so far; and `regret` [records, rules, seeds], the
      expected reward that was lost by them: what the draws of a worse arm cost on average.
    """
    play, seed = _program(), tf.constant(sweep.seed)
    gaps = max(ARMS) - np.array(ARMS)
    count = total = tf.zeros([len(RULES), sweep.seeds, len(ARMS)])
    steps = np.linspace(0, sweep.steps, sweep.records + 1).astype(np.int32)
    regret = []
    for start, end in itertools.pairwise(steps):
        count, total = play(count, total, tf.constant(start), tf.constant(end), seed)
        regret.append(count.numpy() @ gaps)
    return {"steps": steps[1:], "regret": np.array(regret)}


@functools.cache
def _program() -> Callable[..., tuple[tf.Tensor, tf.Tensor]]:
    """Returns the function that plays from a draw to a draw: counts and total rewards."""

    @tf.function(jit_compile=True)
    def play(
        count: tf.Tensor, total: tf.Tensor, start: tf.Tensor, end: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        arms = tf.constant(ARMS)

        def step(t: tf.Tensor, count: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, ...]:
            *seeds, noise_seed = tf.unstack(draws.split(tf.stack([seed, t]), 1 + len(RULES)))
            mean = total / tf.maximum(count, 1)
            rules = (_PLAY[rule] for rule in RULES)
            chosen = [
                rule(*of)
                for rule, *of in zip(rules, *map(tf.unstack, (mean, count)), seeds, strict=True)
            ]
            drawn = tf.one_hot(tf.stack(chosen), len(ARMS))
            noise = NOISE * draws.normal(tf.shape(drawn)[:-1], noise_seed)
            return t + 1, count + drawn, total + drawn * (arms + noise[..., None])

        return tf.while_loop(lambda t, *_: t < end, step, (start, count, total))[1:]

    return play
