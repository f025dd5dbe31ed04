"""Plain data gives the configuration that one would write in Python."""

from typing import Any

import pytest

import maxent_tf as mx
from maxent_tf import presets
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.training.configuration import Configuration

SPECS = {
    "discrete": EnvironmentSpec(Box.of((3,), -1.0, 1.0), Discrete(4)),
    "continuous": EnvironmentSpec(Box.of((3,), -1.0, 1.0), Box.of((2,), -1.0, 1.0)),
}


def differences(one: Any, other: Any) -> list[str]:
    """Returns how two objects differ, in words."""
    return Configuration({"config": one}).differences(Configuration({"config": other}).serialize())


def spec_for(algo: str) -> EnvironmentSpec:
    return SPECS["continuous" if algo in ("sac", "sql") else "discrete"]


@pytest.mark.parametrize("algo", presets.ALGORITHMS)
def test_nothing_gives_the_default_configuration(algo: str) -> None:
    # Oracle: the configuration's own defaults.
    config = presets.make_config(algo, {}, spec_for(algo), num_steps=100)
    assert differences(config, presets.ALGORITHMS[algo].config()) == []
    learner = presets.make_learner(algo, {}, spec_for(algo), num_steps=100, batch_shape=[2])
    assert type(learner) is presets.ALGORITHMS[algo].learner
    assert tuple(learner.batch_shape) == (2,)


def test_every_kind_of_value_arrives() -> None:
    # Oracle: the same configuration, written in Python. 1000 steps of 5 environments are 25
    # rollouts of 8 steps, each learned from in 3 epochs of 2 minibatches.
    values: dict[str, Any] = {
        "hidden_sizes": (8,),
        "activation": "relu",
        "max_grad_norm": None,
        "rollout_length": 8,
        "num_epochs": 3,
        "num_minibatches": 2,
        "target_kl": 0.1,
        "normalize_advantage": False,
        "alpha": 0.5,
        "alpha_final": 0.1,
        "actor_optimizer": {"learning_rate": 1e-2, "final_learning_rate": 1e-3},
        "critic_optimizer": {"kind": "rmsprop", "learning_rate": 1e-2, "epsilon": 1e-3},
    }
    config = presets.make_config("ppo", values, SPECS["discrete"], num_steps=1000, num_envs=5)
    written = mx.learners.PPOConfig(
        hidden_sizes=(8,),
        activation="relu",
        max_grad_norm=None,
        rollout_length=8,
        num_epochs=3,
        num_minibatches=2,
        target_kl=0.1,
        normalize_advantage=False,
        alpha=mx.temperature.linear(0.5, 0.1, 25),
        actor_optimizer=mx.optimizers.Adam(mx.temperature.linear(1e-2, 1e-3, 25 * 6), epsilon=1e-5),
        critic_optimizer=mx.optimizers.RMSProp(1e-2, epsilon=1e-3),
    )
    assert differences(config, written) == []


def test_another_kind_of_optimizer_has_its_own_epsilon() -> None:
    # Oracle: Adam's default; A2C's own optimiser is RMSProp with epsilon 1e-5.
    values = {"actor_optimizer": {"kind": "adam"}}
    config = presets.make_config("a2c", values, SPECS["discrete"], num_steps=10)
    assert differences(config.actor_optimizer, mx.optimizers.Adam(7e-4)) == []


@pytest.mark.parametrize("algo", ["a2c", "ppo", "sac"])
def test_noise_that_is_a_function_of_the_state(algo: str) -> None:
    # Oracle: the exploration, written in Python.
    values = {"exploration": {"kind": "state-dependent", "period": 32}}
    found = presets.make_config(algo, values, SPECS["continuous"], num_steps=10).exploration
    assert found == StateDependentExploration(32)
    values["exploration"]["initial_scale"] = 0.5
    found = presets.make_config(algo, values, SPECS["continuous"], num_steps=10).exploration
    assert found == StateDependentExploration(32, 0.5)


@pytest.mark.parametrize(
    ("algo", "auto", "target"),
    [("a2c", {}, 0.3), ("discrete-sac", {"target": 0.5}, 0.5), ("sac", {"initial": 0.2}, None)],
)
def test_automatic_temperatures(algo: str, auto: dict[str, Any], target: float | None) -> None:
    # Oracle: the temperature, written in Python.
    spec = spec_for(algo)
    values = {"alpha": "auto", "auto_alpha": auto}
    alpha = presets.make_config(algo, values, spec, num_steps=10).alpha
    rule = "minus_dim" if target is None else target
    entropy = mx.temperature.target_entropy(spec.action, rule)
    initial = auto.get("initial", 1.0)
    assert differences(alpha, mx.temperature.AutoTemperature(entropy, initial)) == []


def test_a_schedule_ends_with_the_run() -> None:
    # Oracle: the updates that a run makes.
    world = mx.environments.Bandit([1.0, 0.5])
    values = {"network": "table", "rollout_length": 3, "alpha": 1.0, "alpha_final": 0.0}
    learner = presets.make_learner("a2c", values, world.spec, num_steps=50, num_envs=2)
    result = mx.train(learner, world, 50, num_envs=2, records=1, compile="graph")
    schedule = learner.config.alpha
    assert float(schedule(result.updates)) == 0
    assert float(schedule(result.updates - 1)) > 0


@pytest.mark.parametrize(
    ("algo", "values", "message"),
    [
        ("sac", {"alpa": 0.1}, "'alpa' is no plain hyperparameter"),
        ("a2c", {"actor_optimizer": {"lr": 0.1}}, "actor_optimizer has no 'lr'"),
        ("sac", {"alpha_final": 0.1}, "alpha_final=0.1 needs a number as alpha"),
        ("ppo", {"auto_alpha": {"initial": 0.1}}, 'needs alpha="auto"'),
        ("sql", {"alpha_final": 0.0}, "alpha_final must be positive for SQL"),
        ("a2c", {"actor_optimizer": {"kind": "sgd", "epsilon": 0.1}}, "none of SGD's"),
        ("a2c", {"discount": 2.0}, "discount"),
        ("sac", {"exploration": {"period": 4}}, 'they need kind="state-dependent"'),
    ],
)
def test_errors_name_the_value(algo: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        presets.make_config(algo, values, spec_for(algo), num_steps=10)
