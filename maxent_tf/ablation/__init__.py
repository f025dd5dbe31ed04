"""The ablation across temperatures: many learners at each of several alphas, and what came of them.

`ablate` trains and evaluates the learners, on any environment, and returns an `Ablation`: a table,
a figure, comparisons and arrays. `diagnose` says why a setting is stuck.
"""

from maxent_tf.ablation.ablate import ablate
from maxent_tf.ablation.diagnosis import Diagnosis, diagnose
from maxent_tf.ablation.result import Ablation, Comparison
from maxent_tf.ablation.settings import Setting

__all__ = ["Ablation", "Comparison", "Diagnosis", "Setting", "ablate", "diagnose"]
