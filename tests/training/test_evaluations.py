"""Evaluations while a run trains: what they measure, and that the run does not notice them."""

import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig, DiscreteSAC, DiscreteSACConfig, Learner
from maxent_tf.training import load
from tests.training.gymnasium_envs import vector

TRAP = mx.environments.TwoGoalGrid()
WALK = "MaxentTest/Walk-v0"


def a2c(spec: Any = TRAP.spec) -> A2C:
    optimizer = mx.optimizers.SGD(20.0)  # so large that policies turn from record to record
    config = A2CConfig(network="table", rollout_length=5, actor_optimizer=optimizer)
    return A2C(spec, config, [4])


def discrete_sac() -> DiscreteSAC:
    config = DiscreteSACConfig(
        hidden_sizes=(4,), batch_size=4, replay_capacity=50, learning_starts=4
    )
    return DiscreteSAC(mx.gymnasium_spec(WALK), config, [2])


EVALUATED: dict[str, Any] = {"eval_every": 20, "eval_episodes": 2}


def assert_same(first: Any, second: Any) -> None:
    tf.nest.map_structure(np.testing.assert_array_equal, first, second)


@pytest.mark.parametrize("where", ["in_graph", "host", "vector"])
def test_a_run_does_not_notice_its_evaluations(where: str) -> None:
    # Oracle: the run without evaluations, to the bit.
    arguments: dict[str, Any] = {"num_steps": 40, "records": 8, "num_envs": 2, "compile": "graph"}
    evaluated = EVALUATED
    if where == "vector":
        env: Any = vector("Walk", 8, AutoresetMode.NEXT_STEP)
        learner: Learner = a2c(mx.gymnasium_spec(env))
        evaluated = {**EVALUATED, "eval_env": vector("Walk", 8, AutoresetMode.NEXT_STEP)}
    else:
        env, learner = {"in_graph": (TRAP, a2c()), "host": (WALK, discrete_sac())}[where]
    result = mx.train(learner, env, **arguments, **evaluated)
    without = mx.train(learner, env, **arguments)
    assert np.isfinite(result.history["eval_return"]).sum() == 2 * np.prod(learner.batch_shape)
    for name in ("eval_return", "eval_return_sampled"):
        del result.history[name]
    assert_same((result.state, result.history), (without.state, without.history))
    assert without.best_state is None


def test_the_best_state_is_each_learners_own(tmp_path: pathlib.Path) -> None:
    # Oracle: the states at all records, and each learner's first record with the highest return.
    # The returns are those of the states, evaluated afterwards in the deterministic grid.
    states = []

    def keep(step: int, metrics: Any, state: Any) -> None:
        if "eval_return" in metrics:
            states.append(state)
            np.testing.assert_allclose(
                metrics["eval_return"], mx.evaluate(learner, state, TRAP, 1).returns[:, 0]
            )

    learner = a2c()
    result = mx.train(
        learner,
        TRAP,
        400,
        records=10,
        compile="graph",
        callback=keep,
        eval_every=80,
        normalize_reward=True,
        checkpoint_dir=tmp_path,
    )
    measured = result.history["eval_return"]
    np.testing.assert_array_equal(np.isfinite(measured[:, 0]), [i % 2 for i in range(10)])
    first = np.nanargmax(measured, axis=0) // 2
    assert len(set(first)) > 1
    best = tf.nest.flatten(result.best_state)
    for i, record in enumerate(first):
        for kept, then in zip(best, tf.nest.flatten(states[record]), strict=True):
            assert kept.shape == then.shape
            if then.shape.rank:  # counts of updates are common to all learners
                np.testing.assert_array_equal(kept[i], then[i])
    assert_same(load(learner, tmp_path).best_state, result.best_state)


def test_sampled_returns_are_those_of_the_sampled_policy() -> None:
    # Oracle: on a bandit of two arms, which pay 1 and 0, the greedy return of a fresh policy is 0
    # or 1, and the mean sampled return is near the probability of the better arm, here a half.
    world = mx.environments.Bandit([1.0, 0.0])
    config = A2CConfig(network="table", rollout_length=1, actor_optimizer=mx.optimizers.SGD(0.0))
    learner = A2C(world.spec, config)
    history = mx.train(learner, world, 1, eval_every=1, eval_episodes=400).history
    assert history["eval_return"] in (0, 1)
    assert abs(history["eval_return_sampled"][0] - 0.5) < 4 * 0.5 / np.sqrt(400)


def test_an_interrupted_run_is_evaluated_like_a_whole_one(tmp_path: pathlib.Path) -> None:
    # Oracle: the run without interruption, whose evaluations and best state are the same.
    arguments: dict[str, Any] = {"num_steps": 60, "records": 6, "compile": "graph", **EVALUATED}
    whole = mx.train(a2c(), TRAP, **arguments)
    for stop in (10, 20, 30):
        part = mx.train(
            a2c(),
            TRAP,
            **arguments,
            checkpoint_dir=tmp_path,
            callback=lambda now, *_, stop=stop: "stop" if now >= stop else None,
        )
        assert part.env_steps == stop
    resumed = mx.train(a2c(), TRAP, **arguments, checkpoint_dir=tmp_path)
    assert_same(
        (resumed.state, resumed.history, resumed.best_state),
        (whole.state, whole.history, whole.best_state),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"eval_every": 0}, "eval_every must be an integer of at least 1, not 0"),
        ({"eval_episodes": 0}, "eval_episodes must be an integer of at least 1, not 0"),
        ({"eval_env": TRAP}, "the learner was built for"),
        ({"eval_env": "CartPole-v1"}, "the learner was built for"),
        (
            {"eval_env": vector("Walk", 3, AutoresetMode.SAME_STEP)},
            "eval_env holds 3 environments but 8 are needed",
        ),
    ],
)
def test_bad_arguments_are_named_before_any_training(
    arguments: dict[str, Any], message: str
) -> None:
    learner = a2c(mx.gymnasium_spec(WALK))
    with (
        mx.training.Trainer(learner, WALK, compile="eager") as trainer,
        pytest.raises(ValueError, match=message),
    ):
        trainer.run(10, **{**EVALUATED, **arguments})
    assert trainer.env_steps == 0


def test_a_vector_environment_needs_another_for_evaluations() -> None:
    env = vector("Walk", 4, AutoresetMode.SAME_STEP)
    learner = a2c(mx.gymnasium_spec(env))
    with pytest.raises(ValueError, match=r"eval_every needs eval_env: .* cannot be made anew"):
        mx.train(learner, env, 10, **EVALUATED)
    with pytest.raises(ValueError, match="eval_env is the environment of the training"):
        mx.train(learner, env, 10, eval_every=5, eval_episodes=1, eval_env=env)
