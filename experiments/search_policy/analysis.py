"""The analysis: from the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import tables
from experiments.frame import Arrays, Row
from experiments.search_policy.runs import KINDS
from experiments.search_policy.sweep import Sweep

# Distances from the policies of searches have the rounding errors of float32.
_ROUNDING = 1e-5


def label(row: Row) -> str:
    """Returns the name of the roots of a row, for people."""
    return {
        "nodes": f"fixed values, {row['actions']} actions",
        "exact_game": "tic-tac-toe, exact values",
        "random_game": "tic-tac-toe, random values",
    }[row["subject"]]


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each of the numbers of simulations that are compared.

    A distance is the largest difference over actions; `distance` is the mean over roots. A spread
    is that of the mean entropy of the policy over the numbers of simulations, at the constant or
    the temperature where it is largest. `entropy_off` is how far the mean entropy of the visits is
    from that of the policy, at the temperature where it is furthest.
    """
    distance, bound = arrays["distance"], arrays["bound"]
    entropy = {
        name: dict(zip(KINDS, arrays[f"entropy_by_{name}"].mean(axis=-1), strict=True))
        for name in ("constant", "temperature")
    }
    spreads = {
        f"spread_by_{name}": float(np.ptp(of_kind["policy"], axis=0).max())
        for name, of_kind in entropy.items()
    }
    off = np.abs(entropy["temperature"]["visits"] - entropy["temperature"]["policy"]).max(axis=-1)
    for k, count in enumerate(sweep.counts):
        at = count - 1
        others = arrays["control"][:, k].mean(axis=-1).tolist() if "control" in arrays else None
        yield {
            "subject": sweep.subject,
            "actions": sweep.actions,
            "roots": sweep.roots,
            "simulations": count,
            "distance": float(distance[at].mean()),
            "distance_median": float(np.median(distance[at])),
            "distance_largest": float(distance[at].max()),
            "bound": float(bound[at].mean()),
            "largest_ratio": float((distance / bound)[: at + 1].max()),
            "beyond": float(np.mean((distance - bound)[at] > _ROUNDING)),
            "agreement": float(arrays["agreement"][at].mean()),
            "other_distances": others,
            "entropy_off": float(off[k]),
            "apart": float(arrays["apart"][k].mean()),
            **spreads,
        }


def table(found: list[Row]) -> str:
    """Returns the rows as a table for people."""

    def of_others(row: Row) -> str:
        others = row["other_distances"]
        return "" if others is None else f"{others[0]:.4f}, {others[1]:.4f}"

    return tables.table(
        found,
        {
            "roots": label,
            "simulations": "{simulations:,}",
            "distance of visits from the policy, mean": "{distance:.4f}",
            "median": "{distance_median:.4f}",
            "bound": "{bound:.4f}",
            "roots beyond it": "{beyond:.0%}",
            "from the best KL, Shannon policy": of_others,
            "same best action": "{agreement:.0%}",
            "entropy of visits off by": "{entropy_off:.3f}",
            "visits and regularised search apart": "{apart:.3f}",
        },
    )


def verdict(found: list[Row]) -> str:
    """Returns how close visits are to the policy, and what sets their entropy, from the rows."""
    last = {label(row): row for row in found}  # those of the most simulations
    fixed = [row for row in last.values() if row["subject"] == "nodes"]
    lines = []
    if fixed:
        ratio = max(row["largest_ratio"] for row in fixed)
        parts = [
            "{:.4f} with {} actions, and {:.4f} from the best policy of KL, {:.4f} from that of "
            "Shannon".format(row["distance"], row["actions"], *row["other_distances"])
            for row in fixed
        ]
        lines += [
            "With fixed values, the distance of the visits from the policy is at most "
            f"{ratio:.2f} of its bound, at all nodes and numbers of simulations.",
            f"After {fixed[0]['simulations']:,} simulations it is {'; '.join(parts)}.",
        ]
    for name, row in last.items():
        if row["subject"] != "nodes":
            lines.append(
                f"In {name}, after {row['simulations']:,} simulations the median distance is "
                f"{row['distance_median']:.4f} and the mean {row['distance']:.4f}; "
                f"{row['beyond']:.0%} of the roots are beyond the bound. The best action is the "
                f"same in {row['agreement']:.0%}."
            )
    for name, row in last.items():
        lines.append(
            f"With {name}, the mean entropy of the policy differs by up to "
            f"{row['spread_by_constant']:.2f} nats between numbers of simulations at one constant, "
            f"and by {row['spread_by_temperature']:.2f} at one temperature. After "
            f"{row['simulations']:,} simulations that of the visits is within "
            f"{row['entropy_off']:.2f} of it, at every temperature; visits and the policy of "
            f"regularised search have a total variation of {row['apart']:.3f}."
        )
    return "\n".join(lines)
