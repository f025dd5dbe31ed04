"""The analysis: from the arrays to a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import reaching, tables
from experiments.frame import Arrays, Row
from experiments.self_play.sweep import Sweep

GAMES = {"tic_tac_toe": "tic-tac-toe", "connect_four": "Connect Four on 4 x 4"}
RULES = {"puct": "PUCT", "regularized": "regularised search"}

# The share of best moves that the experiment asks for.
LEVEL = 0.99


def rows(sweep: Sweep, arrays: Arrays) -> Iterator[Row]:
    """Yields a row for each way to play, by the network alone or with a search."""
    for i, simulations in enumerate(sweep.tests):
        first, second = arrays["first"][:, i], arrays["second"][:, i]
        good = (arrays["optimal"][:, i] >= LEVEL) & (np.minimum(first, second) >= 0)
        yield {
            "game": sweep.game,
            "rule": sweep.rule,
            "simulations": simulations,
            "seeds": sweep.seeds,
            "positions": int(arrays["positions"]),
            "seconds": float(arrays["seconds"]),
            "untrained_optimal": float(arrays["optimal"][0, i].mean()),
            "untrained_loses": bool(min(first[0].min(), second[0].min()) < 0),
            "optimal": arrays["optimal"][-1, i].tolist(),
            "optimal_mean": float(arrays["optimal"][-1, i].mean()),
            "mistakes": arrays["mistakes"][-1, i].tolist(),
            "unbeaten_first": int(np.sum(first[-1] >= 0)),
            "unbeaten_second": int(np.sum(second[-1] >= 0)),
            "unbeaten": int(np.sum(np.minimum(first[-1], second[-1]) >= 0)),
            "good": int(good[-1].sum()),
            "steps_until_good": [reaching.for_good(x, arrays["steps"]) for x in good.T],
        }


def table(found: list[Row]) -> str:
    """Returns the rows as a table for people."""
    return tables.table(
        found,
        {
            "game": lambda row: GAMES[row["game"]],
            "rule": lambda row: RULES[row["rule"]],
            "simulations": "{simulations}",
            "best moves, untrained": "{untrained_optimal:.2%}",
            "best moves, trained": "{optimal_mean:.2%}",
            "mistakes": lambda row: ", ".join(f"{n:.0f}" for n in row["mistakes"]),
            "lose no line": "{unbeaten} of {seeds}",
            "training, s": "{seconds:.0f}",
        },
    )


def verdict(found: list[Row]) -> str:
    """Returns what the learners can do, in sentences made from the rows."""
    return "\n".join(
        line for game, mine in tables.by(found, "game").items() for line in _of_game(game, mine)
    )


def _of_game(game: str, found: list[Row]) -> Iterator[str]:
    name = GAMES[game]
    searching = [row for row in found if row["simulations"]]
    best = max(searching, key=lambda row: (row["good"], row["optimal_mean"]))
    yield (
        f"In {name}, {best['good']} of {best['seeds']} learners by {RULES[best['rule']]} with "
        f"{best['simulations']} simulations a move lose in no line of play and play a best move in "
        f"at least {LEVEL:.0%} of the {best['positions']:,} undecided positions."
    )
    loses = " and loses in some line" if best["untrained_loses"] else ""
    yield (
        f"They play a best move in {best['optimal_mean']:.2%} of the positions. The same search "
        f"with an untrained network does so in {best['untrained_optimal']:.2%}{loses}."
    )
    for row in found:
        if not row["simulations"]:
            yield (
                f"Alone, the network of {RULES[row['rule']]} plays a best move in "
                f"{row['optimal_mean']:.2%}, and {row['unbeaten']} of {row['seeds']} lose in no "
                "line."
            )
