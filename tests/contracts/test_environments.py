"""What every world must do, in one table: a new world enters it with one line.

Oracles: the world itself, run eagerly, against the same in a graph and under XLA; its own spec; the
words of `Environment`'s docstring.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf import environments
from maxent_tf.environments import Environment
from maxent_tf.specs import Box, Discrete, MultiDiscrete
from maxent_tf.types import TimeStep

# Short time limits, so that a short roll-out meets truncation as well as termination.
WORLDS: dict[str, Callable[[], Environment]] = {
    "acrobot": lambda: environments.Acrobot(max_episode_steps=20),
    "bandit": lambda: environments.Bandit([1.0, 0.9, 0.1]),
    "bandit_with_noise": lambda: environments.Bandit([1.0, 0.9, 0.1], noise_stddev=1.0),
    "cartpole": lambda: environments.CartPole(max_episode_steps=20),
    "chain": lambda: environments.Chain(5),
    "connect_four": environments.ConnectFour,
    "continuous_trap": environments.ContinuousTrap,
    "deep_sea": lambda: environments.DeepSea(6),
    "deep_sea_with_slip": lambda: environments.DeepSea(6, slip=True, mapping_seed=42),
    "door_key": lambda: environments.DoorKey(5, max_episode_steps=20),
    "four_rooms": lambda: environments.FourRooms(max_episode_steps=20),
    "grid_world_with_slip": lambda: environments.GridWorld(
        (2, 3), start=(0, 0), goals={(1, 2): 1.0}, slip=0.5, max_episode_steps=4
    ),
    "icy_grid": lambda: environments.IcyGrid(max_episode_steps=20),
    "mountain_car": lambda: environments.MountainCar(max_episode_steps=20),
    "mountain_car_continuous": lambda: environments.MountainCarContinuous(max_episode_steps=20),
    "mountain_car_with_sparse_reward": lambda: environments.MountainCar(20, sparse_reward=True),
    "multi_goal": environments.MultiGoal,
    "pendulum": lambda: environments.Pendulum(max_episode_steps=20),
    "river_swim": lambda: environments.RiverSwim(max_episode_steps=20),
    "river_swim_strehl": lambda: environments.RiverSwim("strehl", max_episode_steps=20),
    "synthetic_tree": lambda: environments.SyntheticTree(2, 3),
    "synthetic_tree_of_one_step": lambda: environments.SyntheticTree(3, 1),
    "tic_tac_toe": environments.TicTacToe,
    "two_goal_grid": lambda: environments.TwoGoalGrid(max_episode_steps=20),
}
# Worlds whose step draws random numbers.
RANDOM = {
    "bandit_with_noise",
    "deep_sea_with_slip",
    "grid_world_with_slip",
    "icy_grid",
    "river_swim",
    "river_swim_strehl",
    "synthetic_tree_of_one_step",
}
BATCH_SHAPES: list[list[int]] = [[], [3], [2, 3]]

world_and_name = pytest.mark.parametrize("name", sorted(WORLDS))
every_batch_shape = pytest.mark.parametrize("batch_shape", BATCH_SHAPES, ids=str)


def random_actions(env: Environment, shape: list[int], seed: int) -> np.ndarray:
    """Actions uniform over the action spec, drawn by NumPy."""
    generator = np.random.default_rng(seed)
    spec = env.spec.action
    if isinstance(spec, Discrete):
        return generator.integers(spec.num_values, size=shape, dtype=np.int32)
    low, high = spec.bounds()
    return generator.uniform(low, high, [*shape, *spec.shape]).astype(np.float32)


def largest_value(spec: Discrete | MultiDiscrete) -> np.ndarray:
    return np.array(spec.nvec if isinstance(spec, MultiDiscrete) else spec.num_values) - 1


def roll_out(
    env: Environment,
    actions: np.ndarray,
    compile: Callable[[Callable], Callable] = tf.function,
) -> list[tf.Tensor]:
    """Every tensor of every state and time step, the reset's first: [T + 1, *batch_shape, ...].

    `compile` is applied to one reset and to one step: XLA takes minutes over many in a row.
    """
    steps, *batch_shape = actions.shape[: actions.ndim - len(env.spec.action.shape)]
    reset, step = compile(lambda seed: env.reset(batch_shape, seed)), compile(env.step)
    seeds = tf.stack([tf.range(steps + 1), -tf.range(steps + 1)], -1)
    record = [reset(seeds[0])]
    for t in range(steps):
        record.append(step(record[-1][0], tf.constant(actions[t]), seeds[t + 1]))
    return [tf.stack(tensors) for tensors in zip(*map(tf.nest.flatten, record), strict=True)]


@functools.lru_cache
def time_steps(name: str, batch_shape: tuple[int, ...]) -> TimeStep:
    """The time steps of a random roll-out, [26, *batch_shape, ...]."""
    env = WORLDS[name]()
    actions = random_actions(env, [25, *batch_shape], seed=0)
    like = TimeStep(env.spec.observation, None, None, None)
    tensors = roll_out(env, actions)[-len(tf.nest.flatten(like)) :]
    return tf.nest.pack_sequence_as(like, [tensor.numpy() for tensor in tensors])


@world_and_name
def test_follows_the_protocol(name: str) -> None:
    assert isinstance(WORLDS[name](), Environment)


@world_and_name
def test_compiled_numbers_are_the_eager_ones(name: str) -> None:
    env = WORLDS[name]()
    actions = random_actions(env, [4, 2, 3], seed=0)
    eager = roll_out(env, actions, compile=lambda function: function)
    compiled = roll_out(env, actions, functools.partial(tf.function, jit_compile=True))
    for tensor, expected in zip(compiled, eager, strict=True):
        assert tensor.dtype == expected.dtype
        if isinstance(env, environments.FiniteWorld) and not np.any(env.reward_noise):
            np.testing.assert_array_equal(tensor, expected)
        else:  # XLA contracts and reorders float32 arithmetic.
            np.testing.assert_allclose(
                tf.cast(tensor, tf.float32), tf.cast(expected, tf.float32), rtol=1e-4, atol=1e-4
            )


@world_and_name
@every_batch_shape
def test_time_steps_fit_the_specs(name: str, batch_shape: list[int]) -> None:
    env, steps = WORLDS[name](), time_steps(name, tuple(batch_shape))
    specs = tf.nest.flatten(env.spec.observation)
    for spec, seen in zip(specs, tf.nest.flatten(steps.observation), strict=True):
        assert seen.shape == (26, *batch_shape, *spec.shape)
        assert seen.dtype == spec.dtype
        low, high = spec.bounds() if isinstance(spec, Box) else (0, largest_value(spec))
        assert np.all((low <= seen) & (seen <= high))
    assert steps.reward.dtype == np.float32
    assert steps.terminated.dtype == steps.truncated.dtype == np.bool_
    assert (
        steps.reward.shape == steps.terminated.shape == steps.truncated.shape == (26, *batch_shape)
    )


@world_and_name
def test_reset_is_quiet_and_flags_exclude_each_other(name: str) -> None:
    steps = time_steps(name, (40,))
    assert not np.any(steps.reward[0])
    assert not np.any(steps.terminated[0] | steps.truncated[0])
    assert not np.any(steps.terminated & steps.truncated)
    assert np.any(steps.terminated | steps.truncated)  # The roll-out met an end at all.


@world_and_name
def test_a_terminated_world_stays_as_it_is(name: str) -> None:
    steps = time_steps(name, (40,))
    ended = steps.terminated[:-1]
    np.testing.assert_array_equal(steps.terminated[1:][ended], True)
    np.testing.assert_array_equal(steps.reward[1:][ended], 0)
    for seen in tf.nest.flatten(steps.observation):
        np.testing.assert_array_equal(seen[1:][ended], seen[:-1][ended])


@world_and_name
def test_worlds_in_a_batch_are_independent_to_the_bit(name: str) -> None:
    env = WORLDS[name]()
    actions = random_actions(env, [25, 2, 3], seed=0)
    others = random_actions(env, [25, 2, 3], seed=1)
    others[:, 1, 2] = actions[:, 1, 2]
    for tensor, other in zip(roll_out(env, actions), roll_out(env, others), strict=True):
        np.testing.assert_array_equal(tensor[:, 1, 2], other[:, 1, 2])


@world_and_name
def test_the_seed_decides_the_numbers(name: str) -> None:
    env = WORLDS[name]()
    state, _ = env.reset([50], seed=3)
    action = tf.constant(random_actions(env, [50], seed=0))

    def numbers(seed: Any) -> list[np.ndarray]:
        return [x.numpy() for x in tf.nest.flatten(env.step(state, action, seed))]

    for first, second in zip(numbers(5), numbers(tf.constant([0, 5])), strict=True):
        np.testing.assert_array_equal(first, second)
    differ = any(np.any(a != b) for a, b in zip(numbers(5), numbers(6), strict=True))
    assert differ == (name in RANDOM)


@world_and_name
def test_bad_actions_are_refused_at_trace_time(name: str) -> None:
    env = WORLDS[name]()
    state, _ = env.reset([3], seed=0)
    dtype, shape = env.spec.action.dtype, env.spec.action.shape
    step = tf.function(lambda action: env.step(state, action, 0)).get_concrete_function
    with pytest.raises(TypeError, match=f"action must be {dtype.name}"):
        step(tf.TensorSpec([3, *shape], tf.int64))
    for wrong in ([*shape], [1, *shape], [2, *shape], [3, *shape, 1], [3, 3, *shape]):
        with pytest.raises(ValueError, match="action must have shape"):
            step(tf.TensorSpec(wrong, dtype))


@world_and_name
def test_bad_action_values_are_refused_eagerly(name: str) -> None:
    env = WORLDS[name]()
    state, _ = env.reset([2], seed=0)
    if isinstance(env.spec.action, Discrete):
        for wrong in (-1, env.spec.action.num_values):
            with pytest.raises(ValueError, match="action must lie in 0"):
                env.step(state, tf.constant([0, wrong]), 0)
    else:
        action = np.zeros([2, *env.spec.action.shape], np.float32)
        action[1] = np.nan
        with pytest.raises(ValueError, match="action must be finite"):
            env.step(state, tf.constant(action), 0)


@world_and_name
@pytest.mark.parametrize("batch_shape", [3, [-1], [None]], ids=str)
def test_bad_batch_shapes_are_refused(name: str, batch_shape: Any) -> None:
    with pytest.raises(ValueError, match="batch_shape must be a sequence of non-negative"):
        WORLDS[name]().reset(batch_shape, seed=0)
