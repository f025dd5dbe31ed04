"""NumPy's integers may stand wherever Python's may. Oracle: the same with Python's, to the bit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx

E, L, N = mx.environments, mx.learners, mx.networks
Number = Callable[[int], Any]


def train_in_graph(n: Number) -> Any:
    world = E.CartPole(max_episode_steps=n(20))
    config = L.SoftDQNConfig(
        hidden_sizes=(n(4),), batch_size=n(8), replay_capacity=n(60), learning_starts=n(8),
        n_step=n(2), target_period=n(2), priorities=mx.replay.Priorities(),
    )  # fmt: skip
    learner = L.SoftDQN(world.spec, config, [n(2)])
    result = mx.train(
        learner, world, n(30), num_envs=n(2), records=n(2), seed=n(3), compile="graph"
    )
    evaluated = mx.evaluate(learner, result.state, world, n(2), seed=n(1))
    return result.state, evaluated.returns


def train_on_the_host(n: Number) -> Any:
    config = L.PPOConfig(
        hidden_sizes=(), memory_size=n(3), rollout_length=n(4), num_epochs=n(1),
        num_minibatches=n(2),
    )  # fmt: skip
    learner = L.PPO(mx.gymnasium_spec("CartPole-v1"), config)
    return mx.train(learner, "CartPole-v1", n(10), num_envs=n(2), seed=n(3), compile="graph").state


MADE: dict[str, Callable[[Number], Any]] = {
    "training in the graph": train_in_graph,
    "training on the host": train_on_the_host,
    "grid": lambda n: E.GridWorld(n(4), (n(0), n(0)), {(n(3), n(2)): 1.0}).next_state,
    "deep sea": lambda n: E.DeepSea(n(5)).next_state,
    "door key": lambda n: E.DoorKey(n(6)).reset([n(2)], n(0))[0],
    "chain": lambda n: E.Chain(n(6)).next_state,
    "replay": lambda n: mx.replay.UniformReplay(E.CartPole().spec, n(9), [n(2)], n(2), n(3)).size,
    "prioritised": lambda n: mx.replay.PrioritizedReplay(E.CartPole().spec, n(9), [n(2)]).size,
    "connect four": lambda n: E.ConnectFour(n(3), n(4), n(3)).reset([n(2)], n(0))[1],
    "synthetic tree": lambda n: E.SyntheticTree(n(2), n(3), tree_seed=n(1)).leaves,
    "convolution": lambda n: N.Convolution((n(9), n(8), n(1)), (n(3),), (n(2),), (n(1),)).init(
        tf.constant([0, 1]), (n(2),)
    ),
    "ensemble": lambda n: N.Ensemble(N.MLP(n(2), (n(3),), n(1)), n(2)).init(
        tf.constant([0, 1]), ()
    ),
    "sample": lambda n: mx.distributions.SquashedGaussian([0.0], [1.0]).sample(n(3), seed=n(5)),
    "schedule": lambda n: mx.temperature.linear(1.0, 0.0, n(7))(n(3)),
}


@pytest.mark.parametrize("name", MADE)
def test_numpys_integers_are_taken_for_pythons(name: str) -> None:
    numpy, python = (MADE[name](number) for number in (np.int64, int))
    tf.nest.map_structure(np.testing.assert_array_equal, numpy, python)
