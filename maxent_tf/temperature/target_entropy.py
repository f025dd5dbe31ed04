"""Target entropies for the automatic temperature, and the check that a target makes sense."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from maxent_tf.specs import Box, Discrete, MultiDiscrete, Spec, check_width
from maxent_tf.temperature.discrete_target import implied_alpha
from maxent_tf.temperature.dual import Target

# Nats per dimension of an action scaled to [-1, 1].
_PER_DIMENSION = {"minus_dim": -1.0, "minus_half_dim": -0.5}

# Of log A. The temperature that holds a policy this close to uniform is 1.9 times the gap between
# two actions, 3 times at .98, and goes to infinity from there: the entropy then counts for more
# than the task. Targets of .98 log A were seen to drive alpha off to 5e8 (rlkit, issue 50).
LARGEST_FRACTION = 0.95


def target_entropy(action_spec: Spec, rule: str | float) -> float:
    r"""Returns the target entropy that a rule gives for a space of actions.

    For a `Box` of d dimensions, a rule holds for actions in [-1, 1]. Its target is shifted by the
    entropy that the scaling to [low, high] adds:

    .. math:: \bar H = c \, d + \sum_i \log \frac{high_i - low_i}{2}

    For discrete actions, a rule is a fraction f of the largest entropy: :math:`\bar H = f \log A`,
    with A the number of actions or, for `MultiDiscrete`, of their combinations.

    Args:
      action_spec: The spec of the actions; a `Box` must be bounded.
      rule: For a `Box`, "minus_dim" (c = -1) or "minus_half_dim" (c = -1/2). For discrete actions,
        the fraction f, in (0, .95].

    Returns:
      The target entropy, in nats.

    Raises:
      ValueError: If the rule does not fit the space, or if the target cannot be met.

    References:
      T. Haarnoja et al. (2018), "Soft actor-critic algorithms and applications", appendix D,
      https://arxiv.org/abs/1812.05905; P. Christodoulou (2019), "Soft actor-critic for discrete
      action settings", https://arxiv.org/abs/1910.07207 (f = .98, which is refused here)

    >>> from maxent_tf.specs import Box, Discrete
    >>> target_entropy(Box.of((6,), -1.0, 1.0), "minus_dim")
    -6.0
    >>> round(target_entropy(Box.of((1,), -2.0, 2.0), "minus_dim"), 4)
    -0.3069
    >>> round(target_entropy(Discrete(4), 0.5), 4)
    0.6931
    """
    if not isinstance(action_spec, Box):
        if isinstance(rule, str):
            raise ValueError(
                "rule must be a fraction of log A, such as 0.5, for discrete actions, not "
                f"{rule!r}: a target of minus the dimension or of -log A would always be met, "
                "because the entropy is at least 0."
            )
        target = float(rule) * _largest_entropy(action_spec)
    else:
        if not isinstance(rule, str) or rule not in _PER_DIMENSION:
            raise ValueError(
                f"rule must be one of {sorted(_PER_DIMENSION)} for a Box, not {rule!r}: a number "
                "of nats is itself a target, and needs no rule."
            )
        largest = _largest_entropy(action_spec)
        dimension = len(action_spec.low)
        target = _PER_DIMENSION[rule] * dimension + (largest - dimension * float(np.log(2)))
    validate_target_entropy(action_spec, target)
    return target


def validate_target_entropy(action_spec: Spec, target: Target) -> None:
    r"""Raises a ValueError if a target entropy can never be met, or is always met.

    On a `Box`, the entropy of a distribution is below :math:`\sum_i \log(high_i - low_i)`, that of
    the uniform distribution (d log 2 on [-1, 1]); it may be any negative number. Over `A` discrete
    actions, the entropy is in [0, log A]. A target of 0 or less is then always met, so that alpha
    falls to its bound. A target above .95 log A forces a nearly uniform policy, at a temperature
    that grows without bound: `forced_probability` says how uniform, `implied_alpha` how large.

    Args:
      action_spec: The spec of the actions; a `Box` must be bounded.
      target: The target entropy, in nats: a number, a tensor, or a schedule, whose first and last
        values are checked.

    Raises:
      ValueError: If the target can never be met or is always met. The message gives the limit.

    >>> from maxent_tf.specs import Box
    >>> validate_target_entropy(Box.of((2,), -1.0, 1.0), 1.5)
    Traceback (most recent call last):
        ...
    ValueError: target_entropy must be below 1.38629 nats, the largest entropy of ...
    """
    if callable(target):
        for step in (0, 2**31 - 1):
            validate_target_entropy(action_spec, target(tf.constant(step)))
        return
    known = tf.get_static_value(tf.convert_to_tensor(target))
    if known is None:
        return
    largest = _largest_entropy(action_spec)
    if not np.all(known < largest):
        raise ValueError(
            f"target_entropy must be below {largest:.6g} nats, the largest entropy of {action_spec}"
            f" (the uniform distribution's), not {known}: no policy meets it."
        )
    if isinstance(action_spec, Box):
        return
    count = _num_actions(action_spec)
    if not np.all(known > 0):
        raise ValueError(
            f"target_entropy must be positive for {count} discrete actions, not {known}: the "
            "entropy is never below 0, so the target would never bind and alpha would only fall. "
            "Pass a fraction of the maximum, such as target_entropy(action_spec, 0.5)."
        )
    if not np.all(known <= LARGEST_FRACTION * largest * (1 + 1e-6)):
        worst = float(np.max(known))
        raise ValueError(
            f"target_entropy must be at most {LARGEST_FRACTION * largest:.6g} nats "
            f"({LARGEST_FRACTION} of the maximum {largest:.6g} for {count} discrete actions), not "
            f"{known}: it forces a nearly uniform policy at every state, at a temperature of "
            f"{implied_alpha(1.0, worst, count):.3g} times the gap between the best action and "
            "the others. Pass a smaller fraction."
        )


def _largest_entropy(action_spec: Spec) -> float:
    """Returns the entropy of the uniform distribution; raises an error if no target makes sense."""
    if not isinstance(action_spec, Box):
        count = _num_actions(action_spec)
        if count < 2:
            raise ValueError(
                f"action_spec must have two actions or more for a target entropy, not {action_spec}"
                ": there is nothing to choose. Pass a constant temperature."
            )
        return math.log(count)
    if not action_spec.bounded:
        raise ValueError(
            f"action_spec must be bounded for a target entropy, not {action_spec}: give the "
            "actions finite bounds."
        )
    check_width("action_spec", action_spec)
    return float(np.sum(np.log(np.subtract(action_spec.high, action_spec.low))))


def _num_actions(action_spec: Discrete | MultiDiscrete) -> int:
    """Returns A, the number of actions or of their combinations."""
    if isinstance(action_spec, Discrete):
        return action_spec.num_values
    return math.prod(action_spec.nvec)
