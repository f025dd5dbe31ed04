"""Tabular learners on random trajectories: what the tests of on-policy learners share.

S states seen one-hot, A actions, learners of batch shape P.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.distributions import log_likelihood
from maxent_tf.learners import A2C, PPO, ActorCriticState, Known
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

S, A = 5, 3
SPEC = EnvironmentSpec(Box.of((S,), 0.0, 1.0), Discrete(A))
P = (2, 3)


def random_tables(learner: A2C | PPO, seed: int = 0) -> ActorCriticState:
    rng = np.random.default_rng(seed)
    return learner.init(0)._replace(
        actor=tf.constant(rng.normal(size=(*P, S, A)), tf.float32),
        critic=tf.constant(rng.normal(size=(*P, S, 1)), tf.float32),
    )


def random_batch(length: int, worlds: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Trajectories [T, *P, B] of states and actions, with ends of both kinds and placeholders.

    A placeholder follows an end, as in Gymnasium's next-step autoreset.
    """
    rng = np.random.default_rng(seed)
    shape = (length, *P, worlds)
    kind = rng.choice(["goes on", "terminated", "truncated"], p=[0.6, 0.2, 0.2], size=shape)
    after_end = np.zeros(shape, bool)
    after_end[1:] = (kind[:-1] != "goes on") & (rng.random(shape)[1:] < 0.5)
    after_end[1:] &= ~after_end[:-1]
    kind[after_end] = "goes on"
    return {
        "s": rng.integers(S, size=shape),
        "a": rng.integers(A, size=shape),
        "r": np.where(after_end, 0, rng.normal(size=shape)),
        "s_next": rng.integers(S, size=shape),
        "terminated": kind == "terminated",
        "truncated": kind == "truncated",
        "valid": ~after_end,
    }


def as_transition(batch: dict[str, np.ndarray]) -> Transition:
    return Transition(
        observation=tf.one_hot(batch["s"], S),
        action=tf.constant(batch["a"], tf.int32),
        reward=tf.constant(batch["r"], tf.float32),
        next_observation=tf.one_hot(batch["s_next"], S),
        terminated=tf.constant(batch["terminated"]),
        truncated=tf.constant(batch["truncated"]),
        valid=tf.constant(batch["valid"]),
    )


def acted_in(learner: Any, state: Any, batch: Transition) -> Transition:
    """A trajectory with what the learner would have known of its actions in a state."""
    likely = [
        log_likelihood(learner.policy(state, observation), action)
        for observation, action in zip(batch.observation, batch.action, strict=True)
    ]
    return batch._replace(extras=Known(log_prob=tf.stack(likely)))


def softmax(logits: np.ndarray) -> np.ndarray:
    weight = np.exp(logits - logits.max(-1, keepdims=True))
    return weight / weight.sum(-1, keepdims=True)


def advantages_by_hand(
    batch: dict[str, np.ndarray], v: np.ndarray, bonus: np.ndarray, gamma: float, lambda_: float
) -> np.ndarray:
    """One learner's advantages [T, B] by a triple loop; `bonus` [S] is added to the rewards."""
    length, worlds = batch["r"].shape
    result = np.zeros((length, worlds))
    for b in range(worlds):
        for t in range(length):
            # A_t = sum_k (gamma lambda)^k delta_{t+k}, up to the end of the episode.
            weight = 1.0
            for k in range(t, length):
                s = batch["s"][k, b]
                after = 0.0 if batch["terminated"][k, b] else v[batch["s_next"][k, b]]
                result[t, b] += weight * (batch["r"][k, b] + bonus[s] + gamma * after - v[s])
                if batch["terminated"][k, b] or batch["truncated"][k, b]:
                    break
                weight *= gamma * lambda_
    return result
