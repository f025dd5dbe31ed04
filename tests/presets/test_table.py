"""The presets are what is measured: by the slow tests, by experiments, and in the documentation."""

import importlib.util
import math
import pathlib
import re
from typing import Any

import gymnasium
import pytest

import maxent_tf as mx
from experiments.mujoco.sweep import OURS, Run
from experiments.zoo.analysis import return_cell
from maxent_tf import presets
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.training.configuration import Configuration

ROOT = pathlib.Path(__file__).parents[2]
LEVELS = ROOT / "tests" / "learners" / "test_published_levels.py"
PAGE = ROOT / "docs" / "experiments" / "zoo.md"

# The specifications of environments that need an extra, or another version of Gymnasium than that
# of some installations, from the documentation of Gymnasium.
SPECS = {
    "Taxi-v4": EnvironmentSpec(Discrete(500), Discrete(6)),
    "LunarLander-v3": EnvironmentSpec(Box.of((8,), -10.0, 10.0), Discrete(4)),
    "LunarLanderContinuous-v3": EnvironmentSpec(Box.of((8,), -10.0, 10.0), Box.of((2,), -1.0, 1.0)),
    "BipedalWalker-v3": EnvironmentSpec(Box.of((24,), -10.0, 10.0), Box.of((4,), -1.0, 1.0)),
    "HalfCheetah-v5": EnvironmentSpec(Box.of((17,), -10.0, 10.0), Box.of((6,), -1.0, 1.0)),
    "Hopper-v5": EnvironmentSpec(Box.of((11,), -10.0, 10.0), Box.of((3,), -1.0, 1.0)),
    "Walker2d-v5": EnvironmentSpec(Box.of((17,), -10.0, 10.0), Box.of((6,), -1.0, 1.0)),
    "Ant-v5": EnvironmentSpec(Box.of((105,), -10.0, 10.0), Box.of((8,), -1.0, 1.0)),
    "MiniGrid-DoorKey-5x5-v0": mx.environments.DoorKey(5).spec,
}
# The presets whose level a slow test holds, too.
TESTED = [
    preset
    for preset in presets.PRESETS
    if preset.env in ("CartPole-v1", "Acrobot-v1", "Pendulum-v1")
]


def name(preset: presets.Preset) -> str:
    return f"{preset.algo} {preset.env}"


def spec_of(env: str) -> EnvironmentSpec:
    return SPECS[env] if env in SPECS else mx.gymnasium_spec(env)


@pytest.fixture(scope="module")
def levels() -> Any:
    """The module of the slow tests, whose configurations are the oracle."""
    found = importlib.util.spec_from_file_location("published_levels", LEVELS)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def config_of_test(levels: Any, preset: presets.Preset, spec: Any) -> Any:
    """Returns the configuration that the slow test of a preset trains with."""
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


@pytest.mark.parametrize("preset", TESTED, ids=name)
def test_a_preset_is_what_its_slow_test_trains(levels: Any, preset: presets.Preset) -> None:
    # Oracle: the configuration of the slow test itself.
    spec = spec_of(preset.env)
    learner = preset.learner(spec, batch_shape=[2])
    # The test of soft DQN has two variants in a batch, of which the preset is the first.
    variants = {"config.munchausen was [[0.0], [0.8999999761581421]] and is 0.0"}
    theirs = Configuration({"config": config_of_test(levels, preset, spec)}).serialize()
    found = Configuration({"config": learner.config}).differences(theirs)
    assert set(found) <= (variants if preset.algo == "soft-dqn" else set())


def test_presets_of_environments_with_an_extra_need_no_extra_here() -> None:
    # Oracle: the package in which Gymnasium registers each environment. Without its specification
    # in the list above, a machine with the extra passes these tests and one without it fails.
    for preset in presets.PRESETS:
        registered = gymnasium.registry.get(preset.env)
        if registered is None or re.search("box2d|mujoco", str(registered.entry_point)):
            assert preset.env in SPECS


@pytest.mark.parametrize("env", SPECS)
def test_the_specifications_are_those_of_the_environments(env: str) -> None:
    # Oracle: the environment itself, where its extra is installed. Bounds of observations differ:
    # no learner looks at them.
    try:
        spec = mx.gymnasium_spec(env)
    except ValueError as error:
        pytest.skip(str(error))
    assert spec.action == SPECS[env].action
    assert type(spec.observation) is type(SPECS[env].observation)
    assert spec.observation.shape == SPECS[env].observation.shape


def test_the_preset_of_half_cheetah_is_what_its_experiment_trains() -> None:
    # Oracle: the constants of the experiment on MuJoCo.
    preset, run = presets.for_env("HalfCheetah-v5"), Run(OURS)
    assert (preset.env, preset.num_steps, preset.num_envs) == (run.env, run.steps, 1)
    config = preset.learner(spec_of(preset.env)).config
    for field in ("learning_starts", "batch_size", "hidden_sizes", "discount", "tau"):
        assert getattr(config, field) == getattr(run, field)
    for optimizer in (config.actor_optimizer, config.critic_optimizer):
        assert isinstance(optimizer, mx.optimizers.Adam)
        assert optimizer.learning_rate == run.learning_rate
    assert config.alpha == "auto"


@pytest.mark.parametrize("preset", presets.PRESETS, ids=name)
def test_a_preset_makes_learners_of_its_environment(preset: presets.Preset) -> None:
    # Oracle: the specification of the environment, of which an action of each learner must be.
    spec = spec_of(preset.env)
    learner = preset.learner(spec, batch_shape=[2])
    world = mx.environments
    for alias in (alias for alias in preset.aliases if hasattr(world, alias)):
        made = world.DoorKey(5) if alias == "DoorKey" else getattr(world, alias)()
        assert made.spec.action == spec.action
    learner.init(0)
    assert learner.spec.action == spec.action
    updates = preset.num_envs * preset.config.get("rollout_length", 1)
    assert updates % preset.config.get("num_minibatches", 1) == 0


@pytest.mark.parametrize("preset", presets.PRESETS, ids=name)
def test_the_return_is_the_one_of_the_documentation(preset: presets.Preset) -> None:
    # Oracle: the table of the page, which the command has printed.
    rows = [re.split(r" *\| *", line)[1:-1] for line in PAGE.read_text("utf-8").splitlines()]
    own = [row for row in rows if row[:2] == [preset.env, preset.algo]]
    assert len(own) == 1
    measured = preset.measured
    cells = [
        f"{preset.num_steps:,}",
        str(measured.seeds),
        return_cell(measured.iqm, measured.interval),
    ]
    assert own[0][3:5] == cells[1:]
    # The steps are rounded up to whole iterations.
    iteration = preset.num_envs * preset.config.get("rollout_length", 1)
    assert own[0][2] == f"{math.ceil(preset.num_steps / iteration) * iteration:,}"


def test_the_preset_of_an_environment_is_the_one_with_the_highest_return() -> None:
    # Oracle: a search through all presets.
    for env in ("CartPole-v1", "Pendulum-v1", "Pendulum", "Taxi-v3"):
        best = presets.for_env(env)
        assert env in (best.env, *best.aliases)
        for other in (preset for preset in presets.PRESETS if preset.env == best.env):
            assert best.measured.iqm >= other.measured.iqm
            if best.measured.iqm == other.measured.iqm:
                assert best.num_steps <= other.num_steps
        assert presets.for_env(env=env) is best
        assert presets.for_env(best.algo, env) is best


def test_an_unknown_pair_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"algo='sac' on env='Humanoid-v5'.*sac Pendulum-v1"):
        presets.for_env("sac", "Humanoid-v5")
    with pytest.raises(ValueError, match=r"algo=None on env='Humanoid-v5'"):
        presets.for_env("Humanoid-v5")
    with pytest.raises(TypeError, match="needs an environment"):
        presets.for_env()
