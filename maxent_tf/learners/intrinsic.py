"""A wrapper that adds an intrinsic reward to the rewards of a learner."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.axes import merge_time, split_time
from maxent_tf.checks import as_integer, boolean, number
from maxent_tf.exploration import IntrinsicReward
from maxent_tf.learners import validation
from maxent_tf.learners.interface import Learner, OnPolicy
from maxent_tf.learners.wrapper import Wrapper, refuse_planning
from maxent_tf.moments import add_values, no_moments, scale
from maxent_tf.operators.recurrence import backward_recurrence
from maxent_tf.seeds import as_seed
from maxent_tf.types import Transition, Updated


class IntrinsicState(NamedTuple):
    """The state of an `Intrinsic` learner.

    Attributes:
      learner: The state of the wrapped learner.
      bonus: The state of the intrinsic reward.
      running: [*P, B], float64, the discounted sum of bonuses so far in every environment; ()
        without a `discount`.
      discounted_sum: The moments of `running` over all steps, [*P]; () without a `discount`.
    """

    learner: Any
    bonus: Any
    running: Any
    discounted_sum: Any

    def wrapped(self, learner: Learner) -> Learner:
        """Returns a wrapper around a learner that acts from this state, without any bonus."""
        if self.running == ():
            return Intrinsic(learner, _NoBonus(self.bonus))
        num_envs = self.running.shape[-1]
        return Intrinsic(learner, _NoBonus(self.bonus), discount=0.0, num_envs=num_envs)


class IntrinsicMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      learner: The metrics of the wrapped learner.
      intrinsic_reward: The mean of what was added to the rewards.
      bonus: The metrics of the intrinsic reward, see its class.
    """

    learner: Any
    intrinsic_reward: tf.Tensor
    bonus: Any


class Intrinsic(Wrapper):
    r"""A learner that wraps another learner and adds an intrinsic reward to its rewards.

    .. math::
       r \mapsto r + \beta \, b(s, a, s') / \sigma_B, \qquad B_t = b_t + \gamma_B B_{t-1}

    The bonus b is computed anew whenever the learner learns from a transition, so that a replayed
    transition has a smaller bonus once its state is known. Each learner of a batch has its own
    counts or networks. An on-policy learner observes a trajectory before the bonuses of the
    trajectory are computed.

    The metrics of the wrapped learner, such as its values, include the bonus. The returns of
    episodes are those of the environment alone.

    Args:
      learner: The learner to wrap; it may be a wrapper itself.
      bonus: The intrinsic reward, such as `exploration.Counts(env.spec)`.
      scale: The factor beta, at least 0, in units of the environment's reward; may be a tensor that
        broadcasts to `P`.
      discount: The discount factor gamma_B, in [0, 1). The bonus is divided by sigma_B, the
        standard deviation over time of the discounted sum B_t in each environment. Bonuses without
        a natural size, such as prediction errors, need this. With None, the bonus is not divided.
        The mean is never subtracted.
      episodic: Whether the sum B_t starts anew with each episode. With False, an episode's end is
        no loss of bonus that the agent would avoid (Burda et al. 2018, section 2.3).
      num_envs: The number B of environments of each learner, which is needed with a `discount`.

    Raises:
      ValueError: If an argument is out of its range, `bonus` is not an intrinsic reward, or the
        learner plans in its environment.

    References:
      Y. Burda et al. (2018), "Exploration by random network distillation", section 2.4,
      https://arxiv.org/abs/1810.12894
    """

    def __init__(
        self,
        learner: Learner,
        bonus: IntrinsicReward,
        *,
        scale: Any = 1.0,
        discount: float | None = None,
        episodic: bool = False,
        num_envs: int = 1,
    ):
        super().__init__(learner)
        refuse_planning(learner, "rewards")
        if not isinstance(bonus, IntrinsicReward) or isinstance(bonus, type):
            raise ValueError(
                "bonus must be an intrinsic reward of maxent_tf.exploration, such as "
                f"Counts(env.spec), not {bonus!r}."
            )
        validation.not_negative("scale", scale)
        if discount is not None and not 0 <= number("discount", discount) < 1:
            raise ValueError(
                f"discount must lie in [0, 1), not {discount}: with 1 the sums of the bonus would "
                "grow for ever."
            )
        boolean("episodic", episodic)
        self.bonus = bonus
        self.metric_names = (*learner.metric_names, "intrinsic_reward", *bonus.metric_names)
        self._arguments = {"scale": scale, "discount": discount, "episodic": episodic}
        self._scale = validation.per_learner("scale", scale, self.batch_shape)
        self._bonus_discount, self._episodic = discount, episodic
        self._num_envs = as_integer("num_envs", num_envs)
        self._is_on_policy = isinstance(learner.experience, OnPolicy)

    @property
    def config(self) -> Any:
        """The intrinsic reward, and the arguments of the wrapper."""
        return {"bonus": self.bonus, **self._arguments, "num_envs": self._num_envs}

    def init(self, seed: Any) -> IntrinsicState:
        """Returns a fresh state."""
        learner_seed, bonus_seed = tf.unstack(draws.split(as_seed(seed), 2))
        scaled = self._bonus_discount is not None
        running = tf.zeros([*self.batch_shape, self._num_envs], tf.float64)
        return IntrinsicState(
            learner=self.learner.init(learner_seed),
            bonus=self.bonus.init(bonus_seed, self.batch_shape),
            running=running if scaled else (),
            discounted_sum=no_moments(self.batch_shape, ()) if scaled else (),
        )

    def observe(self, state: IntrinsicState, fresh: Transition) -> IntrinsicState:
        """Observes fresh experience; an on-policy learner observes it in `update` instead."""
        validation.check_state_kind(self, state, IntrinsicState)
        state = super().observe(state, fresh)
        return state if self._is_on_policy else self._noted(state, fresh)

    def update(
        self, state: IntrinsicState, batch: Transition, *, seed: Any, weight: Any = None
    ) -> Updated:
        """Makes one update of the wrapped learner, with bonuses, and one of the bonus."""
        validation.check_state_kind(self, state, IntrinsicState)
        learner_seed, bonus_seed = tf.unstack(draws.split(as_seed(seed), 2))
        if self._is_on_policy:
            state = self._noted(state, batch)
        flat, length = self._without_time(batch)
        paid = self._scale[..., None] * self._bonus(state, flat)
        # Placeholders did not happen, so that the mean leaves them out.
        valid = tf.cast(flat.valid, tf.float32)
        count = tf.maximum(tf.reduce_sum(valid, axis=-1), 1)
        mean = tf.reduce_sum(valid * paid, axis=-1) / count
        if length is not None:
            paid = split_time(paid, len(self.batch_shape), length)
        rewarded = batch._replace(reward=batch.reward + paid)
        updated = super().update(state, rewarded, seed=learner_seed, weight=weight)
        bonus, measured = self.bonus.update(state.bonus, flat, bonus_seed)
        metrics = IntrinsicMetrics(updated.metrics, mean, measured)
        return Updated(updated.state._replace(bonus=bonus), metrics, updated.error)

    def _bonus(self, state: IntrinsicState, flat: Transition) -> tf.Tensor:
        """Returns the bonuses of transitions [*P, N, ...], divided by sigma_B: [*P, N]."""
        bonus = tf.stop_gradient(self.bonus.reward(state.bonus, flat))
        if self._bonus_discount is None:
            return bonus
        return bonus / tf.cast(scale(state.discounted_sum), tf.float32)[..., None]

    def _noted(self, state: IntrinsicState, fresh: Transition) -> IntrinsicState:
        """Returns the state after fresh experience, [*P, B, ...] or [T, *P, B, ...]."""
        flat, _ = self._without_time(fresh)
        state = state._replace(bonus=self.bonus.observe(state.bonus, flat))
        if self._bonus_discount is None:
            return state
        ndims = len(self.batch_shape)
        if fresh.reward.shape[-1] != self._num_envs:
            raise ValueError(
                f"num_envs={self._num_envs} of Intrinsic are not the {fresh.reward.shape[-1]} "
                "environments that the learner trains on: pass the same number to both."
            )
        length = 1 if fresh.reward.shape.rank == ndims + 1 else fresh.reward.shape[0]
        bonus, valid, ended = (
            split_time(tf.cast(x, tf.float64), ndims, length)
            for x in (
                self.bonus.reward(state.bonus, flat),
                flat.valid,
                flat.terminated | flat.truncated,
            )
        )
        # The factor from a step's sum to the next one's; a placeholder changes nothing.
        factor = valid * self._bonus_discount + (1 - valid)
        goes_on = 1 - ended * valid if self._episodic else tf.ones_like(ended)
        before = tf.concat([tf.ones_like(goes_on[:1]), goes_on[:-1]], axis=0)
        sums = backward_recurrence((valid * bonus)[::-1], (factor * before)[::-1], state.running)[
            ::-1
        ]
        return state._replace(
            running=sums[-1] * goes_on[-1],
            discounted_sum=add_values(state.discounted_sum, merge_time(sums, ndims), flat.valid),
        )

    def _without_time(self, batch: Transition) -> tuple[Transition, int | None]:
        """Returns transitions [*P, N, ...], and the length of their time axis, if they had one."""
        ndims = len(self.batch_shape)
        if batch.reward.shape.rank == ndims + 1:
            return batch, None
        return merge_time(batch, ndims), batch.reward.shape[0]


class _NoBonus:
    """An intrinsic reward of 0 with the state of another one, for acting alone."""

    metric_names: tuple[str, ...] = ()

    def __init__(self, state: Any):
        self._state = state

    def init(self, seed: Any, batch_shape: Any) -> Any:
        del seed, batch_shape
        return self._state

    def observe(self, state: Any, fresh: Transition) -> Any:
        del fresh
        return state

    def reward(self, state: Any, transition: Transition) -> tf.Tensor:
        del state
        return tf.zeros_like(transition.reward)

    def update(self, state: Any, batch: Transition, seed: Any) -> tuple[Any, Any]:
        del batch, seed
        return state, ()
