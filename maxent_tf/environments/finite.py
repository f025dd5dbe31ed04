"""Finite environments, given by their tables.

Shape letters: `S` states, `A` actions, `K` possible outcomes of one action in one state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.environments.common import (
    as_action,
    as_batch_shape,
    check_max_episode_steps,
    is_truncated,
)
from maxent_tf.specs import ACTION_MASK, Box, Discrete, EnvironmentSpec, action_mask_spec
from maxent_tf.types import TimeStep


class FiniteState(NamedTuple):
    """The state of a finite environment.

    Attributes:
      index: [*batch], int32, the index of the state, in 0 .. S - 1.
      elapsed: [*batch], int32, the number of steps since the reset.
    """

    index: tf.Tensor
    elapsed: tf.Tensor


class FiniteWorld:
    """An environment with finitely many states and actions, given by sparse tables.

    Action `a` in state `s` has `K` outcomes. Outcome `k` has probability `probability[s, a, k]`,
    leads to `next_state[s, a, k]` and pays `reward[s, a, k]`. The observation is the one-hot vector
    of the state. If nothing is random (K = 1, one start, no noise), no random numbers are drawn.

    The probabilities of drawn outcomes are those of the tables to within 2^-23, which is the
    resolution of the uniform random numbers that decide the outcomes.

    Attributes:
      next_state: [S, A, K], int32, the states that actions lead to.
      probability: [S, A, K], float64, the probabilities of the outcomes.
      reward: [S, A, K], float64, the mean rewards of the outcomes.
      terminal: [S], bool, whether a state is terminal.
      initial: [S], float64, the distribution of the first state.
      reward_noise: [S, A], float64, the standard deviations of the rewards about the table of
        rewards, 0 in terminal states.
      max_episode_steps: The time limit, or None.
      legal: [S, A], bool, the legal actions, or None if all actions are legal.
      num_states: S, the number of states.
      num_actions: A, the number of actions.
      spec: The specification: observations in [0, 1]^S and A discrete actions. If some actions are
        illegal, observations are dicts of that vector, under "observation", and of the flags of
        legal actions, under "action_mask".

    >>> world = FiniteWorld(
    ...     next_state=[[[0], [1]], [[1], [1]]],
    ...     probability=np.ones([2, 2, 1]),
    ...     reward=[[[0.0], [1.0]], [[0.0], [0.0]]],
    ...     terminal=[False, True],
    ...     initial=[1.0, 0.0],
    ... )
    >>> state, _ = world.reset([], seed=0)
    >>> state, timestep = world.step(state, tf.constant(1), seed=0)
    >>> float(timestep.reward), bool(timestep.terminated)
    (1.0, True)
    """

    def __init__(
        self,
        next_state: npt.ArrayLike,
        probability: npt.ArrayLike,
        reward: npt.ArrayLike,
        terminal: npt.ArrayLike,
        initial: npt.ArrayLike,
        max_episode_steps: int | None = None,
        reward_noise: npt.ArrayLike = 0.0,
        legal: npt.ArrayLike | None = None,
    ) -> None:
        """Checks and stores the tables.

        Args:
          next_state: [S, A, K], int, in 0 .. S - 1.
          probability: [S, A, K], float; each row [s, a] sums to one.
          reward: [S, A, K], float, finite.
          terminal: [S], bool. Entering a terminal state terminates the episode. A terminal state
            must lead only to itself and pay nothing.
          initial: [S], float, the distribution of the first state, 0 on terminal states.
          max_episode_steps: The number of steps after which an episode is truncated; None for no
            limit.
          reward_noise: [] or [S, A], float, the standard deviation, in units of reward, of the
            Gaussian noise on a reward. One number stands for every action outside terminal states.
            A table gives each state and action a standard deviation, 0 in terminal states.
          legal: [S, A], bool, the actions that may be taken; None allows all. Every state needs a
            legal action, terminal states too. In a graph, an illegal action does what the tables
            say.

        Raises:
          ValueError: If a table has another shape or breaks one of these rules. The message names
            the first offending entry.
        """
        self.next_state = _table("next_state", next_state, np.int32)
        self.probability = _table("probability", probability, np.float64)
        self.reward = _table("reward", reward, np.float64)
        self.terminal = _table("terminal", terminal, np.bool_)
        self.initial = _table("initial", initial, np.float64)
        self.max_episode_steps = max_episode_steps
        self.reward_noise = _table("reward_noise", reward_noise, np.float64)
        self.legal = None if legal is None else _table("legal", legal, np.bool_)
        self._check()
        if self.reward_noise.ndim == 0:
            everywhere = np.where(self.terminal, 0.0, self.reward_noise)[:, None]
            shape = self.next_state.shape[:2]
            self.reward_noise = _table(
                "reward_noise", np.broadcast_to(everywhere, shape), np.float64
            )
        self.num_states, self.num_actions = self.next_state.shape[:2]
        state, action = Box.of((self.num_states,), 0.0, 1.0), Discrete(self.num_actions)
        masked = {"observation": state, ACTION_MASK: action_mask_spec(action)}
        self.spec = EnvironmentSpec(state if self.legal is None else masked, action)
        # Outcome k is drawn when cumulative[k - 1] <= u < cumulative[k]. The last bound, 1, is left
        # out; and where only impossible outcomes follow, rounding must not leave a bound below 1.
        self._cumulative = _cumulative(self.probability)
        self._start = np.flatnonzero(self.initial).astype(np.int32)
        self._start_cumulative = _cumulative(self.initial[self._start])

    def reset(self, batch_shape: Sequence[int], seed: Any) -> tuple[FiniteState, TimeStep]:
        """Begins an episode in every environment: see `Environment.reset`."""
        shape = as_batch_shape(batch_shape)
        if len(self._start) == 1:
            index = tf.fill(shape, self._start[0])
        else:
            outcome = _outcome(draws.uniform(shape, seed), self._start_cumulative)
            index = tf.gather(self._start, outcome)
        state = FiniteState(index, tf.zeros(shape, tf.int32))
        flag = tf.zeros(shape, tf.bool)
        return state, TimeStep(self._observe(index), tf.zeros(shape), flag, flag)

    def step(
        self, state: FiniteState, action: tf.Tensor, seed: Any
    ) -> tuple[FiniteState, TimeStep]:
        """Acts once in every environment: see `Environment.step`.

        Raises:
          ValueError: Eagerly, also if an action is illegal.
        """
        action = as_action(action, self.spec.action, state.index.shape)
        self._refuse_illegal(state.index, action)
        outcome_seed, noise_seed = (
            tf.unstack(draws.split(seed, 2)) if self._is_noisy else (seed, None)
        )
        # The tables are flattened, so that one gather with one index reads each.
        pair = state.index * self.num_actions + action
        entry = pair
        num_outcomes = self.next_state.shape[2]
        if num_outcomes > 1:
            bounds = tf.gather(self._cumulative.reshape(-1, num_outcomes - 1), pair)
            uniform = draws.uniform(tf.shape(pair), outcome_seed)
            entry = pair * num_outcomes + _outcome(uniform, bounds)
        index = tf.gather(self.next_state.ravel(), entry)
        reward = tf.gather(self.reward.ravel().astype(np.float32), entry)
        terminated = tf.gather(self.terminal, index)
        if self._is_noisy:
            stddev = tf.gather(self.reward_noise.ravel().astype(np.float32), pair)
            reward += stddev * draws.normal(tf.shape(pair), noise_seed)
        elapsed = state.elapsed + 1
        truncated = is_truncated(elapsed, self.max_episode_steps, terminated)
        timestep = TimeStep(self._observe(index), reward, terminated, truncated)
        return FiniteState(index, elapsed), timestep

    @property
    def _is_noisy(self) -> bool:
        return bool(self.reward_noise.any())

    def _observe(self, index: tf.Tensor) -> Any:
        state = tf.one_hot(index, self.num_states)
        if self.legal is None:
            return state
        return {"observation": state, ACTION_MASK: tf.gather(self.legal.astype(np.int32), index)}

    def _refuse_illegal(self, index: tf.Tensor, action: tf.Tensor) -> None:
        if self.legal is None or not tf.executing_eagerly():
            return
        wrong = np.argwhere(~self.legal[np.asarray(index), np.asarray(action)])
        if len(wrong):
            where = tuple(int(i) for i in wrong[0])
            state, taken = int(index[where]), int(action[where])
            raise ValueError(
                f"action must be legal, not {taken} in state {state} at {list(where)}: legal there "
                f"are {np.flatnonzero(self.legal[state]).tolist()}."
            )

    def _check(self) -> None:
        shape = self.next_state.shape
        if len(shape) != 3 or 0 in shape:
            raise ValueError(f"next_state must have shape [S, A, K], none of them 0, not {shape}.")
        for name, expected in [
            ("probability", shape),
            ("reward", shape),
            ("terminal", shape[:1]),
            ("initial", shape[:1]),
        ]:
            found = getattr(self, name).shape
            if found != expected:
                raise ValueError(
                    f"{name} must have shape {expected} beside next_state {shape}, not {found}."
                )
        _refuse(
            (self.next_state < 0) | (self.next_state >= shape[0]),
            self.next_state,
            f"next_state must lie in 0 .. {shape[0] - 1}",
        )
        _refuse(~np.isfinite(self.reward), self.reward, "reward must be finite")
        for name in ("probability", "initial"):
            value = getattr(self, name)
            _refuse(~(value >= 0), value, f"{name} must be at least 0 everywhere")
            total = value.sum(-1)
            _refuse(
                ~(np.abs(total - 1) <= 1e-8), total, f"{name} must sum to one over its last axis"
            )
        _refuse(
            self.terminal & (self.initial > 0), self.initial, "initial must be 0 on terminal states"
        )
        leaves = (self.next_state != np.arange(shape[0])[:, None, None]) & (self.probability > 0)
        _refuse(
            self.terminal[:, None, None] & leaves,
            self.next_state,
            "next_state of a terminal state must be itself",
        )
        _refuse(
            self.terminal[:, None, None] & (self.reward != 0),
            self.reward,
            "reward in a terminal state must be 0",
        )
        if self.legal is not None:
            if self.legal.shape != shape[:2]:
                raise ValueError(
                    f"legal must have shape {shape[:2]} beside next_state {shape}, not "
                    f"{self.legal.shape}."
                )
            stuck = np.flatnonzero(~self.legal.any(-1))
            if stuck.size:
                raise ValueError(
                    "legal must allow an action in every state, terminal ones too, but allows none "
                    f"in state {stuck[0]}."
                )
        check_max_episode_steps(self.max_episode_steps)
        noise = self.reward_noise
        if noise.shape not in ((), shape[:2]):
            raise ValueError(
                f"reward_noise must have shape () or {shape[:2]} beside next_state {shape}, not "
                f"{noise.shape}."
            )
        _refuse(
            ~(np.isfinite(noise) & (noise >= 0)),
            noise,
            "reward_noise must be finite and at least 0",
        )
        if noise.ndim:
            _refuse(
                self.terminal[:, None] & (noise > 0),
                noise,
                "reward_noise in a terminal state must be 0",
            )


def _table(name: str, value: npt.ArrayLike, dtype: Any) -> np.ndarray:
    array = np.asarray(value)
    if not np.can_cast(array.dtype, dtype, casting="same_kind"):
        raise ValueError(f"{name} must be {np.dtype(dtype).name}, not {array.dtype}.")
    array = array.astype(dtype)
    array.setflags(write=False)
    return array


def _refuse(wrong: np.ndarray, value: np.ndarray, rule: str) -> None:
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = f" at {list(where)}" if where else ""
        raise ValueError(f"{rule}, not {value[where]}{place}.")


def _cumulative(probability: np.ndarray) -> np.ndarray:
    bound = np.cumsum(probability, -1)[..., :-1]
    last = np.cumsum(probability[..., ::-1], -1)[..., -2::-1] == 0
    return np.where(last, 1, bound).astype(np.float32)


def _outcome(uniform: tf.Tensor, cumulative: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(uniform[..., None] >= cumulative, tf.int32), -1)
