"""Gymnasium's worlds in TF-Agents against Gymnasium's own, stepped and reset by hand."""

from collections.abc import Iterable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

pytest.importorskip("tf_agents", reason="TF-Agents is not installed")

from tf_agents.environments.utils import validate_py_environment
from tf_agents.trajectories import TimeStep

from maxent_tf.bridges.tf_agents import GymnasiumEnvironment
from tests.training.gymnasium_envs import Counting, Walk, vector

WORLDS = (
    "CartPole-v1",
    "Pendulum-v1",
    "Acrobot-v1",
    "MountainCar-v0",
    "MountainCarContinuous-v0",
    "FrozenLake-v1",  # discrete observations
    "Blackjack-v1",  # tuples of them
)
FIRST, MID, LAST = 0, 1, 2


def expected_steps(env: gymnasium.Env, seed: int, actions: Iterable[Any]) -> list[tuple]:
    """(step type, reward, discount, observation), where the action after a last step is lost."""
    observation, _ = env.reset(seed=seed)
    steps: list[tuple] = [(FIRST, 0.0, 1.0, observation)]
    for action in actions:
        if steps[-1][0] == LAST:
            observation, _ = env.reset()
            steps.append((FIRST, 0.0, 1.0, observation))
            continue
        observation, reward, terminated, truncated, _ = env.step(action)
        last = terminated or truncated
        steps.append((LAST if last else MID, reward, 0.0 if terminated else 1.0, observation))
    return steps


def assert_steps(actual: list[TimeStep], expected: list[tuple]) -> None:
    for step, (step_type, reward, discount, observation) in zip(actual, expected, strict=True):
        assert (step.step_type, step.discount) == (step_type, discount)
        np.testing.assert_allclose(step.reward, reward, rtol=1e-6)
        np.testing.assert_array_equal(step.observation, observation)


@pytest.mark.parametrize("num_envs", [None, 3])
@pytest.mark.parametrize("env_id", WORLDS)
def test_tf_agents_finds_the_worlds_valid(env_id: str, num_envs: int | None) -> None:
    # Oracle: TF-Agents' own check of every step against the specs.
    env = GymnasiumEnvironment(env_id, num_envs)
    env.seed(0)
    validate_py_environment(env, episodes=4)
    assert env.batch_size == num_envs
    env.close()


def test_ends_of_episodes_are_told_apart() -> None:
    # Oracle: Gymnasium itself.
    def make() -> gymnasium.Env:
        return gymnasium.make("CartPole-v1", max_episode_steps=20)

    actions = np.random.default_rng(0).integers(2, size=200)
    expected = expected_steps(make(), 7, actions)
    ends = [discount for step_type, _, discount, _ in expected if step_type == LAST]
    assert {0.0, 1.0} == set(ends)  # terminated and truncated
    env = GymnasiumEnvironment(make())
    env.seed(7)
    assert_steps([env.reset(), *(env.step(action) for action in actions)], expected)


@pytest.mark.parametrize("action", ["discrete", "box"])
def test_worlds_in_parallel_keep_their_own_time(action: str) -> None:
    # Oracle: each world by itself.
    env = GymnasiumEnvironment(vector("Counting", 4, AutoresetMode.NEXT_STEP, action=action))
    env.seed(0)
    space = Counting(action).action_space
    actions = np.array([[space.sample() for _ in range(4)] for _ in range(12)])
    given = actions - 5 if action == "discrete" else actions
    steps = [env.reset(), *(env.step(a) for a in given)]
    for i in range(4):
        one = [TimeStep(*(x[i] for x in step)) for step in steps]
        assert_steps(one, expected_steps(Counting(action), i, actions[:, i]))


def test_values_are_counted_from_zero() -> None:
    # Oracle: the world, which counts observations from 2 and actions from 1.
    env = GymnasiumEnvironment(Walk())
    actions = np.random.default_rng(0).integers(1, 3, size=40)
    steps = [env.reset(), *(env.step(action - 1) for action in actions)]
    expected = [
        (*step, observation - 2) for *step, observation in expected_steps(Walk(), 0, actions)
    ]
    assert_steps(steps, expected)


def test_pictures_are_gymnasiums() -> None:
    # Oracle: Gymnasium's picture of the same state.
    single = gymnasium.make("FrozenLake-v1", render_mode="rgb_array")
    env = GymnasiumEnvironment(single)
    env.seed(0)
    env.reset()
    np.testing.assert_array_equal(env.render(), single.render())
    with pytest.raises(ValueError, match="render mode is 'rgb_array', not 'human'"):
        env.render("human")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"make it with .*AutoresetMode\.NEXT_STEP"):
        GymnasiumEnvironment(vector("Walk", 2, AutoresetMode.SAME_STEP))
    with pytest.raises(ValueError, match="num_envs=2 is for an id"):
        GymnasiumEnvironment(Walk(), 2)
    with pytest.raises(ValueError, match="'NoSuchWorld-v0' cannot be made"):
        GymnasiumEnvironment("NoSuchWorld-v0")


class Loud(gymnasium.vector.VectorWrapper):
    """Adds 10 to every reward, that of a reset too, which it also calls a termination.

    Args:
      env: the vector environment.
    """

    def step(self, actions: Any) -> Any:
        observation, reward, terminated, truncated, infos = self.env.step(actions)
        resets = (reward == 0)[:, None]  # no step of `Walk` pays 0
        flags = terminated[:, None] | resets, truncated[:, None]
        return observation, 10 + reward[:, None], *flags, infos


def test_the_step_that_only_resets_counts_for_nothing() -> None:
    # Oracle: TF-Agents' own restart: reward 0, discount 1; the rest is the environment's by hand,
    # whatever axes of size 1 come with it. `Walk` to the right ends after two steps.
    env = GymnasiumEnvironment(Loud(vector("Walk", 1, AutoresetMode.NEXT_STEP)))
    env.reset()
    steps = [env.step(np.array([1])) for _ in range(3)]
    np.testing.assert_allclose([s.reward[0] for s in steps], [10.9, 11.8, 0], rtol=1e-6)
    assert [s.discount[0] for s in steps] == [1, 0, 1]
    assert [s.step_type[0] for s in steps] == [MID, LAST, FIRST]


def test_observations_outside_of_their_space_are_named() -> None:
    # Oracle: the space: `Walk` numbers its cells from 2 to 4, and this one begins in 5.
    class Lost(Walk):
        def reset(self, *, seed: Any = None, options: Any = None) -> tuple[int, dict]:
            super().reset(seed=seed)
            return 5, {}

    with pytest.raises(ValueError, match=r"observation of environment 0 is 5, outside of Discrete"):
        GymnasiumEnvironment(Lost()).reset()


def test_rewards_of_an_environment_may_be_arrays_of_one() -> None:
    # Oracle: the environment by hand.
    class Boxed(gymnasium.Wrapper):
        def step(self, action: Any) -> Any:
            observation, *rest, info = self.env.step(action)
            return observation, *(np.array([x]) for x in rest), info

    env = GymnasiumEnvironment(Boxed(Walk()))
    env.reset()
    steps = [env.step(np.array(1)) for _ in range(2)]
    np.testing.assert_allclose([s.reward for s in steps], [0.9, 1.8], rtol=1e-6)
    assert [s.discount for s in steps] == [1, 0]
