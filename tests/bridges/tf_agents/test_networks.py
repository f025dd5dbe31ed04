"""The projection to our squashed Gaussian, and the entropy that TF-Agents' PPO gets from it."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

from tf_agents.agents.ppo.ppo_clip_agent import PPOClipAgent
from tf_agents.agents.sac.tanh_normal_projection_network import TanhNormalProjectionNetwork
from tf_agents.networks.actor_distribution_network import ActorDistributionNetwork
from tf_agents.networks.normal_projection_network import NormalProjectionNetwork
from tf_agents.networks.value_network import ValueNetwork
from tf_agents.specs import BoundedTensorSpec, TensorSpec
from tf_agents.trajectories import time_step
from tf_agents.utils import common

from maxent_tf.bridges.tf_agents import SquashedGaussianProjectionNetwork

ALPHA = 0.1
LOW, HIGH = np.array([-1.0, 0.0]), np.array([1.0, 3.0])
ACTION_SPEC = BoundedTensorSpec((2,), tf.float32, LOW, HIGH, "action")
OBSERVATION_SPEC = TensorSpec((3,), tf.float32, "observation")
OBSERVATION = 3 * tf.random.stateless_normal([5, 3], seed=[0, 1])

THEIRS: dict[str, Any] = {
    "tanh_normal": TanhNormalProjectionNetwork,
    "scaled_normal": lambda spec: NormalProjectionNetwork(spec, scale_distribution=True),
}


def actor(projection: Any) -> ActorDistributionNetwork:
    return ActorDistributionNetwork(
        OBSERVATION_SPEC,
        ACTION_SPEC,
        fc_layer_params=(8,),
        continuous_projection_net=projection,
    )


def ppo_loss(actor_net: ActorDistributionNetwork) -> Any:
    """The parts of TF-Agents' PPO loss at `OBSERVATION`, with entropy regularisation `ALPHA`."""
    agent = PPOClipAgent(
        time_step.time_step_spec(OBSERVATION_SPEC),
        ACTION_SPEC,
        optimizer=tf.keras.optimizers.Adam(),
        actor_net=actor_net,
        value_net=ValueNetwork(OBSERVATION_SPEC, fc_layer_params=(8,)),
        entropy_regularization=ALPHA,
        normalize_observations=False,
        normalize_rewards=False,
        train_step_counter=tf.Variable(0, dtype=tf.int64),
    )
    count = len(OBSERVATION)
    steps = time_step.restart(OBSERVATION, batch_size=count)
    action = tf.zeros([count, 2]) + np.float32((LOW + HIGH) / 2)
    zeros, ones = tf.zeros([count]), tf.ones([count])
    return agent.get_loss(
        steps, action, zeros, zeros, zeros, (), ones, agent.train_step_counter, False
    ).extra


def entropy_by_quadrature(loc: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """[..., D] -> [...], float64: the expected surprise, over the pre-tanh Gaussian."""
    node, weight = np.polynomial.hermite_e.hermegauss(100)
    u = loc[..., None] + scale[..., None] * node
    # log(1 - tanh(u)^2), written so that it does not round to log 0.
    log_derivative = 2 * (np.log(2) - np.abs(u) - np.log1p(np.exp(-2 * np.abs(u))))
    expected = (log_derivative * weight).sum(-1) / weight.sum()
    gaussian = 0.5 * np.log(2 * np.pi * np.e) + np.log(scale)
    return (gaussian + expected + np.log((HIGH - LOW) / 2)).sum(-1)


@pytest.mark.parametrize("name", THEIRS)
def test_their_squashed_projections_lose_the_bonus(name: str) -> None:
    # Oracle: their own distribution, which knows no entropy.
    actor_net = actor(THEIRS[name])
    distribution, _ = actor_net(OBSERVATION, (), ())
    with pytest.raises(NotImplementedError):
        distribution.entropy()
    assert common.entropy(distribution, ACTION_SPEC) is None
    np.testing.assert_array_equal(ppo_loss(actor_net).entropy_regularization_loss, 0)


def test_with_ours_the_bonus_is_alpha_times_the_entropy() -> None:
    # Oracle: quadrature in float64.
    actor_net = actor(SquashedGaussianProjectionNetwork)
    distribution, _ = actor_net(OBSERVATION, (), ())
    loc, scale = (np.float64(x) for x in (distribution.loc, distribution.scale))
    expected = -ALPHA * entropy_by_quadrature(loc, scale).mean()
    assert abs(expected) > 0.1
    loss = ppo_loss(actor_net).entropy_regularization_loss
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_bonus_moves_the_network() -> None:
    # Oracle: one small step down the gradient of minus the entropy raises the entropy.
    actor_net = actor(SquashedGaussianProjectionNetwork)
    with tf.GradientTape() as tape:
        distribution, _ = actor_net(OBSERVATION, (), ())
        before = tf.reduce_mean(common.entropy(distribution, ACTION_SPEC))
    gradients = tape.gradient(before, actor_net.trainable_variables)
    assert all(np.any(g != 0) for g in gradients)
    for variable, gradient in zip(actor_net.trainable_variables, gradients, strict=True):
        variable.assign_add(0.01 * gradient)
    distribution, _ = actor_net(OBSERVATION, (), ())
    assert tf.reduce_mean(distribution.entropy()) > before


def test_axes_of_time_and_bounds_are_kept() -> None:
    # Oracle: the same network on the observations in a single axis.
    actor_net = actor(lambda spec: SquashedGaussianProjectionNetwork(spec, initial_stddev=0.5))
    flat, _ = actor_net(OBSERVATION, (), ())
    nested, _ = actor_net(tf.reshape(OBSERVATION, [1, 5, 3]), (), ())
    assert nested.batch_shape == [1, 5]
    np.testing.assert_allclose(nested.loc[0], flat.loc, atol=1e-6)
    np.testing.assert_allclose(flat.scale, 0.5, rtol=0.1)
    draws = flat.sample(1000, seed=0).numpy()
    assert np.all((draws >= LOW) & (draws <= HIGH))
    assert np.all(np.ptp(draws, axis=0) > 0.5 * (HIGH - LOW))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="a vector of actions with finite bounds"):
        SquashedGaussianProjectionNetwork(BoundedTensorSpec((), tf.float32, -1, 1))
    with pytest.raises(ValueError, match="sample_spec must be of floats"):
        SquashedGaussianProjectionNetwork(BoundedTensorSpec((2,), tf.int32, 0, 1))
    actor_net = actor(SquashedGaussianProjectionNetwork)
    with pytest.raises(NotImplementedError, match="cannot be masked"):
        actor_net(OBSERVATION, (), (), mask=tf.ones([5, 2]))
