"""Bootstrapped DQN: deep exploration by an ensemble of randomised value functions.

Each learner has K heads: networks of their own parameters, each added to a fixed random network,
its prior function. The learner draws one head at the start of an episode and follows that head's
greedy policy to the end. Heads disagree where data are few, so that the learner explores there, and
it pursues one hypothesis over a whole episode, where fresh noise at every step would cancel.

Pseudocode for each of the learners, on a minibatch (s, a, r, s', terminated, mask), for every head
k with values Q_k = network_k + prior_scale prior_k:

1. Set y_k = r + gamma (1 - terminated) max_a Q'_k(s', a), where Q'_k has the target network and the
   same prior.
2. Take one gradient step of network_k on mask_k (Q_k(s, a) - y_k)^2. A transition has mask_k = 1
   with probability `mask_probability`, drawn once, when the transition is collected.
3. Every `target_period` updates, move the target networks by a fraction tau towards the networks.

References:
  I. Osband, C. Blundell, A. Pritzel, B. Van Roy (2016), "Deep exploration via bootstrapped DQN",
  https://arxiv.org/abs/1602.04621
  I. Osband, J. Aslanides, A. Cassirer (2018), "Randomized prior functions for deep reinforcement
  learning", https://arxiv.org/abs/1806.03335
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf import draws, losses, networks, optimizers
from maxent_tf.distributions import boltzmann, greedy_action
from maxent_tf.learners import off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.interface import Learner
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Acted, Transition, Updated


@dataclass(frozen=True, eq=False)
class BootstrappedDQNConfig:
    """The hyperparameters of `BootstrappedDQN`.

    Those that say so may be tensors that broadcast to `P`. The defaults are those of the agent with
    which the authors of bsuite solve DeepSea (Osband et al. 2020, https://arxiv.org/abs/1908.03568),
    with a bootstrap mask.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features, which the hidden
        layers of every head then take as their inputs.
      hidden_sizes: The widths of each head's hidden layers.
      activation: The activation function of the hidden layers, "relu" or "tanh".
      optimizer: The optimiser. Its learning rate may be a tensor that broadcasts to `P`. A number
        stands for `Adam` with that learning rate.
      discount: The discount factor gamma, in [0, 1]; may be a tensor that broadcasts to `P`.
      num_heads: K, the number of heads.
      prior_scale: The factor of the prior functions, at least 0; may be a tensor that broadcasts to
        `P`. With 0, the heads differ only in their initial parameters and in their data.
      mask_probability: The probability, in (0, 1], with which a head learns from a transition. With
        1, all heads learn from all transitions.
      tau: The fraction, in (0, 1], by which the target networks move towards the networks; may be a
        tensor that broadcasts to `P`.
      target_period: The number of updates after which the target networks move; with tau = 1, they
        then become copies of the networks.
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
    hidden_sizes: tuple[int, ...] = (50, 50)
    activation: str = "relu"
    optimizer: Any = field(default_factory=lambda: optimizers.Adam(1e-3))
    discount: Any = 0.99
    num_heads: int = 20
    prior_scale: Any = 3.0
    mask_probability: float = 0.5
    tau: Any = 1.0
    target_period: int = 4
    batch_size: int = 128
    replay_capacity: int = 100_000
    learning_starts: int = 128
    updates_per_step: float = 1

    def __post_init__(self) -> None:
        off_policy.check_config(self)
        validation.positive_integer("num_heads", self.num_heads)
        validation.positive_integer("target_period", self.target_period)
        validation.not_negative("prior_scale", self.prior_scale)
        validation.in_range("mask_probability", self.mask_probability, 0, 1, above=True)


class BootstrapMask(NamedTuple):
    """The extras of a transition.

    Attributes:
      mask: [*P, B, K], bool, the heads that learn from the transition.
    """

    mask: tf.Tensor


class BootstrappedDQNState(NamedTuple):
    """The whole state of a learner; every tensor but the count of updates has `P` in front.

    Attributes:
      heads: The parameters of the heads, [*P, K, ...].
      priors: The parameters of their prior functions, [*P, K, ...], which are never trained.
      target_heads: The parameters of the target networks, [*P, K, ...].
      optimizer: The state of the optimiser.
      updates: The number of updates so far, int32.
    """

    heads: Any
    priors: Any
    target_heads: Any
    optimizer: Any
    updates: tf.Tensor


class BootstrappedDQNMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      loss: Half the mean squared Bellman error, summed over heads.
      q: The mean value of the actions taken, over transitions and heads.
      disagreement: The standard deviation over heads of the value of an action taken, averaged over
        transitions. It falls where the learner has data.
      grad_norm: The global norm of the gradient.
    """

    loss: tf.Tensor
    q: tf.Tensor
    disagreement: tf.Tensor
    grad_norm: tf.Tensor


class BootstrappedDQN(Learner):
    """Value-based learning of discrete actions that explores by an ensemble with prior functions.

    The carry is the head, [*P, B], int32, that each environment follows in its episode; it is -1
    before the head is drawn. The extras are a
    `BootstrapMask`.

    Args:
      spec: The specification of the environment, whose actions must be discrete.
      config: The hyperparameters; None for the defaults.
      batch_shape: The batch shape `P`: the number and arrangement of independent learners.

    Raises:
      ValueError: If the actions are not discrete, or a tensor among the hyperparameters does not
        broadcast to `batch_shape`.
    """

    metric_names = BootstrappedDQNMetrics._fields

    def __init__(
        self,
        spec: EnvironmentSpec,
        config: BootstrappedDQNConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.config = config = validation.as_config(spec, config, BootstrappedDQNConfig)
        self.num_actions = validation.discrete_actions("BootstrappedDQN", spec)
        self.spec = spec
        self.batch_shape = validation.as_batch_shape(batch_shape)
        self.experience = off_policy.experience(config, self.batch_shape)
        self.discount = config.discount
        validation.check_optimizer("optimizer", config.optimizer, self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._tau = validation.per_learner("tau", config.tau, self.batch_shape)
        self._prior_scale = validation.per_learner(
            "prior_scale", config.prior_scale, self.batch_shape
        )
        one = make_approximator(spec, config, self.num_actions)
        self._heads = networks.Ensemble(one, config.num_heads)

    def init(self, seed: Any) -> BootstrappedDQNState:
        """Returns a fresh state.

        Args:
          seed: An integer, or a seed of shape [2], int32.
        """
        head_seed, prior_seed = tf.unstack(draws.split(as_seed(seed), 2))
        heads = self._heads.init(head_seed, self.batch_shape)
        return BootstrappedDQNState(
            heads=heads,
            priors=self._heads.init(prior_seed, self.batch_shape),
            target_heads=tf.nest.map_structure(tf.identity, heads),
            optimizer=self.config.optimizer.init(heads),
            updates=tf.constant(0),
        )

    def q(self, state: BootstrappedDQNState, observation: Any) -> tf.Tensor:
        """Returns the values of every action by every head, [*P, K, B, A]."""
        validation.check_state_kind(self, state, BootstrappedDQNState)
        observed = self._features(observation)
        return self._values(state.heads, self._prior(state, observed), observed)

    def policy(self, state: BootstrappedDQNState, observation: Any) -> tfd.Categorical:
        """Returns the distribution of the action of a head that is drawn at random.

        Args:
          state: The state of the learners.
          observation: [*P, B, *O], of the dtype that the environment's specification gives.

        Returns:
          A categorical distribution of batch shape [*P, B]: each head's greedy actions, averaged
          over heads. Its mode is the majority vote of the heads.
        """
        votes = self._greedy(self._legal(self.q(state, observation), observation))
        return tfd.Categorical(probs=tf.reduce_mean(votes.probs_parameter(), axis=-3))

    def initial_carry(self, num_envs: Any) -> tf.Tensor:
        """Returns -1 for every environment: its head is drawn at the first step."""
        return tf.fill([*self.batch_shape, num_envs], -1)

    def act(
        self,
        state: BootstrappedDQNState,
        carry: tf.Tensor,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Acts greedily by the episode's head or, without exploration, by the majority of heads."""
        del world
        head_seed, mask_seed, tie_seed = tf.unstack(draws.split(as_seed(seed), 3))
        num_heads = self.config.num_heads
        head = tf.where(carry < 0, draws.integers(tf.shape(carry), head_seed, num_heads), carry)
        if explore:
            q = self._legal(self.q(state, observation), observation)
            # Axes of heads and environments change places: [*P, K, B, A] -> [*P, B, A].
            chosen = tf.linalg.matrix_transpose(tf.one_hot(head, num_heads, True, False))
            own = tf.reduce_sum(tf.where(chosen[..., None], q, 0), axis=-3)
            action = self._greedy(own).sample(seed=tie_seed)
        else:
            action = greedy_action(self.policy(state, observation))
        shape = tf.concat([tf.shape(carry), [num_heads]], axis=0)
        mask = draws.uniform(shape, mask_seed) < self.config.mask_probability
        mask = tf.ensure_shape(mask, [*carry.shape, num_heads])
        return Acted(action, head, BootstrapMask(mask))

    def update(
        self,
        state: BootstrappedDQNState,
        batch: Transition,
        *,
        seed: Any = None,
        weight: Any = None,
    ) -> Updated:
        """Makes one update of all heads and their target networks.

        Args:
          state: The state of the learners.
          batch: The transitions, fields [*P, B, ...], all valid, with the extras
            that `act` returned.
          seed: Not used, because the update is deterministic.
          weight: [*P, B], importance weights in the loss; None is 1.

        Returns:
          The new state, and `BootstrappedDQNMetrics`.
        """
        validation.check_state_kind(self, state, BootstrappedDQNState)
        del seed
        extras = BootstrapMask(tf.TensorSpec([self.config.num_heads], tf.bool))
        off_policy.check_batch(self.spec, batch, self.batch_shape, 1, extras)
        observed = self._features(batch.observation)
        next_observed = self._features(batch.next_observation)
        prior, next_prior = self._prior(state, observed), self._prior(state, next_observed)
        next_q = self._legal(
            self._values(state.target_heads, next_prior, next_observed), batch.next_observation
        )
        discount = self._discount[..., None] * (1 - tf.cast(batch.terminated, tf.float32))
        target = (batch.reward[..., None, :]) + discount[..., None, :] * tf.reduce_max(next_q, -1)
        counts = tf.linalg.matrix_transpose(tf.cast(batch.extras.mask, tf.float32))
        if weight is not None:
            counts *= weight[..., None, :]
        action = tf.broadcast_to(batch.action[..., None, :], tf.shape(target))

        def loss(heads: Any) -> tuple[tf.Tensor, tf.Tensor]:
            taken = off_policy.of_action(self._values(heads, prior, observed), action)
            each = losses.squared_error_loss(taken, target, weight=counts)
            return tf.reduce_sum(each, axis=-1), taken

        descent = optimizers.gradient_step(
            loss, state.heads, self.config.optimizer, state.optimizer, len(self.batch_shape)
        )
        updates = state.updates + 1
        due = tf.cast(updates % self.config.target_period == 0, tf.float32)
        new_state = state._replace(
            heads=descent.params,
            target_heads=off_policy.follow(state.target_heads, descent.params, due * self._tau),
            optimizer=descent.optimizer,
            updates=updates,
        )
        taken = descent.aux
        metrics = BootstrappedDQNMetrics(
            loss=descent.loss,
            q=tf.reduce_mean(taken, axis=[-2, -1]),
            disagreement=tf.reduce_mean(tf.math.reduce_std(taken, axis=-2), axis=-1),
            grad_norm=descent.grad_norm,
        )
        return Updated(new_state, metrics)

    def _prior(self, state: BootstrappedDQNState, observed: tf.Tensor) -> tf.Tensor:
        """Returns the prior functions times their scale, [*P, K, B, A]."""
        return self._prior_scale[..., None, None, None] * self._heads.apply(state.priors, observed)

    def _values(self, heads: Any, prior: tf.Tensor, observed: tf.Tensor) -> tf.Tensor:
        """Returns the values of every head, [*P, K, B, A]."""
        return self._heads.apply(heads, observed) + prior

    def _legal(self, q: tf.Tensor, observation: Any) -> tf.Tensor:
        """Returns the values, [*P, K, B, A], with -inf for illegal actions."""
        mask = features.action_mask(self.spec.observation, observation)
        if mask is None:
            return q
        return tf.where(mask[..., None, :, :], q, tf.constant(-np.inf, q.dtype))

    def _greedy(self, q: tf.Tensor) -> tfd.Categorical:
        """Returns the greedy distribution, which shares its probability among equal values."""
        return boltzmann(q, 0.0)

    def _features(self, observation: Any) -> tf.Tensor:
        return features.flatten(self.spec.observation, observation)
