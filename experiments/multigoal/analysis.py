"""The analysis: from stored arrays to rows of the summary, the printed table and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.optimize
import scipy.special
import scipy.stats

from experiments import tables
from experiments.frame import Arrays, Row
from experiments.multigoal.sweep import DISCOUNT, Sweep, make_world
from maxent_tf import statistics
from maxent_tf.environments import MultiGoal
from maxent_tf.environments.multi_goal import GOALS, RADIUS

# A learner has found a goal if this share of its rollouts reaches the goal.
LEVEL = 0.1


def shares(goal: np.ndarray) -> np.ndarray:
    """Returns the share of rollouts that reach each goal: from [..., rollouts] to [..., goals]."""
    return np.mean(goal[..., None] == np.arange(len(GOALS)), axis=-2)


def entropies(share: np.ndarray) -> np.ndarray:
    """Returns the entropy, in nats, of the goal among rollouts that reach one; NaN if none does."""
    reached = share.sum(axis=-1)
    with np.errstate(invalid="ignore"):  # SciPy divides by the sum
        return np.where(reached > 0, scipy.stats.entropy(share, axis=-1), np.nan)


def living_threshold(world: MultiGoal) -> float:
    r"""Returns the temperature up to which a goal is worth more than living beside it.

    A step at the edge of the goal, counted with its entropy, is worth at most

    .. math:: v(\alpha) = \alpha \log \int_{[-1, 1]^2} e^{-c_a |a|^2 / \alpha} da - c_d

    and living there for ever is worth v / (1 - gamma), against c_g. The cost of moving away is left
    out.
    """

    def gain(alpha: float) -> float:
        # In each dimension the integral is that of a Gaussian over [-1, 1].
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
    """Returns a line for each learner and temperature."""
    return tables.table(
        rows,
        {
            "learner": lambda row: row["learner"].upper(),
            "costs": lambda row: f"{row['costs'].upper()}'s",
            "alpha": "{alpha:g}",
            "found all": "{found_all} of {seeds}",
            "95% interval": "[{found_all_interval[0]:.2f}, {found_all_interval[1]:.2f}]",
            "goals found": lambda row: " ".join(map(str, row["goals_found"])),
            "least share": lambda row: (
                f"{min(row['least_share']):.3f} to {max(row['least_share']):.3f}"
            ),
            "arrived": "{arrived:.3f}",
            "entropy (nats)": lambda row: f"{np.mean(row['entropy']):.2f}",
            "return": lambda row: f"{np.mean(row['returns']):.1f}",
        },
    )


def verdict(rows: list[Row]) -> str:
    """Returns what the data say: a sentence for all learners, then two for each on each costs."""
    groups = list(tables.by(rows, "learner", "costs").values())
    kept = [_name(group[0]) for group in groups if _reliable(group)]
    if not kept:
        lines = ["No alpha reached every goal in every seed."]
    elif len(kept) == len(groups):
        lines = ["Every learner reached every goal in every seed, at some alpha."]
    else:
        lines = [f"Only {' and '.join(kept)} reached every goal in every seed, at some alpha."]
    for group in groups:
        best = max(group, key=lambda row: (row["found_all"], min(row["least_share"])))
        none = f"no alpha, at best in {best['found_all']}, at alpha {best['alpha']:g}"
        every = _reliable(group)
        where = f"alpha {', '.join(every)}" if every else none
        lines.append(
            f"{_name(best)} reached every goal in all {best['seeds']} seeds at {where}. At alpha "
            f"{best['alpha']:g} its least visited goal had {min(best['least_share']):.1%} of the "
            f"rollouts of a seed, {best['arrived']:.0%} of all rollouts reached a goal, and the "
            f"mean return was {np.mean(best['returns']):.1f}."
        )
    thresholds = {row["costs"]: row["living_threshold"] for row in rows}
    above = " and ".join(f"{x:.2f} with {costs.upper()}'s costs" for costs, x in thresholds.items())
    lines.append(f"Living beside a goal can be worth more than the goal from alpha {above}.")
    return "\n".join(lines)


def _name(row: Row) -> str:
    return f"{row['learner'].upper()} on {row['costs'].upper()}'s costs"


def _reliable(group: list[Row]) -> list[str]:
    """Returns the temperatures at which every seed reaches every goal."""
    return [f"{row['alpha']:g}" for row in group if row["found_all"] == row["seeds"]]
