"""Transitions over several steps, made from trajectories."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from maxent_tf.axes import select
from maxent_tf.types import Transition


class NStepTransition(NamedTuple):
    """Transitions over up to n steps.

    Attributes:
      transition: The transition from the observation where the first action was chosen to the one
        that the last action led to. Its reward is the discounted sum of the rewards in between; its
        `terminated` and `truncated` are those of the last step.
      bootstrap_discount: [...], float32, the discount of the value at the next observation: gamma
        to the power of the number of steps, or 0 after a termination.
    """

    transition: Transition
    bootstrap_discount: tf.Tensor


def n_step_transitions(
    trajectory: Transition, discount: tf.Tensor | float, n: int
) -> NStepTransition:
    r"""Returns the transitions over n steps that begin at each step of a trajectory.

    .. math:: R_t = \sum_{k=0}^{m-1} \gamma^k r_{t+k}, \qquad
              \text{to be followed by } \gamma^m V(s_{t+m})

    Here m = n, or fewer if an episode ends before. After a termination, no value follows. After a
    truncation, the value of the episode's own final observation follows, after fewer steps. No
    reward of the next episode is counted.

    Args:
      trajectory: The trajectory, fields [T, ...], T >= n. Steps that are not `valid` must come
        directly after the end of an episode, as the resets of a Gymnasium vector environment do.
      discount: The discount factor gamma, broadcastable to [...], in [0, 1].
      n: The number of steps, at least 1; 1 returns the trajectory.

    Returns:
      The transitions, fields [T - n + 1, ...]: the last n - 1 steps do not yet have n steps behind
      them.

    Raises:
      ValueError: If `n` is not in 1 .. T.

    References:
      R. S. Sutton and A. G. Barto (2018), "Reinforcement learning: an introduction", section 7.1,
      http://incompleteideas.net/book/the-book-2nd.html
    """
    length = trajectory.reward.shape[0]
    if not 1 <= n <= length:
        raise ValueError(f"n must be in 1 .. {length}, the length of the trajectory, not {n}.")
    discount = tf.convert_to_tensor(discount, trajectory.reward.dtype)

    def steps(k: int) -> Transition:
        """Returns the k-th step of every window."""
        return tf.nest.map_structure(lambda x: x[k : length - n + 1 + k], trajectory)

    first = steps(0)
    reward, next_observation = first.reward, first.next_observation
    terminated, truncated = first.terminated, first.truncated
    factor = tf.broadcast_to(discount, reward.shape)
    for k in range(1, n):
        step = steps(k)
        ongoing = ~(terminated | truncated)
        # A selection: what follows an episode's end may be anything.
        reward += tf.where(ongoing, factor * step.reward, 0)

        next_observation = select(ongoing, step.next_observation, next_observation)
        factor = tf.where(ongoing, factor * discount, factor)
        terminated |= ongoing & step.terminated
        truncated |= ongoing & step.truncated
    transition = first._replace(
        reward=reward,
        next_observation=next_observation,
        terminated=terminated,
        truncated=truncated,
    )
    return NStepTransition(transition, tf.where(terminated, tf.zeros_like(factor), factor))
