"""The evaluation of a learner over whole episodes, without learning."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf import draws
from maxent_tf.environments import Environment
from maxent_tf.learners import Learner, as_trained
from maxent_tf.seeds import as_seed
from maxent_tf.training import rollout
from maxent_tf.training.compilation import called_alike, compiled
from maxent_tf.training.making import check_no_arguments
from maxent_tf.training.programs import Loan
from maxent_tf.training.result import state_of
from maxent_tf.training.spaces import check_fits
from maxent_tf.training.states import check_state
from maxent_tf.types import Acted


class Evaluation(NamedTuple):
    """The outcome of `evaluate`.

    Attributes:
      returns: [*P, episodes], float32, the undiscounted returns.
      lengths: [*P, episodes], float32, the lengths of the episodes in steps.
    """

    returns: np.ndarray
    lengths: np.ndarray


def evaluate(
    learner: Learner,
    state: Any,
    env: Any,
    episodes: int,
    seed: Any = 0,
    *,
    greedy: bool = True,
    max_steps: int = 100_000,
    env_kwargs: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Runs whole episodes, all at once, each in an environment of its own.

    Args:
      learner: The learner that acts.
      state: The state of the learner, or a result that has it. The running statistics in the state
        of a learner that was trained on normalised observations do not change.
      env: One of `maxent_tf.environments`; a Gymnasium id, an environment or a function that makes
        one, from which as many as needed are made (see `train`); or a vector environment of exactly
        (number of learners x `episodes`) environments, in which no training is under way.
      episodes: The number of episodes for each learner.
      seed: An integer, or a seed of shape [2], int32.
      greedy: Whether to act without exploring; see `Learner.act`.
      max_steps: The largest allowed length of an episode, for environments without a time limit.
      env_kwargs: The arguments with which a Gymnasium id, or a function, makes an environment.

    Returns:
      The returns and the lengths of all episodes.

    Raises:
      RuntimeError: If an episode is still running after `max_steps` steps.
      TypeError: If `env` is not an environment.
      ValueError: If `episodes` is not positive, the state belongs to another learner, the
        environment does not fit the learner, a training run has its episodes in the vector
        environment, or a Gymnasium environment returns NaN, infinity, another shape, or a discrete
        value outside of its space.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, not {episodes}.")
    state = state_of(state)
    learner = as_trained(learner, state)
    check_state(learner, state)
    if rollout.is_in_graph(env):
        check_no_arguments(env, env_kwargs)
        run: Callable[..., Any] = _in_graph
    else:
        run = functools.partial(_on_host, env_kwargs)
    returns, lengths, done = run(learner, state, env, episodes, as_seed(seed), greedy, max_steps)
    if not done.all():
        raise RuntimeError(
            f"{int((~done).sum())} episodes were still running after max_steps={max_steps} steps: "
            "raise max_steps, or give the environment a time limit."
        )
    return Evaluation(returns, lengths)


class _Program:
    """A compiled program without variables."""

    variables = ()

    def __init__(self, function: Callable[..., Any], name: str):
        self.call = called_alike(compiled(function, "graph", auto="graph"), name)


def _in_graph(
    learner: Learner,
    state: Any,
    env: Environment,
    episodes: int,
    seed: tf.Tensor,
    greedy: bool,
    max_steps: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    check_fits(learner.spec, env.spec)
    shape = (*learner.batch_shape, episodes)

    def run(state: Any, seed: tf.Tensor) -> Any:
        reset_seed, step_seed = tf.unstack(draws.split(seed, 2))
        world, timestep = env.reset(shape, reset_seed)

        def body(
            t: Any, world: Any, observation: Any, carry: Any, done: Any, total: Any, length: Any
        ) -> Any:
            own_seed, world_seed = tf.unstack(draws.split(draws.fold_in(step_seed, t), 2))
            act_seed = rollout.seed_of_step(learner.experience, own_seed, step_seed, t)
            acted = learner.act(
                state, carry, observation, seed=act_seed, explore=not greedy, world=world
            )
            world, timestep = env.step(world, acted.action, world_seed)
            # Those that are done step on, to no effect.
            running = tf.cast(~done, tf.float32)
            return (
                t + 1,
                world,
                timestep.observation,
                acted.carry,
                done | timestep.terminated | timestep.truncated,
                total + running * timestep.reward,
                length + running,
            )

        zeros = tf.zeros(shape)
        carry, done = learner.initial_carry(episodes), tf.zeros(shape, tf.bool)
        start = (0, world, timestep.observation, carry, done, zeros, zeros)
        *_, done, total, length = tf.while_loop(
            lambda t, _w, _o, _c, done, *_: (t < max_steps) & ~tf.reduce_all(done), body, start
        )
        return total, length, done

    sizes = ("evaluation", episodes, greedy, max_steps)
    loan = Loan(learner, env, sizes, lambda: _Program(run, "the evaluation"))
    returns, lengths, done = loan.programs.call(_tensors(state), seed)
    loan.end()
    return returns.numpy(), lengths.numpy(), done.numpy()


def _on_host(
    env_kwargs: Mapping[str, Any] | None,
    learner: Learner,
    state: Any,
    env: Any,
    episodes: int,
    seed: tf.Tensor,
    greedy: bool,
    max_steps: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Imported where it is needed: in-graph worlds do without Gymnasium.
    from maxent_tf.training.gymnasium_worlds import GymnasiumWorlds, check_free

    shape = (*learner.batch_shape, episodes)
    check_free(env, math.prod(shape))
    worlds = GymnasiumWorlds(env, math.prod(shape), env_kwargs)
    reset_seed, step_seed = tf.unstack(draws.split(seed, 2))

    def act(
        step_seed: tf.Tensor, state: Any, carry: Any, observation: tf.Tensor, t: tf.Tensor
    ) -> Acted:
        own_seed = draws.fold_in(step_seed, t)
        act_seed = rollout.seed_of_step(learner.experience, own_seed, step_seed, t)
        return learner.act(state, carry, observation, seed=act_seed, explore=not greedy)

    state = _tensors(state)
    try:
        check_fits(learner.spec, worlds.spec)
        loan = Loan(
            learner,
            None,
            ("evaluation", episodes, greedy),
            lambda: _Program(act, "the evaluation"),
        )
        observation = worlds.reset(int(reset_seed[0]) % 2**31)
        total, length = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        done, carry = np.zeros(shape, bool), _tensors(learner.initial_carry(episodes))
        for t in range(max_steps):
            batched = tf.nest.map_structure(
                lambda x: tf.constant(x.reshape(*shape, *x.shape[1:])), observation
            )
            acted = loan.programs.call(step_seed, state, carry, batched, tf.constant(np.int32(t)))
            carry, action = acted.carry, acted.action.numpy()
            step = worlds.step(action.reshape(-1, *action.shape[len(shape) :]))
            total += ~done * step.reward.reshape(shape)
            length += ~done
            done |= (step.terminated | step.truncated).reshape(shape)
            observation = step.observation
            if done.all():
                break
        loan.end()
    finally:
        worlds.close()
    return total, length, done


def _tensors(structure: Any) -> Any:
    return tf.nest.map_structure(tf.convert_to_tensor, structure)
