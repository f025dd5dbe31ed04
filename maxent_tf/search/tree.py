"""The structures of tree search: what a model answers, the tree, and what a rule sees of it.

Shape letters: `B` is the number of roots, whose searches go in lockstep. `N` is the number of rows
of a tree; row 0 is the root. `A` is the number of actions. All numbers of a search have one
floating dtype, that of the value of its roots.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

#: A model: (params, embedding, action [B], seed [2]) -> (ModelStep, the embedding that follows).
Model = Callable[[Any, Any, tf.Tensor, tf.Tensor], tuple["ModelStep", Any]]


class Root(NamedTuple):
    """What a search starts from.

    Attributes:
      prior_logits: [B, A], float, the logits of the prior policy; -inf marks an illegal action.
      value: [B], float, the value of the root for the player who moves there.
      embedding: The state of the model: tensors [B, ...] in any structure.
    """

    prior_logits: tf.Tensor
    value: tf.Tensor
    embedding: Any


class ModelStep(NamedTuple):
    """What a model answers to an action.

    Attributes:
      reward: [B], float, the reward of the action for the player who took it.
      discount: [B], float, the factor of the value that follows. It is 0 where the episode ends,
        and negative where the value that follows is that of the other player, in a zero-sum game.
      prior_logits: [B, A], float, the logits of the prior policy in the state that follows.
      value: [B], float, the value of the state that follows, for the player who moves there.
      mask: [B, A], bool, the actions that are legal in the state that follows; None if all are. An
        action whose logit is -inf is illegal, too. Where the discount is 0, nothing need be legal.
    """

    reward: tf.Tensor
    discount: tf.Tensor
    prior_logits: tf.Tensor
    value: tf.Tensor
    mask: tf.Tensor | None = None


class Outcome(NamedTuple):
    """What a rule concludes from a search.

    Attributes:
      policy: [B, A], the policy to act by.
      target: [B, A], the policy that a network should learn.
      value: [B], the value of the root.
    """

    policy: tf.Tensor
    target: tf.Tensor
    value: tf.Tensor


class Tree(NamedTuple):
    """The trees of a batch of searches.

    Every simulation evaluates the model once and writes the next row. A row is linked as a child
    unless the episode ended there or the depth was the largest allowed: such a row is evaluated
    anew by each simulation that reaches it.

    Attributes:
      visits: [B, N, A], float, the number of simulations that took the action in the node.
      q: [B, N, A], float, the value of the action, reward plus discount times the value of the
        child, for the player who moves in the node; 0 where no simulation took the action.
      child: [B, N, A], int32, the row of the child; 0 where there is none.
      log_prior: [B, N, A], float, the normalised logarithm of the prior; -inf of illegal actions.
      value: [B, N], float, the value of the node according to the model.
      reward: [B, N], float, the reward of the action that led to the node.
      discount: [B, N], float, the discount of the action that led to the node.
      edge: [B, N], int32, the parent's row times A plus the action that led to the node.
      embedding: The states of the model: tensors [B, N, ...] in any structure.
      size: [B], int32, the number of rows in use.
      outcome: What the rule concludes at the root; zeros after `descend`.
      trace: What was traced of the root after every simulation of the last search: tensors
        [B, num_simulations, ...] in any structure; () if nothing was, and after `descend`.
    """

    visits: tf.Tensor
    q: tf.Tensor
    child: tf.Tensor
    log_prior: tf.Tensor
    value: tf.Tensor
    reward: tf.Tensor
    discount: tf.Tensor
    edge: tf.Tensor
    embedding: Any
    size: tf.Tensor
    outcome: Outcome
    trace: Any = ()


class Node(NamedTuple):
    """One node of each tree, as rules see it.

    Attributes:
      log_prior: [B, A], float, as in `Tree`.
      visits: [B, A], float, as in `Tree`.
      q: [B, A], float, as in `Tree`.
      value: [B], float, as in `Tree`.
    """

    log_prior: tf.Tensor
    visits: tf.Tensor
    q: tf.Tensor
    value: tf.Tensor

    @property
    def legal(self) -> tf.Tensor:
        """Which actions are legal, [B, A], bool."""
        return self.log_prior > -float("inf")

    @property
    def num_legal(self) -> tf.Tensor:
        """The number of legal actions, [B, 1], float."""
        return tf.reduce_sum(tf.cast(self.legal, self.value.dtype), axis=-1, keepdims=True)

    @property
    def total(self) -> tf.Tensor:
        """The number of simulations that went through the node, [B, 1], float."""
        return tf.reduce_sum(self.visits, axis=-1, keepdims=True)


class Summary(NamedTuple):
    """What a search found at the roots.

    Attributes:
      visits: [B, A], float, the number of simulations that took each action.
      q: [B, A], float, the values of the actions; 0 where no simulation took the action.
      value: [B], float, the value of the root.
      policy: [B, A], float, the policy to act by.
      target: [B, A], float, the policy that a network should learn.
    """

    visits: tf.Tensor
    q: tf.Tensor
    value: tf.Tensor
    policy: tf.Tensor
    target: tf.Tensor


def map_rows(function: Callable[[tf.Tensor], tf.Tensor], tree: Tree) -> Tree:
    """Returns the tree with a function applied to everything that has rows, [B, N, ...]."""
    fields = tree._asdict().items()
    with_rows = {name: x for name, x in fields if name not in ("size", "outcome", "trace")}
    return tree._replace(**tf.nest.map_structure(function, with_rows))


def summary(tree: Tree) -> Summary:
    """Returns what a search found at the roots.

    Args:
      tree: The tree that `search` returned.
    """
    policy, target, value = tree.outcome
    return Summary(tree.visits[:, 0], tree.q[:, 0], value, policy, target)
