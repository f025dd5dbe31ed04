"""The measurements: learning curves of learners that explore in one way."""

from __future__ import annotations

from typing import Any

import numpy as np

import maxent_tf as mx
from experiments.exploration.sweep import FINITE, LEVELS, Sweep
from maxent_tf.environments import Chain, DeepSea, DoorKey, MountainCar, RiverSwim
from maxent_tf.exploration import ICM, RND, Counts, EpsilonGreedy, SimHash
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

# bsuite's seed of the actions' labels.
MAPPING_SEED = 42
WIDTH = 50
# The scale of a bonus: a tenth of the reward that is far away.
BONUS = 0.1
# A step that RiverSwim is truncated after: its task has no end.
RIVER_STEPS = 100


def make_world(sweep: Sweep) -> Any:
    """Returns the environment of a sweep."""
    if sweep.world == "deep_sea":
        return DeepSea(sweep.size, mapping_seed=MAPPING_SEED)
    if sweep.world == "chain":
        return Chain(sweep.size)
    if sweep.world == "river_swim":
        return RiverSwim(max_episode_steps=RIVER_STEPS)
    if sweep.world == "mountain_car":
        return MountainCar(sparse_reward=True)
    return DoorKey(sweep.size)


def make_learner(sweep: Sweep, world: Any) -> Learner:
    """Returns the learners of a sweep, of batch shape [seeds]."""
    shape = [sweep.seeds]
    finite = sweep.world in FINITE
    # The first of two layers of the same width looks up its rows where observations are one-hot.
    network = Embedding(world.num_states, WIDTH) if finite else "mlp"
    layers = {"network": network, "hidden_sizes": (WIDTH,) if finite else (WIDTH, WIDTH)}
    if sweep.method == "optimistic":
        horizon, highest = _horizon(sweep), 1.0
        if sweep.world == "chain":
            highest = 10.0
        if sweep.world == "river_swim":
            highest = float(RIVER_STEPS)
        config = OptimisticQConfig(highest, horizon, BONUS * highest)
        return OptimisticQ(world.spec, config, shape)
    if sweep.method == "bootstrapped":
        return BootstrappedDQN(
            world.spec, BootstrappedDQNConfig(**layers, replay_capacity=20_000), shape
        )
    if sweep.method in ("boltzmann", "epsilon_greedy", "noisy"):
        own: dict[str, Any] = {
            "boltzmann": {"alpha": 0.01},
            "epsilon_greedy": {"alpha": 0.0, "behaviour": EpsilonGreedy(0.05)},
            "noisy": {"alpha": 0.0, "noisy": NoisyLayers()},
        }[sweep.method]
        return SoftDQN(
            world.spec,
            SoftDQNConfig(
                **layers,
                **own,
                optimizer=1e-3,
                tau=1.0,
                target_period=4 * sweep.num_envs,
                batch_size=32,
                replay_capacity=20_000,
                learning_starts=128,
            ),
            shape,
        )
    a2c = A2C(
        world.spec,
        A2CConfig(
            **layers,
            actor_optimizer=1e-3,
            critic_optimizer=1e-3,
            rollout_length=_rollout(sweep),
            gae_lambda=0.95,
            alpha=0.01,
        ),
        shape,
    )
    if sweep.method == "entropy":
        return a2c
    bonus: Any = {
        "counts": Counts(world.spec) if finite else SimHash(world.spec),
        "rnd": RND(world.spec),
        "icm": ICM(world.spec),
    }[sweep.method]
    discount = None if sweep.method == "counts" else 0.99
    return Intrinsic(a2c, bonus, scale=BONUS, discount=discount, num_envs=sweep.num_envs)


def _horizon(sweep: Sweep) -> float:
    """Returns the length of an episode of a finite environment."""
    return {"deep_sea": sweep.size, "chain": sweep.size + 8}.get(sweep.world, RIVER_STEPS)


def _rollout(sweep: Sweep) -> int:
    """Returns the length of rollouts: an episode where episodes are short."""
    return int(_horizon(sweep)) if sweep.world in ("deep_sea", "chain") else 32


def run(sweep: Sweep, progress: bool = False) -> dict[str, np.ndarray]:
    """Trains the learners until all have solved the environment, or for the steps of the sweep.

    Returns:
      `steps` [records], the steps of each learner so far; `return` [records, seeds], the mean
      return of the episodes since the last record, NaN where none ended; `solved` [seeds], the
      steps after which an environment counts as solved, infinite if it never does.
    """
    world = make_world(sweep)
    learner = make_learner(sweep, world)
    returns: list[np.ndarray] = []

    def stop_if_solved(steps: int, metrics: Any, state: Any) -> str | None:
        del steps, state
        returns.append(metrics["episode_return"])
        # Looking costs more than an episode.
        if len(returns) % 50 and sweep.world == "deep_sea":
            return None
        return "stop" if np.isfinite(first_solved(sweep, np.array(returns))).all() else None

    episodes = sweep.steps // sweep.size if sweep.world == "deep_sea" else sweep.records
    result = mx.train(
        learner,
        world,
        sweep.steps,
        seed=sweep.seed,
        num_envs=sweep.num_envs,
        records=episodes,
        progress=progress,
        callback=stop_if_solved,
    )
    steps, found = result.history["env_steps"], result.history["episode_return"]
    first = first_solved(sweep, found)
    solved = np.array([steps[int(i)] if np.isfinite(i) else np.inf for i in first])
    return {"steps": steps, "return": found, "solved": solved}


def first_solved(sweep: Sweep, returns: np.ndarray) -> np.ndarray:
    """Returns the first record at which an environment counts as solved; infinite if none does.

    On DeepSea, it is the first episode at which fewer than 90% of the episodes so far were bad, as
    in bsuite; elsewhere the first record whose mean return reaches the level.

    Args:
      sweep: The sweep.
      returns: [records, seeds], the mean returns of the records.
    """
    if sweep.world == "deep_sea":
        number = np.arange(1, len(returns) + 1)[:, None]
        reached = np.cumsum(returns < 0.5, axis=0) < 0.9 * number
    else:
        reached = returns >= LEVELS[sweep.world]
    return np.where(reached.any(axis=0), reached.argmax(axis=0), np.inf)
