"""TF-Agents environments in our loops against the Gymnasium worlds that they wrap."""

import gymnasium
import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

from tf_agents.environments import BatchedPyEnvironment, PyEnvironment, TFPyEnvironment
from tf_agents.environments.wrappers import TimeLimit
from tf_agents.specs import ArraySpec, BoundedArraySpec
from tf_agents.trajectories import TimeStep, time_step

import maxent_tf as mx
from maxent_tf.bridges.tf_agents import GymnasiumEnvironment, TFAgentsVectorEnv
from tests.training.gymnasium_envs import vector


class Count(PyEnvironment):
    """Counts its steps, without end or terminating at the third."""

    def __init__(self, ends: bool = False, resets: bool = True):
        super().__init__(handle_auto_reset=resets)
        self._ends = ends

    def observation_spec(self) -> ArraySpec:
        return ArraySpec((1,), np.float32)

    def action_spec(self) -> BoundedArraySpec:
        return BoundedArraySpec((), np.int32, 3, 4)

    def _reset(self) -> TimeStep:
        self._steps = 0
        return time_step.restart(np.float32([0]))

    def _step(self, action: np.ndarray) -> TimeStep:
        assert action in (3, 4)
        self._steps += 1
        observation, reward = np.float32([self._steps]), float(action)
        if self._ends and self._steps == 3:
            return time_step.termination(observation, reward)
        return time_step.transition(observation, reward)


@pytest.mark.parametrize("in_tensorflow", [False, True])
def test_there_and_back_is_the_same_world(in_tensorflow: bool) -> None:
    # Oracle: the vector environment itself.
    direct = vector("Counting", 3, AutoresetMode.NEXT_STEP, action="box")
    inner = GymnasiumEnvironment(vector("Counting", 3, AutoresetMode.NEXT_STEP, action="box"))
    env = TFAgentsVectorEnv(TFPyEnvironment(inner) if in_tensorflow else inner)
    assert env.single_action_space == direct.single_action_space
    np.testing.assert_array_equal(env.reset(seed=5)[0], direct.reset(seed=5)[0])
    direct.action_space.seed(0)
    for _ in range(12):
        action = direct.action_space.sample()
        for mine, theirs in zip(env.step(action)[:4], direct.step(action)[:4], strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_training_is_the_same_to_the_bit() -> None:
    # Oracle: training on Gymnasium's worlds directly.
    config = mx.learners.A2CConfig(hidden_sizes=(8,))
    learner = mx.learners.A2C(mx.gymnasium_spec("CartPole-v1"), config)
    in_next_step = {"autoreset_mode": AutoresetMode.NEXT_STEP}
    worlds = gymnasium.make_vec("CartPole-v1", 1, "sync", vector_kwargs=in_next_step)
    direct = mx.train(learner, worlds, 200)
    bridged = mx.train(learner, TFAgentsVectorEnv(GymnasiumEnvironment("CartPole-v1")), 200)
    tf.nest.map_structure(np.testing.assert_array_equal, bridged.state, direct.state)
    np.testing.assert_array_equal(
        bridged.history["episode_return"], direct.history["episode_return"]
    )


def test_ends_of_episodes_are_told_apart() -> None:
    # Oracle: by hand. One world terminates at its third step, the other is cut at its second.
    worlds = [TimeLimit(Count(ends=True), 9), TimeLimit(Count(), 2)]
    env = TFAgentsVectorEnv(BatchedPyEnvironment(worlds, multithreading=False))
    env.reset()
    steps = [env.step(np.array([3, 4])) for _ in range(5)]
    assert [step[2].tolist() for step in steps] == [
        [False, False],
        [False, False],
        [True, False],
        [False, False],
        [False, False],
    ]
    assert [step[3][1] for step in steps] == [False, True, False, False, True]
    assert [step[0][:, 0].tolist() for step in steps] == [[1, 1], [2, 2], [3, 0], [0, 1], [1, 2]]
    assert [step[1].tolist() for step in steps] == [[3, 4], [3, 4], [3, 0], [0, 4], [3, 4]]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TypeError, match="must be a TF-Agents environment, not 'CartPole-v1'"):
        TFAgentsVectorEnv("CartPole-v1")
    env = TFAgentsVectorEnv(Count(ends=True, resets=False))
    env.reset()
    for _ in range(3):
        env.step(np.array([3]))
    with pytest.raises(ValueError, match=r"ended in environments \[0\].*handle_auto_reset=True"):
        env.step(np.array([3]))


def test_a_world_without_seeds_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="cannot be seeded"):
        TFAgentsVectorEnv(Count()).reset(seed=0)
