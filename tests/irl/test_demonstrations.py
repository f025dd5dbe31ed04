"""What is read from trajectories: against loops, and what is refused."""

import numpy as np
import pytest

from maxent_tf import tabular
from maxent_tf.irl import empirical_policy, log_likelihood, sample_occupancy
from tests.irl.worlds import deterministic_world, random_world


def sampled(m: tabular.TabularMDP, policy: np.ndarray, count: int, seed: int = 0) -> list:
    """Trajectories of a policy, until the end."""
    rng, transition, found = np.random.default_rng(seed), m.transition.numpy(), []
    for _ in range(count):
        states, actions = [int(rng.choice(m.num_states, p=m.initial.numpy()))], []
        while not m.terminal[states[-1]]:
            actions.append(int(rng.choice(m.num_actions, p=policy[states[-1]])))
            following = transition[states[-1], actions[-1]]
            states.append(int(rng.choice(m.num_states, p=following)))
        found.append((states, actions))
    return found


@pytest.mark.parametrize("discount", [None, 1.0])
def test_averages_agree_with_a_loop(discount: float | None) -> None:
    # Oracle: plain loops over trajectories and steps.
    m = random_world()
    trajectories = sampled(m, np.full((5, 3), 1 / 3), 50)
    expected, count = np.zeros((5, 3, 5)), np.full((5, 3), 0.5)
    for states, actions in trajectories:
        for t, action in enumerate(actions):
            weight = (0.8 if discount is None else discount) ** t
            expected[states[t], action, states[t + 1]] += weight / 50
            count[states[t], action] += 1
    found = sample_occupancy(m, trajectories, discount=discount)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    policy = empirical_policy(m, trajectories, pseudocount=0.5)
    np.testing.assert_allclose(policy, count / count.sum(-1, keepdims=True), atol=1e-12)


def test_both_estimates_are_consistent() -> None:
    # Oracle: the exact occupancy. Counts of a trajectory are at most 5 steps' worth of discounted
    # visits, so that 4,000 leave a standard error below 0.02; seen up to 4 of them.
    m = random_world()
    policy = np.random.default_rng(1).dirichlet(np.ones(3), 5)
    exact = tabular.occupancy(m, policy).numpy()
    trajectories = sampled(m, policy, 4000)
    average = sample_occupancy(m, trajectories).numpy().sum(-1)
    np.testing.assert_allclose(average, exact, atol=0.08)
    fitted = tabular.occupancy(m, empirical_policy(m, trajectories))
    np.testing.assert_allclose(fitted, exact, atol=0.08)


def test_likelihood_agrees_with_a_loop() -> None:
    # Oracle: plain loops, for a policy that stays and for one that changes with time.
    m = random_world()
    policy = np.random.default_rng(1).dirichlet(np.ones(3), (60, 5))
    trajectories = sampled(m, policy[0], 20)
    for given in (policy[0], policy):
        expected = 0.0
        for states, actions in trajectories:
            for t, action in enumerate(actions):
                now = given[t] if given.ndim == 3 else given
                expected += np.log(now[states[t], action]) / 20
        np.testing.assert_allclose(log_likelihood(given, trajectories), expected)


@pytest.mark.parametrize(
    ("trajectories", "message"),
    [
        ([], "trajectories must not be empty"),
        ([([0], [])], r"trajectories\[0\] must have one state more than actions"),
        ([([0, 1, 2], [0])], "not 3 states and 1 actions"),
        ([([0, 5], [0])], r"trajectories\[0\] has state 5, not in 0 .. 4"),
        ([([0, -1], [0])], "has state -1, not in 0 .. 4"),
        ([([0, 1], [3])], "has action 3, not in 0 .. 2"),
        ([([0.0, 1.0], [0])], "must have integer states, not float64"),
    ],
)
def test_bad_trajectories(trajectories: list, message: str) -> None:
    m = deterministic_world()
    for read in (sample_occupancy, empirical_policy):
        with pytest.raises(ValueError, match=message):
            read(m, trajectories)


def test_trajectories_must_follow_the_process() -> None:
    m = deterministic_world()
    follows = m.transition.numpy().argmax(-1)
    elsewhere = (follows[0, 0] + 1) % 5
    with pytest.raises(
        ValueError, match=f"at step 0 it goes from state 0 by action 0 to state {elsewhere}"
    ):
        sample_occupancy(m, [([0, elsewhere], [0])])
    with pytest.raises(ValueError, match="starts in state 1, where no episode starts"):
        sample_occupancy(m, [([1, follows[1, 0]], [0])])
    ended = random_world()
    with pytest.raises(ValueError, match="leaves a terminal state"):
        sample_occupancy(ended, [([0, 4, 4], [0, 0])])


def test_bad_options() -> None:
    m = random_world()
    shown = [([0, 4], [0])]
    with pytest.raises(ValueError, match=r"discount must lie in \[0, 1\], not 1.5"):
        sample_occupancy(m, shown, discount=1.5)
    with pytest.raises(ValueError, match="pseudocount must be at least 0, not -1"):
        empirical_policy(m, shown, pseudocount=-1.0)


_HALVES = np.full((3, 2), 0.5)


@pytest.mark.parametrize(
    ("policy", "trajectories", "message"),
    [
        (_HALVES, [], "trajectories must not be empty"),
        (_HALVES, [([0, 1], [0]), ([2], [])], r"trajectories\[1\] must have one state more"),
        (_HALVES, [([0, 1], [0, 1])], "not 2 states and 2 actions"),
        (_HALVES, [([0, 1, 2], [0, 2])], r"trajectories\[0\] has action 2, not in 0 .. 1"),
        (_HALVES, [([-1, 1], [0])], r"trajectories\[0\] has state -1, not in 0 .. 2"),
        (_HALVES, [([0.0, 1.0], [0])], "must have integer states, not float64"),
        (_HALVES, [([0, 1], [0], [1.0])], "must be a pair, of states and of actions, not 3 parts"),
        (_HALVES, [([[0], [1]], [0])], r"not arrays of shape \[2, 1\] and \[1\]"),
        (_HALVES[None], [([0, 1, 2], [0, 1])], "has 2 actions, but policy only 1 steps"),
        (_HALVES[0], [([0, 1], [0])], r"policy must have shape \[S, A\] or \[T, S, A\], not \[2\]"),
        (_HALVES - 0.6, [([0, 1], [0])], "policy must hold probabilities"),
    ],
)
def test_a_likelihood_of_what_is_no_path_is_refused(
    policy: np.ndarray, trajectories: list, message: str
) -> None:
    # Oracle: none of these has a probability; a negative number would index from the end.
    with pytest.raises(ValueError, match=message):
        log_likelihood(policy, trajectories)


@pytest.mark.parametrize("function", [sample_occupancy, empirical_policy])
def test_without_demonstrations_there_is_no_average(function) -> None:
    # Oracle: 0 / 0.
    with pytest.raises(ValueError, match="trajectories must not be empty"):
        function(random_world(0), [])
