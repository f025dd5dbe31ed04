"""Convolutions of images; each learner has its own filters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.checks import as_sizes
from maxent_tf.networks import dense


@dataclass(frozen=True)
class Convolution:
    """Convolutional layers without padding, each followed by a rectifier, with a flat output.

    The defaults are the three layers of Mnih et al. (2015) for images of 84 x 84; with
    `hidden_sizes=(512,)`, the whole network is theirs.

    Attributes:
      shape: The shape of one image, (height, width, channels).
      filters: The number of filters of each layer.
      kernel_sizes: The height and width of each layer's filters.
      strides: The stride of each layer.
      channels_first: Whether images come as (channels, height, width), as Gymnasium's
        `FrameStackObservation` gives them for grey images; `shape` is then in that order, too.

    Raises:
      ValueError: If `shape` is not that of an image with channels, a number is not a positive
        integer, the numbers of layers differ, or an image is too small for the filters of a layer.

    References:
      V. Mnih et al. (2015), "Human-level control through deep reinforcement learning",
      https://doi.org/10.1038/nature14236
    """

    shape: tuple[int, int, int]
    filters: tuple[int, ...] = (32, 64, 64)
    kernel_sizes: tuple[int, ...] = (8, 4, 3)
    strides: tuple[int, ...] = (4, 2, 1)
    channels_first: bool = False

    def __post_init__(self) -> None:
        for name in ("shape", "filters", "kernel_sizes", "strides"):
            object.__setattr__(self, name, as_sizes(name, getattr(self, name)))
        if len(self.shape) != 3:
            raise ValueError(
                f"shape={self.shape} must have three axes, (height, width, channels): a grey image "
                "has one channel, shape=(84, 84, 1)."
            )
        if not len(self.filters) == len(self.kernel_sizes) == len(self.strides):
            raise ValueError(
                f"filters={self.filters}, kernel_sizes={self.kernel_sizes} and "
                f"strides={self.strides} must have one number each for every layer."
            )
        height, width, _ = self._image
        for size, stride in zip(self.kernel_sizes, self.strides, strict=True):
            if min(height, width) < size:
                raise ValueError(
                    f"kernel_sizes={self.kernel_sizes} with strides={self.strides} leave images of "
                    f"{height} x {width} to filters of {size} x {size}, from shape={self.shape}: "
                    "use fewer layers, or smaller filters and strides."
                )
            height, width = (height - size) // stride + 1, (width - size) // stride + 1

    @property
    def _image(self) -> tuple[int, int, int]:
        """The height, the width and the number of channels."""
        if self.channels_first:
            return self.shape[1], self.shape[2], self.shape[0]
        return self.shape

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> tuple[dense.DenseParams, ...]:
        """Draws filters that are orthogonal to each other, independently for every learner.

        Args:
          seed: A seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.

        Returns:
          The layers' parameters: kernels [*P, height, width, in, out] and biases [*P, 1, out].
        """
        channels = (self._image[-1], *self.filters)
        layers = []
        for k, layer_seed in enumerate(tf.unstack(draws.split(seed, len(self.filters)))):
            size, inputs, outputs = self.kernel_sizes[k], channels[k], channels[k + 1]
            matrix, bias = dense.init(
                layer_seed, batch_shape, size * size * inputs, outputs, math.sqrt(2)
            )
            kernel = tf.reshape(matrix, [*batch_shape, size, size, inputs, outputs])
            layers.append(dense.DenseParams(kernel, bias))
        return tuple(layers)

    def apply(self, params: tuple[dense.DenseParams, ...], x: tf.Tensor) -> tf.Tensor:
        """Returns the features, [N, B, F], of images [N, B, *shape], float32; see `Network`.

        Raises:
          ValueError: If the observations are not such images.
        """
        given = None if isinstance(x, Mapping) else tuple(x.shape[2:])
        if given != self.shape:
            raise ValueError(
                f"Convolution takes images of its shape={self.shape}, not "
                f"{'a dict' if given is None else f'observations of shape {given}'}: "
                f"{self._remedy(given)}"
            )
        # A convolution is no batched product: learners follow each other, as they would anyway on
        # a processor that one of them keeps busy.
        each = zip(tf.unstack(x), *map(_unstacked, params), strict=True)
        return tf.stack([self._features(image, layers) for image, *layers in each])

    def _remedy(self, given: tuple[int, ...] | None) -> str:
        if given is None:
            return "name the part that is an image, network={'image': Convolution(...)}."
        if len(given) == 2:
            return (
                f"give every image an axis of channels, specs.Image({(*given, 1)}), a Gymnasium "
                f"environment by gymnasium.wrappers.ReshapeObservation(env, {(*given, 1)})."
            )
        if given == (self._image[2], *self._image[:2]):
            return f"build it as Convolution({given}, channels_first=True)."
        return f"build it as Convolution({given}) for images, and leave it out for anything else."

    def _features(self, x: tf.Tensor, layers: Sequence[dense.DenseParams]) -> tf.Tensor:
        """Returns the features of one learner: [B, *shape] -> [B, F]."""
        if self.channels_first:
            x = tf.transpose(x, [0, 2, 3, 1])
        for layer, stride in zip(layers, self.strides, strict=True):
            x = tf.nn.relu(tf.nn.conv2d(x, layer.kernel, stride, "VALID") + layer.bias)
        return tf.reshape(x, [-1, math.prod(x.shape[1:])])


def _unstacked(layer: dense.DenseParams) -> list[dense.DenseParams]:
    pairs = zip(tf.unstack(layer.kernel), tf.unstack(layer.bias), strict=True)
    return [dense.DenseParams(*pair) for pair in pairs]
