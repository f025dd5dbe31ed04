"""Discrete SAC: the soft actor-critic with exact expectations over actions, batched over learners.

Pseudocode, for each of the learners, on a minibatch (s, a, r, s', terminated), where Q is the
critics' minimum or mean:

1. Set y = r + gamma (1 - terminated) (sum_a' pi(a'|s') Q'(s', a') + alpha H(pi(s'))).
2. One gradient step of every critic on the squared error of Q_i(s, a) to y.
3. One gradient step of the actor on -mean_s(sum_a pi(a|s) Q(s, a) + alpha H(pi(s))): summed over
   actions under pi, averaged over states.
4. One step of the temperature towards the target entropy, unless it is fixed or scheduled.
5. Move the target critics by a fraction tau.

Nothing is drawn: the entropy is the policy's own, and an update is deterministic.

References:
  P. Christodoulou (2019), "Soft actor-critic for discrete action settings",
  https://arxiv.org/abs/1910.07207
  H. Zhou et al. (2022), "Revisiting discrete soft actor-critic",
  https://arxiv.org/abs/2209.10081 (the mean of the critics)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import losses, networks
from maxent_tf.learners import off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.discrete_sac_config import (
    AUTO_FRACTION,
    REDUCTIONS,
    DiscreteSACConfig,
    DiscreteSACMetrics,
)
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


class DiscreteSACState(NamedTuple):
    """Everything the learner knows; `P` in front of every tensor, critics in an axis behind."""

    actor: Any
    critics: Any
    target_critics: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any


class DiscreteSAC:
    """Soft actor-critic for discrete actions.

    Args:
      spec: of the world; its actions must be discrete.
      config: hyper-parameters.
      batch_shape: `P`, the number and arrangement of independent learners.

    Raises:
      ValueError: if the actions are not discrete, a tensor among the hyper-parameters does not
        broadcast to `batch_shape`, or the target entropy cannot be met.
    """

    metric_names = DiscreteSACMetrics._fields

    def __init__(
        self,
        spec: EnvironmentSpec,
        config: DiscreteSACConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.config = config = validation.as_config(spec, config, DiscreteSACConfig)
        validation.discrete_actions("DiscreteSAC", spec)
        self.spec = spec
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = off_policy.experience(
            config, self.batch_shape, config.n_step, config.priorities
        )
        self._temperature = as_temperature(
            config.alpha, spec.action, self.batch_shape, auto=AUTO_FRACTION
        )
        for name in ("actor_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._tau = validation.per_learner("tau", config.tau, self.batch_shape)
        self._reduce = REDUCTIONS[config.critic_reduction]
        self._head = networks.make_head(spec.action)
        outputs = self._head.num_outputs
        # A small last layer starts the policy near uniform.
        self._actor = make_approximator(spec, config, outputs, output_gain=0.01)
        critic = make_approximator(spec, config, outputs)
        self._critics = networks.Ensemble(critic, config.num_critics)

    def init(self, seed: Any) -> DiscreteSACState:
        """Returns a fresh state.

        Args:
          seed: an integer or [2], int32.
        """
        actor_seed, critic_seed = tf.unstack(tf.random.split(as_seed(seed), 2))
        actor = self._actor.init(actor_seed, self.batch_shape)
        critics = self._critics.init(critic_seed, self.batch_shape)
        return DiscreteSACState(
            actor=actor,
            critics=critics,
            target_critics=tf.nest.map_structure(tf.identity, critics),
            actor_optimizer=self.config.actor_optimizer.init(actor),
            critic_optimizer=self.config.critic_optimizer.init(critics),
            temperature=self._temperature.init(),
        )

    def policy(self, state: DiscreteSACState, observation: tf.Tensor) -> Any:
        """Returns the action distribution.

        Args:
          state: the learners' state.
          observation: [*P, B, *O], of the spec's dtype.

        Returns:
          A categorical distribution of batch shape [*P, B].
        """
        validation.check_state_kind(self, state, DiscreteSACState)
        return self._policy(state.actor, self._features(observation))

    def greedy(self, distribution: Any) -> tf.Tensor:
        """Returns the most likely action, [*P, B], int32."""
        return self._head.greedy(distribution)

    def q(self, state: DiscreteSACState, observation: tf.Tensor) -> tf.Tensor:
        """Returns the critics' minimum or mean for every action, [*P, B, A]."""
        validation.check_state_kind(self, state, DiscreteSACState)
        return self._q(state.critics, self._features(observation))

    def update(
        self, state: DiscreteSACState, batch: Transition, seed: Any = None
    ) -> tuple[DiscreteSACState, DiscreteSACMetrics]:
        """One update of critics, actor, temperature and target critics.

        Args:
          state: the learners' state.
          batch: fields [*P, B, ...], all valid; [n, *P, B, ...] where `n_step` is above 1.
          seed: not used: the update is deterministic.

        Returns:
          The new state, and the metrics of the update.
        """
        new_state, metrics, _ = self.prioritized_update(state, batch, None, seed)
        return new_state, metrics

    def prioritized_update(
        self,
        state: DiscreteSACState,
        batch: Transition,
        weight: tf.Tensor | None,
        seed: Any = None,
    ) -> tuple[DiscreteSACState, DiscreteSACMetrics, tf.Tensor]:
        """One update, see `update`, with importance weights in the critics' loss.

        They are [*P, B]; None is 1. Returns beside the state and the metrics the sizes of the
        transitions' Bellman errors before the update, [*P, B], means over the critics.
        """
        validation.check_state_kind(self, state, DiscreteSACState)
        del seed
        off_policy.check_batch(self.spec, batch, self.batch_shape, self.config.n_step)
        config, ndims = self.config, len(self.batch_shape)
        alpha = self._temperature.alpha(state.temperature)

        def entropy_reward(later: Transition) -> tf.Tensor:
            policy = self._policy(state.actor, self._features(later.observation))
            return alpha[..., None] * policy.entropy()

        step, bootstrap_discount = off_policy.soft_n_step(
            batch, config.n_step, self._discount, entropy_reward
        )
        observed = self._features(step.observation)
        next_observed = self._features(step.next_observation)

        next_policy = self._policy(state.actor, next_observed)
        target = losses.soft_q_target(
            step.reward,
            bootstrap_discount,
            _expectation(next_policy, self._q(state.target_critics, next_observed)),
            next_policy.entropy(),
            alpha,
        )

        def critic_loss(critics: Any) -> tuple[tf.Tensor, Any]:
            q = self._critics.apply(critics, observed)
            taken = off_policy.of_action(q, step.action[..., None, :])
            return off_policy.ensemble_loss(taken, target, weight)

        critic = off_policy.gradient_step(
            critic_loss, state.critics, config.critic_optimizer, state.critic_optimizer, ndims
        )
        q = self._q(critic.params, observed)

        def actor_loss(actor: Any) -> tuple[tf.Tensor, Any]:
            policy = self._policy(actor, observed)
            value, entropy = _expectation(policy, q), policy.entropy()
            return losses.soft_actor_loss(value, entropy, alpha), (value, entropy)

        actor = off_policy.gradient_step(
            actor_loss, state.actor, config.actor_optimizer, state.actor_optimizer, ndims
        )
        value, entropy = actor.aux
        mean_entropy = tf.reduce_mean(entropy, axis=-1)
        temperature, bound = self._temperature.update(state.temperature, mean_entropy)
        new_state = DiscreteSACState(
            actor=actor.params,
            critics=critic.params,
            target_critics=off_policy.follow(state.target_critics, critic.params, self._tau),
            actor_optimizer=actor.optimizer,
            critic_optimizer=critic.optimizer,
            temperature=temperature,
        )
        metrics = DiscreteSACMetrics(
            actor_loss=actor.loss,
            critic_loss=critic.loss,
            entropy=mean_entropy,
            alpha=alpha,
            alpha_bound=bound,
            q=tf.reduce_mean(value, axis=-1),
            actor_grad_norm=actor.grad_norm,
            critic_grad_norm=critic.grad_norm,
        )
        return new_state, metrics, critic.aux

    def _features(self, observation: tf.Tensor) -> tf.Tensor:
        return features.flatten(self.spec.observation, observation)

    def _policy(self, actor: Any, observed: tf.Tensor) -> Any:
        return self._head(self._actor.apply(actor, observed))

    def _q(self, critics: Any, observed: tf.Tensor) -> tf.Tensor:
        """The critics' minimum or mean: [*P, B, in] -> [*P, B, A]."""
        return self._reduce(self._critics.apply(critics, observed), axis=-3)


def _expectation(policy: Any, q: tf.Tensor) -> tf.Tensor:
    """The mean of q, [*P, B, A], over actions: [*P, B]."""
    return tf.reduce_sum(policy.probs_parameter() * q, axis=-1)
