"""Returns and advantages against naive loops, one episode at a time."""

from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.operators import generalized_advantage_estimation, n_step_return

GAMMA, LAMBDA = 0.9, 0.7


class Trajectory(NamedTuple):
    """Steps of worlds that end and are cut at random; `next_value` is of each own successor."""

    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    value: np.ndarray
    next_value: np.ndarray

    @property
    def discount(self) -> np.ndarray:
        return GAMMA * (1 - self.terminated)


def trajectory(steps: int, cut: bool, shape: tuple[int, ...] = (2, 3)) -> Trajectory:
    rng = np.random.default_rng(10 * steps + cut)
    shape = (steps, *shape)
    terminated = rng.uniform(size=shape) < 0.2
    truncated = (rng.uniform(size=shape) < 0.3) & ~terminated & cut
    value, last = rng.normal(size=shape), rng.normal(size=shape[1:])
    # Within an episode the successor is the next step's observation; at its end it is another.
    following = np.concatenate([value[1:], last[None]])
    next_value = np.where(terminated | truncated, rng.normal(size=shape), following)
    return Trajectory(rng.normal(size=shape), terminated, truncated, value, next_value)


def naive_return(x: Trajectory) -> np.ndarray:
    steps, *rest = x.reward.shape
    result = np.empty_like(x.reward)
    for index in np.ndindex(*rest):
        for t in range(steps):
            total, weight, k = 0.0, 1.0, t
            while True:
                total += weight * x.reward[(k, *index)]
                weight *= GAMMA
                if x.terminated[(k, *index)]:
                    break
                if x.truncated[(k, *index)] or k == steps - 1:
                    total += weight * x.next_value[(k, *index)]
                    break
                k += 1
            result[(t, *index)] = total
    return result


def naive_advantage(x: Trajectory) -> np.ndarray:
    """The definition: A_t = sum_k (gamma lambda)^k delta_{t+k} within the episode."""
    steps, *rest = x.reward.shape
    result = np.empty_like(x.reward)
    for index in np.ndindex(*rest):
        for t in range(steps):
            total, weight = 0.0, 1.0
            for k in range(t, steps):
                at = (k, *index)
                target = x.reward[at] + (0.0 if x.terminated[at] else GAMMA * x.next_value[at])
                total += weight * (target - x.value[at])
                weight *= GAMMA * LAMBDA
                if x.terminated[at] or x.truncated[at]:
                    break
            result[(t, *index)] = total
    return result


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("steps", [1, 5, 50])
def test_match_naive_loops_with_terminations_and_truncations(steps: int, compiled: bool) -> None:
    x = trajectory(steps, cut=True)

    def both() -> tuple[tf.Tensor, tf.Tensor]:
        reward, discount, value = (tf.constant(a) for a in (x.reward, x.discount, x.value))
        returns = n_step_return(reward, discount, x.next_value, truncated=x.truncated)
        advantage = generalized_advantage_estimation(
            reward, discount, value, x.next_value, LAMBDA, truncated=x.truncated
        )
        return returns, advantage

    returns, advantage = tf.function(both, jit_compile=True)() if compiled else both()
    np.testing.assert_allclose(returns, naive_return(x), atol=1e-12)
    np.testing.assert_allclose(advantage, naive_advantage(x), atol=1e-12)


@pytest.mark.parametrize("steps", [1, 5, 50])
def test_match_naive_loops_without_truncation_in_both_forms(steps: int) -> None:
    x = trajectory(steps, cut=False)
    for bootstrap in (x.next_value, np.where(x.terminated[-1], 0.0, x.next_value[-1])):
        returns = n_step_return(x.reward, x.discount, bootstrap)
        np.testing.assert_allclose(returns, naive_return(x), atol=1e-12)
        advantage = generalized_advantage_estimation(
            x.reward, x.discount, x.value, bootstrap, LAMBDA
        )
        np.testing.assert_allclose(advantage, naive_advantage(x), atol=1e-12)


def test_a_truncated_step_bootstraps_from_its_own_final_observation() -> None:
    # By hand. Treating the cut as a termination gives 1, and looking past it into the next
    # episode (value 100 after the automatic reset) gives 91 or more.
    reward, value = tf.constant([1.0, 1.0]), tf.constant([0.0, 100.0])
    cut = tf.constant([True, False])
    successor = tf.constant([10.0, 0.0])
    returns = n_step_return(reward, 0.9, successor, truncated=cut)
    assert returns.numpy()[0] == pytest.approx(1 + 0.9 * 10)
    advantage = generalized_advantage_estimation(
        reward, 0.9, value, successor, lambda_=1.0, truncated=cut
    )
    assert advantage.numpy()[0] == pytest.approx(1 + 0.9 * 10)


def test_a_terminated_step_does_not_bootstrap() -> None:
    # By hand: the reward alone.
    discount = tf.constant([0.0, 0.9])
    successor = tf.constant([10.0, 10.0])
    assert n_step_return(tf.ones(2), discount, successor).numpy()[0] == 1.0
    advantage = generalized_advantage_estimation(tf.ones(2), discount, tf.zeros(2), successor, 1.0)
    assert advantage.numpy()[0] == 1.0


def test_lambda_one_gives_the_return_less_the_value() -> None:
    # Oracle: the telescoping sum.
    x = trajectory(20, cut=True)
    advantage = generalized_advantage_estimation(
        x.reward, x.discount, x.value, x.next_value, 1.0, truncated=x.truncated
    )
    np.testing.assert_allclose(advantage, naive_return(x) - x.value, atol=1e-12)


def test_lambda_and_discount_may_differ_between_learners() -> None:
    # Oracle: each learner alone.
    x = trajectory(5, cut=True)
    lambda_ = np.array([[0.0], [0.9]])
    discount = x.discount * np.array([[1.0], [0.5]])
    together = generalized_advantage_estimation(
        x.reward, discount, x.value, x.next_value, lambda_, truncated=x.truncated
    )
    for i in range(2):
        alone = generalized_advantage_estimation(
            x.reward[:, i],
            discount[:, i],
            x.value[:, i],
            x.next_value[:, i],
            lambda_[i, 0],
            truncated=x.truncated[:, i],
        )
        np.testing.assert_array_equal(together[:, i], alone)


def test_truncation_needs_the_values_of_the_final_observations() -> None:
    with pytest.raises(ValueError, match=r"bootstrap_value must be \[T, \.\.\.\] where truncated"):
        n_step_return(tf.zeros([3, 2]), 0.9, tf.zeros([2]), truncated=tf.zeros([3, 2], tf.bool))


def test_ranks_that_fit_nothing_are_named() -> None:
    with pytest.raises(ValueError, match=r"bootstrap_value must be .* not of shape \(1, 3, 2\)"):
        n_step_return(tf.zeros([3, 2]), 0.9, tf.zeros([1, 3, 2]))
    with pytest.raises(ValueError, match=r"value must be \[T, \.\.\.\].* not \(2,\)"):
        generalized_advantage_estimation(tf.zeros([3, 2]), 0.9, tf.zeros([2]), 0.0, 0.9)
    with pytest.raises(ValueError, match="reward must be"):
        n_step_return(tf.zeros([]), 0.9, 0.0)
