"""The oracle of the squashed Gaussian's statistics: quadrature in 30 digits (mpmath).

Everything is for one dimension on (-1, 1). The rule is plain: a trapezoid over the whole Gaussian,
fine enough for the poles of tanh to leave an error of 1e-30. Deviations from the median keep their
digits, so the variance is exact also where it is 1e-40.
"""

from typing import NamedTuple

import mpmath
import numpy as np
from mpmath import mpf


class Statistic(NamedTuple):
    """A value with its derivatives in `loc` and `scale`."""

    value: np.ndarray
    d_loc: np.ndarray
    d_scale: np.ndarray


class Statistics(NamedTuple):
    """Expectations for u ~ N(loc, scale^2)."""

    log_jacobian: Statistic  # E log(1 - tanh(u)^2)
    mean: Statistic  # E tanh(u)
    variance: Statistic  # of tanh(u)


def _statistics(loc: float, scale: float) -> list[float]:
    with mpmath.workdps(30):
        m, s = mpf(float(loc)), mpf(float(scale))
        step = min(mpf("0.3"), mpf("0.13") / s)
        # The squares in a variance tilt the weight towards u = 0 by up to 4 scale.
        tilt = float(min(4 * s, abs(m) / s) * (-1 if m > 0 else 1))
        first = int((min(tilt, 0) - 13) / step)
        last = int((max(tilt, 0) + 13) / step)
        rows = []
        for k in range(first, last + 1):
            e = k * step
            u = m + s * e
            decay = mpmath.exp(-2 * abs(u))
            tanh = (1 - decay) / (1 + decay) * (1 if u > 0 else -1)
            sech = 2 * mpmath.sqrt(decay) / (1 + decay)
            log = 2 * (mpmath.log(2) - abs(u) - mpmath.log1p(decay))
            deviation = mpmath.sinh(s * e) * sech * mpmath.sech(m)  # tanh(u) - tanh(loc)
            weight = step * mpmath.npdf(e)
            rows.append((weight, e, log, tanh, sech**2, deviation))
        weight, e, log, tanh, sech_squared, deviation = zip(*rows, strict=True)
        centre = mpmath.fdot(weight, deviation)
        centred = [w * (d - centre) for w, d in zip(weight, deviation, strict=True)]
        with_e = [w * x for w, x in zip(weight, e, strict=True)]
        centred_e = [w * x for w, x in zip(centred, e, strict=True)]
        results = (
            mpmath.fdot(weight, log),
            -2 * mpmath.fdot(weight, tanh),
            -2 * mpmath.fdot(with_e, tanh),
            mpmath.fdot(weight, tanh),
            mpmath.fdot(weight, sech_squared),
            mpmath.fdot(with_e, sech_squared),
            mpmath.fdot(centred, deviation),
            2 * mpmath.fdot(centred, sech_squared),
            2 * mpmath.fdot(centred_e, sech_squared),
        )
        return [float(x) for x in results]


def statistics(loc: np.ndarray, scale: np.ndarray) -> Statistics:
    """Returns the statistics over arrays of one shape, taken as exact numbers."""
    rows = [_statistics(m, s) for m, s in zip(np.ravel(loc), np.ravel(scale), strict=True)]
    columns = [np.reshape(column, np.shape(loc)) for column in zip(*rows, strict=True)]
    return Statistics(*(Statistic(*columns[i : i + 3]) for i in (0, 3, 6)))
