"""The temperature alpha, in reward per nat: scheduled, or adjusted to hold the entropy at a target.

A schedule is a function from the step, the number of updates that a learner has made, to alpha.
`Plateau` and `AutoTemperature` follow the course of learning instead, and `Manual` waits to be set.
Each of them is a `Temperature`; a schedule becomes one as `Scheduled`. `Mixed` gives the learners
of one batch temperatures of several kinds. A temperature has a state, which `init` makes
and `update` advances. Every learner accepts every temperature.
"""

from maxent_tf.temperature.discrete_target import forced_probability, implied_alpha
from maxent_tf.temperature.dual import AutoTemperature, TemperatureState
from maxent_tf.temperature.interface import Temperature, TemperatureMetrics
from maxent_tf.temperature.manual import Manual
from maxent_tf.temperature.mixed import Mixed
from maxent_tf.temperature.plateau import Plateau, PlateauState
from maxent_tf.temperature.scheduled import Scheduled
from maxent_tf.temperature.schedules import (
    Schedule,
    constant,
    cosine,
    exponential,
    linear,
    piecewise,
)
from maxent_tf.temperature.target_entropy import target_entropy, validate_target_entropy

__all__ = [
    "AutoTemperature",
    "Manual",
    "Mixed",
    "Plateau",
    "PlateauState",
    "Schedule",
    "Scheduled",
    "Temperature",
    "TemperatureMetrics",
    "TemperatureState",
    "constant",
    "cosine",
    "exponential",
    "forced_probability",
    "implied_alpha",
    "linear",
    "piecewise",
    "target_entropy",
    "validate_target_entropy",
]
