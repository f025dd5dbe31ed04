"""What a callback returns: into history, CSV and TensorBoard, or an error that names it."""

import csv
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import maxent_tf as mx
from maxent_tf.learners import A2C, SAC, A2CConfig, Learner, SACConfig
from maxent_tf.temperature import Manual, piecewise
from maxent_tf.training import SetAlpha
from maxent_tf.training.callback import further_metrics
from maxent_tf.training.compilation import tell_compiled

CHAIN = mx.environments.Chain(4)


def a2c() -> A2C:
    return A2C(CHAIN.spec, A2CConfig(network="table", rollout_length=2), [2])


def test_further_metrics_reach_history_csv_and_tensorboard(tmp_path: pathlib.Path) -> None:
    # Oracle: the numbers that the callback returned; NaN at the records where it returned none.
    def callback(step: int, metrics: Any, state: Any) -> Any:
        if step == 16:
            return "stop"
        return None if step == 4 else {"twice": 2 * step, "own/each": np.float32([step, -step])}

    expected = {"twice": [[np.nan] * 2, [16, 16], [24, 24], [np.nan] * 2]}
    expected["own/each"] = [[np.nan] * 2, [8, -8], [12, -12], [np.nan] * 2]
    result = mx.train(
        a2c(), CHAIN, 20, records=5, compile="eager", callback=callback, log_dir=tmp_path
    )
    assert result.env_steps == 16
    with (tmp_path / "metrics.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    for name, tag in (("twice", "train/twice"), ("own/each", "own/each")):
        np.testing.assert_array_equal(result.history[name], expected[name])
        read = np.reshape([float(line[name]) for line in lines], (4, 2))
        np.testing.assert_array_equal(read, expected[name])
        means = [float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]
        np.testing.assert_allclose(means, np.mean(expected[name][1:3], axis=-1))


def test_further_metrics_outlive_an_interruption(tmp_path: pathlib.Path) -> None:
    # Oracle: the history of the whole run.
    def measure(step: int, metrics: Any, state: Any) -> Any:
        return {"file": step} if step % 8 == 0 else None

    def interrupt(step: int, metrics: Any, state: Any) -> Any:
        if step == 12:
            raise KeyboardInterrupt
        return measure(step, metrics, state)

    arguments: dict[str, Any] = {"num_steps": 16, "records": 4, "compile": "eager"}
    whole = mx.train(a2c(), CHAIN, **arguments, callback=measure)
    with pytest.raises(KeyboardInterrupt):
        mx.train(a2c(), CHAIN, **arguments, callback=interrupt, checkpoint_dir=tmp_path)
    assert mx.training.load(a2c(), tmp_path).env_steps == 12
    resumed = mx.train(a2c(), CHAIN, **arguments, callback=measure, checkpoint_dir=tmp_path)
    np.testing.assert_array_equal(resumed.history["file"][:, 0], [np.nan, 8, np.nan, 16])
    tf.nest.map_structure(np.testing.assert_array_equal, resumed.history, whole.history)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            "halt",
            "must return \"stop\", a mapping of further metrics, a SetAlpha or None, not 'halt'",
        ),
        (0.5, "a SetAlpha or None, not 0.5"),
        (SetAlpha(0.1, {"loss": 1.0}), "with the name 'loss'"),
        ({"loss": 1.0}, "with the name 'loss', which must be a string that is not the name of"),
        ({3: 1.0}, "with the name 3, which must be a string"),
        ({"mine": float("nan")}, "mine=nan, which must be a finite number"),
        ({"mine": "much"}, "mine='much', which must be a finite number"),
        ({"mine": [1.0, 2.0, 3.0]}, r"mine=\[1.0, 2.0, 3.0\], .* batch shape, \(2,\)"),
    ],
)
def test_what_is_no_answer_is_named(answer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        further_metrics(answer, {"loss": np.zeros(2, np.float32)}, (2,))


VALUES = ([0.25, 0.5], [1.0, 0.0])


def raise_alpha(step: int, metrics: Any, state: Any) -> Any:
    """Sets the second of `VALUES` after twelve steps."""
    return SetAlpha(VALUES[1], {"raised": 1}) if step == 12 else None


def learners(kind: str, alpha: Any) -> tuple[Learner, Any]:
    """Two learners that update after every four steps on policy, after every step off policy."""
    if kind == "sac":
        world = mx.environments.Pendulum(max_episode_steps=5)
        config = SACConfig(hidden_sizes=(4,), batch_size=4, learning_starts=4, alpha=alpha)
        return SAC(world.spec, config, [2]), world
    world = CHAIN if kind == "graph" else "CartPole-v1"
    spec = CHAIN.spec if kind == "graph" else mx.gymnasium_spec(world)
    return A2C(spec, A2CConfig(hidden_sizes=(4,), rollout_length=4, alpha=alpha), [2]), world


@pytest.mark.parametrize(
    ("kind", "updates"), [("graph", 3), ("host", 3), pytest.param("sac", 8, marks=pytest.mark.gate)]
)
def test_learners_go_on_at_the_alpha_that_a_callback_sets(kind: str, updates: int) -> None:
    # Oracle: learners with a schedule that jumps at the update of that record, to the bit.
    arguments: dict[str, Any] = {"num_steps": 24, "records": 6, "compile": "graph"}
    compiled: list[str | None] = []

    def callback(step: int, metrics: Any, state: Any) -> Any:
        if step == 12:
            compiled.clear()
        return raise_alpha(step, metrics, state)

    with tell_compiled(compiled.append):
        result = mx.train(*learners(kind, Manual(VALUES[0])), **arguments, callback=callback)
    assert compiled == []  # since alpha was set
    jumps = mx.train(*learners(kind, piecewise([updates], VALUES)), **arguments)
    for name, values in jumps.history.items():
        np.testing.assert_array_equal(result.history[name], values, err_msg=name)
    ours, theirs = (
        {k: x for k, x in each.state._asdict().items() if k != "temperature"}
        for each in (result, jumps)
    )
    tf.nest.map_structure(np.testing.assert_array_equal, ours, theirs)
    np.testing.assert_array_equal(result.history["alpha"][[2, 3]], VALUES)
    np.testing.assert_array_equal(result.history["raised"][2], [1, 1])
    np.testing.assert_array_equal(result.state.temperature, VALUES[1])


def test_a_run_that_is_continued_from_the_state_has_the_alpha_of_its_learner() -> None:
    # Oracle: two runs, of which the second has learners with the other alpha, to the bit.
    arguments: dict[str, Any] = {"num_steps": 12, "records": 1, "compile": "graph"}
    learner, world = learners("graph", Manual(VALUES[0]))
    first = mx.train(learner, world, **arguments, callback=raise_alpha)
    found = mx.train(learner, world, **arguments, state=first)
    other, _ = learners("graph", Manual(VALUES[0]))
    before = mx.train(other, world, **arguments)
    fixed, _ = learners("graph", VALUES[1])
    state = before.state._replace(temperature=fixed.init(0).temperature)
    expected = mx.train(fixed, world, **arguments, state=state)
    for name in ("actor", "critic", "actor_optimizer"):
        tf.nest.map_structure(
            np.testing.assert_array_equal,
            getattr(found.state, name),
            getattr(expected.state, name),
        )


def test_a_checkpoint_holds_the_alpha_that_was_set(tmp_path: pathlib.Path) -> None:
    # Oracle: the whole run. The run is interrupted at the record after the one that sets alpha.
    def interrupt(step: int, metrics: Any, state: Any) -> Any:
        if step == 16:
            raise KeyboardInterrupt
        return raise_alpha(step, metrics, state)

    arguments: dict[str, Any] = {"num_steps": 24, "records": 6, "compile": "graph"}
    learner, world = learners("graph", Manual(VALUES[0]))
    whole = mx.train(learner, world, **arguments, callback=raise_alpha)
    with pytest.raises(KeyboardInterrupt):
        mx.train(learner, world, **arguments, callback=interrupt, checkpoint_dir=tmp_path)
    resumed = mx.train(learner, world, **arguments, callback=raise_alpha, checkpoint_dir=tmp_path)
    tf.nest.map_structure(np.testing.assert_array_equal, resumed.history, whole.history)
    tf.nest.map_structure(np.testing.assert_array_equal, resumed.state, whole.state)


def test_an_alpha_that_cannot_be_set_is_refused() -> None:
    # Oracle: the error that names the remedy.
    with pytest.raises(ValueError, match=r"cannot be set.*temperature\.Manual"):
        mx.train(a2c(), CHAIN, 8, records=2, compile="eager", callback=lambda *_: SetAlpha(0.1))
