"""Specs of Gymnasium's spaces against the spaces themselves."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import maxent_tf as mx
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, Image, MultiDiscrete
from maxent_tf.training.spaces import check_fits
from tests.training.gymnasium_envs import Spaces

BINARY = spaces.Discrete(2)
PENDULUM = EnvironmentSpec(
    Box.of((3,), [-1, -1, -8], [1, 1, 8]),
    Box.of((1,), -2, 2),
)


def test_an_id_an_environment_and_a_vector_of_them_have_one_spec() -> None:
    # Oracle: Pendulum's documented spaces.
    single, vector = gymnasium.make("Pendulum-v1"), gymnasium.make_vec("Pendulum-v1", 2)
    for env in ("Pendulum-v1", single, vector):
        assert mx.gymnasium_spec(env) == PENDULUM


def test_boxes_keep_shape_and_bounds() -> None:
    low = np.arange(6, dtype=np.float32).reshape(2, 3)
    env = Spaces(spaces.Box(low, low + 1), spaces.Discrete(4, start=-2))
    spec = mx.gymnasium_spec(env)
    np.testing.assert_array_equal(spec.observation.bounds(), [low, low + 1])
    assert spec.action == Discrete(4)


def test_vectors_of_discrete_spaces_keep_their_counts() -> None:
    env = Spaces(spaces.MultiDiscrete([2, 5]), spaces.MultiDiscrete([3, 2], start=[1, -4]))
    spec = mx.gymnasium_spec(env)
    assert spec == EnvironmentSpec(MultiDiscrete((2, 5)), MultiDiscrete((3, 2)))


@pytest.mark.parametrize(
    "space",
    [
        spaces.MultiDiscrete([[2, 3], [4, 5]]),
        spaces.MultiBinary(3),
        spaces.Tuple([spaces.Discrete(2)]),
        spaces.Text(3),
    ],
    ids=lambda space: type(space).__name__,
)
def test_other_spaces_are_named(space: spaces.Space) -> None:
    supported = spaces.Discrete(2)
    with pytest.raises(
        ValueError, match=rf"(?s)the observation space {type(space).__name__}.*not supp"
    ):
        mx.gymnasium_spec(Spaces(space, supported))
    with pytest.raises(
        ValueError, match=rf"(?s)the action space {type(space).__name__}.*Wrap the env"
    ):
        mx.gymnasium_spec(Spaces(supported, space))


def test_dicts_and_images_are_observations() -> None:
    picture = spaces.Box(0, 255, (4, 5, 3), np.uint8)
    memory = spaces.Box(0, 255, (128,), np.uint8)
    inner = spaces.Dict({"picture": picture, "memory": memory})
    env = Spaces(spaces.Dict({"in": inner, "where": spaces.Discrete(3, start=1)}), BINARY)
    assert mx.gymnasium_spec(env).observation == {
        "in": {"picture": Image((4, 5, 3)), "memory": Box.of((128,), 0.0, 255.0)},
        "where": Discrete(3),
    }
    check_fits(mx.gymnasium_spec(env), mx.gymnasium_spec(env))
    with pytest.raises(ValueError, match=r"(?s)the action space Dict.*Wrap the env"):
        mx.gymnasium_spec(Spaces(picture, env.observation_space))
    with pytest.raises(ValueError, match=r"(?s)the observation space Text.*not supp"):
        mx.gymnasium_spec(Spaces(spaces.Dict({"a": spaces.Text(3)}), BINARY))


@pytest.mark.parametrize("env_id", ["NoSuchWorld-v0", "CartPole-v99", "no/such-v1", ""])
def test_an_unknown_id_is_named(env_id: str) -> None:
    with pytest.raises(ValueError, match=f"env='{env_id}' cannot be made by Gymnasium: "):
        mx.gymnasium_spec(env_id)


@pytest.mark.parametrize(
    ("env", "env_id"),
    [
        (mx.environments.CartPole(), "CartPole-v1"),
        (mx.environments.Pendulum(), "Pendulum-v1"),
        (mx.environments.MountainCarContinuous(), "MountainCarContinuous-v0"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_learner_of_an_in_graph_world_fits_its_twin(
    env: mx.environments.Environment, env_id: str
) -> None:
    check_fits(env.spec, mx.gymnasium_spec(env_id))


@pytest.mark.parametrize(
    "spec",
    [
        EnvironmentSpec(Box.of((4,)), PENDULUM.action),
        EnvironmentSpec(Discrete(3), PENDULUM.action),
        EnvironmentSpec(PENDULUM.observation, Box.of((1,), -2, 1)),
        EnvironmentSpec(PENDULUM.observation, Box.of((2,), -2, 2)),
        EnvironmentSpec(PENDULUM.observation, Discrete(2)),
        EnvironmentSpec(MultiDiscrete((3,)), PENDULUM.action),
        EnvironmentSpec(Image((3,)), PENDULUM.action),
        EnvironmentSpec({"a": PENDULUM.observation}, PENDULUM.action),
        EnvironmentSpec(PENDULUM.observation, MultiDiscrete((2,))),
    ],
    ids=str,
)
def test_a_learner_of_another_world_does_not_fit(spec: EnvironmentSpec) -> None:
    for learner, world in ((PENDULUM, spec), (spec, PENDULUM)):
        with pytest.raises(ValueError, match=r"the learner was built for .* but the world is"):
            check_fits(learner, world)
