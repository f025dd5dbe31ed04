"""The interface between learners and training loops.

A *learner* is an agent together with its training rule: it acts by a policy, and it updates that
policy from experience. This package says "learner" where other libraries say "agent".
"""

from __future__ import annotations

import abc
import functools
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.distributions import greedy_action
from maxent_tf.replay import Priorities
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Acted, Transition, Updated


class OnPolicy(NamedTuple):
    """The experience of an on-policy learner: fresh trajectories with fields [T, *P, B, ...].

    Attributes:
      rollout_length: T, the number of steps of every environment between two updates.
      seed_period: The number of steps of each environment for which the learner acts by one seed.
    """

    rollout_length: int
    seed_period: int = 1


class OffPolicy(NamedTuple):
    """The experience of an off-policy learner: minibatches from replay, fields [*P, B, ...].

    With a `sequence_length` L above 1, the fields are [L, *P, B, ...]: each transition comes with
    those that followed it in its environment. Steps behind the end of an episode are steps of the
    next episode. Where the environment has not gone on yet, `truncated` marks the end.

    Attributes:
      replay_capacity: The number of transitions that the replay buffer keeps for each learner.
      batch_size: B, the number of transitions of each learner in a minibatch.
      learning_starts: The number of steps that each learner takes with uniformly random actions
        before the first update.
      updates_per_step: The number of updates for each step of one environment; 0.25 is one update
        every four steps.
      sequence_length: The number of consecutive steps that an update learns from.
      priorities: How strongly the replay buffer prefers transitions with large errors; None draws
        all transitions with equal probability.
      seed_period: The number of steps of each environment for which the learner acts by one seed.
    """

    replay_capacity: int
    batch_size: int
    learning_starts: int
    updates_per_step: float
    sequence_length: int = 1
    priorities: Priorities | None = None
    seed_period: int = 1


class Learner(abc.ABC):
    """A learner: an agent with its training rule, as static configuration and pure functions.

    A learner of your own defines `init`, `policy` and `update`, and the four attributes below. The
    other methods have defaults, which suit a learner that acts by drawing from its policy,
    remembers nothing from step to step, and keeps no statistics of what it observes.

    Attributes:
      spec: The specification of the environment that the learner acts in.
      batch_shape: The batch shape `P`, as in a TFP distribution: the number and arrangement of
        independent learners.
      experience: The kind of experience that the updates need, `OnPolicy` or `OffPolicy`.
      metric_names: The names of the metrics that an update measures, in their order.
      plans: Whether `act` needs the state of an environment of the graph, in which it plans.
      strategy: The `tf.distribute` strategy among whose replicas an update is divided, see
        `distributed.data_parallel`; None if an update is made on one device.
    """

    spec: EnvironmentSpec
    batch_shape: tuple[int, ...]
    experience: OnPolicy | OffPolicy
    metric_names: tuple[str, ...]
    plans: bool = False
    strategy: Any = None
    # Of learners with an alpha: what makes, advances and sets the state's attribute `temperature`.
    _temperature: Any = None

    @functools.cached_property
    def compiled(self) -> dict[Any, Any]:
        """The programs that training has compiled for this learner, and that live as long as it."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Returns what is copied or pickled: all but the compiled programs."""
        return {name: value for name, value in vars(self).items() if name != "compiled"}

    @abc.abstractmethod
    def init(self, seed: Any) -> Any:
        """Returns a fresh state, a NamedTuple of tensors with `P` in front of each.

        Args:
          seed: An integer, or a seed of shape [2], int32.
        """

    @abc.abstractmethod
    def policy(self, state: Any, observation: Any) -> Any:
        """Returns the action distribution, for analysis and for code that draws its own actions.

        Args:
          state: The state of the learners.
          observation: [*P, B, *O]. In a graph, the length B may be unknown: one program then acts
            for any number of environments.

        Returns:
          A distribution of batch shape [*P, B].
        """

    @abc.abstractmethod
    def update(self, state: Any, batch: Transition, *, seed: Any, weight: Any = None) -> Updated:
        """Makes one update.

        Args:
          state: The state of the learners.
          batch: The experience, of the shape that `experience` describes.
          seed: An integer, or a seed of shape [2], int32, for everything that the update draws.
          weight: [*P, B], float32, the importance weights of the transitions; None is 1. Only a
            replay buffer with priorities has such weights.

        Returns:
          The new state, the metrics, each [*P], and, if the learner accepts a `weight`, the
          absolute errors of the transitions.
        """

    def initial_carry(self, num_envs: Any) -> Any:
        """Returns the carry with which `act` begins an episode.

        Args:
          num_envs: B, the number of environments of each learner, an integer or an int32 scalar.

        Returns:
          The carry, as in `Acted`.
        """
        del num_envs
        return ()

    def act(
        self,
        state: Any,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Chooses actions. Training, evaluation and the bridges all act through this function.

        Args:
          state: The state of the learners.
          carry: The carry from the step before, or `initial_carry` where an episode begins.
          observation: [*P, B, *O], the observations.
          seed: An integer, or a seed of shape [2], int32. Equal seeds and other arguments give
            equal actions.
          explore: Whether to explore; otherwise the actions are those that the learner thinks best.
          world: The state of the in-graph environment, for learners that plan; None elsewhere.

        Returns:
          The actions, of the dtype that the specification gives, the carry for the next step, and
          the extras: what learning needs to know of this act.
        """
        del world
        distribution = self.policy(state, observation)
        if explore:
            return Acted(distribution.sample(seed=seed), carry)
        return Acted(greedy_action(distribution), carry)

    def observe(self, state: Any, fresh: Transition) -> Any:
        """Takes note of experience before the learner learns from it.

        Args:
          state: The state of the learners.
          fresh: The steps that follow those observed before, [*P, B, ...] or [T, *P, B, ...].

        Returns:
          The state with updated statistics, if the learner keeps any.
        """
        del fresh
        return state

    def with_alpha(self, state: Any, alpha: Any) -> Any:
        """Returns a state from which the learners go on at another temperature.

        A `temperature.Manual` keeps the new alpha. An automatic temperature goes on from it towards
        its target. A number or a schedule is no part of a state and cannot be set.

        Args:
          state: The state of the learners.
          alpha: The temperature of the next update, at least 0, broadcastable to [*P], in reward
            per nat.

        Raises:
          ValueError: If the temperature of the learners cannot be set, or if `alpha` is out of
            range or does not broadcast.
        """
        if self._temperature is None:
            raise ValueError(
                f"alpha cannot be set, because {type(self).__name__} has no temperature."
            )
        return state._replace(temperature=self._temperature.with_alpha(state.temperature, alpha))


def extras_spec(learner: Learner, state: Any, world: Any = None) -> Any:
    """Returns the specs, without batch axes, of the extras with which a learner acts in a state.

    Args:
      learner: The learner.
      state: The state of the learner.
      world: The state of environments of the graph, [*P, B, ...], for a learner that plans.
    """
    leading = len(learner.batch_shape) + 1

    def zeros(spec: Any) -> tf.Tensor:
        return tf.zeros([*learner.batch_shape, 1, *spec.shape], spec.dtype)

    observation = tf.nest.map_structure(zeros, learner.spec.observation)
    if world is not None:
        world = tf.nest.map_structure(
            lambda x: zeros(tf.TensorSpec(x.shape[leading:], x.dtype)), world
        )

    def act(observation: Any, world: Any) -> Any:
        carry = learner.initial_carry(1)
        return learner.act(
            state, carry, observation, seed=[0, 0], explore=False, world=world
        ).extras

    # Traced, not run: only the shapes are wanted.
    program = tf.function(act, autograph=False)
    traced = program.get_concrete_function(observation, world).structured_outputs
    return tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape[leading:], x.dtype), traced)
