"""The policies that the soft actor-critic may have."""

from __future__ import annotations

import math
from typing import Any

from maxent_tf import networks
from maxent_tf.learners.sac_config import SACConfig
from maxent_tf.networks import features
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
    inputs, hidden = features.num_features(spec.observation), config.hidden_sizes
    activation, explores = config.activation, config.exploration
    if explores is not None:
        body = networks.MLP(inputs, hidden[:-1], hidden[-1], activation, math.sqrt(2))
        actor = networks.StateDependentNetwork(
            body, hidden[-1], action.shape[0], activation, explores.initial_scale
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
    return head, networks.MLP(inputs, hidden, head.num_outputs, activation, output_gain=gain)
