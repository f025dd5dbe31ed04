"""A learner with an intrinsic reward against the learner inside, paid by hand."""

import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.exploration import ICM, RND, Counts, SimHash
from maxent_tf.learners import (
    A2C,
    SAC,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    Intrinsic,
    Learner,
    SACConfig,
)
from maxent_tf.types import Transition

WORLD = mx.environments.DeepSea(4)
P = (2,)


def a2c(**config: Any) -> A2C:
    return A2C(WORLD.spec, A2CConfig(hidden_sizes=(5,), rollout_length=6, **config), P)


def discrete_sac(**config: Any) -> DiscreteSAC:
    config = {"batch_size": 6, "learning_starts": 8, "replay_capacity": 60, **config}
    return DiscreteSAC(WORLD.spec, DiscreteSACConfig(hidden_sizes=(5,), **config), P)


def transitions(*shape: int, seed: int = 0) -> Transition:
    """Fields [*shape, ...] in which some episodes end and some steps are placeholders."""
    rng = np.random.default_rng(seed)
    states = WORLD.num_states
    return Transition(
        observation=tf.one_hot(rng.integers(states, size=shape), states),
        action=tf.constant(rng.integers(2, size=shape), tf.int32),
        reward=tf.constant(rng.normal(size=shape), tf.float32),
        next_observation=tf.one_hot(rng.integers(states, size=shape), states),
        terminated=tf.constant(rng.random(shape) < 0.3),
        truncated=tf.zeros(shape, tf.bool),
        valid=tf.constant(rng.random(shape) < 0.8),
    )


def assert_same(found: Any, expected: Any) -> None:
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6), found, expected
    )


def seeds(seed: Any) -> Any:
    """The seeds of the learner inside and of the bonus."""
    return tf.unstack(mx.draws.split(seed, 2))


def test_on_policy_a_trajectory_is_counted_before_it_is_paid_for() -> None:
    # Oracle: the learner inside, with the bonus of the counts after the trajectory added by hand,
    # scaled for each learner.
    bonus, scale = Counts(WORLD.spec), np.array([0.5, 2.0])
    learner = Intrinsic(a2c(), bonus, scale=scale)
    state, batch = learner.init(1), transitions(6, *P, 3)
    found = learner.update(state, batch, seed=4)
    counts = bonus.init(0, P)
    for t in range(6):
        counts = bonus.observe(counts, tf.nest.map_structure(lambda x, t=t: x[t], batch))
    paid = np.stack(
        [bonus.reward(counts, tf.nest.map_structure(lambda x, t=t: x[t], batch)) for t in range(6)]
    )
    paid *= scale[:, None]
    rewarded = batch._replace(reward=batch.reward + paid.astype(np.float32))
    expected = learner.learner.update(state.learner, rewarded, seed=seeds(4)[0])
    assert_same(found.state.learner, expected.state)
    assert_same(found.metrics.learner, expected.metrics)
    mean = (paid * batch.valid.numpy()).sum((0, 2)) / np.sum(batch.valid, (0, 2))
    np.testing.assert_allclose(found.metrics.intrinsic_reward, mean, rtol=1e-5)
    np.testing.assert_array_equal(found.state.bonus, counts)
    # Observed afterwards, as the loops do, nothing is counted twice.
    np.testing.assert_array_equal(learner.observe(found.state, batch).bonus, counts)


@pytest.mark.parametrize("n_step", [1, 3])
def test_from_replay_the_bonus_is_that_of_today(n_step: int) -> None:
    # Oracle: the learner inside, with the bonus of the counts at the update added by hand; replayed
    # once more after more of the same was met, the same transitions earn less.
    bonus = Counts(WORLD.spec)
    learner = Intrinsic(discrete_sac(n_step=n_step), bonus, scale=2.0)
    time = () if n_step == 1 else (n_step,)
    batch = transitions(*time, *P, 6)
    flat = transitions(*P, 6)
    state, means = learner.init(1), []
    for _ in range(2):
        state = learner.observe(state, flat)
        steps = [batch] if n_step == 1 else [
            tf.nest.map_structure(lambda x, t=t: x[t], batch) for t in range(n_step)
        ]  # fmt: skip
        paid = np.stack([2 * bonus.reward(state.bonus, step) for step in steps])
        rewarded = batch._replace(reward=batch.reward + paid.reshape(batch.reward.shape))
        expected = learner.learner.update(state.learner, rewarded, seed=seeds(4)[0])
        found = learner.update(state, batch, seed=4)
        assert_same(found.state.learner, expected.state)
        np.testing.assert_array_equal(found.state.bonus, state.bonus)
        means.append(found.metrics.intrinsic_reward.numpy())
    assert n_step > 1 or np.all(means[1] < means[0])


@pytest.mark.parametrize("episodic", [False, True])
def test_the_divisor_is_that_of_discounted_sums_over_time(episodic: bool) -> None:
    # Oracle: a loop over each environment's steps in their order, and NumPy's standard deviation of
    # all sums. Whoever sums over environments, or adds sums up again, has another.
    bonus, discount, num_envs = Counts(WORLD.spec), 0.9, 3
    learner = Intrinsic(
        discrete_sac(), bonus, discount=discount, episodic=episodic, num_envs=num_envs
    )
    state, counts = learner.init(1), bonus.init(0, P)
    running, sums = np.zeros((*P, num_envs)), [[], []]
    for step in range(20):
        fresh = transitions(*P, num_envs, seed=step)
        state, counts = learner.observe(state, fresh), bonus.observe(counts, fresh)
        each = bonus.reward(counts, fresh).numpy()
        for p, b in np.ndindex(*P, num_envs):
            if fresh.valid[p, b]:
                running[p, b] = each[p, b] + discount * running[p, b]
                sums[p].append(running[p, b])
                if episodic and fresh.terminated[p, b]:
                    running[p, b] = 0.0
    np.testing.assert_allclose(state.running, running, rtol=1e-6)
    # The mean is not subtracted.
    batch = transitions(*P, 6, seed=99)
    paid = learner.update(state, batch, seed=0).metrics.intrinsic_reward
    divisor = np.array([np.std(x) for x in sums])
    raw = bonus.reward(counts, batch).numpy()
    expected = (raw * batch.valid.numpy()).sum(-1) / np.sum(batch.valid, -1) / divisor
    np.testing.assert_allclose(paid, expected, rtol=1e-5)


def test_a_rollouts_sums_are_those_of_its_steps() -> None:
    # Oracle: the same steps one by one, through a learner from replay. The counts of a rollout are
    # those at its end, so here nothing is met twice.
    batch = transitions(6, *P, 1)
    different = np.arange(6)[:, None, None] + 6 * np.arange(2)[:, None]
    batch = batch._replace(observation=tf.one_hot(different, WORLD.num_states))
    bonus, arguments = Counts(WORLD.spec), {"discount": 0.9, "episodic": True}
    on, off = Intrinsic(a2c(), bonus, **arguments), Intrinsic(discrete_sac(), bonus, **arguments)
    whole = on.update(on.init(0), batch, seed=0).state
    state = off.init(0)
    for t in range(6):
        state = off.observe(state, tf.nest.map_structure(lambda x, t=t: x[t], batch))
    np.testing.assert_allclose(whole.running, state.running, rtol=1e-9)
    assert_same(whole.discounted_sum, state.discounted_sum)


def curious_sac(spec: Any) -> Learner:
    config = SACConfig(hidden_sizes=(4,), batch_size=4, learning_starts=6, replay_capacity=40)
    return Intrinsic(SAC(spec, config), ICM(spec, hidden_sizes=(4,)), discount=0.9, num_envs=2)


MAKERS = {
    "a2c, rnd": lambda: Intrinsic(
        a2c(), RND(WORLD.spec, hidden_sizes=(4,)), discount=0.9, num_envs=2
    ),
    "discrete sac, simhash": lambda: Intrinsic(
        discrete_sac(), SimHash(WORLD.spec, bits=8, table_size=64), scale=[0.1, 0.2]
    ),
}


@pytest.mark.parametrize("name", MAKERS)
def test_an_interrupted_run_in_the_graph_ends_like_a_whole_one(
    name: str, tmp_path: pathlib.Path
) -> None:
    # Oracle: the run without interruption, to the bit; inside a normalised learner, too.
    arguments: Any = {
        "num_steps": 48, "records": 2, "num_envs": 2, "seed": 3, "compile": "graph",
        "normalize_reward": True,
    }  # fmt: skip
    whole = mx.train(MAKERS[name](), WORLD, **arguments)
    mx.train(
        MAKERS[name](), WORLD, **arguments, checkpoint_dir=tmp_path,
        callback=lambda steps, *_: "stop" if steps >= 24 else None,
    )  # fmt: skip
    again = mx.train(MAKERS[name](), WORLD, **arguments, checkpoint_dir=tmp_path)
    tf.nest.map_structure(np.testing.assert_array_equal, again.state, whole.state)


def test_the_host_loop_pays_it_too_and_a_bare_learner_acts() -> None:
    # Oracle: the metrics are there and finite; the learner inside acts as the wrapper does.
    spec = mx.gymnasium_spec("Pendulum-v1")
    learner: Any = curious_sac(spec)
    result = mx.train(learner, "Pendulum-v1", 24, num_envs=2, seed=0, records=1)
    for name in ("intrinsic_reward", "forward_loss", "inverse_loss"):
        assert np.isfinite(result.history[name]).all()
    assert result.history["intrinsic_reward"] > 0
    returns = [
        mx.evaluate(one, result.state, mx.environments.Pendulum(max_episode_steps=5), 2).returns
        for one in (learner, learner.learner)
    ]
    np.testing.assert_array_equal(*returns)


def test_a_bonus_widens_what_is_visited() -> None:
    # Oracle: the number of different pairs of state and action that ten learners each try in 250
    # episodes, with a bonus and without; the counts tell.
    world = mx.environments.DeepSea(12)
    config = A2CConfig(
        network="table", actor_optimizer=0.05, critic_optimizer=0.05, alpha=0.003, discount=0.98,
        rollout_length=12,
    )  # fmt: skip
    learner = Intrinsic(
        A2C(world.spec, config, [2, 10]), Counts(world.spec), scale=np.array([[0.0], [0.1]])
    )
    result = mx.train(learner, world, 3000, seed=0, records=1)
    visited = np.sum(result.state.bonus.numpy() > 0, axis=-1).mean(-1)
    assert visited[1] > visited[0] + 8


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"bonus must be .*Counts\(env\.spec\), not <class"):
        Intrinsic(a2c(), Counts)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="scale"):
        Intrinsic(a2c(), Counts(WORLD.spec), scale=-1.0)
    with pytest.raises(ValueError, match="scale of shape"):
        Intrinsic(a2c(), Counts(WORLD.spec), scale=np.ones(3))
    with pytest.raises(ValueError, match=r"discount must lie in \[0, 1\), not 1\.0"):
        Intrinsic(a2c(), Counts(WORLD.spec), discount=1.0)
    learner = Intrinsic(discrete_sac(), Counts(WORLD.spec), discount=0.9, num_envs=4)
    with pytest.raises(ValueError, match="num_envs=4 of Intrinsic are not the 3 environments"):
        learner.observe(learner.init(0), transitions(*P, 3))
