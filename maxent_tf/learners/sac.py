"""SAC: the soft actor-critic with twin critics and automatic temperature, batched over learners.

Pseudocode, for each of the learners, on a minibatch (s, a, r, s', terminated):

1. Draw a' ~ pi(s') and set y = r + gamma (1 - terminated) (min_i Q'_i(s', a') + alpha H').
2. One gradient step of every critic on the squared error to y.
3. One gradient step of the actor on -mean(min_i Q_i(s, a_theta) + alpha H_theta), a_theta drawn by
   reparameterisation.
4. One step of the temperature towards the target entropy, unless it is fixed or scheduled.
5. Move the target critics by a fraction tau.

References:
  T. Haarnoja et al. (2018), "Soft actor-critic algorithms and applications",
  https://arxiv.org/abs/1812.05905
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import losses, networks, optimizers
from maxent_tf.learners import entropy_estimators, off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Transition


@dataclass(frozen=True, eq=False)
class SACConfig:
    """Hyper-parameters of `SAC`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features, on which the hidden
        layers come, in critics beside the action.
      hidden_sizes: widths of the hidden layers of the actor and of every critic.
      activation: of the hidden layers, "relu" or "tanh".
      actor_optimizer: of the policy; its learning rate may broadcast to `P`.
      critic_optimizer: of the critics; likewise.
      num_critics: the ensemble whose minimum is used; 2 in the paper.
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
      updates_per_step: updates for each step of one world.
      log_std_range: the pre-tanh log standard deviation is clipped to this range.
      initial_stddev: the pre-tanh standard deviation of a fresh policy, whose location is near 0.

    Raises:
      ValueError: if a value is out of its range or a name is unknown.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    actor_optimizer: optimizers.Optimizer = field(default_factory=lambda: optimizers.Adam(3e-4))
    critic_optimizer: optimizers.Optimizer = field(default_factory=lambda: optimizers.Adam(3e-4))
    num_critics: int = 2
    discount: Any = 0.99
    tau: Any = 0.005
    alpha: Any = "auto"
    entropy_estimator: str = "sample"
    batch_size: int = 256
    replay_capacity: int = 1_000_000
    learning_starts: int = 100
    updates_per_step: int = 1
    log_std_range: tuple[float, float] = (-5.0, 2.0)
    initial_stddev: float = 1.0

    def __post_init__(self) -> None:
        validation.one_of("entropy_estimator", self.entropy_estimator, entropy_estimators.NAMES)
        validation.positive_integer("num_critics", self.num_critics)
        off_policy.check_config(self)


class SACState(NamedTuple):
    """Everything a SAC learner knows; `P` in front of every tensor, critics in an axis behind."""

    actor: Any
    critics: Any
    target_critics: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any


class SACMetrics(NamedTuple):
    """Metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: minus the mean of the smallest critic plus alpha times the entropy.
      critic_loss: half the mean squared soft Bellman error, summed over critics.
      entropy: the mean entropy estimate that the actor's loss used, in nats.
      alpha: the temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 on its upper:
        the entropy target is then out of its reach.
      q: the mean smallest critic at the actor's actions.
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


class SAC:
    """Soft actor-critic for bounded continuous actions.

    Args:
      spec: of the world; its actions must be a vector with finite bounds.
      config: hyper-parameters.
      batch_shape: `P`, the number and arrangement of independent learners.

    Raises:
      ValueError: if the actions are not such a vector, a tensor among the hyper-parameters does
        not broadcast to `batch_shape`, or the target entropy cannot be met.
    """

    metric_names = SACMetrics._fields

    def __init__(
        self,
        spec: EnvironmentSpec,
        config: SACConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        if not isinstance(spec.action, Box):
            raise ValueError(
                f"SAC needs continuous actions, a Box, not {spec.action}: use DiscreteSAC or A2C "
                "for discrete ones."
            )
        self.spec = spec
        self.config = config = SACConfig() if config is None else config
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = off_policy.experience(config)
        self._temperature = as_temperature(
            config.alpha, spec.action, self.batch_shape, auto="minus_dim"
        )
        for name in ("actor_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._tau = validation.per_learner("tau", config.tau, self.batch_shape)
        self._head = networks.make_head(spec.action, config.log_std_range, config.initial_stddev)
        # A small last layer starts the policy at its median action, the same in every state.
        self._actor = make_approximator(spec, config, self._head.num_outputs, output_gain=0.01)
        # Calibrated: the size of fresh critics changes how many learners a low temperature leaves
        # on ContinuousTrap's lower hill; of .01, .1, .3 and 1 this agrees best with an earlier run.
        size = features.num_features(spec.action)
        critic = make_approximator(spec, config, 1, output_gain=0.3, extra_inputs=size)
        self._critics = networks.Ensemble(critic, config.num_critics)

    def init(self, seed: Any) -> SACState:
        """Returns a fresh state.

        Args:
          seed: an integer or [2], int32.
        """
        actor_seed, critic_seed = tf.unstack(tf.random.split(as_seed(seed), 2))
        actor = self._actor.init(actor_seed, self.batch_shape)
        critics = self._critics.init(critic_seed, self.batch_shape)
        return SACState(
            actor=actor,
            critics=critics,
            target_critics=tf.nest.map_structure(tf.identity, critics),
            actor_optimizer=self.config.actor_optimizer.init(actor),
            critic_optimizer=self.config.critic_optimizer.init(critics),
            temperature=self._temperature.init(),
        )

    def policy(self, state: SACState, observation: tf.Tensor) -> Any:
        """Returns the action distribution.

        Args:
          state: the learners' state.
          observation: [*P, B, *O], float32.

        Returns:
          A `SquashedGaussian` of batch shape [*P, B] and event shape [D].
        """
        return self._policy(state.actor, self._features(observation))

    def greedy(self, distribution: Any) -> tf.Tensor:
        """Returns the median action, [*P, B, D]."""
        return self._head.greedy(distribution)

    def q(self, state: SACState, observation: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the smallest critic's value, [*P, B], of actions [*P, B, D]."""
        return self._smallest_q(state.critics, self._features(observation), action)

    def draw(self, distribution: Any, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws actions and the entropy estimates that every loss uses with them.

        A subclass that overrides this tries another estimator.

        Args:
          distribution: from `policy`.
          seed: [2], int32.

        Returns:
          Actions, [*P, B, D], and entropies in nats, [*P, B].
        """
        return entropy_estimators.draw(distribution, self.config.entropy_estimator, seed)

    def update(self, state: SACState, batch: Transition, seed: Any) -> tuple[SACState, SACMetrics]:
        """One update of critics, actor, temperature and target critics.

        Args:
          state: the learners' state.
          batch: fields [*P, B, ...], all valid.
          seed: an integer or [2], int32, for the actions drawn.

        Returns:
          The new state, and the metrics of the update.
        """
        validation.check_batch(self.spec, batch, leading=(*self.batch_shape, None))
        config, ndims = self.config, len(self.batch_shape)
        next_seed, actor_seed = tf.unstack(tf.random.split(as_seed(seed), 2))
        alpha = self._temperature.alpha(state.temperature)
        observed = self._features(batch.observation)
        next_observed = self._features(batch.next_observation)

        next_action, next_entropy = self.draw(self._policy(state.actor, next_observed), next_seed)
        target = losses.soft_q_target(
            batch.reward,
            self._discount[..., None] * (1 - tf.cast(batch.terminated, tf.float32)),
            self._smallest_q(state.target_critics, next_observed, next_action),
            next_entropy,
            alpha,
        )

        def critic_loss(critics: Any) -> tuple[tf.Tensor, Any]:
            q = self._all_q(critics, observed, batch.action)
            return off_policy.ensemble_loss(q, target), ()

        critic = off_policy.gradient_step(
            critic_loss, state.critics, config.critic_optimizer, state.critic_optimizer, ndims
        )

        def actor_loss(actor: Any) -> tuple[tf.Tensor, Any]:
            action, entropy = self.draw(self._policy(actor, observed), actor_seed)
            q = self._smallest_q(critic.params, observed, action)
            return losses.soft_actor_loss(q, entropy, alpha), (q, entropy)

        actor = off_policy.gradient_step(
            actor_loss, state.actor, config.actor_optimizer, state.actor_optimizer, ndims
        )
        q, entropy = actor.aux
        mean_entropy = tf.reduce_mean(entropy, axis=-1)
        temperature, bound = self._temperature.update(state.temperature, mean_entropy)
        new_state = SACState(
            actor=actor.params,
            critics=critic.params,
            target_critics=off_policy.follow(state.target_critics, critic.params, self._tau),
            actor_optimizer=actor.optimizer,
            critic_optimizer=critic.optimizer,
            temperature=temperature,
        )
        return new_state, SACMetrics(
            actor_loss=actor.loss,
            critic_loss=critic.loss,
            entropy=mean_entropy,
            alpha=alpha,
            alpha_bound=bound,
            q=tf.reduce_mean(q, axis=-1),
            actor_grad_norm=actor.grad_norm,
            critic_grad_norm=critic.grad_norm,
        )

    def _features(self, observation: tf.Tensor) -> tf.Tensor:
        return features.flatten(self.spec.observation, observation)

    def _policy(self, actor: Any, observed: tf.Tensor) -> Any:
        return self._head(self._actor.apply(actor, observed))

    def _all_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Every critic's values: [*P, B, in], [*P, B, D] -> [*P, critics, B]."""
        inputs = tf.concat([observed, action], axis=-1)
        return tf.squeeze(self._critics.apply(critics, inputs), axis=-1)

    def _smallest_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        return tf.reduce_min(self._all_q(critics, observed, action), axis=-2)
