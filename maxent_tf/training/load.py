"""Loading what a run has learned, to act, evaluate or look at it."""

from __future__ import annotations

import ast
import os
import pathlib
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.learners import Learner, Normalized
from maxent_tf.training.checkpoint import (
    check_same_run,
    read_newest,
    stored_configuration,
    warn_of_uncompared,
)
from maxent_tf.training.configuration import Configuration, learner_settings, stored_items
from maxent_tf.training.history import History
from maxent_tf.training.loop import StateVariables
from maxent_tf.training.result import CheckpointError


class Loaded(NamedTuple):
    """What a checkpoint holds of a run, except what only training needs.

    Attributes:
      state: the learners' state, as `TrainResult` has it.
      history: from each metric's name to its values [records, *P], as `TrainResult` has it.
      env_steps: the steps each learner had taken.
    """

    state: Any
    history: dict[str, np.ndarray]
    env_steps: int


def load(learner: Learner, checkpoint_dir: str | pathlib.Path) -> Loaded:
    """Loads what a learner has learned from the newest checkpoint that can be read.

    It only reads: nothing is made, changed or locked, so that it may look at a run under way.
    `evaluate` takes the state, with its running statistics, if the run had normalised; `train` goes
    on from the checkpoint by itself.

    Args:
      learner: built as it was for training.
      checkpoint_dir: the run's.

    Returns:
      The state, the history and the steps taken, see `Loaded`.

    Raises:
      CheckpointError: if there is no such directory, it holds no checkpoint or none that can be
        read, or the learner is another one than was trained.

    >>> import tempfile
    >>> import maxent_tf as mx
    >>> world = mx.environments.Bandit([1.0, 0.5])
    >>> learner = mx.learners.A2C(world.spec, mx.learners.A2CConfig(network="table"))
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     result = mx.train(learner, world, 50, compile="graph", checkpoint_dir=directory)
    ...     loaded = load(learner, directory)
    >>> loaded.env_steps, bool((loaded.state.actor == result.state.actor).numpy().all())
    (50, True)
    """
    directory = os.path.abspath(checkpoint_dir)
    if not os.path.isdir(directory):
        raise CheckpointError(
            f"checkpoint_dir={str(checkpoint_dir)!r} is no directory ({directory}): give the one "
            "that the run was trained with."
        )
    taken: dict[str, Any] = {}
    configuration = Configuration(learner_settings(learner))

    def take_in(path: str) -> None:
        check_same_run(path, configuration, {})
        variables = StateVariables(_as_trained(learner, path).init(0))
        trackables = {"learner": variables, "history": (history := History())}
        check_same_run(path, Configuration({}), trackables)
        status = tf.train.Checkpoint(**trackables).restore(path)
        # The rest is nothing to acting, and TensorFlow need not warn of it.
        status.assert_existing_objects_matched().expect_partial()
        taken.update(state=variables.read(), history=history.arrays())
        warn_of_uncompared(path, configuration)

    step = read_newest(directory, take_in)
    if step is None:
        raise CheckpointError(
            f"checkpoint_dir={str(checkpoint_dir)!r} holds no checkpoint: give the directory that "
            "the run was trained with, or train first."
        )
    return Loaded(**taken, env_steps=step)


def _as_trained(learner: Learner, path: str) -> Learner:
    """Returns the learner whose state a checkpoint holds: one that normalises, if that one did."""
    settings = stored_items(stored_configuration(path))
    observation, reward, num_envs = (
        ast.literal_eval(settings[name])
        for name in ("normalize_observation", "normalize_reward", "num_envs")
    )
    if not observation and not reward:
        return learner
    return Normalized(learner, observation, reward, num_envs)
