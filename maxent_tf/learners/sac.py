"""SAC: the soft actor-critic with twin critics and automatic temperature, batched over learners.

Pseudocode, for each of the learners, on a minibatch (s, a, r, s', terminated):

1. Draw a' ~ pi(s') and set y = r + gamma (1 - terminated) (min_i Q'_i(s', a') + alpha H').
   H' is the entropy that the action has when it is scaled to [-1, 1].
2. One gradient step of every critic on the squared error to y.
3. One gradient step of the actor on -mean(min_i Q_i(s, a_theta) + alpha H_theta), a_theta drawn by
   reparameterisation.
4. One step of the temperature towards the target entropy, unless it is fixed or scheduled.
5. Move the target critics by a fraction tau.

Critics take actions scaled to [-1, 1], and the entropy that is added to the return is that of
scaled actions. What a learner learns then does not depend on the unit of the environment's actions:
in that unit the entropy of every step would be larger by the sum of log((high - low) / 2) over the
dimensions, which would be a reward for long episodes. Distributions, target entropies and the
entropy among the metrics stay in the environment's unit.

References:
  T. Haarnoja et al. (2018), "Soft actor-critic algorithms and applications",
  https://arxiv.org/abs/1812.05905
  A. Raffin, J. Kober, F. Stulp (2021), "Smooth exploration for robotic reinforcement learning",
  https://arxiv.org/abs/2005.05719 (state-dependent exploration)
  X. Chen, C. Wang, Z. Zhou, K. Ross (2021), "Randomized ensembled double Q-learning: learning fast
  without a model", https://arxiv.org/abs/2101.05982 (a minimum over a random subset of critics)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws, losses, networks
from maxent_tf.axes import sizes
from maxent_tf.distributions import Bounds
from maxent_tf.learners import entropy_estimators, off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.sac_config import SACConfig, SACMetrics
from maxent_tf.learners.sac_policy import head_and_network
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Transition


class SACState(NamedTuple):
    """Everything a SAC learner knows; `P` in front of every tensor, critics in an axis behind."""

    actor: Any
    critics: Any
    target_critics: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any


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
        self.config = config = validation.as_config(spec, config, SACConfig)
        if not isinstance(spec.action, Box):
            raise ValueError(
                f"SAC needs continuous actions, a Box, not {spec.action}: use DiscreteSAC or A2C "
                "for discrete ones."
            )
        self.spec = spec
        self.batch_shape = validation.as_batch_shape(batch_shape)
        period = None if config.exploration is None else config.exploration.period
        self.experience = off_policy.experience(
            config, self.batch_shape, config.n_step, config.priorities
        )._replace(noise_period=period)
        self._temperature = as_temperature(
            config.alpha, spec.action, self.batch_shape, auto="minus_dim"
        )
        for name in ("actor_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._tau = validation.per_learner("tau", config.tau, self.batch_shape)
        self._head, self._actor = head_and_network(spec, spec.action, config)
        self._bounds = Bounds.of(*spec.action.bounds())
        self._log_volume = self._bounds.log_volume(spec.action.shape[0])
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
          A `SquashedGaussian`, or a mixture, of batch shape [*P, B] and event shape [D].
        """
        validation.check_state_kind(self, state, SACState)
        return self._policy(state.actor, self._features(observation))

    def greedy(self, distribution: Any) -> tf.Tensor:
        """Returns the median action, of a mixture its likeliest component's, [*P, B, D]."""
        return self._head.greedy(distribution)

    def explore(self, state: SACState, observation: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the actions by which training explores.

        With state-dependent exploration they are, for one seed, a function of the state. Without,
        they are drawn from the policy.

        Args:
          state: the learners' state.
          observation: [*P, B, *O], float32.
          seed: [2], int32; each of the B worlds has noise of its own.

        Returns:
          [*P, B, D], whose law over seeds is the policy's.
        """
        validation.check_state_kind(self, state, SACState)
        if self.config.exploration is None:
            return self.policy(state, observation).sample(seed=seed)
        return self._head.explore(self._actor.apply(state.actor, self._features(observation)), seed)

    def q(self, state: SACState, observation: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the smallest critic's value, [*P, B], of actions [*P, B, D].

        The actions are in the environment's unit. The entropies of later steps that are part of the
        value are those of actions scaled to [-1, 1].
        """
        validation.check_state_kind(self, state, SACState)
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
          batch: fields [*P, B, ...], all valid; [n, *P, B, ...] where `n_step` is above 1.
          seed: an integer or [2], int32, for the actions drawn.

        Returns:
          The new state, and the metrics of the update.
        """
        new_state, metrics, _ = self.prioritized_update(state, batch, None, seed)
        return new_state, metrics

    def prioritized_update(
        self, state: SACState, batch: Transition, weight: tf.Tensor | None, seed: Any
    ) -> tuple[SACState, SACMetrics, tf.Tensor]:
        """One update, see `update`, with importance weights in the critics' loss.

        They are [*P, B]; None is 1. Returns beside the state and the metrics the sizes of the
        transitions' Bellman errors before the update, [*P, B], means over the critics.
        """
        validation.check_state_kind(self, state, SACState)
        off_policy.check_batch(self.spec, batch, self.batch_shape, self.config.n_step)
        config, ndims = self.config, len(self.batch_shape)
        next_seed, actor_seed = tf.unstack(tf.random.split(as_seed(seed), 2))
        alpha = self._temperature.alpha(state.temperature)

        def entropy_reward(later: Transition) -> tf.Tensor:
            policy = self._policy(state.actor, self._features(later.observation))
            entropy = self._entropy(policy, tf.random.fold_in(next_seed, 1))
            return alpha[..., None] * (entropy - self._log_volume)

        step, bootstrap_discount = off_policy.soft_n_step(
            batch, config.n_step, self._discount, entropy_reward
        )
        observed = self._features(step.observation)
        next_observed = self._features(step.next_observation)

        next_q, next_entropy = self._value(
            self._policy(state.actor, next_observed),
            functools.partial(self._smallest_q, self._subset(state.target_critics, seed)),
            next_observed,
            next_seed,
        )
        target = losses.soft_q_target(
            step.reward, bootstrap_discount, next_q, next_entropy - self._log_volume, alpha
        )

        def critic_loss(critics: Any) -> tuple[tf.Tensor, Any]:
            q = self._all_q(critics, observed, step.action)
            return off_policy.ensemble_loss(q, target, weight)

        critic = off_policy.gradient_step(
            critic_loss, state.critics, config.critic_optimizer, state.critic_optimizer, ndims
        )

        reduced_q = self._smallest_q if config.target_subset is None else self._mean_q

        def actor_loss(actor: Any) -> tuple[tf.Tensor, Any]:
            q, entropy = self._value(
                self._policy(actor, observed),
                functools.partial(reduced_q, critic.params),
                observed,
                actor_seed,
            )
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
        metrics = SACMetrics(
            actor_loss=actor.loss,
            critic_loss=critic.loss,
            entropy=mean_entropy,
            alpha=alpha,
            alpha_bound=bound,
            q=tf.reduce_mean(q, axis=-1),
            actor_grad_norm=actor.grad_norm,
            critic_grad_norm=critic.grad_norm,
        )
        return new_state, metrics, critic.aux

    def _features(self, observation: tf.Tensor) -> tf.Tensor:
        return features.flatten(self.spec.observation, observation)

    def _policy(self, actor: Any, observed: tf.Tensor) -> Any:
        return self._head(self._actor.apply(actor, observed))

    def _value(
        self,
        policy: Any,
        q: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        observed: tf.Tensor,
        seed: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """A policy's value by critics at features [*P, B, in], and its entropy: [*P, B] each."""
        if self.config.num_components == 1:
            action, entropy = self.draw(policy, seed)
            return q(observed, action), entropy
        weight, action, entropy = entropy_estimators.draw_each(
            policy, self.config.entropy_estimator, seed
        )
        # The components beside the minibatch: one product serves all.
        repeated = tf.repeat(observed, self.config.num_components, axis=-2)
        flat = tf.reshape(action, [*sizes(repeated)[:-1], action.shape[-1]])
        each = tf.reshape(q(repeated, flat), sizes(weight))
        return tf.reduce_sum(weight * each, axis=-1), tf.reduce_sum(weight * entropy, axis=-1)

    def _entropy(self, policy: Any, seed: tf.Tensor) -> tf.Tensor:
        """What a loss takes for a policy's entropy, [*P, B], in nats."""
        if self.config.num_components == 1:
            return self.draw(policy, seed)[1]
        estimator = self.config.entropy_estimator
        weight, _, entropy = entropy_estimators.draw_each(policy, estimator, seed)
        return tf.reduce_sum(weight * entropy, axis=-1)

    def _subset(self, critics: Any, seed: Any) -> Any:
        """The critics that a target takes the minimum of, the same for all learners."""
        size, count = self.config.target_subset, self.config.num_critics
        if size is None:
            return critics
        (subset_seed,) = draws.split(as_seed(seed), 1)
        chosen = draws.permutation(count, subset_seed)[:size]
        axis = len(self.batch_shape)
        return tf.nest.map_structure(lambda x: tf.gather(x, chosen, axis=axis), critics)

    def _all_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Every critic's values: [*P, B, in], [*P, B, D] -> [*P, critics, B]."""
        inputs = tf.concat([observed, self._bounds.scale_to_unit(action)], axis=-1)
        return tf.squeeze(self._critics.apply(critics, inputs), axis=-1)

    def _smallest_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        return tf.reduce_min(self._all_q(critics, observed, action), axis=-2)

    def _mean_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(self._all_q(critics, observed, action), axis=-2)
