"""UCT's bound; its choices in trees are tested against a naive tree beside the search."""

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.search.tree import Node


def choice(visits: list[float], q: list[float], c: float) -> int:
    log_prior = tf.constant([[0.0, 0.0, -np.inf, 0.0]])
    node = Node(log_prior, tf.constant([visits]), tf.constant([q]), tf.zeros([1]))
    return int(mx.search.Uct(c).select(node, tf.constant([0, 0]))[0])


def test_the_bound_is_that_of_kocsis_and_szepesvari() -> None:
    # Oracle: by hand. Of 100 visits, 90 and 9 have bounds of c .226 and c .715: at a gap of .4,
    # the second action is the better one from c = .818 on.
    visits, q = [90.0, 9.0, 0.0, 1.0], [0.9, 0.5, 0.0, -9.0]
    assert choice(visits, q, 0.0) == 0
    assert choice(visits, q, 0.81) == 0
    assert choice(visits, q, 0.83) == 1


def test_the_untried_come_first_and_the_illegal_never() -> None:
    # Oracle: by hand; the third action is illegal.
    assert choice([0.0, 0.0, 0.0, 0.0], [0.0] * 4, 1.0) == 0
    assert choice([5.0, 0.0, 0.0, 0.0], [9.0, 0.0, 0.0, 0.0], 1.0) == 1
    assert choice([5.0, 5.0, 0.0, 0.0], [9.0, 9.0, 0.0, 0.0], 1.0) == 3


def test_bad_values_are_named() -> None:
    with pytest.raises(ValueError, match="c must be finite and at least 0, not -1"):
        mx.search.Uct(-1.0)
