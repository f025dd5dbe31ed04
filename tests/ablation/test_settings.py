"""Settings and the hyperparameter that holds them, against hand-made tables."""

import numpy as np
import pytest

from maxent_tf.ablation.settings import as_alpha, as_settings
from maxent_tf.temperature import AutoTemperature, Mixed


def test_settings_are_schedule_by_schedule_and_automatic_ones_last() -> None:
    # Oracle: the order that the docstring promises.
    settings, automatic = as_settings([0, "auto", 0.1], ("constant", "annealed"))
    assert [tuple(setting) for setting in settings] == [
        ("0, constant", 0.0, "constant"),
        ("0.1, constant", 0.1, "constant"),
        ("0, annealed", 0.0, "annealed"),
        ("0.1, annealed", 0.1, "annealed"),
        ("auto", None, "automatic"),
    ]
    assert automatic == ["auto"]


def test_one_hyperparameter_holds_constant_and_annealed_temperatures() -> None:
    # Oracle: alpha, and alpha max(0, 1 - t / (0.8 T)).
    settings, automatic = as_settings([0.1, 1.0], ("constant", "annealed"))
    schedule = as_alpha(settings, automatic, updates=100)
    for step in (0, 40, 80, 99):
        left = max(0.0, 1 - step / 80)
        expected = [[0.1], [1.0], [0.1 * left], [left]]
        np.testing.assert_allclose(schedule(step), expected, rtol=1e-6)


def test_automatic_temperatures_have_rules_of_their_own() -> None:
    # Oracle: the indices by hand.
    low, high = AutoTemperature(-2.0), AutoTemperature(-1.0)
    settings, automatic = as_settings(
        {"none": 0, "low": low, "some": 0.1, "high": high}, "constant"
    )
    assert [setting.label for setting in settings] == ["none", "some", "low", "high"]
    mixed = as_alpha(settings, automatic, updates=10)
    assert isinstance(mixed, Mixed)
    assert mixed.which.tolist() == [[0], [0], [1], [2]]
    assert mixed.rules[1:] == (low, high)
    assert mixed.rules[0].tolist() == [[0.0], [np.float32(0.1)], [0.0], [0.0]]


def test_a_single_rule_needs_no_mixture() -> None:
    # Oracle: what a user would write.
    assert as_alpha(*as_settings(["auto"], "constant"), updates=10) == "auto"
    assert as_alpha(*as_settings([0.5], "constant"), updates=10).tolist() == [[0.5]]


@pytest.mark.parametrize(
    ("alphas", "schedule", "message"),
    [
        ([], "constant", "must not be empty"),
        ("auto", "constant", "must be a sequence"),
        ([-0.1], "constant", "at least 0"),
        (["atuo"], "constant", "not 'atuo'"),
        ([True], "constant", "not True"),
        ([0.1, 0.1], "constant", "different labels"),
        ([AutoTemperature(-1.0)], "constant", "pass a dict"),
        ([0.1], "linear", "schedule must be one of"),
        ([0.1], (), "schedule must be one of"),
    ],
)
def test_bad_settings_are_refused(alphas: object, schedule: object, message: str) -> None:
    # Oracle: the errors that the docstrings promise.
    with pytest.raises(ValueError, match=message):
        as_settings(alphas, schedule)


def test_nothing_is_annealed_over_no_updates() -> None:
    # Oracle: the error that the docstring promises.
    with pytest.raises(ValueError, match="raise num_steps"):
        as_alpha(*as_settings([0.1], "annealed"), updates=0)
