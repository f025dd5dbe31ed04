"""Saving a trained policy, and loading it to act."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from maxent_tf.learners import Learner
from maxent_tf.policies.description import NAME, describe, read
from maxent_tf.policies.policy import Policy
from maxent_tf.policies.program import Program
from maxent_tf.policies.stored import write
from maxent_tf.training.gymnasium_numbers import spaces_and_count
from maxent_tf.training.spaces import check_fits, gymnasium_spec

if TYPE_CHECKING:
    import gymnasium


def save(path: str | pathlib.Path, learner: Learner, state: Any, *, index: Any = None) -> None:
    """Saves the policy of one learner, to act with `load` without the learner's configuration.

    The policy is saved as TensorFlow's operations with its parameters, a SavedModel, beside a
    description as JSON. Networks of your own, normalisation, masks of actions and recurrent
    memories are part of it. Nothing that only training needs is saved: see `training.load` for
    that. The policy is written completely or not at all.

    Args:
      path: The directory to write. A policy that was saved there is replaced.
      learner: The learner, which may be a wrapper such as `learners.Intrinsic`.
      state: The state of the learner, or what `train` or `training.load` returned. The statistics
        of a learner that was trained on normalised observations are part of the policy.
      index: The place of the learner in the batch shape, an integer or a sequence of integers; None
        for a learner of batch shape [].

    Raises:
      ValueError: If `path` holds anything but a saved policy, if the state is another learner's, or
        if `index` does not name one learner.

    >>> import tempfile
    >>> import maxent_tf as mx
    >>> world = mx.environments.Bandit([1.0, 0.5])
    >>> learner = mx.learners.A2C(world.spec, mx.learners.A2CConfig(network="table"), [3])
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     save(f"{directory}/bandit", learner, learner.init(0), index=1)
    ...     policy = load(f"{directory}/bandit")
    >>> policy([1.0, 0.0]).item(), policy([[1.0, 0.0]] * 3, seed=0).shape
    (0, (3,))
    """
    program = Program(learner, state, index)
    description = describe(learner.spec, type(learner).__name__)
    write(program, path, {NAME: description})


def load(
    path: str | pathlib.Path,
    env: gymnasium.Env | gymnasium.vector.VectorEnv | None = None,
) -> Policy:
    """Loads a policy that `save` has written.

    No Python code is stored, and nothing is unpickled. A SavedModel is nevertheless a program for
    TensorFlow, which has operations that read and write files: load policies from people you trust.

    Args:
      path: The directory.
      env: The Gymnasium environment, or vector environment, in which the policy is to act. The
        policy then takes the environment's observations as they are, and returns actions as the
        environment takes them: a space may count from another number than 0, or hold another dtype
        than a learner has. With None, the policy takes observations and returns actions as the
        specification has them, which is right for the environments of this package.

    Returns:
      The policy, which is called with an observation: see `Policy`.

    Raises:
      ValueError: If there is no saved policy at `path`, if it is in another version of the format,
        or if it does not fit the environment.
      TypeError: If `env` is neither an environment nor a vector environment.
    """
    spec = read(path)
    spaces = None
    if env is not None:
        observation_space, action_space, _ = spaces_and_count(env)
        spaces = observation_space, action_space
        check_fits(spec, gymnasium_spec(env))
    signatures = tf.saved_model.load(os.fspath(path)).signatures
    return Policy(spec, signatures, spaces)
