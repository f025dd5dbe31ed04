"""A learner that sees observations and rewards on a common scale, by its own running statistics."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import tensorflow as tf

from maxent_tf.learners import ExploringLearner, Learner, PrioritizedLearner
from maxent_tf.learners.validation import check_state_kind
from maxent_tf.networks.features import check_keys
from maxent_tf.operators.recurrence import backward_recurrence
from maxent_tf.specs import Box, ObservationSpec, abbreviated
from maxent_tf.training.moments import Moments, add_values, no_moments, scale
from maxent_tf.types import Metrics, Transition

# In standard deviations: what lies beyond is clipped.
CLIP = 10.0


class NormalizedState(NamedTuple):
    """The state of a `Normalized` learner; what is not normalised is `()`.

    Attributes:
      learner: the state of the learner inside.
      observation: the moments of the observations in which it acted, [*P, *O]; of a dict those of
        each part, and () for a part that is not normalised.
      discounted_return: the moments of `running` over all steps, [*P].
      running: [*P, B], float64, the sum of the rewards of each world's episode so far, every one
        discounted by its age.
    """

    learner: Any
    observation: Any
    discounted_return: Moments | tuple[()]
    running: tf.Tensor | tuple[()]


class Normalized:
    r"""A learner around another one, which normalises what that one sees.

    .. math::
       o \mapsto \mathrm{clip}((o - \mu_o) / \sigma_o, \pm 10), \qquad
       r \mapsto \mathrm{clip}(r / \sigma_R, \pm 10), \qquad R_t = r_t + \gamma R_{t-1}

    Rewards are not centred, which would change what is optimal. Every learner of a batch has
    statistics of its own, over all the steps it has taken; they are part of the state, move only in
    `observe`, and so stand still in `policy` and evaluation. The temperature's unit becomes the
    normalised reward per nat. Of a dict of observations each `Box` has statistics of its own;
    discrete parts and images, which have a scale already, stay as they are.

    Args:
      learner: the one inside.
      observation: whether to normalise observations.
      reward_discount: gamma in [0, 1], usually the learner's own discount; None leaves rewards.
      num_envs: B, the worlds of each learner; acting needs none of these three.

    Raises:
      ValueError: if the observations are images or discrete, all parts of them, or the discount is
        out of range.

    References:
      L. Engstrom et al. (2020), "Implementation matters in deep policy gradients", section 3,
      https://arxiv.org/abs/2005.12729
    """

    def __init__(
        self,
        learner: Learner,
        observation: bool = False,
        reward_discount: float | None = None,
        num_envs: int = 1,
    ):
        observed = learner.spec.observation
        if observation and not _fresh(observed, learner.batch_shape):
            raise ValueError(
                "normalize_observation needs vectors to normalise, not "
                f"{abbreviated(observed)}: leave it False."
            )
        self.memory = getattr(learner, "memory", None)
        if observation and self.memory is not None:
            raise ValueError(
                "normalize_observation does not go with a learner's memory: leave one of the two."
            )
        if reward_discount is not None and not 0 <= reward_discount <= 1:
            raise ValueError(
                f"normalize_reward is a discount in [0, 1], not {reward_discount}: pass the "
                "learner's own, such as 0.99."
            )
        self.learner = learner
        self.spec = learner.spec
        self.batch_shape = learner.batch_shape
        self.experience = learner.experience
        self.metric_names = learner.metric_names
        self._normalizes = observation
        self._reward_discount = reward_discount
        self._num_envs = num_envs

    def init(self, seed: Any) -> NormalizedState:
        """Returns a fresh state."""
        return self.around(self.learner.init(seed))

    def around(self, state: Any) -> NormalizedState:
        """Returns a state with fresh statistics around one of the learner inside.

        A state that has statistics keeps them; its worlds begin new episodes.
        """
        learners = self.batch_shape
        fresh = NormalizedState(learner=state, observation=(), discounted_return=(), running=())
        if self._normalizes:
            fresh = fresh._replace(observation=_fresh(self.spec.observation, learners))
        if self._reward_discount is not None:
            fresh = fresh._replace(
                discounted_return=no_moments(learners, ()),
                running=tf.zeros([*learners, self._num_envs], tf.float64),
            )
        if not isinstance(state, NormalizedState):
            return fresh
        for argument, now, then in (
            ("normalize_observation", fresh.observation, state.observation),
            ("normalize_reward", fresh.discounted_return, state.discounted_return),
        ):
            if bool(now) != bool(then):
                raise ValueError(
                    f"{argument} must be as in the run that `state` is from, which was trained "
                    f"with{'' if then else 'out'} it."
                )
        return state._replace(running=fresh.running)

    def policy(self, state: NormalizedState, observation: tf.Tensor) -> Any:
        """Returns the action distribution at observations as the world shows them."""
        check_state_kind(self, state, NormalizedState)
        return self.learner.policy(state.learner, self._scaled(state.observation, observation))

    def greedy(self, distribution: Any) -> tf.Tensor:
        """Returns the action to take when nothing is to be explored, [*P, B, ...]."""
        return self.learner.greedy(distribution)

    def explore(self, state: NormalizedState, observation: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the actions of a learner inside that explores in a way of its own."""
        check_state_kind(self, state, NormalizedState)
        learner = cast(ExploringLearner, self.learner)
        return learner.explore(state.learner, self._scaled(state.observation, observation), seed)

    def update(self, state: NormalizedState, batch: Transition, seed: Any) -> tuple[Any, Metrics]:
        """One update of the learner inside; the statistics stay."""
        check_state_kind(self, state, NormalizedState)
        inside, metrics = self.learner.update(state.learner, self._seen(state, batch), seed)
        return state._replace(learner=inside), metrics

    def prioritized_update(
        self, state: NormalizedState, batch: Transition, weight: tf.Tensor | None, seed: Any
    ) -> tuple[Any, Metrics, tf.Tensor]:
        """One update of the learner inside with importance weights; the statistics stay."""
        check_state_kind(self, state, NormalizedState)
        learner = cast(PrioritizedLearner, self.learner)
        inside, metrics, error = learner.prioritized_update(
            state.learner, self._seen(state, batch), weight, seed
        )
        return state._replace(learner=inside), metrics, error

    def observe(self, state: NormalizedState, fresh: Transition) -> NormalizedState:
        """Returns the state with new experience in its statistics.

        Args:
          state: the learners' state.
          fresh: steps that follow those observed before, [*P, B, ...] or [T, *P, B, ...].
        """
        check_state_kind(self, state, NormalizedState)
        if fresh.reward.shape.rank == len(self.batch_shape) + 1:
            fresh = tf.nest.map_structure(lambda x: x[None], fresh)
        if state.observation:
            moments = self._with_values(state.observation, fresh.observation, fresh.valid)
            state = state._replace(observation=moments)
        if state.discounted_return:
            returns = self._discounted(state.running, fresh)
            moments = add_values(
                state.discounted_return, self._together(returns), self._together(fresh.valid)
            )
            ended = fresh.terminated[-1] | fresh.truncated[-1]
            state = state._replace(
                discounted_return=moments,
                running=tf.where(ended, tf.zeros_like(returns[-1]), returns[-1]),
            )
        return state

    def _discounted(self, running: tf.Tensor, fresh: Transition) -> tf.Tensor:
        """Every step's discounted rewards so far, [T, *P, B], from `running`, those before."""
        done = tf.concat([tf.zeros_like(fresh.valid[:1]), fresh.terminated | fresh.truncated], 0)
        ongoing = tf.cast(~done[:-1], tf.float64)
        valid = tf.cast(fresh.valid, tf.float64)
        add = valid * tf.cast(fresh.reward, tf.float64)
        factor = ongoing * (1 - valid + valid * self._reward_discount)
        return backward_recurrence(add[::-1], factor[::-1], running)[::-1]

    def _seen(self, state: NormalizedState, batch: Transition) -> Transition:
        """What the learner inside sees of a batch."""
        reward = batch.reward
        if state.discounted_return:
            divisor = tf.cast(scale(state.discounted_return), tf.float32)[..., None]
            reward = tf.clip_by_value(reward / divisor, -CLIP, CLIP)
        return batch._replace(
            observation=self._scaled(state.observation, batch.observation),
            next_observation=self._scaled(state.observation, batch.next_observation),
            reward=reward,
        )

    def _with_values(self, moments: Any, values: Any, valid: tf.Tensor) -> Any:
        """The moments with those of observations [T, *P, B, *O]."""
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
        ndims = len(self.batch_shape)
        # In float64: a mean far from 0 would leave few digits of the difference.
        centred = tf.cast(observation, tf.float64) - tf.expand_dims(moments.mean, ndims)
        scaled = centred / tf.expand_dims(scale(moments), ndims)
        return tf.cast(tf.clip_by_value(scaled, -CLIP, CLIP), tf.float32)

    def _together(self, x: tf.Tensor) -> tf.Tensor:
        """[T, *P, B, ...] -> [*P, T B, ...]."""
        ndims = len(self.batch_shape)
        order = [*range(1, ndims + 1), 0, *range(ndims + 1, x.shape.rank)]
        shape = [*self.batch_shape, x.shape[0] * x.shape[ndims + 1], *x.shape[ndims + 2 :]]
        return tf.reshape(tf.transpose(x, order), shape)


def _fresh(spec: ObservationSpec, learners: tuple[int, ...]) -> Any:
    """No moments yet of what can be normalised; () where there is nothing."""
    if isinstance(spec, dict):
        of_parts = {key: _fresh(part, learners) for key, part in spec.items()}
        return of_parts if any(of_parts.values()) else ()
    return no_moments(learners, spec.shape) if isinstance(spec, Box) else ()


def observe(learner: Learner, state: Any, fresh: Transition) -> Any:
    """Returns the state after new experience, which only a `Normalized` learner takes note of."""
    return learner.observe(state, fresh) if isinstance(learner, Normalized) else state


def acting(learner: Learner, state: Any) -> Learner:
    """Returns the learner that acts in a state: one that normalises if the state has statistics."""
    if isinstance(state, NormalizedState) and not isinstance(learner, Normalized):
        return Normalized(learner)
    return learner


def parts(state: Any) -> dict[str, Any]:
    """Returns the parts of a learner's state by name, those of one inside another among them."""
    if isinstance(state, NormalizedState):
        named = state._asdict()
        return {**named.pop("learner")._asdict(), **named}
    return state._asdict()
