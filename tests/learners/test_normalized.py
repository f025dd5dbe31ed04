"""A normalising learner against NumPy over the whole history, alone and in both loops."""

import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import (
    A2C,
    SAC,
    A2CConfig,
    Normalized,
    NormalizedState,
    SACConfig,
    as_trained,
)
from maxent_tf.learners.normalized import WithFirst
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, Image
from maxent_tf.types import Transition
from tests.training.gymnasium_envs import vector

GAMMA = 0.9


def discounted(history: Transition, gamma: float = GAMMA) -> np.ndarray:
    """Every step's discounted rewards so far, by a loop over [T, *P, B]."""
    running = np.zeros(history.reward.shape[1:])
    result = []
    for t in range(len(history.reward)):
        running = np.where(history.valid[t], gamma * running + history.reward[t], running)
        result.append(running)
        running = np.where(history.terminated[t] | history.truncated[t], 0, running)
    return np.stack(result)


def check_statistics(state: NormalizedState, history: Transition) -> None:
    """Compares a state's statistics with NumPy's over a history [T, *P, B, ...]."""
    returns = discounted(history)
    for learner in np.ndindex(*history.reward.shape[1:-1]):
        at = (slice(None), *learner)
        valid = np.asarray(history.valid)[at]
        for moments, values in (
            (state.observation, np.asarray(history.observation)[at][valid]),
            (state.discounted_return, returns[at][valid]),
        ):
            assert moments.count[learner] == valid.sum()
            np.testing.assert_allclose(moments.mean[learner], values.mean(0), rtol=1e-6, atol=1e-7)
            variance = moments.squares[learner] / moments.count[learner]
            np.testing.assert_allclose(variance, values.var(0, dtype=np.float64), rtol=1e-5)


def run(kind: str, where: str) -> tuple[NormalizedState, Transition, Any, Any]:
    """24 calls of 2 learners x 2 worlds: the final state, and everything that was observed."""
    if where == "in_graph":
        on_policy: Any = mx.environments.CartPole(max_episode_steps=5)
        off_policy: Any = mx.environments.Pendulum(max_episode_steps=5)
        env = on_policy if kind == "a2c" else off_policy
        spec = env.spec
    else:
        action = "discrete" if kind == "a2c" else "box"
        env = vector("Counting", 4, AutoresetMode.NEXT_STEP, action=action)
        spec = mx.gymnasium_spec(env)
    if kind == "a2c":
        learner: Any = A2C(
            spec, A2CConfig(hidden_sizes=(4,), rollout_length=3, discount=GAMMA), [2]
        )
    else:
        config = SACConfig(
            hidden_sizes=(4,),
            discount=GAMMA,
            batch_size=4,
            replay_capacity=100,
            learning_starts=12,
        )
        learner = SAC(spec, config, [2])
    seen: list[Transition] = []
    original = Normalized.observe

    def observe(self: Normalized, state: Any, fresh: Transition) -> Any:
        if fresh.reward.shape.rank == 2:
            fresh = tf.nest.map_structure(lambda x: x[None], fresh)
        seen.append(tf.nest.map_structure(np.asarray, fresh))
        return original(self, state, fresh)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Normalized, "observe", observe)
        result = mx.train(
            learner,
            env,
            48,
            num_envs=2,
            records=1,
            compile="eager",
            normalize_observation=True,
            normalize_reward=True,
        )
    history = tf.nest.map_structure(lambda *x: np.concatenate(x), *seen)
    return result.state, history, learner, result


@pytest.mark.parametrize("where", ["in_graph", "host"])
@pytest.mark.parametrize("kind", ["a2c", "sac"])
def test_both_loops_gather_the_whole_history(kind: str, where: str) -> None:
    # Oracle: NumPy over all that was stepped, warm-up included, invalid steps left out.
    state, history, _, result = run(kind, where)
    assert history.reward.shape == (24, 2, 2)
    if where == "host":
        assert not history.valid.all()
    check_statistics(state, history)
    # The history shows the world's own rewards.
    done = history.terminated | history.truncated
    mean = np.mean(discounted(history, 1.0), axis=(0, 2), where=done)
    np.testing.assert_allclose(result.history["episode_return"][0], mean, rtol=1e-5)


def test_learners_see_scaled_numbers_and_keep_their_statistics_apart() -> None:
    # Oracle: the learner inside, given by hand what NumPy scales; statistics stand still meanwhile.
    env = mx.environments.CartPole()
    learner = A2C(env.spec, A2CConfig(hidden_sizes=(4,), rollout_length=3, discount=GAMMA), [2])
    wrapped = Normalized(learner, observation=True, reward=True, num_envs=2)
    generator = np.random.default_rng(1)

    def trajectory(length: int) -> Transition:
        shape = (length, 2, 2)
        scale, shift = np.float32([[1.0], [5.0]])[..., None], np.float32([3.0, 0.0, -2.0, 100.0])
        observation = shift + scale * generator.normal(size=(*shape, 4)).astype(np.float32)
        flag = generator.random(shape) < 0.2
        is_first = np.concatenate([np.ones_like(flag[:1]), flag[:-1]])
        return Transition(
            observation=tf.constant(observation),
            action=tf.constant(generator.integers(2, size=shape), tf.int32),
            reward=tf.constant(7 * generator.normal(size=shape), tf.float32),
            next_observation=tf.constant(observation[::-1].copy()),
            terminated=tf.constant(flag),
            truncated=tf.zeros(shape, tf.bool),
            valid=tf.ones(shape, tf.bool),
            extras=WithFirst((), tf.constant(is_first)),
        )

    earlier, batch = trajectory(50), trajectory(3)
    state = wrapped.observe(wrapped.init(0), earlier)
    check_statistics(state, earlier)
    mean = earlier.observation.numpy().mean(axis=(0, 2))[:, None]
    stddev = earlier.observation.numpy().std(axis=(0, 2))[:, None]
    divisor = discounted(earlier).std(axis=(0, 2))[:, None]
    by_hand = batch._replace(
        observation=tf.constant((batch.observation - mean) / stddev),
        next_observation=tf.constant((batch.next_observation - mean) / stddev),
        reward=tf.constant(batch.reward / divisor, tf.float32),
        extras=(),
    )
    new, metrics, _ = wrapped.update(state, batch, seed=[0, 1])
    expected, expected_metrics, _ = learner.update(state.learner, by_hand)
    close = {"rtol": 1e-3, "atol": 1e-5}
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, **close),
        (new.learner, metrics),
        (expected, expected_metrics),
    )
    logits = wrapped.policy(state, batch.observation[0]).logits_parameter()
    expected_logits = learner.policy(state.learner, by_hand.observation[0]).logits_parameter()
    np.testing.assert_allclose(logits, expected_logits, rtol=1e-4, atol=1e-6)
    tf.nest.map_structure(
        np.testing.assert_array_equal,
        (new.observation, new.discounted_return),
        (state.observation, state.discounted_return),
    )


SPEC = EnvironmentSpec(
    {
        "place": Box.of((3,)),
        "inner": {"pair": Box.of((2, 1)), "turn": Discrete(4)},
        "picture": Image((2, 2, 1)),
        "only": {"number": Discrete(2)},
    },
    Discrete(3),
)


def parts_of(shape: tuple[int, ...], generator: np.random.Generator) -> Any:
    """Observations of `SPEC`, [*shape, ...], far from 0 and of several scales."""
    place = np.float32([1e3, 0, -5]) + np.float32([1, 20, 0.1]) * generator.normal(size=(*shape, 3))
    picture = generator.integers(256, size=(*shape, 2, 2, 1))
    return {
        "place": tf.constant(place, tf.float32),
        "inner": {
            "pair": tf.constant(7 + 3 * generator.normal(size=(*shape, 2, 1)), tf.float32),
            "turn": tf.constant(generator.integers(4, size=shape), tf.int32),
        },
        "picture": tf.constant(picture, tf.uint8),
        "only": {"number": tf.constant(generator.integers(2, size=shape), tf.int32)},
    }


def trajectory_of_parts(length: int, seed: int) -> Transition:
    generator = np.random.default_rng(seed)
    shape = (length, 2, 3)
    return Transition(
        observation=parts_of(shape, generator),
        action=tf.constant(generator.integers(3, size=shape), tf.int32),
        reward=tf.constant(generator.normal(size=shape), tf.float32),
        next_observation=parts_of(shape, generator),
        terminated=tf.constant(generator.random(shape) < 0.2),
        truncated=tf.zeros(shape, tf.bool),
        valid=tf.constant(generator.random(shape) < 0.8),
    )


def test_every_number_of_a_dict_is_scaled_by_its_own_statistics() -> None:
    # Oracle: NumPy's means and deviations of each part over the valid steps, and the learner inside
    # given by hand what they scale; what is discrete or an image stays as it is.
    learner = A2C(SPEC, A2CConfig(hidden_sizes=(4,), rollout_length=2), [2])
    wrapped = Normalized(learner, observation=True)
    earlier = [trajectory_of_parts(length, seed) for seed, length in enumerate((30, 50))]
    state = wrapped.init(0)
    for trajectory in earlier:
        state = wrapped.observe(state, trajectory)
    moments = state.observation
    assert moments["inner"]["turn"] == moments["picture"] == moments["only"] == ()
    batch = trajectory_of_parts(2, 7)
    by_hand = batch
    for path in (("place",), ("inner", "pair")):
        part, found = [x.observation for x in earlier], moments
        for key in path:
            part, found = [x[key] for x in part], found[key]
        history = np.concatenate(part).astype(np.float64)
        valid = np.concatenate([x.valid for x in earlier])
        for i in range(2):
            values = history[:, i][valid[:, i]]
            assert found.count[i] == len(values)
            np.testing.assert_allclose(found.mean[i], values.mean(0), rtol=1e-12)
            np.testing.assert_allclose(found.squares[i] / len(values), values.var(0), rtol=1e-9)
            for field in ("observation", "next_observation"):
                parent = getattr(by_hand, field)
                for key in path[:-1]:
                    parent = parent[key]
                scaled = np.array(parent[path[-1]])
                scaled[:, i] = (scaled[:, i] - values.mean(0)) / values.std(0)
                parent[path[-1]] = tf.constant(scaled)
    # The dicts of `by_hand` are those of `batch`, which is made anew.
    batch = trajectory_of_parts(2, 7)
    new, metrics, _ = wrapped.update(state, batch, seed=[0, 1])
    expected, expected_metrics, _ = learner.update(state.learner, by_hand)
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-5),
        (new.learner, metrics),
        (expected, expected_metrics),
    )
    first = tf.nest.map_structure(lambda x: x[0], (batch.observation, by_hand.observation))
    logits = wrapped.policy(state, first[0]).logits_parameter()
    expected_logits = learner.policy(state.learner, first[1]).logits_parameter()
    np.testing.assert_allclose(logits, expected_logits, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match=r"must be a dict with the keys \['inner', 'only'"):
        wrapped.policy(state, {"place": first[0]["place"]})


@pytest.mark.parametrize("kind", ["a2c", "sac"])
def test_dicts_are_normalised_in_training_and_across_checkpoints(
    kind: str, tmp_path: pathlib.Path
) -> None:
    # Oracle: NumPy over all that was stepped, invalid steps left out: a run in two halves counts
    # both. Evaluation needs no more than the learner and the state.
    seen: list[Transition] = []
    original = Normalized.observe

    def observe(self: Normalized, state: Any, fresh: Transition) -> Any:
        if fresh.reward.shape.rank == 2:
            fresh = tf.nest.map_structure(lambda x: x[None], fresh)
        seen.append(tf.nest.map_structure(np.asarray, fresh))
        return original(self, state, fresh)

    action = "discrete" if kind == "a2c" else "box"
    env = vector("Pictured", 4, AutoresetMode.NEXT_STEP, action=action)
    spec = mx.gymnasium_spec(env)
    if kind == "a2c":
        learner: Any = A2C(spec, A2CConfig(hidden_sizes=(4,), rollout_length=3), [2])
    else:
        config = SACConfig(hidden_sizes=(4,), batch_size=4, replay_capacity=100, learning_starts=6)
        learner = SAC(spec, config, [2])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Normalized, "observe", observe)
        for steps in (12, 24):
            result = mx.train(
                learner,
                env,
                steps,
                num_envs=2,
                records=1,
                compile="eager",
                normalize_observation=True,
                checkpoint_dir=tmp_path,
            )
    moments = result.state.observation
    assert moments["turn"] == moments["seen"]["picture"] == ()
    counts = np.concatenate([x.observation["seen"]["counts"] for x in seen])
    valid = np.concatenate([x.valid for x in seen])
    assert counts.shape == (12, 2, 2, 3)
    assert not valid.all()
    for i in range(2):
        values = counts[:, i][valid[:, i]]
        found = moments["seen"]["counts"]
        assert found.count[i] == len(values)
        np.testing.assert_allclose(found.mean[i], values.mean(0), rtol=1e-6)
        np.testing.assert_allclose(found.squares[i] / len(values), values.var(0), rtol=1e-5)
    by_train = mx.evaluate(learner, result.state, env, 2)
    by_hand = mx.evaluate(as_trained(learner, result.state), result.state, env, 2)
    np.testing.assert_array_equal(by_train.returns, by_hand.returns)


def test_far_outliers_are_clipped() -> None:
    # Oracle: 10 standard deviations.
    env = mx.environments.CartPole()
    learner = A2C(env.spec, A2CConfig(network="table"))
    wrapped = Normalized(learner, observation=True)
    state = wrapped.init(0)
    critic = tf.ones([4, 1])
    logits = tf.constant([[1.0, 0.0]] * 4)
    state = state._replace(learner=state.learner._replace(actor=logits, critic=critic))
    far = wrapped.policy(state, tf.constant([[0.0, 0.0, 1e9, 0.0], [0.0, 0.0, 2.0, 0.0]]))
    np.testing.assert_allclose(far.logits_parameter()[:, 0] - far.logits_parameter()[:, 1], [10, 2])


def test_evaluation_uses_the_statistics_without_moving_them() -> None:
    # Oracle: the learner wrapped by hand; and that learner inside, which plays another policy.
    state, _, learner, _ = run("sac", "in_graph")
    world = mx.environments.Pendulum(max_episode_steps=5)
    before = tf.nest.map_structure(np.array, state)
    by_train = mx.evaluate(learner, state, world, 3, seed=1)
    by_hand = mx.evaluate(as_trained(learner, state), state, world, 3, seed=1)
    inside = mx.evaluate(learner, state.learner, world, 3, seed=1)
    np.testing.assert_array_equal(by_train.returns, by_hand.returns)
    assert np.all(by_train.returns != inside.returns)
    tf.nest.map_structure(np.testing.assert_array_equal, before, state)


def test_training_goes_on_from_its_statistics() -> None:
    # Oracle: counts by hand; a fresh start counts from 0.
    world = mx.environments.CartPole()
    learner = A2C(world.spec, A2CConfig(hidden_sizes=(4,), rollout_length=4))

    def go_on(state: Any) -> NormalizedState:
        return mx.train(
            learner, world, 8, records=1, compile="eager", state=state, normalize_observation=True
        ).state

    state = go_on(learner.init(0))
    assert state.observation.count == 8
    assert go_on(state).observation.count == 16


def test_a_resumed_host_run_counts_new_episodes_returns_from_zero(tmp_path: pathlib.Path) -> None:
    # Oracle: geometric sums of CartPole's rewards, all 1; no episode is shorter than 8 steps.
    spec = mx.gymnasium_spec("CartPole-v1")
    learner = A2C(spec, A2CConfig(hidden_sizes=(4,), rollout_length=3, discount=GAMMA))

    def go_on(num_steps: int) -> NormalizedState:
        return mx.train(
            learner,
            "CartPole-v1",
            num_steps,
            records=num_steps // 3,
            compile="eager",
            normalize_reward=True,
            checkpoint_dir=tmp_path,
        ).state

    np.testing.assert_allclose(go_on(6).running, [(1 - GAMMA**6) / (1 - GAMMA)])
    resumed = go_on(9)
    np.testing.assert_allclose(resumed.running, [(1 - GAMMA**3) / (1 - GAMMA)])
    assert resumed.discounted_return.count == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"normalize_reward": 0.9}, "normalize_reward must be True or False, not 0.9"),
        (
            {"state": True},
            "normalize_observation must be as in the run .*, which was trained with ",
        ),
        (
            {"state": True, "normalize_observation": True, "normalize_reward": True},
            "normalize_reward must be as in the run .*, which was trained without it",
        ),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    world = mx.environments.CartPole()
    learner = A2C(world.spec, A2CConfig(hidden_sizes=(4,)))
    if "state" in arguments:
        arguments = {**arguments, "state": Normalized(learner, observation=True).init(0)}
    with pytest.raises(ValueError, match=message):
        mx.train(learner, world, 8, **arguments)


def test_discrete_observations_have_no_scale() -> None:
    learner = A2C(EnvironmentSpec(Discrete(5), Discrete(3)))
    with pytest.raises(ValueError, match="normalize_observation needs vectors to normalise"):
        Normalized(learner, observation=True)


def test_a_learner_without_a_discount_is_told_so() -> None:
    learner = A2C(mx.environments.CartPole().spec)
    del learner.discount
    with pytest.raises(ValueError, match="normalize_reward=True needs the learner's discount, but"):
        Normalized(learner, reward=True)
