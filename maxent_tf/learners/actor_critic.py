"""What on-policy learners share: a policy, a value function, and how both are stepped.

`N` is the number of samples of one learner: its T B steps, or a minibatch of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import networks, operators, optimizers
from maxent_tf.distributions import Bounds
from maxent_tf.learners import validation
from maxent_tf.learners.approximator import make_approximator, make_recurrent
from maxent_tf.learners.memory import Recalling, memory_spec, seen, with_memory
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Transition


class ActorCriticState(NamedTuple):
    """Everything an on-policy learner knows; `P` in front of every tensor."""

    actor: Any
    critic: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any


def check_config(config: Any) -> None:
    """Raises ValueError if one of the values that `A2CConfig` and `PPOConfig` share is wrong."""
    validation.check_shared(config)
    if isinstance(config.network, str):
        validation.one_of("network", config.network, ("mlp", "table"))
    validation.positive_integer("memory_size", config.memory_size, least=0)
    if config.memory_size and config.network == "table":
        raise ValueError(
            f'network="table" has no memory, but memory_size is {config.memory_size}: use "mlp".'
        )
    validation.one_of("entropy", config.entropy, ("bonus", "reward"))
    validation.in_range("discount", config.discount, 0, 1)
    validation.in_range("gae_lambda", config.gae_lambda, 0, 1)
    validation.positive_integer("rollout_length", config.rollout_length)
    if config.max_grad_norm is not None:
        validation.positive("max_grad_norm", config.max_grad_norm)


class ActorCritic:
    """A policy and a value function apart from each other, for `P` learners.

    Args:
      spec: of the world.
      config: an `A2CConfig` or a `PPOConfig`.
      batch_shape: `P`.

    Raises:
      ValueError: if a tensor among the hyper-parameters does not broadcast to `batch_shape`, or
        the spec's actions are not supported.
    """

    def __init__(self, spec: EnvironmentSpec, config: Any, batch_shape: tuple[int, ...]):
        self._config = config
        self._batch_shape = batch_shape
        for name in ("actor_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), batch_shape)
        self._discount = validation.per_learner("discount", config.discount, batch_shape)
        self.temperature = as_temperature(config.alpha, spec.action, batch_shape)
        self.head = networks.make_head(spec.action, config.log_std_range, config.initial_stddev)
        # What the unit of continuous actions adds to their entropy, which must not be a reward.
        self._log_volume = 0.0
        if isinstance(spec.action, Box):
            self._log_volume = Bounds.of(*spec.action.bounds()).log_volume(spec.action.shape[0])
        size, outputs = config.memory_size, self.head.num_outputs
        self.memory = memory_spec(size) if size else None
        self.seen = seen(spec, self.memory)
        # A small last layer starts the policy near uniform.
        if size:
            self._actor: Any = make_recurrent(spec, config, outputs, 0.01, memory_at=0)
            self._critic: Any = make_recurrent(spec, config, 1, 1.0, memory_at=size)
        else:
            self._actor = make_approximator(spec, config, outputs, output_gain=0.01)
            self._critic = make_approximator(spec, config, 1)

    def init(self, seed: Any) -> ActorCriticState:
        """Returns a fresh state; `seed` is an integer or [2], int32."""
        actor_seed, critic_seed = tf.unstack(tf.random.split(as_seed(seed), 2))
        actor = self._actor.init(actor_seed, self._batch_shape)
        critic = self._critic.init(critic_seed, self._batch_shape)
        return ActorCriticState(
            actor=actor,
            critic=critic,
            actor_optimizer=self._config.actor_optimizer.init(actor),
            critic_optimizer=self._config.critic_optimizer.init(critic),
            temperature=self.temperature.init(),
        )

    def act(self, state: ActorCriticState, observation: Any) -> Any:
        """The action distribution, with the memory behind the action if there is any."""
        observed = self.features(observation)
        distribution = self.policy(state.actor, observed)
        if self.memory is None:
            return distribution
        actor = self._actor.remember(state.actor, observed)
        critic = self._critic.remember(state.critic, observed)
        return Recalling(distribution, {"actor": actor, "critic": critic})

    def greedy(self, distribution: Any) -> Any:
        """The mode of discrete and the median of continuous actions, maybe with a memory."""
        if self.memory is None:
            return self.head.greedy(distribution)
        action = self.head.greedy(distribution.distribution)
        return with_memory("action", action, distribution.memory)

    def features(self, observation: Any) -> tf.Tensor:
        """What the networks take: [*P, N, *O] -> [*P, N, F]."""
        return features.flatten(self.seen.observation, observation)

    def outputs(
        self, actor: Any, observed: tf.Tensor, begins: tf.Tensor | None = None
    ) -> tf.Tensor:
        """What the head makes a distribution of: [*P, N, F] -> [*P, N, outputs].

        Each step's from the memory that comes with it; or, with `begins`, from the first step's
        memory through all steps of a rollout, see `GRU.unroll`.
        """
        return _through(self._actor, actor, observed, begins)

    def policy(self, actor: Any, observed: tf.Tensor, begins: tf.Tensor | None = None) -> Any:
        """The action distribution, of batch shape [*P, N], at features [*P, N, F]."""
        return self.head(self.outputs(actor, observed, begins))

    def value(self, critic: Any, observed: tf.Tensor, begins: tf.Tensor | None = None) -> tf.Tensor:
        """The critic's values: [*P, N, F] -> [*P, N]."""
        return tf.squeeze(_through(self._critic, critic, observed, begins), axis=-1)

    def taken(self, batch: Transition) -> tf.Tensor:
        """The actions taken, [T, *P, B, ...], without the memories that went with them."""
        return batch.action if self.memory is None else batch.action["action"]

    def begins(self, batch: Transition) -> tf.Tensor | None:
        """Where in a rollout an episode begins, [*P, T, B], bool; None if nothing is remembered."""
        if self.memory is None:
            return None
        ended = batch.terminated | batch.truncated | ~batch.valid
        ended = tf.concat([tf.zeros_like(ended[:1]), ended[:-1]], axis=0)
        ndims = len(self._batch_shape)
        return tf.transpose(ended, [*range(1, ndims + 1), 0, ndims + 1])

    def advantage(
        self,
        batch: Transition,
        entropy: tf.Tensor,
        value: tf.Tensor,
        next_value: tf.Tensor,
        alpha: tf.Tensor,
    ) -> tf.Tensor:
        """The advantages of all steps, [*P, T B], by GAE.

        Args:
          batch: fields [T, *P, B, ...].
          entropy: [*P, T B], of the policy where the actions were chosen, in nats. Alpha times the
            entropy is added to the rewards if the configuration says so; continuous actions then
            count as scaled to [-1, 1], so that their unit is no reward for a long episode.
          value: [*P, T B], of the observations where the actions were chosen.
          next_value: [*P, T B], of those that they led to.
          alpha: [*P], reward per nat.
        """
        length = batch.reward.shape[0]
        reward = batch.reward
        if self._config.entropy == "reward":
            scaled = entropy - self._log_volume
            reward += self._split_time(alpha[..., None] * scaled, length)
        alive = 1 - tf.cast(batch.terminated, tf.float32)
        return self.merge_time(
            operators.generalized_advantage_estimation(
                reward,
                self._discount[..., None] * alive,
                self._split_time(value, length),
                self._split_time(next_value, length),
                self._config.gae_lambda,
                truncated=batch.truncated,
            )
        )

    def descend(
        self, state: ActorCriticState, grads: tuple[Any, Any], where: tf.Tensor | None = None
    ) -> tuple[ActorCriticState, Any, Any]:
        """Takes one step of each optimiser.

        Args:
          state: the learners' state.
          grads: of the actor and of the critic.
          where: [*P], bool, the learners that take it; None for all. The optimisers' counters are
            common to all learners: a schedule of the learning rate follows the steps that were due.

        Returns:
          The new state, and the norms of the actor's and the critic's gradients before they were
          clipped, each [*P], or () where nothing is clipped.
        """
        actor, actor_optimizer, actor_norm = self._apply(
            self._config.actor_optimizer, grads[0], state.actor_optimizer, state.actor
        )
        critic, critic_optimizer, critic_norm = self._apply(
            self._config.critic_optimizer, grads[1], state.critic_optimizer, state.critic
        )
        new_state = ActorCriticState(
            actor, critic, actor_optimizer, critic_optimizer, state.temperature
        )

        def select(new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
            if not new.dtype.is_floating:
                return new
            extra = [1] * (new.shape.rank - len(self._batch_shape))
            return tf.where(tf.reshape(where, [*self._batch_shape, *extra]), new, old)

        if where is not None:
            new_state = tf.nest.map_structure(select, new_state, state)
        return new_state, actor_norm, critic_norm

    def merge_time(self, structure: Any) -> Any:
        """[T, *P, B, ...] -> [*P, T B, ...]."""
        return tf.nest.map_structure(self._merge_time, structure)

    def _merge_time(self, x: tf.Tensor) -> tf.Tensor:
        ndims = len(self._batch_shape)
        order = [*range(1, ndims + 1), 0, *range(ndims + 1, len(x.shape))]
        moved = x if x.shape[0] == 1 else tf.transpose(x, order)
        return tf.reshape(moved, [*self._batch_shape, -1, *x.shape[ndims + 2 :]])

    def _split_time(self, x: tf.Tensor, length: int) -> tf.Tensor:
        """[*P, T B] -> [T, *P, B]."""
        ndims = len(self._batch_shape)
        if length == 1:
            return x[None]
        split = tf.reshape(x, [*self._batch_shape, length, -1])
        return tf.transpose(split, [ndims, *range(ndims), ndims + 1])

    def _apply(self, optimizer: Any, grads: Any, state: Any, params: Any) -> tuple[Any, Any, Any]:
        ndims = len(self._batch_shape)
        norm: Any = ()
        if self._config.max_grad_norm is not None:
            grads, norm = optimizers.clip_by_global_norm(grads, self._config.max_grad_norm, ndims)
        params, state = optimizer.update(grads, state, params, ndims)
        return params, state, norm


def _through(network: Any, params: Any, observed: tf.Tensor, begins: tf.Tensor | None) -> tf.Tensor:
    if begins is None:
        return network.apply(params, observed)
    return network.unroll(params, observed, begins)
