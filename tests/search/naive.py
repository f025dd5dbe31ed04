"""A pseudo-random game as a model, in TensorFlow and NumPy alike, and searches in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import maxent_tf as mx


def numbers(xp: Any, state: Any, action: Any, actions: int, dtype: Any) -> tuple[Any, ...]:
    """The next state of the game, A + 4 random numbers in [0, 1) of that state, and their bits."""
    state = (state * 31 + action * 17 + 5) % 65521
    bits = (state[..., None] * 75 + xp.range(actions + 4) * 7919 + 11) % 65537
    return state, xp.cast(bits, dtype) / 65537, bits


class Numpy:
    """The functions of TensorFlow that `numbers` uses."""

    range = staticmethod(np.arange)
    cast = staticmethod(lambda x, dtype: np.asarray(x, dtype))


class Answer(NamedTuple):
    """What the game answers to one action, in NumPy."""

    reward: float
    discount: float
    logits: np.ndarray
    value: float
    mask: np.ndarray
    state: int


def answer(state: int, action: int, actions: int) -> Answer:
    after, u, bits = numbers(Numpy, np.asarray(state), action, actions, np.float64)
    mask = (bits[4:] % 4 != 0) | (np.arange(actions) == bits[0] % actions)
    discount = 0.0 if bits[2] % 16 == 0 else 0.99 if bits[3] % 2 == 0 else -0.99
    return Answer(u[0] - 0.5, discount, 2 * u[4:], 2 * u[1] - 1, mask, int(after))


def model(actions: int, dtype: tf.DType = tf.float64) -> Callable[..., Any]:
    """Returns the game as a model.

    A quarter of the actions is illegal, and one state of 16 is final. Of the other states, the
    other player moves in half.
    """

    def step(params: Any, state: Any, action: Any, seed: Any) -> tuple[mx.search.ModelStep, Any]:
        after, u, bits = numbers(tf, state, action, actions, dtype)
        mask = (bits[:, 4:] % 4 != 0) | (tf.range(actions) == bits[:, :1] % actions)
        signs = tf.gather(tf.constant([0.99, -0.99], dtype), bits[:, 3] % 2)
        discount = tf.where(bits[:, 2] % 16 == 0, tf.zeros_like(signs), signs)
        answer = mx.search.ModelStep(u[:, 0] - 0.5, discount, 2 * u[:, 4:], 2 * u[:, 1] - 1, mask)
        return answer, after

    return step


def roots(batch: int, actions: int, dtype: tf.DType = tf.float64) -> tuple[mx.search.Root, Any]:
    """Roots of the game, and the masks of their legal actions."""
    step, after = model(actions, dtype)(None, tf.range(batch), tf.zeros([batch], tf.int32), None)
    return mx.search.Root(step.prior_logits, step.value, after), step.mask


def softmax(logits: np.ndarray, mask: np.ndarray) -> np.ndarray:
    weight = np.where(mask, np.exp(logits - logits.max()), 0)
    return weight / weight.sum()


class Tree:
    """A node of PUCT, with its children."""

    def __init__(self, answer: Answer, depth: int = 0) -> None:
        self.prior, self.value = softmax(answer.logits, answer.mask), answer.value
        self.legal, self.state, self.depth = answer.mask, answer.state, depth
        self.n, self.w = np.zeros(len(self.prior)), np.zeros(len(self.prior))
        self.children: dict[int, tuple[Tree, float, float]] = {}

    def q(self) -> np.ndarray:
        return np.where(self.n > 0, self.w / np.maximum(self.n, 1), 0)

    def choose(self, normalize: bool) -> int:
        q = self.q()
        mean = (self.value + self.w.sum()) / (1 + self.n.sum())
        low, high = (f([mean, *q[self.n > 0]]) for f in (min, max))
        if normalize:
            q = np.where(self.n > 0, (q - low) / max(high - low, 1e-8), 0)
        total = self.n.sum() + 1
        c = 1.25 + math.log((total + 19652 + 1) / 19652)
        score = q + c * math.sqrt(total) * self.prior / (1 + self.n)
        return int(np.argmax(np.where(self.legal, score, -np.inf)))


class Uct(Tree):
    """A node of UCT, Kocsis and Szepesvári (2006)."""

    def choose(self, normalize: bool) -> int:
        untried = np.flatnonzero(self.legal & (self.n == 0))
        if len(untried):
            return int(untried[0])
        total = self.n.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            score = self.w / self.n + 0.7 * np.sqrt(math.log(total) / self.n)
        return int(np.argmax(np.where(self.legal, score, -np.inf)))


def grow(root: Tree, simulations: int, max_depth: int | None, normalize: bool = True) -> Tree:
    """Silver et al. (2018), one simulation after the other, by recursion."""

    def simulate(node: Tree) -> float:
        action = node.choose(normalize)
        if action in node.children:
            child, reward, discount = node.children[action]
            value = simulate(child)
        else:
            found = answer(node.state, action, len(node.n))
            reward, discount, value = found.reward, found.discount, found.value
            if discount != 0 and (max_depth is None or node.depth + 1 < max_depth):
                child = type(node)(found, node.depth + 1)
                node.children[action] = (child, reward, discount)
        value = reward + discount * value
        node.n[action] += 1
        node.w[action] += value
        return value

    for _ in range(simulations):
        simulate(root)
    return root
