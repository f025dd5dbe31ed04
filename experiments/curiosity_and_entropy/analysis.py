"""The analysis: from the arrays to tables, and to whether the two ways to explore add up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import student, tables
from experiments.curiosity_and_entropy.sweep import METHODS, WORLDS, Sweep
from experiments.frame import Arrays, Findings, Result, Row
from experiments.reaching import WINDOW, steps_to_half
from maxent_tf.statistics import wilson_interval

# The groups of pairs, by whether alpha and whether the scale of the bonus is above 0.
GROUPS: dict[tuple[bool, bool], str] = {
    (False, False): "neither",
    (True, False): "entropy",
    (False, True): "curiosity",
    (True, True): "both",
}
# The groups with one way to explore alone.
_ALONE = ("entropy", "curiosity")
# Every environment pays at most this much in an episode.
BEST = 1.0


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each pair of an alpha and a scale, in plain numbers.

    The score of a learner is its mean return over the whole training. Of the learners that choose,
    there is only the mean score, `chosen_by`. Everything else is of the other learners. A learner
    solves an environment when its return, the mean of five records, first reaches half of the
    largest one. The median learner has after `median` steps; None stands for never.
    """
    steps = arrays["steps"]
    for i, alpha in enumerate(sweep.alphas):
        for j, scale in enumerate(sweep.scales):
            returns = arrays["return"][:, i, j]
            scores = np.nanmean(returns, axis=0) / BEST
            reported = scores[sweep.choosing :]
            solved = steps_to_half(returns[:, sweep.choosing :], steps, BEST)
            number, median = int(np.isfinite(solved).sum()), float(np.median(solved))
            last = np.nanmean(returns[-WINDOW:, sweep.choosing :], axis=0)
            greedy = arrays["greedy"][i, j, sweep.choosing :]
            yield {
                "world": sweep.world,
                "method": sweep.method,
                "alpha": alpha,
                "scale": scale,
                "group": GROUPS[alpha > 0, scale > 0],
                "steps": int(steps[-1]),
                "seeds": sweep.seeds,
                "chosen_by": float(scores[: sweep.choosing].mean()),
                "scores": reported.tolist(),
                "score": float(reported.mean()),
                "score_interval": list(student.mean_interval(reported)),
                "solved": number,
                "solved_interval": list(wilson_interval(number, sweep.seeds)),
                "median": median if np.isfinite(median) else None,
                "last_return": float(last.mean()),
                "greedy_return": float(greedy.mean()),
                "entropy": float(arrays["entropy"][-1, i, j, sweep.choosing :].mean()),
            }


def best_pairs(found: list[Row]) -> dict[tuple[str, str], dict[str, Row]]:
    """Returns the best pair of each group, for each environment and method.

    The learners that are not reported choose. A tie goes to the smaller alpha and scale.
    """
    kept: dict[tuple[str, str], dict[str, Row]] = {}
    for (world, method, group), rows in tables.by(found, "world", "method", "group").items():
        best = max(rows, key=lambda row: row["chosen_by"])
        kept.setdefault((world, method), {})[group] = best
    return kept


def comparisons(found: list[Row]) -> list[Row]:
    """Returns what both together gain over each alone, for each environment and method.

    `over_entropy` and `over_curiosity` say how much higher the score of the best pair with both is
    than that of the best pair with one alone, with Welch's 95% intervals. `interaction` says, for
    the best pair with both, how much more the bonus gains beside the entropy than without it:
    score(alpha, scale) - score(alpha, 0) - score(0, scale) + score(0, 0). It is computed from the
    first learners of the four pairs, from their second learners, and so on. All are independent, so
    that Student's interval holds.
    """
    by_pair = {(r["world"], r["method"], r["alpha"], r["scale"]): r for r in found}
    compared = []
    for (world, method), kept in best_pairs(found).items():
        both = kept["both"]
        alone = [
            np.array(by_pair[world, method, alpha, scale]["scores"])
            for alpha, scale in ((both["alpha"], 0.0), (0.0, both["scale"]), (0.0, 0.0))
        ]
        scores = np.array(both["scores"])
        interaction = scores - alone[0] - alone[1] + alone[2]
        row: Row = {"world": world, "method": method, "alpha": both["alpha"]}
        row |= {"scale": both["scale"], "interaction": float(interaction.mean())}
        row["interaction_interval"] = list(student.mean_interval(interaction))
        for group in _ALONE:
            difference, *bounds = student.mean_difference(scores, np.array(kept[group]["scores"]))
            row |= {f"over_{group}": difference, f"over_{group}_interval": bounds}
        row["adds"] = min(row[f"over_{group}_interval"][0] for group in _ALONE) > 0
        compared.append(row)
    return compared


def conclude(results: list[Result]) -> Findings:
    """Returns the tables, the verdict and the comparisons."""
    found = [row for result in results for row in result.rows]
    compared = comparisons(found)
    chosen = [row for kept in best_pairs(found).values() for row in kept.values()]
    parts = [_table(chosen), _comparison_table(compared), _table(found)]
    return Findings(verdict(compared), "\n\n".join(parts), more={"comparisons": compared})


def _table(found: list[Row]) -> str:
    return tables.table(
        found,
        {
            "environment": lambda row: WORLDS[row["world"]],
            "bonus": lambda row: METHODS[row["method"]],
            "alpha": "{alpha:g}",
            "scale": "{scale:g}",
            "score [95% interval]": tables.interval("score", ".2f"),
            "solved": "{solved} of {seeds}",
            "share solved [95% interval]": lambda row: tables.interval("share", ".2f").format(
                share=row["solved"] / row["seeds"], share_interval=row["solved_interval"]
            ),
            "after steps, median": tables.where_known("{median:,.0f}", "median"),
            "return at the end": "{last_return:.2f}",
            "greedy return": "{greedy_return:.2f}",
        },
    )


def _comparison_table(compared: list[Row]) -> str:
    return tables.table(
        compared,
        {
            "environment": lambda row: WORLDS[row["world"]],
            "bonus": lambda row: METHODS[row["method"]],
            "best with both": "alpha {alpha:g}, scale {scale:g}",
            "over entropy alone [95% interval]": tables.interval("over_entropy", "+.3f"),
            "over curiosity alone": tables.interval("over_curiosity", "+.3f"),
            "interaction": tables.interval("interaction", "+.3f"),
        },
    )


def verdict(compared: list[Row]) -> str:
    """Returns whether both together reach more than each alone, for each environment and bonus."""
    lines = []
    for row in compared:
        said = "reach more than each alone" if row["adds"] else "do not reach more than each alone"
        gains = [tables.interval(f"over_{group}", "+.3f").format(**row) for group in _ALONE]
        lines.append(
            f"On {WORLDS[row['world']]}, entropy and {METHODS[row['method']]} together {said}: the "
            f"mean return over training is {gains[0]} above that of entropy alone, and {gains[1]} "
            f"above that of {METHODS[row['method']]} alone."
        )
    return "\n".join(lines)
