"""AlphaZero: its targets, its actions, what it refuses, and what it reaches in tic-tac-toe."""

import dataclasses
import functools
import re
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf import draws
from maxent_tf.environments import DeepSea, TicTacToe
from maxent_tf.exploration import Counts
from maxent_tf.learners import AlphaZero, AlphaZeroConfig, Intrinsic, Normalized, Searched
from maxent_tf.types import Transition

QUIET = mx.search.Puct(noise_fraction=0.0, normalize_q=False)


@functools.cache
def solution() -> mx.tabular.GameSolution:
    return mx.tabular.solve_game(TicTacToe())


def at(positions: np.ndarray) -> tuple[Any, Any]:
    """The states of the game and what the player to move observes, for one learner."""
    here = solution().state, solution().observation
    return tf.nest.map_structure(lambda x: tf.constant(x[positions]), here)


def random_sequences(learner: AlphaZero, length: int, batch: int) -> Transition:
    """Sequences [length, batch, ...] that end here and there, of a learner in `DeepSea`."""
    rng = np.random.default_rng(0)
    shape, states = (length, batch), learner.spec.observation.shape[0]
    kind = rng.integers(5, size=shape)

    def observation() -> tf.Tensor:
        return tf.one_hot(rng.integers(states, size=shape), states)

    return Transition(
        observation=observation(),
        action=tf.constant(rng.integers(2, size=shape), tf.int32),
        reward=tf.constant(rng.normal(size=shape), tf.float32),
        next_observation=observation(),
        terminated=tf.constant(kind == 0),
        truncated=tf.constant(kind == 1),
        valid=tf.ones(shape, tf.bool),
        extras=Searched(
            tf.constant(rng.dirichlet(np.ones(2), shape), tf.float32),
            tf.constant(rng.normal(size=shape), tf.float32),
        ),
    )


@pytest.mark.parametrize("players", [1, 2])
@pytest.mark.parametrize("n", [1, 3])
def test_targets_are_n_step_returns_from_the_values_of_the_search(players: int, n: int) -> None:
    # Oracle: a loop over the steps of each sequence, in plain Python.
    env = DeepSea(3)
    env.spec = dataclasses.replace(env.spec, num_players=players)
    learner = AlphaZero(env, AlphaZeroConfig(hidden_sizes=(5,), n_step=n, discount=0.9))
    state, batch = learner.init(0), random_sequences(learner, n + 1, 60)
    final = learner.value(state, tf.reshape(batch.next_observation, [-1, 10]))
    final = np.reshape(final, [n + 1, 60])
    gamma = -0.9 if players == 2 else 0.9
    expected = np.zeros(60)
    for i in range(60):
        for t in range(n):
            expected[i] += gamma**t * batch.reward[t, i]
            if batch.terminated[t, i]:
                break
            if batch.truncated[t, i]:
                expected[i] += gamma ** (t + 1) * final[t, i]
                break
        else:
            expected[i] += gamma**n * batch.extras.value[n, i]
    own = learner.value(state, batch.observation[0]).numpy()
    updated = learner.update(state, batch)
    np.testing.assert_allclose(updated.error, np.abs(own - expected), rtol=1e-4, atol=1e-5)
    loss = np.mean((own - expected) ** 2) / 2
    np.testing.assert_allclose(updated.metrics.value_loss, loss, rtol=1e-4)


def test_the_network_learns_what_the_search_found() -> None:
    # Oracle: the minimum of the loss, which is the target itself; states that occur once each.
    env = DeepSea(3)
    learner = AlphaZero(env, AlphaZeroConfig(hidden_sizes=(), optimizer=0.1, n_step=1))
    batch = random_sequences(learner, 2, 10)
    batch = batch._replace(
        observation=tf.tile(tf.eye(10)[None], [2, 1, 1]), truncated=tf.zeros([2, 10], tf.bool)
    )
    going_on = 1 - np.asarray(batch.terminated[0], np.float32)
    target = batch.reward[0] + going_on * batch.extras.value[1]
    state, update = learner.init(0), tf.function(learner.update, jit_compile=True)
    for _ in range(500):
        state, metrics, _ = update(state, batch)
    found = learner.policy(state, batch.observation[0]).probs_parameter()
    np.testing.assert_allclose(found, batch.extras.policy[0], atol=0.01)
    np.testing.assert_allclose(learner.value(state, batch.observation[0]), target, atol=0.02)
    assert abs(metrics.divergence) < 1e-3
    own = batch.extras.policy[0].numpy()
    entropy = -np.sum(own * np.log(own), -1).mean()
    np.testing.assert_allclose(metrics.policy_loss, entropy, rtol=1e-2)


@pytest.mark.parametrize("target", ["policy", "visits"])
def test_it_acts_and_learns_by_its_search(target: str) -> None:
    # Oracle: the search itself, with the model and the seed that belong to the act.
    env, rule = TicTacToe(), mx.search.Gumbel(max_considered=4)
    config = AlphaZeroConfig(
        hidden_sizes=(5,), rule=rule, num_simulations=12, target=target, move_temperature=0.0
    )
    learner = AlphaZero(env, config)
    state, (world, observation) = learner.init(0), at(np.arange(20))
    acted = learner.act(state, learner.initial_carry(20), observation, seed=[3, 4], world=world)
    root, mask = mx.search.world_root(env, learner, state, world, observation)
    model = mx.search.world_model(env, learner, discount=1.0)
    seed = draws.split([3, 4], 2)[0]
    found = mx.search.summary(mx.search.search(model, state, root, 12, rule, mask=mask, seed=seed))
    np.testing.assert_array_equal(acted.action, np.argmax(found.policy, -1))
    expected = found.target if target == "policy" else found.visits / 12
    np.testing.assert_allclose(acted.extras.policy, expected, atol=1e-6)
    np.testing.assert_allclose(acted.extras.value, found.value, atol=1e-6)
    np.testing.assert_array_equal(acted.carry, 1)


def test_moves_are_drawn_at_the_temperature_of_their_number() -> None:
    # Oracle: powers of the search's policy, within 5 standard errors; the best move at 0.
    temperature = mx.temperature.piecewise([1, 2], [1.0, 0.5, 0.0])
    config = AlphaZeroConfig(
        hidden_sizes=(), rule=QUIET, num_simulations=30, move_temperature=temperature
    )
    learner, count = AlphaZero(TicTacToe(), config), 3000
    state, (world, observation) = learner.init(0), at(np.full(count, 40))
    act = tf.function(learner.act, jit_compile=True, autograph=False)
    for moves, power in ((0, 1.0), (1, 2.0), (2, None)):
        carry = learner.initial_carry(count) + moves
        acted = act(state, carry, observation, seed=tf.constant([0, 1]), world=world)
        policy = acted.extras.policy[0].numpy().astype(float)
        best = np.where(policy == policy.max(), 1.0, 0.0)
        expected = best if power is None else policy**power
        expected /= expected.sum()
        share = np.bincount(acted.action, minlength=9) / count
        margin = 5 * np.sqrt(expected * (1 - expected) / count)
        assert np.all(np.abs(share - expected) <= margin + 1e-9)


def test_evaluation_draws_nothing_and_adds_no_noise() -> None:
    # Oracle: the same moves with another seed, and with a rule that has no noise.
    config = AlphaZeroConfig(hidden_sizes=(5,), num_simulations=8)
    noisy = AlphaZero(TicTacToe(), config)
    quiet = AlphaZero(TicTacToe(), dataclasses.replace(config, rule=QUIET))
    state, (world, observation) = noisy.init(0), at(np.arange(50))
    carry = noisy.initial_carry(50)
    first, other, without = (
        learner.act(state, carry, observation, seed=seed, explore=False, world=world)
        for learner, seed in ((noisy, 0), (noisy, 1), (quiet, 2))
    )
    tf.nest.map_structure(np.testing.assert_array_equal, first, other)
    tf.nest.map_structure(np.testing.assert_array_equal, first, without)
    explored = noisy.act(state, carry, observation, seed=0, world=world)
    assert np.any(explored.extras.policy != first.extras.policy)


def test_each_learner_of_a_batch_searches_with_its_own_network() -> None:
    # Oracle: each learner alone.
    env, config = TicTacToe(), AlphaZeroConfig(hidden_sizes=(5,), num_simulations=10)
    both, alone = AlphaZero(env, config, [2]), AlphaZero(env, config)
    state, (world, observation) = both.init(0), at(np.arange(14))
    halves = tf.nest.map_structure(
        lambda x: tf.reshape(x, [2, 7, *x.shape[1:]]), (observation, world)
    )
    acted = both.act(
        state, both.initial_carry(7), halves[0], seed=0, explore=False, world=halves[1]
    )
    for i in range(2):
        own, seen, where = tf.nest.map_structure(
            lambda x: x[i] if x.shape.rank else x,  # noqa: B023
            (state, *halves),
        )
        expected = alone.act(own, alone.initial_carry(7), seen, seed=0, explore=False, world=where)
        np.testing.assert_array_equal(acted.action[i], expected.action)
        np.testing.assert_allclose(acted.extras.value[i], expected.extras.value, atol=1e-5)


def test_the_loops_hand_it_the_environment_in_which_it_plans() -> None:
    # Oracle: the best return of the environment, which a search of four steps cannot miss; and the
    # number of updates that the steps after the first ones call for.
    env = DeepSea(4)
    config = AlphaZeroConfig(
        hidden_sizes=(5,), num_simulations=32, n_step=4, batch_size=8, learning_starts=8
    )
    learner = AlphaZero(env, config, [2])
    result = mx.train(learner, env, 88, num_envs=4, records=1, compile="graph")
    assert result.updates == 4
    assert np.all(np.isfinite(result.history["divergence"]))
    returns = mx.evaluate(learner, result.state, env, 2).returns
    np.testing.assert_allclose(returns, 0.99, rtol=1e-5)


def test_what_it_cannot_do_is_named(tmp_path: Any) -> None:
    # Oracle: the words of the messages.
    learner = AlphaZero(DeepSea(3), AlphaZeroConfig(hidden_sizes=(), num_simulations=2))
    state = learner.init(0)
    with pytest.raises(ValueError, match="world must be the state of the environment in which"):
        learner.act(state, learner.initial_carry(1), tf.one_hot([0], 10), seed=0)
    with pytest.raises(ValueError, match="world must be the state of the environment in which"):
        mx.policies.save(tmp_path / "policy", learner, state)
    for wrap in (
        lambda: Normalized(learner, observation=True),
        lambda: Normalized(learner, reward=True),
        lambda: Intrinsic(learner, Counts(learner.spec)),
        lambda: Intrinsic(Normalized(learner), Counts(learner.spec)),
    ):
        with pytest.raises(ValueError, match="the learner inside must not plan in its environment"):
            wrap()
    with pytest.raises(ValueError, match="env must be an environment of the graph"):
        AlphaZero(learner.spec)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="AlphaZero needs one discrete action"):
        AlphaZero(mx.environments.Pendulum())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"network": "table"}, "network must be one of ['mlp'], not 'table'"),
        ({"rule": mx.search.Puct}, "rule must be a rule of maxent_tf.search, such as Puct()"),
        ({"target": "value"}, "target must be one of ['policy', 'visits'], not 'value'"),
        ({"discount": 1.5}, "discount must lie in [0, 1], not 1.5"),
        ({"move_temperature": -1.0}, "move_temperature must be finite and at least 0, not -1.0"),
        ({"value_weight": -1.0}, "value_weight must be finite and at least 0, not -1.0"),
        ({"num_simulations": 0}, "num_simulations must be an integer of at least 1, not 0"),
        ({"n_step": 0}, "n_step must be an integer of at least 1, not 0"),
        ({"learning_starts": -1}, "learning_starts must be an integer of at least 0, not -1"),
        ({"updates_per_step": 0.0}, "updates_per_step must lie in [0.0001, 10000.0], not 0.0"),
    ],
)
def test_bad_hyperparameters_are_named(arguments: dict[str, Any], message: str) -> None:
    # Oracle: the words of the messages.
    with pytest.raises(ValueError, match=re.escape(message)):
        AlphaZeroConfig(**arguments)


@pytest.mark.slow
def test_it_loses_no_game_of_tic_tac_toe() -> None:
    # Oracle: the exact solver; all lines of play, enumerated.
    env = TicTacToe()
    learner = AlphaZero(env)
    state = mx.train(learner, env, 60_000, num_envs=64, records=1).state
    player = AlphaZero(env, AlphaZeroConfig(num_simulations=128))
    going_on = np.flatnonzero(~solution().terminated)
    world, observation = at(going_on)
    moves = np.zeros(len(solution().value), int)
    moves[going_on] = player.act(
        state,
        player.initial_carry(len(going_on)),
        observation,
        seed=0,
        explore=False,
        world=world,
    ).action
    values = mx.tabular.worst_case(solution(), moves)
    assert values.follower[0] == 0
    assert values.opponent[0] == 0
    assert np.mean(solution().optimal[going_on, moves[going_on]]) >= 0.99
