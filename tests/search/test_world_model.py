"""Environments as models: a learner's network, a game, batches of learners."""

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

import maxent_tf as mx

PUCT = mx.search.Puct(noise_fraction=0.0, normalize_q=False)


class Ignorant:
    """Knows nothing: uniform priors over legal moves and values of 0."""

    batch_shape = ()

    def policy(self, state: Any, observation: Any) -> Any:
        legal = observation["action_mask"] == 1
        return tfd.Categorical(logits=tf.where(legal, 0.0, -np.inf))

    def value(self, state: Any, observation: Any) -> tf.Tensor:
        return tf.zeros(observation["action_mask"].shape[:-1])


def test_a_search_in_a_game_finds_the_only_moves() -> None:
    # Oracle: the exact solver. Positions with one best move and 4 empty cells or fewer, whose trees
    # are small enough to be searched almost whole.
    env = mx.environments.TicTacToe()
    solution = mx.tabular.solve_game(env)
    few = np.sum(solution.state.board == 0, -1) <= 4
    positions = np.flatnonzero(few & (solution.optimal.sum(-1) == 1))[:200]
    world = tf.nest.map_structure(lambda x: tf.constant(x[positions]), solution.state)
    mask = world.board == 0
    root = mx.search.Root(tf.zeros([200, 9]), tf.zeros([200]), world)
    model = mx.search.world_model(env, Ignorant(), discount=1.0)

    @tf.function(autograph=False, jit_compile=True)
    def search() -> Any:
        return mx.search.search(model, (), root, 200, PUCT, mask=mask, seed=0)

    found = mx.search.summary(search())
    best = np.argmax(solution.q[positions], -1)
    assert np.mean(np.argmax(found.visits, -1) == best) == 1
    assert np.max(np.abs(found.value - solution.value[positions])) < 0.3


def test_learners_of_a_batch_search_with_their_own_networks() -> None:
    # Oracle: the environment's step and each learner's own policy and value.
    env = mx.environments.DeepSea(4)
    config = mx.learners.A2CConfig(hidden_sizes=(5,))
    learner = mx.learners.A2C(env.spec, config, batch_shape=[2])
    params = learner.init(0)
    world, timestep = env.reset([6], 0)
    root, mask = mx.search.world_root(env, learner, params, world, timestep.observation)
    assert mask is None
    model = mx.search.world_model(env, learner, discount=0.9)
    action = tf.constant([0, 1, 1, 0, 1, 0])
    step, after = model(params, world, action, tf.constant([0, 0]))
    stepped, expected = env.step(world, action, 0)
    np.testing.assert_array_equal(after.index, stepped.index)
    np.testing.assert_array_equal(step.reward, expected.reward)
    np.testing.assert_allclose(step.discount, np.full(6, 0.9))
    seen = tf.reshape(expected.observation, [2, 3, -1])
    np.testing.assert_allclose(step.value, tf.reshape(learner.value(params, seen), [6]))
    logits = learner.policy(params, seen).logits_parameter()
    np.testing.assert_allclose(step.prior_logits, tf.reshape(logits, [6, 2]))
    assert np.any(root.prior_logits[0] != root.prior_logits[3])
