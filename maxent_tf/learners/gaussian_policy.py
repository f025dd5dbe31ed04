"""The policies that learners of continuous actions can have."""

from __future__ import annotations

import math
from typing import Any, cast

from maxent_tf import networks
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners.approximator import make_approximator
from maxent_tf.specs import Box, EnvironmentSpec


def check_exploration(config: Any) -> None:
    """Raises ValueError if `exploration` is of the wrong type, or has no features to work on."""
    if not isinstance(config.exploration, StateDependentExploration | None):
        raise ValueError(
            "exploration must be StateDependentExploration(...) or None, not "
            f"{config.exploration!r}."
        )
    if config.exploration is not None and not config.hidden_sizes:
        raise ValueError(
            "hidden_sizes=() leaves exploration no features of the state: give it a layer."
        )


def head_and_network(spec: EnvironmentSpec, config: Any) -> tuple[Any, Any]:
    """Returns the head that makes a policy of a network's outputs, and the network.

    Args:
      spec: The specification of the environment that the learner acts in.
      config: The configuration of a learner, with `exploration`, `log_std_range`, `initial_stddev`
        and everything that `make_approximator` needs. It may have `num_components`, the number of
        components of a mixture, and `noisy`, the noise on the weights of the network.

    Raises:
      ValueError: If the policy is a Gaussian and the actions are not a vector with finite bounds,
        or if noise is to be a function of the state and the actions are discrete.
    """
    explores, action = config.exploration, cast(Any, spec.action)
    if explores is not None:
        if not isinstance(action, Box):
            raise ValueError(
                f"exploration={explores} needs continuous actions, a Box, not {action}: leave "
                "exploration None."
            )
        *hidden, size = config.hidden_sizes
        body = make_approximator(spec, config, size, math.sqrt(2), hidden_sizes=tuple(hidden))
        actor = networks.StateDependentNetwork(
            body, size, action.shape[0], config.activation, explores.initial_scale
        )
        return networks.StateDependentHead(action, config.log_std_range), actor
    num_components = getattr(config, "num_components", 1)
    if num_components > 1:
        head: Any = networks.SquashedMixtureHead(
            action, num_components, config.log_std_range, config.initial_stddev
        )
        # Equal components would stay equal: a last layer as large as the others tells them apart.
        gain = 1.0
    else:
        head = networks.make_head(action, config.log_std_range, config.initial_stddev)
        # A small last layer starts the policy at its median action, the same in every state.
        gain = 0.01
    return head, make_approximator(
        spec, config, head.num_outputs, output_gain=gain, noisy=getattr(config, "noisy", None)
    )
