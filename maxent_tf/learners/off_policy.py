r"""The parts that off-policy learners share: critic losses, n-step returns and target networks.

With n-step targets, these learners learn from soft returns,

.. math::
   y_t = r_t + \sum_{k=1}^{m-1} \gamma^k \left(r_{t+k} + \alpha H(\pi(s_{t+k}))\right)
         + \gamma^m V(s_{t+m})

Here m = n, or fewer if the episode ends before or if the replay buffer holds no more steps yet.
After a termination the target has no V; after a truncation V is that of the episode's own final
observation. The entropies of the steps in between are part of the return, as they are part of V:
they are entropies of the present policy at the present temperature. There is no off-policy
correction for the actions in between, which earlier policies chose: beyond one step, the target is
biased towards the values of those policies, and the bias grows with the age of the transitions.

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
from maxent_tf.learners.noisy import check_noisy
from maxent_tf.optimizers.learning_rate import expand_to
from maxent_tf.replay import NStepTransition, Priorities, n_step_transitions
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition


def check_config(config: Any) -> None:
    """Raises ValueError if a hyperparameter that off-policy learners share is out of range."""
    validation.check_shared(config)
    check_noisy(config)
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
    """Returns the experience that a learner with these hyperparameters needs.

    Raises:
      ValueError: If a tensor among the hyperparameters does not broadcast to `batch_shape`.
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
    """Returns transitions over n steps, whose rewards include the entropies in between.

    Args:
      batch: The steps, fields [*P, B, ...], or [n, *P, B, ...] if n is above 1.
      n_step: n, the length of the targets.
      discount: [*P], the discount factor gamma.
      entropy_reward: A function from the steps after the first, fields [*P, (n - 1) B, ...], to
        what is added to their rewards, [*P, (n - 1) B]. Steps behind the end of an episode do not
        count.

    Returns:
      The transitions, fields [*P, B, ...].
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
    """Returns half the mean squared Bellman error, summed over critics.

    Args:
      q: [*P, critics, B], the values of every critic.
      target: [*P, B], the target, common to all critics.
      weight: [*P, B], importance weights; None is 1. Only losses of values have such weights: their
        targets depend on what happened in the environment, and so does the probability with which
        a transition is drawn. The losses of the actor and of the temperature depend on nothing in
        the transition but its state.

    Returns:
      The loss, [*P], and the absolute errors, averaged over critics, [*P, B].
    """
    target = target[..., None, :]
    if weight is not None:
        weight = weight[..., None, :]
    each = losses.squared_error_loss(q, target, weight=weight)
    return tf.reduce_sum(each, axis=-1), tf.reduce_mean(tf.abs(q - target), axis=-2)


def of_action(q: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
    """Returns the values of the actions taken: [..., B, A] and [..., B], int32 -> [..., B].

    The values are selected, not gathered, because the gradient of a gather would scatter.
    """
    taken = tf.one_hot(action, q.shape[-1], True, False)
    return tf.reduce_sum(tf.where(taken, q, 0), axis=-1)


def follow(target: Any, source: Any, tau: tf.Tensor) -> Any:
    """Moves target parameters by a fraction `tau`, [*P], towards the source parameters."""
    return tf.nest.map_structure(
        lambda slow, fast: slow + expand_to(tau, slow, tau.shape.rank) * (fast - slow),
        target,
        source,
    )
