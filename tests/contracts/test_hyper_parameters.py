"""A bad hyper-parameter is named before anything trains. Oracle: the words of the message."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    Learner,
    PPOConfig,
    SACConfig,
    SoftDQN,
    SoftDQNConfig,
)
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.regularizers import Tsallis
from maxent_tf.replay import Priorities
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.temperature import AutoTemperature, linear
from tests.contracts.learners import CONTINUOUS, ONE_HOT, SEVERAL, P


def a2c(spec: EnvironmentSpec = ONE_HOT, shape: Any = P, **config: Any) -> A2C:
    return A2C(spec, A2CConfig(**config), shape)


def ppo(spec: EnvironmentSpec = ONE_HOT, shape: Any = P, **config: Any) -> PPO:
    return PPO(spec, PPOConfig(**config), shape)


def sac(spec: EnvironmentSpec = CONTINUOUS, shape: Any = P, **config: Any) -> SAC:
    return SAC(spec, SACConfig(**config), shape)


def discrete_sac(spec: EnvironmentSpec = ONE_HOT, shape: Any = P, **config: Any) -> DiscreteSAC:
    return DiscreteSAC(spec, DiscreteSACConfig(**config), shape)


def soft_dqn(spec: EnvironmentSpec = ONE_HOT, shape: Any = P, **config: Any) -> SoftDQN:
    return SoftDQN(spec, SoftDQNConfig(**config), shape)


NEGATIVE = [
    ({"alpha": -0.1}, "alpha must be finite and at least 0, not -0.1"),
    ({"alpha": np.array([0.1, -0.1, 0.2])}, "alpha must be finite and at least 0"),
    ({"alpha": float("nan")}, "alpha must be finite and at least 0"),
    ({"alpha": lambda step: -0.1}, "alpha must be finite and at least 0"),
    ({"discount": 1.5}, r"discount must lie in \[0, 1\], not 1.5"),
    ({"discount": np.array([0.9, -0.1, 0.5])}, r"discount must lie in \[0, 1\]"),
]
SHAPES = [
    (
        {"alpha": np.ones(5)},
        r"alpha of shape \(5,\) does not broadcast to the batch shape \(2, 3\)",
    ),
    ({"alpha": linear(np.ones(2), 0.0, 9)}, r"alpha of shape \(2,\) does not broadcast"),
    ({"discount": 0.9 * np.ones([3, 2])}, r"discount of shape \(3, 2\) does not broadcast"),
    (
        {"alpha": AutoTemperature(0.5, initial_alpha=np.ones(5))},
        r"alpha.initial_alpha of shape \(5,\) does not broadcast",
    ),
    (
        {"alpha": AutoTemperature(np.full(5, 0.5))},
        r"alpha.target_entropy of shape \(5,\) does not broadcast",
    ),
    (
        {"alpha": AutoTemperature(0.5, learning_rate=np.ones(5))},
        r"alpha.learning_rate of shape \(5,\) does not broadcast",
    ),
    ({"shape": 3}, "batch_shape must be a sequence of positive integers, not 3"),
    ({"shape": [2, 0]}, r"batch_shape must be a sequence of positive integers, not \[2, 0\]"),
]
OPTIMIZERS = [
    ({"actor_optimizer": Adam(np.ones(5))}, "actor_optimizer's learning rate does not broadcast"),
    (
        {"critic_optimizer": SGD(np.ones([7, 2, 3]))},
        "critic_optimizer's learning rate does not broadcast",
    ),
]
NAMES = [
    ({"activation": "gelu"}, "activation must be one of"),
    ({"hidden_sizes": (4, 0)}, r"hidden_sizes\[1\] must be an integer of at least 1, not 0"),
]


@pytest.mark.parametrize("make", [a2c, ppo, sac, discrete_sac, soft_dqn])
@pytest.mark.parametrize(("arguments", "message"), NEGATIVE + SHAPES + NAMES)
def test_bad_hyper_parameters_are_named(
    make: Callable[..., Learner], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**arguments)


@pytest.mark.parametrize("make", [a2c, ppo, sac, discrete_sac])
@pytest.mark.parametrize(("arguments", "message"), OPTIMIZERS)
def test_bad_learning_rates_of_actor_and_critic_are_named(
    make: Callable[..., Learner], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**arguments)


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (a2c, {"network": "lstm"}, r"network must be one of \['mlp', 'table'\], not 'lstm'"),
        (a2c, {"entropy": "both"}, "entropy must be one of"),
        (a2c, {"gae_lambda": 1.1}, r"gae_lambda must lie in \[0, 1\], not 1.1"),
        (a2c, {"rollout_length": 0}, "rollout_length must be an integer of at least 1, not 0"),
        (a2c, {"rollout_length": 2.5}, "rollout_length must be an integer of at least 1, not 2.5"),
        (a2c, {"max_grad_norm": 0.0}, "max_grad_norm must be positive and finite, not 0.0"),
        (a2c, {"spec": CONTINUOUS, "initial_stddev": 0.0}, "initial_stddev=0.0 must be positive"),
        (
            a2c,
            {"spec": EnvironmentSpec(Discrete(2), Box.of((2,)))},
            "needs a vector of actions with finite bounds",
        ),
        (a2c, {"alpha": "auto"}, "a number, a schedule or a Temperature, .*, not 'auto'"),
        (a2c, {"alpha": AutoTemperature(1.2)}, "target_entropy must be below 1.09861"),
        (a2c, {"alpha": AutoTemperature(1.08)}, "target_entropy must be at most 1.0436"),
        (a2c, {"alpha": AutoTemperature(-3.0)}, "target_entropy must be positive"),
        (a2c, {"alpha": AutoTemperature(linear(0.5, 2.0, 9))}, "target_entropy must be below"),
        (ppo, {"network": "lstm"}, r"network must be one of \['mlp', 'table'\], not 'lstm'"),
        (ppo, {"num_epochs": 0}, "num_epochs must be an integer of at least 1, not 0"),
        (
            ppo,
            {"num_minibatches": 1.0},
            "num_minibatches must be an integer of at least 1, not 1.0",
        ),
        (ppo, {"clip_epsilon": 0.0}, r"clip_epsilon must lie in \(0, 1\], not 0.0"),
        (ppo, {"clip_epsilon": np.full(5, 0.1)}, r"clip_epsilon of shape \(5,\) does not broad"),
        (ppo, {"value_clip": -1.0}, "value_clip must be positive and finite, not -1.0"),
        (ppo, {"target_kl": np.array([0.1, 0.0])}, "target_kl must be positive and finite, not"),
        (ppo, {"target_kl": np.full(5, 0.1)}, r"target_kl of shape \(5,\) does not broadcast"),
        (a2c, {"spec": SEVERAL, "alpha": AutoTemperature(1.8)}, "entropy must be below 1.79176"),
        (
            sac,
            {"spec": SEVERAL},
            r"SAC needs continuous actions, a Box, not MultiDiscrete.*use DiscreteSAC or A2C",
        ),
        (
            sac,
            {"spec": ONE_HOT},
            "SAC needs continuous actions, a Box, not Discrete.*use DiscreteSAC or A2C",
        ),
        (
            sac,
            {"spec": EnvironmentSpec(Discrete(2), Box.of((2,), -1.0)), "alpha": 0.1},
            "needs a vector of actions with finite bounds",
        ),
        (sac, {"alpha": "automatic"}, r"alpha must be one of \['auto'\], not 'automatic'"),
        (sac, {"alpha": AutoTemperature(3.0)}, "target_entropy must be below 2.07944"),
        (sac, {"tau": 0.0}, r"tau must lie in \(0, 1\], not 0.0"),
        (sac, {"tau": 1.5}, r"tau must lie in \(0, 1\], not 1.5"),
        (sac, {"entropy_estimator": "monte carlo"}, "entropy_estimator must be one of"),
        (sac, {"num_critics": 0}, "num_critics must be an integer of at least 1, not 0"),
        (sac, {"batch_size": True}, "batch_size must be an integer of at least 1, not True"),
        (sac, {"learning_starts": -1}, "learning_starts must be an integer of at least 0, not -1"),
        (sac, {"tau": np.full(5, 0.1)}, r"tau of shape \(5,\) does not broadcast"),
        (
            sac,
            {"num_components": 2, "entropy_estimator": "exact"},
            "entropy_estimator='exact' does not go with num_components=2: .* no closed",
        ),
        (
            sac,
            {"num_components": 2, "exploration": StateDependentExploration()},
            r"exploration=StateDependentExploration\(.*\) does not go with num_components=2",
        ),
        (
            sac,
            {"hidden_sizes": (), "exploration": StateDependentExploration()},
            r"hidden_sizes=\(\) leaves exploration no features",
        ),
        (sac, {"num_components": 0}, "num_components must be an integer of at least 1, not 0"),
        (sac, {"target_subset": 3}, "target_subset=3 must be at most num_critics=2"),
        (sac, {"n_step": 0}, "n_step must be an integer of at least 1, not 0"),
        (
            sac,
            {"priorities": Priorities(beta=np.full(5, 0.1))},
            r"priorities.beta of shape \(5,\) does not broadcast",
        ),
        (
            discrete_sac,
            {"spec": CONTINUOUS},
            "DiscreteSAC needs .*, not Box.*use SAC",
        ),
        (
            soft_dqn,
            {"spec": SEVERAL},
            "SoftDQN needs .*, not MultiDiscrete.*A2C or PPO",
        ),
        (discrete_sac, {"alpha": "automatic"}, r"alpha must be one of \['auto'\]"),
        (discrete_sac, {"alpha": AutoTemperature(1.08)}, "target_entropy must be at most 1.0436"),
        (
            discrete_sac,
            {"spec": EnvironmentSpec(Discrete(2), Discrete(1))},
            "action_spec must have two actions or more for a target entropy",
        ),
        (
            discrete_sac,
            {"critic_reduction": "max"},
            r"critic_reduction must be one of \['min', 'mean'\], not 'max'",
        ),
        (discrete_sac, {"num_critics": 0}, "num_critics must be an integer of at least 1, not 0"),
        (discrete_sac, {"tau": np.full(5, 0.1)}, r"tau of shape \(5,\) does not broadcast"),
        (soft_dqn, {"alpha": "auto"}, "a number, a schedule or a Temperature, .*, not 'auto'"),
        (soft_dqn, {"spec": CONTINUOUS}, "SoftDQN needs .*, not Box.*use SAC"),
        (soft_dqn, {"optimizer": Adam(np.ones(5))}, "optimizer's learning rate does not broadcast"),
        (soft_dqn, {"target_period": 0}, "target_period must be an integer of at least 1, not 0"),
        (soft_dqn, {"munchausen": 1.1}, r"munchausen must lie in \[0, 1\], not 1.1"),
        (soft_dqn, {"munchausen_floor": 1.0}, r"munchausen_floor must lie in \[-inf, 0\], not 1.0"),
        (
            soft_dqn,
            {"munchausen": 0.9, "regularizer": Tsallis()},
            r"munchausen=0.9 .* does not go with regularizer=Tsallis\(index=2.0\)",
        ),
        (soft_dqn, {"batch_size": 0}, "batch_size must be an integer of at least 1, not 0"),
        (soft_dqn, {"munchausen": np.ones(5)}, r"munchausen of shape \(5,\) does not broadcast"),
    ],
)
def test_bad_hyper_parameters_of_one_learner_are_named(
    make: Callable[..., Learner], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**arguments)
