"""Chain pays at its ends and stops after length + 8 steps."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import Chain


@pytest.mark.parametrize("length", [3, 10])
@pytest.mark.parametrize("action", [0, 1], ids=["left", "right"])
def test_going_one_way_returns_its_closed_form(length: int, action: int) -> None:
    # Oracle: to the right, the length - 2 steps on the way pay nothing and the other 10 pay 1 each;
    # to the left, only the first pays nothing and the others 0.001 each.
    env = Chain(length)
    state, _ = env.reset([], seed=0)
    total = 0.0
    for t in range(1, length + 9):
        state, timestep = env.step(state, tf.constant(action), seed=0)
        total += float(timestep.reward)
        assert bool(timestep.truncated) == (t == length + 8)
        assert not timestep.terminated
    assert total == pytest.approx(10.0 if action else 0.001 * (length + 7), rel=1e-6)


def test_moves_one_state_either_way() -> None:
    # Oracle: the tables of the shortest chain, by hand.
    env = Chain(3)
    assert env.next_state[..., 0].tolist() == [[0, 1], [0, 2], [1, 2]]
    assert env.reward[..., 0].tolist() == [[0.001, 0.0], [0.0, 0.0], [0.0, 1.0]]
    np.testing.assert_array_equal(env.initial, [0, 1, 0])


@pytest.mark.parametrize("length", [2, 3.0])
def test_length_must_be_possible(length: float) -> None:
    with pytest.raises(ValueError, match="length must be an integer, at least 3"):
        Chain(length)  # type: ignore[arg-type]
