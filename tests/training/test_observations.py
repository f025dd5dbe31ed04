"""Training on dicts and images against training on the same numbers as flat vectors."""

import functools
import pathlib
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.learners import A2C, SAC, A2CConfig, SACConfig, SoftDQN, SoftDQNConfig
from maxent_tf.networks import Convolution
from maxent_tf.replay import UniformReplay
from maxent_tf.specs import Box, EnvironmentSpec, Image
from maxent_tf.types import TimeStep, Transition
from tests.training.gymnasium_envs import Pictured, naive_loop, vector
from tests.training.test_host import keep_state

CART_POLE = mx.environments.CartPole(max_episode_steps=10)


class Shown:
    """CartPole in the graph, whose observation is shown in another form."""

    def __init__(self, observation: Any, show: Any):
        self.spec = EnvironmentSpec(observation, CART_POLE.spec.action)
        self._show = show

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[Any, TimeStep]:
        return self._shown(*CART_POLE.reset(batch_shape, seed))

    def step(self, state: Any, action: tf.Tensor, seed: Any) -> tuple[Any, TimeStep]:
        return self._shown(*CART_POLE.step(state, action, seed))

    def _shown(self, state: Any, timestep: TimeStep) -> tuple[Any, TimeStep]:
        return state, timestep._replace(observation=self._show(timestep.observation))


def as_bytes(x: tf.Tensor) -> tf.Tensor:
    """The observation in steps of 1/50, as a picture of 2 x 2."""
    steps = tf.clip_by_value(tf.round(50 * x) + 128, 0, 255)
    return tf.reshape(steps, tf.concat([tf.shape(x)[:-1], [2, 2, 1]], 0))


HALVES = {"cart": Box.of((2,)), "pole": Box.of((2,))}
IN_PARTS = Shown(HALVES, lambda x: {"pole": x[..., 2:], "cart": x[..., :2]})
IMAGES = Shown(Image((2, 2, 1)), lambda x: tf.cast(as_bytes(x), tf.uint8))
NUMBERS = Shown(Box.of((2, 2, 1)), lambda x: tf.cast(as_bytes(x), tf.float32) / 255)


class Halves(gymnasium.ObservationWrapper):
    """Gymnasium's CartPole, whose observation is a dict."""

    def __init__(self, env: gymnasium.Env):
        super().__init__(env)
        half = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
        self.observation_space = gymnasium.spaces.Dict({"cart": half, "pole": half})

    def observation(self, observation: np.ndarray) -> dict[str, np.ndarray]:
        return {"cart": observation[:2], "pole": observation[2:]}


def learner(kind: str, spec: EnvironmentSpec, network: Any = "mlp") -> Any:
    if kind == "a2c":
        return A2C(spec, A2CConfig(network=network, hidden_sizes=(8,)), [2])
    config = SoftDQNConfig(
        network=network,
        hidden_sizes=(8,),
        batch_size=4,
        replay_capacity=30,
        learning_starts=5,
    )
    return SoftDQN(spec, config, [2])


def trained(
    kind: str, env: Any, spec: EnvironmentSpec, **arguments: Any
) -> mx.training.TrainResult:
    return mx.train(learner(kind, spec), env, 40, num_envs=2, records=2, **arguments)


assert_same_bits = functools.partial(tf.nest.map_structure, np.testing.assert_array_equal)
kinds = pytest.mark.parametrize("kind", ["a2c", "soft_dqn"])


@kinds
def test_a_dict_is_its_parts_in_a_row(kind: str, tmp_path: pathlib.Path) -> None:
    # Oracle: the same world with a flat observation, to the bit; in the end, evaluation too.
    # A checkpoint between the two halves of training holds the dicts that replay does.
    expected = trained(kind, CART_POLE, CART_POLE.spec, compile="graph")
    for steps in (20, 40):
        result = mx.train(
            learner(kind, IN_PARTS.spec),
            IN_PARTS,
            steps,
            num_envs=2,
            records=1,
            compile="graph",
            checkpoint_dir=tmp_path,
        )
    assert_same_bits(result.state, expected.state)
    evaluations = [
        mx.evaluate(learner(kind, env.spec), expected.state, env, 3)
        for env in (IN_PARTS, CART_POLE)
    ]
    assert_same_bits(*evaluations)


@kinds
def test_a_dict_of_gymnasiums_is_its_parts_in_a_row(kind: str) -> None:
    # Oracle: the same with Gymnasium's own flat observation, to the bit.
    results, evaluations = [], []
    for wrappers in ([], [Halves]):
        for num_envs in (2, 3):
            env = gymnasium.make_vec(
                "CartPole-v1",
                2 * num_envs,
                vectorization_mode="sync",
                wrappers=wrappers,
                vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
            )
            spec = mx.gymnasium_spec(env)
            if num_envs == 2:
                results.append(trained(kind, env, spec, compile="graph"))
            else:
                made, state = learner(kind, spec), results[-1].state
                evaluations.append(mx.evaluate(made, state, env, num_envs, greedy=False))
            env.close()
    assert_same_bits(results[0].state, results[1].state)
    assert_same_bits(*evaluations)


@kinds
def test_images_are_numbers_between_0_and_1(kind: str) -> None:
    # Oracle: the same world that shows float32 numbers.
    expected = trained(kind, NUMBERS, NUMBERS.spec, compile="graph")
    result = trained(kind, IMAGES, IMAGES.spec, compile="graph")
    tf.nest.map_structure(
        functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6),
        result.state,
        expected.state,
    )


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.name)
def test_what_reaches_replay_is_what_happened(
    mode: AutoresetMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the environment by hand under the recorded actions, final observations included.
    fed: list[Transition] = []
    held: list[UniformReplay] = []
    original = UniformReplay.add

    def add(self: UniformReplay, transition: Transition) -> None:
        fed.append(transition)
        held.append(self)
        original(self, transition)

    monkeypatch.setattr(UniformReplay, "add", add)
    monkeypatch.setattr(SAC, "update", keep_state)
    env = vector("Pictured", 4, mode, action="box")
    spec = mx.gymnasium_spec(env)
    network = {"seen": {"picture": Convolution((3, 4, 1), (2,), (2,), (1,))}}
    config = SACConfig(
        network=network, hidden_sizes=(4,), learning_starts=8, replay_capacity=99, batch_size=2
    )
    mx.train(SAC(spec, config, [2]), env, 32, num_envs=2, records=1, compile="eager")
    steps = tf.nest.map_structure(lambda *x: np.stack(x), *fed)
    for index in np.ndindex(2, 2):
        at = tf.nest.map_structure(lambda x, i=index: x[(slice(None), *i)], steps)
        valid = at.valid
        world = int(at.observation["seen"]["counts"][0, 0])
        expected = naive_loop(Pictured("box"), world, at.action[valid])
        for name in ("observation", "next_observation"):
            shown = tf.nest.map_structure(lambda *x: np.stack(x), *[t[name] for t in expected])
            actual = getattr(at, name)
            assert actual["seen"]["picture"].dtype == np.uint8
            for key, part in shown["seen"].items():
                np.testing.assert_array_equal(actual["seen"][key][valid], part)
            np.testing.assert_array_equal(actual["turn"][valid], shown["turn"] - 3)
    sample = held[0].sample(50, tf.constant([0, 1])).transition
    seen = sample.next_observation["seen"]
    assert seen["picture"].dtype == tf.uint8
    counts = np.uint8(seen["counts"])[..., None, None] + np.arange(4, dtype=np.uint8)[:, None]
    np.testing.assert_array_equal(seen["picture"], counts)


def test_statistics_of_images_are_refused() -> None:
    of_dict = Shown({"a": Image((2, 2, 1))}, lambda x: {"a": tf.cast(as_bytes(x), tf.uint8)})
    for env in (of_dict, IMAGES):
        with pytest.raises(ValueError, match="normalize_observation needs vectors to normalise"):
            mx.train(learner("a2c", env.spec), env, 10, normalize_observation=True)
    # Rewards have a scale whatever the observation is.
    trained("a2c", IN_PARTS, IN_PARTS.spec, normalize_reward=True, compile="graph")
