"""FiniteWorld does what its tables say."""

import pickle
from typing import Any

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from maxent_tf import draws, environments
from maxent_tf.environments import FiniteWorld
from maxent_tf.environments.finite import FiniteState

STATES, ACTIONS, OUTCOMES = 6, 3, 4


def random_tables(seed: int, outcomes: int = OUTCOMES) -> dict[str, np.ndarray]:
    """Tables with repeated next states, impossible outcomes anywhere, and one terminal state."""
    generator = np.random.default_rng(seed)
    shape = (STATES, ACTIONS, outcomes)
    weight = generator.exponential(size=shape) * (generator.random(shape) > 0.3)
    weight[..., 0] += weight.sum(-1) == 0
    tables = {
        "next_state": generator.integers(STATES, size=shape),
        "probability": weight / weight.sum(-1, keepdims=True),
        "reward": generator.normal(size=shape),
        "terminal": np.arange(STATES) == STATES - 1,
        "initial": np.array([0.0, 0.5, 0.2, 0.3, 0.0, 0.0]),
    }
    tables["next_state"][-1], tables["reward"][-1] = STATES - 1, 0.0
    return tables


@pytest.mark.parametrize("outcomes", [1, OUTCOMES])
def test_follows_a_naive_simulator_step_for_step(outcomes: int) -> None:
    # Oracle: a loop over one world at a time in float64 Python, which inverts the distribution
    # function of the tables at the same uniform numbers.
    tables = random_tables(seed=0, outcomes=outcomes)
    env = FiniteWorld(**tables, max_episode_steps=15)
    batch, generator = 200, np.random.default_rng(1)
    state, timestep = env.reset([batch], seed=0)
    uniform = draws.uniform([batch], seed=0).numpy()
    position = [int(np.flatnonzero(u < np.cumsum(tables["initial"]))[0]) for u in uniform]
    np.testing.assert_array_equal(timestep.observation, np.eye(STATES)[position])
    for t in range(1, 21):
        action = generator.integers(ACTIONS, size=batch, dtype=np.int32)
        state, timestep = env.step(state, tf.constant(action), seed=t)
        uniform = draws.uniform([batch], seed=t).numpy()
        reward = np.zeros(batch, np.float32)
        for i in range(batch):
            row = (position[i], action[i])
            k = int(np.flatnonzero(uniform[i] < np.cumsum(tables["probability"][row]))[0])
            position[i] = int(tables["next_state"][row][k])
            reward[i] = tables["reward"][row][k]
        ended = np.equal(position, STATES - 1)
        np.testing.assert_array_equal(state.index, position)
        np.testing.assert_array_equal(state.elapsed, t)
        np.testing.assert_array_equal(timestep.observation, np.eye(STATES)[position])
        np.testing.assert_array_equal(timestep.reward, reward)
        np.testing.assert_array_equal(timestep.terminated, ended)
        np.testing.assert_array_equal(timestep.truncated, ~ended & (t >= 15))


def test_outcomes_are_as_frequent_as_the_tables_say() -> None:
    # Oracle: the chi-square test of every row of the tables against 20,000 draws from it. Rewards
    # are made to tell the outcome.
    tables = random_tables(seed=2)
    tables["reward"] = np.broadcast_to(np.arange(OUTCOMES), tables["reward"].shape).copy()
    tables["terminal"][:] = False
    env = FiniteWorld(**tables)
    draws_each = 20_000
    shape = (STATES, ACTIONS, draws_each)
    index = tf.broadcast_to(tf.range(STATES)[:, None, None], shape)
    action = tf.broadcast_to(tf.range(ACTIONS)[None, :, None], shape)
    _, timestep = env.step(FiniteState(index, tf.zeros_like(index)), action, seed=3)
    outcome = timestep.reward.numpy().astype(int)
    pvalues = []
    for row in np.ndindex(STATES, ACTIONS):
        expected = tables["probability"][row] * draws_each
        observed = np.bincount(outcome[row], minlength=OUTCOMES)
        possible = expected > 0
        assert not np.any(observed[~possible])
        pvalues.append(scipy.stats.chisquare(observed[possible], expected[possible]).pvalue)
    assert np.nanmin(pvalues) > 1e-3 / len(pvalues)


def test_starts_are_as_frequent_as_the_table_says() -> None:
    # Oracle: the chi-square test.
    tables = random_tables(seed=2)
    state, _ = FiniteWorld(**tables).reset([50_000], seed=4)
    observed = np.bincount(state.index.numpy(), minlength=STATES)
    possible = tables["initial"] > 0
    assert not np.any(observed[~possible])
    expected = tables["initial"][possible] * 50_000
    assert scipy.stats.chisquare(observed[possible], expected).pvalue > 1e-3


def test_where_nothing_is_random_nothing_is_drawn() -> None:
    # Oracle: the operations of the traced graph.
    tables = random_tables(seed=0, outcomes=1)
    tables["initial"] = np.eye(STATES)[2]
    env = FiniteWorld(**tables)

    def once(action: tf.Tensor, seed: tf.Tensor) -> Any:
        state, _ = env.reset([8], seed)
        return env.step(state, action, seed)

    graph = tf.function(once).get_concrete_function(
        tf.TensorSpec([8], tf.int32), tf.TensorSpec([2], tf.int32)
    )
    kinds = {operation.type for operation in graph.graph.get_operations()}
    assert not any("Random" in kind or "Bitwise" in kind for kind in kinds)


def test_tables_are_kept_in_float64_and_cannot_be_changed() -> None:
    tables = random_tables(seed=0)
    env = FiniteWorld(**tables)
    for name, table in tables.items():
        np.testing.assert_array_equal(getattr(env, name), table)
        with pytest.raises(ValueError, match="read-only"):
            getattr(env, name)[0] = 0
    assert env.probability.dtype == env.reward.dtype == env.initial.dtype == np.float64
    tables["reward"][0] = 99.0
    assert not np.any(env.reward == 99.0)


def test_rewards_have_the_noise_of_their_state_and_action() -> None:
    # Oracle: the chi-square test of the variance of 20,000 rewards of each state and action.
    tables, num = random_tables(seed=0, outcomes=1), 20_000
    stddev = np.random.default_rng(5).choice([0.0, 0.1, 2.0], size=(STATES, ACTIONS))
    stddev[-1] = 0.0
    env = FiniteWorld(**tables, reward_noise=stddev)
    shape = (STATES, ACTIONS, num)
    index = tf.broadcast_to(tf.range(STATES)[:, None, None], shape)
    action = tf.broadcast_to(tf.range(ACTIONS)[None, :, None], shape)
    _, timestep = env.step(FiniteState(index, tf.zeros_like(index)), action, seed=6)
    noise = timestep.reward.numpy().astype(float) - tables["reward"].astype(np.float32)
    assert not np.any(noise[stddev == 0])
    squares = (noise[stddev > 0] / stddev[stddev > 0][:, None]) ** 2
    tail = scipy.stats.chi2(num).cdf(squares.sum(-1))
    assert np.all(np.minimum(tail, 1 - tail) > 1e-3 / len(tail))


def test_one_number_is_the_noise_of_all_but_terminal_states() -> None:
    # Oracle: a table of that number, whose rows of terminal states are 0.
    tables = random_tables(seed=0)
    table = np.full((STATES, ACTIONS), 0.3)
    table[-1] = 0.0
    worlds = [FiniteWorld(**tables, reward_noise=noise) for noise in (0.3, table)]
    np.testing.assert_array_equal(*(world.reward_noise for world in worlds))
    state, _ = worlds[0].reset([50], seed=0)
    action = tf.zeros([50], tf.int32)
    np.testing.assert_array_equal(*(w.step(state, action, 1)[1].reward for w in worlds))


def changed(name: str, where: Any, value: Any) -> dict[str, Any]:
    tables = random_tables(seed=0)
    tables[name][where] = value
    return tables


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            changed("next_state", (1, 2, 3), 6),
            r"next_state must lie in 0 .. 5, not 6 at \[1, 2, 3\]",
        ),
        (changed("next_state", (1, 2, 3), -1), r"next_state must lie in 0 .. 5, not -1"),
        (changed("reward", (1, 2, 3), np.nan), r"reward must be finite, not nan at \[1, 2, 3\]"),
        (changed("probability", (1, 2, 3), np.nan), "probability must be at least 0 everywhere"),
        (changed("probability", (1, 2, 3), -1.0), "probability must be at least 0 everywhere"),
        (
            changed("probability", (1, 2), [0.5, 0.501, 0.0, 0.0]),
            r"probability must sum to one over its last axis, not 1.001 at \[1, 2\]",
        ),
        (changed("initial", 1, 0.501), "initial must sum to one"),
        (changed("initial", slice(None), np.eye(6)[5]), "initial must be 0 on terminal states"),
        (changed("next_state", 5, 0), "next_state of a terminal state must be itself"),
        (changed("reward", (5, 0, 0), 1.0), "reward in a terminal state must be 0"),
        (random_tables(0) | {"reward": np.zeros((6, 3))}, r"reward must have shape \(6, 3, 4\)"),
        (random_tables(0) | {"initial": np.ones(1)}, r"initial must have shape \(6,\)"),
        (random_tables(0) | {"next_state": np.zeros((6, 3), int)}, "next_state must have shape"),
        (random_tables(0) | {"next_state": np.zeros((6, 0, 4), int)}, "none of them 0"),
        (random_tables(0) | {"next_state": np.zeros((6, 3, 4))}, "next_state must be int32, not"),
        (random_tables(0) | {"max_episode_steps": 0}, "max_episode_steps must be a positive"),
        (random_tables(0) | {"reward_noise": -1.0}, "reward_noise must be finite .*, not -1.0.$"),
        (
            random_tables(0) | {"reward_noise": np.full([6, 3], np.inf)},
            r"reward_noise must be finite and at least 0, not inf at \[0, 0\]",
        ),
        (
            random_tables(0) | {"reward_noise": np.ones([6, 3])},
            r"reward_noise in a terminal state must be 0, not 1.0 at \[5, 0\]",
        ),
        (
            random_tables(0) | {"reward_noise": np.ones(6)},
            r"reward_noise must have shape \(\) or \(6, 3\) .*, not \(6,\)",
        ),
    ],
)
def test_malformed_tables_are_refused(tables: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FiniteWorld(**tables)


def masked_world(legal: object) -> FiniteWorld:
    return FiniteWorld(
        next_state=[[[0], [1]], [[1], [1]]],
        probability=np.ones([2, 2, 1]),
        reward=[[[0.0], [1.0]], [[0.0], [0.0]]],
        terminal=[False, True],
        initial=[1.0, 0.0],
        legal=legal,  # type: ignore[arg-type]
    )


def test_observations_show_the_legal_actions() -> None:
    # Oracle: the rows of the table, by the state that the observation shows.
    legal = np.array([[False, True], [True, True]])
    world = masked_world(legal)
    assert world.spec.masks_actions
    state, timestep = world.reset([3], seed=0)
    for _ in range(2):
        index = np.argmax(timestep.observation["observation"], -1)
        np.testing.assert_array_equal(timestep.observation["action_mask"], legal[index])
        assert timestep.observation["action_mask"].dtype == tf.int32
        state, timestep = world.step(state, tf.constant([1, 1, 1]), seed=0)
    np.testing.assert_array_equal(timestep.terminated, [True] * 3)
    world.step(state, tf.constant([0, 1, 0]), seed=0)  # legal where the episode has ended
    state, _ = world.reset([3], seed=0)
    with pytest.raises(ValueError, match=r"not 0 in state 0 at \[1\]: legal there are \[1\]"):
        world.step(state, tf.constant([1, 0, 1]), seed=0)


@pytest.mark.parametrize(
    ("legal", "message"),
    [
        ([[False, True], [False, False]], "allows none in state 1"),
        ([[True, True]], r"legal must have shape \(2, 2\) .* not \(1, 2\)"),
        ([[0.5, 1.0], [1.0, 1.0]], "legal must be bool, not float64"),
    ],
    ids=["none", "shape", "dtype"],
)
def test_wrong_legal_actions_are_named(legal: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        masked_world(legal)


@pytest.mark.parametrize(
    "world",
    [
        environments.Bandit([1.0, 0.5]),
        environments.Chain(4),
        environments.DeepSea(3),
        environments.FourRooms(),
        environments.GridWorld(2, (0, 0), {(1, 1): 1.0}),
        environments.IcyGrid(),
        environments.RiverSwim(),
        environments.TwoGoalGrid(),
    ],
    ids=lambda world: type(world).__name__,
)
def test_worlds_are_of_the_class_that_names_them(world: FiniteWorld) -> None:
    # Oracle: Python's own isinstance and pickle.
    kind = getattr(environments, type(world).__name__)
    assert isinstance(world, kind)
    assert isinstance(world, FiniteWorld)
    copied = pickle.loads(pickle.dumps(world))
    assert type(copied) is kind
    np.testing.assert_array_equal(copied.next_state, world.next_state)
    np.testing.assert_array_equal(copied.reward, world.reward)
