"""The policies that the soft actor-critic may have."""

from __future__ import annotations

import math
from typing import Any

from maxent_tf import networks
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.learners.sac_config import SACConfig
from maxent_tf.specs import Box, EnvironmentSpec


def head_and_network(spec: EnvironmentSpec, action: Box, config: SACConfig) -> tuple[Any, Any]:
    """Returns what makes a policy of a network's outputs, and the network.

    Args:
      spec: of the world.
      action: its actions.
      config: says which of the three: a Gaussian, one with noise by the state, or a mixture.

    Raises:
      ValueError: if the actions are no vector with finite bounds.
    """
    explores = config.exploration
    if explores is not None:
        *hidden, size = config.hidden_sizes
        body = make_approximator(spec, config, size, math.sqrt(2), hidden_sizes=tuple(hidden))
        actor = networks.StateDependentNetwork(
            body, size, action.shape[0], config.activation, explores.initial_scale
        )
        return networks.StateDependentHead(action, config.log_std_range), actor
    if config.num_components > 1:
        head: Any = networks.SquashedMixtureHead(
            action, config.num_components, config.log_std_range, config.initial_stddev
        )
        # Equal components would stay equal: a last layer as large as the others tells them apart.
        gain = 1.0
    else:
        head = networks.make_head(action, config.log_std_range, config.initial_stddev)
        # A small last layer starts the policy at its median action, the same in every state.
        gain = 0.01
    return head, make_approximator(spec, config, head.num_outputs, output_gain=gain)
