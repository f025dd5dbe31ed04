"""The largest expected number of steps, against closed forms and enumeration."""

import itertools

import numpy as np

from maxent_tf.environments import DeepSea, IcyGrid, TwoGoalGrid
from maxent_tf.tabular.absorption import longest_horizon, state_kept_forever
from tests.tabular.processes import random_episodic_mdp


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
