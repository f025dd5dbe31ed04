"""The icy grid, and the agent whose reward is to be found."""

from __future__ import annotations

import numpy as np

from maxent_tf.environments import GridWorld, IcyGrid
from maxent_tf.irl.demonstrations import Trajectory
from maxent_tf.tabular import TabularMDP, from_environment, soft_value_iteration

GOAL, DECOY = 24, 8
REWARD = np.zeros(25)
REWARD[[GOAL, DECOY]] = 1.0, 0.65


def world(discount: float) -> TabularMDP:
    """Returns the grid, in which episodes end at the goal."""
    return from_environment(IcyGrid(), discount=discount)


def endless_world(discount: float) -> TabularMDP:
    """Returns the same grid without an end: from the goal, moves go on."""
    rewards = {divmod(state, 5): float(REWARD[state]) for state in (GOAL, DECOY)}
    grid = GridWorld(5, start=(0, 0), goals={}, rewards=rewards, slip=0.2)
    return from_environment(grid, discount=discount)


def policy(discount: float, sharpness: float) -> np.ndarray:
    """Returns the demonstrator's policy, [25, 4]: proportional to exp(V(s'))^sharpness.

    s' is the cell that a move is meant for. V(s) = R(s) + discount * max_a E[V(next)] is the
    optimal value, R(s) included, in the environment without an end. If the goal paid once and ended
    the episode, staying near the decoy would be better, and episodes would be seven times as long.
    """
    endless = endless_world(discount)
    onward = soft_value_iteration(endless, 0.0).v.numpy()
    value = REWARD + discount * onward
    # A slip has probability at most 1/10 and the chosen move at least 0.8.
    meant = endless.transition.numpy().argmax(-1)
    weight = np.exp(sharpness * value[meant])
    return weight / weight.sum(-1, keepdims=True)


def demonstrate(m: TabularMDP, policy: np.ndarray, count: int, seed: int) -> list[Trajectory]:
    """Returns trajectories from the start to the goal, drawn with `seed`."""
    rng, transition = np.random.default_rng(seed), m.transition.numpy()
    trajectories = []
    for _ in range(count):
        states, actions = [0], []
        while states[-1] != GOAL:
            actions.append(int(rng.choice(4, p=policy[states[-1]])))
            states.append(int(rng.choice(25, p=transition[states[-1], actions[-1]])))
        trajectories.append((states, actions))
    return trajectories
