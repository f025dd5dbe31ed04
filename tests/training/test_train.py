"""Training, in-graph and on the host: what must hold of both loops.

Oracles: the loops themselves under other seeds and other records, counts by hand, and a plain loop
of `learner.update`.
"""

import functools
import math
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import A2C, SAC, A2CConfig, Learner, SACConfig
from maxent_tf.optimizers import SGD
from maxent_tf.replay import UniformReplay
from maxent_tf.training import NonFiniteError, TrainResult
from maxent_tf.types import Transition, Updated
from tests.training.gymnasium_envs import vector

WORLDS: dict[tuple[str, str], Any] = {
    ("a2c", "in_graph"): mx.environments.CartPole(),
    ("a2c", "host"): "CartPole-v1",
    ("sac", "in_graph"): mx.environments.Pendulum(max_episode_steps=10),
    ("sac", "host"): "Pendulum-v1",
}

both_places = pytest.mark.parametrize("where", ["in_graph", "host"])
both_learners = pytest.mark.parametrize("kind", ["a2c", "sac"])


def small(kind: str, **changes: Any) -> Learner:
    """Two learners with small networks; rollouts of 4 steps, or random actions for 8."""
    if kind == "a2c":
        config: Any = {"hidden_sizes": (4,), "rollout_length": 4, "alpha": [0.01, 0.1], **changes}
        return A2C(mx.environments.CartPole().spec, A2CConfig(**config), [2])
    config = {
        "hidden_sizes": (4,),
        "batch_size": 4,
        "replay_capacity": 100,
        "learning_starts": 8,
        **changes,
    }
    return SAC(mx.environments.Pendulum().spec, SACConfig(**config), [2])


@functools.cache
def run(kind: str, where: str, seed: int, records: int) -> TrainResult:
    """80 steps of every learner, in 2 worlds each; the tests share the results."""
    return mx.train(
        small(kind),
        WORLDS[kind, where],
        80,
        seed,
        num_envs=2,
        records=records,
        compile="graph",
    )


def assert_same_bits(first: Any, second: Any) -> None:
    tf.nest.map_structure(np.testing.assert_array_equal, first, second)


@pytest.mark.parametrize(("kind", "where"), [("a2c", "host"), ("sac", "in_graph")])
def test_another_seed_gives_other_numbers(kind: str, where: str) -> None:
    first, other = run(kind, where, 0, 5), run(kind, where, 1, 5)
    assert np.any(first.state.actor[0].kernel != other.state.actor[0].kernel)
    assert np.any(first.history["actor_loss"] != other.history["actor_loss"])


@both_learners
@both_places
def test_the_seed_decides_every_bit_however_often_it_is_recorded(kind: str, where: str) -> None:
    # Oracle: the same run with other records, whose means are the means of its means.
    few, many = run(kind, where, 1, 1), run(kind, where, 1, 5)
    assert_same_bits(few.state, many.state)
    assert (
        (few.env_steps, few.updates)
        == (many.env_steps, many.updates)
        == (
            80,
            10 if kind == "a2c" else 72,
        )
    )
    assert set(few.history) == {
        "env_steps",
        "episode_return",
        "episode_length",
        *small(kind).metric_names,
    }
    np.testing.assert_array_equal(many.history["env_steps"], [16, 32, 48, 64, 80])
    # Updates in each of the five parts; off policy the first 8 steps are random.
    updates = np.array([2] * 5 if kind == "a2c" else [8, 16, 16, 16, 16])
    for name in small(kind).metric_names:
        value = many.history[name]
        assert value.shape == (5, 2)
        mean = np.average(value, axis=0, weights=updates)
        np.testing.assert_allclose(few.history[name][0], mean, rtol=1e-4, atol=1e-5)
    length = few.history["episode_length"]
    if where == "in_graph":
        if kind == "sac":
            np.testing.assert_array_equal(length, [[10, 10]])
        else:
            np.testing.assert_array_equal(few.history["episode_return"], length)


def test_xla_follows_the_seed_too() -> None:
    # Oracle: the same run again, history included.
    env = mx.environments.Bandit([1.0, 0.9])
    learner = A2C(env.spec, A2CConfig(network="table", rollout_length=1), [3])
    first, again = (mx.train(learner, env, 40, seed=7, records=3) for _ in range(2))
    assert_same_bits((first.state, first.history), (again.state, again.history))


@both_places
def test_training_goes_on_from_a_state(where: str) -> None:
    # Oracle: with a learning rate of 0 nothing moves.
    learner = small("a2c", actor_optimizer=SGD(0.0), critic_optimizer=SGD(0.0))
    state = learner.init(5)
    result = mx.train(
        learner, WORLDS["a2c", where], 8, num_envs=2, records=1, compile="eager", state=state
    )
    assert_same_bits((result.state.actor, result.state.critic), (state.actor, state.critic))


@pytest.fixture
def actions() -> list[np.ndarray]:
    """The actions that were added to replay."""
    return []


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch, actions: list[np.ndarray]) -> list[str]:
    """The order in which transitions are added to replay and updates made."""
    events: list[str] = []

    def add(self: UniformReplay, transition: Transition) -> None:
        del self
        events.append("add")
        actions.append(np.array(transition.action))

    def update(self: SAC, state: Any, batch: Any, **_: Any) -> Updated:
        del batch
        events.append("update")
        return Updated(state, tuple(tf.zeros(self.batch_shape) for _ in self.metric_names))

    monkeypatch.setattr(UniformReplay, "add", add)
    monkeypatch.setattr(UniformReplay, "sample", lambda *_: (None, None, None))
    monkeypatch.setattr(SAC, "update", update)
    return events


@both_places
@pytest.mark.parametrize(
    ("num_envs", "learning_starts", "updates_per_step", "num_steps", "random_calls", "calls"),
    [
        (6, 12, 1, 30, 2, 5),
        (6, 0, 1, 12, 0, 2),
        (6, 7, 2, 19, 2, 4),  # Both rounded up to whole calls.
        (6, 100, 1, 18, 3, 3),  # Never starts to learn.
        (1, 2, 0.25, 15, 2, 15),
        (3, 3, 0.25, 27, 1, 9),
        (6, 0, 0.25, 30, 0, 5),  # One and two updates in turn.
        (1, 1, 2.5, 6, 1, 6),
    ],
)
def test_off_policy_order_of_events(
    where: str,
    num_envs: int,
    learning_starts: int,
    updates_per_step: float,
    num_steps: int,
    random_calls: int,
    calls: int,
    events: list[str],
    actions: list[np.ndarray],
) -> None:
    # Oracle: the pseudocode. Random actions first; then after every step the whole updates of those
    # due so far, `updates_per_step` for every step of an environment, that are not yet made.
    learner = small(
        "sac",
        learning_starts=learning_starts,
        updates_per_step=updates_per_step,
        initial_stddev=math.exp(-5),
    )
    result = mx.train(
        learner,
        WORLDS["sac", where],
        num_steps,
        seed=1,
        num_envs=num_envs,
        records=100,
        compile="eager",
    )
    expected, made, has_learned = [], 0, []
    for call in range(1, calls + 1):
        due = int(max(call - random_calls, 0) * num_envs * updates_per_step) - made
        expected += ["add"] + ["update"] * due
        made += due
        has_learned.append(due > 0)
    assert events == expected
    assert (result.env_steps, result.updates) == (calls * num_envs, made)
    np.testing.assert_array_equal(result.history["env_steps"], num_envs * np.arange(1, calls + 1))
    learned = np.isfinite(result.history["actor_loss"]).all(axis=1)
    np.testing.assert_array_equal(learned, has_learned)
    # A policy of standard deviation exp(-5) acts near the middle; random actions do not.
    size = np.abs(np.stack(actions)).max(axis=(1, 2, 3))
    assert np.all(size[:random_calls] > 0.2)
    assert np.all(size[random_calls:] < 0.2)


@both_places
def test_an_update_every_few_steps_is_the_same_compiled(where: str) -> None:
    # Oracle: the same run, eagerly; metrics are means over the updates made in an interval.
    def run(compile: str) -> TrainResult:
        learner = small("sac", learning_starts=4, updates_per_step=0.3, batch_size=4, alpha=0.1)
        return mx.train(learner, WORLDS["sac", where], 34, seed=1, records=2, compile=compile)

    eager, xla = run("eager"), run("xla")
    assert eager.updates == xla.updates == 9
    assert eager.state.temperature == xla.state.temperature == 9
    for name in ("critic_loss", "entropy"):
        np.testing.assert_allclose(xla.history[name], eager.history[name], rtol=1e-4)
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-5),
        xla.state,
        eager.state,
    )


@both_places
@pytest.mark.parametrize(
    ("num_steps", "records", "ends"),
    [(1, 1, [12]), (12, 5, [12]), (13, 5, [12, 24]), (60, 2, [36, 60])],
)
def test_on_policy_steps_come_in_whole_rollouts(
    where: str, num_steps: int, records: int, ends: list[int]
) -> None:
    # Oracle: counts by hand; a rollout is 4 steps of 3 worlds.
    result = mx.train(
        small("a2c"),
        WORLDS["a2c", where],
        num_steps,
        num_envs=3,
        records=records,
        compile="eager",
    )
    np.testing.assert_array_equal(result.history["env_steps"], ends)
    assert (result.env_steps, result.updates) == (ends[-1], ends[-1] // 12)
    assert np.isfinite(result.history["actor_loss"]).all()


@both_places
def test_a_diverging_metric_stops_training_where_it_happens(where: str) -> None:
    # Oracle: the same updates one by one, on the only transition there is.
    reward = 1.0
    env: Any = mx.environments.Bandit([reward, reward])
    if where == "host":
        env = vector("OneReward", 2, AutoresetMode.SAME_STEP, reward=reward)
    config = A2CConfig(
        network="table",
        rollout_length=1,
        critic_optimizer=SGD(tf.constant([0.1, 1e4])),
        actor_optimizer=SGD(0.0),
        max_grad_norm=None,
    )
    spec = env.spec if where == "in_graph" else mx.gymnasium_spec(env)
    learner = A2C(spec, config, [2])
    state, states = learner.init(0), []
    ones = tf.ones([1, 2, 1, *spec.observation.shape])
    observation = ones if where == "host" else tf.one_hot(tf.zeros([1, 2, 1], tf.int32), 2)
    flag = tf.ones([1, 2, 1], tf.bool)
    batch = Transition(
        observation,
        tf.zeros([1, 2, 1], tf.int32),
        reward * ones[..., 0],
        observation,
        flag,
        ~flag,
        flag,
    )
    bad: list[str] = []
    while not bad:
        states.append(state)
        state, metrics, _ = learner.update(state, batch)
        bad = [name for name, x in metrics._asdict().items() if not np.isfinite(x).all()]
        assert len(states) < 10
    # Within the second of three records, of which each holds five updates.
    assert 5 < len(states) < 10
    with pytest.raises(NonFiniteError) as caught:
        mx.train(learner, env, 15, seed=0, records=3, compile="eager")
    error = caught.value
    assert (error.quantity, error.update) == (bad[0], len(states))
    message = f"{bad[0]} became NaN or infinite at update {len(states)} in learners [(1,)]"
    assert str(error).startswith(message)
    np.testing.assert_array_equal(error.state.critic, states[5].critic)
    np.testing.assert_array_equal(error.state.critic_optimizer.step, 5)


@both_places
def test_a_diverging_parameter_stops_training_at_the_record(where: str) -> None:
    # Oracle: a step of 3e38 times a gradient above 2 is infinite; the loss before it is not.
    env: Any = mx.environments.Bandit([10.0, 10.0])
    if where == "host":
        env = vector("OneReward", 1, AutoresetMode.SAME_STEP, reward=10.0)
    config = A2CConfig(
        network="table", rollout_length=1, actor_optimizer=SGD(3e38), max_grad_norm=None
    )
    learner = A2C(env.spec if where == "in_graph" else mx.gymnasium_spec(env), config)
    with pytest.raises(NonFiniteError, match=r"^actor became NaN or infinite at update 1\. ") as e:
        mx.train(learner, env, 1, records=1, compile="eager")
    assert (e.value.quantity, e.value.update) == ("actor", 1)
    assert np.all(e.value.state.actor == 0)


def test_an_in_graph_world_that_begins_wrong_is_refused() -> None:
    class Wrong:
        spec = mx.environments.CartPole().spec

        def reset(self, batch_shape: Any, seed: Any) -> Any:
            state, timestep = mx.environments.CartPole().reset(batch_shape, seed)
            return state, timestep._replace(observation=timestep.observation * math.nan)

    with pytest.raises(ValueError, match="first observation of the environment holds NaN"):
        mx.train(small("a2c"), Wrong(), 8)


@pytest.mark.parametrize("fault", ["observation", "reward"])
def test_a_host_world_that_goes_wrong_stops_training(fault: str) -> None:
    env = vector("Broken", 2, AutoresetMode.SAME_STEP, fault=fault)
    learner = A2C(mx.gymnasium_spec(env), A2CConfig(network="table", rollout_length=2))
    with pytest.raises(ValueError, match=rf"infinity in the {fault} of environments .* at step 3"):
        mx.train(learner, env, 20, num_envs=2, compile="eager")


def test_the_bar_and_tensorboard_follow_a_run(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: the history of the same run.
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result = mx.train(
        small("a2c"),
        WORLDS["a2c", "in_graph"],
        16,
        num_envs=2,
        records=2,
        compile="eager",
        progress=True,
        log_dir=tmp_path,
    )
    assert "16.0/16.0" in capsys.readouterr().err
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    for name in small("a2c").metric_names:
        read = [
            float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors(f"train/{name}")
        ]
        np.testing.assert_allclose(read, result.history[name].mean(-1), rtol=1e-5)
    assert [event.step for event in events.Tensors("train/value")] == [8, 16]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_steps": 0}, "num_steps must be a positive integer, not 0"),
        ({"num_steps": 1.5}, "num_steps must be a positive integer, not 1.5"),
        ({"num_envs": 0}, "num_envs must be a positive integer, not 0"),
        ({"records": 0}, "records must be at least 1, not 0"),
        ({"compile": "jit"}, "compile must be one of .*, not 'jit'"),
        ({"seed": 0.5}, "seed must be an integer or an integer tensor of shape"),
        ({"seed": [1, 2, 3]}, "seed must be an integer or an integer tensor of shape"),
        ({"env": mx.environments.TwoGoalGrid()}, "the learner was built for"),
        ({"env": "Pendulum-v1"}, "the learner was built for"),
        ({"env": "NoSuchWorld-v0"}, "env='NoSuchWorld-v0' cannot be made by Gymnasium"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    defaults = {"learner": small("a2c"), "env": WORLDS["a2c", "in_graph"], "num_steps": 8}
    with pytest.raises(ValueError, match=message):
        mx.train(**{**defaults, **arguments})


def test_the_number_of_host_worlds_must_fit() -> None:
    env = vector("Walk", 3, AutoresetMode.SAME_STEP)
    learner = A2C(mx.gymnasium_spec(env), A2CConfig(network="table"), [2])
    with pytest.raises(ValueError, match="holds 3 environments but 4 are needed"):
        mx.train(learner, env, 8, num_envs=2)
    assert not env.closed
