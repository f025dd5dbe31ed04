"""Acting by hand against Gymnasium's own spaces, and the refusals of what lies outside of them."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.training.gymnasium_numbers import one_each
from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds
from tests.training.gymnasium_envs import Pictured, Spaces, Walk, naive_loop, vector

BINARY = spaces.Discrete(2)


def table(logits: Any) -> tuple[A2C, Any]:
    """A learner of `Walk` with a table of logits, [3, 2]."""
    learner = A2C(mx.gymnasium_spec(Walk()), A2CConfig(network="table"))
    return learner, learner.init(0)._replace(actor=np.float32(logits))


def test_an_episode_by_hand_in_an_environment_that_counts_from_elsewhere() -> None:
    # Oracle: the environment's own cells and moves, numbered from 2 and from 1: this policy goes on
    # in the first cell and the second, which takes two steps, and pays 1 - 0.1 and 2 - 0.2.
    learner, state = table([[0, 9], [0, 9], [9, 0]])
    env = Walk()
    observation, _ = env.reset()
    total, cells, done = 0.0, [observation], False
    while not done:
        policy = learner.policy(state, mx.gymnasium_observation(env, observation))
        action = mx.gymnasium_action(env, mx.distributions.greedy_action(policy))
        observation, reward, terminated, truncated, _ = env.step(action)
        total, done = total + float(reward), terminated or truncated
        cells.append(observation)
    assert cells == [2, 3, 4]
    np.testing.assert_allclose(total, 2.7)
    # Passing the environment's numbers on as they are is no other policy, but an error.
    with pytest.raises(
        ValueError, match=r"Discrete\(num_values=3\) holds 4.*gymnasium_observation"
    ):
        learner.policy(state, np.int32([4]))


def test_a_vector_environment_by_hand_takes_the_steps_of_each() -> None:
    # Oracle: each environment alone, under the same moves.
    learner, state = table([[0, 1], [1, 0], [0, 0]])
    env = vector("Walk", 3, AutoresetMode.DISABLED)
    observation, _ = env.reset(seed=0)
    moves, seen = [], [observation]
    for t in range(2):
        policy = learner.policy(state, mx.gymnasium_observation(env, observation))
        moves.append(mx.gymnasium_action(env, policy.sample(seed=[0, t])))
        observation, *_ = env.step(moves[-1])
        seen.append(observation)
    assert len(np.unique(moves)) == 2
    for i in range(3):
        expected = naive_loop(Walk(), 0, [move[i] for move in moves])
        assert [t["next_observation"] for t in expected] == [x[i] for x in seen[1:]]


def test_every_part_of_an_observation_is_as_the_learner_takes_it() -> None:
    # Oracle: the environment's own numbers, with 3 taken off those that start there.
    env = Pictured("box")
    shown, _ = env.reset(seed=4)
    seen = mx.gymnasium_observation(env, shown)
    assert seen["turn"].dtype == np.int32
    np.testing.assert_array_equal(seen["turn"], [shown["turn"] - 3])
    assert seen["seen"]["picture"].dtype == np.uint8
    for key in ("picture", "counts"):
        np.testing.assert_array_equal(seen["seen"][key], shown["seen"][key][None])
        assert not np.shares_memory(seen["seen"][key], shown["seen"][key])


@pytest.mark.parametrize("given", [tuple, list, np.array], ids=["tuple", "list", "array"])
def test_tuples_are_dicts_by_position(given: Any) -> None:
    # Oracle: by hand; Gymnasium takes each of the three for a tuple.
    space = spaces.Tuple([spaces.Discrete(2, start=3), spaces.Box(0, 9, ())])
    seen = mx.gymnasium_observation(Spaces(space, BINARY), given([4, 7]))
    assert seen == {"0": [1], "1": [7]}
    assert (seen["0"].dtype, seen["1"].dtype) == (np.int32, np.float32)


@pytest.mark.parametrize(
    ("space", "action", "taken"),
    [
        (spaces.Discrete(3, start=-4), np.int32([2]), np.int64(-2)),
        (spaces.MultiDiscrete([2, 3], start=[5, 1]), np.int32([[1, 0]]), np.int64([6, 1])),
        (
            spaces.Box(-2.0, 3.0, (2,), np.float64),
            np.float32([[np.nextafter(np.float32(3), np.float32(9)), 0.5]]),
            np.array([3.0, 0.5]),
        ),
        (spaces.MultiBinary((2, 2)), np.int32([[1, 0, 0, 1]]), np.int8([[1, 0], [0, 1]])),
        (
            spaces.MultiDiscrete([[2, 3], [4, 5]], np.int16, start=[[0, 1], [-2, 7]]),
            np.int32([[1, 2, 3, 4]]),
            np.int16([[1, 3], [1, 11]]),
        ),
    ],
    ids=["discrete", "multi_discrete", "box", "multi_binary", "matrix"],
)
def test_actions_are_the_environments(space: spaces.Space, action: Any, taken: Any) -> None:
    # Oracle: by hand, and the space itself.
    result = mx.gymnasium_action(Spaces(BINARY, space), action)
    assert space.contains(result)
    assert result.dtype == space.dtype
    np.testing.assert_array_equal(result, taken, strict=space.shape != ())


@pytest.mark.parametrize(
    ("space", "action", "message"),
    [
        (spaces.Discrete(3, start=2), [3], r"action of environment 0 is 3, outside of .* 0 to 2"),
        (spaces.Discrete(3, start=2), [-1], r"is -1, outside of"),
        (spaces.Discrete(3), [0.5], r"is 0.5, outside of"),
        (spaces.Discrete(3), 1, r"the action has shape \(\), but \(1,\) is what Discrete\(3\)"),
        (spaces.MultiDiscrete([2, 3]), [[1, 3]], r"is \[1, 3\], outside of"),
        (spaces.MultiBinary(2), [[1, 2]], r"is \[1, 2\], outside of the numbers 0 to \[1 1\]"),
        (spaces.MultiBinary((1, 2)), [[[1, 1]]], r"shape \(1, 1, 2\), but \(1, 2\) is what Multi"),
        (spaces.Box(-1, 1, (2,)), [[0.0, 1.1]], r"is \[0.0, 1.1\], outside of Box"),
        (spaces.Box(-1, 1, (1,)), [[np.nan]], r"is \[nan\], outside of Box"),
        (spaces.Box(-1, 1, (1,)), [[[0.0]]], r"the action has shape \(1, 1, 1\), but \(1, 1\) is"),
        (spaces.Box(0, 5, (1,), np.int8), [[1.0]], r"action space Box.* is not supported"),
    ],
)
def test_actions_by_hand_outside_of_their_space_are_named(
    space: spaces.Space, action: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        mx.gymnasium_action(Spaces(BINARY, space), np.array(action))


IMAGE = spaces.Box(0, 255, (2, 2), np.uint8)


@pytest.mark.parametrize(
    ("space", "value", "message"),
    [
        (spaces.Discrete(3, start=2), 5, r"observation of environment 0 is 5, outside of Discrete"),
        (spaces.Discrete(3, start=2), 1, r"is 1, outside of Discrete\(3, start=2\)"),
        (spaces.Discrete(3), 1.5, r"is 1.5, outside of"),
        (spaces.Discrete(3), np.nan, r"is nan, outside of"),
        (spaces.Discrete(2, start=2**60), 2**60 + 2, r"outside of Discrete"),
        (
            spaces.Discrete(3),
            [1],
            r"array of int64 of shape \(1, 1\), but Discrete\(3\) says .*\(1,\)",
        ),
        (spaces.MultiDiscrete([2, 3], start=[1, 1]), [2, 4], r"is \[2, 4\], outside of"),
        (spaces.Dict({"a": spaces.Discrete(2)}), {"a": 2}, r"observation\['a'\] of env.* 0 is 2"),
        (
            spaces.Dict({"a": BINARY}),
            {"b": 0},
            r"must be a dict with the keys \['a'\].*not \['b'\]",
        ),
        (
            spaces.Dict({"a": BINARY}),
            0,
            r"must be a dict with the keys \['a'\] of its space, not 0",
        ),
        (spaces.Box(-1, 1, (2,)), [0.0, np.inf], "NaN or infinity in the observation"),
        (spaces.Box(-1, 1, (2,)), ["a", "b"], r"array of <U1 of shape \(1, 2\), but Box"),
        (spaces.Box(-1, 1, (2,)), None, r"array of object of shape \(1,\), but Box"),
        (IMAGE, np.full((2, 2), 0.5), r"is \[\[0.5, 0.5\], \[0.5, 0.5\]\], outside of Box"),
        (IMAGE, np.full((2, 2), 256), r"is \[\[256, 256\], \[256, 256\]\], outside of Box"),
        (spaces.MultiBinary((1, 2)), [[0, 2]], r"is \[\[0, 2\]\], outside of MultiBinary"),
        (spaces.MultiBinary((1, 2)), [0, 1], r"of shape \(1, 2\), but MultiBinary.*\(1, 1, 2\)"),
        (spaces.Tuple([BINARY, BINARY]), (0, 2), r"the observation\['1'\] of environment 0 is 2"),
        (spaces.Tuple([BINARY, BINARY]), (0,), r"must be a tuple of 2 parts as its .* not \(0,\)"),
        (spaces.Tuple([BINARY]), 0, "must be a tuple of 1 parts as its space, not 0"),
        (spaces.Tuple([BINARY]), {"0": 0}, "must be a tuple of 1 parts as its space, not {'0': 0}"),
    ],
)
def test_observations_outside_of_their_space_are_named(
    space: spaces.Space, value: Any, message: str
) -> None:
    # Oracle: Gymnasium's own `contains`.
    assert not space.contains(value)
    with pytest.raises(ValueError, match=message):
        mx.gymnasium_observation(Spaces(space, BINARY), value)


def test_what_is_no_environment_is_refused() -> None:
    for function in (mx.gymnasium_observation, mx.gymnasium_action):
        with pytest.raises(TypeError, match="env must be a Gymnasium environment or vector env"):
            function("CartPole-v1", np.zeros(4))


def test_the_host_loop_reads_the_same_numbers() -> None:
    # Oracle: the two ways agree, whatever they show; the tests of each hold them to environments.
    env = gymnasium.vector.SyncVectorEnv([lambda: Pictured("box")] * 2)
    shown = GymnasiumWorlds(env, 2).reset(3)
    by_hand = mx.gymnasium_observation(env, env.reset(seed=3)[0])
    assert shown.keys() == by_hand.keys()
    np.testing.assert_array_equal(shown["turn"], by_hand["turn"])
    np.testing.assert_array_equal(shown["seen"]["counts"], by_hand["seen"]["counts"])


@pytest.mark.parametrize(
    "value",
    [
        [1.5, -2.0],
        [[1.5], [-2.0]],
        [[1.5, -2.0]],
        np.array([1.5, -2.0], object),
        np.array([[1.5], [-2.0]], object),
        (np.float64(1.5), np.array([-2.0])[0]),
    ],
    ids=str,
)
def test_rewards_come_with_any_axes_of_size_1(value: Any) -> None:
    # Oracle: NumPy's squeeze.
    rewards = one_each("reward", value, 2, np.float32)
    assert rewards.dtype == np.float32
    np.testing.assert_array_equal(rewards, [1.5, -2.0])


def test_a_scalar_is_the_reward_of_one_environment() -> None:
    np.testing.assert_array_equal(one_each("reward", 3, 1, np.float32), [3])
    np.testing.assert_array_equal(one_each("terminated", np.array([[True]]), 1, bool), [True])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "reward",
            1.0,
            r"reward at step 4 must be one number for each of 2 .* not 1.0 of shape \(\)",
        ),
        ("reward", [[1.0, 2.0], [3.0, 4.0]], r"of shape \(2, 2\)"),
        ("reward", [None, 1.0], r"reward at step 4 must be .* not \[None, 1.0\]"),
        ("reward", np.array([None, None]), "reward at step 4 must be"),
        ("reward", [[1.0], [2.0, 3.0]], "reward at step 4 must be"),
        ("reward", ["a", "b"], "reward at step 4 must be"),
        ("terminated", [None, None], "terminated at step 4 must be one flag for each of 2"),
        ("truncated", [0.5, 1.0], r"truncated at step 4 must be one flag .* not \[0.5, 1.0\]"),
        ("truncated", [True], r"truncated at step 4 must be one flag .* of shape \(1,\)"),
    ],
)
def test_rewards_and_flags_that_are_not_one_each_are_named(
    name: str, value: Any, message: str
) -> None:
    dtype = np.float32 if name == "reward" else bool
    with pytest.raises(ValueError, match=message):
        one_each(name, value, 2, dtype, " at step 4")
