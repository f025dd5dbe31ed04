"""The parts that on-policy learners share: a policy, a value function, and their gradient steps.

`N` is the number of samples of one learner: its T B steps, or a minibatch of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws, networks, operators, optimizers
from maxent_tf.axes import merge_time, select, sizes, split_time
from maxent_tf.checks import boolean
from maxent_tf.distributions import Bounds, greedy_action, log_likelihood
from maxent_tf.learners import validation
from maxent_tf.learners.approximator import make_approximator, make_recurrent
from maxent_tf.learners.covariance import sampled_covariance
from maxent_tf.learners.gaussian_policy import check_exploration, head_and_network
from maxent_tf.learners.interface import Learner
from maxent_tf.learners.noisy import check_noisy
from maxent_tf.learners.sequences import Memory, Sequence, first_steps, unrolled
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Acted, Transition


class ActorCriticState(NamedTuple):
    """The whole state of an on-policy learner; every tensor has `P` in front.

    Attributes:
      actor: The parameters of the policy.
      critic: The parameters of the value function.
      actor_optimizer: The state of the optimiser of the policy.
      critic_optimizer: The state of the optimiser of the value function.
      temperature: The state of the temperature.
      noise_seed: [*P, 2], int32, the seed of the noise with which a noisy policy acts until the
        next update. All learners have the same seed, from which each draws its own noise. It is ()
        without noise.
    """

    actor: Any
    critic: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any
    noise_seed: Any = ()


class Known(NamedTuple):
    """What an on-policy learner knew when it acted; a field that learning does not need is ().

    Attributes:
      memory: The `Memory` from which the learner acted.
      log_prob: [*P, B], float32, the log-likelihood of the action, in nats.
      noise_seed: [*P, B, 2], int32, the seed of the noise on the weights of the actor.
    """

    memory: Any = ()
    log_prob: Any = ()
    noise_seed: Any = ()


class Inputs(NamedTuple):
    """The inputs of the networks and of the policy at the steps of a trajectory.

    Attributes:
      observed: [*P, T B, F], float32, the features of the observations, time before environments.
      memory: The `Memory` from which the learner acted at each step, [*P, T B, H]; () without a
        memory.
      is_first: [*P, T B], bool, whether an episode begins at the step, within the trajectory; ()
        without a memory.
      mask: [*P, T B, A], bool, the legal actions; () if the observations hold no mask.
    """

    observed: tf.Tensor
    memory: Any
    is_first: Any
    mask: Any


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
    check_exploration(config)
    if config.exploration is not None and (config.memory_size or config.network == "table"):
        raise ValueError(
            f"exploration={config.exploration} needs features of the state alone: it goes neither "
            'with memory_size above 0 nor with network="table".'
        )
    check_noisy(config)
    validation.one_of("entropy", config.entropy, ("bonus", "reward"))
    boolean("measure_covariance", config.measure_covariance)
    validation.in_range("discount", config.discount, 0, 1)
    validation.in_range("gae_lambda", config.gae_lambda, 0, 1)
    validation.positive_integer("rollout_length", config.rollout_length)
    if config.max_grad_norm is not None:
        validation.positive("max_grad_norm", config.max_grad_norm)


class ActorCritic:
    """A policy and a value function with separate parameters, for `P` learners.

    Args:
      spec: The specification of the environment that the learner acts in.
      config: The hyperparameters, an `A2CConfig` or a `PPOConfig`.
      batch_shape: The batch shape `P` of the learners.

    Raises:
      ValueError: If a tensor among the hyperparameters does not broadcast to `batch_shape`, or
        if the environment's actions are not supported.
    """

    def __init__(self, spec: EnvironmentSpec, config: Any, batch_shape: tuple[int, ...]):
        self._config = config
        self._batch_shape = batch_shape
        for name in ("actor_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), batch_shape)
        self._discount = validation.per_learner("discount", config.discount, batch_shape)
        self.temperature = as_temperature(config.alpha, spec.action, batch_shape)
        self._spec = spec
        self._is_noisy = config.noisy is not None
        # A small last layer starts the policy near uniform.
        if config.memory_size:
            self.head: Any = networks.make_head(
                spec.action, config.log_std_range, config.initial_stddev
            )
            self._actor: Any = make_recurrent(spec, config, self.head.num_outputs, 0.01)
            self._critic: Any = make_recurrent(spec, config, 1, 1.0)
        else:
            self.head, self._actor = head_and_network(spec, config)
            self._critic = make_approximator(spec, config, 1)
        # What the unit of continuous actions adds to their entropy, which must not be a reward.
        self._log_volume = 0.0
        if isinstance(spec.action, Box):
            self._log_volume = Bounds.of(*spec.action.bounds()).log_volume(spec.action.shape[0])

    def init(self, seed: Any) -> ActorCriticState:
        """Returns a fresh state; `seed` is an integer, or a seed of shape [2], int32."""
        seed = as_seed(seed)
        actor_seed, critic_seed = tf.unstack(draws.split(seed, 2))
        actor = self._actor.init(actor_seed, self._batch_shape)
        critic = self._critic.init(critic_seed, self._batch_shape)
        return ActorCriticState(
            actor=actor,
            critic=critic,
            actor_optimizer=self._config.actor_optimizer.init(actor),
            critic_optimizer=self._config.critic_optimizer.init(critic),
            temperature=self.temperature.init(),
            noise_seed=self._for_all(draws.fold_in(seed, 2)) if self._is_noisy else (),
        )

    def initial_carry(self, num_envs: Any) -> Any:
        """Returns empty memories, or () from a learner without a memory."""
        if not self._config.memory_size:
            return ()
        empty = tf.zeros([*self._batch_shape, num_envs, self._config.memory_size])
        return Memory(empty, empty)

    def distribution(self, state: ActorCriticState, observation: Any, carry: Any) -> Any:
        """Returns the policy at observations [*P, B, *O]; None as `carry` is an empty memory."""
        observed = self.features(observation)
        if carry is None:
            carry = self.initial_carry(sizes(observed)[-2])
        memory = self._actor.remember(state.actor, carry.actor, observed) if carry else None
        return self.policy(self.outputs(state.actor, observed, memory), self.mask(observation))

    def act(
        self,
        state: ActorCriticState,
        carry: Any,
        observation: Any,
        seed: Any,
        explore: bool,
        log_prob: bool,
    ) -> Acted:
        """Acts, see `Learner.act`; with `log_prob`, the extras hold the action's log-likelihood."""
        observed = self.features(observation)
        memory: Any = ()
        if carry:
            memory = Memory(
                self._actor.remember(state.actor, carry.actor, observed),
                self._critic.remember(state.critic, carry.critic, observed),
            )
        actor = self.noisy(state.actor, self._one(state.noise_seed)) if explore else state.actor
        outputs = self.outputs(actor, observed, memory.actor if carry else None)
        policy = self.policy(outputs, self.mask(observation))
        if not explore:
            action = greedy_action(policy)
        elif self._config.exploration is None:
            action = policy.sample(seed=seed)
        else:
            action = self.head.sample(outputs, seed)
        known = Known(memory=carry)
        if log_prob:
            known = known._replace(log_prob=log_likelihood(policy, action))
        if self._is_noisy:
            shape = [*sizes(observed)[:-1], 2]
            noise_seed = tf.broadcast_to(state.noise_seed[..., None, :], shape)
            known = known._replace(noise_seed=noise_seed)
        return Acted(action, memory, known)

    def features(self, observation: Any) -> tf.Tensor:
        """Returns the inputs of the networks: [*P, N, *O] -> [*P, N, F]."""
        return features.flatten(self._spec.observation, observation)

    def mask(self, observation: Any) -> Any:
        """Returns the legal actions, [*P, N, A], bool; () if the observations hold no mask."""
        found = features.action_mask(self._spec.observation, observation)
        return () if found is None else found

    def policy(self, outputs: Any, mask: Any) -> Any:
        """Returns the action distribution that the head makes of a network's outputs and a mask."""
        return self.head(outputs) if isinstance(mask, tuple) else self.head(outputs, mask)

    def check_batch(self, batch: Transition, log_prob: bool) -> None:
        """Raises ValueError unless a trajectory and its extras fit the learner.

        Args:
          batch: The trajectory that the learner was given.
          log_prob: Whether learning needs the log-likelihood that the actions had when they were
            taken.
        """
        scalar, size = tf.TensorSpec([], tf.float32), self._config.memory_size
        memory = tf.TensorSpec([size], tf.float32)
        extras: Any = Known(
            memory=Memory(memory, memory) if size else (),
            log_prob=scalar if log_prob else (),
            noise_seed=tf.TensorSpec([2], tf.int32) if self._is_noisy else (),
        )
        if extras == Known():
            extras = ()
        validation.check_batch(self._spec, batch, (None, *self._batch_shape, None), extras)

    def inputs(self, batch: Transition, steps: Transition) -> Inputs:
        """Returns the inputs for a trajectory [T, *P, B, ...], whose merged steps are `steps`."""
        observed, mask = self.features(steps.observation), self.mask(steps.observation)
        if not self._config.memory_size:
            return Inputs(observed, (), (), mask)
        return Inputs(observed, steps.extras.memory, self.merge_time(first_steps(batch)), mask)

    def noise_seed(self, batch: Transition) -> Any:
        """Returns the seed, [2], of the noise with which a trajectory was acted; () without noise.

        It is that of the first step: all steps of a trajectory have one noise.
        """
        return self._one(batch.extras.noise_seed) if self._is_noisy else ()

    def next_noise_seed(self, state: ActorCriticState) -> Any:
        """Returns the seed, [*P, 2], of the noise after an update; () without noise."""
        if not self._is_noisy:
            return ()
        return self._for_all(draws.split(self._one(state.noise_seed), 1)[0])

    def noisy(self, actor: Any, noise_seed: Any) -> Any:
        """Returns the actor's parameters with noise from a seed, [2]; as they are if it is ()."""
        if isinstance(noise_seed, tuple):
            return actor
        # The next seed is split off the seed itself, and must not be that of a layer, too.
        return networks.perturbed(self._actor, actor, draws.fold_in(noise_seed, 1))

    def memory_after(
        self, network: str, params: Any, inputs: Inputs, length: int | None = None
    ) -> tf.Tensor | None:
        """Returns the memories after each step, [*P, T B, H]; None without a memory.

        Args:
          network: The name of the network, "actor" or "critic".
          params: The parameters of that network.
          inputs: The inputs at the steps.
          length: T, to go through time from the memory of the first step, so that gradients flow
            through time. With None, each step starts from the memory from which the learner acted.
        """
        if not self._config.memory_size:
            return None
        gru = self._actor if network == "actor" else self._critic
        memory = getattr(inputs.memory, network)
        if length is None:
            return gru.remember(params, memory, inputs.observed)
        is_first = split_time(inputs.is_first, len(self._batch_shape), length)
        return unrolled(gru, params, Sequence(inputs.observed, memory, is_first))

    def outputs(self, actor: Any, observed: tf.Tensor, memory: tf.Tensor | None) -> Any:
        """Returns the outputs from which the head makes a distribution, [*P, N, outputs].

        Args:
          actor: The actor's parameters.
          observed: [*P, N, F], the features.
          memory: [*P, N, H], the actor's memory after these observations; None without a memory.
        """
        return _outputs(self._actor, actor, observed, memory)

    def value(self, critic: Any, observed: tf.Tensor, memory: tf.Tensor | None) -> tf.Tensor:
        """Returns the critic's values, [*P, N]; the arguments are as in `outputs`."""
        return tf.squeeze(_outputs(self._critic, critic, observed, memory), axis=-1)

    def next_value(self, critic: Any, observation: Any, memory: tf.Tensor | None) -> tf.Tensor:
        """Returns the values of the observations that each step led to, [*P, T B].

        Args:
          critic: The critic's parameters.
          observation: [*P, T B, *O], the observations that the steps led to.
          memory: [*P, T B, H], the critic's memory after each step; None without a memory.
        """
        observed = self.features(observation)
        if memory is not None:
            memory = self._critic.remember(critic, memory, observed)
        return self.value(critic, observed, memory)

    def state_value(self, state: ActorCriticState, observation: Any, carry: Any) -> tf.Tensor:
        """Returns the critic's values, [*P, B]; None as `carry` is an empty memory."""
        observed = self.features(observation)
        if carry is None:
            carry = self.initial_carry(sizes(observed)[-2])
        return self.next_value(state.critic, observation, carry.critic if carry else None)

    def old_policy(self, outputs: Any) -> Any:
        """Returns the tensors [*P, N, ...] that determine the policy of every sample."""
        return outputs if self._config.exploration is None else self.head.parameters(outputs)

    def as_policy(self, kept: Any, mask: Any) -> Any:
        """Returns the action distribution with the tensors that `old_policy` returned."""
        if self._config.exploration is not None:
            return self.head.of(kept)
        return self.policy(kept, mask)

    def advantage(
        self,
        batch: Transition,
        entropy: tf.Tensor,
        value: tf.Tensor,
        next_value: tf.Tensor,
        alpha: tf.Tensor,
        log_ratio: tf.Tensor | None = None,
    ) -> operators.VTrace:
        """Returns the value targets and the advantages of all steps, each [*P, T B].

        They are computed by GAE if the policy that acted is the one that learns, else by V-trace.

        Args:
          batch: The trajectory, fields [T, *P, B, ...].
          entropy: [*P, T B], the entropy of the policy where the actions were chosen, in nats.
            Alpha times the entropy is added to the rewards if the configuration says so. The
            entropy of continuous actions is then that of actions scaled to [-1, 1], so that their
            unit does not reward long episodes.
          value: [*P, T B], the values of the observations where the actions were chosen.
          next_value: [*P, T B], the values of the observations that the actions led to.
          alpha: [*P], the temperature, in reward per nat.
          log_ratio: [*P, T B], the log-likelihood of the actions under the policy that learns minus
            that under the policy that acted; None if the two policies are the same.
        """
        length, ndims = batch.reward.shape[0], len(self._batch_shape)
        entropy, values, next_value = split_time((entropy, value, next_value), ndims, length)
        reward = batch.reward
        if self._config.entropy == "reward":
            reward += alpha[..., None] * (entropy - self._log_volume)
        discount = self._discount[..., None] * (1 - tf.cast(batch.terminated, tf.float32))
        lambda_, truncated = self._config.gae_lambda, batch.truncated
        if log_ratio is None:
            advantage = self.merge_time(
                operators.generalized_advantage_estimation(
                    reward, discount, values, next_value, lambda_, truncated=truncated
                )
            )
            return operators.VTrace(value + advantage, advantage)
        # A placeholder's action was not taken, whatever its likelihood.
        ratio = tf.where(batch.valid, split_time(log_ratio, ndims, length), 0)
        return self.merge_time(
            operators.vtrace(
                reward, discount, values, next_value, ratio, lambda_, truncated=truncated
            )
        )

    def covariance(
        self, log_prob: tf.Tensor, entropy: tf.Tensor, advantage: tf.Tensor, valid: tf.Tensor
    ) -> Any:
        """Returns the `sampled_covariance` of all steps, [*P]; () if it is not to be measured."""
        if not self._config.measure_covariance:
            return ()
        return sampled_covariance(log_prob, entropy, advantage, valid)

    def descend(
        self, state: ActorCriticState, grads: tuple[Any, Any], where: tf.Tensor | None = None
    ) -> tuple[ActorCriticState, Any, Any]:
        """Takes one gradient step with each optimiser.

        Args:
          state: The state of the learners.
          grads: The gradients of the actor and of the critic.
          where: [*P], bool, the learners that take the step; None for all learners. The optimisers'
            counters are common to all learners, so that a schedule of the learning rate counts the
            steps that were due.

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
        new_state = state._replace(
            actor=actor,
            critic=critic,
            actor_optimizer=actor_optimizer,
            critic_optimizer=critic_optimizer,
        )

        def keep(new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
            return select(where, new, old) if new.dtype.is_floating else new

        if where is not None:
            new_state = tf.nest.map_structure(keep, new_state, state)
        return new_state, actor_norm, critic_norm

    def merge_time(self, structure: Any) -> Any:
        """Merges the axes of time and environments: [T, *P, B, ...] -> [*P, T B, ...]."""
        return merge_time(structure, len(self._batch_shape))

    def _for_all(self, seed: tf.Tensor) -> tf.Tensor:
        """Repeats a seed for every learner: [2] -> [*P, 2]."""
        return tf.broadcast_to(seed, [*self._batch_shape, 2])

    def _one(self, seed: Any) -> Any:
        """Returns the one seed that is repeated along leading axes, [..., 2] -> [2]; () stays."""
        return tf.reshape(seed, [-1, 2])[0] if self._is_noisy else ()

    def _apply(self, optimizer: Any, grads: Any, state: Any, params: Any) -> tuple[Any, Any, Any]:
        ndims = len(self._batch_shape)
        norm: Any = ()
        if self._config.max_grad_norm is not None:
            grads, norm = optimizers.clip_by_global_norm(grads, self._config.max_grad_norm, ndims)
        params, state = optimizer.update(grads, state, params, ndims)
        return params, state, norm


def _outputs(network: Any, params: Any, observed: tf.Tensor, memory: tf.Tensor | None) -> Any:
    if memory is None:
        return network.apply(params, observed)
    return network.read(params, memory)


class ActorCriticLearner(Learner):
    """Everything that an on-policy learner does, except its update.

    A subclass sets `_parts`, and `_knows_log_prob`: whether learning needs the log-likelihood that
    the actions had when they were taken.
    """

    _parts: ActorCritic
    _knows_log_prob: bool

    @property
    def _temperature(self) -> Any:
        return self._parts.temperature

    def init(self, seed: Any) -> ActorCriticState:
        """Returns a fresh state.

        Args:
          seed: An integer, or a seed of shape [2], int32.
        """
        return self._parts.init(seed)

    def policy(self, state: ActorCriticState, observation: Any, carry: Any = None) -> Any:
        """Returns the action distribution.

        Args:
          state: The state of the learners.
          observation: [*P, B, *O], of the dtype that the environment's specification gives.
          carry: The `Memory` from which to act, if the learner has a memory; None is an empty one.

        Returns:
          A TFP distribution of batch shape [*P, B].
        """
        validation.check_state_kind(self, state, ActorCriticState)
        return self._parts.distribution(state, observation, carry)

    def initial_carry(self, num_envs: Any) -> Any:
        """Returns empty memories, or () from a learner without a memory."""
        return self._parts.initial_carry(num_envs)

    def act(
        self,
        state: ActorCriticState,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Draws actions or, without exploration, takes the actions of `greedy_action`.

        Noise on the weights follows from the state, not from `seed`: it stays the same until the
        next update, while every step draws its action anew. The extras are a `Known`.
        """
        del world
        validation.check_state_kind(self, state, ActorCriticState)
        return self._parts.act(state, carry, observation, seed, explore, self._knows_log_prob)

    def value(self, state: ActorCriticState, observation: Any, carry: Any = None) -> tf.Tensor:
        """Returns the critic's values, [*P, B], of `observation`, [*P, B, *O]; see `policy`."""
        validation.check_state_kind(self, state, ActorCriticState)
        return self._parts.state_value(state, observation, carry)
