"""Training: one function for in-graph worlds and for Gymnasium's."""

from __future__ import annotations

import math
import pathlib
from typing import Any

from maxent_tf.learners import Learner
from maxent_tf.seeds import as_seed
from maxent_tf.training.compilation import MODES
from maxent_tf.training.host import train_on_host
from maxent_tf.training.in_graph import train_in_graph
from maxent_tf.training.records import Recorder
from maxent_tf.training.result import TrainResult
from maxent_tf.training.rollout import is_in_graph
from maxent_tf.training.spaces import check_fits


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
) -> TrainResult:
    """Trains a learner, or a batch of them, on a world.

    On one of this package's worlds, acting and learning run together in one compiled program. A
    Gymnasium world runs on the host, with one or two compiled calls a step.

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
      log_dir: where to write TensorBoard scalars (needs TensorBoard); None writes none.
      state: the learners' state to start from; None draws a fresh one.

    Returns:
      The final state and the history, see `TrainResult`.

    Raises:
      TypeError: if `env` is no world.
      ValueError: if the world does not fit the learner, an argument is out of range, or a Gymnasium
        world returns NaN or infinity.
      NonFiniteError: if a loss, a gradient or a parameter turns NaN or infinite.
    """
    for name, value in (("num_steps", num_steps), ("num_envs", num_envs)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a positive integer, not {value!r}.")
    if compile not in MODES:
        raise ValueError(f"compile must be one of {list(MODES)}, not {compile!r}.")
    seed = as_seed(seed)
    with Recorder(records, num_steps, progress, log_dir) as recorder:
        if is_in_graph(env):
            check_fits(learner.spec, env.spec)
            return train_in_graph(learner, env, num_steps, seed, num_envs, compile, recorder, state)
        # Imported where it is needed: in-graph worlds do without Gymnasium.
        from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds

        worlds = GymnasiumWorlds(env, math.prod(learner.batch_shape) * num_envs)
        try:
            check_fits(learner.spec, worlds.spec)
            return train_on_host(
                learner, worlds, num_steps, seed, num_envs, compile, recorder, state
            )
        finally:
            worlds.close()
