"""The plain hyperparameters are those of the learners' configurations."""

import dataclasses
from typing import get_type_hints

import pytest

from maxent_tf import presets

OBJECTS = {
    "a2c": {"noisy"},
    "ppo": {"bonus_entropy", "noisy"},
    "sac": {"noisy", "priorities"},
    "discrete-sac": {"noisy", "priorities"},
    "soft-dqn": {"behaviour", "noisy", "priorities", "regularizer"},
    "sql": {"noisy"},
}


@pytest.mark.parametrize("algo", presets.ALGORITHMS)
def test_all_but_objects_are_options(algo: str) -> None:
    # Oracle: the fields of the configuration, without those that hold objects, listed by hand.
    fields = {field.name for field in dataclasses.fields(presets.ALGORITHMS[algo].config)}
    found = presets.options(algo)
    names = {option.name for option in found}
    assert names == fields - OBJECTS[algo] | {"alpha_final", "auto_alpha"}
    assert all(option.help.endswith(".") for option in found)


@pytest.mark.parametrize("algo", presets.ALGORITHMS)
def test_defaults_are_the_learners_own(algo: str) -> None:
    # Oracle: the default configuration itself.
    config = presets.ALGORITHMS[algo].config()
    for option in presets.options(algo):
        if option.name in ("alpha_final", "auto_alpha"):
            continue
        own = getattr(config, option.name)
        if option.kind is presets.OptimizerOptions:
            assert option.default.learning_rate == own.learning_rate
            assert option.default.kind == type(own).__name__.lower()
        elif option.kind is presets.ExplorationOptions:
            assert own is None
            assert option.default == presets.ExplorationOptions("independent")
        else:
            assert option.default == own


def test_types_are_those_of_the_configuration() -> None:
    # Oracle: the annotations, and for those that say Any the kind of number that the paper has.
    kinds = {option.name: option.kind for option in presets.options("ppo")}
    declared = get_type_hints(presets.ALGORITHMS["ppo"].config)
    for name in ("hidden_sizes", "max_grad_norm", "rollout_length", "normalize_advantage"):
        assert kinds[name] == declared[name]
    assert kinds["clip_epsilon"] is float
    assert kinds["target_kl"] == float | None
    assert kinds["network"] is str


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ValueError, match="'td3'"):
        presets.options("td3")
