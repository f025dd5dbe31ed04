"""The bridge to TF-Agents: its agents on Gymnasium's environments, our learners in its loops.

It needs the extra `tf-agents` or, on a newer TensorFlow, legacy Keras; see docs/guide/tf_agents.md.
"""

import tensorflow as tf

try:
    import tf_agents as _tf_agents  # noqa: F401
except ImportError as error:
    raise ImportError(
        "maxent_tf.bridges.tf_agents needs TF-Agents: pip install 'maxent_tf[tf-agents]' "
        f"(TensorFlow 2.15, Python 3.11 or older). What is missing: {error}"
    ) from error

if hasattr(tf.keras, "version"):  # Keras 2 has no such function.
    raise ImportError(
        f"TF-Agents needs Keras 2, not the Keras {tf.keras.version()} of TensorFlow "
        f"{tf.__version__}: pip install tf-keras, and set the environment variable "
        "TF_USE_LEGACY_KERAS=1 before TensorFlow is imported."
    )

from maxent_tf.bridges.tf_agents.agent import LearnerAgent
from maxent_tf.bridges.tf_agents.environments import GymnasiumEnvironment
from maxent_tf.bridges.tf_agents.networks import SquashedGaussianProjectionNetwork
from maxent_tf.bridges.tf_agents.policies import LearnerPolicy
from maxent_tf.bridges.tf_agents.specs import environment_spec
from maxent_tf.bridges.tf_agents.worlds import TFAgentsVectorEnv

__all__ = [
    "GymnasiumEnvironment",
    "LearnerAgent",
    "LearnerPolicy",
    "SquashedGaussianProjectionNetwork",
    "TFAgentsVectorEnv",
    "environment_spec",
]
