"""The best average reward against enumeration, and against large discounts."""

import itertools

import numpy as np
import pytest

from maxent_tf.environments import Bandit, RiverSwim
from maxent_tf.tabular import (
    TabularMDP,
    from_environment,
    relative_value_iteration,
    soft_policy_iteration,
)
from tests.tabular.processes import random_mdp


def best_gain(m: TabularMDP) -> float:
    """The largest average reward of all deterministic policies, by stationary distributions."""
    rows, states = np.arange(m.num_states), m.num_states
    transition, reward = m.transition.numpy(), m.reward.numpy()
    best = -np.inf
    for choice in itertools.product(range(m.num_actions), repeat=states):
        chain = transition[rows, choice]
        system = np.vstack([chain.T - np.eye(states), np.ones(states)])
        target = np.append(np.zeros(states), 1)
        stationary = np.linalg.lstsq(system, target, rcond=None)[0]
        best = max(best, float(stationary @ reward[rows, choice]))
    return best


@pytest.mark.parametrize("form", ["osband", "strehl"])
def test_the_gain_of_river_swim_is_that_of_the_best_of_all_policies(form: str) -> None:
    m = from_environment(RiverSwim(form), discount=0.9)  # type: ignore[arg-type]
    tolerance = 1e-9 if form == "osband" else 1e-6
    solution = relative_value_iteration(m, 0.0, tolerance=tolerance)
    assert bool(solution.converged)
    np.testing.assert_allclose(float(solution.gain), best_gain(m), atol=1.1 * tolerance)


def test_the_bound_holds_whenever_it_stops() -> None:
    # Oracle: (1 - gamma) V at gamma = 1 - 1e-7, whose distance to the gain is below 1e-5.
    m, alpha = random_mdp((200,)), 0.3
    near = m._replace(discount=np.full(200, 1 - 1e-7))
    v = soft_policy_iteration(TabularMDP(*near), alpha, max_iterations=20).v
    truth = 1e-7 * v.numpy()[:, 0]
    for iterations in (1, 10, 1_000_000):
        solution = relative_value_iteration(m, alpha, tolerance=1e-9, max_iterations=iterations)
        assert np.all(np.abs(solution.gain - truth) <= solution.error_bound + 1e-5)
        assert np.all(solution.converged) == (iterations == 1_000_000)


def test_a_periodic_process_converges() -> None:
    # Closed form: two states in turn, one paying 1, with two equal actions: 1/2 + alpha log 2.
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    m = TabularMDP(np.repeat(swap[:, None], 2, 1), [[1.0, 1.0], [0.0, 0.0]], 0.5, [1.0, 0.0])
    gain = relative_value_iteration(m, [0.0, 1.0]).gain
    np.testing.assert_allclose(gain, [0.5, 0.5 + np.log(2)], atol=1e-10)


def test_terminal_states_are_refused() -> None:
    with pytest.raises(ValueError, match="m must have no terminal states"):
        relative_value_iteration(from_environment(Bandit([1.0]), discount=0.9), 0.0)
