"""Lambda-returns, the targets of TD(lambda)."""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.operators.recurrence import backward_recurrence


def lambda_return(
    reward: tf.Tensor,
    discount: tf.Tensor | float,
    next_value: tf.Tensor,
    lambda_: tf.Tensor | float,
    truncated: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns lambda-returns, exponentially weighted means of the n-step returns.

    .. math:: G_t = r_t + \gamma_t \left[(1 - \lambda_t) v'_t + \lambda_t G_{t+1}\right]

    where :math:`v'_t` takes the place of :math:`G_{t+1}` behind the last step and behind a
    truncated step. For soft values, pass the rewards `with_entropy`.

    Args:
      reward: [T, ...], float, the rewards.
      discount: The discounts, broadcastable to `reward`: gamma * (1 - terminated), in [0, 1].
      next_value: [T, ...], v', the value of each step's own successor observation.
      lambda_: The parameter lambda, broadcastable to `reward`, in [0, 1]: 0 gives one-step targets,
        1 the n-step returns.
      truncated: [T, ...], bool, whether the episode was truncated at the step; None for nowhere.

    Returns:
      The returns, [T, ...], float, in units of reward.

    References:
      R. Sutton and A. Barto (2018), "Reinforcement learning: an introduction", equation 12.18,
      http://incompleteideas.net/book/the-book-2nd.html

    >>> lambda_return(
    ...     tf.constant([1.0, 1.0]), 0.5, tf.constant([2.0, 4.0]), lambda_=0.5
    ... ).numpy().tolist()
    [2.25, 3.0]
    """
    reward = tf.convert_to_tensor(reward)
    discount = tf.convert_to_tensor(discount, reward.dtype)
    next_value = tf.convert_to_tensor(next_value, reward.dtype)
    lambda_ = tf.convert_to_tensor(lambda_, reward.dtype)
    if truncated is not None:
        lambda_ = tf.where(truncated, tf.zeros([], reward.dtype), lambda_)
    step = reward + discount * (1 - lambda_) * next_value
    return backward_recurrence(step, discount * lambda_, next_value[-1])
