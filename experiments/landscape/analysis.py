"""The analysis: from the arrays to rows, a table and a verdict for each measure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import tables
from experiments.frame import Arrays, Row
from experiments.landscape.runs import STARTS
from experiments.landscape.sweep import Sweep


def barrier(curve: np.ndarray) -> float:
    """Returns how far one must go down, from the first point on, before a point is above it.

    >>> barrier(np.array([1.0, 0.7, 0.8, 1.2, 0.0]))
    0.3
    """
    above = np.flatnonzero(curve > curve[0])
    until = above[0] if len(above) else len(curve)
    return float(round(curve[0] - curve[:until].min(), 12))


def shares(along: np.ndarray, against: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the shares of directions that fall both ways, rise both ways, or do either.

    The directions are the last axis.
    """
    maximum = ((along < 0) & (against < 0)).mean(-1)
    minimum = ((along > 0) & (against > 0)).mean(-1)
    return {"maximum": maximum, "minimum": minimum, "slope": 1 - maximum - minimum}


def guaranteed_step(alpha: float, num_actions: int, discount: float) -> float:
    r"""Returns the step size for which theory promises ascent, for rewards in [0, 1].

    .. math:: \eta = \frac{(1 - \gamma)^3}{8 + \tau (4 + 8 \log A)}

    Args:
      alpha: The temperature tau, in reward per nat.
      num_actions: The number of actions A.
      discount: The discount factor gamma.

    References:
      J. Mei, C. Xiao, C. Szepesvari, D. Schuurmans (2020), "On the global convergence rates of
      softmax policy gradient methods", theorem 6, https://arxiv.org/abs/2005.06392
    """
    return (1 - discount) ** 3 / (8 + alpha * (4 + 8 * np.log(num_actions)))


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each temperature, in plain numbers; places begin with the trap policy."""
    for k, alpha in enumerate(arrays["alpha"].tolist()):
        around = shares(arrays["along"][:, k], arrays["against"][:, k])
        curvature = arrays["curvature"][:, k]
        row: Row = {
            "alpha": alpha,
            "barrier": [barrier(curve[k]) for curve in arrays["interpolated"]],
            **{name: value.tolist() for name, value in around.items()},
            "mean_curvature": curvature.mean(-1).tolist(),
            "sharpness": np.abs(curvature).max(-1).tolist(),
            "gradient_norm": arrays["gradient_norm"][:, k].tolist(),
            "span": float(arrays["best_objective"][k] - arrays["uniform_objective"][k]),
            "guaranteed_step": guaranteed_step(alpha, 4, sweep.discount),
        }
        for i, start in enumerate(STARTS):
            monotone, needed = arrays["monotone"][i, k], arrays["needed"][i, k]
            arrived = needed[monotone & (needed >= 0)]
            row[f"stable_step_{start}"] = _largest_stable(arrays["step"], monotone)
            row[f"iterations_{start}"] = int(arrived.min()) if len(arrived) else None
        yield row


def _largest_stable(steps: np.ndarray, monotone: np.ndarray) -> float:
    """Returns the largest step up to which all ascents are monotone; 0 if the smallest is not."""
    stable = len(steps) if monotone.all() else int(monotone.argmin())
    return float(steps[stable - 1]) if stable else 0.0


def table(found: list[Row]) -> str:
    """Returns the rows as a table; barriers are those of the middle scale."""
    middle = len(found[0]["barrier"]) // 2
    return tables.table(
        found,
        {
            "alpha": "{alpha:g}",
            "barrier": f"{{barrier[{middle}]:.4f}}",
            "trap: maximum in": "{maximum[0]:.1%}",
            "trap: mean curvature": "{mean_curvature[0]:.1e}",
            "trap: sharpness": "{sharpness[0]:.1e}",
            "uniform: sharpness": "{sharpness[1]:.1e}",
            "stable step, uniform": "{stable_step_uniform:.3g}",
            "times span": lambda row: f"{row['stable_step_uniform'] * row['span']:.3g}",
            "stable step, trap": "{stable_step_trap:.3g}",
            "steps, uniform": lambda row: _or_never(row["iterations_uniform"]),
            "steps, trap": lambda row: _or_never(row["iterations_trap"]),
        },
    )


def _or_never(count: int | None) -> str:
    return "never" if count is None else str(count)


def where(found: list[Row], holds: list[bool]) -> str:
    """Says at which positive temperatures something holds; `holds` has an entry for each."""
    alphas = [f"{row['alpha']:g}" for row in found[1:]]
    named = [alpha for alpha, held in zip(alphas, holds, strict=True) if held]
    if not named:
        return "at no alpha"
    if len(named) > 1 and named == alphas[-len(named) :]:
        return f"from alpha = {named[0]} on"
    return f"at alpha = {', '.join(named)}"


def verdict(found: list[Row]) -> str:
    """Returns a sentence for each measure, made from the rows."""
    without, rest = found[0], found[1:]

    def less(values: list[float]) -> str:
        return where(found, [value < values[0] for value in values[1:]])

    def more(values: list[float]) -> str:
        return where(found, [value > values[0] for value in values[1:]])

    gone = [
        where(found, [row["barrier"][i] == 0 for row in rest])
        for i in range(len(without["barrier"]))
    ]
    trap, uniform = ([row["sharpness"][i] for row in found] for i in (0, 1))
    places = range(1, len(without["sharpness"]))
    flatter = sum(row["sharpness"][i] < without["sharpness"][i] for row in rest for i in places)
    maximum = [row["maximum"][0] for row in found]
    removes = "does not remove" if "at no alpha" in gone else "removes"
    larger = more([row["stable_step_uniform"] for row in found])
    allows = ", but allows no larger" if larger == "at no alpha" else " and allows larger"
    sentences = [
        f"Entropy {removes} the barrier between the trap and the optimum{allows} steps.",
        f"The barrier is gone {', '.join(gone)} (a place for each scale of the logits).",
        f"The trap is a maximum in fewer directions than without entropy {less(maximum)}: in "
        f"{maximum[0]:.1%} without entropy and in {maximum[-1]:.1%} at the highest alpha.",
        f"The curvature at the trap is lower {less(trap)} and higher {more(trap)}; at the uniform "
        f"policy it is lower {less(uniform)} and higher {more(uniform)}. Along an ascent without "
        f"entropy it is lower in {flatter} of {len(rest) * len(places)} combinations of place and "
        "alpha.",
    ]
    for start in STARTS:
        steps = [row[f"stable_step_{start}"] for row in found]
        needed = [row[f"iterations_{start}"] or np.inf for row in found]
        sentences.append(
            f"From the {start} policy, the largest stable step is larger than without entropy "
            f"{more(steps)} and smaller {less(steps)}. Fewer steps reach 90% of the gain "
            f"{less(needed)}; without entropy the number is "
            f"{_or_never(without[f'iterations_{start}'])}."
        )
    return "\n".join(sentences)
