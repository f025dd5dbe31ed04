"""Keras models as networks. Keras itself is not imported: the model is the caller's."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from maxent_tf.networks.per_learner import mapped, stacked


@dataclass(frozen=True)
class Keras:
    """A network that is a Keras 3 model, with weights of its own for every learner.

    The weights become a part of the learner's state, where its optimiser, its checkpoints and its
    targets treat them as they treat the package's own. The model is called by `stateless_call`, in
    inference mode. Its initialisers draw from the learner's seed, as long as none has one of its
    own.

    Attributes:
      build: makes a new model, already built (`keras.Input`, or called once), whose weights are all
        trainable: from observations [B, *O] to features [B, F].
    """

    build: Callable[[], Any]

    def __post_init__(self) -> None:
        if not callable(self.build) or hasattr(self.build, "trainable_variables"):
            raise ValueError(
                f"build must be a function that makes a new Keras model, not {self.build!r}: every "
                "learner has weights of its own. Pass for example a lambda that makes the model."
            )

    def init(self, seed: tf.Tensor, batch_shape: Sequence[int]) -> tuple[tf.Tensor, ...]:
        """Draws weights, [N, ...], for `batch_shape` (N,); see `Network`.

        Raises:
          ValueError: inside a graph, or if the model is not one of Keras 3 that is built and has
            nothing but trainable weights.
        """
        if not tf.executing_eagerly():
            raise ValueError(
                "the weights of a Keras model are drawn by Keras, eagerly: call the learner's "
                "init outside of tf.function."
            )
        return stacked(self._weights, seed, batch_shape)

    def apply(self, params: tuple[tf.Tensor, ...], x: Any) -> tf.Tensor:
        """The features, [N, B, F], of observations [N, B, *O]; see `Network`."""

        def call(weights: tuple[tf.Tensor, ...], x: Any) -> tf.Tensor:
            return self._layers.stateless_call(list(weights), [], x)[0]

        return mapped(call, params, x)

    @functools.cached_property
    def _layers(self) -> Any:
        """A model that is called with the weights of others."""
        return self._model(seed=0)

    def _weights(self, seed: tf.Tensor) -> tuple[tf.Tensor, ...]:
        high, low = (int(part) % 2**32 for part in seed.numpy())
        model = self._model(seed=(high << 32) + low)
        return tuple(tf.constant(v.numpy()) for v in model.trainable_variables)

    def _model(self, seed: int) -> Any:
        """Returns a new model whose weights follow `seed`."""
        # An initialiser without a seed takes one from Python's generator when it is made.
        before = random.getstate()
        random.seed(seed)
        try:
            with tf.init_scope():
                model = self.build()
        finally:
            random.setstate(before)
        if not hasattr(model, "stateless_call"):
            raise ValueError(
                f"build must return a model of Keras 3, which has `stateless_call`, not {model!r}."
            )
        if not model.built:
            raise ValueError(
                f"build returned {model.name!r} without weights: begin it with a keras.Input of "
                "the observation's shape, or call it once."
            )
        fixed = [v.path for v in model.non_trainable_variables]
        if fixed:
            raise ValueError(
                f"the model {model.name!r} has variables that are not trained, {fixed}, which a "
                "learner's state does not hold: replace batch normalisation by layer "
                "normalisation, and leave out dropout and frozen layers."
            )
        return model
