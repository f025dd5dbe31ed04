"""The trainer, which owns everything that changes during training and keeps it on disk."""

from __future__ import annotations

import math
import os
import pathlib
import time
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from maxent_tf.checks import is_integer
from maxent_tf.learners import Learner
from maxent_tf.seeds import as_seed
from maxent_tf.specs import abbreviated
from maxent_tf.training.callback import Callback, SetAlpha, further_metrics
from maxent_tf.training.checkpoint import Checkpoints
from maxent_tf.training.compilation import mode_for
from maxent_tf.training.configuration import Configuration, learner_settings
from maxent_tf.training.evaluations import Evaluations
from maxent_tf.training.history import History
from maxent_tf.training.host import HostLoop
from maxent_tf.training.in_graph import InGraphLoop
from maxent_tf.training.log_directory import claim
from maxent_tf.training.loop import Loop
from maxent_tf.training.making import check_no_arguments
from maxent_tf.training.records import Recorder, boundaries
from maxent_tf.training.result import CheckpointError, TrainResult, state_of
from maxent_tf.training.rollout import is_in_graph
from maxent_tf.training.spaces import check_fits
from maxent_tf.training.states import check_state, normalized


class Trainer:
    """A learner, or a batch of learners, in training: `train` in steps, with a state in between.

    The arguments are described in `train`; some of those are arguments of `run` here. Use a trainer
    as a context manager, or call `close`. After an error other than a `CheckpointError`, make a new
    trainer, because the old one has learned from a part of the steps between two records. A trainer
    with a `checkpoint_dir` is the only one that writes to the directory until the trainer is
    closed. To look at a run that still trains, use `load`.

    Raises:
      TypeError: If `learner` is not a learner, or `env` not an environment.
      ValueError: If the environment does not fit the learner, or an argument is out of range.
      CheckpointError: If `checkpoint_dir` belongs to another run, another run writes to it, or
        none of its checkpoints can be read.

    >>> import maxent_tf as mx
    >>> world = mx.environments.Bandit([1.0, 0.5])
    >>> learner = mx.learners.A2C(world.spec, mx.learners.A2CConfig(network="table"))
    >>> with Trainer(learner, world, compile="graph") as trainer:
    ...     first = trainer.run(50, records=1)
    ...     second = trainer.run(100, records=1)
    >>> first.env_steps, second.env_steps, second.history["env_steps"].tolist()
    (50, 100, [50, 100])
    """

    def __init__(
        self,
        learner: Learner,
        env: Any,
        seed: Any = 0,
        *,
        num_envs: int = 1,
        compile: str = "auto",
        state: Any = None,
        normalize_observation: bool = False,
        normalize_reward: bool = False,
        checkpoint_dir: str | pathlib.Path | None = None,
        env_kwargs: Mapping[str, Any] | None = None,
    ):
        if not isinstance(learner, Learner):
            raise TypeError(
                f"learner must be a learner, not {abbreviated(repr(learner))}: build one of the "
                "environment's specification and a configuration, such as "
                "maxent_tf.learners.SAC(spec, config)."
            )
        _check_positive("num_envs", num_envs)
        compile = mode_for(learner, compile)
        seed, state = as_seed(seed), state_of(state)
        settings = {
            **learner_settings(learner),
            "seed": seed,
            "num_envs": num_envs,
            "normalize_observation": normalize_observation,
            "normalize_reward": normalize_reward,
        }
        learner, state = normalized(
            learner, state, normalize_observation, normalize_reward, num_envs
        )
        if state is not None:
            check_state(learner, state)
        self._closed = False
        self._begins_anew = checkpoint_dir is not None and state is None
        self._checkpoint_dir = checkpoint_dir
        self._history = History()
        self._loop, settings["world"] = _begin(
            learner, env, env_kwargs, seed, num_envs, compile, state
        )
        if env_kwargs is not None:
            settings["env_kwargs"] = env_kwargs
        self._learner, self._env, self._env_kwargs = learner, env, env_kwargs
        self._seed, self._settings = seed, settings
        # Those that hold records of this trainer.
        self._log_dirs: set[str] = set()
        self._checkpoints: Checkpoints | None = None
        if checkpoint_dir is not None:
            kept = {"history": self._history, **self._loop.trackables()}
            try:
                self._checkpoints = Checkpoints(checkpoint_dir, kept, Configuration(settings))
                self._checkpoints.restore()
            except BaseException:
                self.close()
                raise
        self._saved = self.env_steps

    def __enter__(self) -> Trainer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the Gymnasium environments that were made here, and releases `checkpoint_dir`.

        The state can still be read. The compiled programs, and the replay buffer, go to the next
        trainer of the same learner.
        """
        self._closed = True
        self._loop.close()
        if self._checkpoints is not None:
            self._checkpoints.close()

    @property
    def state(self) -> Any:
        """The present state of the learners.

        Raises:
          CheckpointError: Before the first `run` of a trainer whose `checkpoint_dir` was empty and
            that was given no `state`: the state would be that of learners without any training.
        """
        if self._begins_anew and self.env_steps == 0:
            raise CheckpointError(
                f"checkpoint_dir={str(self._checkpoint_dir)!r} holds no checkpoint, and nothing "
                "has been trained yet: call run first. To load a policy, use "
                "maxent_tf.training.load, which refuses a directory without one."
            )
        return self._loop.state

    @property
    def env_steps(self) -> int:
        """The steps that each learner has taken."""
        return self._loop.iterations * self._loop.pace.steps

    def run(
        self,
        num_steps: int,
        *,
        records: int = 100,
        progress: bool = False,
        log_dir: str | pathlib.Path | None = None,
        callback: Callback | None = None,
        max_seconds: float = math.inf,
        checkpoint_every: int = 1,
        eval_every: int | None = None,
        eval_episodes: int = 10,
        eval_env: Any = None,
    ) -> TrainResult:
        """Trains until each learner has taken `num_steps` steps, including those of earlier calls.

        Training goes on from where the last call, or the checkpoint, stopped. The arguments are
        described in `train`.

        Returns:
          The state and the whole history, see `TrainResult`.

        Raises:
          ValueError: If an argument is out of range, if `log_dir` holds the records of another run,
            if a Gymnasium environment returns NaN, infinity or another shape, or if the callback
            returns what is no answer, or an alpha that cannot be set.
          RuntimeError: If a Gymnasium environment raises an error.
          NonFiniteError: If a loss, a gradient or a parameter becomes NaN or infinite.
          CheckpointError: If a checkpoint cannot be written, or the trainer was closed.
        """
        if self._closed:
            raise CheckpointError("the trainer was closed: make a new Trainer to go on.")
        started = time.perf_counter()
        _check_positive("num_steps", num_steps)
        _check_positive("checkpoint_every", checkpoint_every)
        if not max_seconds > 0:
            raise ValueError(f"max_seconds must be positive, not {max_seconds}.")
        loop, rows = self._loop, self._history.rows
        evaluations = None
        if eval_every is not None:
            evaluations = Evaluations(
                self._learner,
                self._env,
                self._env_kwargs,
                eval_env,
                eval_every,
                eval_episodes,
                self._seed,
            )
        ends = [*boundaries(loop.iterations, loop.pace.iterations(num_steps), records)]
        if log_dir is not None and os.path.realpath(log_dir) not in self._log_dirs:
            claim(log_dir, Configuration(self._settings), self._checkpoint_dir)
            self._log_dirs.add(os.path.realpath(log_dir))
        with Recorder(num_steps, progress, log_dir, earlier=rows) as recorder:
            for end in ends:
                before = self.env_steps
                row = self._history.add(end * loop.pace.steps, loop.advance(end))
                if evaluations is not None and evaluations.due(before, self.env_steps):
                    row.update(evaluations.measure(self.state))
                    self._history.best.offer(self.state, row["eval_return"])
                answer = None
                try:
                    if callback is not None:
                        answer = callback(self.env_steps, row, self.state)
                        row.update(further_metrics(answer, row, self._learner.batch_shape))
                        if isinstance(answer, SetAlpha):
                            loop.state = self._learner.with_alpha(loop.state, answer.alpha)
                finally:  # a callback that fails costs no training
                    recorder.show(row)
                    if self.env_steps - self._saved >= checkpoint_every:
                        self._save()
                if answer == "stop" or time.perf_counter() - started >= max_seconds:
                    break
        if self.env_steps != self._saved:
            self._save()
        return TrainResult(
            state=self.state,
            history=self._history.arrays(),
            env_steps=self.env_steps,
            updates=loop.pace.updates_after(loop.iterations),
            wall_time=time.perf_counter() - started,
            best_state=self._history.best.state(self.state),
        )

    def _save(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.save(self.env_steps)
        self._saved = self.env_steps


def _begin(
    learner: Learner,
    env: Any,
    env_kwargs: Mapping[str, Any] | None,
    seed: tf.Tensor,
    num_envs: int,
    compile: str,
    state: Any,
) -> tuple[Loop, Any]:
    """Returns the loop for an environment, and the name of the environment for checkpoints."""
    if is_in_graph(env):
        check_no_arguments(env, env_kwargs)
        check_fits(learner.spec, env.spec)
        return InGraphLoop(learner, env, seed, num_envs, compile, state), env
    # Imported where it is needed: in-graph worlds do without Gymnasium.
    from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds

    worlds = GymnasiumWorlds(env, math.prod(learner.batch_shape) * num_envs, env_kwargs)
    try:
        check_fits(learner.spec, worlds.spec)
        return HostLoop(learner, worlds, seed, num_envs, compile, state), worlds.name
    except BaseException:
        worlds.close()
        raise


def _check_positive(name: str, value: int) -> None:
    if not is_integer(value):
        raise ValueError(f"{name} must be a positive integer, not {value!r}.")
