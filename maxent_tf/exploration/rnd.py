"""Random network distillation: a state is new if a network cannot predict its random features yet.

Shape letters: `P` is the batch shape of the learners, `B` the number of transitions, `F` the number
of features of an observation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import tensorflow as tf

from maxent_tf import draws, optimizers
from maxent_tf.checks import as_integer, as_sizes
from maxent_tf.moments import Moments, add_values, no_moments, standardized
from maxent_tf.networks import MLP, features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import EnvironmentSpec
from maxent_tf.types import Transition

# In standard deviations: features of observations beyond are clipped, as by the paper.
CLIP = 5.0


class RNDState(NamedTuple):
    """The state of `RND`; every tensor but the optimiser's count has `P` in front.

    Attributes:
      target: The parameters of the random network, which never change.
      predictor: The parameters of the network that learns to predict the random one.
      optimizer: The state of the predictor's optimiser.
      observed: The moments of the features of the observations that were reached, [*P, F].
    """

    target: Any
    predictor: Any
    optimizer: Any
    observed: Moments


class RNDMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      prediction_loss: Half the mean squared error of the predictor.
    """

    prediction_loss: tf.Tensor


@dataclass(frozen=True, eq=False)
class RND:
    r"""The `IntrinsicReward` by the error of predicting a random network.

    .. math::
       b(s') = \tfrac1n \lVert \hat f(x) - f(x) \rVert^2, \qquad
       x = \mathrm{clip}\!\left(\frac{s' - \mu}{\sigma}, \pm 5\right)

    The network f is random and fixed. The predictor learns from the states that were reached, and
    its error is small where it has seen many of them. At the end of an episode, s' is the final
    observation. The mean and the standard deviation are those of all observations so far. The error
    has no natural size: give the wrapper a `discount`, which divides the error by the standard
    deviation of its discounted sums.

    Attributes:
      spec: The specification of the environment.
      hidden_sizes: The widths of the hidden layers of both networks. The predictor has another
        hidden layer, of the last of these widths.
      num_outputs: The number n of outputs that are predicted.
      optimizer: The optimiser of the predictor.

    Raises:
      ValueError: If a size is not a positive integer.

    References:
      Y. Burda et al. (2018), "Exploration by random network distillation", sections 2.2 and 2.4,
      https://arxiv.org/abs/1810.12894
    """

    spec: EnvironmentSpec
    hidden_sizes: tuple[int, ...] = (64, 64)
    num_outputs: int = 32
    optimizer: optimizers.Optimizer = field(default_factory=lambda: optimizers.Adam(1e-3))

    metric_names: ClassVar[tuple[str, ...]] = RNDMetrics._fields

    def __post_init__(self) -> None:
        sizes = as_sizes("hidden_sizes", self.hidden_sizes)
        object.__setattr__(self, "hidden_sizes", sizes)
        object.__setattr__(self, "num_outputs", as_integer("num_outputs", self.num_outputs))

    @property
    def _inputs(self) -> int:
        return features.num_features(self.spec.observation)

    @property
    def _target(self) -> MLP:
        return MLP(self._inputs, self.hidden_sizes, self.num_outputs, "relu")

    @property
    def _predictor(self) -> MLP:
        more = self.hidden_sizes[-1:]
        return MLP(self._inputs, (*self.hidden_sizes, *more), self.num_outputs, "relu")

    def init(self, seed: Any, batch_shape: Sequence[int]) -> RNDState:
        """Returns two random networks, and the moments of no observations."""
        target_seed, predictor_seed = tf.unstack(draws.split(as_seed(seed), 2))
        predictor = self._predictor.init(predictor_seed, batch_shape)
        return RNDState(
            target=self._target.init(target_seed, batch_shape),
            predictor=predictor,
            optimizer=self.optimizer.init(predictor),
            observed=no_moments(tuple(batch_shape), (self._inputs,)),
        )

    def observe(self, state: RNDState, fresh: Transition) -> RNDState:
        """Updates the moments with the observations that fresh transitions reached."""
        reached = features.flatten(self.spec.observation, fresh.next_observation)
        return state._replace(observed=add_values(state.observed, reached, fresh.valid))

    def reward(self, state: RNDState, transition: Transition) -> tf.Tensor:
        """Returns the errors at the states that transitions reached, [*P, B], float32."""
        seen = self._normalised(state, transition)
        return tf.reduce_mean(self._error(state, state.predictor, seen) ** 2, axis=-1)

    def update(self, state: RNDState, batch: Transition, seed: Any) -> tuple[RNDState, RNDMetrics]:
        """Takes one gradient step of the predictor on the states that a batch reached."""
        del seed
        seen = self._normalised(state, batch)
        valid = tf.cast(batch.valid, tf.float32)
        count = tf.maximum(tf.reduce_sum(valid, axis=-1), 1)

        def loss(predictor: Any) -> tuple[tf.Tensor, Any]:
            each = 0.5 * tf.reduce_mean(self._error(state, predictor, seen) ** 2, axis=-1)
            return tf.reduce_sum(valid * each, axis=-1) / count, ()

        ndims = batch.reward.shape.rank - 1
        step = optimizers.gradient_step(
            loss, state.predictor, self.optimizer, state.optimizer, ndims
        )
        return (
            state._replace(predictor=step.params, optimizer=step.optimizer),
            RNDMetrics(prediction_loss=step.loss),
        )

    def _error(self, state: RNDState, predictor: Any, seen: tf.Tensor) -> tf.Tensor:
        """Returns prediction minus target at normalised features, [*P, B, n]."""
        target = tf.stop_gradient(self._target.apply(state.target, seen))
        return self._predictor.apply(predictor, seen) - target

    def _normalised(self, state: RNDState, transition: Transition) -> tf.Tensor:
        """Returns the normalised features of the states that were reached, [*P, B, F]."""
        reached = features.flatten(self.spec.observation, transition.next_observation)
        return standardized(state.observed, reached, CLIP)
