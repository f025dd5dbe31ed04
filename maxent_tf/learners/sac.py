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
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws, losses, networks, operators, optimizers
from maxent_tf.axes import sizes
from maxent_tf.distributions import Bounds, greedy_action
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import entropy_estimators, off_policy, validation
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.gaussian_policy import check_exploration, head_and_network
from maxent_tf.learners.interface import Learner
from maxent_tf.learners.temperatures import as_temperature
from maxent_tf.networks import features
from maxent_tf.replay import Priorities
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Acted, Transition, Updated


@dataclass(frozen=True, eq=False)
class SACConfig:
    """Hyper-parameters of `SAC`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp", or a `Network` of your own from observations to features, on which the hidden
        layers come, in critics beside the action.
      hidden_sizes: widths of the hidden layers of the actor and of every critic.
      activation: of the hidden layers, "relu" or "tanh".
      actor_optimizer: of the policy; its learning rate may broadcast to `P`. A number
        stands for `Adam` with that rate.
      critic_optimizer: of the critics; likewise.
      num_critics: the ensemble whose minimum is used; 2 in the paper.
      target_subset: how many critics, drawn anew for every update, a target takes the minimum of;
        the actor then follows the mean of all (Chen et al. 2021, who have 2 of 10 and 20 updates
        per step). None: the minimum of all for both.
      num_components: of the policy, a mixture of squashed Gaussians; 1 is the paper's. Its entropy
        has no closed form; every expectation over it is taken exactly over the components, at as
        many times the cost in critics, and by one action of each.
      exploration: how a Gaussian policy explores: None, by fresh noise at every step; or by noise
        that is a function of the state (see `exploration.StateDependentExploration`), whose scale
        stands in for `initial_stddev`.
      discount: gamma in [0, 1]; may broadcast to `P`.
      tau: the fraction by which target critics follow at every update, in (0, 1]; may broadcast.
      alpha: the temperature, in reward per nat: a number or tensor that broadcasts to `P`, a
        schedule over updates, an `AutoTemperature`, or "auto": automatic from 1 at 3e-4 towards
        minus the number of action dimensions.
      entropy_estimator: how the entropy enters every loss: "sample", the surprise of the one action
        drawn, as in the paper; "exact", the entropy itself; "path", the surprise of the one action
        without its score term in the actor's gradient (see `entropy_estimators.draw`); or a
        function of your own, from a policy of batch shape [*P, B] and a seed, [2] int32, to
        actions, [*P, B, D], and entropies, [*P, B], in nats.
      batch_size: of the minibatches.
      replay_capacity: transitions kept for each learner.
      learning_starts: steps with uniformly random actions before the first update.
      updates_per_step: updates for each step of one environment; 0.25 is an update every four
        steps, at least 0.0001.
      n_step: steps in a row whose rewards, and entropies in between, a target holds; that the
        actions in between are not the present policy's is not corrected for (see `off_policy`).
      priorities: how much replay prefers transitions with large errors; None draws uniformly.
      log_std_range: the pre-tanh log standard deviation is clipped to this range; with state-
        dependent exploration that of the entries of the noise matrix.
      initial_stddev: the pre-tanh standard deviation of a fresh policy, whose location is near 0.

    Raises:
      ValueError: if a value is out of its range, a name is unknown, or two values do not go
        together.
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
    """Metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: minus the mean of the smallest critic plus alpha times the entropy.
      critic_loss: half the mean squared soft Bellman error, summed over critics.
      entropy: the mean entropy estimate that the actor's loss used, in nats, of actions in the
        environment's unit.
      alpha: the temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 on its upper:
        the entropy target is then out of its reach.
      q: the mean smallest critic at the actor's actions. The entropies of later steps in it are
        those of actions scaled to [-1, 1] (see `SAC`).
      actor_grad_norm: the global norm of the actor's gradient.
      critic_grad_norm: the same for all critics together.
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
    """Everything a SAC learner knows; `P` in front of every tensor, critics in an axis behind."""

    actor: Any
    critics: Any
    target_critics: Any
    actor_optimizer: Any
    critic_optimizer: Any
    temperature: Any


class SAC(Learner):
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
          seed: an integer or [2], int32.
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
          state: the learners' state.
          observation: [*P, B, *O], float32.

        Returns:
          A `SquashedGaussian`, or a mixture, of batch shape [*P, B] and event shape [D].
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
        """Draws actions or, where nothing is to be explored, takes those of `greedy_action`.

        With state-dependent exploration the actions are, for one seed, a function of the state;
        each of the B worlds has noise of its own, and over seeds their law is the policy's.
        """
        del world
        validation.check_state_kind(self, state, SACState)
        outputs = self._actor.apply(state.actor, self._features(observation))
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
          state: the learners' state.
          batch: fields [*P, B, ...], all valid; [n, *P, B, ...] where `n_step` is above 1.
          seed: an integer or [2], int32, for the actions drawn.
          weight: [*P, B], importance weights in the critics' loss; None is 1.

        Returns:
          The new state, `SACMetrics`, and the sizes of the transitions' Bellman errors before the
          update, means over the critics.
        """
        validation.check_state_kind(self, state, SACState)
        off_policy.check_batch(self.spec, batch, self.batch_shape, self.config.n_step)
        config, ndims = self.config, len(self.batch_shape)
        next_seed, actor_seed = tf.unstack(draws.split(as_seed(seed), 2))
        alpha = self._temperature.alpha(state.temperature)

        def entropy_reward(later: Transition) -> tf.Tensor:
            policy = self._policy(state.actor, self._features(later.observation))
            entropy = self._entropy(policy, draws.fold_in(next_seed, 1))
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
                self._policy(actor, observed),
                functools.partial(reduced_q, critic.params),
                observed,
                actor_seed,
            )
            return losses.soft_actor_loss(q, entropy, alpha), (q, entropy)

        actor = optimizers.gradient_step(
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
        """A policy's value by critics at features [*P, B, in], and its entropy: [*P, B] each."""
        if self.config.num_components == 1:
            action, entropy = self._draw(policy, seed)
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
            return self._draw(policy, seed)[1]
        estimator = self.config.entropy_estimator
        weight, _, entropy = entropy_estimators.draw_each(policy, estimator, seed)
        return tf.reduce_sum(weight * entropy, axis=-1)

    def _draw(self, policy: Any, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Actions, [*P, B, D], and the entropies that every loss uses with them, [*P, B]."""
        estimator = self.config.entropy_estimator
        if callable(estimator):
            return estimator(policy, seed)
        return entropy_estimators.draw(policy, estimator, seed)

    def _subset(self, critics: Any, seed: Any) -> Any:
        """The critics that a target takes the minimum of, the same for all learners."""
        size, count = self.config.target_subset, self.config.num_critics
        if size is None:
            return critics
        subset_seed = draws.split(seed, 1)[0]
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
