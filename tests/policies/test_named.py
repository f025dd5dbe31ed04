"""Parts of observations have names. Oracle: names written by hand."""

import pytest

from maxent_tf.policies.named import named, nested
from maxent_tf.specs import Box, Discrete

SPEC = {"inner": {"a b": Discrete(3), "c": Box.of((2,))}, "d": Discrete(2)}


def test_names_lead_to_the_parts_and_back() -> None:
    values = {"inner": {"a b": 1, "c": 2}, "d": 3}
    by_name = {"observation_inner_a_b": 1, "observation_inner_c": 2, "observation_d": 3}
    assert named(SPEC, values) == by_name
    assert nested(SPEC, by_name) == values
    assert named(Discrete(3), 5) == {"observation": 5}


def test_two_parts_of_one_name_are_refused() -> None:
    spec = {"a b": Discrete(3), "a_b": Discrete(3)}
    with pytest.raises(ValueError, match="both named 'observation_a_b'"):
        named(spec, spec)
