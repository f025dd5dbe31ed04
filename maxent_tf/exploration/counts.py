"""Count-based exploration: a bonus for states and actions that were rarely met.

Shape letters: `P` is the batch shape of the learners, `N` the number of transitions, `S` the number
of cells, `A` the number of actions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.axes import sizes
from maxent_tf.checks import as_integer, one_of
from maxent_tf.networks import features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Discrete, EnvironmentSpec
from maxent_tf.types import Transition

# A table of more cells would not fit beside a batch of learners.
_LARGEST_TABLE = 2**26


@dataclass(frozen=True)
class Counts:
    r"""The `IntrinsicReward` by exact counts, for environments with few observations.

    .. math:: b(s, a) = 1 / \sqrt{n(s, a)} \quad \text{or} \quad b(s') = 1 / \sqrt{n(s')}

    The first form, times the wrapper's scale beta, is the bonus of MBIE-EB. With this bonus,
    model-based interval estimation needs a number of steps that is polynomial in the number of
    states. The count of a transition includes the transition itself. A transition that was never
    observed has the bonus of one that was observed once.

    Attributes:
      spec: The specification of the environment. Observations must be `Discrete`, `MultiDiscrete`,
        or one-hot vectors, such as those of `environments.FiniteWorld`. A `Box` in [0, 1] is taken
        as one-hot: its largest entry is the state.
      of: "state_action" counts pairs of the state in which an action was taken and the action.
        "next_state" counts the states that were reached; at the end of an episode, this is the
        final state.

    Raises:
      ValueError: If the observations are of another kind, `of` is unknown, `of` is "state_action"
        and the actions are not `Discrete`, or the table would have more than 2^26 cells.

    References:
      A. Strehl, M. Littman (2008), "An analysis of model-based interval estimation for Markov
      decision processes", section 3.3, https://doi.org/10.1016/j.jcss.2007.08.009
    """

    spec: EnvironmentSpec
    of: str = "state_action"

    metric_names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        one_of("of", self.of, ("next_state", "state_action"))
        try:
            features.num_states(self.spec.observation)
        except ValueError as error:
            raise ValueError(f"Counts cannot count here: {error} Use SimHash.") from None
        if self.of == "state_action" and not isinstance(self.spec.action, Discrete):
            raise ValueError(
                f"of='state_action' needs Discrete actions to count, not {self.spec.action}: pass "
                'of="next_state".'
            )
        if self.num_cells > _LARGEST_TABLE:
            raise ValueError(
                f"counts of {self.num_cells:,} cells are too many for a table: use SimHash."
            )

    @property
    def num_cells(self) -> int:
        """The number of cells, each of which has its own count."""
        states = features.num_states(self.spec.observation)
        if self.of == "next_state":
            return states
        assert isinstance(self.spec.action, Discrete)
        return states * self.spec.action.num_values

    def init(self, seed: Any, batch_shape: Sequence[int]) -> tf.Tensor:
        """Returns counts of 0, [*P, cells], float32, which are exact up to 2^24."""
        del seed
        return tf.zeros([*batch_shape, self.num_cells])

    def observe(self, state: tf.Tensor, fresh: Transition) -> tf.Tensor:
        """Counts fresh transitions: see `IntrinsicReward.observe`."""
        return state + _histogram(self._cell(fresh), fresh.valid, self.num_cells)

    def reward(self, state: tf.Tensor, transition: Transition) -> tf.Tensor:
        """Returns the bonuses of transitions, [*P, B], float32, in (0, 1]."""
        cell = self._cell(transition)
        count = tf.gather(state, cell, batch_dims=cell.shape.rank - 1)
        return tf.math.rsqrt(tf.maximum(count, 1.0))

    def update(self, state: tf.Tensor, batch: Transition, seed: Any) -> tuple[tf.Tensor, Any]:
        """Returns the state unchanged, because there is no network to train."""
        del batch, seed
        return state, ()

    def _cell(self, transition: Transition) -> tf.Tensor:
        """Returns the cells of transitions, [*P, B], int32."""
        if self.of == "next_state":
            return features.state_index(self.spec.observation, transition.next_observation)
        assert isinstance(self.spec.action, Discrete)
        state = features.state_index(self.spec.observation, transition.observation)
        return state * self.spec.action.num_values + transition.action


@dataclass(frozen=True)
class SimHash:
    r"""The `IntrinsicReward` by counts of groups of similar observations.

    .. math::
       b(s') = 1 / \sqrt{n(\phi(s'))}, \qquad
       \phi(s) = \mathrm{sgn}(A \, g(s)) \in \{-1, 1\}^k, \quad A_{ij} \sim N(0, 1)

    Here g(s) are the features of the observation that networks also take, and A is drawn for each
    learner. Observations with similar directions share most signs. The larger k is, the finer are
    the groups. Each code is counted at a random place in each of two tables. The smaller of the two
    counts is used, so that a count is never too small and rarely too large.

    Attributes:
      spec: The specification of the environment.
      bits: The number k of signs.
      table_size: The number of cells in each of the two tables.

    Raises:
      ValueError: If `bits` or `table_size` is not a positive integer.

    References:
      H. Tang et al. (2017), "#Exploration: a study of count-based exploration for deep
      reinforcement learning", algorithm 1, https://arxiv.org/abs/1611.04717
    """

    spec: EnvironmentSpec
    bits: int = 32
    table_size: int = 2**16

    metric_names: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in ("bits", "table_size"):
            object.__setattr__(self, name, as_integer(name, getattr(self, name)))

    def init(self, seed: Any, batch_shape: Sequence[int]) -> SimHashState:
        """Returns random projections, and counts of 0."""
        projection_seed, hash_seed = tf.unstack(draws.split(as_seed(seed), 2))
        inputs = features.num_features(self.spec.observation)
        return SimHashState(
            projection=draws.normal([*batch_shape, inputs, self.bits], projection_seed),
            factor=draws.uniform([*batch_shape, 2, self.bits], hash_seed),
            count=tf.zeros([*batch_shape, 2, self.table_size]),
        )

    def observe(self, state: SimHashState, fresh: Transition) -> SimHashState:
        """Counts the states that fresh transitions reached: see `IntrinsicReward.observe`."""
        cell = self._cells(state, fresh)
        valid = tf.broadcast_to(fresh.valid[..., None, :], tf.shape(cell))
        return state._replace(count=state.count + _histogram(cell, valid, self.table_size))

    def reward(self, state: SimHashState, transition: Transition) -> tf.Tensor:
        """Returns the bonuses of transitions, [*P, B], float32, in (0, 1]."""
        cell = self._cells(state, transition)
        counts = tf.gather(state.count, cell, batch_dims=cell.shape.rank - 1)
        return tf.math.rsqrt(tf.maximum(tf.reduce_min(counts, axis=-2), 1.0))

    def update(self, state: SimHashState, batch: Transition, seed: Any) -> tuple[Any, Any]:
        """Returns the state unchanged, because there is no network to train."""
        del batch, seed
        return state, ()

    def _cells(self, state: SimHashState, transition: Transition) -> tf.Tensor:
        """Returns the cells of the states that were reached in both tables, [*P, 2, B], int32."""
        observed = features.flatten(self.spec.observation, transition.next_observation)
        code = tf.cast(observed @ state.projection > 0, tf.float32)
        # The fractional part of a sum of random numbers is uniform, and independent for any two
        # codes: rounding changes both alike.
        place = tf.einsum("...nk,...hk->...hn", code, state.factor) % 1.0
        return tf.minimum(tf.cast(place * self.table_size, tf.int32), self.table_size - 1)


class SimHashState(NamedTuple):
    """The state of `SimHash`.

    Attributes:
      projection: [*P, F, k], the matrix A, transposed, for F features.
      factor: [*P, 2, k], the random numbers that determine the cell of a code in each table.
      count: [*P, 2, table_size], float32, the counts.
    """

    projection: tf.Tensor
    factor: tf.Tensor
    count: tf.Tensor


def _histogram(cell: tf.Tensor, valid: tf.Tensor, num_cells: int) -> tf.Tensor:
    """Returns how often each cell occurs among the valid ones: [*P, N] -> [*P, cells], float32."""
    *learners, num = sizes(cell)
    flat, weight = tf.reshape(cell, [-1, num]), tf.reshape(tf.cast(valid, tf.float32), [-1])
    rows = tf.range(tf.shape(flat)[0])[:, None] * num_cells
    total = math.prod(learners) * num_cells
    counts = tf.math.unsorted_segment_sum(weight, tf.reshape(flat + rows, [-1]), total)
    return tf.reshape(counts, [*learners, num_cells])
