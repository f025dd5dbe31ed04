"""The usual public recipe for both models, with its conventions, in plain NumPy.

The recipe is exponentiated gradient ascent from weights of 1 with steps 0.2 / (1 + k / 2). It stops
once no weight moves by more than 1e-4. Weights stay positive. The "gradient" is that of algorithm 1
of Ziebart et al. (2008): demonstrated visits minus those of a policy that moves by the true
chances. The rewards are paid in the state that is left. The model, unlike the demonstrations, goes
on from the goal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy.special

from maxent_tf.irl.demonstrations import Trajectory

BACKWARD_STEPS = 50  # two for each state
FIRST_STEP, DECAY, STILL = 0.2, 0.5, 1e-4


class Ascent(NamedTuple):
    """The result of the recipe at its end.

    Attributes:
      weights: [S], the reward.
      policy: [S, A], the policy of the model under this reward.
      mismatch: float, the largest difference between demonstrated and expected visits.
      iterations: int, the number of iterations.
    """

    weights: np.ndarray
    policy: np.ndarray
    mismatch: float
    iterations: int


def visited(trajectories: Sequence[Trajectory], states: int) -> np.ndarray:
    """Returns the mean count of every state, with the first and the last state included, [S]."""
    total = np.zeros(states)
    for visited_states, _ in trajectories:
        np.add.at(total, visited_states, 1.0)
    return total / len(trajectories)


def path_policy(transition: np.ndarray, reward: np.ndarray, goal: int) -> np.ndarray:
    """Returns local action probabilities of the paths that are at the goal after 50 steps.

    Args:
      transition: [S, A, S], the transition probabilities, without an end.
      reward: [S], the reward of the state that is left.
      goal: The state where partition functions start from 1.
    """
    z = np.eye(len(reward))[goal]
    for _ in range(BACKWARD_STEPS):
        z_action = np.exp(reward)[:, None] * (transition @ z)
        z = z_action.sum(-1)
        z_action, z = z_action / z.max(), z / z.max()
    return z_action / z[:, None]


def causal_policy(
    transition: np.ndarray, reward: np.ndarray, goal: int, discount: float
) -> np.ndarray:
    """Returns the soft-optimal policy with an option to stop, worth 0, at the goal."""
    v = np.zeros(len(reward))
    while True:
        q = reward[:, None] + discount * (transition @ v)
        following = scipy.special.logsumexp(q, axis=-1)
        following[goal] = np.logaddexp(following[goal], 0.0)
        if np.abs(following - v).max() < 1e-10:
            return np.exp(q - following[:, None])
        v = following


def expected_visits(transition: np.ndarray, policy: np.ndarray, goal: int) -> np.ndarray:
    """Returns undiscounted visits from state 0 until the goal, which counts once, [S]."""
    chain = np.einsum("sa,sat->st", policy, transition)
    chain[goal] = 0
    identity = np.eye(len(chain))
    return np.linalg.solve(identity - chain.T, identity[0])


def ascend(
    demonstrated: np.ndarray,
    transition: np.ndarray,
    goal: int,
    policy_of: Callable[[np.ndarray], np.ndarray],
) -> Ascent:
    """Runs the recipe.

    Args:
      demonstrated: [S], the demonstrated visits, from `visited`.
      transition: [S, A, S], the transition probabilities, without an end.
      goal: The state where demonstrations end.
      policy_of: The model, a function from rewards, [S], to a policy, [S, A].
    """
    weights, iterations, moved = np.ones_like(demonstrated), 0, np.inf
    while moved > STILL:
        policy = policy_of(weights)
        gradient = demonstrated - expected_visits(transition, policy, goal)
        following = weights * np.exp(FIRST_STEP / (1 + DECAY * iterations) * gradient)
        moved = np.abs(following - weights).max()
        weights, iterations = following, iterations + 1
    policy = policy_of(weights)
    mismatch = np.abs(demonstrated - expected_visits(transition, policy, goal)).max()
    return Ascent(weights, policy, float(mismatch), iterations)
