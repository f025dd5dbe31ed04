"""The constants of the experiment: which game, by which rule, and how play is examined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from experiments import frame
from maxent_tf import search
from maxent_tf.environments import ConnectFour, TicTacToe
from maxent_tf.environments.board_game import BoardGame

Game = Literal["tic_tac_toe", "connect_four"]
RuleName = Literal["puct", "regularized"]


@dataclass(frozen=True, kw_only=True)
class Sweep(frame.Sweep):
    """Learners by `AlphaZero`, examined in all positions of the game.

    Attributes:
      game: The game that the learners play; Connect Four is on a board of 4 x 4.
      rule: The rule of the search.
      simulations: The number of simulations of every search in training.
      tests: The numbers of simulations of the searches that are examined; 0 is the network alone.
      steps: The number of environment steps of each learner, over all its games.
      seeds: The number of learners, in one program.
      num_envs: The number of games of each learner at a time.
      hidden_sizes: The widths of the hidden layers of the network.
      records: The number of examinations after the first, evenly spaced.
      seed: The seed of everything that is drawn.
    """

    files: ClassVar = "{game}-{rule}"

    game: Game
    rule: RuleName
    simulations: int = 32
    tests: tuple[int, ...] = (0, 32, 128)
    steps: int = 100_000
    seeds: int = 3
    num_envs: int = 64
    hidden_sizes: tuple[int, ...] = (128, 128)
    records: int = 10
    seed: int = 0


def make_game(game: Game) -> BoardGame:
    """Returns the game of a name."""
    return TicTacToe() if game == "tic_tac_toe" else ConnectFour()


def make_rule(rule: RuleName) -> search.Rule:
    """Returns the rule of a name."""
    return search.Puct(normalize_q=False) if rule == "puct" else search.Regularized()


SWEEPS = (
    Sweep(game="tic_tac_toe", rule="puct"),
    Sweep(game="tic_tac_toe", rule="regularized"),
    Sweep(
        game="connect_four",
        rule="puct",
        tests=(0, 128),
        steps=300_000,
        seeds=1,
        num_envs=128,
        hidden_sizes=(256, 256),
        records=2,
    ),
)

_QUICK: dict[str, Any] = {
    "steps": 2_048,
    "seeds": 2,
    "records": 1,
    "hidden_sizes": (16,),
    "simulations": 4,
    "tests": (0, 4),
}


@dataclass(frozen=True, kw_only=True)
class Arguments(frame.LearnerArguments):
    """Self-play with a search, examined exactly.

    Attributes:
      games: The games to learn.
    """

    games: tuple[Game, ...] = ("tic_tac_toe", "connect_four")

    sets: ClassVar = {"games": ()}


def plan(arguments: Arguments) -> list[Sweep]:
    """Returns the sweeps to run, with the values of given flags; a quick run has one game."""
    games = arguments.games[:1] if arguments.quick else arguments.games
    return [arguments.apply(sweep, _QUICK) for sweep in SWEEPS if sweep.game in games]
