"""The models of the benchmark of search, as every library is given them: this needs only NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

EMBEDDING, WIDTH = 64, 256
DISCOUNT = 0.99
#: What `numbers` are out of.
MODULUS = 65537


def numbers(state: Any, action: Any, index: Any) -> tuple[Any, Any]:
    """Takes a step of a pseudo-random game.

    Arrays of any library will do: the function needs only their operators.

    Args:
      state: [B], int32.
      action: [B], int32.
      index: [1, N], int32, the integers 0 .. N - 1.

    Returns:
      The state that follows, and N integers [B, N] of that state, below `MODULUS`.
    """
    state = (state * 31 + action) % 65521
    return state, (state[:, None] * 75 + index * 7919) % MODULUS


def weights(actions: int) -> list[np.ndarray]:
    """Returns the layers' kernels of a network with two hidden layers, float32.

    Its input is an embedding and an action of one hot; its output are a reward, a value, logits of
    all actions and an embedding.
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
