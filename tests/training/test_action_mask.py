"""Masks of legal actions from Gymnasium's environments, in every autoreset mode."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

import maxent_tf as mx
from maxent_tf.networks import features
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, action_mask_spec
from maxent_tf.training import ActionMask
from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds
from tests.training.gymnasium_envs import Spaces

every_mode = pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.name)


class Turns(gymnasium.Env):
    """Shows [seed, t]; legal are two of three actions in turn, none at the end, after 3 steps.

    Args:
      actions: the action space.
      shown: "info", "dict", for where the mask is; or "box", a dict in which it is a box.
      end: "terminated" or "truncated".
      stuck: the step at which no action is legal, if any, or -1.
    """

    def __init__(
        self,
        actions: gymnasium.Space | None = None,
        shown: str = "info",
        end: str = "terminated",
        stuck: int = -1,
    ):
        self.action_space = spaces.Discrete(3, start=4) if actions is None else actions
        self.shown, self.end, self.stuck = shown, end, stuck
        box = spaces.Box(0, 99, (2,))
        mask: spaces.Space = spaces.MultiBinary(3)
        mask = spaces.Box(0, 1, (3,), np.int8) if shown == "box" else mask
        is_dict = shown in ("dict", "box")
        self.observation_space = spaces.Dict(seen=box, action_mask=mask) if is_dict else box

    def mask(self) -> np.ndarray:
        none = self.t == self.stuck or (self.t == 3 and self.end == "terminated")
        return np.int8([0, 0, 0]) if none else 1 - np.eye(3, dtype=np.int8)[self.t % 3]

    def observed(self) -> tuple[Any, dict]:
        seen = np.float32([self.number, self.t])
        if self.shown == "info":
            return seen, {"action_mask": self.mask()}
        return {"seen": seen, "action_mask": self.mask()}, {}

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        self.number, self.t = self.number if seed is None else seed, 0
        return self.observed()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        assert self.action_space.contains(action)
        self.t += 1
        observation, info = self.observed()
        done = self.t == 3
        ends = (done and self.end == "terminated", done and self.end == "truncated")
        return observation, 1.0, *ends, info


@every_mode
@pytest.mark.parametrize("vectorization", [SyncVectorEnv, AsyncVectorEnv])
@pytest.mark.parametrize("shown", ["info", "dict", "box"])
@pytest.mark.parametrize("end", ["terminated", "truncated"])
def test_every_observation_has_the_environments_mask(
    end: str, shown: str, vectorization: Any, mode: AutoresetMode
) -> None:
    # Oracle: the mask is the environment's rule for the step that the observation shows, at resets
    # and ends of episodes too; only where an episode has terminated none was left, and all are.
    def make() -> gymnasium.Env:
        env = Turns(shown=shown, end=end)
        return ActionMask(env) if shown == "info" else env

    env = vectorization([make] * 2, autoreset_mode=mode)
    worlds = GymnasiumWorlds(env, 2)
    assert worlds.spec.masks_actions
    rule = 1 - np.eye(3)[[0, 1, 2, 0]]
    last = [1, 1, 1] if end == "terminated" else rule[3]
    steps = [worlds.reset(5)]
    valid = np.zeros(2, int)
    for _ in range(9):
        step = worlds.step(np.int32([2, 1]))
        valid += step.valid
        steps += [step.next_observation, step.observation]
    env.close()
    assert np.all(valid == (7 if mode == AutoresetMode.NEXT_STEP else 9))
    seen_at = set()
    for observation in steps:
        seen = observation["observation" if shown == "info" else "seen"]
        np.testing.assert_array_equal(seen[:, 0], [5, 6])
        for (_, t), mask in zip(seen.astype(int), observation["action_mask"], strict=True):
            seen_at.add(int(t))
            np.testing.assert_array_equal(mask, last if t == 3 else rule[t])
    assert seen_at == {0, 1, 2, 3}


@every_mode
@pytest.mark.parametrize(
    ("end", "stuck"), [("terminated", 0), ("terminated", 2), ("truncated", 3)], ids=str
)
def test_a_state_without_a_legal_action_is_named(end: str, stuck: int, mode: AutoresetMode) -> None:
    # Oracle: the environment, in which none is legal at that step; the other one goes on.
    makes = [
        lambda: Turns(shown="dict", end=end),
        lambda: Turns(shown="dict", end=end, stuck=stuck),
    ]
    worlds = GymnasiumWorlds(SyncVectorEnv(makes, autoreset_mode=mode), 2)

    def run() -> None:
        worlds.reset(0)
        for _ in range(3):
            worlds.step(np.int32([2, 1]))

    message = rf"environment 1 at step {stuck} has no legal action: its action_mask is \[0, 0, 0\]"
    with pytest.raises(ValueError, match=message):
        run()


def test_the_legal_actions_of_each_element_count() -> None:
    # Oracle: by hand; two of the three flags are of the first element, one of the second, which
    # has no other value.
    actions = spaces.MultiDiscrete([2, 1])
    worlds = GymnasiumWorlds(SyncVectorEnv([lambda: Turns(actions, "dict")]), 1)
    for _ in range(2):  # the mask of step 0 allows [1, 0], that of step 2 no value of the second
        worlds.reset(0)
        worlds.step(np.int32([[1, 0]]))
        with pytest.raises(
            ValueError, match=r"environment 0 at step 2 has no legal action.*1, 1, 0"
        ):
            worlds.step(np.int32([[0, 0]]))


def test_taxis_mask_is_the_moves_that_change_something() -> None:
    # Oracle: Taxi's own transition table, in which an illegal action leaves the state as it is.
    env = ActionMask(gymnasium.make("Taxi-v4"))
    spec = mx.gymnasium_spec(env)
    assert spec.observation == {
        "observation": Discrete(500),
        "action_mask": action_mask_spec(spec.action),
    }
    table = env.unwrapped.P
    env.action_space.seed(0)
    observation, _ = env.reset(seed=0)
    for _ in range(60):
        state = int(observation["observation"])
        mask = features.action_mask(spec.observation, mx.gymnasium_observation(env, observation))
        assert mask is not None
        expected = [table[state][action][0][1] != state for action in range(6)]
        np.testing.assert_array_equal(mask, [expected])
        observation, *_ = env.step(env.action_space.sample())


def test_a_wrapped_id_makes_a_vector_environment() -> None:
    # Oracle: Taxi one by one.
    env = gymnasium.make_vec("Taxi-v4", 3, vectorization_mode="sync", wrappers=[ActionMask])
    shown = GymnasiumWorlds(env, 3).reset(2)
    for i in range(3):
        state, info = gymnasium.make("Taxi-v4").reset(seed=2 + i)
        assert shown["observation"][i] == state
        np.testing.assert_array_equal(shown["action_mask"][i], info["action_mask"])


class Informed(gymnasium.Wrapper):
    """Puts something else in the infos.

    Args:
      env: the environment.
      reset: the info of a reset.
      step: the info of a step.
    """

    def __init__(self, env: gymnasium.Env, reset: dict, step: dict):
        super().__init__(env)
        self.of_reset, self.of_step = reset, step

    def reset(self, **options: Any) -> tuple[Any, dict]:
        return self.env.reset(**options)[0], self.of_reset

    def step(self, action: Any) -> Any:
        return *self.env.step(action)[:-1], self.of_step


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ({"prob": 1.0}, r"is missing in the info of `{}` of .*, which has the keys \['prob'\]"),
        ({"action_mask": [1, 1]}, r"of `{}` of .* must be 3 flags, 0 or 1, .* not \[1, 1\]"),
        ({"action_mask": [0, 1, 2]}, r"of `{}` of .* must be 3 flags, 0 or 1"),
        ({"action_mask": None}, r"of `{}` of .* must be 3 flags, .* not None"),
    ],
    ids=["missing", "short", "no flag", "none"],
)
def test_missing_and_wrong_masks_are_named(info: dict, message: str) -> None:
    fine = {"action_mask": np.ones(3, bool)}
    with pytest.raises(ValueError, match=message.format("reset")):
        ActionMask(Informed(Turns(), info, fine)).reset(seed=0)
    env = ActionMask(Informed(Turns(), fine, info))
    assert env.observation_space.contains(env.reset(seed=0)[0])
    with pytest.raises(ValueError, match=message.format("step")):
        env.step(np.int64(5))


def test_masks_of_several_elements_may_be_a_tuple() -> None:
    # Oracle: Gymnasium's own form of a mask, from which its space draws.
    space = spaces.MultiDiscrete([2, 3])
    given = (np.int8([0, 1]), np.int8([1, 0, 0]))
    np.testing.assert_array_equal(space.sample(mask=given), [1, 0])
    env = ActionMask(Informed(Turns(space), {"action_mask": given}, {}))
    np.testing.assert_array_equal(env.reset(seed=0)[0]["action_mask"], [0, 1, 1, 0, 0])


def test_continuous_actions_have_no_mask() -> None:
    with pytest.raises(ValueError, match="only discrete actions have a mask, not those of Box"):
        ActionMask(Spaces(spaces.Discrete(2), spaces.Box(-1, 1, (2,))))


def test_a_mask_of_another_size_is_refused() -> None:
    env = Spaces(
        spaces.Dict(a=spaces.Discrete(2), action_mask=spaces.MultiBinary(4)), spaces.Discrete(3)
    )
    with pytest.raises(
        ValueError, match=r"of shape \(3,\), one flag .* of shape \(4,\).*Binary\(3\)"
    ):
        mx.gymnasium_spec(env)


def test_only_a_box_from_0_to_1_is_a_mask() -> None:
    # Oracle: a box of other bounds is no flags, and so refused under this name.
    for dtype in (np.int8, np.float32, np.bool_):
        mask = spaces.Box(np.zeros(2, dtype), np.ones(2, dtype), dtype=dtype)
        env = Spaces(spaces.Dict(a=spaces.Discrete(2), action_mask=mask), spaces.Discrete(2))
        assert mx.gymnasium_spec(env).masks_actions
        observation = {"a": 1, "action_mask": np.array([0, 1], dtype)}
        shown = mx.gymnasium_observation(env, observation)["action_mask"]
        np.testing.assert_array_equal(shown, np.int32([[0, 1]]), strict=True)
    with pytest.raises(ValueError, match=r"must be MultiDiscrete.* not Box\(shape=\(2,\), low=0.0"):
        mx.gymnasium_spec(
            Spaces(
                spaces.Dict(a=spaces.Discrete(2), action_mask=spaces.Box(0, 2, (2,))),
                spaces.Discrete(2),
            )
        )


def test_a_learner_of_a_masked_environment_does_not_fit_another() -> None:
    # Oracle: the keys, which differ.
    masked = mx.gymnasium_spec(ActionMask(Turns()))
    plain = EnvironmentSpec(Box.of((2,), 0.0, 99.0), Discrete(3))
    assert not plain.masks_actions
    assert masked.observation["observation"] == plain.observation
