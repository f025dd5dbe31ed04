"""A2C: the advantage actor-critic with entropy, batched over learners.

Pseudocode, for each of the learners:

1. Act for T steps in B worlds with the current policy.
2. Estimate the advantages by GAE(lambda); lambda = 1 gives T-step returns.
3. Take one gradient step on the actor's loss, -mean(log pi(a) A) - alpha mean(H), and one on the
   critic's, half the mean squared advantage.
4. Let the temperature follow its schedule, or its dual problem if it is automatic.

References:
  V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning",
  https://arxiv.org/abs/1602.01783
  J. Schulman et al. (2016), "High-dimensional continuous control using generalized advantage
  estimation", https://arxiv.org/abs/1506.02438
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import losses, networks, operators, optimizers
from maxent_tf.learners import validation
from maxent_tf.learners.interface import OnPolicy
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


@dataclass(frozen=True, eq=False)
class A2CConfig:
    """Hyper-parameters of `A2C`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp", or "table": one row of logits and one value for each one-hot observation.
      hidden_sizes: widths of the hidden layers of the actor and, apart from it, of the critic.
      activation: of the hidden layers, "tanh" or "relu".
      actor_optimizer: of the policy; its learning rate may broadcast to `P`.
      critic_optimizer: of the value function; likewise.
      max_grad_norm: actor and critic gradients are each clipped to this global norm, learner by
        learner; None leaves them, and their norms unmeasured.
      rollout_length: T, steps between updates.
      discount: gamma in [0, 1]; may broadcast to `P`.
      gae_lambda: in [0, 1]; 1 gives n-step advantages with n = T.
      alpha: the temperature, in reward per nat: a number or tensor that broadcasts to `P`, a
        schedule over updates, or an `AutoTemperature`.
      entropy: "bonus" adds alpha times the entropy to the actor's loss alone; "reward" also adds
        it to the rewards, so that the policy seeks states where it will have entropy.
      log_std_range: for continuous actions, see `SquashedGaussianHead`.
      initial_stddev: for continuous actions, likewise.

    Raises:
      ValueError: if a value is out of its range or a name is unknown.
    """

    network: str = "mlp"
    hidden_sizes: tuple[int, ...] = (64, 64)
    activation: str = "tanh"
    actor_optimizer: optimizers.Optimizer = field(
        default_factory=lambda: optimizers.RMSProp(7e-4, rho=0.99, epsilon=1e-5)
    )
    critic_optimizer: optimizers.Optimizer = field(
        default_factory=lambda: optimizers.RMSProp(7e-4, rho=0.99, epsilon=1e-5)
    )
    max_grad_norm: float | None = 0.5
    rollout_length: int = 5
    discount: Any = 0.99
    gae_lambda: float = 1.0
    alpha: Any = 0.01
    entropy: str = "bonus"
    log_std_range: tuple[float, float] = (-5.0, 2.0)
    initial_stddev: float = 1.0

    def __post_init__(self) -> None:
        validation.one_of("network", self.network, ("mlp", "table"))
        validation.one_of("entropy", self.entropy, ("bonus", "reward"))
        validation.in_range("discount", self.discount, 0, 1)
        validation.in_range("gae_lambda", self.gae_lambda, 0, 1)
        validation.positive_integer("rollout_length", self.rollout_length)
        if self.max_grad_norm is not None:
            validation.positive("max_grad_norm", self.max_grad_norm)


class A2CState(NamedTuple):
    """Everything an A2C learner knows; `P` in front of every tensor."""

    actor: Any
    critic: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any


class A2CMetrics(NamedTuple):
    """Metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: the policy-gradient loss with its entropy bonus.
      critic_loss: half the mean squared difference of value and return.
      entropy: the mean entropy of the policy at the visited states, in nats.
      alpha: the temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 on its upper:
        the entropy target is then out of its reach.
      value: the mean predicted value.
      actor_grad_norm: the global norm of the actor's gradient before clipping. Nothing, `()`, where
        nothing is clipped: to measure it takes a sixth of a tabular learner's time.
      critic_grad_norm: the same for the critic.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    value: tf.Tensor
    actor_grad_norm: tf.Tensor | tuple[()]
    critic_grad_norm: tf.Tensor | tuple[()]


class A2C:
    """Advantage actor-critic for discrete or bounded continuous actions.

    Args:
      spec: of the world.
      config: hyper-parameters.
      batch_shape: `P`, the number and arrangement of independent learners.

    Raises:
      ValueError: if a tensor among the hyper-parameters does not broadcast to `batch_shape`, or
        the spec's actions are not supported.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        config: A2CConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.spec = spec
        self.config = config = A2CConfig() if config is None else config
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = OnPolicy(config.rollout_length)
        measured = A2CMetrics._fields if config.max_grad_norm else A2CMetrics._fields[:-2]
        self.metric_names: tuple[str, ...] = measured
        for name in ("actor_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._temperature = as_temperature(config.alpha, spec.action, self.batch_shape)
        self._head = networks.make_head(spec.action, config.log_std_range, config.initial_stddev)
        inputs = features.num_features(spec.observation)
        if config.network == "table":
            self._actor: Any = networks.Table(inputs, self._head.num_outputs)
            self._critic: Any = networks.Table(inputs, 1)
        else:
            hidden, activation = config.hidden_sizes, config.activation
            # A small last layer starts the policy near uniform.
            self._actor = networks.MLP(inputs, hidden, self._head.num_outputs, activation, 0.01)
            self._critic = networks.MLP(inputs, hidden, 1, activation)

    def init(self, seed: Any) -> A2CState:
        """Returns a fresh state.

        Args:
          seed: an integer or [2], int32.
        """
        actor_seed, critic_seed = tf.unstack(tf.random.split(as_seed(seed), 2))
        actor = self._actor.init(actor_seed, self.batch_shape)
        critic = self._critic.init(critic_seed, self.batch_shape)
        return A2CState(
            actor=actor,
            critic=critic,
            actor_optimizer=self.config.actor_optimizer.init(actor),
            critic_optimizer=self.config.critic_optimizer.init(critic),
            temperature=self._temperature.init(),
        )

    def policy(self, state: A2CState, observation: tf.Tensor) -> Any:
        """Returns the action distribution.

        Args:
          state: the learners' state.
          observation: [*P, B, *O], float32.

        Returns:
          A TFP distribution of batch shape [*P, B].
        """
        return self._policy(state.actor, self._features(observation))

    def greedy(self, distribution: Any) -> tf.Tensor:
        """Returns the mode of discrete and the median of continuous actions, [*P, B, ...]."""
        return self._head.greedy(distribution)

    def value(self, state: A2CState, observation: tf.Tensor) -> tf.Tensor:
        """Returns the critic's values, [*P, B], of `observation`, [*P, B, *O]."""
        return self._value(state.critic, self._features(observation))

    def update(
        self, state: A2CState, batch: Transition, seed: Any = None
    ) -> tuple[A2CState, A2CMetrics]:
        """One update from trajectories of the current policy.

        Args:
          state: the learners' state.
          batch: fields [T, *P, B, ...]: T consecutive steps of B worlds for each learner. Those
            not `valid` count for nothing, but must hold finite numbers.
          seed: not used: the update is deterministic.

        Returns:
          The new state, and the metrics of the update.
        """
        del seed
        validation.check_batch(self.spec, batch, leading=(None, *self.batch_shape, None))
        length = batch.reward.shape[0]
        alpha = self._temperature.alpha(state.temperature)
        observed = self._features(self._merge_time(batch.observation))
        next_observed = self._features(self._merge_time(batch.next_observation))
        action, valid = self._merge_time(batch.action), self._merge_time(batch.valid)
        next_value = self._split_time(self._value(state.critic, next_observed), length)
        alive = 1 - tf.cast(batch.terminated, tf.float32)

        parameters = (state.actor, state.critic)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(parameters)
            distribution = self._policy(parameters[0], observed)
            entropy = distribution.entropy()
            value = self._value(parameters[1], observed)
            with tape.stop_recording():
                reward = batch.reward
                if self.config.entropy == "reward":
                    reward += self._split_time(alpha[..., None] * entropy, length)
                advantage = self._merge_time(
                    operators.generalized_advantage_estimation(
                        reward,
                        self._discount[..., None] * alive,
                        self._split_time(value, length),
                        next_value,
                        self.config.gae_lambda,
                        truncated=batch.truncated,
                    )
                )
            actor_loss = losses.policy_gradient_loss(
                distribution.log_prob(action), advantage, entropy, alpha, valid
            )
            critic_loss = losses.squared_error_loss(
                value, tf.stop_gradient(value) + advantage, valid
            )
            total = actor_loss + critic_loss
        actor_grads, critic_grads = tape.gradient(total, parameters)

        actor, actor_optimizer, actor_norm = self._apply(
            self.config.actor_optimizer, actor_grads, state.actor_optimizer, state.actor
        )
        critic, critic_optimizer, critic_norm = self._apply(
            self.config.critic_optimizer, critic_grads, state.critic_optimizer, state.critic
        )
        mean_entropy = losses.masked_mean(entropy, valid)
        temperature, bound = self._temperature.update(state.temperature, mean_entropy)
        return (
            A2CState(actor, critic, actor_optimizer, critic_optimizer, temperature),
            A2CMetrics(
                actor_loss=actor_loss,
                critic_loss=critic_loss,
                entropy=mean_entropy,
                alpha=alpha,
                alpha_bound=bound,
                value=losses.masked_mean(value, valid),
                actor_grad_norm=actor_norm,
                critic_grad_norm=critic_norm,
            ),
        )

    def _policy(self, actor: Any, observed: tf.Tensor) -> Any:
        return self._head(self._actor.apply(actor, observed))

    def _value(self, critic: Any, observed: tf.Tensor) -> tf.Tensor:
        return tf.squeeze(self._critic.apply(critic, observed), axis=-1)

    def _features(self, observation: tf.Tensor) -> tf.Tensor:
        return features.flatten(self.spec.observation, observation)

    def _apply(self, optimizer: Any, grads: Any, state: Any, params: Any) -> tuple[Any, Any, Any]:
        ndims = len(self.batch_shape)
        norm: Any = ()
        if self.config.max_grad_norm is not None:
            grads, norm = optimizers.clip_by_global_norm(grads, self.config.max_grad_norm, ndims)
        params, state = optimizer.update(grads, state, params, ndims)
        return params, state, norm

    def _merge_time(self, x: tf.Tensor) -> tf.Tensor:
        """[T, *P, B, ...] -> [*P, T B, ...]."""
        ndims = len(self.batch_shape)
        order = [*range(1, ndims + 1), 0, *range(ndims + 1, len(x.shape))]
        moved = x if x.shape[0] == 1 else tf.transpose(x, order)
        return tf.reshape(moved, [*self.batch_shape, -1, *x.shape[ndims + 2 :]])

    def _split_time(self, x: tf.Tensor, length: int) -> tf.Tensor:
        """[*P, T B] -> [T, *P, B]."""
        ndims = len(self.batch_shape)
        if length == 1:
            return x[None]
        split = tf.reshape(x, [*self.batch_shape, length, -1])
        return tf.transpose(split, [ndims, *range(ndims), ndims + 1])
