"""Lambda-returns against the definition: weighted means of n-step returns."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.operators import generalized_advantage_estimation, lambda_return, n_step_return

RNG = np.random.default_rng(0)
SHAPE = (7, 3)
REWARD, NEXT_VALUE = RNG.normal(size=(2, *SHAPE))
ENDS = RNG.uniform(size=SHAPE)
TERMINATED, TRUNCATED = ENDS < 0.15, ENDS > 0.8
DISCOUNT = 0.9 * (1 - TERMINATED)


def naive(lambda_: float) -> np.ndarray:
    """(1 - lambda) sum_n lambda^(n-1) G^(n), the last n taking all the weight that is left."""
    result = np.zeros(SHAPE)
    for start, world in np.ndindex(*SHAPE):
        t, so_far, discount, left = start, 0.0, 1.0, 1.0
        while True:
            so_far += discount * REWARD[t, world]
            discount *= DISCOUNT[t, world]
            n_step = so_far + discount * NEXT_VALUE[t, world]
            if TERMINATED[t, world] or TRUNCATED[t, world] or t == SHAPE[0] - 1:
                result[start, world] += left * n_step
                break
            result[start, world] += left * (1 - lambda_) * n_step
            left *= lambda_
            t += 1
    return result


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("lambda_", [0.0, 0.6, 1.0])
def test_matches_the_weighted_mean_of_n_step_returns(lambda_: float, compiled: bool) -> None:
    function = tf.function(lambda_return, jit_compile=True) if compiled else lambda_return
    actual = function(
        tf.constant(REWARD),
        tf.constant(DISCOUNT),
        tf.constant(NEXT_VALUE),
        tf.constant(lambda_, tf.float64),
        tf.constant(TRUNCATED),
    )
    np.testing.assert_allclose(actual, naive(lambda_), atol=1e-12)


def test_lambda_one_is_the_n_step_return() -> None:
    expected = n_step_return(REWARD, DISCOUNT, NEXT_VALUE, truncated=TRUNCATED)
    actual = lambda_return(REWARD, DISCOUNT, NEXT_VALUE, 1.0, TRUNCATED)
    np.testing.assert_allclose(actual, expected, atol=1e-12)


def test_less_the_value_it_is_the_generalised_advantage() -> None:
    # Oracle: Schulman et al. (2016): A_t + v_t is the lambda-return, where the value of a
    # successor within the trajectory is the value of the next step.
    value = RNG.normal(size=SHAPE)
    cut = TERMINATED | TRUNCATED
    successor = np.where(cut, NEXT_VALUE, np.concatenate([value[1:], NEXT_VALUE[-1:]]))
    advantage = generalized_advantage_estimation(
        REWARD, DISCOUNT, value, successor, 0.8, truncated=TRUNCATED
    )
    returns = lambda_return(REWARD, DISCOUNT, successor, 0.8, TRUNCATED)
    np.testing.assert_allclose(advantage + value, returns, atol=1e-12)
