"""Dense layers with noise on their weights; the scale of the noise is learned with the weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import tensorflow as tf

from maxent_tf import checks, draws
from maxent_tf.networks.dense import DenseParams
from maxent_tf.networks.encoded import Encoded
from maxent_tf.networks.mlp import MLP

FORMS = ("factorised", "independent")


class NoisyDenseParams(NamedTuple):
    """The parameters of a noisy dense layer; the scales may have either sign.

    Attributes:
      kernel: [*P, in, out], float32, the means of the weights.
      bias: [*P, 1, out], float32, the means of the biases.
      kernel_scale: [*P, in, out], float32, the scales of the noise of the weights.
      bias_scale: [*P, 1, out], float32, the scales of the noise of the biases.
    """

    kernel: tf.Tensor
    bias: tf.Tensor
    kernel_scale: tf.Tensor
    bias_scale: tf.Tensor


@dataclass(frozen=True)
class NoisyLayers:
    r"""The option that makes dense layers noisy.

    A noisy layer computes :math:`y = x (W + \Sigma \odot \varepsilon) + b + \sigma \odot
    \varepsilon_b`. The noise has mean 0, and does not depend on the input. Gradients reach the
    means :math:`W, b` and the scales :math:`\Sigma, \sigma` alike, so that a layer learns how much
    noise it keeps.

    Attributes:
      form: The form of the noise. "factorised" draws one normal number for every input and every
        output of a layer, and forms :math:`\varepsilon_{ij} = f(e_i) f(e'_j)` and
        :math:`\varepsilon_{b,j} = f(e'_j)` with :math:`f(e) = \mathrm{sign}(e) \sqrt{|e|}`; the
        variance is 2 / pi for a weight and sqrt(2 / pi) for a bias. "independent" draws a normal
        number for every weight and every bias.
      sigma0: The initial scale of the noise of all weights and biases of a layer, times the square
        root of the number of inputs of the layer; above 0. The paper has 0.5 for factorised noise.
        For independent noise, the paper has a scale of 0.017 in every layer, which is a `sigma0` of
        0.38 in a layer with 512 inputs. One unit serves both forms here, so that both begin with
        noise of about the same size.

    Raises:
      ValueError: If the form is unknown, or `sigma0` is not positive and finite.

    References:
      M. Fortunato et al. (2018), "Noisy networks for exploration", equations 8 to 11,
      https://arxiv.org/abs/1706.10295
    """

    form: str = "factorised"
    sigma0: float = 0.5

    def __post_init__(self) -> None:
        checks.one_of("form", self.form, FORMS)
        checks.positive("sigma0", checks.number("sigma0", self.sigma0))


@dataclass(frozen=True)
class NoisyMLP:
    """A multilayer perceptron whose layers are all noisy.

    The means start as the parameters of the perceptron without noise do, with orthogonal weights
    and biases of 0, where the paper draws both uniformly. The same seed therefore gives the same
    means with noise and without, and the two can be compared.

    Attributes:
      mlp: The perceptron without noise.
      noise: The form of the noise and its initial scale.
    """

    mlp: MLP
    noise: NoisyLayers

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> tuple[NoisyDenseParams, ...]:
        """Draws means, independently for every learner of `batch_shape`; all scales are equal.

        Args:
          seed: A seed of shape [2], int32.
          batch_shape: The batch shape `P` of the learners.

        Returns:
          The parameters of the layers, from first to last.
        """
        layers = []
        for mean in self.mlp.init(seed, batch_shape):
            scale = self.noise.sigma0 / math.sqrt(mean.kernel.shape[-2])
            scales = [tf.fill(x.shape, tf.constant(scale, tf.float32)) for x in mean]
            layers.append(NoisyDenseParams(*mean, *scales))
        return tuple(layers)

    def apply(self, params: tuple[NoisyDenseParams, ...], x: tf.Tensor) -> tf.Tensor:
        """Returns the outputs of the network without noise: [*P, B, in] -> [*P, B, out]."""
        means = tuple(DenseParams(layer.kernel, layer.bias) for layer in params)
        return self.mlp.apply(means, x)

    def perturbed(
        self, params: tuple[NoisyDenseParams, ...], seed: Any
    ) -> tuple[NoisyDenseParams, ...]:
        """Adds noise to the means; `apply` to the result is the noisy network.

        Every learner of `P` and every layer has noise of its own. All rows of a batch share it.

        Args:
          params: The parameters of the layers.
          seed: An integer, or a seed of shape [2], int32.

        Returns:
          The parameters with other means and the same scales. Gradients flow to both.
        """
        seeds = tf.unstack(draws.split(seed, 2 * len(params)))
        return tuple(
            self._perturbed(layer, *pair)
            for layer, pair in zip(params, zip(seeds[::2], seeds[1::2], strict=True), strict=True)
        )

    def _perturbed(
        self, layer: NoisyDenseParams, first: tf.Tensor, second: tf.Tensor
    ) -> NoisyDenseParams:
        if self.noise.form == "factorised":
            *learners, inputs, outputs = layer.kernel.shape
            of_bias = _signed_root(draws.normal([*learners, 1, outputs], second))
            of_kernel = _signed_root(draws.normal([*learners, inputs, 1], first)) * of_bias
        else:
            of_kernel = draws.normal(layer.kernel.shape, first)
            of_bias = draws.normal(layer.bias.shape, second)
        return layer._replace(
            kernel=layer.kernel + layer.kernel_scale * of_kernel,
            bias=layer.bias + layer.bias_scale * of_bias,
        )


def _signed_root(x: tf.Tensor) -> tf.Tensor:
    return tf.sign(x) * tf.sqrt(tf.abs(x))


def perturbed(network: Any, params: Any, seed: Any) -> Any:
    """Returns parameters with noise on their noisy layers, and other parameters as they are.

    Args:
      network: A network. Behind an encoder, the dense layers may be noisy; the encoder is not.
      params: The parameters of the network.
      seed: An integer, or a seed of shape [2], int32. It is not needed if no layer is noisy.
    """
    if isinstance(network, Encoded):
        return params._replace(layers=perturbed(network.layers, params.layers, seed))
    return network.perturbed(params, seed) if isinstance(network, NoisyMLP) else params
