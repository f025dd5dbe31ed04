"""PPO: proximal policy optimisation with entropy, batched over learners.

Pseudocode, for each of the learners:

1. Act for T steps in B worlds with the current policy, pi_old.
2. Estimate the advantages A by GAE(lambda), and with them the returns R = A + V(s), once.
3. Several times over, shuffle the T B steps into minibatches. For each of these:
   a. Stop learning from these steps if the mean divergence D(pi_old, pi) exceeds its target.
   b. Take one gradient step on the actor's loss, -mean(min(rho A, clip(rho, 1 - epsilon,
      1 + epsilon) A)) - alpha mean(H), rho = pi(a) / pi_old(a), with A normalised; and one on
      the critic's, half the mean of (V(s) - R)^2.
4. Let the temperature follow its schedule, or its dual problem if it is automatic.

References:
  J. Schulman et al. (2017), "Proximal policy optimization algorithms", algorithm 1,
  https://arxiv.org/abs/1707.06347
  S. Huang et al. (2022), "The 37 implementation details of proximal policy optimization",
  https://iclr-blog-track.github.io/2022/03/25/ppo-implementation-details/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import distributions, losses
from maxent_tf.learners import validation
from maxent_tf.learners.actor_critic import ActorCritic, ActorCriticState
from maxent_tf.learners.interface import OnPolicy
from maxent_tf.learners.minibatches import normalize, shuffled_indices, shuffled_worlds
from maxent_tf.learners.ppo_config import PPOConfig, PPOMetrics
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


class _Samples(NamedTuple):
    """What an update learns from, [*P, N, ...]; from `outputs` on as the old networks have it."""

    observed: tf.Tensor
    begins: tf.Tensor | tuple[()]
    action: tf.Tensor
    valid: tf.Tensor
    outputs: tf.Tensor
    log_likelihood: tf.Tensor
    value: tf.Tensor
    advantage: tf.Tensor


class _Measured(NamedTuple):
    """What one gradient step measures, each [*P]; see `PPOMetrics`."""

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    kl: tf.Tensor
    clip_fraction: tf.Tensor
    actor_grad_norm: tf.Tensor | tuple[()]
    critic_grad_norm: tf.Tensor | tuple[()]


class PPO:
    """Proximal policy optimisation for discrete or bounded continuous actions.

    With a `memory_size`, an observation is a dict of the world's "observation" and the "memory",
    and an action one of the world's "action" and the "memory" to be shown with the next
    observation, or zeros where an episode begins: `train` and `evaluate` see to that.

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
        config: PPOConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.spec = spec
        self.config = config = validation.as_config(spec, config, PPOConfig)
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = OnPolicy(config.rollout_length)
        unmeasured = {"step_fraction"} if config.target_kl is None else set()
        if config.max_grad_norm is None:
            unmeasured |= {"actor_grad_norm", "critic_grad_norm"}
        self.metric_names = tuple(name for name in PPOMetrics._fields if name not in unmeasured)
        self._parts = ActorCritic(spec, config, self.batch_shape)
        self.memory = self._parts.memory

        def per_learner(name: str) -> Any:
            value = getattr(config, name)
            return None if value is None else validation.per_learner(name, value, self.batch_shape)

        self._clip_epsilon = per_learner("clip_epsilon")
        self._value_clip = per_learner("value_clip")
        self._target_kl = per_learner("target_kl")

    def init(self, seed: Any) -> ActorCriticState:
        """Returns a fresh state.

        Args:
          seed: an integer or [2], int32.
        """
        return self._parts.init(seed)

    def policy(self, state: ActorCriticState, observation: tf.Tensor) -> Any:
        """Returns the action distribution.

        Args:
          state: the learners' state.
          observation: [*P, B, *O], of the spec's dtype.

        Returns:
          A TFP distribution of batch shape [*P, B]; with a memory, a `Recalling` of one.
        """
        validation.check_state_kind(self, state, ActorCriticState)
        return self._parts.act(state, observation)

    def greedy(self, distribution: Any) -> tf.Tensor:
        """Returns the mode of discrete and the median of continuous actions, [*P, B, ...]."""
        return self._parts.greedy(distribution)

    def value(self, state: ActorCriticState, observation: tf.Tensor) -> tf.Tensor:
        """Returns the critic's values, [*P, B], of `observation`, [*P, B, *O]."""
        validation.check_state_kind(self, state, ActorCriticState)
        return self._parts.value(state.critic, self._parts.features(observation))

    def bonus_entropy(self, distribution: Any, action: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the entropy that the actor's loss rewards: the exact one.

        A subclass that overrides this tries another estimator.

        Args:
          distribution: the policy at a minibatch of observations, of batch shape [*P, N].
          action: [*P, N, ...], what was done there when the steps were taken.
          seed: [2], int32, another one for every gradient step.

        Returns:
          [*P, N], float32, in nats.
        """
        del action, seed
        return distribution.entropy()

    def update(
        self, state: ActorCriticState, batch: Transition, seed: Any
    ) -> tuple[ActorCriticState, PPOMetrics]:
        """One update, of several gradient steps, from trajectories of the current policy.

        Args:
          state: the learners' state.
          batch: fields [T, *P, B, ...]: T consecutive steps of B worlds for each learner. Those
            not `valid` count for nothing, but must hold finite numbers.
          seed: an integer or [2], int32, for the minibatches: all learners draw the same, each
            from its own steps.

        Returns:
          The new state, and the metrics of the update.

        Raises:
          ValueError: if the batch does not fit, or `num_minibatches` does not divide its steps.
        """
        validation.check_state_kind(self, state, ActorCriticState)
        validation.check_batch(self._parts.seen, batch, leading=(None, *self.batch_shape, None))
        config, temperature = self.config, self._parts.temperature
        alpha = temperature.alpha(state.temperature)
        samples, entropy = self._samples(state, batch, alpha)
        seed = as_seed(seed)
        length, *_, worlds = batch.reward.shape
        epochs, minibatches = config.num_epochs, config.num_minibatches
        if self.memory is None:
            indices = shuffled_indices(length * worlds, epochs, minibatches, seed)
        else:
            indices = shuffled_worlds(length, worlds, epochs, minibatches, seed)
        due = epochs * minibatches

        def body(k: tf.Tensor, state: Any, learning: Any, steps: Any, totals: Any) -> Any:
            minibatch = tf.nest.map_structure(
                lambda x: tf.gather(x, indices[k], axis=len(self.batch_shape)), samples
            )
            own = tf.random.fold_in(seed, k)
            state, learning, measured = self._step(state, learning, minibatch, length, alpha, own)
            totals = tf.nest.map_structure(
                lambda total, x: total + tf.where(learning, x, 0), totals, measured
            )
            return k + 1, state, learning, steps + tf.cast(learning, tf.float32), totals

        zeros = tf.zeros(self.batch_shape)
        norms: Any = () if config.max_grad_norm is None else zeros
        nothing = _Measured(zeros, zeros, zeros, zeros, norms, norms)
        everyone = tf.ones(self.batch_shape, tf.bool)
        _, state, _, steps, totals = tf.while_loop(
            lambda k, *_: k < due, body, (0, state, everyone, zeros, nothing)
        )
        mean_entropy = losses.masked_mean(entropy, samples.valid)
        new_temperature, bound = temperature.update(state.temperature, mean_entropy)
        means = tf.nest.map_structure(lambda total: total / tf.maximum(steps, 1), totals)
        return state._replace(temperature=new_temperature), PPOMetrics(
            entropy=mean_entropy,
            alpha=alpha,
            alpha_bound=bound,
            value=losses.masked_mean(samples.value, samples.valid),
            step_fraction=() if config.target_kl is None else steps / due,
            **means._asdict(),
        )

    def _samples(
        self, state: ActorCriticState, batch: Transition, alpha: tf.Tensor
    ) -> tuple[_Samples, tf.Tensor]:
        """What the update learns from, N = T B, and the policy's entropy there, [*P, N]."""
        parts, steps = self._parts, self._parts.merge_time(batch)
        observed = parts.features(steps.observation)
        outputs = parts.outputs(state.actor, observed)
        policy = parts.head(outputs)
        entropy = policy.entropy()
        value = parts.value(state.critic, observed)
        next_value = parts.value(state.critic, parts.features(steps.next_observation))
        advantage = parts.advantage(batch, entropy, value, next_value, alpha)
        action = parts.taken(steps)
        begins: Any = () if self.memory is None else tf.reshape(parts.begins(batch), value.shape)
        samples = _Samples(
            observed=observed,
            begins=begins,
            action=action,
            valid=steps.valid,
            outputs=outputs,
            log_likelihood=distributions.log_likelihood(policy, action),
            value=value,
            advantage=advantage,
        )
        return samples, entropy

    def _step(
        self,
        state: ActorCriticState,
        learning: tf.Tensor,
        samples: _Samples,
        length: int,
        alpha: tf.Tensor,
        seed: tf.Tensor,
    ) -> tuple[ActorCriticState, tf.Tensor, _Measured]:
        """One gradient step of the actors and critics that are, and after this still, learning."""
        parts, config, epsilon = self._parts, self.config, self._clip_epsilon
        valid, advantage = samples.valid, samples.advantage
        begins = None
        if self.memory is not None:
            begins = tf.reshape(samples.begins, [*self.batch_shape, length, -1])
        target = samples.value + advantage
        if config.normalize_advantage:
            # Advantages are differences of values: rounding moves them by a part of these.
            magnitude = tf.maximum(tf.abs(samples.value), tf.abs(target))
            advantage, divisor = normalize(advantage, valid, magnitude)
            if config.entropy == "reward":
                # A part of the return that the advantages estimate, the bonus is scaled with them.
                alpha /= divisor

        parameters = (state.actor, state.critic)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(parameters)
            policy = parts.policy(parameters[0], samples.observed, begins)
            likelihood = distributions.log_likelihood(policy, samples.action)
            log_ratio = likelihood - samples.log_likelihood
            entropy = self.bonus_entropy(policy, samples.action, seed)
            actor_loss = losses.clipped_surrogate_loss(
                log_ratio, advantage, entropy, alpha, epsilon, valid
            )
            value = parts.value(parameters[1], samples.observed, begins)
            if config.value_clip is None:
                critic_loss = losses.squared_error_loss(value, target, valid)
            else:
                critic_loss = losses.clipped_value_loss(
                    value, samples.value, target, self._value_clip, valid
                )
            total = actor_loss + critic_loss
        grads = tape.gradient(total, parameters)

        divergence = distributions.divergence(parts.head(samples.outputs), policy)
        kl = losses.masked_mean(divergence, valid)
        if config.target_kl is not None:
            learning &= ~(kl > self._target_kl)
        state, actor_norm, critic_norm = parts.descend(
            state, grads, where=None if config.target_kl is None else learning
        )
        clipped = tf.cast(tf.abs(tf.exp(log_ratio) - 1) > epsilon[..., None], tf.float32)
        clip_fraction = losses.masked_mean(clipped, valid)
        measured = _Measured(actor_loss, critic_loss, kl, clip_fraction, actor_norm, critic_norm)
        return state, learning, measured
