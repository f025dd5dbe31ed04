"""The command `ablate` is a call of `mx.ablate`."""

import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard import context
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

import maxent_tf as mx
from maxent_tf.cli import ablate, extras, main, trials


def test_an_ablation_is_a_call_of_ablate(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: the same ablation by Python, to the bit. --quick lowers the seeds to 2 and the
    # episodes to 2; --steps and --records are lower already.
    run = tmp_path / "ablation"
    args = ["ablate", "a2c", "CartPole-v1", "--alphas", "0", "0.1", "--steps", "40", "--quick"]
    args += ["--hidden-sizes", "4", "--stuck-below", "9.5", "--records", "2", "--run", str(run)]
    main(args)
    printed = capsys.readouterr().out
    config = mx.learners.A2CConfig(hidden_sizes=(4,))
    ours = mx.Ablation.load(run)
    theirs = mx.ablate(
        *("CartPole-v1", mx.learners.A2C, [0.0, 0.1], 2, 40),
        config=config,
        stuck_below=9.5,
        episodes=2,
        records=2,
    )
    assert np.array_equal(ours.returns, theirs.returns)
    assert np.array_equal(ours.history["entropy"], theirs.history["entropy"])
    assert printed.startswith(repr(theirs))
    assert (run / "ablation.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="holds another ablation"):
        main([*args, "--seed", "1"])


def sessions(folder: pathlib.Path) -> list[Any]:
    """The trials of a folder, read by the server of TensorBoard's HParams plugin."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    served = TBContext(data_provider=MultiplexerDataProvider(multiplexer, str(folder)))
    statuses = [api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_RUNNING, api_pb2.STATUS_SUCCESS]
    request = api_pb2.ListSessionGroupsRequest(slice_size=99, allowed_statuses=statuses)
    reader = backend_context.Context(served)
    handler = list_session_groups.Handler(context.RequestContext(), reader, "", request)
    return list(handler.run().session_groups)


def test_every_learner_is_a_trial_of_tensorboard(tmp_path: pathlib.Path) -> None:
    # Oracle: the arrays of the ablation. The second call finds the ablation done, and must not
    # write a second event file beside the first.
    args = ["ablate", "a2c", "CartPole", "--alphas", "0", "0.5", "--steps", "80", "--quick"]
    args += ["--hidden-sizes", "4", "--stuck-below", "9.5", "--records", "2", "--num-envs", "4"]
    for _ in range(2):
        main([*args, "--run", str(tmp_path), "--track", "tensorboard"])
    result, folder = mx.Ablation.load(tmp_path), tmp_path / "tensorboard"
    found = {}
    for group in sessions(folder):
        trial = group.hparams["alpha"].number_value, int(group.hparams["seed"].number_value)
        found[trial] = {metric.name.tag: metric.value for metric in group.metric_values}
    assert found.keys() == {(alpha, seed) for alpha in (0.0, 0.5) for seed in (0, 1)}
    for (alpha, seed), metrics in found.items():
        i = result.index(alpha)
        expected = result.returns[i, seed].mean(), float(result.stuck[i, seed])
        assert (metrics["final_return"], metrics["stuck"]) == pytest.approx(expected)
        (events,) = (folder / f"alpha={alpha:g},seed={seed}").iterdir()
        read = EventAccumulator(str(events)).Reload()
        for name, label in (
            ("episode_return", "rollout/episode_return"),
            ("entropy", "train/entropy"),
        ):
            values = result.history[name][:, i, seed]
            known = np.flatnonzero(~np.isnan(values))
            steps = [event.step for event in read.Tensors(label)]
            written = [tf.make_ndarray(event.tensor_proto) for event in read.Tensors(label)]
            assert steps == result.history["env_steps"][known].tolist()
            np.testing.assert_array_equal(written, values[known])


def test_an_automatic_temperature_is_a_trial_by_its_label(tmp_path: pathlib.Path) -> None:
    # Oracle: the labels, since a column of TensorBoard's holds either numbers or words.
    world = mx.environments.ContinuousTrap()
    config = mx.learners.SACConfig(hidden_sizes=(4,), batch_size=4, learning_starts=4)
    arguments: dict[str, Any] = {"config": config, "records": 1, "episodes": 1, "compile": "graph"}
    result = mx.ablate(world, mx.learners.SAC, [0.5, "auto"], 1, 8, **arguments)
    trials.write(result, tmp_path / "trials")
    found = [group.hparams["alpha"].string_value for group in sessions(tmp_path / "trials")]
    assert sorted(found) == ["0.5", "auto"]


def test_a_missing_tensorboard_is_told_before_the_training(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the error with the remedy, and no folder.
    def absent(module: str, extra: str) -> Any:
        if module.startswith("tensorboard"):
            module = "there.is.no.such.module"
        return extras.require(module, extra)

    monkeypatch.setattr(ablate, "require", absent)
    args = ["ablate", "a2c", "CartPole", "--quick", "--track", "tensorboard"]
    with pytest.raises(ImportError, match=r"pip install 'maxent_tf\[cli\]'"):
        main([*args, "--run", str(tmp_path / "run")])
    assert not (tmp_path / "run").exists()
