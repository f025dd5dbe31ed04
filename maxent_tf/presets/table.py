"""Settings that reach a level on an environment, as the tests of the package measure it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from maxent_tf.learners import Learner
from maxent_tf.presets.plain import make_learner
from maxent_tf.specs import EnvironmentSpec


class Preset(NamedTuple):
    """Settings for a learner on an environment, with what was measured.

    Attributes:
      algo: The name of the learner, one of `ALGORITHMS`.
      env: The environment: a Gymnasium id, or the name of one of `maxent_tf.environments`.
      num_steps: The number of steps of each learner.
      num_envs: The number of parallel environments of each learner.
      config: The hyperparameters that are not the learner's defaults, as plain data.
      level: The return that was reached.
      measure: What of the returns reached the level.
      seeds: The number of learners that were measured.
      test: The test that measures it, in the package's repository.
    """

    algo: str
    env: str
    num_steps: int
    num_envs: int
    config: Mapping[str, Any]
    level: float
    measure: str
    seeds: int
    test: str

    def learner(self, spec: EnvironmentSpec, batch_shape: Sequence[int] = ()) -> Learner:
        """Returns the learner.

        Args:
          spec: The specification of the environment.
          batch_shape: The batch shape `P` of the learners.
        """
        return make_learner(
            self.algo, self.config, spec, self.num_steps, self.num_envs, batch_shape
        )


def for_env(algo: str, env: str) -> Preset:
    """Returns the preset for a learner on an environment.

    Args:
      algo: The name of the learner, such as "sac".
      env: A Gymnasium id, or the name of one of `maxent_tf.environments`.

    Raises:
      ValueError: If there is no preset; the message lists those that there are.

    >>> preset = for_env("sac", "Pendulum-v1")
    >>> preset.num_steps, preset.level, preset.config["hidden_sizes"]
    (20000, -200.0, (64, 64))
    """
    for preset in PRESETS:
        if (preset.algo, preset.env) == (algo, env):
            return preset
    there = ", ".join(f"{preset.algo} {preset.env}" for preset in PRESETS)
    raise ValueError(
        f"there is no preset for algo={algo!r} on env={env!r}: only settings that a test of this "
        f"package measures are presets, {there}."
    )


_TESTS = "tests/learners/test_published_levels.py::"
_IQM = "the interquartile mean, over learners, of the mean greedy return of 20 episodes"


def _annealed(learning_rate: float, **more: Any) -> dict[str, Any]:
    return {
        "kind": "adam",
        "learning_rate": learning_rate,
        "final_learning_rate": 0.0,
        **more,
    }


def _plain(**config: Any) -> Mapping[str, Any]:
    return MappingProxyType(config)


# Annealed to 0, the learning rate keeps the solved policy solved.
_A2C_CARTPOLE = _plain(
    actor_optimizer=_annealed(1e-3, epsilon=1e-8),
    critic_optimizer=_annealed(1e-3, epsilon=1e-8),
    rollout_length=8,
    gae_lambda=0.95,
    alpha=0.01,
)
_PPO_CARTPOLE = _plain(
    actor_optimizer=_annealed(1e-3),
    critic_optimizer=_annealed(1e-3),
    rollout_length=32,
    num_epochs=20,
    num_minibatches=1,
    discount=0.98,
    gae_lambda=0.8,
    alpha=0.0,
)
_PPO_ACROBOT = _plain(
    actor_optimizer=_annealed(1e-3),
    critic_optimizer=_annealed(1e-3),
    rollout_length=128,
    num_epochs=4,
    num_minibatches=4,
    alpha=0.01,
)
_PPO_PENDULUM = _plain(
    actor_optimizer=_annealed(1e-3),
    critic_optimizer=_annealed(1e-3),
    rollout_length=256,
    num_epochs=10,
    num_minibatches=32,
    discount=0.9,
    alpha=0.0,
)
_SAC_PENDULUM = _plain(
    hidden_sizes=(64, 64),
    actor_optimizer={"learning_rate": 1e-3},
    critic_optimizer={"learning_rate": 1e-3},
    replay_capacity=20_000,
)
# At tau = 0.005, the values of 500 steps would take longer than the run to come about.
_DISCRETE_SAC_CARTPOLE = _plain(
    hidden_sizes=(64, 64),
    actor_optimizer=_annealed(2e-3),
    critic_optimizer=_annealed(2e-3),
    alpha="auto",
    auto_alpha={"target": 0.3, "learning_rate": 1e-3},
    tau=0.02,
    batch_size=128,
    replay_capacity=40_000,
    learning_starts=1000,
)
_SOFT_DQN_CARTPOLE = _plain(
    hidden_sizes=(64, 64),
    optimizer=_annealed(2e-3),
    alpha=1.0,
    tau=0.02,
    batch_size=128,
    replay_capacity=50_000,
    learning_starts=1000,
)


def _presets(
    algo: str,
    envs: Sequence[str],
    config: Mapping[str, Any],
    *,
    num_steps: int,
    num_envs: int = 1,
    level: float,
    measure: str = _IQM,
    seeds: int = 5,
    test: str,
) -> list[Preset]:
    return [
        Preset(algo, env, num_steps, num_envs, config, level, measure, seeds, _TESTS + test)
        for env in envs
    ]


_CARTPOLE, _PENDULUM = ("CartPole-v1", "CartPole"), ("Pendulum-v1", "Pendulum")
_FROM_REPLAY = "test_discrete_learners_from_replay_solve_cartpole"

#: All presets.
PRESETS: tuple[Preset, ...] = (
    *_presets(
        "a2c",
        _CARTPOLE,
        _A2C_CARTPOLE,
        num_steps=500_000,
        num_envs=8,
        level=475.0,
        measure="the mean greedy return of 20 episodes, of at least 4 of the learners",
        test="test_a2c_solves_cartpole",
    ),
    *_presets(
        "ppo",
        _CARTPOLE,
        _PPO_CARTPOLE,
        num_steps=100_000,
        num_envs=8,
        level=475.0,
        test="test_ppo_solves_cartpole",
    ),
    *_presets(
        "ppo",
        ("Acrobot",),
        _PPO_ACROBOT,
        num_steps=500_000,
        num_envs=16,
        level=-90.0,
        test="test_ppo_swings_up_acrobot",
    ),
    *_presets(
        "ppo",
        ("Pendulum",),
        _PPO_PENDULUM,
        num_steps=200_000,
        num_envs=16,
        level=-200.0,
        test="test_ppo_swings_up_pendulum",
    ),
    *_presets(
        "sac",
        _PENDULUM,
        _SAC_PENDULUM,
        num_steps=20_000,
        level=-200.0,
        test="test_sac_solves_pendulum",
    ),
    *_presets(
        "discrete-sac",
        _CARTPOLE,
        _DISCRETE_SAC_CARTPOLE,
        num_steps=40_000,
        level=475.0,
        test=_FROM_REPLAY,
    ),
    *_presets(
        "soft-dqn",
        _CARTPOLE,
        _SOFT_DQN_CARTPOLE,
        num_steps=50_000,
        level=475.0,
        seeds=15,
        test=_FROM_REPLAY,
    ),
)
