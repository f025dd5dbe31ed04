"""A2C: the advantage actor-critic with entropy, batched over learners.

Pseudocode, for each of the learners:

1. Act for T steps in B worlds with the current policy.
2. Estimate the advantages by GAE(lambda); lambda = 1 gives T-step returns.
3. Take one gradient step on the actor's loss, -mean(log pi(a) A) - alpha mean(H), and one on the
   critic's, half the mean squared advantage.
4. Let the temperature follow its schedule, or its dual problem if it is automatic.

Where the policy that acts lags behind the one that learns, V-trace takes the place of GAE.

References:
  V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning",
  https://arxiv.org/abs/1602.01783
  J. Schulman et al. (2016), "High-dimensional continuous control using generalized advantage
  estimation", https://arxiv.org/abs/1506.02438
  L. Espeholt et al. (2018), "IMPALA: scalable distributed deep-RL with importance weighted
  actor-learner architectures", https://arxiv.org/abs/1802.01561 (V-trace)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import distributions, losses, optimizers
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
    """Hyper-parameters of `A2C`. Those that say so may be tensors that broadcast to `P`.

    Attributes:
      network: "mlp"; "table": one row of logits and one value for each one-hot observation; or a
        `Network` of your own from observations to features, on which the hidden layers come.
      hidden_sizes: widths of the hidden layers of the actor and, apart from it, of the critic; none
        puts both heads right on the features.
      activation: of the hidden layers, "tanh" or "relu".
      memory_size: the units of a gated recurrent unit, one for the actor and one for the critic,
        between the network's features and the hidden layers; 0 for none. For worlds whose
        observations do not tell all; gradients flow back through the rollout.
      actor_optimizer: of the policy; its learning rate may broadcast to `P`. A number
        stands for `Adam` with that rate.
      critic_optimizer: of the value function; likewise.
      max_grad_norm: actor and critic gradients are each clipped to this global norm, learner by
        learner; None leaves them, and their norms unmeasured.
      rollout_length: T, steps between updates.
      discount: gamma in [0, 1]; may broadcast to `P`.
      gae_lambda: in [0, 1]; 1 gives n-step advantages with n = T.
      alpha: the temperature, in reward per nat: a number or tensor that broadcasts to `P`, a
        schedule over updates, or an `AutoTemperature`.
      entropy: "bonus" adds alpha times the entropy to the actor's loss alone; "reward" also adds
        it to the rewards, so that the policy seeks states where it will have entropy. Continuous
        actions then count as scaled to [-1, 1]: their unit would be a reward for long episodes.
      correction: "none" for trajectories of the present policy; "vtrace" corrects those of an
        earlier one by its probabilities of the actions, with all weights clipped at 1.
      exploration: for continuous actions: None explores by fresh noise at every step;
        `exploration.StateDependentExploration` by noise that is a function of the state.
      log_std_range: for continuous actions, see `SquashedGaussianHead`.
      initial_stddev: for continuous actions, likewise.

    Raises:
      ValueError: if a value is out of its range or a name is unknown.
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
    log_std_range: tuple[float, float] = (-5.0, 2.0)
    initial_stddev: float = 1.0

    def __post_init__(self) -> None:
        check_config(self)
        validation.one_of("correction", self.correction, ("none", "vtrace"))


class A2CMetrics(NamedTuple):
    """Metrics of one update, each [*P], float32.

    Attributes:
      actor_loss: the policy-gradient loss with its entropy bonus.
      critic_loss: half the mean squared difference of value and return.
      entropy: the mean entropy of the policy at the visited states, in nats.
      alpha: the temperature of this update.
      alpha_bound: -1 where an automatic temperature now sits on its lower bound, 1 on its upper:
        the entropy target is then out of its reach.
      value: the mean predicted value.
      actor_grad_norm: the global norm of the actor's gradient before clipping. Nothing, `()`, where
        nothing is clipped: to measure it takes a sixth of a tabular learner's time.
      critic_grad_norm: the same for the critic.
    """

    actor_loss: tf.Tensor
    critic_loss: tf.Tensor
    entropy: tf.Tensor
    alpha: tf.Tensor
    alpha_bound: tf.Tensor
    value: tf.Tensor
    actor_grad_norm: tf.Tensor | tuple[()]
    critic_grad_norm: tf.Tensor | tuple[()]


class A2C(ActorCriticLearner):
    """Advantage actor-critic for discrete or bounded continuous actions.

    With a `memory_size` the carry is the `Memory` of actor and critic, and every step's extras hold
    the memory from which it was acted.

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
        config: A2CConfig | None = None,
        batch_shape: Sequence[int] = (),
    ):
        self.spec = spec
        self.config = config = validation.as_config(spec, config, A2CConfig)
        self.batch_shape = validation.as_batch_shape(batch_shape)
        period = 1 if config.exploration is None else config.exploration.period
        self.experience = OnPolicy(config.rollout_length, period)
        self.discount = config.discount
        measured = A2CMetrics._fields if config.max_grad_norm else A2CMetrics._fields[:-2]
        self.metric_names: tuple[str, ...] = measured
        self._parts = ActorCritic(spec, config, self.batch_shape)
        self._knows_log_prob = config.correction != "none"

    def update(
        self, state: ActorCriticState, batch: Transition, *, seed: Any = None, weight: Any = None
    ) -> Updated:
        """Makes one update from trajectories of the current policy, or a little earlier one.

        Args:
          state: the learners' state.
          batch: fields [T, *P, B, ...]: T consecutive steps of B worlds for each learner. Those
            not `valid` count for nothing, but must hold finite numbers. The extras are those of
            `act`.
          seed: not used: the update is deterministic.
          weight: must be None.

        Returns:
          The new state, and `A2CMetrics` of the update.
        """
        del seed
        parts = self._parts
        validation.check_state_kind(self, state, ActorCriticState)
        parts.check_batch(batch, weight, self._knows_log_prob)
        alpha = parts.temperature.alpha(state.temperature)
        steps, length = parts.merge_time(batch), batch.reward.shape[0]
        inputs = parts.inputs(batch, steps)
        memory = parts.memory_after("critic", state.critic, inputs)
        next_value = parts.next_value(state.critic, steps.next_observation, memory)

        parameters = (state.actor, state.critic)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(parameters)
            actor_memory = parts.memory_after("actor", parameters[0], inputs, length)
            critic_memory = parts.memory_after("critic", parameters[1], inputs, length)
            outputs = parts.outputs(parameters[0], inputs.observed, actor_memory)
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
        new_state, actor_norm, critic_norm = parts.descend(state, tape.gradient(total, parameters))
        mean_entropy = losses.masked_mean(entropy, steps.valid)
        temperature, bound = parts.temperature.update(state.temperature, mean_entropy)
        metrics = A2CMetrics(
            actor_loss=actor_loss,
            critic_loss=critic_loss,
            entropy=mean_entropy,
            alpha=alpha,
            alpha_bound=bound,
            value=losses.masked_mean(value, steps.valid),
            actor_grad_norm=actor_norm,
            critic_grad_norm=critic_norm,
        )
        return Updated(new_state._replace(temperature=temperature), metrics)
