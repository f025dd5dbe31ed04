"""The learners: pure functions over explicit states, batched over hyperparameters and seeds.

A *learner* is what this package calls an agent together with its training rule.
"""

from maxent_tf.learners.a2c import A2C, A2CConfig, A2CGradients, A2CMetrics
from maxent_tf.learners.actor_critic import ActorCriticState, Known
from maxent_tf.learners.alphazero import (
    AlphaZero,
    AlphaZeroConfig,
    AlphaZeroMetrics,
    AlphaZeroState,
    Searched,
)
from maxent_tf.learners.bootstrapped_dqn import (
    BootstrapMask,
    BootstrappedDQN,
    BootstrappedDQNConfig,
    BootstrappedDQNMetrics,
    BootstrappedDQNState,
)
from maxent_tf.learners.discrete_sac import (
    DiscreteSAC,
    DiscreteSACConfig,
    DiscreteSACMetrics,
    DiscreteSACState,
)
from maxent_tf.learners.interface import Learner, OffPolicy, OnPolicy
from maxent_tf.learners.intrinsic import Intrinsic, IntrinsicMetrics, IntrinsicState
from maxent_tf.learners.normalized import Normalized, NormalizedState
from maxent_tf.learners.optimistic_q import (
    OptimisticQ,
    OptimisticQConfig,
    OptimisticQMetrics,
    OptimisticQState,
)
from maxent_tf.learners.ppo import PPO, PPOConfig, PPOMetrics
from maxent_tf.learners.sac import SAC, SACConfig, SACMetrics, SACState
from maxent_tf.learners.sequences import Memory
from maxent_tf.learners.soft_dqn import SoftDQN, SoftDQNConfig, SoftDQNMetrics, SoftDQNState
from maxent_tf.learners.sql import SQL, SQLConfig, SQLMetrics, SQLState
from maxent_tf.learners.wrapper import Wrapper, as_trained

__all__ = [
    "A2C",
    "PPO",
    "SAC",
    "SQL",
    "A2CConfig",
    "A2CGradients",
    "A2CMetrics",
    "ActorCriticState",
    "AlphaZero",
    "AlphaZeroConfig",
    "AlphaZeroMetrics",
    "AlphaZeroState",
    "BootstrapMask",
    "BootstrappedDQN",
    "BootstrappedDQNConfig",
    "BootstrappedDQNMetrics",
    "BootstrappedDQNState",
    "DiscreteSAC",
    "DiscreteSACConfig",
    "DiscreteSACMetrics",
    "DiscreteSACState",
    "Intrinsic",
    "IntrinsicMetrics",
    "IntrinsicState",
    "Known",
    "Learner",
    "Memory",
    "Normalized",
    "NormalizedState",
    "OffPolicy",
    "OnPolicy",
    "OptimisticQ",
    "OptimisticQConfig",
    "OptimisticQMetrics",
    "OptimisticQState",
    "PPOConfig",
    "PPOMetrics",
    "SACConfig",
    "SACMetrics",
    "SACState",
    "SQLConfig",
    "SQLMetrics",
    "SQLState",
    "Searched",
    "SoftDQN",
    "SoftDQNConfig",
    "SoftDQNMetrics",
    "SoftDQNState",
    "Wrapper",
    "as_trained",
]
