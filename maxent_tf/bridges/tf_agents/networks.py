"""A squashed Gaussian with an exact entropy, for the end of a TF-Agents actor network."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tf_agents.networks import network
from tf_agents.networks.utils import BatchSquash
from tf_agents.specs import tensor_spec
from tf_agents.specs.distribution_spec import DistributionSpec

from maxent_tf.bridges.tf_agents.specs import action_space
from maxent_tf.distributions import SquashedGaussian
from maxent_tf.networks import SquashedGaussianHead
from maxent_tf.specs import Box
from maxent_tf.training.spaces import action_spec


class SquashedGaussianProjectionNetwork(network.DistributionNetwork):
    """Projects an encoding to a `SquashedGaussian`, whose entropy TF-Agents' PPO can use.

    With TF-Agents' own squashed projections, `TanhNormalProjectionNetwork` or
    `NormalProjectionNetwork(scale_distribution=True)`, its PPO has no entropy bonus, whatever its
    `entropy_regularization` is: the distribution of these projections raises NotImplementedError
    for the entropy, and `tf_agents.utils.common.entropy` replaces that error by zero.

    Args:
      sample_spec: The spec of one action, a bounded, float32 vector.
      log_std_range: The range to which the log standard deviation of the pre-tanh Gaussian is
        clipped.
      initial_stddev: The standard deviation of the pre-tanh Gaussian of a fresh network, whose
        location is near 0.
      name: The name of the network.

    Raises:
      ValueError: If the action is not a bounded vector, or if `initial_stddev` is out of range.
    """

    def __init__(
        self,
        sample_spec: tensor_spec.BoundedTensorSpec,
        log_std_range: tuple[float, float] = (-5.0, 2.0),
        initial_stddev: float = 1.0,
        name: str = "SquashedGaussianProjectionNetwork",
    ):
        action = action_spec(action_space(sample_spec))
        if not isinstance(action, Box):
            raise ValueError(f"sample_spec must be of floats, not {sample_spec}.")
        self._head = SquashedGaussianHead(action, log_std_range, initial_stddev)
        low, high = action.bounds()

        def build(loc: tf.Tensor, scale: tf.Tensor) -> SquashedGaussian:
            return SquashedGaussian(loc, scale, low=low, high=high)

        parameters = {
            key: tensor_spec.TensorSpec(sample_spec.shape, tf.float32, f"{name}_{key}")
            for key in ("loc", "scale")
        }
        super().__init__(
            input_tensor_spec=None,
            state_spec=(),
            output_spec=DistributionSpec(build, parameters, sample_spec),
            name=name,
        )
        # As small as in our own learners: the policy starts the same in every state.
        self._projection = tf.keras.layers.Dense(
            self._head.num_outputs, kernel_initializer=tf.keras.initializers.Orthogonal(0.01)
        )

    def call(
        self, inputs: tf.Tensor, outer_rank: int, training: bool = False, mask: Any = None
    ) -> tuple[SquashedGaussian, tuple[()]]:
        """Returns the distribution, and no state.

        Args:
          inputs: [outer axes, features], float32.
          outer_rank: The number of outer axes.
          training: Not used, because the projection is the same in training.
          mask: Must be None.

        Raises:
          NotImplementedError: If a mask is given, because continuous actions have none.
        """
        if mask is not None:
            raise NotImplementedError("continuous actions cannot be masked: pass mask=None.")
        squash = BatchSquash(outer_rank)
        return self._head(squash.unflatten(self._projection(squash.flatten(inputs)))), ()
