"""A2C: the advantage actor-critic with entropy, batched over learners.

Pseudocode for each of the learners:

1. Act for T steps in B environments with the current policy.
2. Estimate the advantages A by GAE(lambda); lambda = 1 gives T-step returns.
3. Take one gradient step on the actor's loss, -mean(log pi(a) A) - alpha mean(H), and one on the
   critic's loss, half the mean squared advantage.
4. Let the temperature follow its schedule, or take a step on its dual problem if it is automatic.

If the policy that acts lags behind the policy that learns, V-trace can take the place of GAE.

References:
  V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning",
  https://arxiv.org/abs/1602.01783
  J. Schulman et al. (2016), "High-dimensional continuous control using generalized advantage
  estimation", https://arxiv.org/abs/1506.02438
  L. Espeholt et al. (2018), "IMPALA: scalable distributed deep-RL with importance weighted
  actor-learner architectures", https://arxiv.org/abs/1802.01561 (V-trace)
  M. Fortunato et al. (2018), "Noisy networks for exploration", https://arxiv.org/abs/1706.10295
  (noise on the weights)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import distributions, losses, networks, optimizers, replicas
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import validation
from maxent_tf.learners.actor_critic import (
    ActorCritic,
    ActorCriticLearner,
    ActorCriticState,
    check_config,
)
from maxent_tf.learners.interface import OnPolicy
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition, Updated


@dataclass(frozen=True, eq=False)
class A2CConfig:
    """The hyperparameters of `A2C`. Those that say so may be tensors that broadcast to `P`.

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
        through the rollout.
      actor_optimizer: The optimiser of the policy. Its learning rate may be a tensor that
        broadcasts to `P`. A number stands for `Adam` with that learning rate.
      critic_optimizer: The optimiser of the value function, with the same choices as
        `actor_optimizer`.
      max_grad_norm: The global norm to which the gradients of actor and critic are each clipped,
        learner by learner. With None, gradients are not clipped and their norms are not measured.
      rollout_length: T, the number of steps of each environment between two updates.
      discount: The discount factor gamma, in [0, 1]; may be a tensor that broadcasts to `P`.
      gae_lambda: The parameter lambda of generalised advantage estimation, in [0, 1]; 1 gives
        n-step advantages with n = T.
      alpha: The temperature, in reward per nat: a number or tensor that broadcasts to `P`, a
        schedule over updates, or an `AutoTemperature`.
      entropy: "bonus" adds alpha times the entropy to the actor's loss alone. "reward" also adds
        it to the rewards, so that the policy seeks states where it will have entropy. The entropy
        in the rewards is that of actions scaled to [-1, 1] if actions are continuous: in the
        environment's unit, it could reward long episodes.
      correction: "none" for trajectories of the present policy. "vtrace" corrects trajectories of
        an earlier policy by the probabilities that it gave to its actions, with all importance
        weights clipped at 1.
      exploration: For continuous actions: None explores by fresh noise at every step;
        `exploration.StateDependentExploration` explores by noise that is a function of the state.
      noisy: The noise on the weights of the dense layers of the actor, `networks.NoisyLayers`; None
        for none. The noise is drawn anew after every update, and stays the same for a rollout.
        Evaluation acts without noise. A `network` of your own has no noise; the layers behind it
        have. It goes neither with `exploration`, nor with a memory, nor with a table.
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
    actor_optimizer: Any = field(
        default_factory=lambda: optimizers.RMSProp(7e-4, rho=0.99, epsilon=1e-5)
    )
    critic_optimizer: Any = field(
        default_factory=lambda: optimizers.RMSProp(7e-4, rho=0.99, epsilon=1e-5)
    )
    max_grad_norm: float | None = 0.5
    rollout_length: int = 5
    discount: Any = 0.99
    gae_lambda: float = 1.0
    alpha: Any = 0.01
    entropy: str = "bonus"
    correction: str = "none"
    exploration: StateDependentExploration | None = None
    noisy: networks.NoisyLayers | None = None
    log_std_range: tuple[float, float] = (-5.0, 2.0)
    initial_stddev: float = 1.0
    measure_covariance: bool = False

    def __post_init__(self) -> None:
        check_config(self)
        validation.one_of("correction", self.correction, ("none", "vtrace"))


class A2CMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: The policy-gradient loss with its entropy bonus.
      critic_loss: Half the mean squared difference between value and return.
      entropy: The mean entropy of the policy at the visited states, in nats.
      alpha: The temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 where it sits on
        its upper bound, else 0. A temperature on a bound cannot reach its entropy target.
      value: The mean predicted value.
      actor_grad_norm: The global norm of the actor's gradient before clipping. It is `()` if
        nothing is clipped, because measuring it would take a sixth of a tabular learner's time.
      critic_grad_norm: The global norm of the critic's gradient, under the same conditions.
      covariance: The mean over states of the covariance, over the policy's actions, of
        log-probability and advantage, in reward times nats: it says how fast the policy is losing
        its entropy. It is estimated from the actions that were taken, as the mean of
        (log pi(a|s) + H(pi(.|s))) A(s, a). It is `()` unless `measure_covariance`.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    value: tf.Tensor
    actor_grad_norm: tf.Tensor | tuple[()]
    critic_grad_norm: tf.Tensor | tuple[()]
    covariance: tf.Tensor | tuple[()] = ()


class A2CGradients(NamedTuple):
    """The gradients of one trajectory, and the means that an update reports or needs.

    Attributes:
      actor: The gradients of the actor's loss, structured as the actor's parameters.
      critic: The gradients of the critic's loss, structured as the critic's parameters.
      actor_loss: See `A2CMetrics`, [*P], float32.
      critic_loss: See `A2CMetrics`, [*P], float32.
      entropy: See `A2CMetrics`, [*P], float32. An automatic temperature learns from it.
      value: See `A2CMetrics`, [*P], float32.
      covariance: See `A2CMetrics`, [*P], float32, or ().
    """

    actor: Any
    critic: Any
    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    value: tf.Tensor
    covariance: tf.Tensor | tuple[()] = ()


class A2C(ActorCriticLearner):
    """The advantage actor-critic for discrete or bounded continuous actions.

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
        config: A2CConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.spec = spec
        self.config = config = validation.as_config(spec, config, A2CConfig)
        self.batch_shape = validation.as_batch_shape(batch_shape)
        period = 1 if config.exploration is None else config.exploration.period
        self.experience = OnPolicy(config.rollout_length, period)
        self.discount = config.discount
        unmeasured: set[str] = set() if config.measure_covariance else {"covariance"}
        if config.max_grad_norm is None:
            unmeasured |= {"actor_grad_norm", "critic_grad_norm"}
        self.metric_names = tuple(name for name in A2CMetrics._fields if name not in unmeasured)
        self._parts = ActorCritic(spec, config, self.batch_shape)
        self._knows_log_prob = config.correction != "none"

    def gradients(self, state: ActorCriticState, batch: Transition) -> A2CGradients:
        """Returns the gradients of the losses on trajectories; nothing is changed.

        `update` is this function followed by `apply_gradients`. They are two functions so that
        gradients can be computed in one process and applied in another, as in A3C.

        Args:
          state: The state of the learners. The states of the optimisers are not used.
          batch: The trajectories, fields [T, *P, B, ...], see `update`.
        """
        parts = self._parts
        validation.check_state_kind(self, state, ActorCriticState)
        parts.check_batch(batch, self._knows_log_prob)
        alpha = parts.temperature.alpha(state.temperature)
        steps, length = parts.merge_time(batch), batch.reward.shape[0]
        inputs, noise_seed = parts.inputs(batch, steps), parts.noise_seed(batch)
        memory = parts.memory_after("critic", state.critic, inputs)
        next_value = parts.next_value(state.critic, steps.next_observation, memory)

        parameters = (state.actor, state.critic)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(parameters)
            actor_memory = parts.memory_after("actor", parameters[0], inputs, length)
            critic_memory = parts.memory_after("critic", parameters[1], inputs, length)
            actor = parts.noisy(parameters[0], noise_seed)
            outputs = parts.outputs(actor, inputs.observed, actor_memory)
            policy = parts.policy(outputs, inputs.mask)
            entropy = policy.entropy()
            value = parts.value(parameters[1], inputs.observed, critic_memory)
            log_prob = distributions.log_likelihood(policy, steps.action)
            with tape.stop_recording():
                ratio = None
                if self._knows_log_prob:
                    ratio = log_prob - steps.extras.log_prob
                target, advantage = parts.advantage(batch, entropy, value, next_value, alpha, ratio)
            actor_loss = losses.policy_gradient_loss(
                log_prob, advantage, entropy, alpha, steps.valid
            )
            critic_loss = losses.squared_error_loss(value, target, steps.valid)
            total = actor_loss + critic_loss
        actor_gradient, critic_gradient = tape.gradient(total, parameters)
        gradients = A2CGradients(
            actor=actor_gradient,
            critic=critic_gradient,
            actor_loss=actor_loss,
            critic_loss=critic_loss,
            entropy=losses.masked_mean(entropy, steps.valid),
            value=losses.masked_mean(value, steps.valid),
            covariance=parts.covariance(log_prob, entropy, advantage, steps.valid),
        )
        return replicas.mean(gradients, steps.valid)

    def apply_gradients(self, state: ActorCriticState, gradients: A2CGradients) -> Updated:
        """Takes one step of the optimisers and of the temperature.

        Args:
          state: The state of the learners.
          gradients: The gradients, from `gradients`. They may be of an earlier state.

        Returns:
          The new state, and `A2CMetrics` of the update.
        """
        parts = self._parts
        validation.check_state_kind(self, state, ActorCriticState)
        grads = (gradients.actor, gradients.critic)
        new_state, actor_norm, critic_norm = parts.descend(state, grads)
        temperature, bound = parts.temperature.update(state.temperature, gradients.entropy)
        metrics = A2CMetrics(
            actor_loss=gradients.actor_loss,
            critic_loss=gradients.critic_loss,
            entropy=gradients.entropy,
            alpha=parts.temperature.alpha(state.temperature),
            alpha_bound=bound,
            value=gradients.value,
            actor_grad_norm=actor_norm,
            critic_grad_norm=critic_norm,
            covariance=gradients.covariance,
        )
        new_state = new_state._replace(
            temperature=temperature, noise_seed=parts.next_noise_seed(state)
        )
        return Updated(new_state, metrics)

    def update(
        self, state: ActorCriticState, batch: Transition, *, seed: Any = None, weight: Any = None
    ) -> Updated:
        """Makes one update from trajectories of the current policy, or of a slightly earlier one.

        Args:
          state: The state of the learners.
          batch: The trajectories, fields [T, *P, B, ...]: T consecutive steps of B environments for
            each learner. Steps that are not `valid` have no effect, but must hold finite numbers.
            The extras are those that `act` returned.
          seed: Not used, because the update is deterministic.
          weight: Must be None, because fresh trajectories have no importance weights.

        Returns:
          The new state, and `A2CMetrics` of the update.
        """
        del seed
        validation.no_weight(weight)
        return self.apply_gradients(state, self.gradients(state, batch))
