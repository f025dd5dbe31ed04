r"""What "entropy" means: one object that operators, solvers, learners and search share.

A regulariser is a concave function :math:`\Omega` on the simplex. `value` is :math:`\Omega` itself,
`soft_max` the maximum of :math:`\langle p, q \rangle + \alpha \, \Omega(p)` over policies, `greedy`
the policy where it is attained, which is the gradient of `soft_max` in q.
"""

from maxent_tf.regularizers.interface import Regularizer
from maxent_tf.regularizers.kl import KL
from maxent_tf.regularizers.shannon import Shannon
from maxent_tf.regularizers.tsallis import Tsallis
from maxent_tf.regularizers.weighted_sum import WeightedSum

__all__ = ["KL", "Regularizer", "Shannon", "Tsallis", "WeightedSum"]
