"""Ascent on one bandit in plain floats."""

import itertools
import math

import numpy as np
import pytest

from experiments.bandit_ascent import REWARDS, ascend, escape, policies_after
from maxent_tf.environments import Bandit
from maxent_tf.tabular import from_environment, policy_gradient


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_the_plain_recursion_is_the_library_s_ascent(alpha: float) -> None:
    # Oracle: exact gradient ascent on the bandit as a decision process.
    start = [0.2, 0.5, 0.3]
    m = from_environment(Bandit(REWARDS), discount=1.0)
    logits = np.stack([np.log(start), np.zeros(3)])
    policies = itertools.islice(ascend(REWARDS, start, 0.4, alpha), 6)
    for t, policy in enumerate(policies):
        exact = policy_gradient(m, logits, alpha, 0.4, t).policy[0]
        np.testing.assert_allclose(policy, exact, rtol=1e-12)


def test_marks_pick_out_policies() -> None:
    # Oracle: every policy, listed.
    given = (REWARDS, [0.2, 0.5, 0.3], 0.4, 0.1)
    listed = list(itertools.islice(ascend(*given), 8))
    found = policies_after([0, 1, 4, 7], *given)
    np.testing.assert_array_equal(found, [listed[t] for t in (0, 1, 4, 7)])


def test_an_escape_is_the_first_policy_beyond_a_half() -> None:
    # Oracle: every policy, listed; the worst arm first takes the best one down.
    given = (REWARDS, [0.01, 0.89, 0.1], 0.4, 0.0)
    found = escape(*given)
    best = [policy[0] for policy in itertools.islice(ascend(*given), int(found.steps) + 1)]
    assert best[-2] <= 0.5 < best[-1]
    assert found.least == min(best) < best[0]
    assert escape(*given, max_steps=int(found.steps)) == found
    assert escape(*given, max_steps=int(found.steps) - 1).steps == math.inf
