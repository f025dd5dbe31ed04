"""V-trace against the paper's sums, and its fixed point against a linear system."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.operators import generalized_advantage_estimation, vtrace

RNG = np.random.default_rng(0)
SHAPE = (7, 3)
REWARD, LOG_RATIO, LAST = RNG.normal(size=(3, *SHAPE))
VALUE = RNG.normal(size=SHAPE)
ENDS = RNG.uniform(size=SHAPE)
TERMINATED, TRUNCATED = ENDS < 0.15, ENDS > 0.8
DISCOUNT = 0.9 * (1 - TERMINATED)
NEXT_VALUE = np.where(TERMINATED | TRUNCATED, LAST, np.concatenate([VALUE[1:], LAST[-1:]]))


def naive(
    lambda_: float, clip_rho: float, clip_c: float, clip_pg_rho: float
) -> tuple[np.ndarray, np.ndarray]:
    """v_s = V_s + sum_t gamma^(t-s) (prod_{i=s}^{t-1} c_i) delta_t; A = rho_pg (r + gamma q - V).

    Here q is V' plus lambda times the next step's correction.
    """
    ratio = np.exp(LOG_RATIO)
    target, advantage = VALUE.copy(), np.zeros(SHAPE)
    for world in range(SHAPE[1]):
        for start in reversed(range(SHAPE[0])):
            weight = 1.0
            for t in range(start, SHAPE[0]):
                at = (t, world)
                delta = REWARD[at] + DISCOUNT[at] * NEXT_VALUE[at] - VALUE[at]
                target[start, world] += weight * min(clip_rho, ratio[at]) * delta
                if TERMINATED[at] or TRUNCATED[at]:
                    break
                weight *= DISCOUNT[at] * lambda_ * min(clip_c, ratio[at])
            at = (start, world)
            cut = TERMINATED[at] or TRUNCATED[at] or start == SHAPE[0] - 1
            after = NEXT_VALUE[at]
            if not cut:
                after += lambda_ * (target[start + 1, world] - VALUE[start + 1, world])
            advantage[at] = min(clip_pg_rho, ratio[at]) * (
                REWARD[at] + DISCOUNT[at] * after - VALUE[at]
            )
    return target, advantage


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("lambda_", "clip_rho", "clip_c", "clip_pg_rho"),
    [(1.0, 1.0, 1.0, 1.0), (0.7, 2.0, 0.5, 0.8), (1.0, np.inf, 1.0, 3.0)],
)
def test_matches_naive_loops(
    lambda_: float, clip_rho: float, clip_c: float, clip_pg_rho: float, compiled: bool
) -> None:
    def function(*arguments: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return vtrace(*arguments, lambda_, clip_rho, clip_c, clip_pg_rho, truncated=TRUNCATED)

    if compiled:
        function = tf.function(function, jit_compile=True)
    actual = function(*(tf.constant(x) for x in (REWARD, DISCOUNT, VALUE, NEXT_VALUE, LOG_RATIO)))
    target, advantage = naive(lambda_, clip_rho, clip_c, clip_pg_rho)
    np.testing.assert_allclose(actual.value_target, target, atol=1e-12)
    np.testing.assert_allclose(actual.advantage, advantage, atol=1e-12)


def test_on_policy_it_is_the_generalised_advantage() -> None:
    # Oracle: GAE(lambda), to the bit.
    advantage = generalized_advantage_estimation(
        REWARD, DISCOUNT, VALUE, NEXT_VALUE, 0.8, truncated=TRUNCATED
    )
    actual = vtrace(
        REWARD, DISCOUNT, VALUE, NEXT_VALUE, np.zeros(SHAPE), lambda_=0.8, truncated=TRUNCATED
    )
    np.testing.assert_array_equal(actual.advantage, advantage)
    np.testing.assert_array_equal(actual.value_target, VALUE + advantage)


def test_the_fixed_point_is_the_value_of_the_clipped_policy() -> None:
    # Oracle: Espeholt et al. (2018), section 4.1: the expected correction under mu is 0 at the
    # value of pi_rho proportional to min(rho mu, pi), from a linear system (one-step trajectories).
    states, actions, clip = 3, 2, 0.8
    transition = RNG.dirichlet(np.ones(states), size=(states, actions))
    reward = RNG.normal(size=(states, actions))
    pi, mu = RNG.dirichlet(np.ones(actions), size=(2, states))
    clipped = np.minimum(clip * mu, pi)
    clipped /= clipped.sum(-1, keepdims=True)
    p = np.einsum("sa,say->sy", clipped, transition)
    v = np.linalg.solve(np.eye(states) - 0.9 * p, np.sum(clipped * reward, -1))
    # Every state, action and successor as a world of its own.
    shape = (1, states, actions, states)
    actual = vtrace(
        np.broadcast_to(reward[..., None], shape).copy(),
        0.9,
        np.broadcast_to(v[:, None, None], shape).copy(),
        np.broadcast_to(v, shape).copy(),
        np.broadcast_to(np.log(pi / mu)[..., None], shape).copy(),
        clip_rho=clip,
    )
    expected = np.einsum("sa,say,say->s", mu, transition, actual.value_target[0])
    np.testing.assert_allclose(expected, v, atol=1e-12)


def test_clips_that_are_not_positive_are_named() -> None:
    with pytest.raises(ValueError, match=r"clip_c must be positive, not 0\.0"):
        vtrace(REWARD, DISCOUNT, VALUE, NEXT_VALUE, LOG_RATIO, clip_c=0.0)
