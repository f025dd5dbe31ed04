"""What a result prints, and that it is taken where a state is."""

import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.training import Loaded, TrainResult

BANDIT = mx.environments.Bandit([1.0, 0.5])


def result_of(history: dict[str, Any]) -> TrainResult:
    arrays = {name: np.float32(values) for name, values in history.items()}
    return TrainResult(tf.zeros([1000]), arrays, 20_000, 19_900, 65.25)


def test_a_result_prints_a_short_table() -> None:
    # Oracle: the last finite values, read from the history by eye.
    history = {
        "env_steps": [10, 20, 30],
        "critic_loss": [1, 2, 3],
        "entropy": [0.5, 0.25, 0.125],
        "alpha": [np.nan] * 3,
        "episode_return": [-1500, -745.2, np.nan],
    }
    assert repr(result_of(history)).splitlines() == [
        "TrainResult",
        "  episode_return  -745.2",
        "  entropy         0.125",
        "  alpha           none yet",
        "  steps           20,000",
        "  updates         19,900",
        "  wall time       65.2 s",
    ]


def test_of_several_learners_a_result_prints_mean_and_range() -> None:
    # Oracle: arithmetic by hand, over the last finite value of each learner of the batch.
    returns = [[[1.0, 2.0], [np.nan, 9.0]], [[np.nan, 4.0], [np.nan, 6.0]]]
    assert repr(result_of({"eval_return": returns})).splitlines()[1] == (
        "  eval_return     3.667 on average, 1 to 6 over 3 learners"
    )


def test_a_result_is_taken_where_a_state_is(tmp_path: pathlib.Path) -> None:
    # Oracle: the same call with the state.
    learner = A2C(BANDIT.spec, A2CConfig(network="table"))
    arguments: dict[str, Any] = {"records": 1, "compile": "eager"}
    result = mx.train(learner, BANDIT, 20, **arguments, checkpoint_dir=tmp_path)
    loaded = mx.training.load(learner, tmp_path)
    assert isinstance(loaded, Loaded)
    expected = mx.evaluate(learner, result.state, BANDIT, 50, greedy=False).returns
    further = mx.train(learner, BANDIT, 20, state=result.state, **arguments).state
    for given in (result, loaded):
        returns = mx.evaluate(learner, given, BANDIT, 50, greedy=False).returns
        np.testing.assert_array_equal(returns, expected)
        again = mx.train(learner, BANDIT, 20, state=given, **arguments).state
        np.testing.assert_array_equal(again.actor, further.actor)
    mx.policies.save(tmp_path / "policy", learner, result)
    policy = mx.policies.load(tmp_path / "policy")
    assert policy([1.0, 0.0]) == int(np.argmax(result.state.actor[0]))


def test_a_state_of_another_learner_is_still_refused() -> None:
    learner = A2C(BANDIT.spec, A2CConfig(network="table"))
    other = result_of({})
    with pytest.raises(ValueError, match="the state is another learner's"):
        mx.evaluate(learner, other, BANDIT, 1)
