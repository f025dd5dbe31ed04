"""Soft DQN: deep Q-learning with a regularised maximum, batched over learners.

Pseudocode for each of the learners, on a minibatch (s, a, r, s', terminated), with the target
network's values Q':

1. Set y = r + gamma (1 - terminated) V'(s'), where V' = max_pi <pi, Q'> + alpha Omega(pi). For
   Shannon's entropy, V' is alpha log sum_a exp(Q'_a / alpha); at alpha = 0 it is the maximum.
2. Munchausen: add c [alpha log pi'(a|s)], clipped to [l, 0], to y, with pi' = softmax(Q' / alpha).
3. Take one gradient step of Q on the squared error of Q(s, a) to y.
4. Take one step of the temperature towards its target entropy, unless it is fixed or scheduled.
5. Every `target_period` updates, move the target network by a fraction tau towards the network.

The learner acts by the policy that attains the regularised maximum: for Shannon's entropy, the
Boltzmann policy. At alpha = 0 with an epsilon-greedy behaviour, the learner is DQN. With `double`
it is double DQN: the policy pi in step 1 is that of the online network, computed from Q, and
V' = <pi, Q'> + alpha Omega(pi).

References:
  T. Haarnoja et al. (2017), "Reinforcement learning with deep energy-based policies", section 3,
  https://arxiv.org/abs/1702.08165
  N. Vieillard, O. Pietquin, M. Geist (2020), "Munchausen reinforcement learning",
  https://arxiv.org/abs/2007.14430
  V. Mnih et al. (2015), "Human-level control through deep reinforcement learning",
  https://doi.org/10.1038/nature14236
  H. van Hasselt, A. Guez, D. Silver (2016), "Deep reinforcement learning with double Q-learning",
  https://arxiv.org/abs/1509.06461
  M. Fortunato et al. (2018), "Noisy networks for exploration", https://arxiv.org/abs/1706.10295
  (noise on the weights)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf import losses, networks, operators, optimizers
from maxent_tf.checks import boolean
from maxent_tf.distributions import boltzmann
from maxent_tf.exploration import Behaviour
from maxent_tf.learners import off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.interface import Learner
from maxent_tf.learners.noisy import check_seed, to_act, to_learn
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.regularizers import Regularizer, Shannon
from maxent_tf.replay import NStepTransition, Priorities
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Acted, Transition, Updated


@dataclass(frozen=True, eq=False)
class SoftDQNConfig:
    """The hyperparameters of `SoftDQN`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features, which the hidden
        layers then take as their inputs.
      hidden_sizes: The widths of the hidden layers. An empty tuple makes Q linear, which on one-hot
        observations is a table.
      activation: The activation function of the hidden layers, "relu" or "tanh".
      optimizer: The optimiser. Its learning rate may be a tensor that broadcasts to `P`. A number
        stands for `Adam` with that learning rate.
      discount: The discount factor gamma, in [0, 1]; may be a tensor that broadcasts to `P`.
      alpha: The temperature of the values and of the policy, in reward per nat: a number or tensor
        that broadcasts to `P`, a schedule over updates, or an `AutoTemperature`. At 0 the policy
        is greedy, and explores only by a `behaviour`, by noise on the weights (`noisy`) and during
        `learning_starts`.
      behaviour: The way in which the learner chooses actions while it explores, such as
        `exploration.EpsilonGreedy()`. None draws actions from the policy itself.
      noisy: The noise on the weights of the dense layers of the network, `networks.NoisyLayers`;
        None for none. The noise is drawn anew for every step, and in every update independently
        for the network, for the target network and, with `double`, for the network that chooses
        actions. Evaluation acts without noise. A `network` of your own has no noise; the layers
        behind it have.
      double: Whether the target network evaluates the policy of the online network instead of its
        own.
      regularizer: The regulariser that the temperature multiplies.
      munchausen: c in [0, 1], the fraction of the scaled log-policy that is added to the reward;
        may be a tensor that broadcasts to `P`. The paper's is .9, with alpha = .03 for rewards in
        [-1, 1].
      munchausen_floor: l, at most 0, in units of reward: the lower bound of the scaled log-policy,
        before it is multiplied by c.
      tau: The fraction, in (0, 1], by which the target network moves towards the network; may be a
        tensor that broadcasts to `P`.
      target_period: The number of updates after which the target network moves; with tau = 1, it
        then becomes a copy of the network.
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

    Raises:
      ValueError: If a value is out of its range, a name is unknown, or Munchausen targets are asked
        for with another regulariser than Shannon's entropy or together with `double`.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    discount: Any = 0.99
    alpha: Any = 0.03
    behaviour: Behaviour | None = None
    noisy: networks.NoisyLayers | None = None
    double: bool = False
    regularizer: Regularizer = Shannon()
    munchausen: Any = 0.0
    munchausen_floor: float = -1.0
    tau: Any = 0.005
    target_period: int = 1
    batch_size: int = 256
    replay_capacity: int = 1_000_000
    learning_starts: int = 100
    updates_per_step: float = 1
    n_step: int = 1
    priorities: Priorities | None = None

    def __post_init__(self) -> None:
        off_policy.check_config(self)
        validation.positive_integer("target_period", self.target_period)
        validation.in_range("munchausen", self.munchausen, 0, 1)
        validation.in_range("munchausen_floor", self.munchausen_floor, -np.inf, 0)
        functions = (getattr(self.regularizer, x, None) for x in ("value", "soft_max", "greedy"))
        is_class = isinstance(self.regularizer, type)
        if is_class or not all(map(callable, functions)):
            raise ValueError(
                "regularizer must be one of maxent_tf.regularizers, such as Tsallis(), not "
                f"{self.regularizer!r}."
            )
        if not isinstance(self.behaviour, Behaviour | None) or isinstance(self.behaviour, type):
            raise ValueError(
                "behaviour must be one of maxent_tf.exploration, such as EpsilonGreedy(0.05), or "
                f"None, not {self.behaviour!r}."
            )
        boolean("double", self.double)
        if self.double and np.any(self.munchausen):
            raise ValueError(
                f"munchausen={self.munchausen} takes the policy from the target network, and "
                "double=True from the online one: leave one of the two out."
            )
        if np.any(self.munchausen) and not isinstance(self.regularizer, Shannon):
            raise ValueError(
                f"munchausen={self.munchausen} adds the logarithm of a Boltzmann policy and does "
                f"not go with regularizer={self.regularizer}: leave one of the two out."
            )


class SoftDQNState(NamedTuple):
    """The whole state of a learner; every tensor but the count of updates has `P` in front."""

    network: Any
    target_network: Any
    optimizer: Any
    temperature: Any
    updates: tf.Tensor


class SoftDQNMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      loss: Half the mean squared soft Bellman error.
      entropy: The mean Shannon entropy, in nats, of the policy, whatever the behaviour. With a
        `noisy` network, it is the policy with the noise of this update, as in the other metrics.
      alpha: The temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 where it sits on
        its upper bound, else 0. A temperature on a bound cannot reach its entropy target.
      q: The mean value of the actions taken.
      grad_norm: The global norm of the gradient.
    """

    loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    q: tf.Tensor
    grad_norm: tf.Tensor


class SoftDQN(Learner):
    """Value-based learning of discrete actions: soft, sparse, hard and Munchausen Q-learning.

    Args:
      spec: The specification of the environment, whose actions must be discrete.
      config: The hyperparameters; None for the defaults.
      batch_shape: The batch shape `P`: the number and arrangement of independent learners.

    Raises:
      ValueError: If the actions are not discrete, a tensor among the hyperparameters does not
        broadcast to `batch_shape`, or a target entropy cannot be met.
    """

    metric_names = SoftDQNMetrics._fields

    def __init__(
        self,
        spec: EnvironmentSpec,
        config: SoftDQNConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.config = config = validation.as_config(spec, config, SoftDQNConfig)
        self.num_actions = validation.discrete_actions("SoftDQN", spec)
        self.spec = spec
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = off_policy.experience(
            config, self.batch_shape, config.n_step, config.priorities
        )
        self.discount = config.discount
        self._temperature = as_temperature(config.alpha, spec.action, self.batch_shape)
        validation.check_optimizer("optimizer", config.optimizer, self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._tau = validation.per_learner("tau", config.tau, self.batch_shape)
        self._munchausen = validation.per_learner("munchausen", config.munchausen, self.batch_shape)
        self._network = make_approximator(spec, config, self.num_actions, noisy=config.noisy)

    def init(self, seed: Any) -> SoftDQNState:
        """Returns a fresh state.

        Args:
          seed: An integer, or a seed of shape [2], int32.
        """
        network = self._network.init(as_seed(seed), self.batch_shape)
        return SoftDQNState(
            network=network,
            target_network=tf.nest.map_structure(tf.identity, network),
            optimizer=self.config.optimizer.init(network),
            temperature=self._temperature.init(),
            updates=tf.constant(0),
        )

    def policy(self, state: SoftDQNState, observation: tf.Tensor) -> Any:
        """Returns the action distribution.

        Args:
          state: The state of the learners.
          observation: [*P, B, *O], of the dtype that the environment's specification gives.

        Returns:
          A categorical distribution of batch shape [*P, B]: the policy that attains the regularised
          maximum of Q at the temperature alpha.
        """
        validation.check_state_kind(self, state, SoftDQNState)
        alpha = self._temperature.alpha(state.temperature)
        return self._policy(self._legal_q(state.network, observation), alpha)

    def q(self, state: SoftDQNState, observation: tf.Tensor) -> tf.Tensor:
        """Returns the values of every action, [*P, B, A]."""
        validation.check_state_kind(self, state, SoftDQNState)
        return self._network.apply(state.network, self._features(observation))

    def act(
        self,
        state: SoftDQNState,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Chooses actions, by the behaviour where there is one: see `Learner.act`."""
        validation.check_state_kind(self, state, SoftDQNState)
        network, seed = to_act(self.config, self._network, state.network, seed, explore)
        state, behaviour = state._replace(network=network), self.config.behaviour
        if behaviour is None or not explore:
            return super().act(state, carry, observation, seed=seed, explore=explore, world=world)
        q = self._legal_q(state.network, observation)
        return Acted(behaviour.distribution(q, state.updates).sample(seed=as_seed(seed)), carry)

    def update(
        self, state: SoftDQNState, batch: Transition, *, seed: Any = None, weight: Any = None
    ) -> Updated:
        """Makes one update of the network, the temperature and the target network.

        Args:
          state: The state of the learners.
          batch: The transitions, fields [*P, B, ...], all valid; [n, *P, B, ...] if `n_step` is
            above 1.
          seed: An integer, or a seed of shape [2], int32, for the noise of a `noisy` network.
            Without noise, the update is deterministic and needs no seed.
          weight: [*P, B], importance weights in the loss; None is 1.

        Returns:
          The new state, `SoftDQNMetrics`, and the absolute Bellman errors of the transitions before
          the update.

        Raises:
          ValueError: If the batch does not fit, or if there is no seed for the noise.
        """
        validation.check_state_kind(self, state, SoftDQNState)
        check_seed(self.config, seed)
        off_policy.check_batch(self.spec, batch, self.batch_shape, self.config.n_step)
        alpha = self._temperature.alpha(state.temperature)
        noisy_state = state._replace(
            network=to_learn(self.config, self._network, state.network, seed, 1),
            target_network=to_learn(self.config, self._network, state.target_network, seed, 2),
        )
        step = off_policy.soft_n_step(
            batch,
            self.config.n_step,
            self._discount,
            lambda later: self._entropy_reward(noisy_state, later, alpha),
        )
        observed = self._features(step.transition.observation)
        target = self._target(noisy_state, observed, step, alpha)

        def loss(network: Any) -> tuple[tf.Tensor, Any]:
            noisy = to_learn(self.config, self._network, network, seed, 0)
            q = self._network.apply(noisy, observed)
            taken = off_policy.of_action(q, step.transition.action)
            return losses.squared_error_loss(taken, target, weight=weight), (q, taken)

        descent = optimizers.gradient_step(
            loss, state.network, self.config.optimizer, state.optimizer, len(self.batch_shape)
        )
        q, taken = descent.aux
        legal = self._legal(q, step.transition.observation)
        entropy = tf.reduce_mean(self._policy(legal, alpha).entropy(), axis=-1)
        temperature, bound = self._temperature.update(state.temperature, entropy)
        updates = state.updates + 1
        due = tf.cast(updates % self.config.target_period == 0, tf.float32)
        new_state = SoftDQNState(
            network=descent.params,
            target_network=off_policy.follow(state.target_network, descent.params, due * self._tau),
            optimizer=descent.optimizer,
            temperature=temperature,
            updates=updates,
        )
        metrics = SoftDQNMetrics(
            loss=descent.loss,
            entropy=entropy,
            alpha=alpha,
            alpha_bound=bound,
            q=tf.reduce_mean(taken, axis=-1),
            grad_norm=descent.grad_norm,
        )
        return Updated(new_state, metrics, tf.abs(taken - target))

    def _target(
        self, state: SoftDQNState, observed: tf.Tensor, step: NStepTransition, alpha: tf.Tensor
    ) -> tf.Tensor:
        """Returns the target of the values of the actions taken, [*P, B]."""
        (transition, discount), config = step, self.config
        next_q = self._legal_q(state.target_network, transition.next_observation)
        if np.any(config.munchausen):
            q = self._network.apply(state.target_network, observed)
            return operators.munchausen_target(
                transition.reward,
                discount,
                self._legal(q, transition.observation),
                transition.action,
                next_q,
                alpha[..., None],
                self._munchausen[..., None],
                config.munchausen_floor,
            )
        if config.double:
            chosen = self._legal_q(state.network, transition.next_observation)
            policy = config.regularizer.greedy(chosen, alpha[..., None])
            # An illegal action's -inf must not meet its probability of 0.
            mean = tf.reduce_sum(policy * tf.where(policy > 0, next_q, 0), axis=-1)
            omega = config.regularizer.value(policy)
            value = mean + tf.math.multiply_no_nan(omega, alpha[..., None])
        else:
            value = operators.soft_value(next_q, alpha[..., None], config.regularizer)
        return transition.reward + discount * value

    def _entropy_reward(
        self, state: SoftDQNState, later: Transition, alpha: tf.Tensor
    ) -> tf.Tensor:
        """Returns what the target adds to the rewards of the steps in between, [*P, (n - 1) B]."""
        network = state.network if self.config.double else state.target_network
        q = self._legal_q(network, later.observation)
        alpha = alpha[..., None]
        omega = self.config.regularizer.value(self.config.regularizer.greedy(q, alpha))
        entropy_reward = tf.math.multiply_no_nan(omega, alpha)
        if not np.any(self.config.munchausen):
            return entropy_reward
        return entropy_reward + operators.munchausen_bonus(
            q, later.action, alpha, self._munchausen[..., None], self.config.munchausen_floor
        )

    def _legal_q(self, network: Any, observation: Any) -> tf.Tensor:
        """A network's values [*P, B, A], -inf of illegal actions."""
        return self._legal(self._network.apply(network, self._features(observation)), observation)

    def _legal(self, q: tf.Tensor, observation: Any) -> tf.Tensor:
        """Returns the values, [*P, B, A], with -inf for illegal actions."""
        mask = features.action_mask(self.spec.observation, observation)
        return q if mask is None else tf.where(mask, q, tf.constant(-np.inf, q.dtype))

    def _features(self, observation: tf.Tensor) -> tf.Tensor:
        return features.flatten(self.spec.observation, observation)

    def _policy(self, q: tf.Tensor, alpha: tf.Tensor) -> Any:
        return boltzmann(q, alpha[..., None], self.config.regularizer)
