"""The programs that are compiled for a learner, kept for its later runs.

To trace and to compile programs takes seconds, in which nothing is learned. A second run of the
same learner, in the same environment and in the same sizes, takes the programs of the first.

Programs may own variables: the state of the learner, a replay buffer. They are therefore lent to
one run at a time. A run that begins while another one has them makes its own. Whoever borrows
programs overwrites what the last run left in their variables.

The programs are kept in the learner's own `compiled`, and so live no longer than the learner. What
a learner keeps is bounded in number, and the variables that lie idle, of all learners together, in
bytes.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, Protocol, TypeVar

import tensorflow as tf

from maxent_tf.learners import Learner, Normalized
from maxent_tf.training.configuration import Configuration

# Of each learner: some for training, and some for evaluations of various lengths.
_MOST_KINDS = 8
_MOST_IDLE_BYTES = 2**28


class Programs(Protocol):
    """Compiled functions, and the variables that they read and write."""

    @property
    def variables(self) -> Iterable[tf.Variable]:
        """The variables."""


P = TypeVar("P", bound=Programs)


class Loan(Generic[P]):
    """Programs that belong to one run until its `end`.

    Args:
      learner: The learner that the programs are compiled for.
      env: The environment that is compiled into the programs; None if none is.
      sizes: What else decides what the programs are.
      make: A function that makes the programs, if the learner has none to lend.
      keep: Whether to keep the programs for later runs.

    Attributes:
      programs: The programs.
    """

    def __init__(
        self,
        learner: Learner,
        env: Any,
        sizes: tuple[Hashable, ...],
        make: Callable[[], P],
        keep: bool = True,
    ):
        self._owner, wrapper = _owner(learner)
        self._kind: Any = None
        if keep:
            described = Configuration({"learner": self._owner, "env": env})
            # What cannot be described may have been changed since, without notice.
            if not described.is_partial:
                self._kind = (_Same(env), wrapper, sizes, described.serialize())
        idle = self._owner.compiled.pop(self._kind, None)
        kept = None if idle is None else idle.programs
        self.programs: P = make() if kept is None else kept

    def end(self) -> None:
        """Keeps the programs for the next run; this one must not use them any more."""
        if self._kind is None:
            return
        compiled = self._owner.compiled
        compiled[self._kind] = idle = _Idle(self.programs)
        while len(compiled) > _MOST_KINDS:
            del compiled[next(iter(compiled))]
        _limit(idle)
        self._kind = None


class _Idle:
    """Programs that nobody uses; None if their variables took too much memory."""

    def __init__(self, programs: Programs):
        self.programs: Any = programs
        self.nbytes = sum(x.shape.num_elements() * x.dtype.size for x in programs.variables)


# In the order in which they were given back.
_all_idle: list[weakref.ref[_Idle]] = []


def _limit(new: _Idle) -> None:
    """Lets go of the programs that have been idle for longest, until the others are small enough.

    Programs without variables are never let go of.
    """
    if not new.nbytes:
        return
    idle = [one for ref in _all_idle if (one := ref()) is not None and one.programs is not None]
    idle.append(new)
    while sum(one.nbytes for one in idle) > _MOST_IDLE_BYTES:
        idle.pop(0).programs = None
    _all_idle[:] = [weakref.ref(one) for one in idle]


class _Same:
    """A key that is equal to that of the same object alone."""

    def __init__(self, value: Any):
        self._value = value  # kept, so that no other object is in its place

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._value is other._value

    def __hash__(self) -> int:
        return id(self._value)


def _owner(learner: Learner) -> tuple[Learner, Hashable]:
    """Returns the learner that keeps the programs, and what tells its wrapper from others.

    Training and evaluation wrap a learner anew in every call, to normalise.
    """
    if type(learner) is Normalized:
        return learner.learner, tuple(learner.config.items())
    return learner, None
