"""The ablation across temperatures as one function."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from maxent_tf import draws
from maxent_tf.ablation import store
from maxent_tf.ablation.result import Ablation
from maxent_tf.ablation.settings import as_alpha, as_settings
from maxent_tf.checks import as_integer, number
from maxent_tf.learners import Learner, OffPolicy
from maxent_tf.seeds import as_seed
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.training import evaluate, gymnasium_spec, train
from maxent_tf.training.configuration import Configuration
from maxent_tf.training.loop import Pace
from maxent_tf.training.rollout import is_in_graph


def ablate(
    env: Any,
    learner: Callable[..., Learner],
    alphas: Any,
    seeds: int = 10,
    num_steps: int = 100_000,
    *,
    config: Any = None,
    schedule: str | Sequence[str] = "constant",
    stuck_below: float | Callable[[np.ndarray], Any] | None = None,
    num_envs: int = 1,
    episodes: int = 10,
    chunk: int | None = None,
    folder: str | pathlib.Path | None = None,
    measure: Callable[[Learner, Any], dict[str, Any]] | None = None,
    seed: int = 0,
    compile: str = "auto",
    records: int = 100,
    progress: bool = False,
    normalize_observation: bool = False,
    normalize_reward: bool = False,
) -> Ablation:
    """Trains and evaluates learners at each of several temperatures, with several seeds each.

    All learners are one batch, of batch shape [settings, seeds], and train as one compiled program.
    A temperature is data to that program and not structure: fixed temperatures are a tensor
    [settings, 1], annealed ones a schedule of such tensors, and automatic ones are beside them in a
    `temperature.Mixed`. The settings are all alphas with the first schedule, all alphas with the
    next schedule, and then the automatic temperatures, to which no schedule applies.

    Args:
      env: One of `maxent_tf.environments`, or a Gymnasium id.
      learner: The class of the learners, such as `learners.SAC`: a function of an environment's
        specification, a configuration and a `batch_shape`.
      alphas: The temperatures, a sequence: numbers of at least 0, in reward per nat, and "auto" for
        a learner that knows it. A dict has labels as keys, and may hold `AutoTemperature` too.
      seeds: The number of learners at each setting.
      num_steps: The number of steps of each learner, as in `train`.
      config: The configuration of the learners, whose `alpha` is replaced; None for the learner's
        default. A `replay_capacity` that exceeds the steps of a learner is lowered to them, which
        saves memory and changes no number.
      schedule: "constant"; "annealed", which falls linearly to 0 over the first 80% of the updates
        and stays there; or a tuple of both.
      stuck_below: The return below which a learner counts as stuck, compared with its mean return
        in the evaluation; or a function from the returns of the evaluation, [settings, seeds,
        episodes], to the learners that are stuck, [settings, seeds]; None counts none.
      num_envs: The number of environments of each learner.
      episodes: The number of episodes in which each learner is evaluated after training, without
        exploring.
      chunk: The number of seeds in one program, where memory or environments demand less than all.
        The learners of the first chunk have the numbers of a training with `seed`, and those of
        chunk i > 0 the numbers of one with `draws.fold_in(seed, i)`.
      folder: A folder that keeps each chunk when it is done. The same call goes on with the chunks
        that are missing, and `Ablation.load` reads a folder whose chunks are complete.
      measure: A function from a trained learner, of batch shape [settings, seeds of the chunk], and
        its state to arrays by name, [settings, seeds, ...], which `Ablation.measured` then holds.
      seed: An integer, the seed of everything that is drawn.
      compile: As in `train`.
      records: The number of points of history, as in `train`.
      progress: Whether to show a progress bar for each chunk, which needs tqdm.
      normalize_observation: As in `train`.
      normalize_reward: As in `train`. Evaluations are in the environment's own rewards.

    Returns:
      The settings with their evaluations and histories; see `Ablation`.

    Raises:
      TypeError: If `env` is neither an environment of the package nor an id.
      ValueError: If an argument is out of its range, or `folder` holds something else or the chunks
        of another ablation.
      NonFiniteError: If a loss, a gradient or a parameter of one learner becomes NaN or infinite.
        The chunks before are kept in `folder`.
      RuntimeError: If an episode of the evaluation does not end; see `evaluate`.

    >>> import maxent_tf as mx
    >>> world = mx.environments.Bandit([1.0, 0.5])
    >>> config = mx.learners.A2CConfig(network="table", actor_optimizer=mx.optimizers.SGD(0.5))
    >>> result = mx.ablate(
    ...     world, mx.learners.A2C, [0, 0.1], seeds=3, num_steps=200, config=config, stuck_below=0.9
    ... )
    >>> result.returns.shape, result.stuck.shape
    ((2, 3, 10), (2, 3))
    """
    seeds, num_steps, num_envs = (
        as_integer(name, value)
        for name, value in (("seeds", seeds), ("num_steps", num_steps), ("num_envs", num_envs))
    )
    episodes = as_integer("episodes", episodes)
    if stuck_below is not None and not callable(stuck_below):
        stuck_below = number("stuck_below", stuck_below)
    size = seeds if chunk is None else min(as_integer("chunk", chunk), seeds)
    sizes = [min(size, seeds - start) for start in range(0, seeds, size)]
    settings, automatic = as_settings(alphas, schedule)
    spec = _spec(env)
    probe = learner(spec, config, batch_shape=(len(settings), sizes[0]))
    config = _with_alpha(probe, settings, automatic, num_steps, num_envs)
    # Built before anything is trained, so that a temperature that does not fit is refused now.
    batches = {n: learner(spec, config, batch_shape=(len(settings), n)) for n in set(sizes)}

    def run(index: int) -> dict[str, np.ndarray]:
        chunk_seed = as_seed(seed) if index == 0 else draws.fold_in(as_seed(seed), index)
        batch = batches[sizes[index]]
        result = train(
            batch,
            env,
            num_steps,
            chunk_seed,
            num_envs=num_envs,
            compile=compile,
            records=records,
            progress=progress,
            normalize_observation=normalize_observation,
            normalize_reward=normalize_reward,
        )
        # No chunk has the number 0 for a seed of its own.
        evaluation_seed = draws.fold_in(chunk_seed, 0)
        returns = evaluate(batch, result.state, env, episodes, evaluation_seed).returns
        arrays = {"returns": returns}
        if stuck_below is not None:
            arrays["stuck"] = _stuck(stuck_below, returns)
        arrays |= {f"history/{name}": values for name, values in result.history.items()}
        for name, values in (measure(batch, result.state) if measure else {}).items():
            arrays[f"measured/{name}"] = _measured(name, values, (len(settings), sizes[index]))
        return arrays

    configuration = Configuration(
        {
            "env": env,
            "learner": learner,
            "config": config,
            "settings": [tuple(setting) for setting in settings],
            "seeds": seeds,
            "num_steps": num_steps,
            "stuck_below": stuck_below,
            "num_envs": num_envs,
            "episodes": episodes,
            "chunk": size,
            "measure": measure,
            "seed": seed,
            "records": records,
            "normalize_observation": normalize_observation,
            "normalize_reward": normalize_reward,
        }
    )
    about = {
        "env": env if isinstance(env, str) else type(env).__name__,
        "learner": getattr(learner, "__name__", type(probe).__name__),
        "num_steps": num_steps,
        "settings": [setting._asdict() for setting in settings],
        "level": None if callable(stuck_below) else stuck_below,
        "committed_below": _committed_below(spec),
        "chunks": sizes,
        "configuration": configuration.serialize().decode(),
    }
    if folder is None:
        return Ablation.of(about, [run(index) for index in range(len(sizes))])
    kept = store.opened(folder, about, configuration)
    return Ablation.of(about, [kept.chunk(index, run) for index in range(len(sizes))])


def _spec(env: Any) -> EnvironmentSpec:
    if is_in_graph(env):
        return env.spec
    if not isinstance(env, str):
        raise TypeError(
            "env must be one of maxent_tf.environments or a Gymnasium id, of which each chunk and "
            f"each evaluation makes its own environments, not {env!r}."
        )
    return gymnasium_spec(env)


def _with_alpha(
    probe: Learner, settings: Any, automatic: list[Any], num_steps: int, num_envs: int
) -> Any:
    """Returns the configuration of a learner with the temperatures of the settings."""
    config: Any = getattr(probe, "config", None)
    if (
        isinstance(config, type)
        or not dataclasses.is_dataclass(config)
        or not hasattr(config, "alpha")
    ):
        raise ValueError(
            f"learner must have a configuration with an alpha, which {type(probe).__name__} has "
            "not: without a temperature there is nothing to ablate."
        )
    pace = Pace.of(probe.experience, num_envs)
    iterations = pace.iterations(num_steps)
    changes = {"alpha": as_alpha(settings, automatic, pace.updates_after(iterations))}
    experience = probe.experience
    # With priorities, the sums of their tree depend on its size in their last bits.
    if isinstance(experience, OffPolicy) and experience.priorities is None:
        changes["replay_capacity"] = min(experience.replay_capacity, iterations * pace.steps)
    altered: Any = config  # a dataclass, as was checked; its type is the learner's own
    return dataclasses.replace(altered, **changes)


def _stuck(stuck_below: Any, returns: np.ndarray) -> np.ndarray:
    if not callable(stuck_below):
        return returns.mean(axis=-1) < stuck_below
    stuck = np.asarray(stuck_below(returns))
    if stuck.shape != returns.shape[:2] or stuck.dtype != bool:
        raise ValueError(
            f"stuck_below must return booleans of shape {list(returns.shape[:2])}, not "
            f"{stuck.dtype} of shape {list(stuck.shape)}."
        )
    return stuck


def _measured(name: str, values: Any, shape: tuple[int, int]) -> np.ndarray:
    values = np.asarray(values)
    if values.shape[:2] != shape:
        raise ValueError(
            f"measure must return arrays of shape [settings, seeds, ...], {list(shape)}, but "
            f"{name!r} has the shape {list(values.shape)}."
        )
    return values


def _committed_below(spec: EnvironmentSpec) -> float | None:
    """Returns the entropy below which a policy counts as committed, see `diagnose`; or None."""
    action = spec.action
    if isinstance(action, Discrete):
        return 0.5 * float(np.log(action.num_values))
    if isinstance(action, Box):
        width = np.subtract(action.high, action.low, dtype=np.float64)
        return float(np.log(0.1 * width).sum()) if action.bounded else None
    return 0.5 * float(np.log(action.nvec).sum())
