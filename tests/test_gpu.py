"""The same programs on a GPU: run with `pytest -m gpu`; skipped where TensorFlow sees none."""

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not tf.config.list_physical_devices("GPU"), reason="TensorFlow sees no GPU"),
]


def test_a_batch_of_learners_trains_on_the_gpu() -> None:
    # Oracle: Boltzmann's policy, softmax(r / alpha), is the optimum of a bandit with an entropy
    # bonus; and the parameters' own device.
    means = np.float32([1.0, 0.9, 0.1])
    alphas = np.float32([[0.3], [1.0]])
    world = mx.environments.Bandit(means)
    config = mx.learners.A2CConfig(
        network="table",
        rollout_length=1,
        max_grad_norm=None,
        actor_optimizer=mx.optimizers.SGD(0.05),
        critic_optimizer=mx.optimizers.SGD(0.1),
        alpha=alphas,
    )
    learner = mx.learners.A2C(world.spec, config, batch_shape=(2, 8))
    result = mx.train(learner, world, 64 * 4000, num_envs=64)
    assert "GPU" in result.state.actor.device
    logits = result.state.actor[..., 0, :]
    expected = tf.nn.softmax(means / alphas)[:, None]
    np.testing.assert_allclose(
        tf.nn.softmax(logits), np.broadcast_to(expected, (2, 8, 3)), atol=0.05
    )


def test_sac_updates_agree_with_the_cpu() -> None:
    # Oracle: the CPU. TF32 products keep 10 bits of the mantissa.
    world = mx.environments.ContinuousTrap()
    config = mx.learners.SACConfig(
        hidden_sizes=(32, 32), replay_capacity=500, learning_starts=10, alpha=0.2
    )
    losses = []
    for device in ("/CPU:0", "/GPU:0"):
        with tf.device(device):
            learner = mx.learners.SAC(world.spec, config, batch_shape=(4,))
            result = mx.train(learner, world, 30, records=1, compile="graph")
        losses.append(result.history["critic_loss"][-1])
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.05, atol=0.02)
