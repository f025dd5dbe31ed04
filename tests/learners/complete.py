"""A small world all of whose transitions are one batch, so that updates follow exact operators."""

from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import Learner
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

# Deterministic: three states and the terminal one, three actions.
S, A, GAMMA = 4, 3, 0.8
NEXT = np.array([[1, 2, 0], [2, 0, 3], [3, 1, 2], [3, 3, 3]])
REWARD = np.array([[0.0, -0.4, 0.3], [0.5, 0.2, 1.0], [0.4, -1.0, 0.0], [0.0, 0.0, 0.0]])
MDP = mx.tabular.TabularMDP(np.eye(S)[NEXT], REWARD, GAMMA, np.eye(S)[0])
SPEC = EnvironmentSpec(Box.of((S,), 0.0, 1.0), Discrete(A))
STATES = tf.eye(S)[: S - 1]  # as observations, without the terminal one


def every_transition(learners: int) -> Transition:
    """What can happen before the end, once each, for every learner: [learners, 9, ...].

    One of the transitions that do not end an episode is truncated, which must make no difference.
    """
    state, action = (x.ravel() for x in np.indices((S - 1, A)))
    following = NEXT[state, action]
    transition = Transition(
        observation=tf.one_hot(state, S),
        action=tf.constant(action, tf.int32),
        reward=tf.constant(REWARD[state, action], tf.float32),
        next_observation=tf.one_hot(following, S),
        terminated=tf.constant(following == S - 1),
        truncated=tf.constant(np.arange(state.size) == 0),
        valid=tf.ones(state.shape, tf.bool),
    )
    return tf.nest.map_structure(lambda x: tf.repeat(x[None], learners, axis=0), transition)


def after_updates(learner: Learner, updates: int) -> Any:
    """The state of a fresh learner of batch shape [n] after updates on all transitions."""
    batch = every_transition(*learner.batch_shape)

    @tf.function(autograph=False)
    def run(state: Any) -> Any:
        def body(i: tf.Tensor, state: Any) -> Any:
            return i + 1, learner.update(state, batch, seed=tf.constant([0, 0])).state

        return tf.while_loop(lambda i, _: i < updates, body, (0, state))[1]

    return run(learner.init(0))
