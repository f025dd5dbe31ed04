"""The network that the configuration of a learner describes."""

from __future__ import annotations

import warnings
from typing import Any

import tensorflow as tf

from maxent_tf.networks import (
    GRU,
    MLP,
    Encoded,
    Network,
    NoisyLayers,
    NoisyMLP,
    PerKey,
    Table,
    features,
)
from maxent_tf.specs import EnvironmentSpec, Image

# Small images, such as MiniGrid's of 7 x 7 x 3, are learned from well enough by dense layers.
_MANY_BYTES = 4096


def make_approximator(
    spec: EnvironmentSpec,
    config: Any,
    outputs: int,
    output_gain: float = 1.0,
    extra_inputs: int = 0,
    hidden_sizes: tuple[int, ...] | None = None,
    noisy: NoisyLayers | None = None,
) -> Network:
    """Returns a network from an observation's features, and further inputs if any, to outputs.

    Args:
      spec: The specification of the environment that the learner acts in.
      config: The configuration of the learner, with `network`, `hidden_sizes` and `activation`.
      outputs: The number of outputs.
      output_gain: The gain of the last layer's initial weights, see `MLP`.
      extra_inputs: The number of inputs behind the observation's features, such as an action's.
      hidden_sizes: The widths to use instead of those of `config`, for a part of a larger network.
      noisy: The noise on the weights of all dense layers; None for none. A `network` of the user's
        own has no noise; the dense layers behind it have.

    Returns:
      A network from [*P, B, in] to [*P, B, outputs].

    Raises:
      ValueError: If `config.network` is not a network, or if it does not make float32 features
        [N, B, F].
    """
    inputs = features.num_features(spec.observation)
    if config.network == "table":
        return Table(inputs, outputs)
    hidden = config.hidden_sizes if hidden_sizes is None else hidden_sizes

    def dense(size: int) -> Network:
        layers = MLP(size + extra_inputs, hidden, outputs, config.activation, output_gain)
        return layers if noisy is None else NoisyMLP(layers, noisy)

    if config.network == "mlp":
        _warn_of_images(spec)
        return dense(inputs)
    network = _as_network(config.network)
    return Encoded(spec.observation, network, dense(_num_encoded(spec, network)))


def make_recurrent(spec: EnvironmentSpec, config: Any, outputs: int, output_gain: float) -> GRU:
    """Returns a recurrent network whose hidden layers take its memory as their input.

    Args:
      spec: The specification of the environment that the learner acts in.
      config: The configuration of the learner, with `memory_size` and everything that
        `make_approximator` needs.
      outputs: The number of outputs.
      output_gain: The gain of the last layer's initial weights, see `MLP`.

    Returns:
      A network from memories [*P, B, H] and features [*P, B, in] to [*P, B, outputs].
    """
    units = config.memory_size
    gates = make_approximator(spec, config, 3 * units, hidden_sizes=())
    layers = MLP(units, config.hidden_sizes, outputs, config.activation, output_gain)
    return GRU(units, gates, layers)


def _warn_of_images(spec: EnvironmentSpec) -> None:
    for part in tf.nest.flatten(spec.observation):
        if isinstance(part, Image) and features.num_features(part) > _MANY_BYTES:
            warnings.warn(
                f'network="mlp" gives dense layers the {features.num_features(part):,} bytes of an '
                f"image of shape {part.shape}. Images need a convolutional network, such as "
                "network=maxent_tf.networks.Convolution(...).",
                stacklevel=5,
            )


def _as_network(network: Any) -> Network:
    if isinstance(network, dict):
        return PerKey({key: _as_network(part) for key, part in network.items()})
    if not isinstance(network, Network):
        raise ValueError(
            f"network={network!r} is no network: pass an object with init and apply, "
            "networks.PerLearner(initialize, call) of two functions, networks.Keras(build) with a "
            "function that makes a Keras model, or a dict of such for observations that are dicts."
        )
    return network


def _num_encoded(spec: EnvironmentSpec, network: Network) -> int:
    """Returns the number of features that a network makes of an observation of zeros."""
    zeros = tf.zeros([1, 1, features.num_features(spec.observation)])
    params = network.init(tf.constant([0, 0]), (1,))
    observation = features.unflatten(spec.observation, zeros)
    try:
        # Traced, not run: what does not fit then is an error of Python's, where a kernel of
        # TensorFlow's may end the process.
        traced = tf.function(network.apply, autograph=False).get_concrete_function
        encoded = traced(params, observation).structured_outputs
    except (TypeError, ValueError, tf.errors.OpError) as error:
        shapes = tf.nest.map_structure(lambda x: x.shape.as_list()[2:], observation)
        raise ValueError(
            f"network={network!r} does not take observations of shape {shapes}, which come as "
            f"[learners, B, *shape]: {error}"
        ) from error
    if encoded.dtype != tf.float32 or encoded.shape.rank != 3 or encoded.shape[:2] != [1, 1]:
        raise ValueError(
            f"network={network!r} must make float32 features [learners, B, F] of observations "
            f"[learners, B, ...]; of [1, 1, ...] it made {encoded.dtype.name} "
            f"{encoded.shape.as_list()}."
        )
    return encoded.shape[-1]
