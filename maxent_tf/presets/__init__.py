"""Settings as plain data: learners made of numbers and words, and settings that were measured.

Numbers and words can be stored in a file and given on the command line. `make_learner` makes a
learner of them. `for_env` looks up settings with which the package's own tests reach a level.
"""

from maxent_tf.presets.algorithms import ALGORITHMS, Algorithm
from maxent_tf.presets.options import (
    AutoAlphaOptions,
    ExplorationOptions,
    OptimizerOptions,
    Option,
    options,
)
from maxent_tf.presets.plain import make_config, make_learner
from maxent_tf.presets.preset import Measurement, Preset
from maxent_tf.presets.table import PRESETS, for_env

__all__ = [
    "ALGORITHMS",
    "PRESETS",
    "Algorithm",
    "AutoAlphaOptions",
    "ExplorationOptions",
    "Measurement",
    "OptimizerOptions",
    "Option",
    "Preset",
    "for_env",
    "make_config",
    "make_learner",
    "options",
]
