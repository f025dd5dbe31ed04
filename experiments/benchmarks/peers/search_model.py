"""The models of the benchmark of search, for every library. This module needs only NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

EMBEDDING, WIDTH = 64, 256
DISCOUNT = 0.99
#: The number that the results of `numbers` stay below.
MODULUS = 65537


def numbers(state: Any, action: Any, index: Any) -> tuple[Any, Any]:
    """Takes a step of a pseudo-random game.

    Arrays of any library will do, because the function needs only their operators.

    Args:
      state: [B], int32, the states.
      action: [B], int32, the actions.
      index: [1, N], int32, the integers 0 .. N - 1.

    Returns:
      The next states, and N integers of each next state, [B, N], below `MODULUS`.
    """
    state = (state * 31 + action) % 65521
    return state, (state[:, None] * 75 + index * 7919) % MODULUS


def weights(actions: int) -> list[np.ndarray]:
    """Returns the kernels of the layers of a network with two hidden layers, float32.

    The input of the network is an embedding and a one-hot action. Its output is a reward, a value,
    the logits of all actions and an embedding.
    """
    rng = np.random.default_rng(0)
    sizes = [EMBEDDING + actions, WIDTH, WIDTH, 2 + actions + EMBEDDING]
    return [
        (rng.normal(size=shape) / np.sqrt(shape[0])).astype(np.float32)
        for shape in itertools.pairwise(sizes)
    ]


def root_logits(roots: int, actions: int) -> np.ndarray:
    """Returns the logits of the priors of the roots, [B, A], float32: no two are equal."""
    return np.random.default_rng(2).normal(size=[roots, actions]).astype(np.float32)


def embeddings(roots: int) -> np.ndarray:
    """Returns the embeddings of the roots for the network, [B, EMBEDDING], float32."""
    return np.random.default_rng(1).uniform(-1, 1, [roots, EMBEDDING]).astype(np.float32)
