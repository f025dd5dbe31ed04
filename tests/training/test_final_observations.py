"""Final observations of environments that overwrite them, against what such an environment saw."""

import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

import maxent_tf as mx
from maxent_tf.learners import A2C, A2CConfig
from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds
from tests.training.gymnasium_envs import Walk, vector


class Overwriting(gymnasium.Env):
    """Counts up from where the reset begins, in one array that every call writes to.

    Args:
      in_dict: whether the observation is a dict.
      copies: whether a copy of the array is returned instead.
    """

    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, in_dict: bool = False, copies: bool = False):
        counts = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
        self.observation_space = gymnasium.spaces.Dict({"a": counts}) if in_dict else counts
        self.counts, self.in_dict, self.copies = np.zeros(2, np.float32), in_dict, copies

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        super().reset(seed=seed)
        self.counts[:] = self.np_random.uniform(0, 1, 2)
        self.t = 0
        return self._shown(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]:
        self.counts += 1
        self.t += 1
        return self._shown(), 1.0, False, self.t == 3, {}

    def _shown(self) -> Any:
        counts = self.counts.copy() if self.copies else self.counts
        return {"a": counts} if self.in_dict else counts


for name, arguments in (("Overwriting", {}), ("OverwritingDict", {"in_dict": True})):
    gymnasium.register(
        f"MaxentTest/{name}-v0", Overwriting, disable_env_checker=True, kwargs=arguments
    )


def same_step(count: int, **arguments: Any) -> SyncVectorEnv:
    makers = [lambda: Overwriting(**arguments)] * count
    return SyncVectorEnv(makers, autoreset_mode=AutoresetMode.SAME_STEP)


def step(worlds: GymnasiumWorlds, times: int) -> Any:
    for _ in range(times):
        last = worlds.step(np.zeros(len(worlds._resetting), np.int32))
    return last


@pytest.mark.parametrize("name", ["Overwriting", "OverwritingDict"])
def test_worlds_of_an_id_keep_the_final_observation(name: str) -> None:
    # Oracle: the environment counts up by one a step, and three steps are an episode.
    worlds = GymnasiumWorlds(f"MaxentTest/{name}-v0", 2)
    first = worlds.reset(5)
    last = step(worlds, 3)
    parts = [first, last.next_observation, last.observation]
    if name == "OverwritingDict":
        parts = [part["a"] for part in parts]
    assert last.truncated.all()
    np.testing.assert_allclose(parts[1], parts[0] + 3, rtol=1e-6)
    assert np.all((parts[2] >= 0) & (parts[2] < 1))


@pytest.mark.parametrize("in_dict", [False, True])
def test_a_vector_environment_that_loses_it_is_found_out(in_dict: bool) -> None:
    # Oracle: the environment's own array, which is the reset's when the step returns.
    env = same_step(1, in_dict=in_dict)
    worlds = GymnasiumWorlds(env, 1)
    worlds.reset(5)
    lost = step(worlds, 3)
    array = env.envs[0].counts
    np.testing.assert_array_equal(
        np.ravel(tuple(lost.next_observation.values())) if in_dict else lost.next_observation[0],
        array,
    )
    with pytest.raises(ValueError, match=r"environment 0 of SyncVectorEnv.* returns its own array"):
        step(worlds, 1)
    learner = A2C(mx.gymnasium_spec(env), A2CConfig(hidden_sizes=(4,)))
    with pytest.raises(ValueError, match=r"has overwritten the final .* \(noticed at step 4\)"):
        mx.train(learner, env, 50)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED])
def test_the_other_modes_lose_nothing(mode: AutoresetMode) -> None:
    # Oracle: the environment counts up by one a step; each vector environment copies before it
    # resets.
    env = SyncVectorEnv([Overwriting] * 2, autoreset_mode=mode)
    worlds = GymnasiumWorlds(env, 2)
    first = worlds.reset(5)
    last = step(worlds, 3)
    np.testing.assert_allclose(last.next_observation, first + 3, rtol=1e-6)
    step(worlds, 5)


def test_environments_that_copy_are_not_accused() -> None:
    # Oracle: the right final observations over several episodes, with no warning.
    worlds = GymnasiumWorlds(same_step(2, copies=True), 2)
    first = worlds.reset(5)
    for _ in range(4):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            last = step(worlds, 3)
        np.testing.assert_allclose(last.next_observation, first + 3, rtol=1e-6)
        first = last.observation


def test_an_environment_that_ends_where_it_begins_is_not_accused() -> None:
    # Oracle: `Walk` under a policy that walks against the wall ends in its first cell every time;
    # going left from there never moves, and shows nothing.
    worlds = GymnasiumWorlds(vector("Walk", 1, AutoresetMode.SAME_STEP), 1)
    worlds.reset(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert step(worlds, 6).next_observation == [0]
        assert step(worlds, 12).truncated
    env = Walk()
    env.reset()
    assert [env.step(1)[0] for _ in range(6)] == [2] * 6


def test_behind_a_pipe_it_is_suspected() -> None:
    # Oracle: what came through the pipe is the reset's observation, which begins below 1.
    makers = [Overwriting, Overwriting]
    env = AsyncVectorEnv(makers, autoreset_mode=AutoresetMode.SAME_STEP)
    try:
        worlds = GymnasiumWorlds(env, 2)
        worlds.reset(5)
        with pytest.warns(
            UserWarning, match="every episode of AsyncVectorEnv.* ended with the obs"
        ):
            lost = step(worlds, 3)
        assert np.all(lost.next_observation < 1)
    finally:
        env.close()


class Changed(gymnasium.vector.VectorWrapper):
    """A vector environment whose infos something has changed.

    Args:
      env: the vector environment.
      change: what becomes of infos.
    """

    def __init__(self, env: Any, change: Any):
        super().__init__(env)
        self.change = change

    def step(self, actions: Any) -> Any:
        *rest, infos = self.env.step(actions)
        return *rest, self.change(infos)


@pytest.mark.parametrize(
    ("change", "has"),
    [
        (lambda infos: {}, r"infos is a dict with the keys \[\]"),
        (lambda infos: {"final_observation": 1}, r"a dict with the keys \['final_observation'\]"),
        (lambda infos: {**infos, "final_obs": [None] * 2}, r"a dict with the keys \['_final_info"),
        (lambda infos: {**infos, "final_obs": 7}, r"a dict with the keys"),
        (lambda infos: [infos, infos], "infos is a list with no keys at all"),
        (lambda infos: None, "infos is a NoneType with no keys at all"),
    ],
    ids=["empty", "old name", "None", "number", "list", "nothing"],
)
def test_missing_final_observations_are_named(change: Any, has: str) -> None:
    # Oracle: what is missing, the wrapper, the mode and the step, read by hand.
    worlds = GymnasiumWorlds(Changed(same_step(2, copies=True), change), 2)
    worlds.reset(0)
    message = (
        r"<Changed, SyncVectorEnv\(num_envs=2\)> is in same-step autoreset mode, but "
        rf"infos\['final_obs'\] at step 3 does not hold .* environments \[0, 1\].*{has}"
    )
    with pytest.raises(ValueError, match=message):
        step(worlds, 3)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED])
def test_infos_may_be_anything_where_nothing_is_read_in_them(mode: AutoresetMode) -> None:
    # Oracle: the environment counts up by one a step.
    env = SyncVectorEnv([Overwriting] * 2, autoreset_mode=mode)
    worlds = GymnasiumWorlds(gymnasium.wrappers.vector.DictInfoToList(env), 2)
    first = worlds.reset(5)
    np.testing.assert_allclose(step(worlds, 3).next_observation, first + 3, rtol=1e-6)
