"""Chain pays at its ends and stops after length + 9 steps."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import Chain


@pytest.mark.parametrize("length", [3, 10])
@pytest.mark.parametrize(
    ("action", "value"),
    [(1, 12.0), (0, lambda length: 0.001 * (length + 9))],
    ids=["right", "left"],
)
def test_going_one_way_returns_its_closed_form(length: int, action: int, value) -> None:
    # Oracle: to the right, length - 3 steps pay nothing and the other 12 pay 1 each; to the left,
    # every step pays 0.001.
    env = Chain(length)
    state, _ = env.reset([], seed=0)
    total = 0.0
    for t in range(1, length + 10):
        state, timestep = env.step(state, tf.constant(action), seed=0)
        total += float(timestep.reward)
        assert bool(timestep.truncated) == (t == length + 9)
        assert not timestep.terminated
    assert total == pytest.approx(value(length) if callable(value) else value, rel=1e-6)


def test_moves_one_state_either_way() -> None:
    # Oracle: the tables of the shortest chain, by hand.
    env = Chain(3)
    assert env.next_state[..., 0].tolist() == [[0, 1], [0, 2], [1, 2]]
    assert env.reward[..., 0].tolist() == [[0.001, 0.0], [0.001, 1.0], [0.0, 1.0]]
    np.testing.assert_array_equal(env.initial, [0, 1, 0])


@pytest.mark.parametrize("length", [2, 3.0])
def test_length_must_be_possible(length: float) -> None:
    with pytest.raises(ValueError, match="length must be an integer, at least 3"):
        Chain(length)  # type: ignore[arg-type]
