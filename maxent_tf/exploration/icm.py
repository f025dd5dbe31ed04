"""The intrinsic curiosity module: a transition is new if its outcome cannot be predicted yet.

Shape letters: `P` is the batch shape of the learners, `B` the number of transitions, `F` the number
of learned features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import tensorflow as tf

from maxent_tf import draws, optimizers
from maxent_tf.checks import as_integer, as_sizes, in_range, one_of
from maxent_tf.distributions.bounds import Bounds
from maxent_tf.networks import MLP, features
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

ENCODERS = ("both", "inverse", "random")


class ICMParams(NamedTuple):
    """The parameters of the three networks.

    Attributes:
      encoder: The network from an observation to its features.
      inverse: The network from the features of two consecutive observations to the action between
        them.
      forward: The network from features and an action to the features of the next observation.
    """

    encoder: Any
    inverse: Any
    forward: Any


class ICMState(NamedTuple):
    """The state of `ICM`; every tensor but the optimiser's count has `P` in front."""

    params: ICMParams
    optimizer: Any


class ICMMetrics(NamedTuple):
    """The metrics of one update, each [*P], float32.

    Attributes:
      forward_loss: Half the squared error of the predicted features, summed over features, averaged
        over transitions.
      inverse_loss: For discrete actions, the mean cross-entropy, in nats. For continuous actions,
        half the squared error of actions scaled to [-1, 1], summed over dimensions, averaged over
        transitions.
    """

    forward_loss: tf.Tensor
    inverse_loss: tf.Tensor


@dataclass(frozen=True, eq=False)
class ICM:
    r"""The `IntrinsicReward` by the error of predicting the outcome of an action.

    .. math::
       b(s, a, s') = \tfrac12 \lVert \hat\phi(\phi(s), a) - \phi(s') \rVert^2, \qquad
       L = (1 - \beta) \, L_\mathrm{inverse}(\hat a(\phi(s), \phi(s')), a) + \beta \,
       L_\mathrm{forward}

    An encoder that learns only to predict the action keeps those parts of an observation that the
    agent can influence, so that noise raises no curiosity. The error has no natural size: give the
    wrapper a `discount`, which divides the error by the standard deviation of its discounted sums.

    Attributes:
      spec: The specification of the environment; its actions must be `Discrete` or a `Box`.
      hidden_sizes: The widths of the hidden layers of each of the three networks.
      num_features: The number of features.
      encoder: Which loss trains the encoder. "inverse" is the loss of the inverse model alone.
        "both" adds the loss of the forward model, which constant features would minimise. With
        "random", the encoder is not trained.
      forward_weight: The weight beta of the forward model's loss, in [0, 1].
      optimizer: The optimiser of all three networks.

    Raises:
      ValueError: If a size is not a positive integer, `encoder` is unknown, the weight is outside
        of its range, or the actions are of another kind.

    References:
      D. Pathak et al. (2017), "Curiosity-driven exploration by self-supervised prediction", section
      2, https://arxiv.org/abs/1705.05363; Y. Burda et al. (2019), "Large-scale study of
      curiosity-driven learning", https://arxiv.org/abs/1808.04355 (random features)
    """

    spec: EnvironmentSpec
    hidden_sizes: tuple[int, ...] = (64,)
    num_features: int = 32
    encoder: str = "inverse"
    forward_weight: float = 0.2
    optimizer: optimizers.Optimizer = field(default_factory=lambda: optimizers.Adam(1e-3))

    metric_names: ClassVar[tuple[str, ...]] = ICMMetrics._fields

    def __post_init__(self) -> None:
        sizes = as_sizes("hidden_sizes", self.hidden_sizes)
        object.__setattr__(self, "hidden_sizes", sizes)
        object.__setattr__(self, "num_features", as_integer("num_features", self.num_features))
        one_of("encoder", self.encoder, ENCODERS)
        in_range("forward_weight", self.forward_weight, 0, 1)
        if not isinstance(self.spec.action, Discrete | Box):
            raise ValueError(f"ICM needs Discrete actions or a Box, not {self.spec.action}.")

    @property
    def _networks(self) -> ICMParams:
        inputs, actions = features.num_features(self.spec.observation), self._action_size
        size, hidden = self.num_features, self.hidden_sizes
        return ICMParams(
            encoder=MLP(inputs, hidden, size, "relu"),
            inverse=MLP(2 * size, hidden, actions, "relu"),
            forward=MLP(size + actions, hidden, size, "relu"),
        )

    @property
    def _action_size(self) -> int:
        action = self.spec.action
        if isinstance(action, Discrete):
            return action.num_values
        assert isinstance(action, Box)
        return int(action.shape[0])

    def init(self, seed: Any, batch_shape: Sequence[int]) -> ICMState:
        """Returns three random networks."""
        seeds = tf.unstack(draws.split(as_seed(seed), 3))
        params = ICMParams(
            *(net.init(s, batch_shape) for net, s in zip(self._networks, seeds, strict=True))
        )
        return ICMState(params, self.optimizer.init(params))

    def observe(self, state: ICMState, fresh: Transition) -> ICMState:
        """Returns the state unchanged, because there are no counts or statistics."""
        del fresh
        return state

    def reward(self, state: ICMState, transition: Transition) -> tf.Tensor:
        """Returns the errors of the forward model, [*P, B], float32."""
        return self._forward_error(state.params, *self._encoded(state.params, transition))

    def update(self, state: ICMState, batch: Transition, seed: Any) -> tuple[ICMState, ICMMetrics]:
        """Takes one gradient step of the three networks."""
        del seed
        valid = tf.cast(batch.valid, tf.float32)
        weight = valid / tf.maximum(tf.reduce_sum(valid, axis=-1, keepdims=True), 1)

        def loss(params: ICMParams) -> tuple[tf.Tensor, ICMMetrics]:
            encoded = self._encoded(params, batch)
            kept = tf.nest.map_structure(tf.stop_gradient, encoded)
            source = encoded if self.encoder == "both" else kept
            forward = tf.reduce_sum(weight * self._forward_error(params, *source), axis=-1)
            source = kept if self.encoder == "random" else encoded
            inverse = tf.reduce_sum(weight * self._inverse_error(params, *source), axis=-1)
            share = self.forward_weight
            return share * forward + (1 - share) * inverse, ICMMetrics(forward, inverse)

        ndims = batch.reward.shape.rank - 1
        step = optimizers.gradient_step(loss, state.params, self.optimizer, state.optimizer, ndims)
        return ICMState(step.params, step.optimizer), step.aux

    def _encoded(
        self, params: ICMParams, transition: Transition
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Returns features before and after transitions, [*P, B, F], and actions, [*P, B, A]."""
        before, after = (
            self._networks.encoder.apply(
                params.encoder, features.flatten(self.spec.observation, observation)
            )
            for observation in (transition.observation, transition.next_observation)
        )
        if isinstance(self.spec.action, Discrete):
            return before, after, tf.one_hot(transition.action, self._action_size)
        assert isinstance(self.spec.action, Box)
        return before, after, Bounds.of(*self.spec.action.bounds()).scale_to_unit(transition.action)

    def _forward_error(
        self, params: ICMParams, before: tf.Tensor, after: tf.Tensor, action: tf.Tensor
    ) -> tf.Tensor:
        inputs = tf.concat([before, action], axis=-1)
        error = self._networks.forward.apply(params.forward, inputs) - after
        return 0.5 * tf.reduce_sum(error**2, axis=-1)

    def _inverse_error(
        self, params: ICMParams, before: tf.Tensor, after: tf.Tensor, action: tf.Tensor
    ) -> tf.Tensor:
        guess = self._networks.inverse.apply(params.inverse, tf.concat([before, after], axis=-1))
        if isinstance(self.spec.action, Discrete):
            return tf.nn.softmax_cross_entropy_with_logits(action, guess)
        return 0.5 * tf.reduce_sum((guess - action) ** 2, axis=-1)
