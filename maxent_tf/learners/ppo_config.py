"""What `PPO` is told, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import optimizers
from maxent_tf.checks import boolean
from maxent_tf.learners import validation
from maxent_tf.learners.actor_critic import check_config


@dataclass(frozen=True, eq=False)
class PPOConfig:
    """Hyper-parameters of `PPO`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp"; "table": one row of logits and one value for each one-hot observation; or a
        `Network` of your own from observations to features, on which the hidden layers come.
      hidden_sizes: widths of the hidden layers of the actor and, apart from it, of the critic; none
        puts both heads right on the features.
      activation: of the hidden layers, "tanh" or "relu".
      memory_size: the units of a gated recurrent unit, one for the actor and one for the critic,
        between the network's features and the hidden layers; 0 for none. For worlds whose
        observations do not tell all; gradients flow back through the rollout, and
        minibatches divide worlds, not steps.
      actor_optimizer: of the policy; its learning rate may broadcast to `P`. A schedule of it
        counts gradient steps, `num_epochs * num_minibatches` for each update. A number stands for
        `Adam` with that rate.
      critic_optimizer: of the value function; likewise.
      max_grad_norm: actor and critic gradients are each clipped to this global norm, learner by
        learner; None leaves them, and their norms unmeasured.
      rollout_length: T, steps between updates.
      num_epochs: how many times each update goes over its steps.
      num_minibatches: into how many an epoch's steps are divided; must divide T B, with a memory B.
      clip_epsilon: how far the ratio of probabilities counts, in (0, 1]; may broadcast to `P`.
      value_clip: how far from its old prediction a value counts, in units of reward; None lets it
        go. May broadcast to `P`.
      normalize_advantage: whether the advantages of each minibatch are shifted and scaled to mean
        0 and standard deviation 1, learner by learner. Advantages that are all the same, up to
        rounding, become 0, and alpha is then not divided.
      target_kl: a learner whose policy's mean divergence from the old one exceeds this, in nats,
        makes no further steps in this update; None never stops. May broadcast to `P`.
      discount: gamma in [0, 1]; may broadcast to `P`.
      gae_lambda: in [0, 1]; 1 gives n-step advantages with n = T.
      alpha: the temperature: a number or tensor that broadcasts to `P`, a schedule over updates, or
        an `AutoTemperature`. In reward per nat; but if the advantages are normalised, the "bonus"
        is in their standard deviations per nat, as is usual for PPO.
      entropy: "bonus" adds alpha times the entropy to the actor's loss alone; "reward" also adds
        it to the rewards, so that the policy seeks states where it will have entropy. Continuous
        actions then count as scaled to [-1, 1]: their unit would be a reward for long episodes.
      log_std_range: for continuous actions, see `SquashedGaussianHead`.
      initial_stddev: for continuous actions, likewise.

    Raises:
      ValueError: if a value is out of its range or a name is unknown.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (64, 64)
    activation: str = "tanh"
    memory_size: int = 0
    actor_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4, epsilon=1e-5))
    critic_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4, epsilon=1e-5))
    max_grad_norm: float | None = 0.5
    rollout_length: int = 128
    num_epochs: int = 4
    num_minibatches: int = 4
    clip_epsilon: Any = 0.2
    value_clip: Any = None
    normalize_advantage: bool = True
    target_kl: Any = None
    discount: Any = 0.99
    gae_lambda: float = 0.95
    alpha: Any = 0.01
    entropy: str = "bonus"
    log_std_range: tuple[float, float] = (-5.0, 2.0)
    initial_stddev: float = 1.0

    def __post_init__(self) -> None:
        check_config(self)
        validation.positive_integer("num_epochs", self.num_epochs)
        validation.positive_integer("num_minibatches", self.num_minibatches)
        boolean("normalize_advantage", self.normalize_advantage)
        validation.in_range("clip_epsilon", self.clip_epsilon, 0, 1, above=True)
        for name in ("value_clip", "target_kl"):
            if getattr(self, name) is not None:
                validation.positive(name, getattr(self, name))


class PPOMetrics(NamedTuple):
    """Metrics of one update, each [*P], float32; losses and norms averaged over its steps.

    Attributes:
      actor_loss: the clipped surrogate loss with its entropy bonus.
      critic_loss: half the mean squared difference of value and return.
      entropy: the mean entropy of the old policy at the visited states, in nats.
      alpha: the temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 on its upper:
        the entropy target is then out of its reach.
      value: the mean value that the old critic predicted.
      kl: the mean divergence from the old policy, in nats, before each step.
      clip_fraction: the share of actions whose ratio of probabilities was out of its range.
      step_fraction: the share of the gradient steps that were made. Nothing, `()`, without a
        `target_kl`, when all are.
      actor_grad_norm: the global norm of the actor's gradient before clipping. Nothing, `()`, where
        nothing is clipped.
      critic_grad_norm: the same for the critic.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    value: tf.Tensor
    kl: tf.Tensor
    clip_fraction: tf.Tensor
    step_fraction: tf.Tensor | tuple[()]
    actor_grad_norm: tf.Tensor | tuple[()]
    critic_grad_norm: tf.Tensor | tuple[()]
