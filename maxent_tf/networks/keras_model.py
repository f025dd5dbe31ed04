"""Keras models as networks. Keras itself is not imported, because the caller makes the model."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.networks.per_learner import mapped, stacked


@dataclass(frozen=True)
class Keras:
    """A network that is a Keras 3 model; every learner has its own weights.

    The weights become a part of the learner's state, where its optimiser, its checkpoints and its
    targets treat them as those of the package's own networks. The model is called by
    `stateless_call`, in inference mode. Its initialisers draw from the learner's seed, unless an
    initialiser has a seed of its own.

    A model is refused if its training needs more than a learner does: losses of the model's own,
    such as those of regularisers; constraints of weights; random numbers that are drawn only in
    training, such as those of dropout; and variables other than weights.

    Attributes:
      build: A function that makes a new model from observations [B, *O] to features [B, F]. The
        model must be built already (by `keras.Input`, or by one call), and all its weights must be
        trainable.
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
          ValueError: If it is called inside a graph, or if the model is not a built Keras 3 model
            with only trainable weights.
        """
        if not tf.executing_eagerly():
            raise ValueError(
                "the weights of a Keras model are drawn by Keras, eagerly: call the learner's "
                "init outside of tf.function."
            )
        return stacked(self._weights, seed, batch_shape)

    def apply(self, params: tuple[tf.Tensor, ...], x: Any) -> tf.Tensor:
        """Returns the features, [N, B, F], of observations [N, B, *O]; see `Network`.

        Raises:
          ValueError: If the model has losses of its own, or draws random numbers in training.
        """
        model = self._stateless
        return mapped(model, params, x, one_by_one=model.has_loops)

    @functools.cached_property
    def _stateless(self) -> _Stateless:
        """The model as a function of its weights."""
        with tf.init_scope():
            return _Stateless(self._model(seed=0))

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
        _check_variables(model)
        return model


class _Stateless:
    """A model as a function of its weights, in inference mode.

    Args:
      model: A model that `_check_variables` accepts.

    Attributes:
      has_loops: Whether the model runs loops, as recurrent layers do that are not unrolled. XLA
        cannot compile such a loop with a gradient once the loop is vectorised over learners.
    """

    def __init__(self, model: Any):
        self.has_loops = any(getattr(x, "unroll", None) is False for x in model._flatten_layers())
        self._model = model
        # The states of random generators, from which nothing is drawn; constants in every program.
        self._generators = [v.numpy() for v in model.non_trainable_variables]
        self._checked = False

    def __call__(self, weights: tuple[tf.Tensor, ...], x: Any) -> tf.Tensor:
        """Returns the features of observations: [B, *O] -> [B, F]."""
        if not self._checked:
            with tf.init_scope():
                self._check(x)
            self._checked = True
        return self._model.stateless_call(list(weights), self._generators, x)[0]

    def _check(self, x: Any) -> None:
        """Raises ValueError if the model does more in training than make features."""
        model, name = self._model, self._model.name
        zeros = tf.nest.map_structure(lambda leaf: tf.zeros([1, *leaf.shape[1:]], leaf.dtype), x)
        outputs = model(zeros, training=True)
        if not tf.is_tensor(outputs):
            raise ValueError(
                f"the model {name!r} must return one tensor of TensorFlow, not "
                f"{type(outputs).__name__}: give it a single output, and Keras the backend "
                "tensorflow."
            )
        if model.losses:
            raise ValueError(
                f"the model {name!r} has losses of its own, by regularisers of kernels, biases or "
                "activities or by add_loss, which no learner adds to the one it minimises: leave "
                "them out. Weight decay is not supported."
            )
        states = [v.numpy() for v in model.non_trainable_variables]
        if any(np.any(now != then) for now, then in zip(states, self._generators, strict=True)):
            raise ValueError(
                f"the model {name!r} draws random numbers in training, by dropout, noise or "
                "augmentation, but learners call it in inference mode, where those layers do "
                "nothing: leave out dropout and the like, in recurrent layers too."
            )


def _check_variables(model: Any) -> None:
    """Raises ValueError unless a model is a built Keras 3 model with only trainable weights."""
    if not hasattr(model, "stateless_call"):
        raise ValueError(
            f"build must return a model of Keras 3, which has `stateless_call`, not {model!r}."
        )
    if not model.built:
        raise ValueError(
            f"build returned {model.name!r} without weights: begin it with a keras.Input of "
            "the observation's shape, or call it once."
        )
    # Recurrent layers have a random generator, though they draw from it for dropout alone.
    fixed = [v.path for v in model.non_trainable_variables if not _is_generator(v)]
    if fixed:
        raise ValueError(
            f"the model {model.name!r} has variables that are not trained, {fixed}, which a "
            "learner's state does not hold: replace batch normalisation by layer "
            "normalisation, and leave out dropout and frozen layers."
        )
    constrained = [v.path for v in model.trainable_variables if v.constraint is not None]
    if constrained:
        raise ValueError(
            f"the model {model.name!r} constrains its weights {constrained}, which the optimisers "
            "of learners do not: leave out kernel_constraint, bias_constraint and the like."
        )
    stateful = [x.name for x in model._flatten_layers() if getattr(x, "stateful", False)]
    if stateful:
        raise ValueError(
            f"the model {model.name!r} has layers that remember from call to call, {stateful}, "
            "which a learner's state does not hold: use memory_size of A2C or PPO instead of "
            "stateful=True."
        )


def _is_generator(variable: Any) -> bool:
    return variable.path.endswith("seed_generator_state")
