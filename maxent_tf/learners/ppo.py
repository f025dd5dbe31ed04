"""PPO: proximal policy optimisation with entropy, batched over learners.

Pseudocode for each of the learners:

1. Act for T steps in B environments with the current policy, pi_old.
2. Estimate, once, the advantages A by GAE(lambda), and from them the returns R = A + V(s).
3. Several times, shuffle the T B steps into minibatches. For each minibatch:
   a. Stop learning from these steps if the mean divergence D(pi_old, pi) exceeds its target.
   b. Take one gradient step on the actor's loss, -mean(min(rho A, clip(rho, 1 - epsilon,
      1 + epsilon) A)) - alpha mean(H), where rho = pi(a) / pi_old(a) and A is normalised; and one
      on the critic's loss, half the mean of (V(s) - R)^2.
4. Let the temperature follow its schedule, or take a step on its dual problem if it is automatic.

References:
  J. Schulman et al. (2017), "Proximal policy optimization algorithms", algorithm 1,
  https://arxiv.org/abs/1707.06347
  S. Huang et al. (2022), "The 37 implementation details of proximal policy optimization",
  https://iclr-blog-track.github.io/2022/03/25/ppo-implementation-details/
  M. Fortunato et al. (2018), "Noisy networks for exploration", https://arxiv.org/abs/1706.10295
  (noise on the weights)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import distributions, draws, losses, networks, optimizers, replicas
from maxent_tf.checks import boolean
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import validation
from maxent_tf.learners.actor_critic import (
    ActorCritic,
    ActorCriticLearner,
    ActorCriticState,
    Inputs,
    check_config,
)
from maxent_tf.learners.interface import OnPolicy
from maxent_tf.learners.minibatches import normalize, shuffled_indices, shuffled_worlds
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition, Updated


@dataclass(frozen=True, eq=False)
class PPOConfig:
    """The hyperparameters of `PPO`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp" for hidden layers on the observation; "table" for one row of logits and one
        value for each one-hot observation; or a `Network` of your own from observations to
        features, which the hidden layers then take as their inputs.
      hidden_sizes: The widths of the hidden layers. The actor and the critic each have such layers
        of their own. An empty tuple connects both heads directly to the features.
      activation: The activation function of the hidden layers, "tanh" or "relu".
      memory_size: The number of units of a gated recurrent unit between the network's features and
        the hidden layers, one such unit for the actor and one for the critic; 0 for none. It is
        meant for environments whose observations do not show the whole state. Gradients flow back
        through the rollout, and minibatches divide environments, not steps.
      actor_optimizer: The optimiser of the policy. Its learning rate may be a tensor that
        broadcasts to `P`. A schedule of the learning rate counts gradient steps,
        `num_epochs * num_minibatches` for each update. A number stands for `Adam` with that
        learning rate.
      critic_optimizer: The optimiser of the value function, with the same choices as
        `actor_optimizer`.
      max_grad_norm: The global norm to which the gradients of actor and critic are each clipped,
        learner by learner. With None, gradients are not clipped and their norms are not measured.
      rollout_length: T, the number of steps of each environment between two updates.
      num_epochs: The number of times that each update goes over its steps.
      num_minibatches: The number of minibatches in an epoch. It must divide the T B steps of the
        update, or, with a memory, the B environments.
      clip_epsilon: The distance from 1 at which the ratio of probabilities is clipped, in (0, 1];
        may be a tensor that broadcasts to `P`.
      value_clip: The distance from its old prediction at which a value is clipped, in units of
        reward; None does not clip values. May be a tensor that broadcasts to `P`.
      normalize_advantage: Whether the advantages of each minibatch are shifted and scaled to mean
        0 and standard deviation 1, learner by learner. Advantages that are equal up to rounding
        become 0, and alpha is then not divided.
      target_kl: The mean divergence from the old policy, in nats, above which a learner makes no
        further gradient steps in this update; None never stops. May be a tensor that broadcasts to
        `P`.
      discount: The discount factor gamma, in [0, 1]; may be a tensor that broadcasts to `P`.
      gae_lambda: The parameter lambda of generalised advantage estimation, in [0, 1]; 1 gives
        n-step advantages with n = T.
      alpha: The temperature: a number or tensor that broadcasts to `P`, a schedule over updates, or
        an `AutoTemperature`. Its unit is reward per nat. If the advantages are normalised, the unit
        of the "bonus" is standard deviations of the advantage per nat, as is usual for PPO.
      entropy: "bonus" adds alpha times the entropy to the actor's loss alone. "reward" also adds
        it to the rewards, so that the policy seeks states where it will have entropy. The entropy
        in the rewards is that of actions scaled to [-1, 1] if actions are continuous: in the
        environment's unit, it could reward long episodes.
      bonus_entropy: A function that estimates the entropy for the bonus of each gradient step. It
        takes the policy, the actions taken, [*P, N, ...], and a seed, [2] int32, and returns
        entropies, [*P, N], in nats, through which the gradient flows. None uses the exact entropy.
      exploration: For continuous actions: None explores by fresh noise at every step;
        `exploration.StateDependentExploration` explores by noise that is a function of the state.
      noisy: The noise on the weights of the dense layers of the actor, `networks.NoisyLayers`; None
        for none. The noise is drawn anew after every update. It stays the same for a rollout and
        for all gradient steps on that rollout, so that the ratio of probabilities compares two
        policies with equal noise. Evaluation acts without noise. A `network` of your own has no
        noise; the layers behind it have. It goes neither with `exploration`, nor with a memory, nor
        with a table.
      log_std_range: For continuous actions, the range of the policy's log standard deviation (see
        `SquashedGaussianHead`).
      initial_stddev: For continuous actions, the standard deviation of a fresh policy (see
        `SquashedGaussianHead`).
      measure_covariance: Whether every update also measures how fast the policy is losing its
        entropy: see `covariance` among the metrics. It changes no other number, up to rounding.

    Raises:
      ValueError: If a value is out of its range or a name is unknown.
    """

    network: Any = "mlp"
    hidden_sizes: tuple[int, ...] = (64, 64)
    activation: str = "tanh"
    memory_size: int = 0
    actor_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4, epsilon=1e-5))
    critic_optimizer: Any = field(default_factory=lambda: optimizers.Adam(3e-4, epsilon=1e-5))
    max_grad_norm: float | None = 0.5
    rollout_length: int = 128
    num_epochs: int = 4
    num_minibatches: int = 4
    clip_epsilon: Any = 0.2
    value_clip: Any = None
    normalize_advantage: bool = True
    target_kl: Any = None
    discount: Any = 0.99
    gae_lambda: float = 0.95
    alpha: Any = 0.01
    entropy: str = "bonus"
    bonus_entropy: Callable[[Any, tf.Tensor, tf.Tensor], tf.Tensor] | None = None
    exploration: StateDependentExploration | None = None
    noisy: networks.NoisyLayers | None = None
    log_std_range: tuple[float, float] = (-5.0, 2.0)
    initial_stddev: float = 1.0
    measure_covariance: bool = False

    def __post_init__(self) -> None:
        check_config(self)
        validation.positive_integer("num_epochs", self.num_epochs)
        validation.positive_integer("num_minibatches", self.num_minibatches)
        if self.bonus_entropy is not None and not callable(self.bonus_entropy):
            raise ValueError(
                "bonus_entropy must be a function of the policy, the actions and a seed, or None, "
                f"not {self.bonus_entropy!r}."
            )
        boolean("normalize_advantage", self.normalize_advantage)
        validation.in_range("clip_epsilon", self.clip_epsilon, 0, 1, above=True)
        for name in ("value_clip", "target_kl"):
            if getattr(self, name) is not None:
                validation.positive(name, getattr(self, name))


class PPOMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32; losses and norms are means over its steps.

    Attributes:
      actor_loss: The clipped surrogate loss with its entropy bonus.
      critic_loss: Half the mean squared difference between value and return.
      entropy: The mean entropy of the old policy at the visited states, in nats.
      alpha: The temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 where it sits on
        its upper bound, else 0. A temperature on a bound cannot reach its entropy target.
      value: The mean value that the old critic predicted.
      kl: The mean divergence from the old policy, in nats, before each gradient step.
      clip_fraction: The fraction of actions whose ratio of probabilities was out of its range.
      step_fraction: The fraction of the gradient steps that were made. It is `()` without a
        `target_kl`, because all steps are then made.
      actor_grad_norm: The global norm of the actor's gradient before clipping, or `()` if nothing
        is clipped.
      critic_grad_norm: The global norm of the critic's gradient before clipping, or `()`.
      covariance: The mean over states of the covariance, over the old policy's actions, of
        log-probability and advantage before it is normalised, in reward times nats: it says how
        fast the policy is losing its entropy. It is estimated from the actions that were taken, as
        the mean of (log pi(a|s) + H(pi(.|s))) A(s, a). It is `()` unless `measure_covariance`.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    value: tf.Tensor
    kl: tf.Tensor
    clip_fraction: tf.Tensor
    step_fraction: tf.Tensor | tuple[()]
    actor_grad_norm: tf.Tensor | tuple[()]
    critic_grad_norm: tf.Tensor | tuple[()]
    covariance: tf.Tensor | tuple[()] = ()


class _Samples(NamedTuple):
    """The samples of an update, [*P, N, ...]; from `log_prob` on by the networks before it."""

    inputs: Inputs
    action: tf.Tensor
    valid: tf.Tensor
    log_prob: tf.Tensor
    policy: Any
    value: tf.Tensor
    advantage: tf.Tensor


class _Measured(NamedTuple):
    """The measurements of one gradient step, each [*P]; see `PPOMetrics`."""

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    kl: tf.Tensor
    clip_fraction: tf.Tensor
    actor_grad_norm: tf.Tensor | tuple[()]
    critic_grad_norm: tf.Tensor | tuple[()]


class PPO(ActorCriticLearner):
    """Proximal policy optimisation for discrete or bounded continuous actions.

    With a `memory_size`, the carry is the `Memory` of actor and critic, and the extras of every
    step hold the memory from which the learner acted.

    Args:
      spec: The specification of the environment that the learner acts in.
      config: The hyperparameters; None for the defaults.
      batch_shape: The batch shape `P`: the number and arrangement of independent learners.

    Raises:
      ValueError: If a tensor among the hyperparameters does not broadcast to `batch_shape`, or
        if the environment's actions are not supported.
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
        period = 1 if config.exploration is None else config.exploration.period
        self.experience = OnPolicy(config.rollout_length, period)
        self.discount = config.discount
        unmeasured = {"step_fraction"} if config.target_kl is None else set()
        if not config.measure_covariance:
            unmeasured |= {"covariance"}
        if config.max_grad_norm is None:
            unmeasured |= {"actor_grad_norm", "critic_grad_norm"}
        self.metric_names = tuple(name for name in PPOMetrics._fields if name not in unmeasured)
        self._parts = ActorCritic(spec, config, self.batch_shape)
        self._knows_log_prob = True

        def per_learner(name: str) -> Any:
            value = getattr(config, name)
            return None if value is None else validation.per_learner(name, value, self.batch_shape)

        self._clip_epsilon = per_learner("clip_epsilon")
        self._value_clip = per_learner("value_clip")
        self._target_kl = per_learner("target_kl")

    def update(
        self, state: ActorCriticState, batch: Transition, *, seed: Any, weight: Any = None
    ) -> Updated:
        """Makes one update of several gradient steps, from trajectories of the current policy.

        Args:
          state: The state of the learners.
          batch: The trajectories, fields [T, *P, B, ...]: T consecutive steps of B environments for
            each learner. Steps that are not `valid` have no effect, but must hold finite numbers.
            The extras are those that `act` returned.
          seed: An integer, or a seed of shape [2], int32, for the minibatches. All learners draw
            the same indices, each from its own steps.
          weight: Must be None, because fresh trajectories have no importance weights.

        Returns:
          The new state, and `PPOMetrics` of the update.

        Raises:
          ValueError: If the batch does not fit, or if `num_minibatches` does not divide its steps.
        """
        validation.check_state_kind(self, state, ActorCriticState)
        validation.no_weight(weight)
        self._parts.check_batch(batch, self._knows_log_prob)
        config, temperature = self.config, self._parts.temperature
        alpha = temperature.alpha(state.temperature)
        noise_seed = self._parts.noise_seed(batch)
        samples, entropy = self._samples(state, batch, noise_seed, alpha)
        seed = as_seed(seed)
        length, *_, own_worlds = batch.reward.shape
        worlds = own_worlds * replicas.count()
        epochs, minibatches = config.num_epochs, config.num_minibatches
        if not config.memory_size:
            indices = shuffled_indices(length * worlds, epochs, minibatches, seed)
        else:
            indices = shuffled_worlds(length, worlds, epochs, minibatches, seed)
        if config.normalize_advantage and indices.shape[-1] == 1:
            raise ValueError(
                "normalize_advantage=True needs minibatches of 2 steps or more, not of 1, because "
                "a number minus its own mean is 0: lower num_minibatches, or set "
                "normalize_advantage to False."
            )
        due = epochs * minibatches

        def body(k: tf.Tensor, state: Any, learning: Any, steps: Any, totals: Any) -> Any:
            rows = replicas.own_rows(indices[k], own_worlds)
            minibatch = tf.nest.map_structure(
                lambda x: tf.gather(x, rows, axis=len(self.batch_shape)), samples
            )
            own = replicas.own_seed(draws.fold_in(seed, k))
            state, learning, measured = self._step(
                state, learning, minibatch, noise_seed, length, alpha, own
            )
            totals = tf.nest.map_structure(
                lambda total, x: total + tf.where(learning, x, 0), totals, measured
            )
            return state, learning, steps + tf.cast(learning, tf.float32), totals

        zeros = tf.zeros(self.batch_shape)
        norms: Any = () if config.max_grad_norm is None else zeros
        nothing = _Measured(zeros, zeros, zeros, zeros, norms, norms)
        everyone = tf.ones(self.batch_shape, tf.bool)
        state, _, steps, totals = replicas.repeat(due, body, (state, everyone, zeros, nothing))
        mean_entropy, mean_value, covariance = replicas.mean(
            (
                losses.masked_mean(entropy, samples.valid),
                losses.masked_mean(samples.value, samples.valid),
                self._parts.covariance(samples.log_prob, entropy, samples.advantage, samples.valid),
            ),
            samples.valid,
        )
        new_temperature, bound = temperature.update(state.temperature, mean_entropy)
        means = tf.nest.map_structure(lambda total: total / tf.maximum(steps, 1), totals)
        metrics = PPOMetrics(
            entropy=mean_entropy,
            alpha=alpha,
            alpha_bound=bound,
            value=mean_value,
            step_fraction=() if config.target_kl is None else steps / due,
            covariance=covariance,
            **means._asdict(),
        )
        new_state = state._replace(
            temperature=new_temperature, noise_seed=self._parts.next_noise_seed(state)
        )
        return Updated(new_state, metrics)

    def _samples(
        self, state: ActorCriticState, batch: Transition, noise_seed: Any, alpha: tf.Tensor
    ) -> tuple[_Samples, tf.Tensor]:
        """Returns the samples to learn from, N = T B, and the policy's entropy there, [*P, N]."""
        parts, steps = self._parts, self._parts.merge_time(batch)
        inputs = parts.inputs(batch, steps)
        actor_memory = parts.memory_after("actor", state.actor, inputs)
        critic_memory = parts.memory_after("critic", state.critic, inputs)
        actor = parts.noisy(state.actor, noise_seed)
        outputs = parts.outputs(actor, inputs.observed, actor_memory)
        entropy = parts.policy(outputs, inputs.mask).entropy()
        value = parts.value(state.critic, inputs.observed, critic_memory)
        next_value = parts.next_value(state.critic, steps.next_observation, critic_memory)
        _, advantage = parts.advantage(batch, entropy, value, next_value, alpha)
        samples = _Samples(
            inputs=inputs,
            action=steps.action,
            valid=steps.valid,
            log_prob=steps.extras.log_prob,
            policy=parts.old_policy(outputs),
            value=value,
            advantage=advantage,
        )
        return samples, entropy

    def _step(
        self,
        state: ActorCriticState,
        learning: tf.Tensor,
        samples: _Samples,
        noise_seed: Any,
        length: int,
        alpha: tf.Tensor,
        seed: tf.Tensor,
    ) -> tuple[ActorCriticState, tf.Tensor, _Measured]:
        """Takes one gradient step with the learners that still learn in this update."""
        parts, config, epsilon = self._parts, self.config, self._clip_epsilon
        valid, advantage = samples.valid, samples.advantage
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
            actor_memory = parts.memory_after("actor", parameters[0], samples.inputs, length)
            critic_memory = parts.memory_after("critic", parameters[1], samples.inputs, length)
            observed = samples.inputs.observed
            actor = parts.noisy(parameters[0], noise_seed)
            outputs = parts.outputs(actor, observed, actor_memory)
            policy = parts.policy(outputs, samples.inputs.mask)
            log_ratio = distributions.log_likelihood(policy, samples.action) - samples.log_prob
            if config.bonus_entropy is None:
                entropy = policy.entropy()
            else:
                entropy = config.bonus_entropy(policy, samples.action, seed)
            actor_loss = losses.clipped_surrogate_loss(
                log_ratio, advantage, entropy, alpha, epsilon, valid
            )
            value = parts.value(parameters[1], observed, critic_memory)
            if config.value_clip is None:
                critic_loss = losses.squared_error_loss(value, target, valid)
            else:
                critic_loss = losses.clipped_value_loss(
                    value, samples.value, target, self._value_clip, valid
                )
            total = actor_loss + critic_loss
        grads = tape.gradient(total, parameters)

        divergence = distributions.divergence(
            parts.as_policy(samples.policy, samples.inputs.mask), policy
        )
        kl = losses.masked_mean(divergence, valid)
        clipped = tf.cast(tf.abs(tf.exp(log_ratio) - 1) > epsilon[..., None], tf.float32)
        clip_fraction = losses.masked_mean(clipped, valid)
        grads, actor_loss, critic_loss, kl, clip_fraction = replicas.mean(
            (grads, actor_loss, critic_loss, kl, clip_fraction), valid
        )
        if config.target_kl is not None:
            learning &= ~(kl > self._target_kl)
        state, actor_norm, critic_norm = parts.descend(
            state, grads, where=None if config.target_kl is None else learning
        )
        measured = _Measured(actor_loss, critic_loss, kl, clip_fraction, actor_norm, critic_norm)
        return state, learning, measured
