"""The settings of state-dependent exploration."""

import pytest

from maxent_tf.exploration import StateDependentExploration


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"period": 0}, "period must be an integer of at least 1, not 0"),
        ({"period": 2.5}, "period must be an integer of at least 1, not 2.5"),
        ({"initial_scale": 0.0}, "initial_scale must be positive and finite, not 0.0"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StateDependentExploration(**arguments)
