"""Flags, files and presets become the settings of a run."""

import json
import pathlib
from typing import Any

import numpy as np
import pytest

import maxent_tf as mx
from maxent_tf.cli import main
from maxent_tf.cli.train import parse
from maxent_tf.training.configuration import Configuration


def config_of(algo: str, *args: str) -> Any:
    """Returns the configuration of the learner that arguments ask for."""
    settings, _ = parse(algo, args)
    return settings.make_learner(mx.gymnasium_spec(settings.env)).config


def test_flags_reach_the_configuration() -> None:
    # Oracle: the configuration, written in Python.
    found = config_of(
        *("sac", "Pendulum-v1", "--steps", "500", "--hidden-sizes", "8", "16", "--tau", "0.1"),
        *("--alpha", "0.2", "--alpha-final", "0.1", "--target-subset", "2", "--num-critics", "3"),
        *("--critic-optimizer.learning-rate", "0.01", "--activation", "tanh", "--n-step", "3"),
    )
    written = mx.learners.SACConfig(
        hidden_sizes=(8, 16),
        tau=0.1,
        alpha=mx.temperature.linear(0.2, 0.1, 500),
        target_subset=2,
        num_critics=3,
        critic_optimizer=mx.optimizers.Adam(0.01),
        activation="tanh",
        n_step=3,
    )
    theirs = Configuration({"config": written}).serialize()
    assert Configuration({"config": found}).differences(theirs) == []


def test_flags_count_more_than_a_file_and_a_file_more_than_a_preset(
    tmp_path: pathlib.Path,
) -> None:
    # Oracle: the three sources, which give a value each.
    file = tmp_path / "mine.toml"
    file.write_text("num_envs = 2\nsteps = 7\n[learner]\ntau = 0.5\nbatch_size = 4\n")
    args = ["CartPole-v1", "--preset", "--config", str(file), "--batch-size", "5"]
    settings, _ = parse("discrete-sac", [*args, "--steps", "9"])
    assert (settings.run.steps, settings.run.num_envs) == (9, 2)
    learner = settings.learner
    assert (learner.batch_size, learner.tau, learner.hidden_sizes) == (5, 0.5, (64, 64))
    assert learner.alpha == "auto"
    assert learner.auto_alpha.learning_rate == 1e-3


def test_saved_settings_are_all_there_is(tmp_path: pathlib.Path) -> None:
    # Oracle: the settings themselves, read back without a flag.
    file = tmp_path / "mine.toml"
    args = ["CartPole-v1", "--steps", "9", "--target-kl", "0.1", "--max-grad-norm", "None"]
    main(["train", "ppo", *args, "--save-config", str(file)])
    again, _ = parse("ppo", ["CartPole-v1", "--config", str(file)])
    assert again == parse("ppo", args)[0]
    assert again.learner.max_grad_norm is None
    with pytest.raises(ValueError, match="is there already"):
        main(["train", "ppo", *args, "--save-config", str(file)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("algo = 'ppo'", "is for algo='ppo', not 'a2c'"),
        ("stepz = 3", "'stepz', which is no setting"),
        ("[learner]\nclip_epsilon = 0.1", "'clip_epsilon', which is no hyperparameter"),
        ("[learner.actor_optimizer]\nlr = 0.1", "'lr', which is no hyperparameter"),
        ("seeds = 0", "seeds must be"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: pathlib.Path, text: str, message: str) -> None:
    (tmp_path / "wrong.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        parse("a2c", ["CartPole-v1", "--config", str(tmp_path / "wrong.toml")])


def test_resuming_goes_on_as_if_the_run_had_not_ended(tmp_path: pathlib.Path) -> None:
    # Oracle: a training of all steps at once by Python, to the bit. It is in the graph, where this
    # holds.
    run = str(tmp_path / "run")
    args = ["train", "a2c", "TwoGoalGrid", "--run", run]
    main([*args, "--network", "table", "--compile", "graph", "--records", "2", "--steps", "10"])
    main([*args, "--resume", "--steps", "20"])
    world = mx.environments.TwoGoalGrid()
    learner = mx.learners.A2C(world.spec, mx.learners.A2CConfig(network="table"))
    whole = mx.train(learner, world, 20, seed=0, records=2, compile="graph").state
    resumed = mx.training.load(learner, f"{run}/checkpoints").state
    assert np.array_equal(whole.actor, resumed.actor)
    sessions = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert [session["env_steps"] for session in sessions] == [10, 20]
    with pytest.raises(mx.training.CheckpointError, match=r"alpha was 0\.01 and is 0\.5"):
        main([*args, "--resume", "--alpha", "0.5"])


def test_an_unknown_environment_names_those_of_the_package(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ValueError, match=r"ENV='TwoGoals'.*TwoGoalGrid"):
        main(["train", "a2c", "TwoGoals", "--run", str(tmp_path / "run")])
    assert not (tmp_path / "run").exists()
