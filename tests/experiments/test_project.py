"""Results on disk: produced once, loaded after, never half-written."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest

from experiments import project


@dataclasses.dataclass(frozen=True)
class Config:
    """A configuration with every kind of value that sweeps use."""

    rate: float = 0.1
    alphas: tuple[float, ...] = (0.0, 0.5)


@dataclasses.dataclass(frozen=True)
class OtherConfig(Config):
    """The same values under another name."""


def test_a_second_run_loads_and_does_not_produce(tmp_path: pathlib.Path) -> None:
    # Oracle: the arrays of the first run, and a count of calls.
    calls = []

    def produce() -> dict[str, np.ndarray]:
        calls.append(1)
        return {"x": np.arange(3.0)}

    for _ in range(2):
        arrays = project.produce_or_load(tmp_path, "a", Config(), produce)
        np.testing.assert_array_equal(arrays["x"], [0.0, 1.0, 2.0])
    assert len(calls) == 1
    project.produce_or_load(tmp_path, "a", Config(rate=0.1000001), produce)
    assert len(calls) == 2


def test_identity_tells_any_two_configurations_apart() -> None:
    # Oracle: equal configurations are equal, all others differ, however close.
    configs = [Config(), Config(rate=np.nextafter(0.1, 1)), Config(alphas=(0.0,)), OtherConfig()]
    identities = [project.identity(config) for config in configs]
    assert len(set(identities)) == len(configs)
    assert project.identity(Config()) == identities[0]


def test_an_interrupted_run_leaves_nothing_that_loads(tmp_path: pathlib.Path) -> None:
    # Oracle: after the failure the result is produced anew.
    def fail() -> dict[str, np.ndarray]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project.produce_or_load(tmp_path, "a", Config(), fail)

    class Unwritable:
        def __array__(self) -> np.ndarray:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        project.produce_or_load(tmp_path, "a", Config(), lambda: {"x": Unwritable()})  # type: ignore[dict-item]
    assert list(tmp_path.iterdir()) == []
    arrays = project.produce_or_load(tmp_path, "a", Config(), lambda: {"x": np.ones(1)})
    np.testing.assert_array_equal(arrays["x"], [1.0])


def test_provenance_says_what_a_repeat_has_to_know(tmp_path: pathlib.Path) -> None:
    # Oracle: the installed packages themselves.
    import tensorflow as tf

    project.produce_or_load(tmp_path, "a", Config(), lambda: {"x": np.ones(1)})
    (stored,) = tmp_path.glob("a-*/provenance.json")
    content = json.loads(stored.read_text())
    assert content["config"] == {"rate": 0.1, "alphas": [0.0, 0.5]}
    assert content["versions"]["tensorflow"] == tf.__version__
    assert content["wall_time_seconds"] >= 0
    assert {"commit", "dirty", "devices", "cpus", "finished"} <= content.keys()


def test_json_stays_strict(tmp_path: pathlib.Path) -> None:
    # Oracle: the JSON standard, which has no NaN.
    project.write_json(tmp_path / "a.json", [{"x": float("nan"), "y": (1, 2)}])
    assert json.loads((tmp_path / "a.json").read_text()) == [{"x": None, "y": [1, 2]}]
