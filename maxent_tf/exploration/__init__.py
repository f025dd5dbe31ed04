"""Ways to explore: behaviour policies by what they know of each action, and noise by the state."""

from maxent_tf.exploration.boltzmann_gumbel import boltzmann_gumbel
from maxent_tf.exploration.state_dependent import StateDependentExploration

__all__ = ["StateDependentExploration", "boltzmann_gumbel"]
