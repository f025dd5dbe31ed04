"""Transitions over n steps against a naive loop over time."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.replay import n_step_transitions
from maxent_tf.types import Transition

T, P, B = 9, 2, 30
DISCOUNT = np.array([[0.9], [0.5]], np.float32)


def random_trajectory() -> Transition:
    """Episodes of a few steps, each end a termination, a truncation or both, resets in between."""
    rng = np.random.default_rng(0)
    kind = rng.integers(6, size=(T, P, B))
    terminated, truncated = np.isin(kind, (0, 2)), np.isin(kind, (1, 2))
    valid = np.ones_like(terminated)
    for t in range(1, T):
        valid[t] = ~((terminated | truncated)[t - 1] & valid[t - 1] & (rng.random((P, B)) < 0.5))
        terminated[t] &= valid[t]
        truncated[t] &= valid[t]
    reward = np.where(valid, rng.normal(size=(T, P, B)), np.nan)
    return Transition(
        observation=tf.constant(rng.normal(size=(T, P, B, 2)), tf.float32),
        action=tf.constant(rng.integers(5, size=(T, P, B)), tf.int32),
        reward=tf.constant(reward, tf.float32),
        next_observation=tf.constant(rng.normal(size=(T, P, B, 2)), tf.float32),
        terminated=tf.constant(terminated),
        truncated=tf.constant(truncated),
        valid=tf.constant(valid),
    )


@pytest.mark.parametrize("n", [1, 2, 5, T])
@pytest.mark.parametrize("compiled", [False, True])
def test_is_a_loop_over_time(n: int, compiled: bool) -> None:
    # Oracle: the loop. What is not valid may hold NaN and reaches nothing that is.
    trajectory = random_trajectory()

    def function(trajectory: Transition) -> tuple:
        return n_step_transitions(trajectory, DISCOUNT, n)

    if compiled:
        function = tf.function(function, jit_compile=True, autograph=False)
    source, result, bootstrap_discount = tf.nest.map_structure(
        lambda x: x.numpy(), (trajectory, *function(trajectory))
    )
    assert result.reward.shape == (T - n + 1, P, B)
    short = 0
    for t, p, b in np.ndindex(T - n + 1, P, B):
        at = (t, p, b)
        assert result.valid[at] == source.valid[at]
        if not source.valid[at]:
            continue
        reward, factor, end = 0.0, 1.0, t
        for k in range(t, t + n):
            reward += factor * source.reward[k, p, b]
            factor *= DISCOUNT[p, 0]
            end = k
            if source.terminated[k, p, b] or source.truncated[k, p, b]:
                break
        short += end < t + n - 1 and not source.terminated[end, p, b]
        last = (end, p, b)
        np.testing.assert_allclose(result.reward[at], reward, rtol=1e-5, atol=1e-6)
        expected = 0 if source.terminated[last] else factor
        np.testing.assert_allclose(bootstrap_discount[at], expected, rtol=1e-6)
        np.testing.assert_array_equal(result.observation[at], source.observation[at])
        assert result.action[at] == source.action[at]
        np.testing.assert_array_equal(result.next_observation[at], source.next_observation[last])
        assert result.terminated[at] == source.terminated[last]
        assert result.truncated[at] == source.truncated[last]
    assert n == 1 or short > 10  # Truncations were met.


@pytest.mark.parametrize("n", [0, T + 1])
def test_more_steps_than_there_are_are_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"n must be in 1 .. {T}, the length of .*, not {n}"):
        n_step_transitions(random_trajectory(), 0.9, n)
