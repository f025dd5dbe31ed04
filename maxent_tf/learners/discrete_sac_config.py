"""Hyper-parameters and metrics of discrete SAC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import optimizers
from maxent_tf.learners import off_policy, validation
from maxent_tf.replay import Priorities

REDUCTIONS = {"min": tf.reduce_min, "mean": tf.reduce_mean}

# Of log A. A target says how often the policy errs however much better the best action is
# (`forced_probability`): at .98, the paper's, nearly always. At .3 the better of two actions has
# probability .947 and the best of eighteen .846, which explores and still can do the task.
AUTO_FRACTION = 0.3


@dataclass(frozen=True, eq=False)
class DiscreteSACConfig:
    """Hyper-parameters of `DiscreteSAC`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features, on which the hidden
        layers come.
      hidden_sizes: widths of the hidden layers of the actor and of every critic; none makes both
        linear, which on one-hot observations is a table.
      activation: of the hidden layers, "relu" or "tanh".
      actor_optimizer: of the policy; its learning rate may broadcast to `P`. A number
        stands for `Adam` with that rate.
      critic_optimizer: of the critics; likewise.
      num_critics: the size of the ensemble.
      critic_reduction: "min", the smallest critic of every action, against overestimation; or
        "mean", against the underestimation that Zhou et al. found the minimum to cause.
      discount: gamma in [0, 1]; may broadcast to `P`.
      tau: the fraction by which target critics follow at every update, in (0, 1]; may broadcast.
      alpha: the temperature, in reward per nat: a number or tensor that broadcasts to `P`, a
        schedule over updates, an `AutoTemperature`, whose target may be a schedule too, or "auto":
        automatic from 1 at 3e-4 towards .3 log A. The paper's .98 log A is refused: it forces a
        nearly uniform policy (see `validate_target_entropy`).
      batch_size: of the minibatches.
      replay_capacity: transitions kept for each learner.
      learning_starts: steps with uniformly random actions before the first update.
      updates_per_step: updates for each step of one environment; 0.25 is an update every four
        steps, at least 0.0001.
      n_step: steps in a row whose rewards, and entropies in between, a target holds; that the
        actions in between are not the present policy's is not corrected for (see `off_policy`).
      priorities: how much replay prefers transitions with large errors; None draws uniformly.

    Raises:
      ValueError: if a value is out of its range or a name is unknown.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    actor_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    critic_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    num_critics: int = 2
    critic_reduction: str = "min"
    discount: Any = 0.99
    tau: Any = 0.005
    alpha: Any = "auto"
    batch_size: int = 256
    replay_capacity: int = 1_000_000
    learning_starts: int = 100
    updates_per_step: float = 1
    n_step: int = 1
    priorities: Priorities | None = None

    def __post_init__(self) -> None:
        validation.one_of("critic_reduction", self.critic_reduction, tuple(REDUCTIONS))
        validation.positive_integer("num_critics", self.num_critics)
        off_policy.check_config(self)


class DiscreteSACMetrics(NamedTuple):
    """Metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: minus the mean of the policy's value by the critics plus alpha times its entropy.
      critic_loss: half the mean squared soft Bellman error, summed over critics.
      entropy: the mean entropy of the policy, in nats.
      alpha: the temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 on its upper:
        the entropy target is then out of its reach.
      q: the mean of the policy's value by the critics, without entropy.
      actor_grad_norm: the global norm of the actor's gradient.
      critic_grad_norm: the same for all critics together.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    q: tf.Tensor
    actor_grad_norm: tf.Tensor
    critic_grad_norm: tf.Tensor
