"""One learner of a batch is picked out. Oracle: NumPy's indexing."""

import re

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.distributions.categorical import Categorical
from maxent_tf.policies.member import Member

X = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


def test_a_state_keeps_its_rank_and_a_result_loses_the_axes() -> None:
    member = Member.of((2, 3), (1, 2))
    np.testing.assert_array_equal(member.of_state(tf.constant(X)), X[1:, 2:])
    np.testing.assert_array_equal(member.without_axes(tf.constant(X)), X[1, 2])
    np.testing.assert_array_equal(member.without_axes(tf.constant(X[:1, :1])), X[0, 0])
    # A counter that all learners share.
    np.testing.assert_array_equal(member.of_state(tf.constant(7)), 7)
    assert Member.of((3,), 2) == Member.of((3,), np.array([2]))


def test_a_distribution_inside_an_independent_one_loses_the_axes() -> None:
    # Oracle: the probabilities of the whole batch.
    logits = tf.constant(X[:, :, None, None] * np.ones([1, 2, 1]))
    whole = tfd.Independent(Categorical(logits=logits), 1)
    part = Member.of((2, 3), (1, 2)).of_distribution(whole)
    assert part.batch_shape == [1]
    actions = np.array([[3, 0]])
    np.testing.assert_allclose(
        part.log_prob(actions), whole.log_prob(np.broadcast_to(actions, (2, 3, 1, 2)))[1, 2]
    )


@pytest.mark.parametrize(
    ("shape", "index"), [((2,), None), ((), 0), ((2,), 2), ((2,), -1), ((2, 3), 1), ((2,), 1.0)]
)
def test_a_place_that_is_not_there_is_refused(shape: tuple[int, ...], index: object) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{list(shape)}")):
        Member.of(shape, index)
