"""Host worlds against a single environment stepped and reset by hand, in every autoreset mode."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.specs import Box, Discrete, MultiDiscrete
from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds
from tests.training.gymnasium_envs import Counting, Drawn, Tupled, Walk, naive_loop, vector

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
@pytest.mark.parametrize("vectorization", ["sync", "async"])
@pytest.mark.parametrize(
    "space",
    [
        gymnasium.spaces.MultiBinary(3),
        gymnasium.spaces.MultiBinary((2, 2)),
        gymnasium.spaces.MultiDiscrete([[3, 2, 4], [2, 5, 2]], np.int16, start=[[1, -1, 0]] * 2),
    ],
    ids=str,
)
def test_discrete_arrays_reach_the_environment_in_its_shape(
    space: gymnasium.Space, vectorization: str, mode: AutoresetMode
) -> None:
    # Oracle: the actions that the environment got, element by element; it refuses another shape or
    # dtype, and its observation is the last action.
    env = vector("Echo", 2, mode, vectorization, space=space)
    worlds = GymnasiumWorlds(env, 2)
    nvec: Any = worlds.spec.action
    actions = np.random.default_rng(0).integers(nvec.nvec, size=(13, 2, len(nvec.nvec)))
    worlds.reset(0)
    valid = []
    for action in actions.astype(np.int32):
        step = worlds.step(action)
        valid.append(step.valid)
        np.testing.assert_array_equal(step.next_observation[step.valid], action[step.valid])
    if vectorization == "sync":
        start = getattr(space, "start", np.zeros(space.shape))
        for i, one in enumerate(env.envs):
            for action, taken in zip(
                actions[np.array(valid)[:, i], i], one.unwrapped.taken, strict=True
            ):
                for j, index in enumerate(np.ndindex(space.shape)):
                    assert taken[index] == action[j] + start[index]
    env.close()


@every_mode
@pytest.mark.parametrize("vectorization", ["sync", "async"])
def test_tuples_are_dicts_by_position(vectorization: str, mode: AutoresetMode) -> None:
    # Oracle: the environment by hand, final observations included.
    env = vector("Tupled", 3, mode, vectorization, action="multi_binary")
    worlds = GymnasiumWorlds(env, 3)
    actions = np.random.default_rng(0).integers(2, size=(25, 3, 6)).astype(np.int32)
    worlds.reset(7)
    steps = [worlds.step(action) for action in actions]
    env.close()
    for i in range(3):
        valid = [t for t in range(25) if steps[t].valid[i]]
        raw = [actions[t, i].reshape(2, 3) for t in valid]
        expected = naive_loop(Tupled("multi_binary"), 7 + i, raw)
        for t, transition in zip(valid, expected, strict=True):
            counts, flags, (half,) = transition["next_observation"]
            seen = steps[t].next_observation
            np.testing.assert_array_equal(seen["0"][i], counts)
            np.testing.assert_array_equal(seen["1"]["turn"][i], flags["turn"] - 3)
            np.testing.assert_array_equal(seen["1"]["flags"][i], flags["flags"].ravel())
            np.testing.assert_array_equal(seen["2"]["0"][i], half)


def test_a_learner_trains_on_tuples_with_binary_actions() -> None:
    # Oracle: the environment, which refuses an action of another shape; the learner's parameters
    # move, and evaluation plays whole episodes, of 1 to 4 steps.
    env = vector("Tupled", 4, AutoresetMode.SAME_STEP, action="multi_binary")
    learner = A2C(mx.gymnasium_spec(env), A2CConfig(hidden_sizes=(4,)))
    result = mx.train(learner, env, 80, num_envs=4, records=1)
    states = (learner.init(0), result.state)
    before, after = (
        np.concatenate([np.ravel(x) for x in tf.nest.flatten(s.actor)]) for s in states
    )
    assert np.isfinite(after).all()
    assert np.any(before != after)
    outcome = mx.evaluate(learner, result.state, env, episodes=4)
    assert sorted(outcome.lengths.ravel().tolist()) == [1, 2, 3, 4]


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
    with pytest.raises(ValueError, match="holds 3 environments but 4 are needed: the product of"):
        GymnasiumWorlds(env, 4)


def test_what_is_no_world_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a vector environment of Gymnasium, .* not 3\."):
        GymnasiumWorlds(3, 1)


@pytest.mark.parametrize("fault", ["observation", "reward"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(fault: str, value: float) -> None:
    env = vector("Broken", 2, AutoresetMode.SAME_STEP, fault=fault, value=value)
    worlds = GymnasiumWorlds(env, 2)
    worlds.reset(0)
    for _ in range(2):
        worlds.step(np.zeros(2, np.int32))
    message = rf"NaN or infinity in the {fault} of environments \[0, 1\] at"
    with pytest.raises(ValueError, match=message):
        worlds.step(np.zeros(2, np.int32))


def test_observations_of_another_shape_than_their_space_are_refused() -> None:
    class Wrong(Reusing):
        single_observation_space = gymnasium.spaces.Box(-9, 9, (2,))

    message = r"observation at step 0 is an array of float32 of shape \(2, 1\), but Box.* \(2, 2\)"
    with pytest.raises(ValueError, match=message):
        GymnasiumWorlds(Wrong(AutoresetMode.SAME_STEP), 2).reset(0)


class Numbered(gymnasium.Env):
    """Shows the next of some observations at every reset and step.

    Args:
      space: the observation space.
      shown: the observations.
    """

    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, space: gymnasium.Space, shown: list[Any]):
        self.observation_space, self.shown = space, iter(shown)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        return next(self.shown), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        return next(self.shown), 0.0, False, False, {}


@pytest.mark.parametrize(
    ("space", "fine", "outside", "message"),
    [
        (gymnasium.spaces.Discrete(3, start=2), 4, 1, r"is 1, outside of Discrete\(3, start=2\)"),
        (gymnasium.spaces.Discrete(3, start=2), 2, 5, r"is 5, outside of Discrete\(3, start=2\)"),
        (
            gymnasium.spaces.MultiDiscrete([2, 4], start=[0, 1]),
            np.array([1, 4]),
            np.array([2, 4]),
            r"is \[2, 4\], outside of MultiDiscrete",
        ),
    ],
)
@pytest.mark.parametrize("when", [0, 1, 2])
@pytest.mark.parametrize("inside", ["bare", "dict"])
def test_discrete_observations_outside_of_their_space_are_named(
    space: gymnasium.Space, fine: Any, outside: Any, message: str, when: int, inside: str
) -> None:
    # Oracle: the space, which does not contain it; the second environment shows it, at the reset or
    # a step.
    assert space.contains(fine)
    assert not space.contains(outside)
    shown = [[fine] * 3, [outside if t == when else fine for t in range(3)]]
    name = "observation"
    if inside == "dict":
        shown = [[{"a": {"b": x}} for x in row] for row in shown]
        space = gymnasium.spaces.Dict({"a": gymnasium.spaces.Dict({"b": space})})
        name = r"observation\['a'\]\['b'\]"
    env = gymnasium.vector.SyncVectorEnv([lambda row=row: Numbered(space, row) for row in shown])
    worlds = GymnasiumWorlds(env, 2)

    def run() -> None:
        worlds.reset(0)
        for _ in range(2):
            worlds.step(np.zeros(2, np.int32))

    with pytest.raises(ValueError, match=f"the {name} of environment 1 at step {when} {message}"):
        run()


class Shaped(gymnasium.vector.VectorWrapper):
    """Gives rewards and flags another shape, or makes other numbers of them.

    Args:
      env: the vector environment.
      reward: what becomes of rewards.
      flag: what becomes of flags.
    """

    def __init__(self, env: Any, reward: Any, flag: Any):
        super().__init__(env)
        self.change = reward, flag

    def step(self, actions: Any) -> Any:
        observation, reward, terminated, truncated, infos = self.env.step(actions)
        change_reward, change_flag = self.change
        flags = change_flag(terminated), change_flag(truncated)
        return observation, change_reward(reward), *flags, infos


@every_mode
@pytest.mark.parametrize(
    ("reward", "flag"),
    [
        (lambda x: x[:, None], lambda x: x),
        (lambda x: x, lambda x: x[:, None]),
        (lambda x: x[None], lambda x: x.astype(int)[None, :, None]),
        (lambda x: x.astype(object), lambda x: x.tolist()),
    ],
    ids=["reward [N, 1]", "flags [N, 1]", "[1, N]", "objects"],
)
def test_axes_of_size_1_change_nothing(reward: Any, flag: Any, mode: AutoresetMode) -> None:
    # Oracle: the environment by hand.
    worlds = GymnasiumWorlds(Shaped(vector("Walk", 2, mode), reward, flag), 2)
    actions = np.random.default_rng(0).integers(2, size=(30, 2)).astype(np.int32)
    for world in walk_through(worlds, actions, seed=0):
        expected = naive_loop(Walk(), 0, [transition["action"] + 1 for transition in world])
        for name in ("reward", "terminated", "truncated"):
            actual = [transition[name] for transition in world]
            np.testing.assert_allclose(actual, [t[name] for t in expected], rtol=1e-6)


class Boxed(gymnasium.Wrapper):
    """Returns rewards and flags as arrays.

    Args:
      env: the environment.
      shape: of the arrays.
    """

    def __init__(self, env: gymnasium.Env, shape: tuple[int, ...]):
        super().__init__(env)
        self.shape = shape

    def step(self, action: Any) -> Any:
        observation, *rest, info = self.env.step(action)
        return observation, *(np.full(self.shape, x) for x in rest), info


for _shape in (1, 2):
    gymnasium.register(
        f"MaxentTest/Rewards{_shape}-v0",
        lambda shape: Boxed(Walk(), shape),
        disable_env_checker=True,
        kwargs={"shape": (_shape,)},
    )


def test_an_id_whose_rewards_are_arrays_of_one() -> None:
    # Oracle: the environment by hand; NumPy 2.4 would not put such an array into another one.
    worlds = GymnasiumWorlds("MaxentTest/Rewards1-v0", 2)
    actions = np.random.default_rng(1).integers(2, size=(20, 2)).astype(np.int32)
    for world in walk_through(worlds, actions, seed=0):
        expected = naive_loop(Walk(), 0, [transition["action"] + 1 for transition in world])
        np.testing.assert_allclose(
            [t["reward"] for t in world], [t["reward"] for t in expected], rtol=1e-6
        )


def test_rewards_that_are_several_are_named() -> None:
    # Oracle: by hand, from an environment, from an id and from a vector environment.
    worlds = GymnasiumWorlds("MaxentTest/Rewards2-v0", 1)
    worlds.reset(0)
    message = r"reward must be one number for each of 1 env.*\[-0.1 -0.1\] of shape \(2,\)"
    with pytest.raises(RuntimeError, match=message):
        worlds.step(np.zeros(1, np.int32))
    env = vector("Walk", 2, AutoresetMode.SAME_STEP)
    for reward, flag, named in (
        (lambda x: np.stack([x, x], -1), lambda x: x, r"reward at step 1 .* \(2, 2\)"),
        (lambda x: x, lambda x: [None, None], r"terminated at step 1 must be one flag"),
    ):
        worlds = GymnasiumWorlds(Shaped(env, reward, flag), 2)
        worlds.reset(0)
        with pytest.raises(ValueError, match=named):
            worlds.step(np.zeros(2, np.int32))


def test_a_call_that_only_resets_counts_for_nothing() -> None:
    # Oracle: the environment by hand, with what the wrapper adds to every reward; what it makes of
    # the reward of a reset, NaN, is nobody's. `Walk` to the right ends after two steps.
    def change(reward: np.ndarray) -> np.ndarray:
        return np.where(reward == 0, np.nan, 10 + reward)  # no step of `Walk` pays 0

    env = Shaped(vector("Walk", 1, AutoresetMode.NEXT_STEP), change, lambda x: x)
    worlds = GymnasiumWorlds(env, 1)
    worlds.reset(0)
    steps = [worlds.step(np.ones(1, np.int32)) for _ in range(6)]
    np.testing.assert_allclose([s.reward[0] for s in steps], [10.9, 11.8, 0] * 2, rtol=1e-6)
    assert [s.valid[0] for s in steps] == [True, True, False] * 2
    # A flag that a wrapper raises in such a call ends nothing, and makes the next one a reset, too.
    calls = iter([False, False, True, True, False, False] * 2)
    env = Shaped(vector("Walk", 1, AutoresetMode.NEXT_STEP), lambda x: x, lambda x: [next(calls)])
    worlds = GymnasiumWorlds(env, 1)
    worlds.reset(0)
    steps = [worlds.step(np.zeros(1, np.int32)) for _ in range(3)]
    assert [s.terminated[0] or s.truncated[0] for s in steps] == [False, True, False]
    assert [s.valid[0] for s in steps] == [True, True, False]


class Careless(gymnasium.vector.VectorWrapper):
    """A vector environment that resets all, whatever the mask, or knows no mask at all.

    Args:
      env: the vector environment.
      knows_options: whether `reset` takes options.
    """

    def __init__(self, env: Any, knows_options: bool):
        super().__init__(env)
        if not knows_options:
            self.reset = lambda seed=None: env.reset(seed=seed)

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return self.env.reset(seed=seed)


def test_a_reset_that_does_not_follow_the_mask_is_named() -> None:
    # Oracle: the episodes of `Counting` are of 3 and 1 steps, so that the second environment ends
    # alone.
    for knows_options, error, message in (
        (
            True,
            ValueError,
            r"Careless.* reset\(options=\{'reset_mask': ...\}\) at step 1 has changed",
        ),
        (
            False,
            RuntimeError,
            r"an environment raised TypeError at step 1: .*must know options=.*reset_mask",
        ),
    ):
        env = Careless(vector("Counting", 2, AutoresetMode.DISABLED, action="box"), knows_options)
        worlds = GymnasiumWorlds(env, 2)
        worlds.reset(0)
        with pytest.raises(error, match=message):
            worlds.step(np.full((2, 2), 0.5, np.float32))


def test_a_vector_environment_belongs_to_the_last_that_reset_it() -> None:
    # Oracle: by hand: the first one's episodes are cut, and it must say so; after a reset it may go
    # on, and a wrapper around the environment is no other one.
    env = vector("Walk", 2, AutoresetMode.SAME_STEP)
    first = GymnasiumWorlds(env, 2)
    second = GymnasiumWorlds(Shaped(env, lambda x: x, lambda x: x), 2)
    action = np.zeros(2, np.int32)
    first.reset(0)
    first.step(action)
    second.reset(0)
    second.step(action)
    with pytest.raises(
        ValueError, match=r"SyncVectorEnv.* was reset by another .* after step 1, wh"
    ):
        first.step(action)
    first.reset(0)
    assert first.step(action).valid.all()


def test_discrete_actions_outside_of_the_spec_are_named() -> None:
    # Oracle: `Walk` has two moves; an environment need not check, and NumPy takes -1 for the last.
    worlds = GymnasiumWorlds(vector("Walk", 2, AutoresetMode.SAME_STEP), 2)
    worlds.reset(0)
    for outside in (-1, 2):
        with pytest.raises(ValueError, match=rf"action of environment 1 at step \d is {outside},"):
            worlds.step(np.int32([0, outside]))


@pytest.mark.filterwarnings("ignore:.*ERROR. (Received|Traceback|Raising):UserWarning")
@pytest.mark.parametrize("vectorization", ["sync", "async"])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raise", r"an environment raised ZeroDivisionError at step 3: no ground under the feet"),
        ("shape", r"environment raised \w+ at step 3: .* observation that is not of Box\(.*\(2,\)"),
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
