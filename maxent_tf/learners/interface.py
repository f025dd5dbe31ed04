"""What every learner offers to the training loops, and what it asks of them."""

from __future__ import annotations

import abc
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.distributions import greedy_action
from maxent_tf.replay import Priorities
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Acted, Transition, Updated


class OnPolicy(NamedTuple):
    """The learner is updated with fresh trajectories: fields [T, *P, B, ...].

    Attributes:
      rollout_length: T, steps of every world between two updates.
      seed_period: for how many steps of each world the learner acts by one seed.
    """

    rollout_length: int
    seed_period: int = 1


class OffPolicy(NamedTuple):
    """The learner is updated with minibatches from replay: fields [*P, B, ...].

    With a `sequence_length`, L, above 1 they are [L, *P, B, ...]: each transition with those that
    followed it in its world. What comes after an episode's end is of the next episode; where the
    world has not gone on yet, `truncated` marks the end.

    Attributes:
      replay_capacity: transitions kept for each learner.
      batch_size: B.
      learning_starts: steps of each learner taken with uniformly random actions before the first
        update.
      updates_per_step: updates for each step of one environment; 0.25 is one every four steps.
      sequence_length: steps in a row that an update learns from.
      priorities: how replay prefers transitions with large errors; None draws uniformly.
      seed_period: for how many steps of each world the learner acts by one seed.
    """

    replay_capacity: int
    batch_size: int
    learning_starts: int
    updates_per_step: float
    sequence_length: int = 1
    priorities: Priorities | None = None
    seed_period: int = 1


class Learner(abc.ABC):
    """A learner: static configuration, and pure functions over its state.

    A learner of your own defines `init`, `policy` and `update`, and four attributes. The others
    have defaults, for a learner that acts by drawing from its policy, remembers nothing from step
    to step, and keeps no statistics of what it sees.

    Attributes:
      spec: of the worlds it learns on.
      batch_shape: `P`: how many independent learners it is, as in a TFP distribution.
      experience: what its updates are fed with.
      metric_names: of the metrics that an update measures, in their order.
    """

    spec: EnvironmentSpec
    batch_shape: tuple[int, ...]
    experience: OnPolicy | OffPolicy
    metric_names: tuple[str, ...]

    @abc.abstractmethod
    def init(self, seed: Any) -> Any:
        """Returns a fresh state, a NamedTuple of tensors with `P` in front of each.

        Args:
          seed: an integer or [2], int32.
        """

    @abc.abstractmethod
    def policy(self, state: Any, observation: Any) -> Any:
        """Returns the action distribution, for analysis and for whoever acts by hand.

        Args:
          state: the learners' state.
          observation: [*P, B, *O]. In a graph the length of B may be open: one program then acts
            for any number of environments.

        Returns:
          A distribution of batch shape [*P, B].
        """

    @abc.abstractmethod
    def update(self, state: Any, batch: Transition, *, seed: Any, weight: Any = None) -> Updated:
        """Makes one update.

        Args:
          state: the learners' state.
          batch: as `experience` says.
          seed: an integer or [2], int32, for what the update draws.
          weight: [*P, B], float32, importance weights of the transitions; None is 1. Only replay
            with priorities has any.

        Returns:
          The new state, metrics [*P] each, and the sizes of errors where `weight` may be given.
        """

    def initial_carry(self, num_envs: Any) -> Any:
        """Returns what `act` takes along into an episode's first step.

        Args:
          num_envs: B, an integer or an int32 scalar.

        Returns:
          As in `Acted`.
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
        """Chooses actions. Everything that acts, acts through this.

        Args:
          state: the learners' state.
          carry: from the step before, or `initial_carry` where an episode begins.
          observation: [*P, B, *O].
          seed: an integer or [2], int32. For one seed the action is a function of the rest.
          explore: whether to explore; otherwise the actions are those that the learner thinks best.
          world: the state of an in-graph world, for learners that plan; None elsewhere.

        Returns:
          Actions of the spec's dtype, with what goes along and what learning needs to know.
        """
        del world
        distribution = self.policy(state, observation)
        if explore:
            return Acted(distribution.sample(seed=seed), carry)
        return Acted(greedy_action(distribution), carry)

    def observe(self, state: Any, fresh: Transition) -> Any:
        """Takes note of experience before it is learned from.

        Args:
          state: the learners' state.
          fresh: steps that follow those observed before, [*P, B, ...] or [T, *P, B, ...].

        Returns:
          The state with statistics of it, if the learner keeps any.
        """
        del fresh
        return state


def extras_spec(learner: Learner, state: Any) -> Any:
    """Returns the specs, without batch axes, of the extras with which a learner acts in a state."""
    zeros = tf.nest.map_structure(
        lambda spec: tf.zeros([*learner.batch_shape, 1, *spec.shape], spec.dtype),
        learner.spec.observation,
    )

    def act(observation: Any) -> Any:
        carry = learner.initial_carry(1)
        return learner.act(state, carry, observation, seed=[0, 0], explore=False).extras

    # Traced, not run: only the shapes are wanted.
    traced = tf.function(act, autograph=False).get_concrete_function(zeros).structured_outputs
    leading = len(learner.batch_shape) + 1
    return tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape[leading:], x.dtype), traced)
