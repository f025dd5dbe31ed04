"""Training on in-graph environments: acting and learning are one compiled program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.environments import Environment
from maxent_tf.learners import Learner, OffPolicy, OnPolicy
from maxent_tf.learners.wrapper import parts
from maxent_tf.training import rollout
from maxent_tf.training.compilation import called_alike, compiled
from maxent_tf.training.loop import Counter, Interval, Pace, StateVariables
from maxent_tf.training.programs import Loan
from maxent_tf.training.result import check_finite
from maxent_tf.training.rollout import Episodes, RolloutState, no_episodes
from maxent_tf.training.updates import Replay, make_replay, replay_updates

# One iteration, by the run's seed and its own number:
# (learner state, worlds, seed, number) -> (learner state, worlds, metrics, episodes).
Iteration = Callable[
    [Any, RolloutState, tf.Tensor, tf.Tensor], tuple[Any, RolloutState, Any, Episodes]
]


class InGraphLoop:
    """The training loop over an in-graph environment; `Trainer` checks the arguments.

    The result of the loop depends only on its seed and on the number of iterations. It does not
    depend on how the iterations are divided into calls of `advance`, nor on whether a checkpoint
    was loaded between two of them.
    """

    def __init__(
        self,
        learner: Learner,
        env: Environment,
        seed: tf.Tensor,
        num_envs: int,
        compile: str,
        state: Any,
    ):
        init_seed, world_seed, self._warm_up_seed, self._seed = tf.unstack(draws.split(seed, 4))
        state = learner.init(init_seed) if state is None else state
        worlds = rollout.begin(learner, env, num_envs, world_seed)
        _check_finite_observation(worlds.observation)
        self.pace = Pace.of(learner.experience, num_envs)
        self._learner = learner
        self._state, self._worlds = StateVariables(state), StateVariables(worlds)
        self._iterations = Counter()
        self._loan = Loan(
            learner,
            env,
            ("training", num_envs, compile),
            lambda: InGraphPrograms(
                learner, env, num_envs, compile, state, worlds.world, self.pace
            ),
            keep=compile != "eager",
        )
        self._programs = self._loan.programs
        if self._programs.replay is not None:
            self._programs.replay.clear()

    @property
    def iterations(self) -> int:
        """The number of iterations that have been made."""
        return self._iterations.value

    @property
    def state(self) -> Any:
        """The present state of the learners."""
        return self._state.read()

    @state.setter
    def state(self, state: Any) -> None:
        self._state.write(state)

    def trackables(self) -> dict[str, Any]:
        """Returns all that decides how the loop goes on, the environments included."""
        kept = {"learner": self._state, "worlds": self._worlds, "iterations": self._iterations}
        replay = self._programs.replay
        return kept if replay is None else {**kept, "replay": replay}

    def advance(self, end: int) -> Interval:
        """Trains until `end` iterations have been made."""
        learner, warm_up = self._learner, self.pace.warm_up
        start = self.iterations
        state, worlds = self._state.read(), self._worlds.read()
        metrics = {
            name: np.full(learner.batch_shape, np.nan, np.float32) for name in learner.metric_names
        }
        episodes = no_episodes(learner.batch_shape)
        learning_starts = min(max(start, warm_up), end)
        if start < learning_starts:
            state, worlds, episodes = self._programs.fill(
                state, worlds, self._warm_up_seed, tf.constant(start), tf.constant(learning_starts)
            )
        if learning_starts < end:
            last_good = state
            state, worlds, reached, sums, ended = self._programs.train(
                state,
                worlds,
                self._seed,
                tf.constant(learning_starts - warm_up),
                tf.constant(end - warm_up),
            )
            updates = self.pace.updates_after(warm_up + int(reached))
            made = self.pace.updates_after(end) - self.pace.updates_after(learning_starts)
            if made:
                sums = (x.numpy() / made for x in sums)
                metrics = dict(zip(learner.metric_names, sums, strict=True))
                check_finite(metrics, learner.batch_shape, updates, last_good)
            check_finite(parts(state), learner.batch_shape, updates, last_good)
            episodes = tf.nest.map_structure(tf.add, episodes, ended)
        self._state.write(state)
        self._worlds.write(worlds)
        self._iterations.value = end
        return Interval(metrics, tf.nest.map_structure(lambda x: x.numpy(), episodes))

    def close(self) -> None:
        """Hands the programs and the replay buffer to later runs; the environments are tensors."""
        self._loan.end()


class InGraphPrograms:
    """The compiled programs of the loop, and the replay buffer of an off-policy learner.

    Attributes:
      replay: The replay buffer; None of an on-policy learner.
      fill: The warm-up, which fills the replay buffer.
      train: The loop over iterations, see `training_program`.
    """

    def __init__(
        self,
        learner: Learner,
        env: Environment,
        num_envs: int,
        compile: str,
        state: Any,
        world: Any,
        pace: Pace,
    ):
        self.replay: Replay | None = None
        experience = learner.experience
        if isinstance(experience, OnPolicy):
            iteration = on_policy_iteration(learner, env, experience)
        else:
            self.replay = replay = make_replay(learner, state, experience, num_envs, world)
            fill = compiled(_warm_up(learner, env, replay), compile, auto="xla")
            self.fill = called_alike(fill, "the warm-up")
            iteration = off_policy_iteration(learner, env, replay, experience, pace)
        # Fused by XLA, small learners in batches ran three times as fast as in a graph, and SAC
        # with networks of 256 half again as fast (experiments.benchmarks.throughput).
        program = compiled(training_program(learner, iteration), compile, auto="xla")
        self.train = called_alike(program, "the training loop")

    @property
    def variables(self) -> Sequence[tf.Variable]:
        """The variables of the replay buffer."""
        return () if self.replay is None else self.replay.variables


def training_program(learner: Learner, iteration: Iteration) -> Callable[..., Any]:
    """Returns the loop over iterations `start` to `end`, which stops at a non-finite metric."""
    zeros = tf.zeros(learner.batch_shape)
    no_metrics = tuple(zeros for _ in learner.metric_names)

    def program(
        state: Any, worlds: RolloutState, seed: tf.Tensor, start: tf.Tensor, end: tf.Tensor
    ) -> Any:
        def go_on(i: tf.Tensor, finite: tf.Tensor, *_: Any) -> tf.Tensor:
            return finite & (i < end)

        def body(
            i: tf.Tensor,
            finite: tf.Tensor,
            state: Any,
            worlds: RolloutState,
            sums: Any,
            episodes: Episodes,
        ) -> Any:
            del finite
            state, worlds, metrics, ended = iteration(state, worlds, seed, i)
            # One sum stands for all metrics: it is finite only if each of them is.
            measured = tf.nest.flatten(metrics)
            finite = tf.reduce_all(tf.math.is_finite(tf.add_n(measured)))
            sums = tf.nest.map_structure(tf.add, sums, tuple(measured))
            episodes = tf.nest.map_structure(tf.add, episodes, ended)
            return i + 1, finite, state, worlds, sums, episodes

        i, _, state, worlds, sums, episodes = tf.while_loop(
            go_on,
            body,
            (start, True, state, worlds, no_metrics, no_episodes(learner.batch_shape)),
        )
        return state, worlds, i, sums, episodes

    return program


def on_policy_iteration(learner: Learner, env: Environment, experience: OnPolicy) -> Iteration:
    """Returns an iteration that acts for a rollout and makes one update."""

    def iteration(state: Any, worlds: RolloutState, seed: tf.Tensor, i: tf.Tensor) -> Any:
        seeds = draws.split(draws.fold_in(seed, i), 2)
        collect_seed, update_seed = tf.unstack(seeds)
        first = i * experience.rollout_length
        worlds, trajectory, episodes = rollout.collect(
            learner, state, env, worlds, experience, collect_seed, seed, first
        )
        updated = learner.update(state, trajectory, seed=update_seed)
        # Only now, so that a rollout is acted and learned from on one scale.
        state = learner.observe(updated.state, trajectory)
        return state, worlds, updated.metrics, episodes

    return iteration


def off_policy_iteration(
    learner: Learner, env: Environment, replay: Replay, experience: OffPolicy, pace: Pace
) -> Iteration:
    """Returns an iteration that acts once, stores the step, and makes the due updates."""

    def iteration(state: Any, worlds: RolloutState, seed: tf.Tensor, i: tf.Tensor) -> Any:
        seeds = draws.split(draws.fold_in(seed, i), 4)
        act_seed = rollout.seed_of_step(experience, seeds[0], seed, i)
        acted = learner.act(
            state, worlds.carry, worlds.observation, seed=act_seed, world=worlds.world
        )
        worlds, transition, episodes = rollout.step(learner, env, worlds, acted, seeds[1:3])
        replay.add(transition)
        state = learner.observe(state, transition)
        state, metrics = replay_updates(
            learner.update,
            state,
            replay,
            experience.batch_size,
            len(learner.metric_names),
            pace.due(i),
            seeds[3],
        )
        return state, worlds, metrics, episodes

    return iteration


def _warm_up(learner: Learner, env: Environment, replay: Replay) -> Callable[..., Any]:
    """Returns the loop from step `start` to `end` that acts uniformly at random to fill replay."""

    def program(
        state: Any, worlds: RolloutState, seed: tf.Tensor, start: tf.Tensor, end: tf.Tensor
    ) -> Any:
        def body(i: tf.Tensor, state: Any, worlds: RolloutState, episodes: Episodes) -> Any:
            seeds = draws.split(draws.fold_in(seed, i), 3)
            acted = rollout.act_uniformly(
                learner, state, worlds.carry, worlds.observation, seeds[0], worlds.world
            )
            worlds, transition, ended = rollout.step(learner, env, worlds, acted, seeds[1:])
            replay.add(transition)
            state = learner.observe(state, transition)
            return i + 1, state, worlds, tf.nest.map_structure(tf.add, episodes, ended)

        _, state, worlds, episodes = tf.while_loop(
            lambda i, *_: i < end, body, (start, state, worlds, no_episodes(replay.batch_shape))
        )
        return state, worlds, episodes

    return program


def _check_finite_observation(observation: Any) -> None:
    each = [tf.cast(part, tf.float32) for part in tf.nest.flatten(observation)]
    if not all(bool(tf.reduce_all(tf.math.is_finite(part))) for part in each):
        raise ValueError(
            "the first observation of the environment holds NaN or infinity: mend its reset."
        )
