"""Random decision processes, and slow plain-NumPy truths to hold the solvers against."""

from __future__ import annotations

import itertools

import numpy as np
import scipy.special

from maxent_tf.tabular import TabularMDP


def random_mdp(
    batch: tuple[int, ...],
    states: int = 6,
    actions: int = 3,
    discount: float = 0.9,
    seed: int = 0,
) -> TabularMDP:
    """Processes with sparse random transitions and rewards in [-1, 1], none of them terminal."""
    rng = np.random.default_rng(seed)
    transition = rng.gamma(0.3, size=(*batch, states, actions, states)) + 1e-6
    return TabularMDP(
        transition / transition.sum(-1, keepdims=True),
        rng.uniform(-1, 1, (*batch, states, actions)),
        discount,
        rng.dirichlet(np.ones(states), batch),
    )


def random_episodic_mdp(
    batch: tuple[int, ...],
    states: int = 6,
    actions: int = 3,
    discount: float = 1.0,
    seed: int = 0,
) -> TabularMDP:
    """Likewise, but every action may end the episode: the last state is terminal."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.ones(states), (*batch, states, actions))
    transition = 0.95 * transition + 0.05 * np.eye(states)[-1]
    reward = rng.uniform(-1, 1, (*batch, states, actions))
    transition[..., -1, :, :] = np.eye(states)[-1]
    reward[..., -1, :] = 0
    return TabularMDP(transition, reward, discount, np.full(states, 1 / states))


def naive_soft_values(m: TabularMDP, alpha: float, iterations: int) -> np.ndarray:
    """Soft value iteration on one process, state by state, with SciPy's log-sum-exp."""
    transition, reward = m.transition.numpy(), m.reward.numpy()
    v = np.zeros(m.num_states)
    for _ in range(iterations):
        following = np.zeros_like(v)
        for s in range(m.num_states):
            if not m.terminal[s]:
                q = reward[s] + float(m.discount) * transition[s] @ v
                following[s] = alpha * scipy.special.logsumexp(q / alpha) if alpha > 0 else q.max()
        v = following
    return v


def best_deterministic_values(m: TabularMDP) -> np.ndarray:
    """The best value of each state over all deterministic policies, by trying every one."""
    transition, reward = m.transition.numpy(), m.reward.numpy()
    goes_on = ~m.terminal.numpy()
    rows = np.arange(m.num_states)
    best = np.full(m.num_states, -np.inf)
    for choice in itertools.product(range(m.num_actions), repeat=m.num_states):
        chain = float(m.discount) * transition[rows, choice] * goes_on[:, None] * goes_on
        v = np.linalg.solve(np.eye(m.num_states) - chain, reward[rows, choice])
        best = np.maximum(best, v)
    return best
