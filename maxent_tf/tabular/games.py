"""Exact solutions of games and other deterministic environments that always end."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import tensorflow as tf

from maxent_tf import specs
from maxent_tf.environments import Environment
from maxent_tf.networks import features
from maxent_tf.types import TimeStep


class GameSolution(NamedTuple):
    """The values of all positions that legal play can reach.

    Positions are in the order of the number of moves that lead to them; position 0 is the start.
    `S` is their number.

    Attributes:
      state: The states of the environment: arrays [S, ...] in its structure.
      observation: What the player to move observes: arrays [S, *O], or a dict of such.
      value: [S], float64, the value for the player to move, with best play; 0 after the end.
      q: [S, A], float64, the value of each move for the player who makes it; -inf if it is illegal
        or the position is decided.
      child: [S, A], int64, the position that each move leads to; -1 if it is illegal or the
        position is decided.
      terminated: [S], bool, whether the position is decided.
    """

    state: Any
    observation: Any
    value: np.ndarray
    q: np.ndarray
    child: np.ndarray
    terminated: np.ndarray

    @property
    def optimal(self) -> np.ndarray:
        """Which moves are best, [S, A], bool; none where the position is decided."""
        best = np.max(self.q, axis=-1, keepdims=True)
        return (self.q == best) & ~self.terminated[:, None]


def solve_game(env: Environment, *, max_positions: int = 10_000_000) -> GameSolution:
    """Solves a game by retrograde analysis: all positions forwards, then their values backwards.

    The value of a move is its reward plus the value of what follows, which counts negatively if the
    game has two players. Rewards must be whole numbers or exact in float64 for ties to be exact.

    Args:
      env: The environment. It must be deterministic, have one start, and end after a bounded number
        of moves; its actions must be discrete.
      max_positions: The largest number of positions to hold in memory.

    Raises:
      ValueError: If actions are not discrete, or there are more positions than allowed.

    References:
      K. Thompson (1986), "Retrograde analysis of certain endgames", ICCA Journal 9 (3)

    >>> from maxent_tf.environments import TicTacToe
    >>> solution = solve_game(TicTacToe())
    >>> len(solution.value), float(solution.value[0])
    (5478, 0.0)
    """
    if not isinstance(env.spec.action, specs.Discrete):
        raise ValueError(f"env must have discrete actions to be solved, not {env.spec.action}.")
    sign = -1.0 if env.spec.num_players == 2 else 1.0
    start, timestep = env.reset([1], 0)
    layers = [_layer(env, start, timestep)]
    moves: list[_Moves] = []
    while not np.all(layers[-1].terminated):
        made, layer = _next_layer(env, layers[-1])
        moves.append(made)
        layers.append(layer)
        found = sum(len(each.terminated) for each in layers)
        if found > max_positions:
            raise ValueError(
                f"env has more than max_positions={max_positions} positions ({found} after "
                f"{len(moves)} moves): allow more, or solve a smaller game."
            )
    return _backwards(layers, moves, sign)


class _Layer(NamedTuple):
    """The positions after one number of moves; arrays with one row for each."""

    state: Any
    observation: Any
    terminated: np.ndarray
    legal: np.ndarray


class _Moves(NamedTuple):
    """The legal moves of a layer: from which position, by which action, to which of the next."""

    position: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    child: np.ndarray


def _layer(env: Environment, state: Any, timestep: TimeStep) -> _Layer:
    observation = timestep.observation
    return _Layer(state, observation, timestep.terminated.numpy(), _legal(env, observation))


def _legal(env: Environment, observation: Any) -> np.ndarray:
    mask = features.action_mask(env.spec.observation, observation)
    if mask is None:
        actions = cast("specs.Discrete", env.spec.action).num_values
        return np.ones([tf.nest.flatten(observation)[0].shape[0], actions], bool)
    return mask.numpy()


def _next_layer(env: Environment, layer: _Layer) -> tuple[_Moves, _Layer]:
    """Makes every legal move, and merges what leads to the same position."""
    position, action = np.nonzero(layer.legal & ~layer.terminated[:, None])
    before = tf.nest.map_structure(lambda x: tf.gather(x, position), layer.state)
    state, timestep = env.step(before, tf.constant(action, tf.int32), 0)
    columns = [x.numpy().reshape(len(action), -1) for x in tf.nest.flatten(state)]
    whole = np.concatenate([x.astype(np.float64) for x in columns], axis=-1)
    # Rows as bytes sort much faster than rows of numbers.
    row = np.dtype((np.void, whole.itemsize * whole.shape[1]))
    # Adding 0 turns -0 into 0.
    rows = np.ascontiguousarray(whole + 0.0).view(row).ravel()
    _, first, child = np.unique(rows, return_index=True, return_inverse=True)
    merged, seen = (
        tf.nest.map_structure(lambda x: tf.gather(x, first), structure)
        for structure in (state, timestep)
    )
    moves = _Moves(position, action, timestep.reward.numpy().astype(np.float64), child.ravel())
    return moves, _layer(env, merged, seen)


def _backwards(layers: list[_Layer], moves: list[_Moves], sign: float) -> GameSolution:
    offsets = np.cumsum([0] + [len(layer.terminated) for layer in layers])
    actions = layers[0].legal.shape[1]
    q = np.full([offsets[-1], actions], -np.inf)
    child = np.full([offsets[-1], actions], -1)
    value = np.zeros(offsets[-1])
    for t in reversed(range(len(moves))):
        made, rows = moves[t], slice(offsets[t], offsets[t + 1])
        following = offsets[t + 1] + made.child
        at = offsets[t] + made.position, made.action
        q[at] = made.reward + sign * value[following]
        child[at] = following
        best = np.max(q[rows], axis=-1)
        value[rows] = np.where(layers[t].terminated, 0.0, best)
    state, observation = tf.nest.map_structure(
        lambda *x: np.concatenate(x), *((layer.state, layer.observation) for layer in layers)
    )
    return GameSolution(
        state=state,
        observation=observation,
        value=value,
        q=q,
        child=child,
        terminated=np.concatenate([layer.terminated for layer in layers]),
    )
