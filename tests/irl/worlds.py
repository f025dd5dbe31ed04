"""Small worlds, and all their paths by enumeration."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from maxent_tf.tabular import TabularMDP


def random_world(
    seed: int = 0, states: int = 5, actions: int = 3, discount: float = 0.8
) -> TabularMDP:
    """Random moves; the last state is terminal, reached from everywhere."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.ones(states), (states, actions))
    transition[-1] = np.eye(states)[-1]
    initial = np.append(rng.dirichlet(np.ones(states - 1)), 0)
    return TabularMDP(transition, np.zeros((states, actions)), discount, initial)


def acyclic_world() -> TabularMDP:
    """Moves that never come back, some of them by chance: every path ends within four steps."""
    transition = np.zeros((5, 2, 5))
    transition[0, 0, [1, 2]] = 0.7, 0.3
    transition[0, 1, [2, 3]] = 0.4, 0.6
    transition[1, 0, [2, 4]] = 0.5, 0.5
    transition[1, 1, 3] = 1
    transition[2, 0, 3] = 1
    transition[2, 1, [3, 4]] = 0.2, 0.8
    transition[3, :, 4] = 1
    transition[4, :, 4] = 1
    return TabularMDP(transition, np.zeros((5, 2)), 1.0, [0.6, 0.4, 0, 0, 0])


def deterministic_world(seed: int = 0, states: int = 5, actions: int = 3) -> TabularMDP:
    """Each action leads to a random state for certain; nothing is terminal."""
    target = np.random.default_rng(seed).integers(states, size=(states, actions))
    initial = np.eye(states)[0]
    transition = np.eye(states)[target]
    return TabularMDP(transition, np.zeros((states, actions)), 0.9, initial, np.zeros(states, bool))


def all_paths(
    m: TabularMDP, start: int, longest: int
) -> Iterator[tuple[list[tuple[int, int, int]], float]]:
    """Yields every path of at most `longest` steps to the end or to the cut, and its chance.

    The chance is the product of the moves' probabilities; that of the actions is not in it.
    """
    transition, terminal = m.transition.numpy(), m.terminal.numpy()
    stack = [([], start, 1.0)]
    while stack:
        path, state, chance = stack.pop()
        if terminal[state] or len(path) == longest:
            yield path, chance
            continue
        for action in range(m.num_actions):
            for following in np.flatnonzero(transition[state, action]):
                step = (state, action, int(following))
                probability = chance * transition[step]
                stack.append(([*path, step], int(following), probability))


def enumerated(
    m: TabularMDP, reward: np.ndarray, alpha: float, longest: int
) -> tuple[float, np.ndarray]:
    """The soft value and the visits of the path distribution, by summing over all paths."""
    value, visits = 0.0, np.zeros(m.transition.shape)
    for start in np.flatnonzero(m.initial.numpy()):
        paths = list(all_paths(m, start, longest))
        weights = np.array([c * np.exp(sum(reward[t] for t in p) / alpha) for p, c in paths])
        value += m.initial.numpy()[start] * alpha * np.log(weights.sum())
        for (path, _), probability in zip(paths, weights / weights.sum(), strict=True):
            for step in path:
                visits[step] += m.initial.numpy()[start] * probability
    return value, visits
