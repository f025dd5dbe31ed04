"""Escape times, held against the recursion and its flow."""

import numpy as np
import scipy.integrate
import scipy.special

from maxent_tf.tabular import bounds


def test_the_worse_the_start_the_closer_the_escape_time_to_its_limit() -> None:
    # Oracle: the same recursion, counted until the better action is the likelier.
    step_size, gap, ratios = 0.4, 0.5, []
    for start in (1e-2, 1e-3, 1e-4):
        u, steps = np.log(start / (1 - start)), 0
        while u < 0:
            p = 1 / (1 + np.exp(-u))
            u += 2 * step_size * gap * p * (1 - p)
            steps += 1
        ratios.append(steps / bounds.gravity_well_escape_time(step_size, gap, start))
    distances = np.abs(np.array(ratios) - 1)
    assert distances[2] < 2e-3
    assert np.all(np.diff(distances) < 0)


def test_every_worse_arm_adds_one_to_the_exponent_of_the_escape() -> None:
    # Oracle: the flow of the policy itself, integrated numerically until the best arm prevails.
    step_size, second, start = 0.4, 0.9, 1e-5
    for worse in ([], [0.1], [0.1, 0.4]):
        rewards = np.array([1.0, second, *worse])
        small = np.array([0.003, 0.001])[: len(worse)]
        policy = np.array([start, 1 - start - small.sum(), *small])

        def flow(_: float, theta: np.ndarray, rewards: np.ndarray = rewards) -> np.ndarray:
            pi = scipy.special.softmax(theta)
            return step_size * pi * (rewards - pi @ rewards)

        def prevails(_: float, theta: np.ndarray) -> float:
            return float(scipy.special.softmax(theta)[0] - 0.5)

        prevails.terminal = True  # type: ignore[attr-defined]
        run = scipy.integrate.solve_ivp(
            flow, (0, 1e18), np.log(policy), "LSODA", events=prevails, rtol=1e-8, atol=1e-10
        )
        product = (second - np.array(worse)) * small
        found = bounds.gravity_well_escape_time(step_size, 0.1, start, product)
        np.testing.assert_allclose(run.t_events[0][0], found, rtol=0.02)


def test_nothing_escapes_before_the_lower_bound() -> None:
    # Oracle: the recursion itself, from random starts on random bandits.
    rng, step_size = np.random.default_rng(6), 0.4
    for arms in (2, 3, 5):
        rewards = rng.uniform(size=(400, arms))
        best = rewards.argmax(-1)[:, None]
        theta = rng.normal(scale=2.0, size=(400, arms))
        np.put_along_axis(theta, best, -4.0, -1)
        bound = bounds.gravity_well_lower_bound(
            step_size, rewards, scipy.special.softmax(theta, -1)
        )
        assert (bound > 10).mean() > 0.3
        for steps in range(300):
            policy = scipy.special.softmax(theta, -1)
            escaped = np.take_along_axis(policy, best, -1)[:, 0] > 0.5
            assert np.all(bound[escaped] <= steps)
            advantage = rewards - (policy * rewards).sum(-1, keepdims=True)
            theta += step_size * policy * advantage
    # With two arms it is sharp.
    ratio = bounds.gravity_well_lower_bound(0.4, [0.5, 0.0], [1e-6, 1 - 1e-6])
    np.testing.assert_allclose(ratio, bounds.gravity_well_escape_time(0.4, 0.5, 1e-6), rtol=1e-5)
