"""Returns and advantages of trajectories, with time as the first axis.

`T` is the number of steps; `...` stands for any axes behind it (learners, environments).
`discount` is gamma * (1 - terminated), so that nothing is added behind a termination. A truncation
is not a termination: the episode was cut, so its last step bootstraps from the value of its own
final observation. No later step of the trajectory, which belongs to another episode, counts in the
returns of steps before the cut.
"""

from __future__ import annotations

import tensorflow as tf

from maxent_tf.operators.recurrence import backward_recurrence, like


def n_step_return(
    reward: tf.Tensor,
    discount: tf.Tensor | float,
    bootstrap_value: tf.Tensor | float,
    truncated: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns the discounted return from every step of a trajectory to its end.

    .. math:: G_t = r_t + \gamma_t \, G_{t+1}

    where :math:`G_{t+1}` is the bootstrap value behind the last step and behind a truncated step.

    Args:
      reward: [T, ...], float, the rewards.
      discount: The discounts, broadcastable to `reward`: gamma * (1 - terminated), in [0, 1].
      bootstrap_value: [...], the value behind the last step; or [T, ...], the value of each step's
        own successor observation, of which those of the last step and of truncated steps are used.
        The rank decides between the two forms.
      truncated: [T, ...], bool, whether the episode was truncated at the step. It needs the second
        form of `bootstrap_value`.

    Returns:
      The returns, [T, ...], float, in units of reward.

    Raises:
      ValueError: If the rank of `bootstrap_value` does not fit.

    References:
      V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning", section 4,
      https://arxiv.org/abs/1602.01783

    >>> n_step_return(tf.constant([1.0, 2.0, 3.0]), 0.5, 8.0).numpy().tolist()
    [3.75, 5.5, 7.0]
    >>> n_step_return(
    ...     tf.constant([1.0, 2.0, 3.0]), 0.5, tf.constant([0.0, 4.0, 8.0]),
    ...     truncated=tf.constant([False, True, False]),
    ... ).numpy().tolist()
    [3.0, 4.0, 7.0]
    """
    reward = tf.convert_to_tensor(reward)
    discount = tf.convert_to_tensor(discount, reward.dtype)
    bootstrap_value = tf.convert_to_tensor(bootstrap_value, reward.dtype)
    if not _is_per_step(bootstrap_value, reward, truncated):
        return backward_recurrence(reward, discount, bootstrap_value)
    final = bootstrap_value[-1]
    if truncated is None:
        return backward_recurrence(reward, discount, final)
    # The unused bootstrap values may be anything: a selection keeps their NaN out.
    at_cut = tf.where(truncated, discount * bootstrap_value, tf.zeros([], reward.dtype))
    through = tf.where(truncated, tf.zeros([], reward.dtype), discount)
    return backward_recurrence(reward + at_cut, through, final)


def generalized_advantage_estimation(
    reward: tf.Tensor,
    discount: tf.Tensor | float,
    value: tf.Tensor,
    bootstrap_value: tf.Tensor | float,
    lambda_: tf.Tensor | float,
    truncated: tf.Tensor | None = None,
) -> tf.Tensor:
    r"""Returns generalised advantage estimates, weighted sums of temporal differences.

    .. math::
       \delta_t &= r_t + \gamma_t v'_t - v_t \\
       \hat A_t &= \delta_t + \gamma_t \lambda (1 - \mathrm{truncated}_t) \hat A_{t+1}

    where :math:`v'_t` is the value of the observation that step t led to. `A_t + value_t` is the
    lambda-return, the usual target of the critic.

    Args:
      reward: [T, ...], float, the rewards.
      discount: The discounts, broadcastable to `reward`: gamma * (1 - terminated), in [0, 1].
      value: [T, ...], float, the values of the observations where the actions were chosen.
      bootstrap_value: [...], the value behind the last step: then v'_t = value_{t+1}, which is
        right if no step of the trajectory was truncated; or [T, ...], v' itself. The rank decides
        between the two forms.
      lambda_: The parameter lambda, broadcastable to `reward`, in [0, 1]: 0 gives the temporal
        differences, 1 the returns minus the values.
      truncated: [T, ...], bool, whether the episode was truncated at the step. It needs the second
        form of `bootstrap_value`.

    Returns:
      The advantages, [T, ...], float, in units of reward.

    Raises:
      ValueError: If the rank of `value` or `bootstrap_value` does not fit.

    References:
      J. Schulman et al. (2016), "High-dimensional continuous control using generalized advantage
      estimation", equation 16, https://arxiv.org/abs/1506.02438

    >>> generalized_advantage_estimation(
    ...     tf.constant([1.0, 1.0]), 0.5, tf.constant([0.0, 2.0]), 4.0, lambda_=0.5
    ... ).numpy().tolist()
    [2.25, 1.0]
    """
    reward = tf.convert_to_tensor(reward)
    discount = tf.convert_to_tensor(discount, reward.dtype)
    value = tf.convert_to_tensor(value, reward.dtype)
    bootstrap_value = tf.convert_to_tensor(bootstrap_value, reward.dtype)
    if value.shape.rank != reward.shape.rank:
        raise ValueError(
            f"value must be [T, ...] as reward is, shape {reward.shape}, not {value.shape}."
        )
    if _is_per_step(bootstrap_value, reward, truncated):
        next_value = bootstrap_value
    else:
        final = like(bootstrap_value, value[0])
        next_value = tf.concat([value[1:], final[tf.newaxis]], axis=0)
    delta = reward + discount * next_value - value
    through = discount * tf.convert_to_tensor(lambda_, reward.dtype)
    if truncated is not None:
        through = tf.where(truncated, tf.zeros([], reward.dtype), through)
    return backward_recurrence(delta, through, tf.zeros([], reward.dtype))


def _is_per_step(
    bootstrap_value: tf.Tensor, reward: tf.Tensor, truncated: tf.Tensor | None
) -> bool:
    """Returns whether `bootstrap_value` is [T, ...]; raises ValueError if it has neither form."""
    rank, time_rank = bootstrap_value.shape.rank, reward.shape.rank
    if not time_rank:
        raise ValueError(f"reward must be [T, ...], not of shape {reward.shape}.")
    if rank == time_rank:
        return True
    if truncated is not None:
        raise ValueError(
            f"bootstrap_value must be [T, ...] where truncated is given, not of shape "
            f"{bootstrap_value.shape} beside a reward of shape {reward.shape}: pass the value of "
            "each step's own successor observation, which at a truncated step is the final one."
        )
    if rank is None or rank > time_rank:
        raise ValueError(
            f"bootstrap_value must be [...] or [T, ...] for a reward of shape {reward.shape}, "
            f"not of shape {bootstrap_value.shape}."
        )
    return False
