r"""Regularisers, which define "entropy" for operators, solvers, learners and search alike.

A regulariser is a concave function :math:`\Omega` on the simplex. `value` is :math:`\Omega` itself.
`soft_max` is the maximum of :math:`\langle p, q \rangle + \alpha \, \Omega(p)` over policies.
`greedy` is the policy that attains the maximum; it is the gradient of `soft_max` in q.
"""

from maxent_tf.regularizers.interface import Regularizer
from maxent_tf.regularizers.kl import KL
from maxent_tf.regularizers.reverse_kl import ReverseKL
from maxent_tf.regularizers.shannon import Shannon
from maxent_tf.regularizers.tsallis import Tsallis
from maxent_tf.regularizers.weighted_sum import WeightedSum

__all__ = ["KL", "Regularizer", "ReverseKL", "Shannon", "Tsallis", "WeightedSum"]
