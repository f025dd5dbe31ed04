"""What a preset is: settings for a learner on an environment, with the return that they reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from maxent_tf.learners import Learner
from maxent_tf.presets.plain import make_learner
from maxent_tf.specs import EnvironmentSpec


class Measurement(NamedTuple):
    """The return that a preset reached.

    The return of a learner is the mean over greedy episodes after the last step of its training.

    Attributes:
      iqm: The interquartile mean of the return over learners.
      interval: The bounds of the 95% stratified-bootstrap interval of `iqm`.
      seeds: The number of learners.
      command: The command of the package's repository that measures it.
    """

    iqm: float
    interval: tuple[float, float]
    seeds: int
    command: str


class Preset(NamedTuple):
    """Settings for a learner on an environment, with the return that they reached.

    Attributes:
      algo: The name of the learner, one of `ALGORITHMS`.
      env: The Gymnasium id of the environment.
      num_steps: The number of steps of each learner.
      config: The hyperparameters that are not the learner's defaults, as plain data.
      measured: The return that was reached.
      num_envs: The number of parallel environments of each learner.
      normalize_observation: Whether `train` is to normalise observations.
      normalize_reward: Whether `train` is to normalise rewards.
      aliases: Other names of the same environment: the name of a class of
        `maxent_tf.environments`, or the id in another version of Gymnasium.
    """

    algo: str
    env: str
    num_steps: int
    config: Mapping[str, Any]
    measured: Measurement
    num_envs: int = 1
    normalize_observation: bool = False
    normalize_reward: bool = False
    aliases: tuple[str, ...] = ()

    def learner(self, spec: EnvironmentSpec, batch_shape: Sequence[int] = ()) -> Learner:
        """Returns the learner.

        Args:
          spec: The specification of the environment.
          batch_shape: The batch shape `P` of the learners.
        """
        return make_learner(
            self.algo, self.config, spec, self.num_steps, self.num_envs, batch_shape
        )


def plain(**config: Any) -> Mapping[str, Any]:
    """Returns hyperparameters that cannot be changed."""
    return MappingProxyType(config)


def adam(learning_rate: float, *, annealed: bool = False, **more: Any) -> dict[str, Any]:
    """Returns the hyperparameters of Adam for actor and critic.

    Args:
      learning_rate: The learning rate; the first one if it is annealed.
      annealed: Whether the learning rate falls linearly to 0. That keeps a solved policy solved.
      **more: Further values of `OptimizerOptions`.
    """
    final = {"final_learning_rate": 0.0} if annealed else {}
    chosen = {"kind": "adam", "learning_rate": learning_rate, **final, **more}
    return {"actor_optimizer": chosen, "critic_optimizer": chosen}


def measured(
    iqm: float, low: float, high: float, seeds: int, env: str, experiment: str = "zoo"
) -> Measurement:
    """Returns what an experiment of the repository measured on an environment."""
    command = f"python -m experiments.{experiment} --env {env}"
    return Measurement(iqm, (low, high), seeds, command)
