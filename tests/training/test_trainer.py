"""The trainer: interrupted and continued runs against whole ones, and what stops a run."""

import copy
import math
import os
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import (
    A2C,
    SAC,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    Learner,
    SACConfig,
    SoftDQN,
    SoftDQNConfig,
)
from maxent_tf.networks import NoisyLayers
from maxent_tf.optimizers import SGD
from maxent_tf.replay import Priorities
from maxent_tf.temperature import linear
from maxent_tf.training import CheckpointError, NonFiniteError, Trainer, TrainResult, load
from tests.training.gymnasium_envs import vector
from tests.training.test_checkpoint import full_disk

CHAIN, PENDULUM = mx.environments.Chain(4), mx.environments.Pendulum(max_episode_steps=7)

SHORT_CHAIN = copy.copy(CHAIN)
SHORT_CHAIN.max_episode_steps = 3


def a2c(**changes: Any) -> A2C:
    config: dict[str, Any] = {"network": "table", "rollout_length": 2, **changes}
    return A2C(CHAIN.spec, A2CConfig(**config), [2])


OFF_POLICY: dict[str, Any] = {
    "hidden_sizes": (4,),
    "batch_size": 4,
    "replay_capacity": 15,
    "learning_starts": 10,
}
# Replay with all that it may have: chains, priorities, a count of updates.
REPLAY: dict[str, Any] = {"n_step": 3, "priorities": Priorities(beta=linear(0.4, 1.0, 30))}


def sac(spec: Any = PENDULUM.spec, **changes: Any) -> SAC:
    return SAC(spec, SACConfig(**{**OFF_POLICY, **changes}), [2])


def discrete_sac() -> DiscreteSAC:
    return DiscreteSAC(CHAIN.spec, DiscreteSACConfig(**OFF_POLICY, **REPLAY), [2])


def soft_dqn(**changes: Any) -> SoftDQN:
    return SoftDQN(CHAIN.spec, SoftDQNConfig(**OFF_POLICY, **REPLAY, **changes), [2])


def assert_same_bits(first: TrainResult, second: TrainResult) -> None:
    tf.nest.map_structure(
        np.testing.assert_array_equal,
        (first.state, first.history),
        (second.state, second.history),
    )
    assert (first.env_steps, first.updates) == (second.env_steps, second.updates)


def stop_at(step: int) -> Any:
    return lambda now, metrics, state: "stop" if now >= step else None


@pytest.mark.parametrize(
    ("learner", "world", "arguments", "stops"),
    [
        (a2c(), CHAIN, {"compile": "xla"}, [16]),
        (a2c(), CHAIN, {"normalize_observation": True, "normalize_reward": True}, [8, 16, 32]),
        pytest.param(
            sac(),
            PENDULUM,
            {"normalize_observation": True, "normalize_reward": True},
            [8, 16, 28],
            marks=pytest.mark.slow,
        ),
        (
            sac(**REPLAY, exploration=StateDependentExploration(period=5)),
            PENDULUM,
            {"normalize_reward": True},
            [16],
        ),
        pytest.param(discrete_sac(), CHAIN, {}, [16], marks=pytest.mark.slow),
        pytest.param(soft_dqn(munchausen=0.9), CHAIN, {}, [28], marks=pytest.mark.slow),
        (
            a2c(network="mlp", hidden_sizes=(4,), noisy=NoisyLayers()),
            CHAIN,
            {"normalize_reward": True},
            [8, 16],
        ),
        (soft_dqn(noisy=NoisyLayers(), double=True), CHAIN, {}, [16]),
    ],
    ids=[
        "a2c xla",
        "a2c normalised",
        "sac normalised",
        "sac n-step prioritised exploring",
        "discrete sac n-step prioritised",
        "soft dqn n-step prioritised",
        "a2c noisy",
        "soft dqn noisy",
    ],
)
def test_an_interrupted_run_ends_like_a_whole_one(
    learner: Learner,
    world: Any,
    arguments: dict[str, Any],
    stops: list[int],
    tmp_path: pathlib.Path,
) -> None:
    # Oracle: the run without interruption, whose every part is recorded alike. Off policy the
    # interruptions come in the warm-up, and before and after the buffer is full; on policy, the
    # last one comes at the end: the same call again only loads.
    arguments = {"num_steps": 32, "records": 8, "compile": "graph", **arguments}
    whole = mx.train(learner, world, **arguments)
    for step in stops:
        part = mx.train(
            learner, world, **arguments, checkpoint_dir=tmp_path, callback=stop_at(step)
        )
        assert part.env_steps == step
    assert_same_bits(mx.train(learner, world, **arguments, checkpoint_dir=tmp_path), whole)


def test_a_finished_run_can_be_prolonged(tmp_path: pathlib.Path) -> None:
    # Oracle: the longer run in one go.
    whole = mx.train(a2c(), CHAIN, 24, records=6, compile="graph")
    for steps, records in ((8, 2), (24, 6)):
        result = mx.train(
            a2c(), CHAIN, steps, records=records, compile="graph", checkpoint_dir=tmp_path
        )
    assert_same_bits(result, whole)


def test_checkpoints_are_as_far_apart_as_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: counts by hand: records at 4, 8, .. 20; those first 6 steps on, and the end.
    saved: list[int] = []
    original = mx.training.trainer.Checkpoints.save

    def save(self: Any, step: int) -> str:
        saved.append(step)
        return original(self, step)

    monkeypatch.setattr(mx.training.trainer.Checkpoints, "save", save)
    mx.train(
        a2c(),
        CHAIN,
        20,
        records=5,
        compile="eager",
        checkpoint_dir=tmp_path,
        checkpoint_every=6,
    )
    assert saved == [8, 16, 20]


@pytest.mark.parametrize("kind", ["a2c", "sac", "sac n-step prioritised"])
def test_a_host_run_goes_on_with_everything_but_its_worlds(
    kind: str, tmp_path: pathlib.Path
) -> None:
    # Oracles: the variables of the run that stopped, bit by bit, and its history; the worlds tell
    # in every observation which seed they were reset with.
    action = "discrete" if kind == "a2c" else "box"
    env = vector("Counting", 2, AutoresetMode.SAME_STEP, action=action)
    spec = mx.gymnasium_spec(env)
    if kind == "a2c":
        learner: Any = A2C(spec, A2CConfig(hidden_sizes=(4,), rollout_length=2), [2])
    else:
        learner = sac(spec, **(REPLAY if kind != "sac" else {}))

    def start() -> Trainer:
        return Trainer(learner, env, compile="graph", checkpoint_dir=tmp_path)

    first = start()
    before = first.run(20, records=5)
    first.close()
    second = start()
    assert second.env_steps == 20
    kept = [tf.nest.flatten(t._loop.trackables()) for t in (first, second)]
    variables = [[v.numpy() for module in modules for v in module.variables] for modules in kept]
    assert len(variables[0]) > 10
    for x, y in zip(*variables, strict=True):
        np.testing.assert_array_equal(x, y)
    result = second.run(24, records=6)
    for name, values in before.history.items():
        np.testing.assert_array_equal(result.history[name][:5], values)
    assert result.updates == (12 if kind == "a2c" else 14)
    worlds = [trainer._loop._observation[:, 0, 0] for trainer in (first, second)]
    assert np.all(worlds[0] != worlds[1])


def test_a_diverging_run_leaves_the_last_good_checkpoint(tmp_path: pathlib.Path) -> None:
    # Oracle: the error's own update: the record before it is what loads.
    env = mx.environments.Bandit([1.0, 1.0])
    config = A2CConfig(
        network="table", rollout_length=1, critic_optimizer=SGD(1e4), max_grad_norm=None
    )
    learner = A2C(env.spec, config)

    def go_on() -> None:
        mx.train(learner, env, 40, records=20, compile="graph", checkpoint_dir=tmp_path)

    with pytest.raises(NonFiniteError) as caught:
        go_on()
    last = (caught.value.update - 1) // 2 * 2
    assert last >= 4
    with Trainer(learner, env, checkpoint_dir=tmp_path) as trainer:
        assert trainer.env_steps == last
        np.testing.assert_array_equal(trainer.state.critic, caught.value.state.critic)
        assert np.isfinite(trainer.state.critic).all()
    with pytest.raises(NonFiniteError) as again:
        go_on()
    assert again.value.update == caught.value.update


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("observation", ValueError, r"infinity in the observation of environments .* at step 3"),
        ("reward", ValueError, r"infinity in the reward of environments .* at step 3"),
        ("shape", RuntimeError, r"environment raised \w+ at step 3: .* observation that is not of"),
        ("raise", RuntimeError, r"an environment raised ZeroDivisionError at step 3: no ground"),
    ],
)
def test_a_world_that_fails_leaves_the_last_good_checkpoint(
    fault: str, error: type[Exception], message: str, tmp_path: pathlib.Path
) -> None:
    # Oracle: the state after the steps before the fault, trained alone.
    def make(fault: str) -> Any:
        return vector("Broken", 1, AutoresetMode.SAME_STEP, fault=fault)

    learner = A2C(mx.gymnasium_spec(make("none")), A2CConfig(network="table", rollout_length=1))
    good = mx.train(learner, make("none"), 2, compile="eager")
    with pytest.raises(error, match=message):
        mx.train(learner, make(fault), 9, compile="eager", checkpoint_dir=tmp_path)
    with Trainer(learner, make(fault), checkpoint_dir=tmp_path) as trainer:
        assert trainer.env_steps == 2
        tf.nest.map_structure(np.testing.assert_array_equal, trainer.state, good.state)


def test_a_full_disk_stops_a_run_that_can_go_on(tmp_path: pathlib.Path) -> None:
    # Oracle: the run on a disk with room.
    learner = sac(replay_capacity=500)
    whole = mx.train(learner, PENDULUM, 12, records=6, compile="graph")
    with Trainer(learner, PENDULUM, compile="graph", checkpoint_dir=tmp_path) as trainer:
        trainer.run(4, records=2)
        with full_disk(), pytest.raises(CheckpointError, match="step 6 could not be written"):
            trainer.run(12, records=6)
        assert load(learner, tmp_path).env_steps == 4
        assert trainer.env_steps == 6
        assert_same_bits(trainer.run(12, records=6), whole)
    with Trainer(learner, PENDULUM, checkpoint_dir=tmp_path) as other:
        assert other.env_steps == 12


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learner": sac(), "env": PENDULUM}, "learner was 'A2C' and is 'SAC'"),
        ({"learner": a2c(discount=0.5)}, r"config\.discount was 0\.99 and is 0\.5"),
        (
            {"learner": A2C(CHAIN.spec, a2c().config, [3])},
            r"batch_shape was \(2,\) and is \(3,\)",
        ),
        ({"seed": 5}, r"seed was \[0, 0\] and is \[0, 5\]"),
        ({"num_envs": 2}, "num_envs was 1 and is 2"),
        ({"normalize_observation": True}, "normalize_observation was False and is True"),
        ({"env": SHORT_CHAIN}, r"world\.max_episode_steps was"),
        (
            {
                "learner": A2C(mx.environments.Chain(5).spec, a2c().config, [2]),
                "env": mx.environments.Chain(5),
            },
            r"spec\.observation\.shape was \(4,\) and is \(5,\)",
        ),
    ],
)
def test_another_runs_checkpoints_are_refused(
    changes: dict[str, Any], message: str, other_run: pathlib.Path
) -> None:
    arguments = {"learner": a2c(), "env": CHAIN, "checkpoint_dir": other_run, **changes}
    with pytest.raises(CheckpointError, match=rf"is of another run: .*{message}"):
        Trainer(**arguments)


def test_a_network_that_is_described_alike_and_is_another_is_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the two shapes; the width of the layer comes from where no description reaches.
    network = mx.networks.PerLearner(
        lambda seed: tf.zeros([4, int(os.environ["UNITS"])]), lambda kernel, x: x @ kernel
    )
    monkeypatch.setenv("UNITS", "3")
    mx.train(
        a2c(network=network, hidden_sizes=()),
        CHAIN,
        2,
        records=1,
        compile="eager",
        checkpoint_dir=tmp_path,
    )
    before = {path.name for path in tmp_path.iterdir()}
    monkeypatch.setenv("UNITS", "5")
    learner = a2c(network=network, hidden_sizes=())
    message = r"another run: the shape of learner/\S+ was \[.*3\] and is \[.*5\].*stays"
    for open_it in (Trainer, lambda learner, _, checkpoint_dir: load(learner, checkpoint_dir)):
        with pytest.raises(CheckpointError, match=message):
            open_it(learner, CHAIN, checkpoint_dir=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == before


def test_before_its_first_run_a_trainer_hands_out_no_fresh_state(tmp_path: pathlib.Path) -> None:
    # Oracle: what the trainer was given, has trained, or has loaded.
    directory = tmp_path / "new"
    with Trainer(a2c(), CHAIN, compile="eager", checkpoint_dir=directory) as trainer:
        assert trainer.env_steps == 0
        with pytest.raises(CheckpointError, match=r"new' holds no checkpoint.*run first.*load"):
            trainer.state  # noqa: B018
        trained = trainer.run(4, records=1).state
        np.testing.assert_array_equal(trainer.state.actor, trained.actor)
    with pytest.raises(CheckpointError, match="closed: make a new Trainer"):
        trainer.run(6, records=1)
    with Trainer(a2c(), CHAIN, checkpoint_dir=directory) as trainer:
        np.testing.assert_array_equal(trainer.state.actor, trained.actor)
    given = {"state": trained, "checkpoint_dir": tmp_path / "other"}
    with Trainer(a2c(), CHAIN, **given) as trainer:
        np.testing.assert_array_equal(trainer.state.actor, trained.actor)


@pytest.fixture(scope="module")
def other_run(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    directory = tmp_path_factory.mktemp("run")
    mx.train(a2c(), CHAIN, 2, records=1, compile="eager", checkpoint_dir=directory)
    return directory


def test_the_callback_sees_every_record_and_stops() -> None:
    # Oracle: the history of the run.
    seen: list[tuple[int, dict[str, np.ndarray], Any]] = []

    def callback(step: int, metrics: dict[str, np.ndarray], state: Any) -> Any:
        seen.append((step, metrics, state))
        return "stop" if step == 12 else None

    result = mx.train(a2c(), CHAIN, 40, records=10, compile="eager", callback=callback)
    assert [step for step, *_ in seen] == [4, 8, 12]
    assert result.env_steps == 12
    for name, values in result.history.items():
        np.testing.assert_array_equal([metrics[name] for _, metrics, _ in seen], values)
    tf.nest.map_structure(np.testing.assert_array_equal, seen[-1][2], result.state)


def test_the_time_is_up_at_the_next_record(tmp_path: pathlib.Path) -> None:
    # Oracle: a budget that the first record has used up, and one that never is.
    arguments: dict[str, Any] = {"records": 10, "compile": "eager", "checkpoint_dir": tmp_path}
    assert mx.train(a2c(), CHAIN, 40, **arguments, max_seconds=1e-9).env_steps == 4
    assert mx.train(a2c(), CHAIN, 40, **arguments, max_seconds=1e9).env_steps == 40


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_seconds": 0.0}, r"max_seconds must be positive, not 0\.0"),
        ({"max_seconds": math.nan}, "max_seconds must be positive, not nan"),
        ({"checkpoint_every": 0}, "checkpoint_every must be a positive integer, not 0"),
        ({"callback": lambda *_: True}, 'callback must return "stop", a mapping .* not True'),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mx.train(a2c(), CHAIN, 2, records=1, compile="eager", **arguments)


@pytest.mark.parametrize("slip", [SACConfig(), SAC, CHAIN])
def test_what_is_no_learner_is_named(slip: Any) -> None:
    with pytest.raises(TypeError, match=r"learner must be a learner, not .*: build one of"):
        mx.train(slip, PENDULUM, 10)


def test_an_id_in_the_place_of_a_specification_gets_the_line_to_write() -> None:
    with pytest.raises(ValueError, match=r"write SAC\(maxent_tf.gymnasium_spec\('Pendulum-v1'\)\)"):
        SAC("Pendulum-v1")  # type: ignore[arg-type]
