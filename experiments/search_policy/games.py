"""Searches in tic-tac-toe, where values change as the tree grows: the setting of AlphaZero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from maxent_tf import draws, search
from maxent_tf.environments import TicTacToe
from maxent_tf.seeds import as_seed
from maxent_tf.tabular import GameSolution, solve_game

# A position with fewer moves leaves a search no choice worth following.
_LEAST_MOVES = 3


class Evaluator:
    """Priors and values of tic-tac-toe, without training.

    The prior is softmax(2 W x) and a random value tanh(2 w x), for the observation x and fixed
    random weights whose products with x have a variance of about 1.

    Args:
      env: The environment of the game.
      solution: The solution of the game, which gives the values; None for random values.
      seed: [2], int32, the seed of the weights.
    """

    batch_shape = ()

    def __init__(self, env: TicTacToe, solution: GameSolution | None, seed: tf.Tensor) -> None:
        weights = draws.normal([2 * env.num_cells, env.spec.action.num_values + 1], seed)
        self._weights = weights * 2 / np.sqrt(env.num_cells)
        self._places = 3 ** np.arange(env.num_cells)
        self._values = None
        if solution is not None:
            values = np.zeros(3**env.num_cells)
            values[self._code(solution.observation).numpy()] = solution.value
            self._values = tf.constant(values, tf.float32)

    def policy(self, state: Any, observation: Any) -> Any:
        """Returns the prior, a categorical distribution."""
        del state
        logits = observation["board"] @ self._weights[:, :-1]
        return tfp.distributions.Categorical(logits=logits)

    def value(self, state: Any, observation: Any) -> tf.Tensor:
        """Returns the values, in [-1, 1], for the player to move."""
        del state
        if self._values is None:
            return tf.tanh(observation["board"] @ self._weights[:, -1:])[..., 0]
        return tf.gather(self._values, self._code(observation))

    def _code(self, observation: Any) -> tf.Tensor:
        """Returns a number for each position: its cells are digits of base 3."""
        own, other = tf.split(tf.cast(observation["board"], tf.int32), 2, axis=-1)
        return tf.reduce_sum((own + 2 * other) * self._places, axis=-1)


class Game:
    """Random positions of tic-tac-toe. It has the methods of `Nodes`, whose letters hold here.

    Args:
      roots: The number of positions.
      exact: Whether the search evaluates positions by their exact values instead of random ones.
      rng: The generator that draws the positions.
      seed: An integer, the seed of the evaluator and the searches.

    Attributes:
      evaluator: The evaluator of positions in the searches.
      state: The positions: arrays [R, ...] in the structure of states.
      observation: The observations of the players in the positions.
      legal: [R, A], bool, the legal moves.
    """

    def __init__(self, roots: int, exact: bool, rng: np.random.Generator, seed: int) -> None:
        evaluator_seed, self._seed = tf.unstack(draws.split(as_seed(seed), 2))
        self._env = TicTacToe()
        solution = solve_game(self._env)
        self.evaluator = Evaluator(self._env, solution if exact else None, evaluator_seed)
        moves = np.sum(solution.child >= 0, axis=-1)
        positions = rng.choice(np.flatnonzero(moves >= _LEAST_MOVES), roots, replace=False)
        self.state, self.observation = tf.nest.map_structure(
            lambda x: x[positions], (solution.state, solution.observation)
        )
        self.legal = solution.child[positions] >= 0

    def puct(self, constants: np.ndarray, counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Searches by PUCT with values scaled to [0, 1], and finds the policy at each root.

        Args:
          constants: [S, R], the constants of PUCT.
          counts: [K], the numbers of simulations after which to look.

        Returns:
          The visits and the policies, [K, S, R, A] each.
        """
        return self._searched(constants, counts, by_policy=False)

    def regularized(self, constants: np.ndarray, counts: Sequence[int]) -> np.ndarray:
        """Searches by the regularised policy, and returns it, [K, S, R, A]."""
        return self._searched(constants, counts, by_policy=True)[1]

    def _searched(
        self, constants: np.ndarray, counts: Sequence[int], by_policy: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        model = search.world_model(self._env, self.evaluator, discount=1.0)

        @tf.function(jit_compile=True, autograph=False)
        def searched(state: Any, observation: Any, constant: tf.Tensor) -> Any:
            rule = search.Regularized(constant, search=by_policy)
            root, mask = search.world_root(self._env, self.evaluator, (), state, observation)
            grown = search.search(
                model,
                (),
                root,
                counts[-1],
                rule,
                mask=mask,
                trace=lambda at: (at.visits, rule.policy(at)),
                seed=self._seed,
            )
            return [tf.gather(x, np.array(counts) - 1, axis=1) for x in grown.trace]

        settings = len(constants)
        state, observation = tf.nest.map_structure(
            lambda x: tf.constant(np.concatenate([x] * settings)), (self.state, self.observation)
        )
        found = searched(state, observation, tf.constant(constants.reshape(-1, 1), tf.float32))
        # [S R, K, A] to [K, S, R, A].
        shape = (*constants.shape, len(counts), -1)
        visits, policy = (np.moveaxis(x.numpy().reshape(shape), 2, 0) for x in found)
        return visits, policy
