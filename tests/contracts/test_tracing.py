"""Training traces a learner's update once. Oracle: how often Python runs it."""

from typing import Any

import pytest

import maxent_tf as mx
from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    OnPolicy,
    PPOConfig,
    SACConfig,
    SoftDQN,
    SoftDQNConfig,
)
from maxent_tf.replay import Priorities
from maxent_tf.temperature import linear


class Counted:
    """Counts how often Python runs a learner's update, that is, how often it is traced."""

    calls = 0

    def update(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        return super().update(*arguments, **named)  # type: ignore[misc]


class CountedA2C(Counted, A2C):
    """A2C, counted."""


class CountedPPO(Counted, PPO):
    """PPO, counted."""


class CountedSAC(Counted, SAC):
    """SAC, counted."""


class CountedPrioritizedSAC(Counted, SAC):
    """SAC from prioritised replay, counted."""


class CountedDiscreteSAC(Counted, DiscreteSAC):
    """Discrete SAC, counted."""


class CountedSoftDQN(Counted, SoftDQN):
    """Soft DQN, counted."""


OFF_POLICY: Any = {
    "hidden_sizes": (4,),
    "batch_size": 2,
    "replay_capacity": 50,
    "learning_starts": 1,
}
COUNTED: dict[type[Any], tuple[Any, str, Any]] = {
    CountedA2C: (
        A2CConfig(hidden_sizes=(4,), rollout_length=2, alpha=linear(0.1, 0.0, 3)),
        "CartPole-v1",
        mx.environments.CartPole(),
    ),
    CountedPPO: (
        PPOConfig(hidden_sizes=(4,), rollout_length=2, num_minibatches=1, target_kl=0.01),
        "CartPole-v1",
        mx.environments.CartPole(),
    ),
    CountedSAC: (SACConfig(**OFF_POLICY), "Pendulum-v1", mx.environments.Pendulum()),
    CountedPrioritizedSAC: (
        SACConfig(**OFF_POLICY, n_step=2, priorities=Priorities(beta=linear(0.4, 1.0, 9))),
        "Pendulum-v1",
        mx.environments.Pendulum(),
    ),
    CountedDiscreteSAC: (
        DiscreteSACConfig(**OFF_POLICY),
        "CartPole-v1",
        mx.environments.CartPole(),
    ),
    CountedSoftDQN: (SoftDQNConfig(**OFF_POLICY), "CartPole-v1", mx.environments.CartPole()),
}


@pytest.mark.parametrize("where", ["in_graph", "host"])
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(x, marks=() if x in (CountedPPO, CountedSAC) else pytest.mark.slow)
        for x in COUNTED
    ],
)
def test_training_traces_an_update_once(kind: type[Any], where: str) -> None:
    # Oracle: the number of Python calls. Records of 3, 3 and 1 iterations share one program.
    config, id_, env = COUNTED[kind]
    learner = kind(env.spec, config, [2])
    steps = 14 if isinstance(learner.experience, OnPolicy) else 8
    world = env if where == "in_graph" else id_
    result = mx.train(learner, world, steps, records=3, compile="graph")
    assert result.updates == 7
    assert learner.calls == 1
