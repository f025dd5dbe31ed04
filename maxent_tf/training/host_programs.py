"""The compiled programs of the host loop.

Off-policy learners make a single call for each step, which stores the transition, makes the
updates, and draws the next action. On-policy learners make one call for each step, which draws the
action, and one call for each rollout, which makes an update.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.learners import Learner, OffPolicy, OnPolicy
from maxent_tf.training import rollout
from maxent_tf.training.compilation import called_alike, compiled
from maxent_tf.training.loop import Pace, StateVariables
from maxent_tf.training.updates import make_replay, replay_updates
from maxent_tf.types import Acted, Transition, Updated

# (state, trajectory) -> new state: learning that takes place elsewhere, in another process.
Learn = Callable[[Any, Transition], Any]


class HostPrograms(Protocol):
    """The programs with which one kind of learner trains on the host; `call` counts the steps.

    Attributes:
      kept: The variables of the learners' state, which the programs read and write. A call then
        passes a step's data alone.
    """

    kept: StateVariables

    def begin(self, state: Any, seed: tf.Tensor, learn: Learn | None) -> None:
        """Begins a run from a state, with nothing in replay, and with a seed of shape [2]."""

    def first(self, observation: Any, call: int) -> Acted:
        """Acts in environments that have just been reset, after `call` earlier steps."""

    def advance(
        self, transition: Transition, carry: Any, observation: Any, call: int
    ) -> tuple[Acted, np.ndarray | None]:
        """Takes in a step, and acts again.

        Args:
          transition: The step.
          carry: The carry that the learner returned with the actions of the step.
          observation: The observations after the step, and after the resets of environments whose
            episodes ended.
          call: The number of the step.

        Returns:
          The next actions, and sums of metrics [M, *P] if the learner learned.
        """

    def trackables(self) -> Mapping[str, Any]:
        """Returns the objects that a checkpoint must hold beside the learners' state."""

    @property
    def variables(self) -> Sequence[tf.Variable]:
        """All variables that the programs own."""


def _tensors(structure: Any) -> Any:
    return tf.nest.map_structure(tf.convert_to_tensor, structure)


def _ended(transition: Transition) -> Any:
    """Returns where the next step begins an episode; a call that only resets is in no episode."""
    return transition.terminated | transition.truncated | ~transition.valid


def _number(call: int) -> tf.Tensor:
    """Returns a count as a tensor; TensorFlow would cache, and keep, every Python number."""
    return tf.constant(np.int32(call))


class OnPolicyPrograms:
    """Gathers rollouts and makes an update from each; see `HostPrograms`."""

    def __init__(
        self,
        learner: Learner,
        state: Any,
        compile: str,
        batch: tuple[int, ...],
    ):
        experience = learner.experience
        assert isinstance(experience, OnPolicy)
        self.kept = kept = StateVariables(state)
        self._batch = batch
        self._length = experience.rollout_length
        self._steps: list[Transition] = []
        self._initial_carry = functools.partial(learner.initial_carry, batch[-1])
        self._seed: tf.Tensor
        self._learn: Learn | None = None

        def act(
            seed: tf.Tensor, carry: Any, ended: tf.Tensor, observation: tf.Tensor, call: tf.Tensor
        ) -> Acted:
            carry = rollout.carry_on(learner, carry, ended)
            own_seed = draws.fold_in(seed, call)
            act_seed = rollout.seed_of_step(experience, own_seed, seed, call)
            return learner.act(kept.read(), carry, observation, seed=act_seed)

        def update(seed: tf.Tensor, trajectory: Transition, call: tf.Tensor) -> tf.Tensor:
            update_seed = draws.fold_in(draws.fold_in(seed, call), 1)
            updated = learner.update(kept.read(), trajectory, seed=update_seed)
            # Only now, so that a rollout is acted and learned from on one scale.
            kept.write(learner.observe(updated.state, trajectory))
            return tf.stack(tf.nest.flatten(updated.metrics))

        self._act = called_alike(compiled(act, compile, auto="graph"), "the policy")
        self._update = called_alike(compiled(update, compile, auto="graph"), "the update")

    def begin(self, state: Any, seed: tf.Tensor, learn: Learn | None) -> None:
        """Begins a run."""
        self.kept.write(state)
        self._seed, self._learn, self._steps = seed, learn, []

    @property
    def variables(self) -> Sequence[tf.Variable]:
        """The variables of the learners' state."""
        return self.kept.variables

    def first(self, observation: Any, call: int) -> Acted:
        """Acts in environments that have just been reset."""
        carry = self._initial_carry()
        nobody = np.zeros(self._batch, bool)
        return self._next(carry, nobody, observation, call)

    def advance(
        self, transition: Transition, carry: Any, observation: Any, call: int
    ) -> tuple[Acted, np.ndarray | None]:
        """Takes in a step."""
        self._steps.append(transition)
        metrics = None
        if len(self._steps) == self._length:
            trajectory = tf.nest.map_structure(lambda *x: tf.constant(np.stack(x)), *self._steps)
            if self._learn is None:
                metrics = self._update(self._seed, trajectory, _number(call)).numpy()
            else:
                self.kept.write(self._learn(self.kept.read(), trajectory))
            self._steps = []
        return self._next(carry, _ended(transition), observation, call), metrics

    def _next(self, carry: Any, ended: np.ndarray, observation: Any, call: int) -> Acted:
        # Passed only if it is looked at: every argument costs.
        where = tf.constant(ended) if tf.nest.flatten(carry) else ()
        return self._act(self._seed, carry, where, _tensors(observation), _number(call))

    def trackables(self) -> Mapping[str, Any]:
        """Returns nothing: a record comes after whole rollouts."""
        return {}


class OffPolicyPrograms:
    """Acts at random to fill the replay buffer, then learns at every step; see `HostPrograms`."""

    def __init__(
        self,
        learner: Learner,
        state: Any,
        compile: str,
        batch: tuple[int, ...],
    ):
        experience = learner.experience
        assert isinstance(experience, OffPolicy)
        pace = Pace.of(experience, batch[-1])
        self.kept = kept = StateVariables(state)
        self._replay = replay = make_replay(learner, state, experience, batch[-1])
        self._seed: tf.Tensor

        # XLA compiles what computes and leaves out what stores: a program that stores would copy
        # the whole replay buffer at every call.
        storing = "eager" if compile == "eager" else "graph"
        self._initial_carry = functools.partial(learner.initial_carry, batch[-1])

        def act_at_random(
            seed: tf.Tensor, carry: Any, observation: tf.Tensor, call: tf.Tensor
        ) -> Acted:
            own_seed = draws.fold_in(seed, call)
            return rollout.act_uniformly(learner, kept.read(), carry, observation, own_seed)

        def draw(state: Any, carry: Any, observation: tf.Tensor, seed: tf.Tensor) -> Acted:
            return learner.act(state, carry, observation, seed=seed)

        draw = compiled(draw, compile, auto="xla")

        def act(seed: tf.Tensor, carry: Any, observation: tf.Tensor, call: tf.Tensor) -> Acted:
            own_seed = draws.fold_in(seed, call)
            act_seed = rollout.seed_of_step(experience, own_seed, seed, call)
            return draw(kept.read(), carry, observation, act_seed)

        def store(transition: Transition, carry: Any) -> Any:
            replay.add(transition)
            state = kept.read()
            observed = learner.observe(state, transition)
            if observed is not state:  # or every variable would be written for nothing
                kept.write(observed)
            return rollout.carry_on(learner, carry, _ended(transition))

        def learn_and_act(
            due: int,
            seed: tf.Tensor,
            transition: Transition,
            carry: Any,
            observation: tf.Tensor,
            call: tf.Tensor,
        ) -> tuple[Acted, tf.Tensor]:
            replay.add(transition)
            own_seed, update_seed = tf.unstack(draws.split(draws.fold_in(seed, call), 2))
            act_seed = rollout.seed_of_step(experience, own_seed, seed, call)
            carry = rollout.carry_on(learner, carry, _ended(transition))

            def update_and_act(
                state: Any, batch: Transition, seed: tf.Tensor, weight: Any
            ) -> Updated:
                updated = learner.update(state, batch, seed=seed, weight=weight)
                acted = learner.act(updated.state, carry, observation, seed=act_seed)
                return updated._replace(state=(updated.state, acted))

            # One program: of several updates only the last one's actions count, but to start
            # another program costs more than to act.
            program = compiled(update_and_act, compile, auto="xla")

            def update(both: Any, batch: Transition, *, seed: tf.Tensor, weight: Any) -> Updated:
                state, _ = both
                return program(state, batch, seed, weight)

            (state, acted), sums = replay_updates(
                update,
                (
                    learner.observe(kept.read(), transition),
                    Acted(transition.action, carry, transition.extras),
                ),
                replay,
                experience.batch_size,
                len(learner.metric_names),
                due,
                update_seed,
            )
            kept.write(state)
            return acted, tf.stack(sums)

        def program(function: Callable[..., Any], name: str) -> Callable[..., Any]:
            return called_alike(compiled(function, storing, auto="graph"), name)

        self._act_at_random = program(act_at_random, "random actions")
        self._act = program(act, "the policy")
        self._store = program(store, "the replay buffer")
        self._pace = pace
        # One program for each number of updates that a step may be due.
        self._learn_and_act = functools.cache(
            lambda due: program(functools.partial(learn_and_act, due), "the update")
        )

    def begin(self, state: Any, seed: tf.Tensor, learn: Learn | None) -> None:
        """Begins a run; all learning takes place here."""
        assert learn is None
        self.kept.write(state)
        self._replay.clear()
        self._seed = seed

    @property
    def variables(self) -> Sequence[tf.Variable]:
        """The variables of the learners' state and of the replay buffer."""
        return (*self.kept.variables, *self._replay.variables)

    def first(self, observation: Any, call: int) -> Acted:
        """Acts in environments that have just been reset."""
        self._replay.break_off()
        return self._next(self._initial_carry(), _tensors(observation), call)

    def advance(
        self, transition: Transition, carry: Any, observation: Any, call: int
    ) -> tuple[Acted, np.ndarray | None]:
        """Takes in a step."""
        transition, observation = _tensors(transition), _tensors(observation)
        due = self._pace.updates_after(call) - self._pace.updates_after(call - 1)
        if due == 0:
            return self._next(self._store(transition, carry), observation, call), None
        acted, sums = self._learn_and_act(due)(
            self._seed, transition, carry, observation, _number(call)
        )
        return acted, sums.numpy()

    def trackables(self) -> Mapping[str, Any]:
        """Returns the replay buffer."""
        return {"replay": self._replay}

    def _next(self, carry: Any, observation: Any, call: int) -> Acted:
        """Acts after `call` steps: at random in the warm-up, then by the learner's policy."""
        act = self._act_at_random if call < self._pace.warm_up else self._act
        return act(self._seed, carry, observation, _number(call))
