"""A learner whose observations and rewards are normalised by its own running statistics."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf.axes import merge_time
from maxent_tf.learners.interface import Learner
from maxent_tf.learners.validation import check_state_kind
from maxent_tf.learners.wrapper import Wrapper, refuse_planning
from maxent_tf.moments import add_values, no_moments, scale, standardized
from maxent_tf.networks.features import check_keys
from maxent_tf.operators.recurrence import backward_recurrence
from maxent_tf.specs import Box, ObservationSpec, abbreviated
from maxent_tf.types import Acted, Transition, Updated

# In standard deviations: what lies beyond is clipped.
CLIP = 10.0


class NormalizedState(NamedTuple):
    """The state of a `Normalized` learner; the statistics of what is not normalised are `()`.

    Attributes:
      learner: The state of the learner inside.
      observation: The moments of the observations in which the learner acted, [*P, *O]. Of a dict
        of observations, the moments of each part, and () for a part that is not normalised.
      discounted_return: The moments of `running` over all steps, [*P]; or ().
      running: [*P, B], float64, the sum of the rewards so far in each environment's episode, each
        reward discounted by its age; or ().
    """

    learner: Any
    observation: Any
    discounted_return: Any
    running: Any

    def wrapped(self, learner: Learner) -> Learner:
        """Returns a learner in the wrapper that this state belongs to."""
        normalizes_reward = bool(self.discounted_return)
        num_envs = self.running.shape[-1] if normalizes_reward else 1
        return Normalized(learner, bool(self.observation), normalizes_reward, num_envs)


class WithFirst(NamedTuple):
    """The carry, or the extras, of a `Normalized` learner that normalises rewards.

    Attributes:
      learner: The carry, or the extras, of the learner inside.
      is_first: [*P, B], bool, whether the step is the first of an episode.
    """

    learner: Any
    is_first: tf.Tensor


class Normalized(Wrapper):
    r"""A wrapper that normalises the observations and rewards of the learner inside.

    .. math::
       o \mapsto \mathrm{clip}((o - \mu_o) / \sigma_o, \pm 10), \qquad
       r \mapsto \mathrm{clip}(r / \sigma_R, \pm 10), \qquad R_t = r_t + \gamma R_{t-1}

    Gamma is the discount factor of the learner inside. The mean is not subtracted from rewards,
    because that would change which policy is optimal. Every learner of a batch has its own
    statistics, over all the steps that it has taken. The statistics are part of the state. They
    change only in `observe`, and so stay fixed in `act` and during evaluation. The unit of the
    temperature becomes the normalised reward per nat. In a dict of observations, each `Box` has its
    own statistics; discrete parts and images already have a scale, and stay as they are.

    Args:
      learner: The learner inside.
      observation: Whether to normalise observations.
      reward: Whether to normalise rewards.
      num_envs: B, the number of environments of each learner, needed to normalise rewards. Acting
        does not need it.

    Raises:
      ValueError: If observations are to be normalised and are images or discrete, all parts of a
        dict included; if rewards are to be normalised and the learner has no attribute `discount`;
        or if the learner plans in its environment.

    References:
      L. Engstrom et al. (2020), "Implementation matters in deep policy gradients", section 3,
      https://arxiv.org/abs/2005.12729
    """

    def __init__(
        self,
        learner: Learner,
        observation: bool = False,
        reward: bool = False,
        num_envs: int = 1,
    ):
        super().__init__(learner)
        if observation or reward:
            refuse_planning(learner, "observations and rewards")
        observed = learner.spec.observation
        if observation and not _fresh(observed, learner.batch_shape):
            raise ValueError(
                "normalize_observation needs vectors to normalise, not "
                f"{abbreviated(observed)}: leave it False."
            )
        if reward and self.discount is None:
            raise ValueError(
                f"normalize_reward=True needs the learner's discount, but {type(learner).__name__} "
                "has no attribute `discount`: give it one, or leave normalize_reward False."
            )
        self._normalizes_observation = observation
        self._normalizes_reward = reward
        self._num_envs = num_envs

    @property
    def config(self) -> Any:
        """What is normalised, and for how many environments."""
        return {
            "observation": self._normalizes_observation,
            "reward": self._normalizes_reward,
            "num_envs": self._num_envs,
        }

    def init(self, seed: Any) -> NormalizedState:
        """Returns a fresh state."""
        return self.around(self.learner.init(seed))

    def around(self, state: Any) -> NormalizedState:
        """Returns a state with fresh statistics around a state of the learner inside."""
        learners = self.batch_shape
        fresh = NormalizedState(learner=state, observation=(), discounted_return=(), running=())
        if self._normalizes_observation:
            fresh = fresh._replace(observation=_fresh(self.spec.observation, learners))
        if self._normalizes_reward:
            fresh = fresh._replace(
                discounted_return=no_moments(learners, ()),
                running=tf.zeros([*learners, self._num_envs], tf.float64),
            )
        return fresh

    def policy(self, state: NormalizedState, observation: Any, carry: Any = None) -> Any:
        """Returns the action distribution at observations that are not normalised yet."""
        check_state_kind(self, state, NormalizedState)
        if self._normalizes_reward and carry is not None:
            carry = carry.learner
        return super().policy(state, self._scaled(state.observation, observation), carry)

    def initial_carry(self, num_envs: Any) -> Any:
        """Returns the carry of the learner inside, and a mark for the first step of an episode."""
        inside = super().initial_carry(num_envs)
        if not self._normalizes_reward:
            return inside
        return WithFirst(inside, tf.fill([*self.batch_shape, num_envs], True))

    def act(
        self,
        state: NormalizedState,
        carry: Any,
        observation: Any,
        *,
        seed: Any,
        explore: bool = True,
        world: Any = None,
    ) -> Acted:
        """Lets the learner inside act at observations that are not normalised yet."""
        check_state_kind(self, state, NormalizedState)
        inside = carry.learner if self._normalizes_reward else carry
        scaled = self._scaled(state.observation, observation)
        acted = super().act(state, inside, scaled, seed=seed, explore=explore, world=world)
        if not self._normalizes_reward:
            return acted
        return Acted(
            acted.action,
            WithFirst(acted.carry, tf.zeros_like(carry.is_first)),
            WithFirst(acted.extras, carry.is_first),
        )

    def update(
        self, state: NormalizedState, batch: Transition, *, seed: Any, weight: Any = None
    ) -> Updated:
        """Makes one update of the learner inside; the statistics do not change."""
        check_state_kind(self, state, NormalizedState)
        return super().update(state, self._seen(state, batch), seed=seed, weight=weight)

    def observe(self, state: NormalizedState, fresh: Transition) -> NormalizedState:
        """Adds new experience to the statistics."""
        check_state_kind(self, state, NormalizedState)
        state = super().observe(state, self._seen(state, fresh))
        if fresh.reward.shape.rank == len(self.batch_shape) + 1:
            fresh = tf.nest.map_structure(lambda x: x[None], fresh)
        if self._normalizes_observation:
            moments = self._with_values(state.observation, fresh.observation, fresh.valid)
            state = state._replace(observation=moments)
        if self._normalizes_reward:
            returns = self._discounted(state.running, fresh)
            moments = add_values(
                state.discounted_return, self._together(returns), self._together(fresh.valid)
            )
            state = state._replace(discounted_return=moments, running=returns[-1])
        return state

    def _discounted(self, running: tf.Tensor, fresh: Transition) -> tf.Tensor:
        """Returns every step's discounted rewards so far, [T, *P, B]; `running` is before them."""
        valid = tf.cast(fresh.valid, tf.float64)
        goes_on = tf.cast(~fresh.extras.is_first, tf.float64)
        discount = tf.broadcast_to(tf.cast(self.discount, tf.float64), self.batch_shape)[..., None]
        add = valid * tf.cast(fresh.reward, tf.float64)
        factor = goes_on * (1 - valid + valid * discount)
        return backward_recurrence(add[::-1], factor[::-1], running)[::-1]

    def _seen(self, state: NormalizedState, batch: Transition) -> Transition:
        """Returns a batch as the learner inside observes it."""
        if self._normalizes_reward:
            divisor = tf.cast(scale(state.discounted_return), tf.float32)[..., None]
            reward = tf.clip_by_value(batch.reward / divisor, -CLIP, CLIP)
            batch = batch._replace(reward=reward, extras=batch.extras.learner)
        return batch._replace(
            observation=self._scaled(state.observation, batch.observation),
            next_observation=self._scaled(state.observation, batch.next_observation),
        )

    def _with_values(self, moments: Any, values: Any, valid: tf.Tensor) -> Any:
        """Returns the moments that include observations [T, *P, B, *O]."""
        if isinstance(moments, dict):
            return {key: self._with_values(moments[key], values[key], valid) for key in moments}
        if not moments:
            return moments
        return add_values(moments, self._together(values), self._together(valid))

    def _scaled(self, moments: Any, observation: Any) -> Any:
        """Normalises observations [*P, B, *O] or [T, *P, B, *O]."""
        if isinstance(moments, dict):
            check_keys("an observation", moments, observation)
            return {key: self._scaled(moments[key], observation[key]) for key in moments}
        if not moments:
            return observation
        return standardized(moments, observation, CLIP)

    def _together(self, x: tf.Tensor) -> tf.Tensor:
        """Merges the axes of time and environments: [T, *P, B, ...] -> [*P, T B, ...]."""
        return merge_time(x, len(self.batch_shape))


def _fresh(spec: ObservationSpec, learners: tuple[int, ...]) -> Any:
    """Returns empty moments of what can be normalised; () where nothing can."""
    if isinstance(spec, dict):
        of_parts = {key: _fresh(part, learners) for key, part in spec.items()}
        return of_parts if any(of_parts.values()) else ()
    return no_moments(learners, spec.shape) if isinstance(spec, Box) else ()
