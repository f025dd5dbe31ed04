"""The learners of a sweep: one for each environment, setting and seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.exploration.bonuses import CountsOfPlaces
from experiments.exploration.sweep import Sweep
from experiments.exploration.worlds import best_return, episode_length, finite_worlds
from maxent_tf.environments import FiniteWorld
from maxent_tf.exploration import ICM, RND, Counts, EpsilonGreedy
from maxent_tf.learners import (
    A2C,
    A2CConfig,
    BootstrappedDQN,
    BootstrappedDQNConfig,
    Intrinsic,
    Learner,
    OptimisticQ,
    OptimisticQConfig,
    SoftDQN,
    SoftDQNConfig,
)
from maxent_tf.networks import Embedding, NoisyLayers

WIDTH = 50
DISCOUNT = 0.99
# The transitions that learners from replay keep: all of them, except on MountainCar.
REPLAY = 100_000


def make_learner(sweep: Sweep, world: Any) -> Learner:
    """Returns the learners of a sweep, of batch shape [environments, settings, seeds].

    Where environments are not finite, training must normalise the observations, because counts are
    of places among the normalised ones.

    Args:
      sweep: The sweep.
      world: The environment of the sweep.
    """
    finite = finite_worlds(sweep.sizes) if sweep.world == "finite" else None
    shape = (1 if finite is None else len(finite), len(sweep.settings), sweep.seeds)
    setting: Any = np.array(sweep.settings, np.float32)[:, None]
    if sweep.method == "optimistic":
        assert finite is not None
        return _optimistic(world, list(finite.values()), setting, shape)
    if sweep.method == "bootstrapped":
        config = BootstrappedDQNConfig(
            **_from_replay(sweep, world), num_heads=10, prior_scale=setting
        )
        return BootstrappedDQN(world.spec, config, shape)
    if sweep.method in ("entropy", "counts", "rnd", "icm"):
        alpha = setting if sweep.method == "entropy" else 0.003
        learner: Learner = _a2c(sweep, world, alpha, shape)
    else:
        learner = _dqn(sweep, world, setting, shape)
    if sweep.method in ("counts", "dqn_counts"):
        counts: Any = CountsOfPlaces(world.spec) if finite is None else Counts(world.spec)
        return Intrinsic(learner, counts, scale=setting)
    if sweep.method in ("rnd", "icm"):
        curious: Any = RND(world.spec) if sweep.method == "rnd" else ICM(world.spec)
        return Intrinsic(
            learner, curious, scale=setting, discount=DISCOUNT, num_envs=sweep.num_envs
        )
    return learner


def _optimistic(
    world: Any, finite: list[FiniteWorld], setting: Any, shape: tuple[int, ...]
) -> OptimisticQ:
    """Returns tables that start at an upper bound of the values of each environment.

    An episode that is cut says nothing about what would have come after it. Values without a
    discount would stay at their bound there, which with a discount is that of a reward of 1 for
    ever.
    """
    ends = [bool(w.terminal.any()) for w in finite]
    best = _per_world([best_return(w) for w in finite])
    for_ever = 1 / (1 - DISCOUNT)
    config = OptimisticQConfig(
        highest_value=np.where(_per_world(ends), best, np.float32(for_ever)),
        horizon=_per_world([episode_length(w) for w in finite]),
        bonus=best * setting,
        discount=np.where(_per_world(ends), np.float32(1), np.float32(DISCOUNT)),
    )
    return OptimisticQ(world.spec, config, shape)


def _a2c(sweep: Sweep, world: Any, alpha: Any, shape: tuple[int, ...]) -> A2C:
    """Returns actor-critics: tables on the finite environments, and networks elsewhere."""
    rate = 0.05 if sweep.world == "finite" else 1e-3
    own: dict[str, Any] = {"actor_optimizer": rate, "critic_optimizer": rate}
    if sweep.world == "finite":
        own |= {"network": "table", "rollout_length": 10}
    else:
        own |= {"hidden_sizes": (WIDTH, WIDTH), "rollout_length": 32}
    return A2C(world.spec, A2CConfig(**own, gae_lambda=0.95, alpha=alpha), shape)


def _dqn(sweep: Sweep, world: Any, setting: Any, shape: tuple[int, ...]) -> SoftDQN:
    """Returns learners of values, which differ in the way in which they choose actions."""
    own: dict[str, Any] = {"alpha": setting if sweep.method == "boltzmann" else 0.0}
    if sweep.method == "epsilon_greedy":
        own["behaviour"] = EpsilonGreedy(setting)
    elif sweep.method == "noisy":
        own["noisy"] = NoisyLayers(sigma0=sweep.settings[0])
    return SoftDQN(world.spec, SoftDQNConfig(**_from_replay(sweep, world), **own), shape)


def _from_replay(sweep: Sweep, world: Any) -> dict[str, Any]:
    """Returns what all learners from replay share.

    They have two layers of one width, the first of which looks up its rows on the finite
    environments. They make one update for each step of all their environments together, because
    one for every single step would take several times as long.
    """
    layers: dict[str, Any] = {"hidden_sizes": (WIDTH, WIDTH)}
    if sweep.world == "finite":
        layers = {"network": Embedding(world.num_states, WIDTH), "hidden_sizes": (WIDTH,)}
    return {
        **layers,
        "optimizer": 1e-3,
        "tau": 1.0,
        "target_period": 4,
        "batch_size": 32,
        "replay_capacity": min(REPLAY, sweep.steps),
        "learning_starts": min(128, sweep.steps),
        "updates_per_step": 1 / sweep.num_envs,
    }


def _per_world(values: Sequence[float]) -> np.ndarray:
    """Returns a hyperparameter of batch shape [environments, 1, 1]."""
    return np.array(values, np.float32)[:, None, None]
