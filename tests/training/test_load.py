"""Loading what was learned: equal to what was trained, from directories that stay as they are."""

import os
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.training import CheckpointError, Trainer, load
from tests.training.gymnasium_envs import vector

CHAIN = mx.environments.Chain(4)
LINE = mx.environments.Pendulum(max_episode_steps=7)


def a2c(world: Any = CHAIN, **changes: Any) -> mx.learners.A2C:
    config: dict[str, Any] = {"hidden_sizes": (3,), "rollout_length": 2, **changes}
    return mx.learners.A2C(world.spec, mx.learners.A2CConfig(**config), [2])


def sac() -> mx.learners.SAC:
    config = mx.learners.SACConfig(
        hidden_sizes=(4,), batch_size=4, replay_capacity=15, learning_starts=10
    )
    return mx.learners.SAC(LINE.spec, config, [2])


def tree(directory: pathlib.Path) -> dict[str, tuple[bytes, int]]:
    """All that is in a directory, and when it was changed."""
    return {
        str(path): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns)
        for path in (directory, *directory.rglob("*"))
    }


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("make", "world", "arguments"),
    [
        (a2c, CHAIN, {}),
        (sac, LINE, {"num_envs": 3, "normalize_observation": True, "normalize_reward": True}),
        (lambda: a2c(LINE), LINE, {"normalize_reward": True, "num_envs": 2}),
    ],
    ids=["plain", "normalised", "rewards normalised"],
)
def test_what_loads_is_what_was_trained(
    make: Any, world: Any, arguments: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    # Oracle: the result of the run; its evaluation; the directory before, times included.
    result = mx.train(
        make(), world, 24, records=3, compile="graph", checkpoint_dir=tmp_path, **arguments
    )
    before = tree(tmp_path)
    loaded = load(make(), tmp_path)
    tf.nest.map_structure(
        np.testing.assert_array_equal,
        (loaded.state, loaded.history, loaded.env_steps),
        (result.state, result.history, result.env_steps),
    )
    assert tree(tmp_path) == before
    returns = [mx.evaluate(make(), x.state, world, 2).returns for x in (loaded, result)]
    np.testing.assert_array_equal(*returns)


def test_a_host_run_loads_without_its_worlds(tmp_path: pathlib.Path) -> None:
    # Oracle: the result of the run.
    env = vector("Counting", 2, AutoresetMode.SAME_STEP, action="discrete")
    learner = mx.learners.A2C(mx.gymnasium_spec(env), mx.learners.A2CConfig(hidden_sizes=(4,)))
    result = mx.train(learner, env, 20, num_envs=2, records=1, checkpoint_dir=tmp_path)
    tf.nest.map_structure(
        np.testing.assert_array_equal, load(learner, tmp_path).state, result.state
    )


@pytest.mark.parametrize("kind", ["missing", "empty", "a file", "only a list", "other files"])
def test_nothing_to_load_is_refused_and_nothing_made(kind: str, tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "mistyped"
    if kind == "a file":
        directory.write_text("")
    elif kind != "missing":
        directory.mkdir()
    if kind == "only a list":
        (directory / "checkpoint").write_text("")
    if kind == "other files":
        (directory / "checkpoint-best.index").write_text("")
    before = tree(tmp_path)
    expected = r"is no directory" if kind in ("missing", "a file") else "holds no checkpoint"
    with pytest.raises(CheckpointError, match=rf"checkpoint_dir='.*mistyped' {expected}"):
        load(a2c(), directory)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        (lambda: a2c(hidden_sizes=(5,)), r"config\.hidden_sizes was \(3,\) and is \(5,\)"),
        (lambda: mx.learners.A2C(CHAIN.spec, a2c().config), r"batch_shape was \(2,\) and is \(\)"),
        (sac, "learner was 'A2C' and is 'SAC'"),
    ],
)
def test_another_learner_is_refused(learner: Any, message: str, tmp_path: pathlib.Path) -> None:
    mx.train(a2c(), CHAIN, 2, records=1, compile="eager", checkpoint_dir=tmp_path)
    with pytest.raises(CheckpointError, match=rf"is of another run: .*{message}.*stays"):
        load(learner(), tmp_path)


def test_a_run_under_way_can_be_looked_at_and_not_joined(tmp_path: pathlib.Path) -> None:
    # Oracle: the run alone; what it has written, drafts of the next included, is as it was.
    whole = mx.train(a2c(), CHAIN, 12, records=6, compile="graph")
    draft = tmp_path / "draft_temp"
    with Trainer(a2c(), CHAIN, compile="graph", checkpoint_dir=tmp_path) as trainer:
        trainer.run(4, records=2)
        draft.mkdir()  # as a writer begins
        before = tree(tmp_path)
        assert load(a2c(), tmp_path).env_steps == 4
        with pytest.raises(CheckpointError, match="another Trainer of this process"):
            Trainer(a2c(), CHAIN, checkpoint_dir=tmp_path)
        assert tree(tmp_path) == before
        result = trainer.run(12, records=6)
    tf.nest.map_structure(np.testing.assert_array_equal, result.state, whole.state)
    with Trainer(a2c(), CHAIN, checkpoint_dir=tmp_path) as trainer:
        assert trainer.env_steps == 12
    assert not draft.exists()


LOOK = """
import pathlib, sys
import maxent_tf as mx
world = mx.environments.Chain(4)
learner = mx.learners.A2C(world.spec, mx.learners.A2CConfig(network="table", rollout_length=1))
directory = pathlib.Path(sys.argv[1])
print("ready", flush=True)
last = seen = 0
while seen < 8:
    try:
        steps = mx.training.load(learner, directory).env_steps
    except mx.training.CheckpointError as error:
        assert last == 0 and "checkpoint_dir=" in str(error), error
        continue
    assert steps >= last
    seen += steps > last
    last = steps
"""


def test_looking_on_from_another_process_disturbs_nobody(tmp_path: pathlib.Path) -> None:
    # Oracle: the other process's own checks (steps never go back, nothing is unreadable though
    # checkpoints vanish under it), and the run's outcome alone.
    config = mx.learners.A2CConfig(network="table", rollout_length=1)
    learner = mx.learners.A2C(CHAIN.spec, config)
    directory = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", LOOK, str(directory)],
        env={"PYTHONPATH": str(pathlib.Path(__file__).parents[2]), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"

        def stop(step: int, *_: Any) -> Any:
            return "stop" if other.poll() is not None else None

        result = mx.train(
            learner, CHAIN, 5000, records=5000, compile="graph", checkpoint_dir=directory,
            callback=stop,
        )  # fmt: skip
        assert other.wait(60) == 0, other.stderr.read() if other.stderr else ""
    alone = mx.train(learner, CHAIN, result.env_steps, records=1, compile="graph")
    np.testing.assert_array_equal(result.state.actor, alone.state.actor)
