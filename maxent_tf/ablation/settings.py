"""The settings of an ablation: labelled temperatures, and the hyperparameter that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from maxent_tf import temperature
from maxent_tf.checks import not_negative, one_of
from maxent_tf.temperature import AutoTemperature

SCHEDULES = ("constant", "annealed")

# An annealed temperature falls linearly to 0 over this share of the updates.
ANNEALED_SHARE = 0.8


class Setting(NamedTuple):
    """One setting of an ablation, which several learners share.

    Attributes:
      label: Its name in tables and figures, and for `Ablation.compare`.
      alpha: The temperature, in reward per nat, at the first update; None if it is automatic.
      schedule: "constant", "annealed" or "automatic".
    """

    label: str
    alpha: float | None
    schedule: str


def as_settings(
    alphas: Any, schedule: str | Sequence[str]
) -> tuple[tuple[Setting, ...], list[Any]]:
    """Returns the settings, schedule by schedule, and the automatic temperatures, which come last.

    Args:
      alphas: The argument of `ablate`.
      schedule: The argument of `ablate`.

    Raises:
      ValueError: If an alpha is not a temperature, a schedule is unknown, or two labels agree.
    """
    named = _named(alphas)
    schedules = (schedule,) if isinstance(schedule, str) else tuple(schedule)
    for each in schedules or ("",):
        one_of("schedule", each, SCHEDULES)
    fixed: list[tuple[str, float]] = []
    automatic: list[tuple[str, Any]] = []
    for label, alpha in named:
        if isinstance(alpha, AutoTemperature) or (isinstance(alpha, str) and alpha == "auto"):
            automatic.append((label, alpha))
            continue
        number = None if isinstance(alpha, str | bool) else np.asarray(alpha)
        if number is None or number.dtype.kind not in "iuf" or number.ndim:
            raise ValueError(
                'alphas must hold numbers, in reward per nat, "auto", or automatic temperatures, '
                f"not {alpha!r}."
            )
        not_negative("alphas", number)
        fixed.append((label, float(number)))
    settings = [
        Setting(label if len(schedules) == 1 else f"{label}, {each}", alpha, each)
        for each in schedules
        for label, alpha in fixed
    ]
    settings += [Setting(label, None, "automatic") for label, _ in automatic]
    labels = [setting.label for setting in settings]
    if len(set(labels)) < len(labels):
        raise ValueError(f"alphas and schedule must give different labels, not {labels}.")
    return tuple(settings), [alpha for _, alpha in automatic]


def label_of(alpha: Any) -> str:
    """Returns the label of a number, which is its shortest text, or the label itself."""
    return alpha if isinstance(alpha, str) else f"{alpha:g}"


def _named(alphas: Any) -> list[tuple[str, Any]]:
    if isinstance(alphas, str | bytes) or not isinstance(alphas, Mapping | Sequence | np.ndarray):
        raise ValueError(
            f'alphas must be a sequence such as [0, 0.1, "auto"], or a dict of labels, not '
            f"{alphas!r}."
        )
    if not len(alphas):
        raise ValueError("alphas must not be empty: name at least one temperature.")
    if isinstance(alphas, Mapping):
        return [(str(label), alpha) for label, alpha in alphas.items()]
    for alpha in alphas:
        if isinstance(alpha, AutoTemperature):
            raise ValueError(
                f"alphas holds {alpha!r}, which has no short label: pass a dict, such as "
                '{"target -1": AutoTemperature(-1.0)}.'
            )
    return [(label_of(alpha) if np.isscalar(alpha) else repr(alpha), alpha) for alpha in alphas]


def as_alpha(settings: Sequence[Setting], automatic: Sequence[Any], updates: int) -> Any:
    """Returns the temperature of all learners, [settings, seeds], as one hyperparameter.

    Args:
      settings: The settings.
      automatic: The automatic temperatures, those of the last settings.
      updates: The number of updates of each learner, over which annealed temperatures fall.

    Raises:
      ValueError: If a temperature is annealed over no updates.
    """
    # Learners with an automatic temperature follow another rule, and their 0 does not count.
    initial = np.array([[s.alpha or 0.0] for s in settings], np.float32)
    annealed = np.array([[s.schedule == "annealed"] for s in settings])
    fixed: Any = initial
    if annealed.any():
        if updates < 1:
            raise ValueError(
                'schedule="annealed" needs updates to anneal over, and num_steps allows none: '
                "raise num_steps above the steps before learning starts."
            )
        final = np.where(annealed, np.float32(0), initial)
        fixed = temperature.linear(initial, final, ANNEALED_SHARE * updates)
    if not automatic:
        return fixed
    count = len(settings) - len(automatic)
    if not count and len(automatic) == 1:
        return automatic[0]
    which = [[max(0, i - count + 1)] for i in range(len(settings))]
    return temperature.Mixed(which, [fixed, *automatic])
