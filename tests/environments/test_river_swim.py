"""RiverSwim has its current and its two rewards."""

import numpy as np
import pytest

from maxent_tf.environments import RiverSwim


@pytest.mark.parametrize(
    ("form", "first", "middle", "last", "pays"),
    [
        ("osband", 0.6, (0.05, 0.35), 0.4, 1.0),
        # Only staying pays, and the mean reward of swimming right in the last state is 3,000.
        ("strehl", 0.3, (0.1, 0.3), 0.7, 3_000.0),
    ],
)
def test_always_swimming_right_earns_its_closed_form(
    form: str, first: float, middle: tuple[float, float], last: float, pays: float
) -> None:
    # Oracle: the stationary distribution of a birth-death chain, by detailed balance.
    weight = [1.0]
    forward, back = [first] + [middle[1]] * 4, [middle[0]] * 4 + [last]
    for on, off in zip(forward, back, strict=True):
        weight.append(weight[-1] * on / off)
    expected = pays * weight[-1] / sum(weight)
    env = RiverSwim(form)  # type: ignore[arg-type]
    chain = np.zeros((6, 6))
    for s, k in np.ndindex(6, 3):
        chain[s, env.next_state[s, 1, k]] += env.probability[s, 1, k]
    stationary = np.linalg.matrix_power(chain, 10_000)[0]
    mean_reward = (env.probability * env.reward).sum(-1)[:, 1]
    assert stationary @ mean_reward == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("form", "pays"), [("osband", 0.005), ("strehl", 5.0)])
def test_swimming_left_always_moves_left(form: str, pays: float) -> None:
    # Oracle: the description.
    env = RiverSwim(form)  # type: ignore[arg-type]
    np.testing.assert_array_equal(env.probability[:, 0], [[1, 0, 0]] * 6)
    np.testing.assert_array_equal(env.next_state[:, 0, 0], [0, 0, 1, 2, 3, 4])
    np.testing.assert_array_equal(env.reward[:, 0, 0], [pays, 0, 0, 0, 0, 0])
    assert not np.any(env.terminal)


def test_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match=r"form must be one of \['osband', 'strehl'\]"):
        RiverSwim("sutton")  # type: ignore[arg-type]
