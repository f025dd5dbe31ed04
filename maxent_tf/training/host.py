"""Training on Gymnasium worlds: the worlds step on the host, everything else is compiled.

Off policy, a single call for each step stores the transition, makes the updates, and draws the next
action. On policy, one call a step draws the action and one call a rollout learns.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import tensorflow as tf

from maxent_tf.learners import Learner, OffPolicy, OnPolicy
from maxent_tf.replay import UniformReplay
from maxent_tf.training.compilation import compiled
from maxent_tf.training.records import Recorder
from maxent_tf.training.result import TrainResult, check_finite
from maxent_tf.training.rollout import Episodes, uniform_action
from maxent_tf.training.updates import replay_updates
from maxent_tf.types import Transition

if TYPE_CHECKING:
    from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds


class _Loop(Protocol):
    """How one kind of learner meets the host's worlds."""

    updates: int

    def first_action(self, observation: np.ndarray) -> tf.Tensor:
        """Returns the actions of the first step."""

    def advance(
        self, transition: Transition, observation: np.ndarray
    ) -> tuple[tf.Tensor, np.ndarray | None]:
        """Takes in a step; returns the next actions, and the metrics [M, *P] if it learned."""

    def state(self) -> Any:
        """Returns the learners' state now."""


def train_on_host(
    learner: Learner,
    worlds: GymnasiumWorlds,
    num_steps: int,
    seed: tf.Tensor,
    num_envs: int,
    compile: str,
    recorder: Recorder,
    state: Any,
) -> TrainResult:
    """Trains on host worlds; see `train`, which checks the arguments."""
    started = time.perf_counter()
    init_seed, world_seed, run_seed = tf.unstack(tf.random.split(seed, 3))
    state = learner.init(init_seed) if state is None else state
    batch = (*learner.batch_shape, num_envs)
    # Plain variables, not arguments: a call then passes a step's data alone.
    kept = _StateVariables(state)
    experience = learner.experience
    loop: _Loop
    length = 1
    if isinstance(experience, OnPolicy):
        length = experience.rollout_length
        loop = _OnPolicyLoop(learner, experience, kept, run_seed, compile)
    else:
        loop = _OffPolicyLoop(learner, experience, kept, run_seed, compile, batch)

    tally = _Tally(learner, batch)
    # Whole rollouts, so that every step is learned from, and every record holds an update.
    rollouts = math.ceil(num_steps / (num_envs * length))
    iterations = rollouts * length
    ends = (length * end for end in recorder.boundaries(rollouts))
    next_record = next(ends)
    last_good = state
    observation = worlds.reset(int(world_seed[0]) % 2**31).reshape(
        *batch, *learner.spec.observation.shape
    )
    action = loop.first_action(observation)
    for iteration in range(1, iterations + 1):
        flat = action.numpy().reshape(-1, *learner.spec.action.shape)
        step = worlds.step(flat)
        step = type(step)(*(x.reshape(*batch, *x.shape[1:]) for x in step))
        transition = Transition(
            observation=observation,
            action=action,
            reward=step.reward,
            next_observation=step.next_observation,
            terminated=step.terminated,
            truncated=step.truncated,
            valid=step.valid,
        )
        observation = step.observation
        action, metrics = loop.advance(transition, observation)
        tally.add(transition, metrics)
        if metrics is not None:
            named = dict(zip(learner.metric_names, metrics, strict=True))
            check_finite(named, learner.batch_shape, loop.updates, last_good)
        if iteration == next_record:
            state = loop.state()
            check_finite(state._asdict(), learner.batch_shape, loop.updates, last_good)
            recorder.add(iteration * num_envs, *tally.take())
            next_record = next(ends, 0)
            last_good = state
    return TrainResult(
        state=state,
        history=recorder.history(),
        env_steps=iterations * num_envs,
        updates=loop.updates,
        wall_time=time.perf_counter() - started,
    )


class _StateVariables(tf.Module):
    """A learner's state in variables."""

    def __init__(self, state: Any):
        super().__init__()
        self._variables = tf.nest.map_structure(lambda x: tf.Variable(x, trainable=False), state)

    def read(self) -> Any:
        return tf.nest.map_structure(lambda v: v.read_value(), self._variables)

    def write(self, state: Any) -> None:
        tf.nest.map_structure(lambda v, x: v.assign(x), self._variables, state)


class _OnPolicyLoop:
    def __init__(
        self,
        learner: Learner,
        experience: OnPolicy,
        kept: _StateVariables,
        seed: tf.Tensor,
        compile: str,
    ):
        self.updates = 0
        self.state = kept.read
        self._length = experience.rollout_length
        self._steps: list[Transition] = []
        self._calls = 0

        def act(observation: tf.Tensor, call: tf.Tensor) -> tf.Tensor:
            policy = learner.policy(kept.read(), observation)
            return policy.sample(seed=tf.random.fold_in(seed, call))

        def learn(trajectory: Transition, call: tf.Tensor) -> tf.Tensor:
            update_seed = tf.random.fold_in(tf.random.fold_in(seed, call), 1)
            state, metrics = learner.update(kept.read(), trajectory, update_seed)
            kept.write(state)
            return tf.stack(tf.nest.flatten(metrics))

        self._act = compiled(act, compile, auto="graph")
        self._learn = compiled(learn, compile, auto="graph")

    def first_action(self, observation: np.ndarray) -> tf.Tensor:
        return self._act(tf.constant(observation), tf.constant(0))

    def advance(
        self, transition: Transition, observation: np.ndarray
    ) -> tuple[tf.Tensor, np.ndarray | None]:
        self._calls += 1
        call = tf.constant(self._calls)
        self._steps.append(transition)
        metrics = None
        if len(self._steps) == self._length:
            trajectory = tf.nest.map_structure(lambda *x: tf.constant(np.stack(x)), *self._steps)
            metrics = self._learn(trajectory, call).numpy()
            self.updates += 1
            self._steps = []
        return self._act(tf.constant(observation), call), metrics


class _OffPolicyLoop:
    def __init__(
        self,
        learner: Learner,
        experience: OffPolicy,
        kept: _StateVariables,
        seed: tf.Tensor,
        compile: str,
        batch: tuple[int, ...],
    ):
        self.updates = 0
        self.state = kept.read
        self._warm_up = math.ceil(experience.learning_starts / batch[-1])
        self._updates_per_call = batch[-1] * experience.updates_per_step
        self._calls = 0
        replay = UniformReplay(learner.spec, experience.replay_capacity, learner.batch_shape)

        # XLA compiles what computes and leaves out what stores: a program that stores would copy
        # the whole replay buffer at every call.
        update = compiled(learner.update, compile, auto="xla")
        storing = "eager" if compile == "eager" else "graph"

        def explore(call: tf.Tensor) -> tf.Tensor:
            return uniform_action(learner.spec.action, batch, tf.random.fold_in(seed, call))

        def draw(state: Any, observation: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            return learner.policy(state, observation).sample(seed=seed)

        draw = compiled(draw, compile, auto="xla")

        def act(observation: tf.Tensor, call: tf.Tensor) -> tf.Tensor:
            return draw(kept.read(), observation, tf.random.fold_in(seed, call))

        def learn_and_act(
            transition: Transition, observation: tf.Tensor, call: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor]:
            replay.add(transition)
            act_seed, update_seed = tf.unstack(tf.random.split(tf.random.fold_in(seed, call), 2))
            state, metrics = replay_updates(
                update,
                kept.read(),
                replay,
                experience.batch_size,
                self._updates_per_call,
                update_seed,
            )
            kept.write(state)
            return draw(state, observation, act_seed), tf.stack(tf.nest.flatten(metrics))

        self._explore = compiled(explore, storing, auto="graph")
        self._act = compiled(act, storing, auto="graph")
        self._store = compiled(replay.add, storing, auto="graph")
        self._learn_and_act = compiled(learn_and_act, storing, auto="graph")

    def first_action(self, observation: np.ndarray) -> tf.Tensor:
        call = tf.constant(0)
        return self._explore(call) if self._warm_up else self._act(tf.constant(observation), call)

    def advance(
        self, transition: Transition, observation: np.ndarray
    ) -> tuple[tf.Tensor, np.ndarray | None]:
        self._calls += 1
        call = tf.constant(self._calls)
        transition = tf.nest.map_structure(tf.convert_to_tensor, transition)
        if self._calls < self._warm_up:
            self._store(transition)
            return self._explore(call), None
        if self._calls == self._warm_up:
            self._store(transition)
            return self._act(tf.constant(observation), call), None
        action, metrics = self._learn_and_act(transition, tf.constant(observation), call)
        self.updates += self._updates_per_call
        return action, metrics.numpy()


class _Tally:
    """Sums of metrics and of ended episodes since the last record."""

    def __init__(self, learner: Learner, batch: tuple[int, ...]):
        self._names = learner.metric_names
        self._learners = batch[:-1]
        self._return = np.zeros(batch, np.float32)
        self._length = np.zeros(batch, np.float32)
        self._clear()

    def _clear(self) -> None:
        self._sums = np.zeros((len(self._names), *self._learners), np.float32)
        self._count = 0
        self._episodes = Episodes(*(np.zeros(self._learners, np.float32) for _ in range(3)))

    def add(self, transition: Transition, metrics: np.ndarray | None) -> None:
        if metrics is not None:
            self._sums = self._sums + metrics
            self._count += 1
        self._return += transition.reward
        self._length += transition.valid
        done = transition.terminated | transition.truncated
        if done.any():
            ended = (done, done * self._return, done * self._length)
            self._episodes = Episodes(
                *(old + new.sum(axis=-1) for old, new in zip(self._episodes, ended, strict=True))
            )
            self._return[done] = 0
            self._length[done] = 0

    def take(self) -> tuple[dict[str, np.ndarray], Episodes]:
        """Returns mean metrics (NaN where nothing was learned) and the episodes; starts anew."""
        means = self._sums / (self._count if self._count else np.nan)
        taken = dict(zip(self._names, means, strict=True)), self._episodes
        self._clear()
        return taken
