"""DoorKey against MiniGrid's own environment, and against its rules where MiniGrid is not."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.environments import DoorKey
from maxent_tf.environments.door_key import (
    CLOSED,
    DONE,
    DROP,
    FORWARD,
    LEFT,
    LOCKED,
    OPEN,
    PICKUP,
    RIGHT,
    TOGGLE,
    DoorKeyState,
)
from maxent_tf.networks.features import num_features


def layout(
    position: Any, direction: Any, key: Any, wall: Any, door_row: Any, door: Any = LOCKED
) -> DoorKeyState:
    """A state at the beginning of an episode."""
    values = (position, direction, key, door, wall, door_row, np.zeros_like(direction))
    return DoorKeyState(*(tf.constant(value, tf.int32) for value in values))


# In the smallest room: the key below the agent, the door beside it.
START = layout([1, 1], 1, [1, 3], wall=2, door_row=1)
SOLUTION = [FORWARD, PICKUP, LEFT, LEFT, FORWARD, RIGHT, TOGGLE, FORWARD, FORWARD, RIGHT, FORWARD]
SOLUTION += [FORWARD]


def play(env: DoorKey, state: DoorKeyState, actions: list[int]) -> tuple[DoorKeyState, list[Any]]:
    steps = []
    for action in actions:
        state, timestep = env.step(state, tf.constant(action), seed=0)
        steps.append(timestep)
    return state, steps


def test_the_key_opens_the_door_and_the_goal_pays() -> None:
    # Oracle: a solution by hand, and MiniGrid's formula of the reward.
    state, steps = play(DoorKey(5), START, SOLUTION)
    rewards = [float(step.reward) for step in steps]
    assert rewards[:-1] == [0.0] * 11
    assert rewards[-1] == pytest.approx(1 - 0.9 * 12 / 250, abs=1e-6)
    assert [bool(step.terminated) for step in steps] == [False] * 11 + [True]
    assert state.position.numpy().tolist() == [3, 3]


# The objects in the view, rows j of columns i, and what is in sight as (object, colour, state).
# Recorded from MiniGrid 3.2: at the start, with the key in hand, and in front of the open door.
EMPTY_CELL, WALL_CELL, KEY_CELL, GOAL_CELL = (1, 0, 0), (2, 5, 0), (5, 4, 0), (8, 1, 0)
VIEWS = {
    0: (
        ["0000000", "0000000", "0000000", "0022200", "0025200", "0021200", "0041200"],
        {EMPTY_CELL, WALL_CELL, KEY_CELL, (4, 4, 2)},
    ),
    2: (
        ["0000000", "0000000", "0000000", "0000000", "0022200", "0021200", "0025200"],
        {EMPTY_CELL, WALL_CELL, KEY_CELL},
    ),
    7: (
        ["0000000", "0000000", "0000000", "0022222", "0021182", "0024222", "0025112"],
        {EMPTY_CELL, WALL_CELL, KEY_CELL, GOAL_CELL, (4, 4, 0)},
    ),
}


@pytest.mark.parametrize("steps", VIEWS)
def test_the_view_is_the_one_that_minigrid_gave(steps: int) -> None:
    # Oracle: MiniGrid's own observations of this episode, recorded. The action "done" at the end
    # changes nothing, and returns the observation of the start, too.
    _, timesteps = play(DoorKey(5), START, [*SOLUTION[:steps], DONE])
    image = timesteps[-1].observation["image"].numpy().astype(int)
    objects, triples = VIEWS[steps]
    assert ["".join(map(str, row)) for row in image[..., 0].T] == objects
    assert set(map(tuple, image.reshape(-1, 3))) == {*triples, (0, 0, 0)}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([TOGGLE], {"door": LOCKED}),  # without the key, and not in front of the door
        ([LEFT, TOGGLE], {"door": LOCKED}),
        ([LEFT, FORWARD], {"position": [1, 1]}),  # into the locked door
        ([RIGHT, FORWARD], {"position": [1, 1]}),  # into a wall
        ([FORWARD, FORWARD], {"position": [1, 2]}),  # into the key
        ([FORWARD, PICKUP, FORWARD, DROP], {"key": [-1, -1]}),  # the wall is no place for it
        ([FORWARD, PICKUP, DROP], {"key": [1, 3]}),
        ([FORWARD, PICKUP, RIGHT, RIGHT, DROP], {"key": [1, 1]}),
        ([*SOLUTION[:7], TOGGLE], {"door": CLOSED}),
        ([*SOLUTION[:7], TOGGLE, FORWARD], {"position": [1, 1]}),  # into the closed door
        ([*SOLUTION[:7], LEFT, LEFT, LEFT, DROP, LEFT, TOGGLE, TOGGLE], {"door": OPEN}),
        ([*SOLUTION[:7], DROP], {"key": [-1, -1]}),  # the open door is no place for it either
        ([*SOLUTION[:8], DROP], {"key": [3, 1]}),
        ([*SOLUTION, LEFT, FORWARD], {"position": [3, 3], "direction": 1}),  # it is over
    ],
)
def test_a_rule_by_hand(actions: list[int], expected: dict[str, Any]) -> None:
    # Oracle: MiniGrid's rules, by hand, in the smallest room.
    state, _ = play(DoorKey(5), START, actions)
    for name, value in expected.items():
        np.testing.assert_array_equal(getattr(state, name), value)


def test_layouts_are_as_frequent_as_minigrids_rule_says() -> None:
    # Oracle: the enumeration of the draws in MiniGrid's `_gen_grid`, by the chi-square test.
    size, num = 6, 100_000
    state, _ = DoorKey(size).reset([num], seed=0)
    rows = range(1, size - 1)
    expected = {}
    for wall in range(2, size - 2):
        cells = [(x, y) for x in range(1, wall) for y in rows]
        pairs = [(a, k) for a in cells for k in cells if a != k]
        doors = range(1, size - 2)
        layouts = [(wall, d, *a, *k, way) for d in doors for a, k in pairs for way in range(4)]
        chance = 1 / ((size - 4) * len(layouts))
        expected |= dict.fromkeys(layouts, chance * num)
    columns = [state.wall, state.door_row, *state.position.numpy().T, *state.key.numpy().T]
    drawn, counts = np.unique(np.stack([*columns, state.direction], -1), axis=0, return_counts=True)
    observed = dict(zip(map(tuple, drawn.tolist()), counts, strict=True))
    assert observed.keys() == expected.keys()
    frequencies = [observed[key] for key in expected]
    assert scipy.stats.chisquare(frequencies, list(expected.values())).pvalue > 1e-3
    assert np.all(state.door == LOCKED)


def test_there_is_one_key_and_nobody_walks_through_walls() -> None:
    # Oracle: what any sequence of actions leaves as it is.
    size, num = 7, 300
    env = DoorKey(size)
    state, _ = env.reset([num], seed=1)
    first, step = state, tf.function(env.step)
    dropped = 0
    for t in range(150):
        action = mx.draws.integers([num], [2, t], 7)
        carried = state.key[:, 0] < 0
        state, timestep = step(state, action, 0)
        position, key = state.position.numpy(), state.key.numpy()
        in_hand = np.all(key == -1, -1)
        for cell, where in ((position, slice(None)), (key, ~in_hand)):
            x, y, wall = cell[where, 0], cell[where, 1], state.wall.numpy()[where]
            assert np.all((x >= 1) & (x <= size - 2) & (y >= 1) & (y <= size - 2))
            in_door = (x == wall) & (y == state.door_row.numpy()[where])
            assert np.all((x != wall) | (in_door & (cell is position)))
        assert not np.any(np.all(position == key, -1))
        seen = (timestep.observation["image"][..., 0].numpy() == 5).sum((1, 2))
        assert np.all(seen <= 1)
        assert np.all(seen[in_hand] == 1)
        dropped += int(np.sum(carried & ~in_hand))
    assert dropped
    np.testing.assert_array_equal(state.wall, first.wall)
    np.testing.assert_array_equal(state.door_row, first.door_row)


def shortest_path(env: DoorKey, state: DoorKeyState) -> int:
    """The number of steps to the goal, by breadth-first search over the states of `env`."""
    fields = [tensor.numpy()[None] for tensor in state]
    known = np.empty(0, int)
    for steps in range(1, 100):
        repeated = DoorKeyState(*(tf.repeat(field, 7, 0) for field in fields))
        action = tf.tile(tf.range(7), [len(fields[0])])
        following, timestep = env.step(repeated, action, seed=0)
        if np.any(timestep.terminated):
            return steps
        # A number for each position, direction, place of the key and state of the door.
        rows = np.concatenate([np.reshape(field, [len(action), -1]) for field in following[:4]], 1)
        numbers, first = np.unique((rows + 1) @ 32 ** np.arange(6), return_index=True)
        fields = [field.numpy()[first[~np.isin(numbers, known)]] for field in following]
        known = np.union1d(known, numbers)
    raise AssertionError("the goal cannot be reached")


def test_the_shortest_path_is_the_solution_by_hand() -> None:
    # Oracle: the solution above, counted by hand, which no search may undercut.
    assert shortest_path(DoorKey(5), START) == len(SOLUTION)


def test_every_layout_can_be_solved() -> None:
    # Oracle: bounds by hand. Nobody is faster than to take the key, turn, open the door, walk two
    # cells, turn and enter the goal, as no door is in the goal's row. Nobody needs to turn twice
    # and walk on in each of the 16 cells.
    env = DoorKey(6)
    state, _ = env.reset([6], seed=3)
    for i in range(6):
        one = DoorKeyState(*(tensor[i] for tensor in state))
        assert 7 <= shortest_path(env, one) <= 3 * 16


def test_a_batch_is_what_its_members_are_alone() -> None:
    # Oracle: each environment stepped alone.
    env = DoorKey(6)
    state, _ = env.reset([2, 3], seed=4)
    for t in range(10):
        action = mx.draws.integers([2, 3], [5, t], 7)
        following, timestep = env.step(state, action, seed=0)
        for i, j in np.ndindex(2, 3):
            one = DoorKeyState(*(tensor[i, j] for tensor in state))
            alone = tf.nest.flatten(env.step(one, action[i, j], seed=0))
            for tensor, expected in zip(tf.nest.flatten((following, timestep)), alone, strict=True):
                np.testing.assert_array_equal(tensor[i, j], expected)
        state = following


def test_truncates_at_minigrids_limit_and_at_ones_own() -> None:
    # Oracle: the count of steps.
    for env, limit in ((DoorKey(5), 250), (DoorKey(5, max_episode_steps=4), 4)):
        _, steps = play(env, START._replace(elapsed=tf.constant(limit - 2)), [LEFT, LEFT, LEFT])
        assert [bool(step.truncated) for step in steps] == [False, True, True]
        assert not any(bool(step.terminated) for step in steps)


@pytest.mark.parametrize("size", [4, 5.0])
def test_the_size_must_leave_room(size: float) -> None:
    with pytest.raises(ValueError, match="size must be an integer of at least 5"):
        DoorKey(size)  # type: ignore[arg-type]


def test_learners_take_its_observations_as_they_are() -> None:
    # Oracle: the number of features by hand, a number for each code and one for each direction.
    env = DoorKey(5)
    assert num_features(env.spec.observation) == 7 * 7 * 3 + 4
    config = mx.learners.PPOConfig(hidden_sizes=(8,), rollout_length=8, num_epochs=1)
    learner = mx.learners.PPO(env.spec, config, [2])
    result = mx.train(learner, env, num_steps=64, num_envs=4, seed=0, compile="graph")
    assert np.isfinite(result.history["entropy"]).all()


def read(env: Any) -> DoorKeyState:
    """The state of one of MiniGrid's environments at the beginning of an episode."""
    found = {}
    for x, y in np.ndindex(env.width, env.height):
        cell = env.grid.get(x, y)
        if cell is not None:
            found[cell.type] = (x, y)
    wall, door_row = found["door"]
    return layout(env.agent_pos, env.agent_dir, found["key"], wall, door_row)


def sensible(env: Any, generator: np.random.Generator) -> int:
    """A random action that makes something of what lies ahead, in three cases of four."""
    ahead = env.grid.get(*env.front_pos)
    if generator.random() < 0.25:
        return int(generator.integers(7))
    if ahead is not None and ahead.type == "key":
        return PICKUP
    if ahead is not None and ahead.type == "door":
        if ahead.is_open:
            return int(generator.choice([FORWARD, FORWARD, FORWARD, TOGGLE]))
        return TOGGLE if env.carrying or not ahead.is_locked else LEFT
    return int(generator.choice([LEFT, RIGHT, FORWARD, FORWARD]))


@pytest.mark.parametrize("size", [5, 6, 8])
def test_follows_minigrid_step_for_step(size: int) -> None:
    # Oracle: MiniGrid's environments, from the same layouts under the same actions, until they end.
    pytest.importorskip("minigrid", reason="MiniGrid is of the extra `minigrid`")
    generator = np.random.default_rng(0)
    theirs = [gymnasium.make(f"MiniGrid-DoorKey-{size}x{size}-v0").unwrapped for _ in range(12)]
    first = [their.reset(seed=i)[0] for i, their in enumerate(theirs)]
    env, limit = DoorKey(size), 10 * size**2
    state = DoorKeyState(*map(tf.stack, zip(*map(read, theirs), strict=True)))
    step = tf.function(env.step)
    # The action "done" changes nothing, and returns the observations of the start.
    _, timestep = step(state, tf.fill([12], DONE), 0)
    running, successes, met = set(range(12)), 0, set()
    for i in running:
        _agree(timestep.observation, first[i], i)
    for _ in range(limit):
        action = np.array([sensible(their, generator) for their in theirs], np.int32)
        state, timestep = step(state, tf.constant(action), 0)
        reward, terminated = timestep.reward.numpy(), timestep.terminated.numpy()
        truncated = timestep.truncated.numpy()
        for i in sorted(running):
            observation, paid, ended, cut, _ = theirs[i].step(int(action[i]))
            _agree(timestep.observation, observation, i)
            assert reward[i] == pytest.approx(paid, abs=1e-6)
            assert terminated[i] == ended
            assert truncated[i] == (cut and not ended)
            met |= {(int(state.door[i]), bool(theirs[i].carrying))}
            successes += ended
            if ended or cut:
                running.remove(i)
    assert not running
    assert successes
    assert met >= {(LOCKED, False), (LOCKED, True), (OPEN, True), (OPEN, False), (CLOSED, True)}


def _agree(observation: dict[str, tf.Tensor], theirs: dict[str, Any], i: int) -> None:
    np.testing.assert_array_equal(observation["image"][i], theirs["image"])
    assert int(observation["direction"][i]) == theirs["direction"]
