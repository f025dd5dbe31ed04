"""The memory that a replay buffer needs, and the check that it is available."""

from __future__ import annotations

import math
import pathlib
import re
from collections.abc import Callable
from typing import Any

import tensorflow as tf

# Linux's own account, and what a container may use where it is limited.
_ACCOUNT = pathlib.Path("/proc/meminfo")
_CONTAINER_LIMIT = pathlib.Path("/sys/fs/cgroup/memory.max")


def allocate(
    fields: Any, capacity: int, num_learners: int, variable: Callable[[Any], tf.Variable]
) -> Any:
    """Makes the variables of a replay buffer, if there is enough memory.

    Without this check, TensorFlow would end the process, or fail with an error that names neither
    the buffer nor its size.

    Args:
      fields: The fields of a transition: a structure with a shape and a dtype at every leaf.
      capacity: The number of transitions kept for each learner.
      num_learners: The number of learners.
      variable: A function that makes the variable of one field.

    Returns:
      The variables, in the structure of `fields`.

    Raises:
      ValueError: If the machine, or the GPU, has less memory available than the buffer needs.
    """
    each = sum(math.prod(field.shape) * field.dtype.size for field in tf.nest.flatten(fields))
    needed, there = each * capacity * num_learners, available_memory()
    message = (
        f"replay_capacity={capacity:,} needs {needed / 2**30:,.1f} GiB for {num_learners} "
        f"learner(s), {each:,} bytes for each transition, and there is not so much memory"
    )
    remedy = "lower replay_capacity, or make observations smaller."
    if there is not None and needed > there:
        raise ValueError(f"{message} ({there / 2**30:,.1f} GiB are available): {remedy}")
    try:
        return tf.nest.map_structure(variable, fields)
    except tf.errors.ResourceExhaustedError as error:
        raise ValueError(f"{message}: {remedy}") from error


def available_memory() -> int | None:
    """Returns the bytes of memory that a process can still get, or None if they are not known."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", _ACCOUNT.read_text(), re.MULTILINE)
    except OSError:
        return None
    if found is None:
        return None
    try:
        limit = int(_CONTAINER_LIMIT.read_text())
    except (OSError, ValueError):  # no container, or one without a limit
        return int(found[1]) * 1024
    return min(int(found[1]) * 1024, limit)
