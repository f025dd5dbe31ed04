"""Export of a trained policy as a SavedModel, which needs TensorFlow alone to run."""

from __future__ import annotations

import pathlib
from typing import Any

from maxent_tf.learners import Learner
from maxent_tf.policies.program import Program
from maxent_tf.policies.stored import write

__all__ = ["export"]


def export(learner: Learner, state: Any, path: str | pathlib.Path, *, index: Any = None) -> None:
    """Exports the policy of one learner as a SavedModel, for programs without this package.

    The SavedModel consists of plain operations and of the parameters that the policy depends on.
    Normalisation, masks of actions and recurrent memories are part of it. It has these signatures,
    which take and return tensors by name for any number `B` of environments:

    ==================  =================================  =======================================
    signature           inputs                             outputs
    ==================  =================================  =======================================
    `deterministic`     the observations                   `action`: the actions without exploration
    `sample`            the observations, and `seed`,      `action`: actions drawn from the policy
                        [2], int32
    `log_prob`          the observations, and `action`     `log_prob`: [B], in nats
    `parameters`        the observations                   those of the action distribution, such as
                                                           `logits`, or `loc` and `scale`
    `initial_memory`    `batch_size`: B, int32             `memory`: that of the first step
    ==================  =================================  =======================================

    Observations are the input `observation`, [B, *O], of the specification's dtype; the part
    "speed" of a dict is the input `observation_speed`. Actions are [B, *A]. A policy with a
    recurrent memory takes its `memory` as a further input, and `deterministic` and `sample` return
    the memory for the next step. Only such a policy has `initial_memory`.

    Actions are drawn from `Learner.policy`: behaviours and noise that only serve exploration are
    not part of the SavedModel. A policy without a density, such as that of `SQL`, has neither
    `log_prob` nor `parameters`.

    Args:
      learner: The learner, which may be a wrapper such as `learners.Intrinsic`.
      state: The state of the learner, such as the attribute `state` of what `train` returns. The
        statistics of a learner that was trained on normalised observations are part of the policy.
      path: The directory to write. An exported policy that is there is replaced.
      index: The place of the learner in the batch shape, an integer or a sequence of integers; None
        for a learner of batch shape [].

    Raises:
      ValueError: If `path` holds anything but a stored policy, if the state is another learner's,
        or if `index` does not name one learner.

    >>> import tempfile
    >>> import tensorflow as tf
    >>> import maxent_tf as mx
    >>> world = mx.environments.Bandit([1.0, 0.5])
    >>> learner = mx.learners.A2C(world.spec, mx.learners.A2CConfig(network="table"))
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     export(learner, learner.init(0), f"{directory}/bandit")
    ...     program = tf.saved_model.load(f"{directory}/bandit").signatures["deterministic"]
    >>> program(observation=tf.constant([[1.0, 0.0]]))["action"].numpy().tolist()
    [0]
    """
    write(Program(learner, state, index), path, {})
