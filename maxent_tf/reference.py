"""Reference implementations of the formulas in plain NumPy, to read and to test against.

Entropies are in nats. Shape letters: `B` is a batch, `A` a number of actions, `d` a dimension.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["discrete_entropy", "entropy_regularised_loss", "gaussian_entropy"]


def discrete_entropy(logits: npt.ArrayLike) -> np.ndarray:
    r"""Returns the entropy of a categorical distribution.

    .. math:: H = -\sum_a \pi(a) \log \pi(a), \quad \pi = \mathrm{softmax}(\mathrm{logits})

    Args:
      logits: [..., A], float, unnormalised log-probabilities; -inf marks an impossible action.

    Returns:
      The entropy, [...], float, in [0, log A].

    Raises:
      ValueError: If a row has no finite logit, or holds NaN or +inf.

    >>> discrete_entropy([[0.0, 0.0], [0.0, -np.inf]]).round(6).tolist()
    [0.693147, 0.0]
    """
    logits = np.asarray(logits)
    if not np.issubdtype(logits.dtype, np.floating):
        logits = logits.astype(np.float64)
    largest = logits.max(axis=-1, keepdims=True)
    if not np.all(np.isfinite(largest)):
        raise ValueError(
            "logits must have a finite largest element in every row (no NaN, no +inf, not all "
            f"-inf), not {logits}."
        )
    shifted = logits - largest
    weight = np.exp(shifted)
    total = weight.sum(axis=-1)
    # H = log Z - E[shifted], where 0 * -inf counts as 0; rounding can leave -0 or a tiny negative.
    expected = (weight * np.where(weight > 0, shifted, 0)).sum(axis=-1) / total
    return np.maximum(np.log(total) - expected, 0)


def gaussian_entropy(log_std: npt.ArrayLike) -> np.ndarray:
    r"""Returns the differential entropy of a Gaussian with diagonal covariance, for any mean.

    .. math:: H = \frac{d}{2} \log(2 \pi e) + \sum_{i=1}^{d} \log \sigma_i

    Args:
      log_std: [..., d], float, the logarithms of the standard deviations.

    Returns:
      The entropy, [...], float, any real number.

    >>> gaussian_entropy([0.0]).round(6).item()
    1.418939
    """
    log_std = np.asarray(log_std)
    if not np.issubdtype(log_std.dtype, np.floating):
        log_std = log_std.astype(np.float64)
    constant = np.asarray(0.5 * np.log(2 * np.pi * np.e), log_std.dtype)
    return log_std.sum(axis=-1) + log_std.shape[-1] * constant


def entropy_regularised_loss(
    log_probs: npt.ArrayLike,
    advantages: npt.ArrayLike,
    entropy: npt.ArrayLike,
    alpha: float = 0.01,
) -> float:
    r"""Returns the policy loss of an advantage actor-critic with an entropy bonus.

    .. math:: L = -\mathrm{mean}(\log \pi(a) \, \hat A) - \alpha \, \mathrm{mean}(H)

    Args:
      log_probs: [B], float, the log-probabilities of the actions taken.
      advantages: [B], float, the advantages of these actions, in units of reward.
      entropy: [B], float, the entropies of the policy where the actions were taken, in nats.
      alpha: The temperature, in reward per nat, at least 0.

    Returns:
      The loss, a scalar in units of reward.

    Raises:
      ValueError: If the shapes differ, or if `alpha` is negative.

    References:
      V. Mnih et al. (2016), "Asynchronous methods for deep reinforcement learning", section 4,
      https://arxiv.org/abs/1602.01783

    >>> round(entropy_regularised_loss([-1.0, -2.0], [1.0, -1.0], [0.5, 0.5]), 6)
    -0.505
    """
    log_probs, advantages, entropy = map(np.asarray, (log_probs, advantages, entropy))
    if not log_probs.shape == advantages.shape == entropy.shape:
        raise ValueError(
            "log_probs, advantages and entropy must have one shape, not "
            f"{log_probs.shape}, {advantages.shape} and {entropy.shape}."
        )
    if alpha < 0:
        raise ValueError(f"alpha must be at least 0, not {alpha}.")
    return float(-np.mean(log_probs * advantages) - alpha * np.mean(entropy))
