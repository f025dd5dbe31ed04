"""The exact evaluation of policies: nothing about the outcome is sampled."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.special
import scipy.stats
import tensorflow as tf

from maxent_tf.environments import ContinuousTrap, FiniteWorld
from maxent_tf.learners import A2C, PPO
from maxent_tf.tabular import evaluate_policy, from_environment, soft_policy_iteration


class GridOutcome(NamedTuple):
    """The outcome of policies on a grid with two goals, from its start, under its time limit.

    Attributes:
      best: [...], the probability of ending in the goal that pays most.
      trap: [...], the probability of ending in any other goal.
      value: [...], the expected discounted return.
      entropy: [...], the entropy of the policy in the start state, in nats.
    """

    best: np.ndarray
    trap: np.ndarray
    value: np.ndarray
    entropy: np.ndarray


def evaluate_grid(world: FiniteWorld, logits: np.ndarray, discount: float) -> GridOutcome:
    """Follows the distribution over states, step by step, in float64.

    Args:
      world: A finite environment with a time limit and deterministic moves.
      logits: [..., S, A], float, the logits of the policies.
      discount: The discount factor gamma.
    """
    if world.max_episode_steps is None or world.next_state.shape[2] != 1:
        raise ValueError("the world must have a time limit and one outcome for each action.")
    batch = logits.shape[:-2]
    logits = logits.reshape(-1, *logits.shape[-2:]).astype(np.float64)
    policy = scipy.special.softmax(logits, axis=-1)
    next_state, reward = world.next_state[..., 0], world.reward[..., 0]
    ends = world.terminal[next_state] & ~world.terminal[:, None]
    wins = ends & (reward == reward[ends].max())
    num_states = world.num_states
    continues = np.eye(num_states)[next_state] * (~world.terminal[next_state])[..., None]
    transition = np.einsum("psa,sat->pst", policy, continues)

    occupied = np.broadcast_to(world.initial, (len(policy), num_states))
    best, trap, value = np.zeros((3, len(policy)))
    per_state = [(policy * table).sum(-1) for table in (wins, ends & ~wins, reward)]
    for t in range(world.max_episode_steps):
        won, lost, paid = ((occupied * rate).sum(-1) for rate in per_state)
        best, trap, value = best + won, trap + lost, value + discount**t * paid
        occupied = np.einsum("ps,pst->pt", occupied, transition)
    entropy = scipy.special.entr(policy).sum(-1) @ world.initial
    return GridOutcome(*(x.reshape(batch) for x in (best, trap, value, entropy)))


def learned_on_grid(learner: A2C | PPO, state: Any, world: FiniteWorld) -> GridOutcome:
    """Returns the outcome of the policies of learners of batch shape [...]; see `evaluate_grid`.

    Args:
      learner: The learners.
      state: The state of the learners.
      world: The environment, which shows states one-hot.
    """
    states = tf.eye(world.num_states, batch_shape=learner.batch_shape)
    logits = learner.policy(state, states).logits.numpy()
    return evaluate_grid(world, logits, learner.config.discount)


class TrapOutcome(NamedTuple):
    """The outcome of squashed Gaussian policies on the continuous trap.

    Attributes:
      best: [...], the probability of an action within `RADIUS` of the higher hill.
      trap: [...], the probability of an action within `RADIUS` of the lower hill.
      value: [...], the expected reward.
    """

    best: np.ndarray
    trap: np.ndarray
    value: np.ndarray


# An action this close to a hill's centre counts as on the hill.
RADIUS = 0.3


def evaluate_trap(world: ContinuousTrap, loc: np.ndarray, scale: np.ndarray) -> TrapOutcome:
    """Integrates over the pre-tanh Gaussian, in float64.

    Args:
      world: The environment, with two hills.
      loc: [...], float, the mean of the Gaussian.
      scale: [...], float, the standard deviation of the Gaussian.
    """
    loc, scale = np.asarray(loc, np.float64), np.asarray(scale, np.float64)
    order = np.argsort(world.heights)

    def mass(centre: float) -> np.ndarray:
        ends = np.clip([centre - RADIUS, centre + RADIUS], -1, 1)
        with np.errstate(divide="ignore"):  # a bound lies at infinity
            low, high = np.arctanh(ends)
        return scipy.stats.norm.cdf(high, loc, scale) - scipy.stats.norm.cdf(low, loc, scale)

    # The trapezoid rule converges exponentially for a smooth integrand with a Gaussian weight.
    noise = np.linspace(-10, 10, 4001)
    weight = scipy.stats.norm.pdf(noise)
    reward = world.reward(tf.constant(np.tanh(loc[..., None] + scale[..., None] * noise))).numpy()
    return TrapOutcome(
        best=mass(world.centres[order[-1]]),
        trap=mass(world.centres[order[0]]),
        value=(reward * weight).sum(-1) / weight.sum(),
    )


def learned_on_trap(
    learner: Any, state: Any, world: ContinuousTrap
) -> tuple[TrapOutcome, np.ndarray]:
    """Returns the outcome and the entropy of the policies of learners; see `evaluate_trap`.

    Args:
      learner: The learners, of batch shape [...], whose policies are squashed Gaussians.
      state: The state of the learners.
      world: The environment, with two hills.

    Returns:
      The outcome; and [...], the entropies of the policies, in nats.
    """
    policy = learner.policy(state, tf.ones([*learner.batch_shape, 1, 1]))
    loc, scale = (x.numpy()[..., 0, 0] for x in (policy.loc, policy.scale))
    return evaluate_trap(world, loc, scale), policy.entropy().numpy()[..., 0]


def living_threshold(world: FiniteWorld, discount: float = 0.99) -> tuple[float, float]:
    """Finds where the return of the soft-optimal policy falls through half of the best.

    The entropy is a reward here: the policy is the soft-optimal policy itself, not a policy with a
    bonus in its loss. The return falls in alpha, so that nine temperatures a call narrow the
    bracket eightfold.

    Args:
      world: The environment, with goals that end the episode.
      discount: The discount factor gamma.

    Returns:
      The threshold, to 1e-9, and the optimal value of the start.
    """
    m = from_environment(world, discount=discount)
    value = float(evaluate_policy(m, soft_policy_iteration(m, 0.0).policy).objective)
    low, high = 1e-4, 0.1
    while high - low > 1e-9:
        alphas = np.linspace(low, high, 9)
        policy = soft_policy_iteration(m, alphas, tolerance=1e-9).policy
        above = evaluate_policy(m, policy).objective.numpy() > value / 2
        last = int(np.flatnonzero(above)[-1])
        low, high = alphas[last], alphas[last + 1]
    return (low + high) / 2, value
