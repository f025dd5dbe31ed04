"""The interval of a fraction."""

from __future__ import annotations

import math

from maxent_tf.checks import as_integer

# The 97.5th percentile of the standard normal distribution.
_Z = 1.959963984540054


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Returns the Wilson 95% interval of a fraction.

    Args:
      successes: The number of successes, in 0 .. `trials`.
      trials: The number of independent trials, at least 1.

    Returns:
      The bounds, in [0, 1].

    Raises:
      ValueError: If `successes` or `trials` is not such an integer.

    References:
      E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference",
      Journal of the American Statistical Association 22

    >>> low, high = wilson_interval(0, 20)
    >>> low, round(high, 3)
    (0.0, 0.161)
    """
    n, k = as_integer("trials", trials), as_integer("successes", successes, least=0)
    if k > n:
        raise ValueError(f"successes must be at most trials, {n}, not {k}.")
    p, z = k / n, _Z
    scale = 2 * (n + z**2)
    centre = (2 * n * p + z**2) / scale
    reach = z / scale * math.sqrt(4 * n * p * (1 - p) + z**2)
    # Exactly, where rounding would miss the end of the range.
    return (0.0 if k == 0 else centre - reach), (1.0 if k == n else centre + reach)
