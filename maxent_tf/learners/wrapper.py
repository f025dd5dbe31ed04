"""The base of learners around another learner, which forwards every method of the interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maxent_tf.learners.interface import Learner
from maxent_tf.replicas import num_processes
from maxent_tf.types import Acted, Transition, Updated


class Wrapper(Learner):
    """A learner that forwards every call to the learner inside.

    The state of a wrapper has the state of the learner inside as its attribute `learner`. A wrapper
    overrides what it changes. Wrappers can be nested. The class of the state, a NamedTuple, has a
    method `wrapped`, which builds the wrapper around a learner again. A bare learner can so act
    from the state to which a wrapped learner was trained: see `as_trained`.

    Args:
      learner: The learner inside.

    Raises:
      ValueError: If the updates of the learner inside are divided among several processes.
    """

    def __init__(self, learner: Learner):
        processes = num_processes(learner.strategy)
        if processes > 1:
            raise ValueError(
                "the learner inside must not be divided among processes, but there are "
                f"{processes}: what a wrapper keeps, such as running statistics, "
                "would come from the experience of one process and differ from that of the others. "
                "Leave the wrapper out, or change the environment itself."
            )
        self.learner = learner
        self.spec = learner.spec
        self.batch_shape = learner.batch_shape
        self.experience = learner.experience
        self.metric_names = learner.metric_names
        self.plans = learner.plans
        self.strategy = learner.strategy

    @property
    def config(self) -> Any:
        """The hyperparameters of the wrapper itself, which a checkpoint compares."""
        return None

    @property
    def discount(self) -> Any:
        """The discount factor gamma of the learner inside; None if it has no such attribute."""
        return getattr(self.learner, "discount", None)

    def policy(self, state: Any, observation: Any, carry: Any = None) -> Any:
        """Returns the action distribution of the learner inside."""
        given = () if carry is None else (carry,)
        return self.learner.policy(state.learner, observation, *given)

    def update(self, state: Any, batch: Transition, *, seed: Any, weight: Any = None) -> Updated:
        """Makes one update of the learner inside."""
        updated = self.learner.update(state.learner, batch, seed=seed, weight=weight)
        return updated._replace(state=state._replace(learner=updated.state))

    def initial_carry(self, num_envs: Any) -> Any:
        """Returns the initial carry of the learner inside."""
        return self.learner.initial_carry(num_envs)

    def act(
        self,
        state: Any,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Lets the learner inside act."""
        return self.learner.act(
            state.learner, carry, observation, seed=seed, explore=explore, world=world
        )

    def observe(self, state: Any, fresh: Transition) -> Any:
        """Lets the learner inside take note of experience."""
        return state._replace(learner=self.learner.observe(state.learner, fresh))

    def with_alpha(self, state: Any, alpha: Any) -> Any:
        """Sets the temperature of the learner inside."""
        return state._replace(learner=self.learner.with_alpha(state.learner, alpha))


def refuse_planning(learner: Learner, what: str) -> None:
    """Raises ValueError if a learner plans, in an environment that knows nothing of a wrapper.

    Args:
      learner: The learner inside.
      what: What the wrapper changes, such as "rewards".
    """
    if learner.plans:
        raise ValueError(
            f"the learner inside must not plan in its environment, which knows nothing of changed "
            f"{what}, but {type(learner).__name__} does: leave the wrapper out, or change the "
            "environment itself."
        )


def as_trained(learner: Learner, state: Any) -> Learner:
    """Returns the learner within the wrappers that a state belongs to.

    Args:
      learner: A bare learner, or a learner in some or all of these wrappers.
      state: The state of the learner, or of a wrapper around it.
    """
    if _wrappers(learner) >= _depth(state):
        return learner
    return state.wrapped(as_trained(learner, state.learner))


def _wrappers(learner: Learner) -> int:
    """Returns the number of wrappers around a learner."""
    return 1 + _wrappers(learner.learner) if isinstance(learner, Wrapper) else 0


def _depth(state: Any) -> int:
    """Returns the number of wrappers around the learner that a state belongs to."""
    return 1 + _depth(state.learner) if hasattr(state, "learner") else 0


def parts(state: Any) -> Mapping[str, Any]:
    """Returns the parts of a learner's state by name; those of a learner inside are among them."""
    named = state._asdict()
    inside = named.pop("learner", None)
    return named if inside is None else {**parts(inside), **named}
