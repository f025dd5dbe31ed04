"""Mixed temperatures against learners whose batch has one kind of temperature."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.learners import SAC, DiscreteSAC, DiscreteSACConfig, SACConfig
from maxent_tf.temperature import AutoTemperature, Mixed, linear
from tests.contracts.learners import CONTINUOUS, DISCRETE, random_batch

RULES = [[[0.0], [0.3], [0.0]], linear(1.0, 0.0, 4), "auto"]


@pytest.mark.parametrize("kind", ["sac", "discrete_sac"])
def test_each_learner_follows_its_own_rule(kind: str) -> None:
    # Oracle: learners of the same shape, of which all follow one rule.
    def make(alpha: object) -> SAC | DiscreteSAC:
        if kind == "sac":
            return SAC(CONTINUOUS, SACConfig(alpha=alpha, hidden_sizes=(4,)), [3, 2])
        config = DiscreteSACConfig(alpha=alpha, hidden_sizes=(4,))
        return DiscreteSAC(DISCRETE, config, [3, 2])

    def alphas(learner: SAC | DiscreteSAC) -> np.ndarray:
        state, found = learner.init(0), []
        for step in range(3):
            batch = random_batch(learner, step)
            updated = learner.update(state, batch, seed=step)
            found.append(updated.metrics.alpha.numpy())
            state = updated.state
        return np.stack(found)

    which = np.array([[0], [0], [2]])
    mixed = alphas(make(Mixed(which, RULES)))
    alone = [alphas(make(rule)) for rule in RULES]
    np.testing.assert_array_equal(mixed[:, :2], alone[0][:, :2])
    np.testing.assert_array_equal(mixed[:, 2], alone[2][:, 2])
    assert not (mixed[:, 0] != 0).any()
    # Not one rule for all: a row of another rule has other numbers.
    assert (alone[1][:, 0] != mixed[:, 0]).any()


def test_learners_of_one_setting_may_differ() -> None:
    # Oracle: the definition, with an index for each single learner.
    config = SACConfig(alpha=Mixed([[0, 1], [1, 0]], [0.5, AutoTemperature(-1.0, 2.0)]))
    learner = SAC(CONTINUOUS, config, [2, 2])
    alpha = learner._temperature.alpha(learner.init(0).temperature)
    np.testing.assert_allclose(alpha, [[0.5, 2.0], [2.0, 0.5]], rtol=1e-6)
    assert tf.as_dtype(alpha.dtype) == tf.float32


def test_bad_mixtures_are_refused() -> None:
    # Oracle: the errors that the docstring promises.
    with pytest.raises(ValueError, match="integers from 0 to 1"):
        Mixed([0, 2], [0.1, "auto"])
    with pytest.raises(ValueError, match="integers from 0 to 1"):
        Mixed([0.0, 1.0], [0.1, "auto"])
    with pytest.raises(ValueError, match="Mixed within a Mixed"):
        SAC(CONTINUOUS, SACConfig(alpha=Mixed([0], [Mixed([0], [0.1])])), [1])
    with pytest.raises(ValueError, match="does not broadcast"):
        SAC(CONTINUOUS, SACConfig(alpha=Mixed([0, 0, 1], [0.1, "auto"])), [2])
