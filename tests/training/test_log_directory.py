"""The directory of a run's records: who may write to it, and what it says of the run."""

import csv
import json
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig

CHAIN = mx.environments.Chain(4)


def a2c(**changes: Any) -> A2C:
    config: dict[str, Any] = {"network": "table", "rollout_length": 2, **changes}
    return A2C(CHAIN.spec, A2CConfig(**config), [2])


def train(directory: pathlib.Path, learner: A2C | None = None, **arguments: Any) -> Any:
    arguments = {"num_steps": 16, "records": 4, "compile": "eager", **arguments}
    return mx.train(learner or a2c(), CHAIN, log_dir=directory / "logs", **arguments)


def entropies(directory: pathlib.Path) -> list[float]:
    with (directory / "logs" / "metrics.csv").open(newline="") as file:
        return [float(line["entropy"]) for line in csv.DictReader(file)]


def interrupt(step: int, metrics: Any, state: Any) -> None:
    if step >= 8:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("learner", "arguments", "reason"),
    [
        (a2c(), {}, "the configuration is the same, but without a checkpoint_dir"),
        (a2c(alpha=0.5), {}, r"config.alpha was 0.01 and is 0.5"),
        (a2c(), {"seed": 1}, r"seed was \[0, 0\] and is \[0, 1\]"),
        (a2c(), {"checkpoint_dir": "elsewhere"}, "without a checkpoint_dir"),
    ],
)
def test_a_second_run_is_refused_and_the_records_stay(
    learner: A2C, arguments: dict[str, Any], reason: str, tmp_path: pathlib.Path
) -> None:
    # Oracle: every file as it was.
    train(tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "logs").iterdir()}
    if "checkpoint_dir" in arguments:
        arguments = {"checkpoint_dir": tmp_path / arguments["checkpoint_dir"]}
    with pytest.raises(ValueError, match=f"overwrite them: .*{reason}.*Name another log_dir"):
        train(tmp_path, learner, **arguments)
    assert {path: path.read_bytes() for path in (tmp_path / "logs").iterdir()} == before


def test_a_run_goes_on_in_its_own_directory_alone(tmp_path: pathlib.Path) -> None:
    # Oracle: the history of the whole run. The run is ended between two checkpoints, then before
    # its first.
    whole = train(tmp_path / "whole").history["entropy"].ravel()
    for name, every in (("between", 4), ("before", 1000)):
        own = {"checkpoint_dir": tmp_path / name, "checkpoint_every": every}
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / name, callback=interrupt, **own)
        assert 0 < len(entropies(tmp_path / name)) < len(whole)
        train(tmp_path / name, **own)
        np.testing.assert_array_equal(np.float32(entropies(tmp_path / name)), whole)
    with pytest.raises(ValueError, match=r"checkpoint_dir was '.*before' and is '.*between'"):
        train(tmp_path / "before", checkpoint_dir=tmp_path / "between")


def test_a_trainer_goes_on_in_its_own_directory(tmp_path: pathlib.Path) -> None:
    # Oracle: the history of both calls.
    with mx.training.Trainer(a2c(), CHAIN, compile="eager") as trainer:
        for steps in (8, 16):
            result = trainer.run(steps, records=2, log_dir=tmp_path / "logs")
    np.testing.assert_array_equal(
        np.float32(entropies(tmp_path)), result.history["entropy"].ravel()
    )


def test_a_run_that_recorded_nothing_is_in_nobodys_way(tmp_path: pathlib.Path) -> None:
    # Oracle: the history of the second run, which begins where nothing was recorded.
    learner = a2c()
    with pytest.raises(ValueError, match="records must be at least 1"):
        train(tmp_path, learner, records=0)
    state = learner.init(0)
    poisoned = state._replace(actor=tf.nest.map_structure(lambda x: x * np.nan, state.actor))
    with pytest.raises(mx.training.NonFiniteError):
        train(tmp_path, learner, state=poisoned)
    result = train(tmp_path, learner)
    np.testing.assert_array_equal(
        np.float32(entropies(tmp_path)), result.history["entropy"].ravel()
    )


def test_the_configuration_names_every_hyperparameter(tmp_path: pathlib.Path) -> None:
    # Oracle: the fields of the configuration, the arguments, and the versions of the packages.
    train(tmp_path, a2c(discount=0.75), num_envs=3, seed=5)
    described = json.loads((tmp_path / "logs" / "config.json").read_text())
    items = described["configuration"]["items"]
    for name in A2CConfig.__dataclass_fields__:
        assert any(item.startswith(f"config.{name}") for item in items)
    assert items["config.discount"] == "0.75"
    assert (items["learner"], items["num_envs"], items["world"]) == ("'A2C'", "3", "Chain")
    assert described["versions"]["tensorflow"] == tf.__version__
    assert described["versions"]["maxent_tf"] == mx.__version__


def test_records_of_an_unknown_origin_are_kept(tmp_path: pathlib.Path) -> None:
    # Oracle: the file of another program, or of an earlier version.
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "metrics.csv").write_text("env_steps\n5\n")
    with pytest.raises(ValueError, match=r"it has no config\.json to compare"):
        train(tmp_path)
    (tmp_path / "logs" / "config.json").write_text("[]")
    with pytest.raises(ValueError, match=r"its config\.json cannot be read"):
        train(tmp_path)
    assert (tmp_path / "logs" / "metrics.csv").read_text() == "env_steps\n5\n"
