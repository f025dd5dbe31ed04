"""Ablations against trainings of the same learners by hand."""

import dataclasses
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.optimizers import SGD

WORLD = mx.environments.Chain(3)
CONFIG = mx.learners.A2CConfig(
    network="table", actor_optimizer=SGD(0.5), critic_optimizer=SGD(0.1), rollout_length=5
)
ALPHAS = [0, 0.3]
# Small programs that run for a moment: XLA would take longer to compile them.
MODE = "graph"


def ablate(**changes: Any) -> mx.Ablation:
    arguments: dict[str, Any] = {
        "alphas": ALPHAS,
        "seeds": 3,
        "num_steps": 100,
        "config": CONFIG,
        "records": 4,
        "episodes": 2,
        "compile": MODE,
    }
    return mx.ablate(WORLD, mx.learners.A2C, **{**arguments, **changes})


def by_hand(shape: list[int], alpha: Any, seed: Any) -> tuple[Any, mx.training.TrainResult]:
    config = dataclasses.replace(CONFIG, alpha=alpha)
    learner = mx.learners.A2C(WORLD.spec, config, shape)
    return learner, mx.train(learner, WORLD, 100, seed, records=4, compile=MODE)


def test_learners_are_those_of_one_training_to_the_bit() -> None:
    # Oracle: mx.train and mx.evaluate of the batch that a user would write.
    result = ablate(seed=3)
    learner, trained = by_hand([2, 3], np.float32([[0], [0.3]]), 3)
    for name, values in trained.history.items():
        np.testing.assert_array_equal(result.history[name], values, err_msg=name)
    seed = mx.draws.fold_in(mx.seeds.as_seed(3), 0)
    returns = mx.evaluate(learner, trained.state, WORLD, 2, seed).returns
    np.testing.assert_array_equal(result.returns, returns)


def test_schedules_are_rows_of_the_batch_to_the_bit() -> None:
    # Oracle: a training of shape [schedules, alphas, seeds], as experiments.premature_convergence
    # makes it: the numbers must not depend on how the settings are arranged.
    result = ablate(schedule=("constant", "annealed"))
    initial = np.float32([[[0], [0.3]], [[0], [0.3]]])
    alpha = mx.temperature.linear(initial, initial * np.float32([[[1]], [[0]]]), 0.8 * 20)
    _, trained = by_hand([2, 2, 3], alpha, 0)
    for name in ("entropy", "alpha", "value"):
        values = trained.history[name].reshape(-1, 4, 3)
        np.testing.assert_array_equal(result.history[name], values, err_msg=name)


@pytest.mark.gate
def test_fixed_and_automatic_temperatures_share_a_program() -> None:
    # Oracle: two trainings of the same shape, of which all learners have one kind of temperature,
    # and whose replay buffers are not lowered to the number of steps. Programs may round otherwise.
    world = mx.environments.Pendulum(max_episode_steps=20)
    config = mx.learners.SACConfig(
        hidden_sizes=(8,), batch_size=8, learning_starts=20, replay_capacity=500
    )
    arguments: dict[str, Any] = {"seeds": 2, "num_steps": 60, "config": config, "records": 3}
    result = mx.ablate(world, mx.learners.SAC, [0, "auto"], compile=MODE, **arguments)
    for row, alpha in enumerate([0.0, "auto"]):
        learner = mx.learners.SAC(world.spec, dataclasses.replace(config, alpha=alpha), [2, 2])
        trained = mx.train(learner, world, 60, records=3, compile=MODE)
        for name in ("alpha", "entropy", "episode_return"):
            found, expected = result.history[name][:, row], trained.history[name][:, row]
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.gate
def test_chunks_are_trainings_with_seeds_of_their_own() -> None:
    # Oracle: mx.train, with the seeds that the docstring names.
    result = ablate(chunk=2)
    alpha = np.float32([[0], [0.3]])
    assert result.chunks == (2, 1)
    for i, (size, start) in enumerate([(2, 0), (1, 2)]):
        seed = mx.draws.fold_in(mx.seeds.as_seed(0), i) if i else 0
        _, trained = by_hand([2, size], alpha, seed)
        part = result.history["entropy"][:, :, start : start + size]
        np.testing.assert_array_equal(part, trained.history["entropy"])
    assert len(np.unique(result.history["value"][-1])) == 6


def test_an_ablation_that_was_killed_goes_on(tmp_path: pathlib.Path) -> None:
    # Oracle: an ablation that was not killed. The second chunk fails in the first process, and the
    # first chunk must not run in the second one. Calls are noted in a file: a list would be a part
    # of the function's configuration, which must not change.
    noted = tmp_path / "calls"
    noted.touch()

    def measure(learner: Any, state: Any) -> dict[str, Any]:
        noted.write_text(f"{noted.read_text()}{learner.batch_shape}\n")
        if noted.read_text().count("\n") == 2:
            raise KeyboardInterrupt
        return {"logits": learner.policy(state, tf.ones([*learner.batch_shape, 1, 3])).logits}

    whole = ablate(chunk=2, stuck_below=5)
    with pytest.raises(KeyboardInterrupt):
        ablate(chunk=2, folder=tmp_path / "a", measure=measure, stuck_below=5)
    with pytest.raises(ValueError, match="1 of 2 chunks"):
        mx.Ablation.load(tmp_path / "a")
    resumed = ablate(chunk=2, folder=tmp_path / "a", measure=measure, stuck_below=5)
    assert noted.read_text() == "(2, 2)\n(2, 1)\n(2, 1)\n"
    for name, values in whole.history.items():
        np.testing.assert_array_equal(resumed.history[name], values, err_msg=name)
    np.testing.assert_array_equal(resumed.returns, whole.returns)
    assert resumed.measured["logits"].shape == (2, 3, 1, 2)
    # Nothing but complete files is left, and all of it loads.
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["ablation.json", "chunk-000.npz", "chunk-001.npz"]
    assert repr(mx.Ablation.load(tmp_path / "a")) == repr(whole)


@pytest.mark.gate
def test_the_folder_of_another_ablation_is_refused(tmp_path: pathlib.Path) -> None:
    # Oracle: the difference that the error names; the folder is left as it was.
    first = ablate(folder=tmp_path / "a", num_steps=20)
    with pytest.raises(ValueError, match="num_steps was 20 and is 40"):
        ablate(folder=tmp_path / "a", num_steps=40)
    other = dataclasses.replace(CONFIG, discount=0.5)
    with pytest.raises(ValueError, match=r"config.discount was 0.99 and is 0.5"):
        ablate(folder=tmp_path / "a", num_steps=20, config=other)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds something else"):
        ablate(folder=tmp_path / "b", num_steps=20)
    assert repr(mx.Ablation.load(tmp_path / "a")) == repr(first)


def test_a_gymnasium_id_is_an_environment() -> None:
    # Oracle: mx.train and mx.evaluate on the same id.
    config = mx.learners.A2CConfig(hidden_sizes=(4,))
    arguments: dict[str, Any] = {"num_steps": 40, "config": config, "num_envs": 2}
    result = mx.ablate(
        "CartPole-v1", mx.learners.A2C, [0.1], 2, records=2, episodes=2, stuck_below=5, **arguments
    )
    learner = mx.learners.A2C(
        mx.gymnasium_spec("CartPole-v1"), dataclasses.replace(config, alpha=0.1), [1, 2]
    )
    trained = mx.train(learner, "CartPole-v1", 40, num_envs=2, records=2)
    np.testing.assert_array_equal(result.history["value"], trained.history["value"])
    assert result.env == "CartPole-v1"
    # A pole stands for eight steps whatever is done.
    assert not result.stuck.any()


@pytest.mark.gate
def test_who_is_stuck_is_counted_by_a_number_or_a_function() -> None:
    # Oracle: counting by hand. The mean return of an episode is compared, not the least.
    result = ablate(alphas=[0], seeds=4, stuck_below=5.0)
    assert result.stuck.tolist() == (result.returns.mean(axis=-1) < 5.0).tolist()
    least = ablate(alphas=[0], seeds=4, stuck_below=lambda x: x.min(axis=-1) < 5.0)
    assert least.stuck.tolist() == (result.returns.min(axis=-1) < 5.0).tolist()
    assert least.level is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": 0}, "seeds must be an integer"),
        ({"chunk": 0}, "chunk must be an integer"),
        ({"episodes": 2.5}, "episodes must be an integer"),
        ({"stuck_below": "low"}, "stuck_below must be a number"),
        ({"alphas": [0, "auto"]}, "alpha must be a number"),
        ({"stuck_below": lambda x: x}, "stuck_below must return booleans"),
        ({"measure": lambda *_: {"a": np.zeros(3)}}, "measure must return arrays"),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], message: str) -> None:
    # Oracle: the errors that the docstring promises.
    with pytest.raises(ValueError, match=message):
        ablate(**{"num_steps": 5, "seeds": 1, **changes})


def test_what_cannot_be_ablated_is_refused() -> None:
    # Oracle: the errors that the docstring promises.
    with pytest.raises(TypeError, match="makes its own environments"):
        mx.ablate(object(), mx.learners.A2C, [0])
    with pytest.raises(ValueError, match="nothing to ablate"):
        mx.ablate(WORLD, mx.learners.OptimisticQ, [0], num_steps=5)
