"""An environment of the graph as the model of a search, with a learner for priors and values."""

from __future__ import annotations

from typing import Any, Protocol

import tensorflow as tf

from maxent_tf.environments import Environment
from maxent_tf.networks import features
from maxent_tf.search.tree import Model, ModelStep, Root


class Evaluator(Protocol):
    """What a search needs of a learner: `A2C`, `PPO` and `AlphaZero` have it.

    Attributes:
      batch_shape: The batch shape `P` of the learners.
    """

    batch_shape: tuple[int, ...]

    def policy(self, state: Any, observation: Any) -> Any:
        """Returns a categorical distribution of batch shape [*P, B]."""

    def value(self, state: Any, observation: Any) -> tf.Tensor:
        """Returns the values of the observations, [*P, B]."""


def world_model(env: Environment, learner: Evaluator, *, discount: float) -> Model:
    """Returns the model of a search in an environment of the graph.

    The embedding is the state of the environment, [R, ...], for R roots, which are the environments
    [*P, B] in one axis. The parameters are the state of the learner. A time limit ends no search:
    the value of the state in which an episode is cut is not 0.

    Args:
      env: The environment, whose actions must be discrete. It must be deterministic: the search
        keeps the first outcome of every action. With two players, the discount is negative.
      learner: What gives priors and values, such as `A2C` or `PPO`.
      discount: The discount factor, in [0, 1].
    """
    sign = -1 if env.spec.num_players == 2 else 1

    def model(
        params: Any, embedding: Any, action: tf.Tensor, seed: tf.Tensor
    ) -> tuple[ModelStep, Any]:
        world, timestep = env.step(embedding, action, seed)
        root, mask = world_root(env, learner, params, world, timestep.observation)
        going_on = 1 - tf.cast(timestep.terminated, tf.float32)
        step = ModelStep(
            timestep.reward, sign * discount * going_on, root.prior_logits, root.value, mask
        )
        return step, world

    return model


def world_root(
    env: Environment, learner: Evaluator, params: Any, world: Any, observation: Any
) -> tuple[Root, tf.Tensor | None]:
    """Returns the roots of a search in an environment, and the masks of their legal actions.

    Args:
      env: The environment.
      learner: What gives priors and values.
      params: The state of the learner.
      world: The states of R environments, which are [*P, B] in one axis: tensors [R, ...].
      observation: Their observations, [R, *O].

    Returns:
      The roots, and the masks, [R, A], bool; None if all actions are legal.
    """
    shape = learner.batch_shape

    def for_learners(x: tf.Tensor) -> tf.Tensor:
        if not shape:
            return x
        return tf.reshape(x, [*shape, -1, *x.shape[1:]])

    seen = tf.nest.map_structure(for_learners, observation)
    logits = learner.policy(params, seen).logits_parameter()
    value = learner.value(params, seen)
    root = Root(
        tf.reshape(logits, [-1, logits.shape[-1]]), tf.reshape(value, [-1]), embedding=world
    )
    return root, features.action_mask(env.spec.observation, observation)
