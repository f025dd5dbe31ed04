"""The learners that plain data can describe, by their names."""

from __future__ import annotations

from typing import Any, NamedTuple

from maxent_tf.checks import one_of
from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    SQL,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    PPOConfig,
    SACConfig,
    SoftDQN,
    SoftDQNConfig,
    SQLConfig,
)


class Algorithm(NamedTuple):
    """A learner by its classes.

    Attributes:
      learner: The class of the learner.
      config: The class of the learner's configuration.
      default_auto: The rule for the target entropy of an automatic temperature that "auto" stands
        for in the learner's own configuration; None if "auto" has no meaning there.
    """

    learner: Any
    config: Any
    default_auto: str | float | None = None


#: The algorithms by their names.
ALGORITHMS = {
    "a2c": Algorithm(A2C, A2CConfig),
    "ppo": Algorithm(PPO, PPOConfig),
    "sac": Algorithm(SAC, SACConfig, "minus_dim"),
    "discrete-sac": Algorithm(DiscreteSAC, DiscreteSACConfig, 0.3),
    "soft-dqn": Algorithm(SoftDQN, SoftDQNConfig),
    "sql": Algorithm(SQL, SQLConfig),
}


def named(algo: str) -> Algorithm:
    """Returns the algorithm of a name, or raises ValueError with the names that there are."""
    one_of("algo", algo, tuple(ALGORITHMS))
    return ALGORITHMS[algo]
