"""The presets are the settings that the slow tests measure."""

import importlib.util
import math
import pathlib
import re
from typing import Any

import pytest

import maxent_tf as mx
from maxent_tf import presets
from maxent_tf.training.configuration import Configuration

ROOT = pathlib.Path(__file__).parents[2]
LEVELS = ROOT / "tests" / "learners" / "test_published_levels.py"


def spec_of(env: str) -> Any:
    return getattr(mx.environments, env)().spec if "-v" not in env else mx.gymnasium_spec(env)


@pytest.fixture(scope="module")
def levels() -> Any:
    """The module of the slow tests, whose configurations are the oracle."""
    found = importlib.util.spec_from_file_location("published_levels", LEVELS)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def measured(levels: Any, preset: presets.Preset, spec: Any) -> Any:
    """Returns the configuration that the test of a preset trains with."""
    steps = preset.num_steps
    if preset.algo == "a2c":
        # The test rounds the number of updates down.
        return levels.cartpole_learner(spec, updates=math.ceil(steps / (8 * 8))).config
    if preset.algo == "sac":
        return levels.sac_config(steps)
    if preset.algo == "ppo":
        values = getattr(levels, f"PPO_ON_{preset.env.removesuffix('-v1').upper()}")
        return levels.ppo_learner(spec, steps, preset.num_envs, **values).config
    return levels.discrete_learner(preset.algo.replace("-", "_"), spec, steps).config


@pytest.mark.parametrize("preset", presets.PRESETS, ids=lambda p: f"{p.algo} {p.env}")
def test_a_preset_is_what_its_test_measures(levels: Any, preset: presets.Preset) -> None:
    # Oracle: the configuration of the slow test itself.
    spec = spec_of(preset.env)
    learner = preset.learner(spec, batch_shape=[2])
    # The test of soft DQN has two variants in a batch, of which the preset is the first.
    variants = {"config.munchausen was [[0.0], [0.8999999761581421]] and is 0.0"}
    theirs = Configuration({"config": measured(levels, preset, spec)}).serialize()
    found = Configuration({"config": learner.config}).differences(theirs)
    assert set(found) <= (variants if preset.algo == "soft-dqn" else set())
    learner.init(0)


@pytest.mark.parametrize("preset", presets.PRESETS, ids=lambda p: f"{p.algo} {p.env}")
def test_level_steps_and_seeds_are_those_of_the_test(preset: presets.Preset) -> None:
    # Oracle: the text of the slow test, in which the numbers stand, with its own underscores.
    path, _, name = preset.test.partition("::")
    text = (ROOT / path).read_text()
    # What stands before the test, such as its parameters, belongs to it.
    parts = re.split(r"\n\n\n", text)
    own = next(part for part in parts if f"def {name}(" in part)
    helper = "def check_sac(" if preset.algo == "sac" else "def check_ppo("
    own += next(part for part in parts if helper in part)
    own = own.replace("_", "")
    assert f"{preset.level:.0f}" in own
    assert str(preset.num_steps) in own
    assert preset.seeds == (15 if preset.algo == "soft-dqn" else 5)


def test_an_unknown_pair_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"algo='sac' on env='Hopper-v5'.*sac Pendulum-v1"):
        presets.for_env("sac", "Hopper-v5")
