"""The head of mixtures against its layout by hand."""

import numpy as np
import pytest
import tensorflow as tf

from maxent_tf.distributions import greedy_action
from maxent_tf.networks import SquashedMixtureHead
from maxent_tf.specs import Box

ACTION = Box.of((2,), [-1.0, 0.0], [1.0, 4.0])


def test_outputs_are_weights_locations_and_log_scales_of_each_component() -> None:
    # Oracle: the layout, component by component; the greedy action is the squashed location of the
    # component with the largest weight.
    head = SquashedMixtureHead(ACTION, 3, (-1.0, 0.5), initial_stddev=0.8)
    assert head.num_outputs == 15
    outputs = np.random.default_rng(0).normal(size=(2, 4, 15)).astype(np.float32)
    d = head(tf.constant(outputs))
    assert (tuple(d.batch_shape), tuple(d.event_shape)) == ((2, 4), (2,))
    for k in range(3):
        part = outputs[..., 5 * k : 5 * k + 5]
        np.testing.assert_array_equal(d.logits[..., k], part[..., 0])
        np.testing.assert_array_equal(d.loc[..., k, :], part[..., 1:3])
        scale = np.exp(np.clip(part[..., 3:] + np.log(0.8), -1.0, 0.5))
        np.testing.assert_allclose(d.scale[..., k, :], scale, rtol=1e-6)
    heaviest = np.argmax(d.logits, axis=-1)[..., None, None]
    loc = np.take_along_axis(d.loc.numpy(), heaviest, axis=-2)[..., 0, :]
    low, high = ACTION.bounds()
    expected = low + (high - low) * (np.tanh(loc) + 1) / 2
    np.testing.assert_allclose(greedy_action(d), expected, rtol=1e-5, atol=1e-6)


def test_what_a_gaussian_head_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a vector of actions with finite bounds"):
        SquashedMixtureHead(Box.of((2,)), 3, (-5.0, 2.0), 1.0)
    with pytest.raises(ValueError, match=r"initial_stddev=0\.0 must be positive"):
        SquashedMixtureHead(ACTION, 3, (-5.0, 2.0), 0.0)
