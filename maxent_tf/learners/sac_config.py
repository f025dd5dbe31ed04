"""Hyper-parameters and metrics of the soft actor-critic for continuous actions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import optimizers
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import entropy_estimators, off_policy, validation
from maxent_tf.replay import Priorities


@dataclass(frozen=True, eq=False)
class SACConfig:
    """Hyper-parameters of `SAC`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features, on which the hidden
        layers come, in critics beside the action.
      hidden_sizes: widths of the hidden layers of the actor and of every critic.
      activation: of the hidden layers, "relu" or "tanh".
      actor_optimizer: of the policy; its learning rate may broadcast to `P`. A number
        stands for `Adam` with that rate.
      critic_optimizer: of the critics; likewise.
      num_critics: the ensemble whose minimum is used; 2 in the paper.
      target_subset: how many critics, drawn anew for every update, a target takes the minimum of;
        the actor then follows the mean of all (Chen et al. 2021, who have 2 of 10 and 20 updates
        per step). None: the minimum of all for both.
      num_components: of the policy, a mixture of squashed Gaussians; 1 is the paper's. Its entropy
        has no closed form; every expectation over it is taken exactly over the components, at as
        many times the cost in critics, and by one action of each.
      exploration: how a Gaussian policy explores: None, by fresh noise at every step; or by noise
        that is a function of the state (see `exploration.StateDependentExploration`), whose scale
        stands in for `initial_stddev`.
      discount: gamma in [0, 1]; may broadcast to `P`.
      tau: the fraction by which target critics follow at every update, in (0, 1]; may broadcast.
      alpha: the temperature, in reward per nat: a number or tensor that broadcasts to `P`, a
        schedule over updates, an `AutoTemperature`, or "auto": automatic from 1 at 3e-4 towards
        minus the number of action dimensions.
      entropy_estimator: how the entropy enters every loss: "sample", the surprise of the one action
        drawn, as in the paper; "exact", the entropy itself; or "path", the surprise of the one
        action without its score term in the actor's gradient (see `entropy_estimators.draw`).
      batch_size: of the minibatches.
      replay_capacity: transitions kept for each learner.
      learning_starts: steps with uniformly random actions before the first update.
      updates_per_step: updates for each step of one environment; 0.25 is an update every four
        steps, at least 0.0001.
      n_step: steps in a row whose rewards, and entropies in between, a target holds; that the
        actions in between are not the present policy's is not corrected for (see `off_policy`).
      priorities: how much replay prefers transitions with large errors; None draws uniformly.
      log_std_range: the pre-tanh log standard deviation is clipped to this range; with state-
        dependent exploration that of the entries of the noise matrix.
      initial_stddev: the pre-tanh standard deviation of a fresh policy, whose location is near 0.

    Raises:
      ValueError: if a value is out of its range, a name is unknown, or two values do not go
        together.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    actor_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    critic_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    num_critics: int = 2
    target_subset: int | None = None
    num_components: int = 1
    exploration: StateDependentExploration | None = None
    discount: Any = 0.99
    tau: Any = 0.005
    alpha: Any = "auto"
    entropy_estimator: str = "sample"
    batch_size: int = 256
    replay_capacity: int = 1_000_000
    learning_starts: int = 100
    updates_per_step: float = 1
    n_step: int = 1
    priorities: Priorities | None = None
    log_std_range: tuple[float, float] = (-5.0, 2.0)
    initial_stddev: float = 1.0

    def __post_init__(self) -> None:
        validation.one_of("entropy_estimator", self.entropy_estimator, entropy_estimators.NAMES)
        validation.positive_integer("num_critics", self.num_critics)
        validation.positive_integer("num_components", self.num_components)
        if self.target_subset is not None:
            validation.positive_integer("target_subset", self.target_subset)
            if self.target_subset > self.num_critics:
                raise ValueError(
                    f"target_subset={self.target_subset} must be at most "
                    f"num_critics={self.num_critics}."
                )
        if not isinstance(self.exploration, StateDependentExploration | None):
            raise ValueError(
                "exploration must be StateDependentExploration(...) or None, not "
                f"{self.exploration!r}."
            )
        if self.num_components > 1 and self.entropy_estimator == "exact":
            raise ValueError(
                f'entropy_estimator="exact" does not go with num_components={self.num_components}: '
                'the entropy of a mixture has no closed form; take "sample" or "path".'
            )
        if self.num_components > 1 and self.exploration is not None:
            raise ValueError(
                f"exploration={self.exploration} does not go with "
                f"num_components={self.num_components}: leave one of the two out."
            )
        if self.exploration is not None and not self.hidden_sizes:
            raise ValueError(
                "hidden_sizes=() leaves exploration no features of the state: give it a layer."
            )
        off_policy.check_config(self)


class SACMetrics(NamedTuple):
    """Metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: minus the mean of the smallest critic plus alpha times the entropy.
      critic_loss: half the mean squared soft Bellman error, summed over critics.
      entropy: the mean entropy estimate that the actor's loss used, in nats, of actions in the
        environment's unit.
      alpha: the temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 on its upper:
        the entropy target is then out of its reach.
      q: the mean smallest critic at the actor's actions. The entropies of later steps in it are
        those of actions scaled to [-1, 1] (see `SAC`).
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
