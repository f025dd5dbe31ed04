"""SAC: the soft actor-critic with twin critics and automatic temperature, batched over learners.

Pseudocode for each of the learners, on a minibatch (s, a, r, s', terminated):

1. Draw a' ~ pi(s') and set y = r + gamma (1 - terminated) (min_i Q'_i(s', a') + alpha H').
   H' is the entropy that the action has when it is scaled to [-1, 1].
2. Take one gradient step of every critic on the squared error to y.
3. Take one gradient step of the actor on -mean(min_i Q_i(s, a_theta) + alpha H_theta), where
   a_theta is drawn by reparameterisation.
4. Take one step of the temperature towards the target entropy, unless it is fixed or scheduled.
5. Move the target critics by a fraction tau towards the critics.

Critics take actions scaled to [-1, 1], and the entropy that is added to the return is that of
scaled actions. The result of learning therefore does not depend on the unit of the environment's
actions. In the environment's unit, the entropy of every step would be larger by the sum of
log((high - low) / 2) over the dimensions, which would reward long episodes. Distributions, target
entropies and the entropy among the metrics stay in the environment's unit.

References:
  T. Haarnoja et al. (2018), "Soft actor-critic algorithms and applications",
  https://arxiv.org/abs/1812.05905
  A. Raffin, J. Kober, F. Stulp (2021), "Smooth exploration for robotic reinforcement learning",
  https://arxiv.org/abs/2005.05719 (state-dependent exploration)
  X. Chen, C. Wang, Z. Zhou, K. Ross (2021), "Randomized ensembled double Q-learning: learning fast
  without a model", https://arxiv.org/abs/2101.05982 (a minimum over a random subset of critics)
  M. Fortunato et al. (2018), "Noisy networks for exploration", https://arxiv.org/abs/1706.10295
  (noise on the weights)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws, losses, networks, operators, optimizers, replicas
from maxent_tf.axes import sizes
from maxent_tf.distributions import Bounds, greedy_action
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import entropy_estimators, off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.gaussian_policy import check_exploration, head_and_network
from maxent_tf.learners.interface import Learner
from maxent_tf.learners.noisy import to_act, to_learn
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.replay import Priorities
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Acted, Transition, Updated


@dataclass(frozen=True, eq=False)
class SACConfig:
    """The hyperparameters of `SAC`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features. The hidden layers
        then take these features as their inputs, in critics together with the action.
      hidden_sizes: The widths of the hidden layers of the actor and of every critic.
      activation: The activation function of the hidden layers, "relu" or "tanh".
      actor_optimizer: The optimiser of the policy. Its learning rate may be a tensor that
        broadcasts to `P`. A number stands for `Adam` with that learning rate.
      critic_optimizer: The optimiser of the critics, with the same choices as `actor_optimizer`.
      num_critics: The number of critics in the ensemble whose minimum is used; 2 in the paper.
      target_subset: The number of critics, drawn anew for every update, whose minimum a target
        takes. The actor then follows the mean of all critics (Chen et al. 2021, who take 2 of 10
        critics and 20 updates per step). With None, both take the minimum of all critics.
      num_components: The number of components of the policy, a mixture of squashed Gaussians; 1, a
        single Gaussian, is the paper's. The entropy of a mixture has no closed form. Every
        expectation under the policy is exact over the components and uses one action of each
        component, so that the critics cost as many times more.
      exploration: How a Gaussian policy explores. None explores by fresh noise at every step.
        `exploration.StateDependentExploration` explores by noise that is a function of the state;
        its scale takes the place of `initial_stddev`.
      noisy: The noise on the weights of the dense layers of the actor, `networks.NoisyLayers`;
        None for none. The noise is drawn anew for every step and for every use in an update.
        Evaluation acts without noise. A `network` of your own has no noise; the layers behind it
        have.
      discount: The discount factor gamma, in [0, 1]; may be a tensor that broadcasts to `P`.
      tau: The fraction, in (0, 1], by which every update moves the target critics towards the
        critics; may be a tensor that broadcasts to `P`.
      alpha: The temperature, in reward per nat: a number or tensor that broadcasts to `P`, a
        schedule over updates, an `AutoTemperature`, or "auto". "auto" is an automatic temperature
        with initial value 1, learning rate 3e-4 and as its target entropy minus the number of
        action dimensions.
      entropy_estimator: How the entropy enters every loss. "sample" is the surprise (the negative
        log-likelihood) of the one action drawn, as in the paper. "exact" is the entropy itself.
        "path" is the surprise of the one action without its score term in the actor's gradient (see
        `entropy_estimators.draw`). A function of your own takes a policy of batch shape [*P, B]
        and a seed, [2] int32, and returns actions, [*P, B, D], and entropies, [*P, B], in nats.
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
      log_std_range: The range to which the log standard deviation of the pre-tanh Gaussian is
        clipped. With state-dependent exploration, it is the range for the entries of the noise
        matrix.
      initial_stddev: The standard deviation of the pre-tanh Gaussian of a fresh policy, whose
        location is near 0.

    Raises:
      ValueError: If a value is out of its range, a name is unknown, or two values cannot be
        combined.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    actor_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    critic_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4))
    num_critics: int = 2
    target_subset: int | None = None
    num_components: int = 1
    exploration: StateDependentExploration | None = None
    noisy: networks.NoisyLayers | None = None
    discount: Any = 0.99
    tau: Any = 0.005
    alpha: Any = "auto"
    entropy_estimator: Any = "sample"
    batch_size: int = 256
    replay_capacity: int = 1_000_000
    learning_starts: int = 100
    updates_per_step: float = 1
    n_step: int = 1
    priorities: Priorities | None = None
    log_std_range: tuple[float, float] = (-5.0, 2.0)
    initial_stddev: float = 1.0

    def __post_init__(self) -> None:
        if not callable(self.entropy_estimator):
            validation.one_of("entropy_estimator", self.entropy_estimator, entropy_estimators.NAMES)
        validation.positive_integer("num_critics", self.num_critics)
        validation.positive_integer("num_components", self.num_components)
        if self.target_subset is not None:
            validation.positive_integer("target_subset", self.target_subset)
            if self.target_subset > self.num_critics:
                raise ValueError(
                    f"target_subset={self.target_subset} must be at most "
                    f"num_critics={self.num_critics}."
                )
        check_exploration(self)
        if self.num_components > 1 and self.entropy_estimator not in ("sample", "path"):
            raise ValueError(
                f"entropy_estimator={self.entropy_estimator!r} does not go with "
                f"num_components={self.num_components}: the entropy of a mixture has no closed "
                'form, and is estimated by an action of each; take "sample" or "path".'
            )
        if self.num_components > 1 and self.exploration is not None:
            raise ValueError(
                f"exploration={self.exploration} does not go with "
                f"num_components={self.num_components}: leave one of the two out."
            )
        off_policy.check_config(self)


class SACMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: Minus the mean of the smallest critic plus alpha times the entropy.
      critic_loss: Half the mean squared soft Bellman error, summed over critics.
      entropy: The mean entropy estimate that the actor's loss used, in nats, of actions in the
        environment's unit.
      alpha: The temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 where it sits on
        its upper bound, else 0. A temperature on a bound cannot reach its entropy target.
      q: The mean smallest critic at the actor's actions. It includes the entropies of later steps,
        which are those of actions scaled to [-1, 1] (see `SAC`).
      actor_grad_norm: The global norm of the actor's gradient.
      critic_grad_norm: The global norm of the gradient of all critics together.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    q: tf.Tensor
    actor_grad_norm: tf.Tensor
    critic_grad_norm: tf.Tensor


class SACState(NamedTuple):
    """The state of a SAC learner; tensors have `P` in front, those of critics an axis behind it."""

    actor: Any
    critics: Any
    target_critics: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any


class SAC(Learner):
    """The soft actor-critic for bounded continuous actions.

    Args:
      spec: The specification of the environment, whose actions must be a vector with finite bounds.
      config: The hyperparameters; None for the defaults.
      batch_shape: The batch shape `P`: the number and arrangement of independent learners.

    Raises:
      ValueError: If the actions are not such a vector, a tensor among the hyperparameters does
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
        period = 1 if config.exploration is None else config.exploration.period
        self.experience = off_policy.experience(
            config, self.batch_shape, config.n_step, config.priorities
        )._replace(seed_period=period)
        self.discount = config.discount
        self._temperature = as_temperature(
            config.alpha, spec.action, self.batch_shape, auto="minus_dim"
        )
        for name in ("actor_optimizer", "critic_optimizer"):
            validation.check_optimizer(name, getattr(config, name), self.batch_shape)
        self._discount = validation.per_learner("discount", config.discount, self.batch_shape)
        self._tau = validation.per_learner("tau", config.tau, self.batch_shape)
        self._head, self._actor = head_and_network(spec, config)
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
          seed: An integer, or a seed of shape [2], int32.
        """
        actor_seed, critic_seed = tf.unstack(draws.split(as_seed(seed), 2))
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
          state: The state of the learners.
          observation: [*P, B, *O], float32.

        Returns:
          A `SquashedGaussian`, or a mixture of such, of batch shape [*P, B] and event shape [D].
        """
        validation.check_state_kind(self, state, SACState)
        return self._policy(state.actor, self._features(observation))

    def act(
        self,
        state: SACState,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Draws actions or, without exploration, takes the actions of `greedy_action`.

        With state-dependent exploration, the actions for one seed are a function of the state. Each
        of the B environments has its own noise, and over seeds the actions follow the policy.
        """
        del world
        validation.check_state_kind(self, state, SACState)
        actor, seed = to_act(self.config, self._actor, state.actor, seed, explore)
        outputs = self._actor.apply(actor, self._features(observation))
        if not explore:
            return Acted(greedy_action(self._head(outputs)), carry)
        if self.config.exploration is None:
            return Acted(self._head(outputs).sample(seed=seed), carry)
        return Acted(self._head.sample(outputs, seed), carry)

    def q(self, state: SACState, observation: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the smallest critic's value, [*P, B], of actions [*P, B, D].

        The actions are in the environment's unit. The entropies of later steps that are part of the
        value are those of actions scaled to [-1, 1].
        """
        validation.check_state_kind(self, state, SACState)
        return self._smallest_q(state.critics, self._features(observation), action)

    def update(
        self, state: SACState, batch: Transition, *, seed: Any, weight: Any = None
    ) -> Updated:
        """Makes one update of critics, actor, temperature and target critics.

        Args:
          state: The state of the learners.
          batch: The transitions, fields [*P, B, ...], all valid; [n, *P, B, ...] if `n_step` is
            above 1.
          seed: An integer, or a seed of shape [2], int32, for the actions and the noise drawn.
          weight: [*P, B], importance weights in the critics' loss; None is 1.

        Returns:
          The new state, `SACMetrics`, and the absolute Bellman errors of the transitions before the
          update, averaged over the critics.
        """
        validation.check_state_kind(self, state, SACState)
        off_policy.check_batch(self.spec, batch, self.batch_shape, self.config.n_step)
        config, ndims = self.config, len(self.batch_shape)
        next_seed, actor_seed = tf.unstack(draws.split(as_seed(seed), 2))
        alpha = self._temperature.alpha(state.temperature)
        next_actor = to_learn(config, self._actor, state.actor, seed, 1)

        def entropy_reward(later: Transition) -> tf.Tensor:
            policy = self._policy(next_actor, self._features(later.observation))
            entropy = self._entropy(policy, draws.fold_in(next_seed, 1), config.n_step - 1)
            return alpha[..., None] * (entropy - self._log_volume)

        step, bootstrap_discount = off_policy.soft_n_step(
            batch, config.n_step, self._discount, entropy_reward
        )
        observed = self._features(step.observation)
        next_observed = self._features(step.next_observation)

        next_q, next_entropy = self._value(
            self._policy(next_actor, next_observed),
            functools.partial(self._smallest_q, self._subset(state.target_critics, seed)),
            next_observed,
            next_seed,
        )
        target = operators.soft_q_target(
            step.reward, bootstrap_discount, next_q, next_entropy - self._log_volume, alpha
        )

        def critic_loss(critics: Any) -> tuple[tf.Tensor, Any]:
            q = self._all_q(critics, observed, step.action)
            return off_policy.ensemble_loss(q, target, weight)

        critic = optimizers.gradient_step(
            critic_loss, state.critics, config.critic_optimizer, state.critic_optimizer, ndims
        )

        reduced_q = self._smallest_q if config.target_subset is None else self._mean_q

        def actor_loss(actor: Any) -> tuple[tf.Tensor, Any]:
            q, entropy = self._value(
                self._policy(to_learn(config, self._actor, actor, seed, 0), observed),
                functools.partial(reduced_q, critic.params),
                observed,
                actor_seed,
            )
            return losses.soft_actor_loss(q, entropy, alpha), (q, entropy)

        actor = optimizers.gradient_step(
            actor_loss, state.actor, config.actor_optimizer, state.actor_optimizer, ndims
        )
        q, entropy = actor.aux
        mean_q, mean_entropy = replicas.mean(
            (tf.reduce_mean(q, axis=-1), tf.reduce_mean(entropy, axis=-1))
        )
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
            q=mean_q,
            actor_grad_norm=actor.grad_norm,
            critic_grad_norm=critic.grad_norm,
        )
        return Updated(new_state, metrics, critic.aux)

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
        """Returns a policy's value by critics at features [*P, B, in], and its entropy: [*P, B]."""
        if self.config.num_components == 1:
            action, entropy = self._draw(policy, seed)
            return q(observed, action), entropy
        weight, action, entropy = self._draw_each(policy, seed)
        # The components beside the minibatch: one product serves all.
        repeated = tf.repeat(observed, self.config.num_components, axis=-2)
        flat = tf.reshape(action, [*sizes(repeated)[:-1], action.shape[-1]])
        each = tf.reshape(q(repeated, flat), sizes(weight))
        return tf.reduce_sum(weight * each, axis=-1), tf.reduce_sum(weight * entropy, axis=-1)

    def _entropy(self, policy: Any, seed: tf.Tensor, length: int) -> tf.Tensor:
        """Returns what a loss uses as the entropy of a policy at steps [*P, T B], in nats."""
        if self.config.num_components == 1:
            return self._draw(policy, seed, length)[1]
        weight, _, entropy = self._draw_each(policy, seed, length)
        return tf.reduce_sum(weight * entropy, axis=-1)

    def _draw(self, policy: Any, seed: tf.Tensor, length: int = 1) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns actions, [*P, T B, D], and the entropies that losses use with them, [*P, T B]."""
        estimator = self.config.entropy_estimator

        def draw(policy: Any) -> tuple[tf.Tensor, tf.Tensor]:
            if callable(estimator):
                return estimator(policy, seed)
            return entropy_estimators.draw(policy, estimator, seed)

        return replicas.drawn(draw, policy, len(self.batch_shape), length)

    def _draw_each(
        self, policy: Any, seed: tf.Tensor, length: int = 1
    ) -> entropy_estimators.Stratified:
        """Returns an action of each component of a mixture at steps [*P, T B]."""
        estimator = self.config.entropy_estimator

        def draw(policy: Any) -> entropy_estimators.Stratified:
            return entropy_estimators.draw_each(policy, estimator, seed)

        return replicas.drawn(draw, policy, len(self.batch_shape), length)

    def _subset(self, critics: Any, seed: Any) -> Any:
        """Returns the critics whose minimum a target takes, the same for all learners."""
        size, count = self.config.target_subset, self.config.num_critics
        if size is None:
            return critics
        # The first seed of a split is that of the next actions, however many there are.
        chosen = draws.permutation(count, draws.fold_in(seed, 2))[:size]
        axis = len(self.batch_shape)
        return tf.nest.map_structure(lambda x: tf.gather(x, chosen, axis=axis), critics)

    def _all_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        """Returns the values of every critic: [*P, B, in], [*P, B, D] -> [*P, critics, B]."""
        inputs = tf.concat([observed, self._bounds.scale_to_unit(action)], axis=-1)
        return tf.squeeze(self._critics.apply(critics, inputs), axis=-1)

    def _smallest_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        return tf.reduce_min(self._all_q(critics, observed, action), axis=-2)

    def _mean_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(self._all_q(critics, observed, action), axis=-2)
