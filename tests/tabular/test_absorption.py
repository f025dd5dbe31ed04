"""The largest expected number of steps, against closed forms and enumeration."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.environments import DeepSea, IcyGrid, TwoGoalGrid
from maxent_tf.tabular.absorption import longest_horizon, state_kept_forever
from maxent_tf.tabular.sparse_absorption import longest_horizon as sparse_longest_horizon
from tests.tabular.processes import random_episodic_mdp
from tests.tabular.rare_ends import best_over_policies, rarely_ending


def _tables(world: object) -> tuple[np.ndarray, np.ndarray]:
    from maxent_tf.tabular import from_environment

    m = from_environment(world, discount=0.9)  # type: ignore[arg-type]
    return m.transition.numpy(), m.terminal.numpy()


def test_finds_the_states_in_which_a_policy_can_stay() -> None:
    # Oracle: in a grid one can walk into a wall for ever; on ice, and in DeepSea, one cannot.
    transition, terminal = _tables(TwoGoalGrid())
    np.testing.assert_array_equal(state_kept_forever(transition, terminal), ~terminal)
    for world in (IcyGrid(), DeepSea(4)):
        assert not state_kept_forever(*_tables(world)).any()


def test_a_dive_takes_as_many_steps_as_it_is_deep() -> None:
    # Closed form: DeepSea's episodes have `size` steps.
    transition, terminal = _tables(DeepSea(7))
    np.testing.assert_allclose(longest_horizon(transition, np.ones(()), terminal), 7, rtol=1e-9)


def test_below_discount_one_it_is_the_sum_of_the_discounts() -> None:
    transition, terminal = _tables(TwoGoalGrid())
    horizon = longest_horizon(transition, np.asarray(0.99), terminal)
    np.testing.assert_allclose(horizon, 100, rtol=1e-12)


def test_matches_the_worst_of_all_policies() -> None:
    # Oracle: the expected steps of each deterministic policy, by a linear solve.
    m = random_episodic_mdp((5,), states=4, actions=2)
    transition = m.transition.numpy()
    found = longest_horizon(transition, m.discount.numpy(), m.terminal.numpy())
    for i in range(5):
        worst = max(
            np.linalg.solve(
                np.eye(3) - transition[i, range(3), list(choice)][:, :3], np.ones(3)
            ).max()
            for choice in itertools.product(range(2), repeat=3)
        )
        assert worst <= found[i] <= worst * (1 + 1e-8)


@pytest.mark.parametrize("exponent", range(3, 18))
def test_it_bounds_the_steps_however_rare_the_end(exponent: int) -> None:
    # Oracle: the longest of all deterministic policies, in rational numbers. Beyond about 1e14
    # steps infinity is right as well, since rounding of the probabilities decides.
    for seed in range(5):
        m = rarely_ending(10.0**-exponent, seed)
        given = (m.transition.numpy(), m.discount.numpy(), m.terminal.numpy())
        found = float(longest_horizon(*given))
        truth = best_over_policies(m, np.ones((3, 2)))
        if np.all(truth > 0):
            assert found >= max(truth)
        if exponent < 14:
            assert found <= max(truth) * (1 + 10.0 ** (exponent - 14))
        assert exponent < 17 or np.isinf(found)


def test_a_singular_process_leaves_its_batch_alone() -> None:
    # Oracle: 1 / p steps; 1 - 1e-17 is 1 in float64, so that the second is lost.
    end = np.array([0.01, 1e-17, 0.5])
    transition = np.zeros((3, 2, 1, 2))
    transition[:, 0, 0] = np.stack([1 - end, end], -1)
    transition[:, 1, 0, 1] = 1
    terminal = np.tile([False, True], (3, 1))
    found = longest_horizon(transition, np.ones(3), terminal)
    np.testing.assert_allclose(found, [100, np.inf, 2], rtol=1e-9)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_discount_next_to_one_is_no_more_than_rounding_makes_it(sparse: bool) -> None:
    # Oracle: in rational numbers, 1 / (1 - gamma times the largest sum of a row).
    m = rarely_ending(0.1, 0, sparse=sparse)
    table = m.transition.dense() if sparse else m.transition.numpy()
    largest = max(sum(map(Fraction, row)) for row in table.reshape(-1, 4))
    bound = sparse_longest_horizon if sparse else longest_horizon
    transition = tf.nest.map_structure(lambda x: x.numpy(), m.transition)
    for gap in (1e-3, 1e-9, 1e-14):
        discount = np.asarray(1 - gap)
        found = float(bound(transition, discount, m.terminal.numpy()))
        truth = 1 / (1 - Fraction(float(discount)) * largest)
        assert truth <= found <= (1 / gap) * (1 + 3e-15 / gap)
    assert np.isinf(bound(transition, np.asarray(np.nextafter(1, 0)), m.terminal.numpy()))
