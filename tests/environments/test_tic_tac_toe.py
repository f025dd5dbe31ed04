"""Tic-tac-toe against a game in plain Python."""

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.environments import TicTacToe

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def test_random_games_are_those_of_plain_python() -> None:
    # Oracle: a board as a list, with the eight lines written out; 200 random games.
    env, rng, games = TicTacToe(), np.random.default_rng(0), 200
    state, timestep = env.reset([games], 0)
    boards, over = [[0] * 9 for _ in range(games)], [False] * games
    wins = draws = 0
    for turn in range(9):
        player = 1 if turn % 2 == 0 else 2
        mask = timestep.observation["action_mask"].numpy()
        action = np.array([rng.choice(np.flatnonzero(row)) for row in mask], np.int32)
        state, timestep = env.step(state, tf.constant(action), 0)
        for g in range(games):
            won = False
            if not over[g]:
                assert boards[g][action[g]] == 0
                boards[g][action[g]] = player
                won = any(all(boards[g][c] == player for c in line) for line in LINES)
                over[g] = won or 0 not in boards[g]
                wins, draws = wins + won, draws + (over[g] and not won)
            assert timestep.reward[g] == won
            assert timestep.terminated[g] == over[g]
    assert all(over)
    assert wins
    assert draws


def test_two_players_are_in_the_specification() -> None:
    # Oracle: the rules; nine cells, of which each belongs to one of the players or to nobody.
    spec = TicTacToe().spec
    assert (spec.num_players, spec.action) == (2, mx.specs.Discrete(9))
