"""Training: one function for in-graph worlds and for Gymnasium's."""

from __future__ import annotations

import math
import pathlib
from typing import Any

from maxent_tf.learners import Learner
from maxent_tf.training.result import TrainResult
from maxent_tf.training.trainer import Callback, Trainer


def train(
    learner: Learner,
    env: Any,
    num_steps: int,
    seed: Any = 0,
    *,
    num_envs: int = 1,
    compile: str = "auto",
    records: int = 100,
    progress: bool = False,
    log_dir: str | pathlib.Path | None = None,
    state: Any = None,
    normalize_observation: bool = False,
    normalize_reward: bool = False,
    callback: Callback | None = None,
    max_seconds: float = math.inf,
    checkpoint_dir: str | pathlib.Path | None = None,
    checkpoint_every: int = 1,
) -> TrainResult:
    """Trains a learner, or a batch of them, on a world.

    On one of this package's worlds, acting and learning run together in one compiled program. A
    Gymnasium world runs on the host, with one or two compiled calls a step.

    With a `checkpoint_dir`, the same call goes on where an interrupted one was last recorded there,
    or further, if `num_steps` is larger now. On in-graph worlds and the CPU it then gives the same
    numbers, to the bit, as without the interruption. Gymnasium worlds start new episodes; learners,
    optimisers, temperatures and replay are as they were.

    Args:
      learner: what is trained; with batch shape `P`, every learner gets worlds of its own.
      env: one of `maxent_tf.environments`, a Gymnasium id, or a Gymnasium vector environment of
        exactly (number of learners x `num_envs`) worlds, in any autoreset mode.
      num_steps: the steps that each learner takes, over all its worlds; rounded up to whole
        iterations: on policy a rollout, off policy a step, of all worlds.
      seed: an integer or [2], int32. On a CPU the same seed gives the same numbers to the bit.
      num_envs: parallel worlds of each learner.
      compile: "xla", "graph", "eager", or "auto", what was measured to be the fastest.
      records: how many points of history to keep, evenly spaced.
      progress: whether to show a progress bar with live metrics (needs tqdm).
      log_dir: where to write TensorBoard scalars (needs TensorBoard), averaged over learners, and
        every learner's in `metrics.csv`; None writes neither.
      state: the learners' state to start from; None draws a fresh one. Its parts, shapes and dtypes
        must be those of the learner's own; what no shape shows, such as the activation, cannot be
        compared (`load` compares the whole configuration of a checkpoint).
      normalize_observation: whether learners see observations less their running mean, over their
        running standard deviation, of a dict every `Box` by its own; see `Normalized`.
      normalize_reward: whether learners see rewards over the running standard deviation of the
        return, with the learner's own discount; see `Normalized`.
      callback: called at every record with the steps of each learner, the record's metrics by name,
        [*P] each, and the learners' state; returns "stop" to end training there, or None.
      max_seconds: training ends at the first record after so many seconds of this call.
      checkpoint_dir: where checkpoints live; None keeps none. The newest that can be read is loaded
        first, whatever `state` says.
      checkpoint_every: steps of each learner between checkpoints, rounded up to whole records.
        There is always one at the end.

    Returns:
      The final state and the history, see `TrainResult`.

    Raises:
      TypeError: if `env` is no world.
      ValueError: if the world or the state does not fit the learner, or an argument is out of
        range; if a Gymnasium world returns NaN, infinity, another shape or a discrete value outside
        of its space, or its vector environment lacks final observations or is reset by another run.
      RuntimeError: if a Gymnasium world raises.
      NonFiniteError: if a loss, a gradient or a parameter turns NaN or infinite.
      CheckpointError: if a checkpoint cannot be written, none can be read, another run writes to
        `checkpoint_dir`, or its checkpoints are of another run.
    """
    trainer = Trainer(
        learner,
        env,
        seed,
        num_envs=num_envs,
        compile=compile,
        state=state,
        normalize_observation=normalize_observation,
        normalize_reward=normalize_reward,
        checkpoint_dir=checkpoint_dir,
    )
    with trainer:
        return trainer.run(
            num_steps,
            records=records,
            progress=progress,
            log_dir=log_dir,
            callback=callback,
            max_seconds=max_seconds,
            checkpoint_every=checkpoint_every,
        )
