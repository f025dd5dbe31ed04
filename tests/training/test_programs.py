"""Programs that are kept for later runs: how often they are traced, and that nothing leaks."""

import copy
import gc
import weakref
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig, Learner, SoftDQN, SoftDQNConfig
from maxent_tf.training import Trainer, programs
from maxent_tf.training.programs import Loan

CART_POLE = mx.environments.CartPole(max_episode_steps=5)
WHERE = pytest.mark.parametrize("env", [CART_POLE, "CartPole-v1"], ids=["in_graph", "host"])
KIND = pytest.mark.parametrize("kind", ["a2c", "soft_dqn"])


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls of the learners' functions in Python, of which compiled programs make none."""
    calls: list[str] = []

    def counted(function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            calls.append(function.__name__)
            return function(*arguments, **options)

        return call

    for kind in (A2C, SoftDQN):
        for name in ("act", "update"):
            monkeypatch.setattr(kind, name, counted(getattr(kind, name)))
    return calls


def learner_of(kind: str) -> Learner:
    if kind == "a2c":
        return A2C(CART_POLE.spec, A2CConfig(hidden_sizes=(4,), rollout_length=2), [2])
    config = SoftDQNConfig(hidden_sizes=(4,), batch_size=2, replay_capacity=9, learning_starts=4)
    return SoftDQN(CART_POLE.spec, config, [2])


ARGUMENTS: dict[str, Any] = {"num_envs": 2, "compile": "graph"}


def train(learner: Learner, env: Any, seed: int, **arguments: Any) -> Any:
    return mx.train(learner, env, 16, seed, records=2, **ARGUMENTS, **arguments)


def assert_same(first: Any, second: Any) -> None:
    tf.nest.map_structure(np.testing.assert_array_equal, first, second)


@WHERE
@KIND
def test_a_later_run_traces_nothing_and_two_at_once_share_nothing(
    kind: str, env: Any, traces: list[str]
) -> None:
    # Oracle: the runs of another learner of the same configuration, one after the other.
    learner, other = learner_of(kind), learner_of(kind)
    train(learner, env, 5)
    assert {"act", "update"} <= set(traces)
    traces.clear()
    with Trainer(learner, env, 0, **ARGUMENTS) as first:
        first.run(8, records=1)
        assert traces == []
        with Trainer(learner, env, 1, **ARGUMENTS) as second:
            second.run(8, records=1)
            results = [first.run(16, records=2), second.run(16, records=2)]
    states = [first.state, second.state]
    traces.clear()
    results.append(train(learner, env, 2))
    assert traces == []
    for seed, result in enumerate(results):
        alone = train(other, env, seed)
        assert_same((result.state, result.history), (alone.state, alone.history))
    for result, state in zip(results, states, strict=False):
        assert_same(state, result.state)  # of a trainer that is closed, after another run
    with pytest.raises(mx.training.CheckpointError, match="closed: make a new Trainer"):
        first.run(24)


@WHERE
def test_a_later_evaluation_traces_nothing(env: Any, traces: list[str]) -> None:
    # Oracle: the returns of another learner, whose programs are its own. The learners normalise,
    # and are wrapped anew in every call.
    learner, other = learner_of("a2c"), learner_of("a2c")
    state = train(learner, env, 0, normalize_reward=True).state
    mx.evaluate(learner, state, env, 2, seed=0)
    traces.clear()
    train(learner, env, 1, normalize_reward=True)
    returns = mx.evaluate(learner, state, env, 2, seed=1).returns
    assert traces == []
    np.testing.assert_array_equal(returns, mx.evaluate(other, state, env, 2, seed=1).returns)
    mx.evaluate(learner, state, env, 2, seed=1, greedy=False)
    assert traces


def test_what_has_changed_is_compiled_anew() -> None:
    # Oracle: the lengths of the episodes, in an environment whose limit is changed between runs.
    env = mx.environments.Chain(4)
    learner = A2C(env.spec, A2CConfig(network="table"))
    state = learner.init(0)
    for limit in (3, 4):
        env.max_episode_steps = limit
        assert mx.evaluate(learner, state, env, 3).lengths.max() == limit


class Held:
    """Programs with a variable of a mebibyte."""

    def __init__(self) -> None:
        self.variables = [tf.Variable(tf.zeros([2**18]))]


def test_what_lies_idle_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: the number of the programs that are still there, by weak references.
    monkeypatch.setattr(programs, "_MOST_IDLE_BYTES", 3 * 2**20)
    learners, there = [learner_of("a2c") for _ in range(5)], []

    def lend(learner: Learner, size: int) -> Held:
        loan = Loan(learner, None, (size,), Held)
        loan.end()
        there.append(weakref.ref(loan.programs))
        return loan.programs

    for learner in learners:
        lend(learner, 0)
    gc.collect()
    assert [one() is None for one in there] == [True, True, False, False, False]
    assert there[4]() is lend(learners[4], 0)
    monkeypatch.setattr(programs, "_MOST_IDLE_BYTES", 2**30)
    for size in range(1, 20):
        lend(learners[0], size)
    gc.collect()
    assert sum(one() is not None for one in there[6:]) == programs._MOST_KINDS


def test_programs_end_with_their_learner_and_are_not_copied() -> None:
    # Oracle: the garbage collector; a copy begins without programs.
    learner = learner_of("soft_dqn")
    state = train(learner, CART_POLE, 0, normalize_reward=True).state
    mx.evaluate(learner, state, CART_POLE, 1)
    there = [weakref.ref(idle.programs) for idle in learner.compiled.values()]
    assert len(there) == 2
    assert copy.deepcopy(learner).compiled == {}
    del learner, state
    gc.collect()
    assert [one() for one in there] == [None, None]
