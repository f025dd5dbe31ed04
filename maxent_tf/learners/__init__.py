"""Learners: pure functions over explicit states, batched over hyper-parameters and seeds."""

from maxent_tf.learners.a2c import A2C, A2CConfig, A2CMetrics
from maxent_tf.learners.actor_critic import ActorCriticState
from maxent_tf.learners.discrete_sac import DiscreteSAC, DiscreteSACState
from maxent_tf.learners.discrete_sac_config import DiscreteSACConfig, DiscreteSACMetrics
from maxent_tf.learners.interface import (
    ExploringLearner,
    Learner,
    OffPolicy,
    OnPolicy,
    PrioritizedLearner,
)
from maxent_tf.learners.memory import Recalling
from maxent_tf.learners.ppo import PPO
from maxent_tf.learners.ppo_config import PPOConfig, PPOMetrics
from maxent_tf.learners.sac import SAC, SACState
from maxent_tf.learners.sac_config import SACConfig, SACMetrics
from maxent_tf.learners.soft_dqn import SoftDQN, SoftDQNConfig, SoftDQNMetrics, SoftDQNState
from maxent_tf.learners.sql import SQL, SQLConfig, SQLMetrics, SQLState

__all__ = [
    "A2C",
    "PPO",
    "SAC",
    "SQL",
    "A2CConfig",
    "A2CMetrics",
    "ActorCriticState",
    "DiscreteSAC",
    "DiscreteSACConfig",
    "DiscreteSACMetrics",
    "DiscreteSACState",
    "ExploringLearner",
    "Learner",
    "OffPolicy",
    "OnPolicy",
    "PPOConfig",
    "PPOMetrics",
    "PrioritizedLearner",
    "Recalling",
    "SACConfig",
    "SACMetrics",
    "SACState",
    "SQLConfig",
    "SQLMetrics",
    "SQLState",
    "SoftDQN",
    "SoftDQNConfig",
    "SoftDQNMetrics",
    "SoftDQNState",
]
