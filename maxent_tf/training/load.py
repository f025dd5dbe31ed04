"""Loading what a run has learned, to act, evaluate or analyse."""

from __future__ import annotations

import ast
import os
import pathlib
from typing import Any

import tensorflow as tf

from maxent_tf.learners import Learner, Normalized
from maxent_tf.training.checkpoint_reading import (
    check_same_run,
    read_newest,
    stored_configuration,
    warn_of_uncompared,
)
from maxent_tf.training.configuration import Configuration, learner_settings, stored_items
from maxent_tf.training.history import History
from maxent_tf.training.loop import StateVariables
from maxent_tf.training.result import CheckpointError, Loaded

__all__ = ["Loaded", "load"]


def load(learner: Learner, checkpoint_dir: str | pathlib.Path) -> Loaded:
    """Loads a trained policy: what a learner has learned, from the newest checkpoint of a run.

    If the newest checkpoint cannot be read, the one before it is loaded. Loading only reads:
    nothing is made, changed or locked, so that it can look at a run that still trains. `evaluate`
    takes the loaded state, with its running statistics if the run normalised. To resume training,
    call `train`, which loads the checkpoint by itself.

    Args:
      learner: The learner, built as it was for training.
      checkpoint_dir: The `checkpoint_dir` of the run.

    Returns:
      The state, the history, the steps taken and the best state, see `Loaded`.

    Raises:
      CheckpointError: If there is no such directory, if it holds no checkpoint or none that can be
        read, or if the learner is not the one that was trained.

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
            f"checkpoint_dir={str(checkpoint_dir)!r} is no directory ({directory}): give the "
            "directory that the run was trained with."
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
        state = variables.read()
        taken.update(
            state=state, history=history.arrays(), best_state=history.best.state(like=state)
        )
        warn_of_uncompared(path, configuration)

    step = read_newest(directory, take_in)
    if step is None:
        raise CheckpointError(
            f"checkpoint_dir={str(checkpoint_dir)!r} holds no checkpoint: give the directory that "
            "the run was trained with, or train first."
        )
    return Loaded(**taken, env_steps=step)


def _as_trained(learner: Learner, path: str) -> Learner:
    """Returns the learner whose state a checkpoint holds: a `Normalized` one if it normalised."""
    settings = stored_items(stored_configuration(path))
    observation, reward, num_envs = (
        ast.literal_eval(settings[name])
        for name in ("normalize_observation", "normalize_reward", "num_envs")
    )
    if not observation and not reward:
        return learner
    return Normalized(learner, observation, reward, num_envs)
