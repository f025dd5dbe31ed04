"""Training on Gymnasium environments, which step on the host while all else is compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.learners import Learner, OnPolicy
from maxent_tf.learners.wrapper import parts
from maxent_tf.training.host_programs import (
    HostPrograms,
    Learn,
    OffPolicyPrograms,
    OnPolicyPrograms,
)
from maxent_tf.training.loop import Counter, Interval, Pace
from maxent_tf.training.programs import Loan
from maxent_tf.training.result import check_finite
from maxent_tf.training.rollout import Episodes
from maxent_tf.types import Acted, Transition

if TYPE_CHECKING:
    from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds


class HostLoop:
    """The training loop over Gymnasium environments; `Trainer` checks the arguments.

    A checkpoint holds everything but the environments: after a checkpoint is loaded, the
    environments start new episodes, with new seeds.

    With `learn`, an on-policy learner makes no updates of its own: that function takes the state
    and the trajectory of every rollout, and returns the state with which the learner acts next.
    """

    def __init__(
        self,
        learner: Learner,
        worlds: GymnasiumWorlds,
        seed: tf.Tensor,
        num_envs: int,
        compile: str,
        state: Any,
        learn: Learn | None = None,
    ):
        init_seed, self._world_seed, run_seed = tf.unstack(draws.split(seed, 3))
        state = learner.init(init_seed) if state is None else state
        self.pace = Pace.of(learner.experience, num_envs)
        self._learner = learner
        self._worlds = worlds
        self._batch = (*learner.batch_shape, num_envs)
        self._iterations = Counter()
        kind = OnPolicyPrograms if isinstance(learner.experience, OnPolicy) else OffPolicyPrograms
        self._loan: Loan[HostPrograms] = Loan(
            learner,
            None,
            ("training", num_envs, compile),
            lambda: kind(learner, state, compile, (*learner.batch_shape, num_envs)),
            keep=compile != "eager" and learn is None,
        )
        self._programs = self._loan.programs
        self._programs.begin(state, run_seed, learn)
        # After the loop is closed.
        self._last: Any = None
        self._tally = _Tally(learner, self._batch)
        self._observation: Any = None
        self._acted: Acted

    @property
    def iterations(self) -> int:
        """The number of iterations that have been made."""
        return self._iterations.value

    @property
    def state(self) -> Any:
        """The present state of the learners."""
        return self._programs.kept.read() if self._last is None else self._last

    @state.setter
    def state(self, state: Any) -> None:
        self._programs.kept.write(state)

    def trackables(self) -> dict[str, Any]:
        """Returns all but the environments: learners, replay and the counter that seeds follow."""
        return {
            "learner": self._programs.kept,
            "iterations": self._iterations,
            **self._programs.trackables(),
        }

    def advance(self, end: int) -> Interval:
        """Trains until `end` iterations have been made."""
        learner, start = self._learner, self.iterations
        last_good = self.state
        if self._observation is None:
            self._begin(start)
        for iteration in range(start + 1, end + 1):
            updates = self.pace.updates_after(iteration)
            for call in range((iteration - 1) * self.pace.calls, iteration * self.pace.calls):
                metrics = self._step(call + 1)
            if metrics is not None and not np.isfinite(metrics).all():
                named = dict(zip(learner.metric_names, metrics, strict=True))
                check_finite(named, learner.batch_shape, updates, last_good)
        state = self.state
        check_finite(parts(state), learner.batch_shape, self.pace.updates_after(end), last_good)
        self._iterations.value = end
        return self._tally.take(self.pace.updates_after(end) - self.pace.updates_after(start))

    def take_episodes(self) -> Episodes:
        """Returns the episodes that ended since the last call of this method or of `advance`."""
        return self._tally.take(0).episodes

    def close(self) -> None:
        """Closes the environments if they were made here, and hands the programs to later runs."""
        self._worlds.close()
        if self._last is None:
            self._last = self.state
            self._loan.end()

    def _begin(self, iterations: int) -> None:
        """Resets the environments, and acts in them for the first time."""
        seed = self._world_seed
        if iterations:  # other episodes than those of the run that is continued
            seed = draws.fold_in(seed, iterations)
        self._observation = self._batched(self._worlds.reset(int(seed[0]) % 2**31))
        self._acted = self._programs.first(self._observation, iterations * self.pace.calls)

    def _step(self, call: int) -> np.ndarray | None:
        """Makes a step, counted from 1; returns sums of metrics [M, *P] if the learner learned."""
        ndims = len(self._batch)
        flat = tf.nest.map_structure(
            lambda x: x.numpy().reshape(-1, *x.shape[ndims:]), self._acted.action
        )
        step = self._batched(self._worlds.step(flat))
        transition = Transition(
            observation=self._observation,
            action=self._acted.action,
            reward=step.reward,
            next_observation=step.next_observation,
            terminated=step.terminated,
            truncated=step.truncated,
            valid=step.valid,
            extras=self._acted.extras,
        )
        self._observation = step.observation
        self._tally.add_step(transition)
        self._acted, metrics = self._programs.advance(
            transition, self._acted.carry, step.observation, call
        )
        if metrics is not None:
            self._tally.add_metrics(metrics)
        return metrics

    def _batched(self, structure: Any) -> Any:
        """Divides the axis of environments among the learners: [N, ...] -> [*P, B, ...]."""
        return tf.nest.map_structure(lambda x: x.reshape(*self._batch, *x.shape[1:]), structure)


class _Tally:
    """The sums of metrics and of ended episodes since the last record."""

    def __init__(self, learner: Learner, batch: tuple[int, ...]):
        self._names = learner.metric_names
        self._learners = batch[:-1]
        self._return = np.zeros(batch, np.float32)
        self._length = np.zeros(batch, np.float32)
        self._clear()

    def _clear(self) -> None:
        self._sums = np.zeros((len(self._names), *self._learners), np.float32)
        self._episodes = Episodes(*(np.zeros(self._learners, np.float32) for _ in range(3)))

    def add_metrics(self, metrics: np.ndarray) -> None:
        self._sums = self._sums + metrics

    def add_step(self, transition: Transition) -> None:
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

    def take(self, updates: int) -> Interval:
        """Returns the metrics, averaged over `updates`, and the episodes; then sets all to zero.

        The means are NaN if there was no update.
        """
        means = self._sums / (updates if updates else np.nan)
        taken = Interval(dict(zip(self._names, means, strict=True)), self._episodes)
        self._clear()
        return taken
