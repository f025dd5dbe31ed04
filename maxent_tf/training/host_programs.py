"""The compiled programs of the host loop.

Off policy, a single call for each step stores the transition, makes the updates, and draws the next
action. On policy, one call a step draws the action and one call a rollout learns.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from maxent_tf.learners import Learner, OffPolicy, OnPolicy
from maxent_tf.training import rollout
from maxent_tf.training.compilation import called_alike, compiled
from maxent_tf.training.loop import Pace, StateVariables
from maxent_tf.training.normalized import Normalized, observe
from maxent_tf.training.updates import make_replay, replay_updates, update_of
from maxent_tf.types import Transition


class HostPrograms(Protocol):
    """How one kind of learner meets the host's worlds; `call` counts their steps."""

    def first_action(self, observation: Any, call: int) -> tf.Tensor:
        """Returns the actions of the first step after `call` earlier ones."""

    def advance(
        self, transition: Transition, observation: Any, call: int
    ) -> tuple[tf.Tensor, np.ndarray | None]:
        """Takes in a step; returns the next actions, and sums of metrics [M, *P] if it learned."""

    def trackables(self) -> Mapping[str, Any]:
        """Returns what a checkpoint must hold beside the learners' state."""


def _tensors(structure: Any) -> Any:
    return tf.nest.map_structure(tf.convert_to_tensor, structure)


def _number(call: int) -> tf.Tensor:
    """The count as a tensor; of Python's own numbers TensorFlow caches, and keeps, every one."""
    return tf.constant(np.int32(call))


class OnPolicyPrograms:
    """Gathers rollouts and learns from each; see `HostPrograms`."""

    def __init__(
        self,
        learner: Learner,
        experience: OnPolicy,
        kept: StateVariables,
        seed: tf.Tensor,
        compile: str,
    ):
        self._length = experience.rollout_length
        self._steps: list[Transition] = []

        def act(observation: tf.Tensor, call: tf.Tensor) -> tf.Tensor:
            policy = learner.policy(kept.read(), observation)
            return policy.sample(seed=tf.random.fold_in(seed, call))

        def learn(trajectory: Transition, call: tf.Tensor) -> tf.Tensor:
            update_seed = tf.random.fold_in(tf.random.fold_in(seed, call), 1)
            state, metrics = learner.update(kept.read(), trajectory, update_seed)
            # Only now, so that a rollout is acted and learned from on one scale.
            kept.write(observe(learner, state, trajectory))
            return tf.stack(tf.nest.flatten(metrics))

        self._act = called_alike(compiled(act, compile, auto="graph"))
        self._learn = called_alike(compiled(learn, compile, auto="graph"))

    def first_action(self, observation: Any, call: int) -> tf.Tensor:
        """Draws the first actions."""
        return self._act(_tensors(observation), _number(call))

    def advance(
        self, transition: Transition, observation: Any, call: int
    ) -> tuple[tf.Tensor, np.ndarray | None]:
        """Takes in a step."""
        self._steps.append(transition)
        metrics = None
        if len(self._steps) == self._length:
            trajectory = tf.nest.map_structure(lambda *x: tf.constant(np.stack(x)), *self._steps)
            metrics = self._learn(trajectory, _number(call)).numpy()
            self._steps = []
        return self._act(_tensors(observation), _number(call)), metrics

    def trackables(self) -> Mapping[str, Any]:
        """Names nothing: a record comes after whole rollouts."""
        return {}


class _Acting(NamedTuple):
    """Learners, and what they do next."""

    state: Any
    action: tf.Tensor


class OffPolicyPrograms:
    """Acts at random to fill replay, then learns after every step; see `HostPrograms`."""

    def __init__(
        self,
        learner: Learner,
        experience: OffPolicy,
        kept: StateVariables,
        seed: tf.Tensor,
        compile: str,
        batch: tuple[int, ...],
    ):
        pace = Pace.of(experience, batch[-1])
        self._replay = replay = make_replay(learner, experience, batch[-1])

        # XLA compiles what computes and leaves out what stores: a program that stores would copy
        # the whole replay buffer at every call.
        update = update_of(learner, experience)
        storing = "eager" if compile == "eager" else "graph"

        def explore(call: tf.Tensor) -> tf.Tensor:
            return rollout.uniform_action(learner.spec.action, batch, tf.random.fold_in(seed, call))

        def draw(state: Any, observation: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            return rollout.act(learner, experience, state, observation, seed)

        draw = compiled(draw, compile, auto="xla")

        def act(observation: tf.Tensor, call: tf.Tensor) -> tf.Tensor:
            act_seed = rollout.action_seed(experience, tf.random.fold_in(seed, call), seed, call)
            return draw(kept.read(), observation, act_seed)

        def store(transition: Transition) -> None:
            replay.add(transition)
            if isinstance(learner, Normalized):
                kept.write(learner.observe(kept.read(), transition))

        def learn_and_act(
            due: int, transition: Transition, observation: tf.Tensor, call: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor]:
            replay.add(transition)
            own_seed, update_seed = tf.unstack(tf.random.split(tf.random.fold_in(seed, call), 2))
            act_seed = rollout.action_seed(experience, own_seed, seed, call)

            def update_and_draw(acting: Any, *batch_and_seed: Any) -> Any:
                state, *rest = update(acting.state, *batch_and_seed)
                action = rollout.act(learner, experience, state, observation, act_seed)
                return _Acting(state, action), *rest

            acting, sums = replay_updates(
                # One program: of several updates only the last one's draw counts, but to start
                # another program costs more than to draw.
                compiled(update_and_draw, compile, auto="xla"),
                _Acting(observe(learner, kept.read(), transition), transition.action),
                replay,
                experience.batch_size,
                len(learner.metric_names),
                due,
                update_seed,
            )
            kept.write(acting.state)
            return acting.action, tf.stack(sums)

        self._explore = called_alike(compiled(explore, storing, auto="graph"))
        self._act = called_alike(compiled(act, storing, auto="graph"))
        self._store = called_alike(compiled(store, storing, auto="graph"))
        self._pace = pace
        # One program for each number of updates that a step may be due.
        self._learn_and_act = functools.cache(
            lambda due: called_alike(
                compiled(functools.partial(learn_and_act, due), storing, auto="graph")
            )
        )

    def first_action(self, observation: Any, call: int) -> tf.Tensor:
        """Draws the first actions in worlds that have just been reset."""
        self._replay.break_off()
        return self._next(_tensors(observation), call)

    def advance(
        self, transition: Transition, observation: Any, call: int
    ) -> tuple[tf.Tensor, np.ndarray | None]:
        """Takes in a step."""
        transition = _tensors(transition)
        due = self._pace.updates_after(call) - self._pace.updates_after(call - 1)
        if due == 0:
            self._store(transition)
            return self._next(_tensors(observation), call), None
        program = self._learn_and_act(due)
        action, sums = program(transition, _tensors(observation), _number(call))
        return action, sums.numpy()

    def trackables(self) -> Mapping[str, Any]:
        """Names replay."""
        return {"replay": self._replay}

    def _next(self, observation: tf.Tensor, call: int) -> tf.Tensor:
        """The actions after `call` steps: random ones in the warm-up, then the policy's."""
        if call < self._pace.warm_up:
            return self._explore(_number(call))
        return self._act(observation, _number(call))
