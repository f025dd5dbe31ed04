"""SQL: soft Q-learning for continuous actions with an amortised sampler, batched over learners.

Pseudocode for each of the learners, on a minibatch (s, a, r, s', terminated):

1. Draw M actions uniformly at s', set V(s') = alpha log((2^D / M) sum_m exp(Q'(s', a_m) / alpha))
   with 2^D the volume of the box [-1, 1]^D, and y = r + gamma (1 - terminated) V(s').
2. Take one gradient step of the critic on the squared error to y.
3. Let the sampler turn noise into K actions at s. Move these by one step of Stein variational
   gradient descent towards the Boltzmann policy, which is proportional to exp(Q(s, a) / alpha).
4. Move the target critic by a fraction tau towards the critic.

The policy is the distribution of the sampler's actions. It may have as many modes as Q, and its
density is not known.

Within the losses, actions are scaled to [-1, 1]: the critic takes scaled actions, and the soft
value is an integral over scaled actions. The result of learning therefore does not depend on the
unit of the environment's actions.

References:
  T. Haarnoja, H. Tang, P. Abbeel, S. Levine (2017), "Reinforcement learning with deep energy-based
  policies", algorithm 1, https://arxiv.org/abs/1702.08165
  M. Fortunato et al. (2018), "Noisy networks for exploration", https://arxiv.org/abs/1706.10295
  (noise on the weights)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf import draws, losses, networks, operators, optimizers
from maxent_tf.axes import sizes
from maxent_tf.distributions import Bounds, Pushforward, log_sech_squared
from maxent_tf.learners import off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.interface import Learner
from maxent_tf.learners.noisy import to_act, to_learn
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Acted, Transition, Updated


@dataclass(frozen=True, eq=False)
class SQLConfig:
    """The hyperparameters of `SQL`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features. The hidden layers
        then take these features as their inputs, together with the action or the noise.
      hidden_sizes: The widths of the hidden layers of the critic and of the sampler.
      activation: The activation function of the hidden layers, "relu" or "tanh".
      sampler_optimizer: The optimiser of the sampler. Its learning rate may be a tensor that
        broadcasts to `P`. A number stands for `Adam` with that learning rate.
      critic_optimizer: The optimiser of the critic, with the same choices as `sampler_optimizer`.
      noisy: The noise on the weights of the dense layers of the sampler, `networks.NoisyLayers`;
        None for none. The noise is drawn anew for every step and for every use in an update.
        Evaluation acts without noise. A `network` of your own has no noise; the layers behind it
        have.
      discount: The discount factor gamma, in [0, 1]; may be a tensor that broadcasts to `P`.
      tau: The fraction, in (0, 1], by which every update moves the target critic towards the
        critic; may be a tensor that broadcasts to `P`.
      alpha: The temperature, in reward per nat, above 0: a number or tensor that broadcasts to `P`,
        a schedule over updates, or a `Temperature`. It is the inverse of the paper's reward scale.
      num_particles: K, the number of actions that the sampler draws at each state of a minibatch,
        at least 2.
      num_value_samples: M, the number of actions from which a soft value is estimated.
      batch_size: The number of transitions of each learner in a minibatch.
      replay_capacity: The number of transitions that the replay buffer keeps for each learner.
      learning_starts: The number of steps that each learner takes with uniformly random actions
        before the first update.
      updates_per_step: The number of updates for each step of one environment, at least 0.0001;
        0.25 is one update every four steps.

    Raises:
      ValueError: If a value is out of its range or a name is unknown.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (128, 128)
    activation: str = "relu"
    sampler_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    critic_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    noisy: networks.NoisyLayers | None = None
    discount: Any = 0.99
    tau: Any = 0.005
    alpha: Any = 1.0
    num_particles: int = 16
    num_value_samples: int = 16
    batch_size: int = 64
    replay_capacity: int = 1_000_000
    learning_starts: int = 100
    updates_per_step: float = 1

    def __post_init__(self) -> None:
        validation.positive_integer("num_particles", self.num_particles, least=2)
        validation.positive_integer("num_value_samples", self.num_value_samples)
        off_policy.check_config(self)


class SQLState(NamedTuple):
    """The whole state of a SQL learner; every tensor has `P` in front."""

    sampler: Any
    critic: Any
    target_critic: Any
    sampler_optimizer: Any
    critic_optimizer: Any
    temperature: Any


class SQLMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      critic_loss: Half the mean squared soft Bellman error.
      q: The mean critic at the sampler's actions.
      value: The mean soft value of the next states, an integral over actions scaled to [-1, 1].
      stein: The root mean square of the particles' Stein direction, in the pre-tanh space; 0 where
        the particles follow the Boltzmann policy.
      entropy: The mean entropy, at the next states, of the Boltzmann policy, which the sampler
        follows: in nats, of actions in the environment's unit, estimated from the same actions as
        the value.
      alpha: The temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 where it sits on
        its upper bound, else 0.
      sampler_grad_norm: The global norm of the sampler's gradient.
      critic_grad_norm: The global norm of the critic's gradient.
    """

    critic_loss: tf.Tensor
    q: tf.Tensor
    value: tf.Tensor
    stein: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    sampler_grad_norm: tf.Tensor
    critic_grad_norm: tf.Tensor


class SQL(Learner):
    """Soft Q-learning for bounded continuous actions; for discrete ones `SoftDQN` acts exactly.

    Args:
      spec: The specification of the environment, whose actions must be a vector with finite bounds.
      config: The hyperparameters; None for the defaults.
      batch_shape: The batch shape `P`: the number and arrangement of independent learners.

    Raises:
      ValueError: If the actions are not such a vector, a tensor among the hyperparameters does
        not broadcast to `batch_shape`, or alpha is 0.
    """

    metric_names = SQLMetrics._fields

    def __init__(
        self,
        spec: EnvironmentSpec,
        config: SQLConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.config = config = validation.as_config(spec, config, SQLConfig)
        action = spec.action
        if not isinstance(action, Box) or len(action.shape) != 1 or not action.bounded:
            raise ValueError(
                f"SQL needs a vector of actions with finite bounds, not {action}: flatten or "
                "rescale the environment's actions."
            )
        Bounds.of(action.low, action.high).check_dtype(action.dtype)
        self.spec = spec
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = off_policy.experience(config, self.batch_shape)
        self.discount = config.discount
        self._temperature = temperature = as_temperature(config.alpha, action, self.batch_shape)
        if not np.all(temperature.alpha(temperature.init()) > 0):
            raise ValueError(f"alpha must be above 0, not {config.alpha}: SQL divides by it.")
        for name in ("sampler_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._tau = validation.per_learner("tau", config.tau, self.batch_shape)
        self._bounds = Bounds.of(*action.bounds())
        self._log_volume = self._bounds.log_volume(action.shape[0])
        self._dimension = action.shape[0]
        self._sampler = make_approximator(
            spec, config, self._dimension, extra_inputs=self._dimension, noisy=config.noisy
        )
        self._critic = make_approximator(spec, config, 1, extra_inputs=self._dimension)

    def init(self, seed: Any) -> SQLState:
        """Returns a fresh state.

        Args:
          seed: An integer, or a seed of shape [2], int32.
        """
        sampler_seed, critic_seed = tf.unstack(draws.split(as_seed(seed), 2))
        sampler = self._sampler.init(sampler_seed, self.batch_shape)
        critic = self._critic.init(critic_seed, self.batch_shape)
        return SQLState(
            sampler=sampler,
            critic=critic,
            target_critic=tf.nest.map_structure(tf.identity, critic),
            sampler_optimizer=self.config.sampler_optimizer.init(sampler),
            critic_optimizer=self.config.critic_optimizer.init(critic),
            temperature=self._temperature.init(),
        )

    def with_alpha(self, state: SQLState, alpha: Any) -> SQLState:
        """Returns a state with another temperature, which must be above 0."""
        validation.positive("alpha", alpha)
        return super().with_alpha(state, alpha)

    def policy(self, state: SQLState, observation: tf.Tensor) -> Pushforward:
        """Returns the action distribution, which can be drawn from but has no known density.

        Args:
          state: The state of the learners.
          observation: [*P, B, *O], float32.

        Returns:
          A `Pushforward` of batch shape [*P, B] and event shape [D].
        """
        validation.check_state_kind(self, state, SQLState)
        observed = self._features(observation)

        def push(noise: tf.Tensor) -> tf.Tensor:
            return self._bounds.squash(self._pair(self._sampler, state.sampler, observed, noise))

        return Pushforward(push, sizes(observed)[:-1], self._dimension)

    def act(
        self,
        state: SQLState,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Draws actions by the sampler, which explores with its noise: see `Learner.act`."""
        validation.check_state_kind(self, state, SQLState)
        sampler, seed = to_act(self.config, self._sampler, state.sampler, seed, explore)
        state = state._replace(sampler=sampler)
        return super().act(state, carry, observation, seed=seed, explore=explore, world=world)

    def q(self, state: SQLState, observation: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the critic's values, [*P, B, n], of n actions in each state, [*P, B, n, D].

        The actions are in the environment's unit.
        """
        validation.check_state_kind(self, state, SQLState)
        scaled = self._bounds.scale_to_unit(action)
        return self._q(state.critic, self._features(observation), scaled)

    def update(
        self, state: SQLState, batch: Transition, *, seed: Any, weight: Any = None
    ) -> Updated:
        """Makes one update of critic, sampler and target critic.

        Args:
          state: The state of the learners.
          batch: The transitions, fields [*P, B, ...], all valid.
          seed: An integer, or a seed of shape [2], int32, for the actions and the noise drawn.
          weight: [*P, B], importance weights in the critic's loss; None is 1.

        Returns:
          The new state, `SQLMetrics`, and the absolute Bellman errors of the transitions before the
          update.
        """
        validation.check_state_kind(self, state, SQLState)
        validation.check_batch(self.spec, batch, (*self.batch_shape, None))
        config, ndims = self.config, len(self.batch_shape)
        value_seed, noise_seed = tf.unstack(draws.split(as_seed(seed), 2))
        alpha = self._temperature.alpha(state.temperature)
        observed = self._features(batch.observation)
        next_observed = self._features(batch.next_observation)

        value, entropy = self._soft_value(state.target_critic, next_observed, alpha, value_seed)
        alive = 1 - tf.cast(batch.terminated, tf.float32)
        target = batch.reward + self._discount[..., None] * alive * value
        action = self._bounds.scale_to_unit(batch.action)

        def critic_loss(critic: Any) -> tuple[tf.Tensor, Any]:
            q = self._q(critic, observed, action[..., None, :])[..., 0]
            loss = losses.squared_error_loss(q, target, weight=weight)
            return loss, tf.abs(q - target)

        critic = optimizers.gradient_step(
            critic_loss, state.critic, config.critic_optimizer, state.critic_optimizer, ndims
        )
        shape = [*sizes(observed)[:-1], config.num_particles, self._dimension]
        noise = draws.normal(shape, noise_seed)

        def sampler_loss(sampler: Any) -> tuple[tf.Tensor, Any]:
            noisy = to_learn(config, self._sampler, sampler, seed, 0)
            particles = self._pair(self._sampler, noisy, observed, noise)
            fixed = tf.stop_gradient(particles)
            score, q = self._score(critic.params, observed, fixed, alpha)
            direction = tf.stop_gradient(operators.stein_direction(fixed, score))
            # Its gradient moves every particle along its direction.
            along = tf.reduce_sum(particles * direction, axis=-1)
            return -tf.reduce_mean(along, axis=[-2, -1]), (q, direction)

        sampler = optimizers.gradient_step(
            sampler_loss, state.sampler, config.sampler_optimizer, state.sampler_optimizer, ndims
        )
        sampled_q, direction = sampler.aux
        mean_entropy = tf.reduce_mean(entropy, axis=-1)
        temperature, bound = self._temperature.update(state.temperature, mean_entropy)
        new_state = SQLState(
            sampler=sampler.params,
            critic=critic.params,
            target_critic=off_policy.follow(state.target_critic, critic.params, self._tau),
            sampler_optimizer=sampler.optimizer,
            critic_optimizer=critic.optimizer,
            temperature=temperature,
        )
        metrics = SQLMetrics(
            critic_loss=critic.loss,
            q=tf.reduce_mean(sampled_q, axis=[-2, -1]),
            value=tf.reduce_mean(value, axis=-1),
            stein=tf.sqrt(tf.reduce_mean(tf.square(direction), axis=[-3, -2, -1])),
            entropy=mean_entropy,
            alpha=alpha,
            alpha_bound=bound,
            sampler_grad_norm=sampler.grad_norm,
            critic_grad_norm=critic.grad_norm,
        )
        return Updated(new_state, metrics, critic.aux)

    def _soft_value(
        self, critic: Any, observed: tf.Tensor, alpha: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the Boltzmann policy's value and entropy from M uniform actions: [*P, B] each.

        The value is alpha log of the integral of exp(Q / alpha) over actions scaled to [-1, 1]. The
        entropy, in the environment's unit, follows from V = E Q + alpha H; the expectation is
        estimated with importance weights.
        """
        shape = [*sizes(observed)[:-1], self.config.num_value_samples, self._dimension]
        action = 2 * draws.uniform(shape, seed) - 1
        q = self._q(critic, observed, action)
        logits = q / alpha[..., None, None]
        log_mean = tf.reduce_logsumexp(logits, axis=-1) - np.log(shape[-2])
        log_integral = log_mean + np.float32(self._dimension * np.log(2))
        mean = tf.reduce_sum(tf.nn.softmax(logits) * logits, axis=-1)
        return alpha[..., None] * log_integral, log_integral - mean + self._log_volume

    def _score(
        self, critic: Any, observed: tf.Tensor, particles: tf.Tensor, alpha: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the score of the Boltzmann policy at pre-tanh particles, and their Q."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(particles)
            q = self._q(critic, observed, tf.tanh(particles))
            log_jacobian = tf.reduce_sum(log_sech_squared(particles), axis=-1)
            log_density = q / alpha[..., None, None] + log_jacobian
        return tape.gradient(log_density, particles), q

    def _q(self, critic: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the critic's values, [*P, B, n], of scaled actions, [*P, B, n, D]."""
        return tf.squeeze(self._pair(self._critic, critic, observed, action), axis=-1)

    def _pair(
        self, network: networks.Network, params: Any, observed: tf.Tensor, each: tf.Tensor
    ) -> tf.Tensor:
        """Applies a network to states and vectors: [*P, B, F], [*P, B, n, D] -> [*P, B, n, out]."""
        count = sizes(each)[-2]
        repeated = tf.repeat(observed[..., None, :], count, axis=-2)
        pairs = tf.concat([repeated, each], axis=-1)
        flat = tf.reshape(pairs, [*sizes(observed)[:-2], -1, pairs.shape[-1]])
        outputs = network.apply(params, flat)
        return tf.reshape(outputs, [*sizes(observed)[:-1], count, outputs.shape[-1]])

    def _features(self, observation: tf.Tensor) -> tf.Tensor:
        return features.flatten(self.spec.observation, observation)
