"""The measurements: returns as learners learn, and how random their actions are in each state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.frame import Arrays, stacked
from experiments.learning import configure, train
from experiments.noisy_networks.sweep import Sweep
from maxent_tf import draws
from maxent_tf.environments import CartPole, Chain, Environment
from maxent_tf.exploration import EpsilonGreedy
from maxent_tf.learners import SoftDQN, SoftDQNConfig
from maxent_tf.networks import NoisyLayers
from maxent_tf.networks.noisy import NoisyDenseParams
from maxent_tf.seeds import as_seed

CHAIN_LENGTH = 8
# States of CartPole are drawn uniformly within these bounds: position, velocity, angle, and its
# velocity, in Gymnasium's units.
_BOUNDS = np.array([1.0, 1.0, 0.15, 1.0], np.float32)
_STATES = 64


def make_world(sweep: Sweep) -> Environment:
    """Returns the environment of a sweep."""
    return Chain(CHAIN_LENGTH) if sweep.world == "chain" else CartPole()


def make_learner(sweep: Sweep, world: Environment) -> SoftDQN:
    """Returns the learners of a sweep, of batch shape [settings, seeds].

    Noisy layers begin with sigma0 = 1, see `fresh_state`.
    """
    setting = np.array(sweep.settings, np.float32)[:, None]
    config = configure(
        SoftDQNConfig,
        sweep,
        alpha=setting if sweep.method == "boltzmann" else 0.0,
        behaviour=EpsilonGreedy(setting) if sweep.method == "epsilon_greedy" else None,
        noisy=NoisyLayers(sigma0=1.0) if sweep.method == "noisy" else None,
        learning_starts=sweep.batch_size,
    )
    return SoftDQN(world.spec, config, (len(sweep.settings), sweep.seeds))


def fresh_state(sweep: Sweep, learner: SoftDQN, seed: Any) -> Any:
    """Returns fresh learners, with the scale of the noise that their setting asks for."""
    state = learner.init(seed)
    if sweep.method != "noisy":
        return state
    factor = tf.constant(sweep.settings)[:, None, None, None]

    def scaled(layers: tuple[NoisyDenseParams, ...]) -> tuple[NoisyDenseParams, ...]:
        return tuple(
            layer._replace(
                kernel_scale=factor * layer.kernel_scale, bias_scale=factor * layer.bias_scale
            )
            for layer in layers
        )

    return state._replace(
        network=scaled(state.network), target_network=scaled(state.target_network)
    )


def states_to_measure(sweep: Sweep, seed: Any) -> np.ndarray:
    """Returns observations, [states, inputs]: all of Chain, and a random sample of CartPole."""
    if sweep.world == "chain":
        return np.eye(CHAIN_LENGTH, dtype=np.float32)
    uniform = draws.uniform([_STATES, len(_BOUNDS)], seed)
    return (2 * uniform.numpy() - 1) * _BOUNDS


def make_measure(
    learner: SoftDQN, observations: np.ndarray, number: int
) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Returns the function that measures how random the actions of learners are.

    The variance of the action in a state is the probability that two acts of a learner differ,
    where each act has noise of its own. The spread is the standard deviation of this variance over
    the states. Both are unbiased but for the root: an estimate from finitely many acts would see a
    spread where there is none, and so the spread comes from the covariance of two estimates, each
    from one half of the acts.

    Args:
      learner: The learners.
      observations: [states, inputs], the observations of the states.
      number: The number of times that each learner acts in every state, an even number.

    Returns:
      A function from the state of the learners and a seed to the mean variance over states and its
      spread, [*P] each.
    """
    observed = tf.broadcast_to(observations, [*learner.batch_shape, *observations.shape])
    carry = learner.initial_carry(len(observations))

    @tf.function(jit_compile=True)
    def halves(state: Any, seed: tf.Tensor) -> tf.Tensor:
        def act(i: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            acted = learner.act(state, carry, observed, seed=draws.fold_in(seed, i))
            return i + 1, count + tf.one_hot(acted.action, learner.num_actions)

        def count(start: int) -> tf.Tensor:
            zeros = tf.zeros([*observed.shape[:-1], learner.num_actions])
            end = start + number // 2
            return tf.while_loop(lambda i, _: i < end, act, (tf.constant(start), zeros))[1]

        return tf.stack([count(0), count(number // 2)])

    def measure(state: Any, seed: Any) -> tuple[np.ndarray, np.ndarray]:
        n = number // 2
        share = halves(state, as_seed(seed)).numpy().astype(np.float64) / n
        variance = (1 - (share**2).sum(-1)) * n / (n - 1)  # [2, *P, states]
        mean = variance.mean(axis=(0, -1))
        first, second = variance - variance.mean(axis=-1, keepdims=True)
        covariance = (first * second).sum(-1) / (len(observations) - 1)
        return mean, np.sqrt(np.maximum(covariance, 0))

    return measure


def run(sweep: Sweep, progress: bool = False) -> Arrays:
    """Trains the learners of a sweep, and measures them at every record.

    Returns:
      `steps` [records]; `return` [records, settings, seeds], the return of greedy episodes;
      `variance` and `spread` [records, settings, seeds], see `make_measure`.
    """
    world = make_world(sweep)
    learner = make_learner(sweep, world)
    seeds = tf.unstack(draws.split(as_seed(sweep.seed), 5))
    measure = make_measure(learner, states_to_measure(sweep, seeds[0]), sweep.draws)
    found: list[Arrays] = []

    def look(steps: int, metrics: Any, state: Any) -> None:
        del metrics
        outcome = mx.evaluate(learner, state, world, sweep.episodes, seed=seeds[1])
        mean, spread = measure(state, draws.fold_in(seeds[2], steps))
        returns = outcome.returns.mean(axis=-1)
        found.append({"return": returns, "variance": mean, "spread": spread})

    fresh = fresh_state(sweep, learner, seeds[4])
    result = train(learner, world, sweep, progress, seed=seeds[3], state=fresh, callback=look)
    return {"steps": result.history["env_steps"], **stacked(found)}
