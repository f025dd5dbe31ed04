"""Training on in-graph worlds: whole iterations of acting and learning in one compiled program."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.environments import Environment
from maxent_tf.learners import Learner, OnPolicy
from maxent_tf.replay import UniformReplay
from maxent_tf.training import rollout
from maxent_tf.training.compilation import compiled
from maxent_tf.training.records import Recorder
from maxent_tf.training.result import TrainResult, check_finite
from maxent_tf.training.rollout import Episodes, RolloutState, no_episodes
from maxent_tf.training.updates import replay_updates

# One iteration: (learner state, worlds, seed) -> (learner state, worlds, metrics, episodes).
Iteration = Callable[[Any, RolloutState, tf.Tensor], tuple[Any, RolloutState, Any, Episodes]]


def train_in_graph(
    learner: Learner,
    env: Environment,
    num_steps: int,
    seed: tf.Tensor,
    num_envs: int,
    compile: str,
    recorder: Recorder,
    state: Any,
) -> TrainResult:
    """Trains on an in-graph world; see `train`, which checks the arguments."""
    started = time.perf_counter()
    init_seed, world_seed, warm_up_seed, run_seed = tf.unstack(tf.random.split(seed, 4))
    state = learner.init(init_seed) if state is None else state
    worlds = rollout.begin(env, (*learner.batch_shape, num_envs), world_seed)
    _check_finite_observation(worlds.observation)

    experience = learner.experience
    if isinstance(experience, OnPolicy):
        steps_per_iteration = num_envs * experience.rollout_length
        updates_per_iteration = 1
        warm_up = 0
        iteration = on_policy_iteration(learner, env, experience.rollout_length)
    else:
        steps_per_iteration = num_envs
        updates_per_iteration = num_envs * experience.updates_per_step
        warm_up = math.ceil(experience.learning_starts / num_envs)
        replay = UniformReplay(learner.spec, experience.replay_capacity, learner.batch_shape)
        fill = compiled(_warm_up(env, replay), compile, auto="xla")
        iteration = off_policy_iteration(
            learner, env, replay, experience.batch_size, updates_per_iteration
        )

    # Fused by XLA, small learners in batches ran three times as fast as in a graph, and SAC with
    # networks of 256 half again as fast (experiments.benchmarks.throughput).
    program = compiled(training_program(learner, iteration), compile, auto="xla")
    total = math.ceil(num_steps / steps_per_iteration)
    start = updates = 0
    for end in recorder.boundaries(total):
        last_good = state
        metrics = {name: np.full(learner.batch_shape, np.nan) for name in learner.metric_names}
        episodes = no_episodes(learner.batch_shape)
        learning_starts = min(max(start, warm_up), end)
        if start < learning_starts:
            worlds, episodes = fill(
                worlds, warm_up_seed, tf.constant(start), tf.constant(learning_starts)
            )
        if learning_starts < end:
            state, worlds, reached, sums, ended = program(
                state,
                worlds,
                run_seed,
                tf.constant(learning_starts - warm_up),
                tf.constant(end - warm_up),
            )
            updates = int(reached) * updates_per_iteration
            sums = (x.numpy() / (end - learning_starts) for x in sums)
            metrics = dict(zip(learner.metric_names, sums, strict=True))
            check_finite(metrics, learner.batch_shape, updates, last_good)
            check_finite(state._asdict(), learner.batch_shape, updates, last_good)
            episodes = tf.nest.map_structure(tf.add, episodes, ended)
        recorder.add(
            env_steps=end * steps_per_iteration,
            metrics=metrics,
            episodes=tf.nest.map_structure(lambda x: x.numpy(), episodes),
        )
        start = end
    return TrainResult(
        state=state,
        history=recorder.history(),
        env_steps=total * steps_per_iteration,
        updates=updates,
        wall_time=time.perf_counter() - started,
    )


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
            state, worlds, metrics, ended = iteration(state, worlds, tf.random.fold_in(seed, i))
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


def on_policy_iteration(learner: Learner, env: Environment, length: int) -> Iteration:
    """Returns an iteration that acts for `length` steps and makes one update."""

    def iteration(state: Any, worlds: RolloutState, seed: tf.Tensor) -> Any:
        collect_seed, update_seed = tf.unstack(tf.random.split(seed, 2))
        worlds, trajectory, episodes = rollout.collect(
            learner, state, env, worlds, length, collect_seed
        )
        state, metrics = learner.update(state, trajectory, update_seed)
        return state, worlds, metrics, episodes

    return iteration


def off_policy_iteration(
    learner: Learner, env: Environment, replay: UniformReplay, batch_size: int, updates: int
) -> Iteration:
    """Returns an iteration that acts once, stores the step, and makes `updates` updates."""

    def iteration(state: Any, worlds: RolloutState, seed: tf.Tensor) -> Any:
        action_seed, world_seed, update_seed = tf.unstack(tf.random.split(seed, 3))
        action = learner.policy(state, worlds.observation).sample(seed=action_seed)
        worlds, transition, episodes = rollout.step(env, worlds, action, world_seed)
        replay.add(transition)
        state, metrics = replay_updates(
            learner.update, state, replay, batch_size, updates, update_seed
        )
        return state, worlds, metrics, episodes

    return iteration


def _warm_up(env: Environment, replay: UniformReplay) -> Callable[..., Any]:
    """Returns the loop from step `start` to `end` that acts uniformly at random to fill replay."""

    def program(worlds: RolloutState, seed: tf.Tensor, start: tf.Tensor, end: tf.Tensor) -> Any:
        def body(i: tf.Tensor, worlds: RolloutState, episodes: Episodes) -> Any:
            action_seed, world_seed = tf.unstack(tf.random.split(tf.random.fold_in(seed, i), 2))
            shape = worlds.episode_return.shape
            action = rollout.uniform_action(env.spec.action, shape, action_seed)
            worlds, transition, ended = rollout.step(env, worlds, action, world_seed)
            replay.add(transition)
            return i + 1, worlds, tf.nest.map_structure(tf.add, episodes, ended)

        _, worlds, episodes = tf.while_loop(
            lambda i, *_: i < end, body, (start, worlds, no_episodes(replay.batch_shape))
        )
        return worlds, episodes

    return program


def _check_finite_observation(observation: tf.Tensor) -> None:
    if not bool(tf.reduce_all(tf.math.is_finite(tf.cast(observation, tf.float32)))):
        raise ValueError("the world's first observation holds NaN or infinity: mend its reset.")
