"""Training on environments of MiniGrid, which observe an image, a direction and a text."""

import gymnasium
import numpy as np
import pytest

import maxent_tf as mx
from maxent_tf.specs import Box, Discrete, Image

pytest.importorskip("minigrid", reason="MiniGrid is of the extra `minigrid`")

ID = "MiniGrid-Empty-5x5-v0"


def test_the_mission_is_refused_with_a_remedy() -> None:
    # Oracle: the remedies themselves, tried.
    from minigrid.wrappers import ImgObsWrapper

    with pytest.raises(ValueError, match=r"observation\['mission'\].*FilterObservation.*ImgObsW"):
        mx.gymnasium_spec(ID)
    env = gymnasium.make(ID)
    assert mx.gymnasium_spec(ImgObsWrapper(env)).observation == Image((7, 7, 3))
    without = gymnasium.wrappers.FilterObservation(env, ["image", "direction"])
    expected = {"image": Image((7, 7, 3)), "direction": Discrete(4)}
    assert mx.gymnasium_spec(without).observation == expected


def test_ppo_trains_on_the_codes_of_the_image() -> None:
    # Oracle: the room of 3 x 3 cells: whoever moves at random finds the goal in most episodes of
    # 100 steps, and a return lies between 1 - 0.9 and 1 - 0.9 * 5 / 100, as the way has 5 steps.
    from minigrid.wrappers import ImgObsWrapper

    worlds = gymnasium.make_vec(
        ID,
        num_envs=4,
        vectorization_mode="sync",
        wrappers=[ImgObsWrapper, gymnasium.wrappers.FlattenObservation],
    )
    spec = mx.gymnasium_spec(worlds)
    assert spec.observation == Box.of((147,), 0, 255)
    config = mx.learners.PPOConfig(hidden_sizes=(16,), rollout_length=64, num_epochs=2)
    learner = mx.learners.PPO(spec, config)
    result = mx.train(learner, worlds, num_steps=2048, num_envs=4, seed=0)
    assert np.isfinite(result.history["entropy"]).all()
    outcome = mx.evaluate(learner, result.state, worlds, episodes=4)
    assert np.all((outcome.returns == 0) | (outcome.returns >= 0.1))
    assert np.all(outcome.returns <= 1 - 0.9 * 5 / 100 + 1e-6)
