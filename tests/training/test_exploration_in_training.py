"""Noise that training keeps for some steps, in the graph and on the host."""

import pathlib
from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import A2C, PPO, SAC, A2CConfig, PPOConfig, SACConfig
from maxent_tf.networks import NoisyLayers
from maxent_tf.optimizers import SGD
from maxent_tf.training import Trainer

PERIOD, STEPS, WARM_UP, NUM_ENVS = 4, 30, 6, 2


class Still(gymnasium.Env):
    """A world that shows the same observation for ever."""

    observation_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        return np.ones(1, np.float32), {}

    def step(self, action: np.ndarray) -> Any:
        return np.ones(1, np.float32), 0.0, False, False, {}


@pytest.mark.parametrize("where", ["in_graph", "host"])
def test_noise_is_kept_for_its_period(where: str) -> None:
    # Oracle: where neither the observation nor the policy changes, neither does the action for
    # `period` steps, however the run is divided; between periods, worlds and learners it does.
    world: Any = mx.environments.ContinuousTrap()
    if where == "host":
        world = gymnasium.vector.SyncVectorEnv([Still] * 2 * NUM_ENVS)
    spec = world.spec if where == "in_graph" else mx.gymnasium_spec(world)
    config = SACConfig(
        hidden_sizes=(4,),
        actor_optimizer=SGD(0.0),
        exploration=StateDependentExploration(period=PERIOD, initial_scale=0.5),
        batch_size=2,
        replay_capacity=200,
        learning_starts=WARM_UP * NUM_ENVS,
    )
    learner = SAC(spec, config, [2])
    with Trainer(learner, world, num_envs=NUM_ENVS, compile="graph") as trainer:
        trainer.run(9 * NUM_ENVS, records=1)
        trainer.run(STEPS * NUM_ENVS, records=2)
        ring = trainer._loop.trackables()["replay"]._ring
    slot = tf.repeat(tf.range(STEPS * NUM_ENVS, dtype=tf.int64)[None], 2, axis=0)
    action = ring.read(slot).action.numpy().reshape(2, STEPS, NUM_ENVS)[:, WARM_UP:]
    if where == "host":  # Periods are counted from the first step; 6 of them were random.
        action = action[:, PERIOD - WARM_UP % PERIOD :]
    blocks = action[:, : action.shape[1] // PERIOD * PERIOD].reshape(2, -1, PERIOD, NUM_ENVS)
    assert blocks.shape[1] >= 5
    # Products of matrices of other sizes may round otherwise.
    np.testing.assert_allclose(blocks, np.repeat(blocks[:, :, :1], PERIOD, axis=2), atol=1e-6)
    first = blocks[:, :, 0].ravel()
    assert np.min(np.abs(first[:, None] - first) + np.eye(first.size)) > 1e-6


ROLLOUT = 6  # no multiple of the period


@pytest.mark.parametrize("where", ["in_graph", "host"])
@pytest.mark.parametrize("kind", [A2C, PPO])
def test_on_policy_noise_is_kept_across_rollouts(kind: Any, where: str) -> None:
    # Oracle: as above; rollouts that are no multiple of the period do not cut it.
    fed: list[np.ndarray] = []

    class Recording(kind):
        def update(self, state: Any, batch: Any, **named: Any) -> Any:
            fed.append(batch.action.numpy())
            return super().update(state, batch, **named)._replace(state=state)

    world: Any = mx.environments.ContinuousTrap()
    if where == "host":
        world = gymnasium.vector.SyncVectorEnv([Still] * 2 * NUM_ENVS)
    spec = world.spec if where == "in_graph" else mx.gymnasium_spec(world)
    exploration = StateDependentExploration(period=PERIOD, initial_scale=0.5)
    more = {} if kind is A2C else {"num_minibatches": 1}
    make: Any = A2CConfig if kind is A2C else PPOConfig
    config = make(hidden_sizes=(4,), exploration=exploration, rollout_length=ROLLOUT, **more)
    learner = Recording(spec, config, [2])
    mx.train(learner, world, 4 * ROLLOUT * NUM_ENVS, num_envs=NUM_ENVS, records=2, compile="eager")
    action = np.concatenate(fed)[..., 0]
    blocks = action.reshape(-1, PERIOD, 2, NUM_ENVS)
    assert blocks.shape[0] == 6
    np.testing.assert_allclose(blocks, np.repeat(blocks[:, :1], PERIOD, axis=1), atol=1e-6)
    first = blocks[:, 0].ravel()
    assert np.min(np.abs(first[:, None] - first) + np.eye(first.size)) > 1e-6


@pytest.mark.parametrize("kind", [A2C, PPO])
def test_noisy_layers_go_on_after_an_interruption_on_the_host(
    kind: Any, tmp_path: pathlib.Path
) -> None:
    # Oracle: the run without interruption. In a world that never changes, the new episodes that an
    # interruption begins are those that it ends.
    world = gymnasium.vector.SyncVectorEnv([Still] * 2 * NUM_ENVS)
    spec = mx.gymnasium_spec(world)
    make: Any = A2CConfig if kind is A2C else PPOConfig
    config = make(hidden_sizes=(4,), noisy=NoisyLayers(), rollout_length=4)
    learner = kind(spec, config, [2])
    arguments: dict[str, Any] = {"num_envs": NUM_ENVS, "records": 4, "compile": "graph"}
    whole = mx.train(learner, world, 32, **arguments)
    arguments["checkpoint_dir"] = tmp_path
    part = mx.train(
        learner, world, 32, **arguments, callback=lambda step, *_: "stop" if step >= 16 else None
    )
    assert part.env_steps == 16
    resumed = mx.train(learner, world, 32, **arguments)
    tf.nest.map_structure(np.testing.assert_array_equal, resumed.state, whole.state)


def test_what_noise_by_the_state_does_not_go_with_is_named() -> None:
    exploration = StateDependentExploration()
    with pytest.raises(ValueError, match="it goes neither with memory_size above 0 nor with"):
        A2CConfig(exploration=exploration, memory_size=4)
    with pytest.raises(ValueError, match="needs continuous actions, a Box, not Discrete"):
        PPO(mx.environments.CartPole().spec, PPOConfig(exploration=exploration))
    with pytest.raises(ValueError, match=r"hidden_sizes=\(\) leaves exploration no features"):
        A2CConfig(exploration=exploration, hidden_sizes=())
