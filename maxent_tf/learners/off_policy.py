r"""What the learners from replay share: critics' losses, returns of several steps, slow targets.

Over n steps they learn from soft returns,

.. math::
   y_t = r_t + \sum_{k=1}^{m-1} \gamma^k \left(r_{t+k} + \alpha H(\pi(s_{t+k}))\right)
         + \gamma^m V(s_{t+m})

with m = n, or fewer where the episode ends before (a termination then has no V, a truncation that
of its own final observation) or replay holds no more yet. The entropy of every step in between is
part of the return, as it is of V: that of the present policy, at the present temperature. That the
actions in between are those of earlier policies is not corrected for: beyond one step the target is
biased towards their value, the more the older the transitions are.

References:
  M. Hessel et al. (2018), "Rainbow: combining improvements in deep reinforcement learning",
  https://arxiv.org/abs/1710.02298 (several steps without correction)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from maxent_tf import losses
from maxent_tf.axes import merge_time, split_time
from maxent_tf.checks import number
from maxent_tf.learners import validation
from maxent_tf.learners.interface import OffPolicy
from maxent_tf.optimizers.learning_rate import expand_to
from maxent_tf.replay import NStepTransition, Priorities, n_step_transitions
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


def check_config(config: Any) -> None:
    """Raises ValueError if a hyper-parameter that all off-policy learners have is out of range."""
    validation.check_shared(config)
    if isinstance(config.network, str):
        validation.one_of("network", config.network, ("mlp",))
    validation.in_range("discount", config.discount, 0, 1)
    validation.in_range("tau", config.tau, 0, 1, above=True)
    for name in ("batch_size", "replay_capacity"):
        validation.positive_integer(name, getattr(config, name))
    number("updates_per_step", config.updates_per_step)
    validation.in_range("updates_per_step", config.updates_per_step, 1e-4, 1e4)
    validation.positive_integer("learning_starts", config.learning_starts, least=0)
    # SQL has neither.
    validation.positive_integer("n_step", getattr(config, "n_step", 1))
    priorities = getattr(config, "priorities", None)
    if not isinstance(priorities, Priorities | None):
        raise ValueError(f"priorities must be Priorities(...) or None, not {priorities!r}.")


def experience(
    config: Any,
    batch_shape: tuple[int, ...],
    sequence_length: int = 1,
    priorities: Priorities | None = None,
) -> OffPolicy:
    """Returns what a learner with these hyper-parameters is to be fed with.

    Raises:
      ValueError: if a tensor does not broadcast to `batch_shape`.
    """
    if priorities is not None:
        validation.per_learner(
            "priorities.beta", priorities.beta_after(tf.constant(0)), batch_shape
        )
    return OffPolicy(
        config.replay_capacity,
        config.batch_size,
        config.learning_starts,
        config.updates_per_step,
        sequence_length,
        priorities,
    )


def check_batch(
    spec: EnvironmentSpec,
    batch: Transition,
    batch_shape: tuple[int, ...],
    length: int,
    extras: Any = (),
) -> None:
    """Raises ValueError unless the fields of `batch` have the shapes and dtypes they must have."""
    time = () if length == 1 else (length,)
    validation.check_batch(spec, batch, (*time, *batch_shape, None), extras)


def soft_n_step(
    batch: Transition,
    n_step: int,
    discount: tf.Tensor,
    entropy_reward: Callable[[Transition], tf.Tensor],
) -> NStepTransition:
    """The transitions over n steps, whose rewards hold the entropies of the steps in between.

    Args:
      batch: fields [*P, B, ...], or [n, *P, B, ...] where n is above 1.
      n_step: n.
      discount: [*P], gamma.
      entropy_reward: from the steps after the first, fields [*P, (n - 1) B, ...], to what is added
        to their rewards, [*P, (n - 1) B]. Those behind an episode's end do not count.

    Returns:
      Fields [*P, B, ...].
    """
    discount = discount[..., None]
    if n_step == 1:
        return NStepTransition(batch, discount * (1 - tf.cast(batch.terminated, tf.float32)))
    ndims = discount.shape.rank - 1
    between = merge_time(tf.nest.map_structure(lambda x: x[1:], batch), ndims)
    later = batch.reward[1:] + split_time(entropy_reward(between), ndims, n_step - 1)
    reward = tf.concat([batch.reward[:1], later], axis=0)
    window = n_step_transitions(batch._replace(reward=reward), discount, n_step)
    return tf.nest.map_structure(lambda x: x[0], window)


def ensemble_loss(
    q: tf.Tensor, target: tf.Tensor, weight: tf.Tensor | None = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """Half the mean squared Bellman error, summed over critics.

    Args:
      q: [*P, critics, B], every critic's values.
      target: [*P, B], the target they share.
      weight: [*P, B], importance weights; None is 1. The losses of values alone have them: their
        targets depend on what happened, and so does the chance of a transition to be drawn. The
        actor's and the temperature's depend on nothing drawn but the state.

    Returns:
      The loss, [*P], and the mean over critics of their absolute errors, [*P, B].
    """
    target = target[..., None, :]
    if weight is not None:
        weight = weight[..., None, :]
    each = losses.squared_error_loss(q, target, weight=weight)
    return tf.reduce_sum(each, axis=-1), tf.reduce_mean(tf.abs(q - target), axis=-2)


def of_action(q: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
    """The values of the actions taken: [..., B, A] and [..., B], int32 -> [..., B].

    A selection, not a gather, whose gradient would scatter.
    """
    taken = tf.one_hot(action, q.shape[-1], True, False)
    return tf.reduce_sum(tf.where(taken, q, 0), axis=-1)


def follow(target: Any, source: Any, tau: tf.Tensor) -> Any:
    """Moves target parameters by a fraction `tau`, [*P], towards those of the source."""
    return tf.nest.map_structure(
        lambda slow, fast: slow + expand_to(tau, slow, tau.shape.rank) * (fast - slow),
        target,
        source,
    )
