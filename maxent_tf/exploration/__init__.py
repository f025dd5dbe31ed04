"""Ways to explore: behaviour policies, intrinsic rewards, and noise that depends on the state.

A `Behaviour` chooses actions by their values, for a learner that evaluates another policy. An
`IntrinsicReward` measures how new a transition is; the wrapper `learners.Intrinsic` adds it to the
rewards of any learner. The functions `boltzmann_gumbel`, `ucb1` and `thompson` are for bandits.
"""

from maxent_tf.exploration.boltzmann import Boltzmann, boltzmann
from maxent_tf.exploration.boltzmann_gumbel import boltzmann_gumbel
from maxent_tf.exploration.counts import Counts, SimHash, SimHashState
from maxent_tf.exploration.epsilon_greedy import EpsilonGreedy, epsilon_greedy
from maxent_tf.exploration.icm import ICM, ICMMetrics, ICMParams, ICMState
from maxent_tf.exploration.interface import Behaviour, IntrinsicReward
from maxent_tf.exploration.rnd import RND, RNDMetrics, RNDState
from maxent_tf.exploration.state_dependent import StateDependentExploration
from maxent_tf.exploration.thompson import thompson
from maxent_tf.exploration.ucb import ucb1

__all__ = [
    "ICM",
    "RND",
    "Behaviour",
    "Boltzmann",
    "Counts",
    "EpsilonGreedy",
    "ICMMetrics",
    "ICMParams",
    "ICMState",
    "IntrinsicReward",
    "RNDMetrics",
    "RNDState",
    "SimHash",
    "SimHashState",
    "StateDependentExploration",
    "boltzmann",
    "boltzmann_gumbel",
    "epsilon_greedy",
    "thompson",
    "ucb1",
]
