"""Specs of Gymnasium's spaces against the spaces themselves."""

import re
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import maxent_tf as mx
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, Image, MultiDiscrete
from maxent_tf.training.spaces import check_fits
from tests.training.gymnasium_envs import Spaces

BINARY, BINARY_SPEC = spaces.Discrete(2), Discrete(2)
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
    ("space", "nvec"),
    [
        (spaces.MultiDiscrete([[2, 3, 4], [5, 6, 7]]), (2, 3, 4, 5, 6, 7)),
        (spaces.MultiDiscrete([[[2], [3]]], start=[[[1], [-1]]]), (2, 3)),
        (spaces.MultiBinary(3), (2, 2, 2)),
        (spaces.MultiBinary((2, 2)), (2, 2, 2, 2)),
    ],
    ids=str,
)
def test_discrete_arrays_of_any_shape_are_vectors(space: spaces.Space, nvec: Any) -> None:
    # Oracle: the counts read in row-major order, by hand.
    assert mx.gymnasium_spec(Spaces(space, space)) == EnvironmentSpec(
        MultiDiscrete(nvec), MultiDiscrete(nvec)
    )


def test_a_tuple_is_a_dict_by_position() -> None:
    # Oracle: by hand; sorted, as networks and nests take them, the keys are in the tuple's order.
    box = spaces.Box(0, 1, (2,))
    inner = spaces.Tuple([box, spaces.Dict({"flag": spaces.MultiBinary(1)})])
    spec = mx.gymnasium_spec(Spaces(spaces.Dict({"a": inner}), BINARY))
    expected = {"0": Box.of((2,), 0.0, 1.0), "1": {"flag": MultiDiscrete((2,))}}
    assert spec.observation == {"a": expected}
    for count, first, last in (
        (1, "0", "0"),
        (10, "0", "9"),
        (11, "00", "10"),
        (101, "000", "100"),
    ):
        space = spaces.Tuple([spaces.Discrete(i + 1) for i in range(count)])
        observation: Any = mx.gymnasium_spec(Spaces(space, BINARY)).observation
        keys = sorted(observation)
        assert (keys[0], keys[-1]) == (first, last)
        assert [observation[key].num_values for key in keys] == list(range(1, count + 1))


UNSUPPORTED = [
    spaces.OneOf([spaces.Discrete(2), spaces.Box(0, 1, (2,))]),
    spaces.Text(3),
]
unsupported = pytest.mark.parametrize("space", UNSUPPORTED, ids=lambda space: type(space).__name__)


@unsupported
def test_other_observations_are_named_with_a_remedy_that_helps(space: spaces.Space) -> None:
    # Oracle: the remedies themselves, tried.
    message = rf"(?s)the observation space {type(space).__name__}.*not supp.*FlattenObservation"
    env = Spaces(space, BINARY)
    with pytest.raises(ValueError, match=message):
        mx.gymnasium_spec(env)
    flat = spaces.flatten_space(space)
    expected = EnvironmentSpec(Box.of(flat.shape, flat.low, flat.high), Discrete(2))
    assert mx.gymnasium_spec(gymnasium.wrappers.FlattenObservation(env)) == expected


def test_unsupported_parts_are_named_with_a_remedy() -> None:
    space = UNSUPPORTED[0]
    inner = spaces.Dict({"b": spaces.Tuple([BINARY, space]), "a": BINARY})
    message = r"(?s)the observation\['b'\]\['1'\] space .*FlattenObservation.*TransformObservation"
    with pytest.raises(ValueError, match=message):
        mx.gymnasium_spec(Spaces(inner, BINARY))


def test_observations_without_a_size_are_not_to_be_flattened() -> None:
    # Oracle: Gymnasium, which cannot flatten them to an array either.
    space = spaces.Sequence(spaces.Discrete(3))
    assert not space.is_np_flattenable
    with pytest.raises(ValueError, match=r"a fixed size: .*TransformObservation") as caught:
        mx.gymnasium_spec(Spaces(space, BINARY))
    assert "FlattenObservation" not in str(caught.value)


class Mission(spaces.Space[str]):
    """A space of strings that is not Gymnasium's `Text`, like MiniGrid's `MissionSpace`."""

    def __init__(self) -> None:
        super().__init__(dtype=str)

    def contains(self, x: Any) -> bool:
        return x == "open the door"

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        return "open the door"


@pytest.mark.parametrize("space", [spaces.Text(20), Mission()], ids=lambda s: type(s).__name__)
def test_a_part_that_is_text_is_named_and_can_be_left_out(space: spaces.Space) -> None:
    # Oracle: the remedy itself, tried: the specification without the text.
    image = spaces.Box(0, 255, (7, 7, 3), np.uint8)
    parts = spaces.Dict({"image": image, "direction": spaces.Discrete(4), "mission": space})
    env = Spaces(parts, BINARY)
    message = r"observation\['mission'\] space .* no text: .*FilterObservation.*ImgObsWrapper"
    with pytest.raises(ValueError, match=message):
        mx.gymnasium_spec(env)
    without = gymnasium.wrappers.FilterObservation(env, ["image", "direction"])
    expected = {"image": Image((7, 7, 3)), "direction": Discrete(4)}
    assert mx.gymnasium_spec(without).observation == expected


def test_a_space_of_ones_own_is_to_be_transformed() -> None:
    # Oracle: Gymnasium, which cannot flatten it either.
    space = Mission()
    with pytest.raises(NotImplementedError):
        spaces.flatten_space(space)
    with pytest.raises(ValueError, match=r"a fixed size: .*TransformObservation") as caught:
        mx.gymnasium_spec(Spaces(space, BINARY))
    assert "FlattenObservation" not in str(caught.value)


@pytest.mark.parametrize("space", [spaces.Tuple([]), spaces.Dict({})], ids=str)
def test_observations_without_parts_are_not_to_be_flattened(space: spaces.Space) -> None:
    # Oracle: Gymnasium, which cannot flatten them to an array either.
    with pytest.raises(ValueError, match="need at least one array"):
        spaces.flatten_space(space)
    message = (
        r"the observation\['0'\] space .* not supp.* nothing to observe: .*TransformObservation"
    )
    with pytest.raises(ValueError, match=message) as caught:
        mx.gymnasium_spec(Spaces(spaces.Tuple([space, BINARY]), BINARY))
    assert "FlattenObservation" not in str(caught.value)


@unsupported
def test_other_actions_are_named_with_another_remedy(space: spaces.Space) -> None:
    message = rf"(?s)the action space {type(space).__name__}.*not supp.*TransformAction"
    with pytest.raises(ValueError, match=message) as caught:
        mx.gymnasium_spec(Spaces(BINARY, space))
    assert "FlattenObservation" not in str(caught.value)


@pytest.mark.parametrize(
    ("space", "remedy", "other", "take"),
    [
        (
            spaces.Box(np.int16([[-3, 0]]), np.int16([[4, 1]]), dtype=np.int16),
            "MultiDiscrete([8, 2], start=[-3, 0])",
            spaces.MultiDiscrete([8, 2], start=[-3, 0]),
            lambda a: a.reshape(1, 2).astype(np.int16),
        ),
        (
            spaces.Box(0, 255, (2,), np.uint8),
            "MultiDiscrete([256, 256], start=[0, 0])",
            spaces.MultiDiscrete([256, 256]),
            lambda a: a.astype(np.uint8),
        ),
        (
            spaces.Box(0, 1, (1,), np.bool_),
            "MultiDiscrete([2], start=[0])",
            spaces.MultiDiscrete([2]),
            lambda a: a.astype(np.bool_),
        ),
    ],
    ids=lambda x: str(x) if isinstance(x, spaces.Space) else "",
)
def test_actions_of_integers_are_to_be_discrete(
    space: spaces.Space, remedy: str, other: spaces.Space, take: Any
) -> None:
    # Oracle: the remedy itself: every action of the other space is one of the environment's, and
    # of each element every value is among them.
    env = Spaces(BINARY, space)
    with pytest.raises(ValueError, match=re.escape(remedy)):
        mx.gymnasium_spec(env)
    spec = mx.gymnasium_spec(gymnasium.wrappers.TransformAction(env, take, other))
    assert spec.action == MultiDiscrete(tuple(other.nvec.tolist()))
    for end in (other.start, other.start + other.nvec - 1):
        assert space.contains(take(np.array(end)))
    if isinstance(space, spaces.Box):
        np.testing.assert_array_equal(take(np.array(other.start)), space.low)
        np.testing.assert_array_equal(take(other.start + other.nvec - 1), space.high)


def test_integers_of_any_size_are_refused_as_actions_only() -> None:
    space = spaces.Box(-(2**62), 2**62, (2,), np.int64)
    with pytest.raises(
        ValueError, match=r"the action space Box.* not supported: .*TransformAction"
    ):
        mx.gymnasium_spec(Spaces(BINARY, space))
    assert mx.gymnasium_spec(Spaces(space, BINARY)).observation.shape == (2,)


def test_constant_observations_are_accepted_and_constant_actions_named() -> None:
    # Oracle: bounds of observations mean nothing; an action without width is no choice.
    constant = spaces.Box(np.float32([-1, 3, 0]), np.float32([1, 3, 2]))
    observation = mx.gymnasium_spec(Spaces(spaces.Dict({"a": constant}), BINARY)).observation
    assert observation == {"a": Box((3,), (-1, 3, 0), (1, 3, 2))}
    with pytest.raises(ValueError, match=r"in dimension 1 of .* both are 3.0"):
        mx.gymnasium_spec(Spaces(BINARY, constant))


def test_messages_on_large_spaces_are_short() -> None:
    # Oracle: a screen has about 2,000 characters.
    generator = np.random.default_rng(0)
    low = generator.normal(size=900).astype(np.float32)
    large = spaces.Dict({str(i): spaces.Box(low, low + 1) for i in range(40)})
    with pytest.raises(ValueError, match="not supp") as caught:
        mx.gymnasium_spec(Spaces(BINARY, large))
    assert len(str(caught.value)) < 1000
    spec = mx.gymnasium_spec(Spaces(large, BINARY))
    changed = {**spec.observation, "7": Box.of((899,))}
    with pytest.raises(ValueError, match=r"observation\['7'\] Box") as caught:
        check_fits(spec, EnvironmentSpec(changed, spec.action))
    assert len(str(caught.value)) < 1000
    with pytest.raises(ValueError, match=r"observation keys .*'0', '1'.*observation keys \['7'\]"):
        check_fits(spec, EnvironmentSpec({"7": changed["7"]}, spec.action))
    box, other = Box.of((900,), low, low + 1), Box.of((900,), low, low + 1 + np.eye(900)[500])
    with pytest.raises(ValueError, match="bounds of action element 500 ") as caught:
        check_fits(EnvironmentSpec(BINARY_SPEC, box), EnvironmentSpec(BINARY_SPEC, other))
    assert len(str(caught.value)) < 1000


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
        with pytest.raises(ValueError, match=r"learner was built for .* but the environment is"):
            check_fits(learner, world)
