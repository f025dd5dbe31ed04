"""The soft backup of one sparse process, written out so that XLA makes a single loop of it.

Shape letters: `S` states, `A` actions, `K` successors, `B` the shape of the temperatures.

Over the array [S, A, K], XLA makes one loop for the maximum over the actions and another for the
sum of the exponentials, and gathers in both. This module writes the backup out over actions and
successors, with vectors over the states that are contiguous in memory. XLA then makes one loop
without intermediate results. With a million states, 4 actions and 3 successors, the backup takes 14
instead of 22 ms on one core.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from maxent_tf.regularizers.envelope import positive_part
from maxent_tf.tabular.sparse_transitions import Successors

# Beyond, the program would be long to compile.
_MOST_TERMS = 64


def is_short(transition: Successors) -> bool:
    """Returns whether a backup can be written out: one process, few actions and successors."""
    shape = transition.probability.shape
    return shape.rank == 3 and shape[1] * shape[2] <= _MOST_TERMS


def written_out(
    transition: Successors, reward: tf.Tensor, discount: tf.Tensor, alpha: tf.Tensor, hard: bool
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the backup with Shannon's entropy, from values v, [*B, S], to [*B, S].

    Whatever does not depend on the values is computed here, once for a whole loop. Terminal states
    are treated as all others.

    Args:
      transition: The successors, of shape [S, A, K], for which `is_short` is True.
      reward: [S, A], the expected rewards.
      discount: [], the discount factor.
      alpha: [*B], the temperatures.
      hard: Whether alpha is 0 throughout.
    """
    actions, successors = transition.probability.shape[1:]
    next_state, probability = (tf.transpose(x, [1, 2, 0]) for x in transition)
    paid = tf.transpose(reward)
    _, safe = positive_part(alpha[..., None])
    inverse = 1 / safe

    def action_value(v: tf.Tensor, a: int) -> tf.Tensor:
        expected = tf.add_n(
            [probability[a, k] * tf.gather(v, next_state[a, k], axis=-1) for k in range(successors)]
        )
        return paid[a] + discount * expected

    def backup(v: tf.Tensor) -> tf.Tensor:
        largest, *others = (action_value(v, a) for a in range(actions))
        smaller = []
        for q in others:
            smaller.append(tf.minimum(largest, q))
            largest = tf.maximum(largest, q)
        if hard:
            return largest
        # As in `log_linear`: nothing overflows, and at alpha = 0 the logarithm is multiplied by 0.
        # The exponential of the largest itself is 1; the logarithm is taken of 1 plus the others.
        weight = [tf.exp((q - largest) * inverse) for q in smaller]
        return largest + alpha[..., None] * tf.math.log1p(tf.add_n(weight)) if weight else largest

    return backup
