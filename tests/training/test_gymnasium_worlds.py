"""Host worlds against a single environment stepped and reset by hand, in every autoreset mode."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from maxent_tf.specs import Box, Discrete, MultiDiscrete
from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds
from tests.training.gymnasium_envs import Counting, Drawn, Walk, naive_loop, vector

every_mode = pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.name)


def walk_through(worlds: GymnasiumWorlds, actions: np.ndarray, seed: int) -> list[list[dict]]:
    """Steps with `actions` [T, N, ...]; returns the valid transitions of each of the N worlds."""
    observation = worlds.reset(seed)
    transitions: list[list[dict]] = [[] for _ in observation]
    for action in actions:
        step = worlds.step(action)
        for i in np.flatnonzero(step.valid):
            transitions[i].append(
                {
                    "observation": observation[i],
                    "action": action[i],
                    "reward": step.reward[i],
                    "next_observation": step.next_observation[i],
                    "terminated": step.terminated[i],
                    "truncated": step.truncated[i],
                }
            )
        observation = step.observation
    return transitions


def assert_same(actual: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        for name in one:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-6, err_msg=name)


@every_mode
@pytest.mark.parametrize("vectorization", ["sync", "async"])
@pytest.mark.parametrize("kind", ["discrete", "multi_discrete", "box"])
def test_transitions_are_those_of_a_single_environment(
    kind: str, vectorization: str, mode: AutoresetMode
) -> None:
    rng = np.random.default_rng(0)
    if kind == "discrete":
        actions = rng.integers(3, size=(25, 3)).astype(np.int32)
        offset: Any = 5
    elif kind == "multi_discrete":
        actions = rng.integers([3, 2], size=(25, 3, 2)).astype(np.int32)
        offset = np.array([5, 1])
    else:
        actions = rng.uniform([-1, 0.1], [1, 0.7], size=(25, 3, 2)).astype(np.float32)
        offset = 0
    env = vector("Counting", 3, mode, vectorization, action=kind)
    try:
        transitions = walk_through(GymnasiumWorlds(env, 3), actions, seed=7)
    finally:
        env.close()
    for i, world in enumerate(transitions):
        taken = [transition["action"] + offset for transition in world]
        expected = naive_loop(Counting(kind), 7 + i, taken)
        for transition in expected:
            transition["action"] = transition["action"] - offset
        assert_same(world, expected)
        ends = sum(t["terminated"] or t["truncated"] for t in world[:-1])
        resets = 25 - len(world)
        assert resets in ((ends, ends + 1) if mode == AutoresetMode.NEXT_STEP else (0,))
        assert {t["terminated"] for t in world} == {t["truncated"] for t in world} == {False, True}


def test_vectors_of_discrete_observations_count_from_zero() -> None:
    # Oracle: the environment's own draw, with its start taken off.
    space = gymnasium.spaces.MultiDiscrete([3, 2], start=[5, -1])
    env = gymnasium.vector.SyncVectorEnv(
        [lambda: Drawn(space)] * 4, autoreset_mode=AutoresetMode.SAME_STEP
    )
    worlds = GymnasiumWorlds(env, 4)
    assert worlds.spec.observation == MultiDiscrete((3, 2))
    observation = worlds.reset(seed=3)
    assert observation.dtype == np.int32
    for i in range(4):
        drawn, _ = Drawn(space).reset(seed=3 + i)
        np.testing.assert_array_equal(observation[i], drawn - space.start)


@every_mode
def test_discrete_observations_and_actions_count_from_zero(mode: AutoresetMode) -> None:
    # Oracle: the environment by hand, with 2 taken off its observations and 1 put on actions.
    worlds = GymnasiumWorlds(vector("Walk", 2, mode), 2)
    assert (worlds.spec.observation, worlds.spec.action) == (Discrete(3), Discrete(2))
    actions = np.random.default_rng(0).integers(2, size=(40, 2)).astype(np.int32)
    for world in walk_through(worlds, actions, seed=0):
        expected = naive_loop(Walk(), 0, [transition["action"] + 1 for transition in world])
        for transition in expected:
            transition["observation"] -= 2
            transition["next_observation"] -= 2
            transition["action"] -= 1
        assert_same(world, expected)


def test_an_id_makes_worlds_that_lose_no_step() -> None:
    # Oracle: Gymnasium's own environments, one by one, seeded in a row.
    worlds = GymnasiumWorlds("CartPole-v1", 3)
    actions = np.random.default_rng(0).integers(2, size=(60, 3)).astype(np.int32)
    transitions = walk_through(worlds, actions, seed=5)
    worlds.close()
    for i, world in enumerate(transitions):
        assert_same(world, naive_loop(gymnasium.make("CartPole-v1"), 5 + i, actions[:, i]))
        assert sum(t["terminated"] for t in world) > 1


def test_rounding_beyond_a_bound_is_clipped() -> None:
    # Oracle: the environment, which refuses such an action.
    low, high = np.float32([-1.0, 0.1]), np.float32([1.0, 0.7])
    beyond = np.stack([np.nextafter(low, -9), np.nextafter(high, 9)]).astype(np.float32)
    env = Counting("box")
    assert not any(env.action_space.contains(action) for action in beyond)
    worlds = GymnasiumWorlds(vector("Counting", 2, AutoresetMode.SAME_STEP, action="box"), 2)
    worlds.reset(0)
    assert worlds.step(beyond).valid.all()


class Reusing(gymnasium.vector.VectorEnv):
    """A vector environment that hands out the same arrays at every step."""

    num_envs = 2
    single_observation_space = gymnasium.spaces.Box(-9, 9, (1,))
    single_action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, mode: AutoresetMode | None):
        self.metadata = {} if mode is None else {"autoreset_mode": mode}
        self.observation, self.reward = np.zeros([2, 1], np.float32), np.zeros(2, np.float32)
        self.flags = np.zeros(2, bool), np.zeros(2, bool)

    def reset(self, **arguments: Any) -> tuple[np.ndarray, dict]:
        return self.observation, {}

    def step(self, actions: np.ndarray) -> tuple[Any, ...]:
        self.observation += 1
        self.reward += 1
        return self.observation, self.reward, *self.flags, {}


def test_a_step_is_not_changed_by_the_next() -> None:
    # Oracle: the numbers of the step when it was made.
    worlds = GymnasiumWorlds(Reusing(AutoresetMode.SAME_STEP), 2)
    first = worlds.reset(0)
    steps = [worlds.step(np.zeros(2, np.int32)) for _ in range(3)]
    np.testing.assert_array_equal(first, [[0], [0]])
    for k, step in enumerate(steps, start=1):
        np.testing.assert_array_equal(step.observation, [[k], [k]])
        np.testing.assert_array_equal(step.next_observation, [[k], [k]])
        np.testing.assert_array_equal(step.reward, [k, k])


def test_a_vector_environment_must_say_how_it_resets() -> None:
    with pytest.raises(ValueError, match=r"metadata has no 'autoreset_mode'.*AutoresetMode"):
        GymnasiumWorlds(Reusing(None), 2)


def test_the_number_of_worlds_must_fit() -> None:
    env = vector("Walk", 3, AutoresetMode.SAME_STEP)
    with pytest.raises(ValueError, match="holds 3 worlds but 4 are needed: the product of"):
        GymnasiumWorlds(env, 4)


def test_what_is_no_world_is_refused() -> None:
    with pytest.raises(TypeError, match="a Gymnasium id or a Gymnasium vector environment, not"):
        GymnasiumWorlds(Walk(), 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", ["observation", "reward"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(fault: str, value: float) -> None:
    env = vector("Broken", 2, AutoresetMode.SAME_STEP, fault=fault, value=value)
    worlds = GymnasiumWorlds(env, 2)
    worlds.reset(0)
    for _ in range(2):
        worlds.step(np.zeros(2, np.int32))
    with pytest.raises(ValueError, match=rf"NaN or infinity in the {fault} of worlds \[0, 1\] at"):
        worlds.step(np.zeros(2, np.int32))


def test_observations_of_another_shape_than_their_space_are_refused() -> None:
    class Wrong(Reusing):
        single_observation_space = gymnasium.spaces.Box(-9, 9, (2,))

    with pytest.raises(ValueError, match=r"shape \(1,\) at step 0, but its space says \(2,\)"):
        GymnasiumWorlds(Wrong(AutoresetMode.SAME_STEP), 2).reset(0)


@pytest.mark.filterwarnings("ignore:.*ERROR. (Received|Traceback|Raising):UserWarning")
@pytest.mark.parametrize("vectorization", ["sync", "async"])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raise", r"a world raised ZeroDivisionError at step 3: no ground under the feet"),
        ("shape", r"a world raised \w+ at step 3: .* observation that is not of Box\(.*\(2,\)"),
    ],
)
def test_worlds_that_raise_are_named(fault: str, message: str, vectorization: str) -> None:
    env = vector("Broken", 2, AutoresetMode.SAME_STEP, vectorization, fault=fault)
    worlds = GymnasiumWorlds(env, 2)
    worlds.reset(0)
    for _ in range(2):
        worlds.step(np.zeros(2, np.int32))
    with pytest.raises(RuntimeError, match=message) as caught:
        worlds.step(np.zeros(2, np.int32))
    assert caught.value.__cause__ is not None
    env.close(**({"terminate": True} if vectorization == "async" else {}))


def test_only_worlds_made_here_are_closed() -> None:
    env = vector("Walk", 2, AutoresetMode.SAME_STEP)
    GymnasiumWorlds(env, 2).close()
    assert not env.closed
    made = GymnasiumWorlds("MaxentTest/Walk-v0", 2)
    made.close()
    assert made._env.closed


def test_the_spec_is_the_environments() -> None:
    worlds = GymnasiumWorlds(vector("Counting", 1, AutoresetMode.SAME_STEP, action="box"), 1)
    assert worlds.spec.action == Box.of((2,), np.float32([-1, 0.1]), np.float32([1, 0.7]))
    assert worlds.spec.observation == Box.of((3,), 0.0)
