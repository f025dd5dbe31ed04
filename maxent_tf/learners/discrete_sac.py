"""Discrete SAC: the soft actor-critic with exact expectations over actions, batched over learners.

Pseudocode for each of the learners, on a minibatch (s, a, r, s', terminated), where Q is the
minimum or the mean of the critics:

1. Set y = r + gamma (1 - terminated) (sum_a' pi(a'|s') Q'(s', a') + alpha H(pi(s'))).
2. Take one gradient step of every critic on the squared error of Q_i(s, a) to y.
3. Take one gradient step of the actor on -mean_s(sum_a pi(a|s) Q(s, a) + alpha H(pi(s))), which is
   summed over actions under pi and averaged over states.
4. Take one step of the temperature towards the target entropy, unless it is fixed or scheduled.
5. Move the target critics by a fraction tau towards the critics.

An update draws no actions: its expectations and its entropy are exact, so that it is deterministic
unless the actor is noisy.

References:
  P. Christodoulou (2019), "Soft actor-critic for discrete action settings",
  https://arxiv.org/abs/1910.07207
  H. Zhou et al. (2022), "Revisiting discrete soft actor-critic",
  https://arxiv.org/abs/2209.10081 (the mean of the critics)
  S. Kapturowski et al. (2019), "Recurrent experience replay in distributed reinforcement learning",
  https://openreview.net/forum?id=r1lyTjAqYX (stored memories and burn-in)
  M. Fortunato et al. (2018), "Noisy networks for exploration", https://arxiv.org/abs/1706.10295
  (noise on the weights)
"""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws, losses, networks, operators, optimizers
from maxent_tf.axes import merge_time, sizes, split_time
from maxent_tf.checks import boolean
from maxent_tf.distributions import greedy_action
from maxent_tf.learners import off_policy, validation
from maxent_tf.learners.approximator import make_approximator, make_recurrent
from maxent_tf.learners.covariance import exact_covariance
from maxent_tf.learners.interface import Learner
from maxent_tf.learners.noisy import check_seed, to_act, to_learn
from maxent_tf.learners.sequences import (
    Memory,
    Sequence,
    burned_in,
    first_steps,
    for_ensemble,
    unrolled,
    worlds_last,
)
from maxent_tf.learners.temperatures import as_temperature, mean_log_legal
from maxent_tf.networks import features
from maxent_tf.replay import Priorities
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Acted, Transition, Updated

REDUCTIONS = {"min": tf.reduce_min, "mean": tf.reduce_mean}

# Of log A. A target says how often the policy errs however much better the best action is
# (`forced_probability`): at .98, the paper's, nearly always. At .3 the better of two actions has
# probability .947 and the best of eighteen .846, which explores and still can do the task.
AUTO_FRACTION = 0.3


@dataclass(frozen=True, eq=False)
class DiscreteSACConfig:
    """The hyperparameters of `DiscreteSAC`. Those that say so may broadcast to `P`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features, which the hidden
        layers then take as their inputs.
      hidden_sizes: The widths of the hidden layers of the actor and of every critic. An empty tuple
        makes both linear, which on one-hot observations is a table.
      activation: The activation function of the hidden layers, "relu" or "tanh".
      memory_size: The number of units of a gated recurrent unit between the network's features and
        the hidden layers, one such unit for the actor and one for every critic; 0 for none. With a
        memory, an update learns from sequences of steps.
      sequence_length: With a memory, the number of consecutive steps that an update goes through.
      burn_in: With a memory, the number of these steps that only bring the memory up to date.
      actor_optimizer: The optimiser of the policy. Its learning rate may be a tensor that
        broadcasts to `P`. A number stands for `Adam` with that learning rate.
      critic_optimizer: The optimiser of the critics, with the same choices as `actor_optimizer`.
      num_critics: The number of critics in the ensemble.
      critic_reduction: "min" takes the smallest critic of every action, against overestimation.
        "mean" takes the mean, against the underestimation that the minimum causes according to
        Zhou et al.
      noisy: The noise on the weights of the dense layers of the actor, `networks.NoisyLayers`;
        None for none. The noise is drawn anew for every step and for every use in an update.
        Evaluation acts without noise. A `network` of your own has no noise; the layers behind it
        have. It does not go with a memory.
      discount: The discount factor gamma, in [0, 1]; may be a tensor that broadcasts to `P`.
      tau: The fraction, in (0, 1], by which every update moves the target critics towards the
        critics; may be a tensor that broadcasts to `P`.
      alpha: The temperature, in reward per nat: a number or tensor that broadcasts to `P`, a
        schedule over updates, an `AutoTemperature`, whose target may be a schedule too, or "auto".
        "auto" is an automatic temperature with initial value 1, learning rate 3e-4 and target
        entropy .3 log A. The paper's target of .98 log A is refused, because it forces a nearly
        uniform policy (see `validate_target_entropy`).
      batch_size: The number of transitions of each learner in a minibatch.
      replay_capacity: The number of transitions that the replay buffer keeps for each learner.
      learning_starts: The number of steps that each learner takes with uniformly random actions
        before the first update.
      updates_per_step: The number of updates for each step of one environment, at least 0.0001;
        0.25 is one update every four steps.
      n_step: The length of n-step targets, which sum the rewards of n steps and the entropies in
        between. There is no off-policy correction for actions of earlier policies (see
        `off_policy`).
      priorities: How strongly the replay buffer prefers transitions with large errors; None draws
        all transitions with equal probability.
      measure_covariance: Whether every update also measures how fast the policy is losing its
        entropy: see `covariance` among the metrics. It changes no other number, up to rounding.

    Raises:
      ValueError: If a value is out of its range or a name is unknown.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    memory_size: int = 0
    sequence_length: int = 16
    burn_in: int = 4
    actor_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    critic_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    num_critics: int = 2
    critic_reduction: str = "min"
    noisy: networks.NoisyLayers | None = None
    discount: Any = 0.99
    tau: Any = 0.005
    alpha: Any = "auto"
    batch_size: int = 256
    replay_capacity: int = 1_000_000
    learning_starts: int = 100
    updates_per_step: float = 1
    n_step: int = 1
    priorities: Priorities | None = None
    measure_covariance: bool = False

    def __post_init__(self) -> None:
        validation.one_of("critic_reduction", self.critic_reduction, tuple(REDUCTIONS))
        validation.positive_integer("num_critics", self.num_critics)
        validation.positive_integer("memory_size", self.memory_size, least=0)
        validation.positive_integer("sequence_length", self.sequence_length)
        validation.positive_integer("burn_in", self.burn_in, least=0)
        if self.memory_size and self.burn_in >= self.sequence_length:
            raise ValueError(
                f"burn_in={self.burn_in} must be below sequence_length={self.sequence_length}: "
                "nothing would be left to learn from."
            )
        if self.memory_size and self.n_step != 1:
            raise ValueError(
                f"n_step={self.n_step} does not go with memory_size={self.memory_size}: leave one "
                "of the two out."
            )
        boolean("measure_covariance", self.measure_covariance)
        off_policy.check_config(self)


class DiscreteSACMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: Minus the mean of the policy's value by the critics plus alpha times its entropy.
      critic_loss: Half the mean squared soft Bellman error, summed over critics.
      entropy: The mean entropy of the policy, in nats.
      alpha: The temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 where it sits on
        its upper bound, else 0. A temperature on a bound cannot reach its entropy target.
      q: The mean of the policy's value by the critics, without entropy at the present step.
      actor_grad_norm: The global norm of the actor's gradient.
      critic_grad_norm: The global norm of the gradient of all critics together.
      covariance: The mean over the states of the minibatch of the covariance, over all actions of
        the policy, of log-probability and value by the critics, in reward times nats: it says how
        fast the policy is losing its entropy. It is `()` unless `measure_covariance`.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    q: tf.Tensor
    actor_grad_norm: tf.Tensor
    critic_grad_norm: tf.Tensor
    covariance: tf.Tensor | tuple[()] = ()


class DiscreteSACState(NamedTuple):
    """The whole state of a learner; tensors have `P` in front, those of critics an axis behind."""

    actor: Any
    critics: Any
    target_critics: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any


class _Steps(NamedTuple):
    """The steps that an update learns from; the last three fields are () without a memory.

    Attributes:
      transition: The transitions, fields [*P, N, ...].
      observed: [*P, N, F], the features of the observations.
      next_observed: [*P, N, F], the features of the next observations.
      mask: [*P, N, A], bool, the legal actions at the observations; None if these hold no mask.
      next_mask: [*P, N, A], bool, the legal actions at the next observations, or None.
      actor: The `Sequence` of the actor.
      critics: The `Sequence` of the critics, by their present parameters.
      target_critics: The `Sequence` of the critics, by the target's parameters.
    """

    transition: Any
    observed: tf.Tensor
    next_observed: tf.Tensor
    mask: tf.Tensor | None
    next_mask: tf.Tensor | None
    actor: Any = ()
    critics: Any = ()
    target_critics: Any = ()


class DiscreteSAC(Learner):
    """The soft actor-critic for discrete actions.

    With a `memory_size`, the carry is the `Memory` of actor and critics, and the extras of every
    step are the memory from which the learner acted. Updates go through stored sequences, starting
    from that stored memory.

    Args:
      spec: The specification of the environment, whose actions must be discrete.
      config: The hyperparameters; None for the defaults.
      batch_shape: The batch shape `P`: the number and arrangement of independent learners.

    Raises:
      ValueError: If the actions are not discrete, a tensor among the hyperparameters does not
        broadcast to `batch_shape`, or the target entropy cannot be met.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        config: DiscreteSACConfig | None = None,
        batch_shape: abc.Sequence[int] = (),
    ):
        self.config = config = validation.as_config(spec, config, DiscreteSACConfig)
        num_actions = validation.discrete_actions("DiscreteSAC", spec)
        self.spec = spec
        self.batch_shape = validation.as_batch_shape(batch_shape)
        length = config.sequence_length if config.memory_size else config.n_step
        self.experience = off_policy.experience(config, self.batch_shape, length, config.priorities)
        self.discount = config.discount
        fields = DiscreteSACMetrics._fields
        self.metric_names = fields if config.measure_covariance else fields[:-1]
        self._temperature = as_temperature(
            config.alpha, spec.action, self.batch_shape, auto=AUTO_FRACTION
        )
        for name in ("actor_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._tau = validation.per_learner("tau", config.tau, self.batch_shape)
        self._reduce = REDUCTIONS[config.critic_reduction]
        self._head = networks.CategoricalHead(num_actions)
        # A small last layer starts the policy near uniform.
        if config.memory_size:
            self._actor: Any = make_recurrent(spec, config, num_actions, output_gain=0.01)
            self._critic: Any = make_recurrent(spec, config, num_actions, output_gain=1.0)
        else:
            self._actor = make_approximator(
                spec, config, num_actions, output_gain=0.01, noisy=config.noisy
            )
            self._critic = make_approximator(spec, config, num_actions, output_gain=1.0)
        self._critics = networks.Ensemble(self._critic, config.num_critics)

    def init(self, seed: Any) -> DiscreteSACState:
        """Returns a fresh state.

        Args:
          seed: An integer, or a seed of shape [2], int32.
        """
        actor_seed, critic_seed = tf.unstack(draws.split(as_seed(seed), 2))
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

    def policy(self, state: DiscreteSACState, observation: Any, carry: Any = None) -> Any:
        """Returns the action distribution.

        Args:
          state: The state of the learners.
          observation: [*P, B, *O], of the dtype that the environment's specification gives.
          carry: The `Memory` from which to act, if the learner has a memory; None is an empty one.

        Returns:
          A categorical distribution of batch shape [*P, B].
        """
        validation.check_state_kind(self, state, DiscreteSACState)
        observed, mask = self._features(observation), self._mask(observation)
        if not self.config.memory_size:
            return self._head(self._actor.apply(state.actor, observed), mask)
        if carry is None:
            carry = self.initial_carry(sizes(observed)[-2])
        memory = self._actor.remember(state.actor, carry.actor, observed)
        return self._head(self._actor.read(state.actor, memory), mask)

    def initial_carry(self, num_envs: Any) -> Any:
        """Returns empty memories, or () from a learner without a memory."""
        size = self.config.memory_size
        if not size:
            return ()
        shape = [*self.batch_shape, num_envs]
        return Memory(tf.zeros([*shape, size]), tf.zeros([*shape, self.config.num_critics, size]))

    def act(
        self,
        state: DiscreteSACState,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Draws actions or, without exploration, takes the most likely ones."""
        del world
        validation.check_state_kind(self, state, DiscreteSACState)
        noisy, seed = to_act(self.config, self._actor, state.actor, seed, explore)
        policy = self.policy(state._replace(actor=noisy), observation, carry)
        action = policy.sample(seed=seed) if explore else greedy_action(policy)
        if not self.config.memory_size:
            return Acted(action, carry)
        # The actor's step is that of `policy`: a compiled program takes it once.
        observed = self._features(observation)
        actor = self._actor.remember(state.actor, carry.actor, observed)
        critic = self._critic.remember(
            state.critics, worlds_last(carry.critic), observed[..., None, :, :]
        )
        return Acted(action, Memory(actor, worlds_last(critic)), extras=carry)

    def q(self, state: DiscreteSACState, observation: Any) -> tf.Tensor:
        """Returns the minimum or the mean of the critics for every action, [*P, B, A].

        With a memory, it is the value at the first step of an episode.
        """
        validation.check_state_kind(self, state, DiscreteSACState)
        observed = self._features(observation)
        if not self.config.memory_size:
            return self._reduced(self._critics.apply(state.critics, observed))
        empty = worlds_last(self.initial_carry(sizes(observed)[-2]).critic)
        memory = self._critic.remember(state.critics, empty, observed[..., None, :, :])
        return self._reduced(self._critic.read(state.critics, memory))

    def update(
        self, state: DiscreteSACState, batch: Transition, *, seed: Any = None, weight: Any = None
    ) -> Updated:
        """Makes one update of critics, actor, temperature and target critics.

        Args:
          state: The state of the learners.
          batch: The transitions, fields [*P, B, ...], all valid. The fields are [n, *P, B, ...] if
            `n_step` is above 1, and [sequence_length, *P, B, ...] with a memory, together with the
            extras that `act` returned.
          seed: An integer, or a seed of shape [2], int32, for the noise of a `noisy` actor. Without
            noise, the update is deterministic and needs no seed.
          weight: [*P, B], importance weights in the critics' loss; None is 1.

        Returns:
          The new state, `DiscreteSACMetrics`, and the absolute Bellman errors of the transitions
          before the update, averaged over the critics and over the steps of a sequence.

        Raises:
          ValueError: If the batch does not fit, or if there is no seed for the noise.
        """
        validation.check_state_kind(self, state, DiscreteSACState)
        check_seed(self.config, seed)
        config, ndims = self.config, len(self.batch_shape)
        alpha = self._temperature.alpha(state.temperature)
        next_actor = to_learn(config, self._actor, state.actor, seed, 1)

        if config.memory_size:
            steps, bootstrap_discount = self._sequences(state, batch)
        else:
            steps, bootstrap_discount = self._transitions(next_actor, batch, alpha)
        length = config.sequence_length - config.burn_in if config.memory_size else 1
        if weight is not None and length > 1:
            weight = merge_time(tf.repeat(weight[None], length, axis=0), ndims)

        next_outputs = self._next(self._actor, next_actor, steps, steps.actor)
        next_policy = self._head(next_outputs, steps.next_mask)
        next_q = self._next(self._critics, state.target_critics, steps, steps.target_critics)
        target = operators.soft_q_target(
            steps.transition.reward,
            bootstrap_discount,
            _expectation(next_policy, self._reduced(next_q)),
            next_policy.entropy(),
            alpha,
        )

        def critic_loss(critics: Any) -> tuple[tf.Tensor, Any]:
            q = self._here(self._critics, critics, steps, steps.critics)
            taken = off_policy.of_action(q, steps.transition.action[..., None, :])
            return off_policy.ensemble_loss(taken, target, weight)

        critic = optimizers.gradient_step(
            critic_loss, state.critics, config.critic_optimizer, state.critic_optimizer, ndims
        )
        q = self._reduced(self._here(self._critics, critic.params, steps, steps.critics))

        def actor_loss(actor: Any) -> tuple[tf.Tensor, Any]:
            noisy = to_learn(config, self._actor, actor, seed, 0)
            policy = self._head(self._here(self._actor, noisy, steps, steps.actor), steps.mask)
            value, entropy = _expectation(policy, q), policy.entropy()
            covariance = exact_covariance(policy, q) if config.measure_covariance else ()
            return losses.soft_actor_loss(value, entropy, alpha), (value, entropy, covariance)

        actor = optimizers.gradient_step(
            actor_loss, state.actor, config.actor_optimizer, state.actor_optimizer, ndims
        )
        value, entropy, covariance = actor.aux
        mean_entropy = tf.reduce_mean(entropy, axis=-1)
        temperature, bound = self._temperature.update(
            state.temperature, mean_entropy, log_legal=mean_log_legal(steps.mask)
        )
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
            covariance=covariance,
        )
        error = critic.aux
        if length > 1:
            error = tf.reduce_mean(split_time(error, ndims, length), axis=0)
        return Updated(new_state, metrics, error)

    def _transitions(
        self, actor: Any, batch: Transition, alpha: tf.Tensor
    ) -> tuple[_Steps, tf.Tensor]:
        """Returns the transitions, over n steps, and the discounts of the values behind them."""
        off_policy.check_batch(self.spec, batch, self.batch_shape, self.config.n_step)

        def entropy_reward(later: Transition) -> tf.Tensor:
            outputs = self._actor.apply(actor, self._features(later.observation))
            policy = self._head(outputs, self._mask(later.observation))
            return alpha[..., None] * policy.entropy()

        step, bootstrap_discount = off_policy.soft_n_step(
            batch, self.config.n_step, self._discount, entropy_reward
        )
        return self._steps(step, self._features(step.observation)), bootstrap_discount

    def _steps(self, step: Any, observed: tf.Tensor, **sequences: Any) -> _Steps:
        return _Steps(
            step,
            observed,
            self._features(step.next_observation),
            self._mask(step.observation),
            self._mask(step.next_observation),
            **sequences,
        )

    def _sequences(self, state: DiscreteSACState, batch: Transition) -> tuple[_Steps, tf.Tensor]:
        """Returns the steps after the burn-in, with memories, and the discounts behind them."""
        config, ndims = self.config, len(self.batch_shape)
        carry = tf.nest.map_structure(
            lambda x: tf.TensorSpec(x.shape[ndims + 1 :], x.dtype), self.initial_carry(1)
        )
        length = config.sequence_length
        off_policy.check_batch(self.spec, batch, self.batch_shape, length, carry)
        whole, is_first = merge_time(batch, ndims), first_steps(batch)
        observed, memory = self._features(whole.observation), whole.extras
        for_critics = for_ensemble(observed, memory.critic, is_first)
        critics, target_critics = (
            burned_in(self._critic, params, for_critics, config.burn_in)
            for params in (state.critics, state.target_critics)
        )
        for_actor = Sequence(observed, memory.actor, is_first)
        actor = burned_in(self._actor, state.actor, for_actor, config.burn_in)
        step = merge_time(tf.nest.map_structure(lambda x: x[config.burn_in :], batch), ndims)
        alive = 1 - tf.cast(step.terminated, tf.float32)
        steps = self._steps(
            step, actor.observed, actor=actor, critics=critics, target_critics=target_critics
        )
        return steps, self._discount[..., None] * alive

    def _here(self, network: Any, params: Any, steps: _Steps, sequence: Any) -> tf.Tensor:
        """Returns a network's outputs at the observations, through time if it has a memory."""
        if not self.config.memory_size:
            return network.apply(params, steps.observed)
        gru = self._actor if network is self._actor else self._critic
        return gru.read(params, unrolled(gru, params, sequence))

    def _next(self, network: Any, params: Any, steps: _Steps, sequence: Any) -> tf.Tensor:
        """Returns a network's outputs at the next observations."""
        if not self.config.memory_size:
            return network.apply(params, steps.next_observed)
        gru = self._actor if network is self._actor else self._critic
        observed = steps.next_observed
        if gru is self._critic:
            observed = observed[..., None, :, :]
        after = gru.remember(params, unrolled(gru, params, sequence), observed)
        return gru.read(params, after)

    def _features(self, observation: Any) -> tf.Tensor:
        return features.flatten(self.spec.observation, observation)

    def _mask(self, observation: Any) -> tf.Tensor | None:
        return features.action_mask(self.spec.observation, observation)

    def _reduced(self, q: tf.Tensor) -> tf.Tensor:
        """Returns the minimum or the mean of the critics: [*P, E, B, A] -> [*P, B, A]."""
        return self._reduce(q, axis=-3)


def _expectation(policy: Any, q: tf.Tensor) -> tf.Tensor:
    """Returns the mean over actions, [*P, B], of q, [*P, B, A]."""
    return tf.reduce_sum(policy.probs_parameter() * q, axis=-1)
