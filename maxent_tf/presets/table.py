"""All presets, and the one for an environment."""

from __future__ import annotations

from maxent_tf.presets import box2d, classic_control, minigrid, mujoco, toy_text
from maxent_tf.presets.preset import Preset

#: All presets.
PRESETS: tuple[Preset, ...] = (
    *classic_control.PRESETS,
    *toy_text.PRESETS,
    *minigrid.PRESETS,
    *box2d.PRESETS,
    *mujoco.PRESETS,
)


def for_env(algo: str | None = None, env: str | None = None) -> Preset:
    """Returns the preset for an environment, or the one for a learner on an environment.

    A preset is not a claim but a measurement. Its `measured` holds the return that learners with
    these settings reached after `num_steps` steps, and the command that trains and evaluates them
    again. The table of the documentation, made by `python -m experiments.zoo`, shows it beside the
    published return.

    Without `algo`, the preset is the one that reached the highest return on the environment; of
    several with the same return, the one that took the fewest steps.

    Args:
      algo: The name of the learner, such as "sac". It may be left out: a single argument without a
        name is the environment.
      env: A Gymnasium id, or the name of the same environment in `maxent_tf.environments`.

    Raises:
      TypeError: If there is no environment.
      ValueError: If there is no preset; the message lists those that there are.

    >>> preset = for_env("Pendulum-v1")
    >>> preset.algo, preset.num_steps, preset.config["hidden_sizes"]
    ('sac', 20000, (64, 64))
    >>> preset.measured.command
    'python -m experiments.zoo --env Pendulum-v1'
    >>> for_env("ppo", "Pendulum").env
    'Pendulum-v1'
    """
    if env is None:
        algo, env = None, algo
    if env is None:
        raise TypeError('for_env() needs an environment, such as for_env("CartPole-v1").')
    found = [p for p in PRESETS if algo in (None, p.algo) and env in (p.env, *p.aliases)]
    if not found:
        there = ", ".join(f"{preset.algo} {preset.env}" for preset in PRESETS)
        raise ValueError(
            f"there is no preset for algo={algo!r} on env={env!r}: only settings that were "
            f"measured are presets, {there}."
        )
    return max(found, key=lambda preset: (preset.measured.iqm, -preset.num_steps))
