"""A temperature that is set, against the values it is set to; and what can be set of the others."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.learners import A2C, SAC, SQL, A2CConfig, Normalized, SACConfig, SQLConfig
from maxent_tf.learners.optimistic_q import OptimisticQ
from maxent_tf.temperature import AutoTemperature, Manual, Mixed, Plateau, linear
from tests.contracts.learners import CONTINUOUS, DISCRETE, ONE_HOT, random_batch


def sac(alpha: Any) -> SAC:
    return SAC(CONTINUOUS, SACConfig(alpha=alpha, hidden_sizes=(4,)), [2])


def alphas(learner: SAC, state: Any, updates: int) -> list[list[float]]:
    """The temperatures of the next updates, one row each."""
    found = []
    for step in range(updates):
        state, metrics, _ = learner.update(state, random_batch(learner, step), seed=step)
        found.append(metrics.alpha.numpy().tolist())
    return found


def test_a_manual_temperature_stays_until_it_is_set() -> None:
    # Oracle: the values.
    learner = sac(Manual([0.25, 0.5]))
    state = learner.init(0)
    assert alphas(learner, state, 2) == [[0.25, 0.5]] * 2
    assert alphas(learner, learner.with_alpha(state, [2.0, 0.0]), 2) == [[2.0, 0.0]] * 2
    assert alphas(learner, learner.with_alpha(state, 1), 1) == [[1.0, 1.0]]


def test_an_automatic_temperature_goes_on_from_the_value() -> None:
    # Oracle: a learner whose automatic temperature began with that value, with the same gradients.
    state = sac(AutoTemperature(-1.0, 0.1, learning_rate=0.1)).init(0)
    learner = sac(AutoTemperature(-1.0, 2.0, learning_rate=0.1))
    found = alphas(learner, learner.with_alpha(state, 2.0), 3)
    expected = alphas(learner, learner.init(0), 3)
    assert found == expected
    assert expected[0] != expected[2]


def test_of_mixed_temperatures_each_learner_has_its_own_set() -> None:
    # Oracle: the two rules above; a 0 is no temperature for the automatic rule that the first
    # learner does not follow.
    learner = sac(Mixed([0, 1], [Manual(0.5), AutoTemperature(-1.0, 1.0, learning_rate=0.1)]))
    state = learner.with_alpha(learner.init(0), [0.0, 2.0])
    first, second = alphas(learner, state, 2)
    np.testing.assert_allclose(first, [0.0, 2.0], rtol=1e-6)
    assert second[0] == 0
    assert second[1] != first[1]
    fixed = sac(Mixed([0, 1], [0.5, Manual(0.5)]))
    with pytest.raises(ValueError, match="cannot be set, because the learners follow Scheduled"):
        fixed.with_alpha(fixed.init(0), 0.1)


def test_a_wrapper_sets_the_alpha_of_the_learner_inside() -> None:
    # Oracle: the bare learner.
    bare = A2C(DISCRETE, A2CConfig(alpha=Manual(0.1)), [2])
    learner = Normalized(A2C(ONE_HOT, A2CConfig(alpha=Manual(0.1)), [2]), observation=True)
    state = learner.with_alpha(learner.init(0), 0.7)
    np.testing.assert_array_equal(
        state.learner.temperature, bare.with_alpha(bare.init(0), 0.7).temperature
    )
    tf.nest.map_structure(
        np.testing.assert_array_equal, state.observation, learner.init(0).observation
    )


@pytest.mark.parametrize(
    ("alpha", "value", "message"),
    [
        (0.1, 0.5, "alpha cannot be set, because the learners follow Scheduled.*Manual"),
        (linear(1.0, 0.0, 9), 0.5, "alpha cannot be set, because the learners follow Scheduled"),
        (Plateau(1.0, 0.5, 3, mode="min"), 0.5, "alpha cannot be set.*Plateau"),
        (Manual(0.1), -1.0, "alpha must be finite and at least 0"),
        (Manual(0.1), "auto", "alpha must be a number"),
        (Manual(0.1), [1.0, 2.0, 3.0], "does not broadcast"),
        ("auto", 0.0, "alpha must be within bounds"),
    ],
)
def test_what_cannot_be_set_is_refused(alpha: Any, value: Any, message: str) -> None:
    # Oracle: the errors that the docstrings promise.
    learner = sac(alpha)
    with pytest.raises(ValueError, match=message):
        learner.with_alpha(learner.init(0), value)


def test_learners_without_such_an_alpha_refuse_it() -> None:
    # Oracle: the errors that the docstrings promise.
    sql = SQL(CONTINUOUS, SQLConfig(alpha=Manual(0.1)), [2])
    with pytest.raises(ValueError, match="alpha must be positive"):
        sql.with_alpha(sql.init(0), 0.0)
    counting = OptimisticQ(DISCRETE)
    with pytest.raises(ValueError, match="OptimisticQ has no temperature"):
        counting.with_alpha(counting.init(0), 0.1)
    with pytest.raises(ValueError, match=r"initial_alpha must be finite and at least 0, not -1"):
        Manual(-1.0)
    with pytest.raises(ValueError, match=r"alpha.initial_alpha of shape \(3,\) does not broadcast"):
        sac(Manual([0.1, 0.2, 0.3]))
