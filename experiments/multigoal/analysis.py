"""From stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats

from experiments import statistics
from experiments.multigoal.runs import Arrays
from experiments.multigoal.sweep import DISCOUNT, Sweep, make_world
from maxent_tf.environments import MultiGoal
from maxent_tf.environments.multi_goal import GOALS, RADIUS

Row = dict[str, Any]

# A goal counts as found if so many of the rollouts reach it.
LEVEL = 0.1


def shares(goal: np.ndarray) -> np.ndarray:
    """The share of rollouts that reach each goal: [..., rollouts] -> [..., goals]."""
    return np.mean(goal[..., None] == np.arange(len(GOALS)), axis=-2)


def entropies(share: np.ndarray) -> np.ndarray:
    """The entropy, in nats, of the goal among rollouts that reach one; NaN where none does."""
    reached = share.sum(axis=-1)
    with np.errstate(invalid="ignore"):  # SciPy divides by the sum
        return np.where(reached > 0, scipy.stats.entropy(share, axis=-1), np.nan)


def living_threshold(world: MultiGoal) -> float:
    r"""The temperature up to which a goal is worth more than living beside it.

    A step at the goal's edge, counted with its entropy, is worth at most

    .. math:: v(\alpha) = \alpha \log \int_{[-1, 1]^2} e^{-c_a |a|^2 / \alpha} da - c_d

    and living there for ever v / (1 - gamma), against c_g. What moving away costs is left out.
    """

    def gain(alpha: float) -> float:
        # In each dimension the integral is a Gaussian's over [-1, 1].
        rate = world.actuation_cost / alpha
        each = np.log(np.sqrt(np.pi / rate) * scipy.special.erf(np.sqrt(rate)))
        living = 2 * alpha * each - world.distance_cost * RADIUS**2
        return living - (1 - DISCOUNT) * world.goal_reward

    return float(scipy.optimize.brentq(gain, 0.5, 10.0))


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each temperature."""
    for alpha, goal, total in zip(sweep.alphas, arrays["goal"], arrays["return"], strict=True):
        share = shares(goal)
        found = int(np.sum(share.min(axis=-1) >= LEVEL))
        yield {
            "learner": sweep.learner,
            "costs": sweep.costs,
            "alpha": alpha,
            "seeds": sweep.seeds,
            "steps": sweep.steps,
            "living_threshold": living_threshold(make_world(sweep.costs)),
            "shares": share.tolist(),
            "least_share": share.min(axis=-1).tolist(),
            "goals_found": np.sum(share >= LEVEL, axis=-1).tolist(),
            "arrived": float(share.sum(axis=-1).mean()),
            "entropy": entropies(share).tolist(),
            "returns": total.mean(axis=-1).tolist(),
            "found_all": found,
            "found_all_interval": list(statistics.wilson_interval(found, sweep.seeds)),
        }


def table(rows: list[Row]) -> str:
    """Returns a line for each learner and temperature, aligned, for people."""
    header = ("learner", "costs", "alpha", "found all [95% interval]", "goals found", "least share")
    lines = [(*header, "arrived", "entropy (nats)", "return")]
    for row in rows:
        low, high = row["found_all_interval"]
        lines.append(
            (
                row["learner"].upper(),
                f"{row['costs'].upper()}'s",
                f"{row['alpha']:g}",
                f"{row['found_all']} of {row['seeds']} [{low:.2f}, {high:.2f}]",
                " ".join(map(str, row["goals_found"])),
                f"{min(row['least_share']):.3f} to {max(row['least_share']):.3f}",
                f"{row['arrived']:.3f}",
                f"{np.mean(row['entropy']):.2f}",
                f"{np.mean(row['returns']):.1f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def verdict(rows: list[Row]) -> str:
    """Returns what the data say about each learner on each costs, a line for each."""
    lines = []
    for learner, costs in dict.fromkeys((row["learner"], row["costs"]) for row in rows):
        group = [row for row in rows if (row["learner"], row["costs"]) == (learner, costs)]
        best = max(group, key=lambda row: (row["found_all"], min(row["least_share"])))
        every = [f"{r['alpha']:g}" for r in group if r["found_all"] == r["seeds"]]
        found = ", ".join(f"{row['found_all']} at {row['alpha']:g}" for row in group)
        arrived = ", ".join(f"{row['arrived']:.0%} at {row['alpha']:g}" for row in group)
        lines.append(
            f"{learner.upper()} on {costs.upper()}'s costs sent at least {LEVEL:.0%} of the "
            f"rollouts to every goal in all {best['seeds']} seeds at alpha "
            f"{', '.join(every) or 'nowhere'} (seeds that did: {found}); at its best, alpha "
            f"{best['alpha']:g}, the least goal had {min(best['least_share']):.1%} of a seed's "
            f"rollouts and the mean return was {np.mean(best['returns']):.1f}. Arrived anywhere: "
            f"{arrived}; from alpha {best['living_threshold']:.2f} living beside a goal can be "
            "worth more than the goal."
        )
    return "\n".join(lines)
