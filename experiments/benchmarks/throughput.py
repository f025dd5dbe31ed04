"""The speed of the learners, beside the matrix products that they cannot do without.

Run `python -m experiments.benchmarks.throughput`. All figures come from one process, in interleaved
rounds. Trace counts show that no program was traced more than once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments.benchmarks.timing import interleaved
from experiments.premature_convergence.runs import scheduled_alpha
from experiments.premature_convergence.sweep import TabularSweep
from maxent_tf.optimizers import SGD
from maxent_tf.replay import UniformReplay
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.training import in_graph, rollout
from maxent_tf.training.compilation import compiled
from maxent_tf.training.updates import replay_updates
from maxent_tf.types import Transition

OBSERVATIONS, ACTIONS, WIDTH, BATCH = 17, 6, 256, 256
ROUNDS = 7


class Case(NamedTuple):
    """One case to time.

    Attributes:
      call: A function that does the work once and blocks until the work is done.
      amount: The number of units in one call.
      unit: The unit that is counted.
      traces: A function that returns how often the program has been traced, or None for other work.
    """

    call: Callable[[], object]
    amount: int
    unit: str
    traces: Callable[[], int] | None


def in_graph_case(
    learner: mx.learners.A2C | mx.learners.PPO, env: Any, num_envs: int, iterations: int
) -> Case:
    """Returns whole iterations of acting and learning, under XLA."""
    length = learner.experience.rollout_length
    iteration = in_graph.on_policy_iteration(learner, env, learner.experience)
    program: Any = compiled(in_graph.training_program(learner, iteration), "xla", auto="xla")
    batch = (*learner.batch_shape, num_envs)
    state = learner.init(0)
    worlds = rollout.begin(learner, env, num_envs, tf.constant([0, 1]))
    start, end = tf.constant(0), tf.constant(iterations)

    def call() -> object:
        return program(state, worlds, tf.constant([0, 2]), start, end)[2].numpy()

    amount = int(np.prod(batch)) * length * iterations
    return Case(call, amount, "env-steps", program.experimental_get_tracing_count)


def grid_case() -> Case:
    """Returns the 1,800 tabular learners of the grid ablation."""
    sweep = TabularSweep()
    config = mx.learners.A2CConfig(
        network="table",
        actor_optimizer=SGD(sweep.actor_rate),
        critic_optimizer=SGD(sweep.critic_rate),
        max_grad_norm=None,
        rollout_length=1,
        alpha=scheduled_alpha(sweep.alphas, sweep.schedules, sweep.steps),
    )
    world = mx.environments.TwoGoalGrid()
    shape = (len(sweep.schedules), len(sweep.alphas), sweep.seeds)
    return in_graph_case(mx.learners.A2C(world.spec, config, shape), world, 1, 2000)


def cartpole_case(
    kind: type[mx.learners.A2C] | type[mx.learners.PPO],
    iterations: int,
    learners: int = 8,
    num_envs: int = 16,
) -> Case:
    """Returns learners with `num_envs` CartPoles each."""
    world = mx.environments.CartPole()
    return in_graph_case(kind(world.spec, batch_shape=(learners,)), world, num_envs, iterations)


def sac_case(compile_with_xla: bool, updates: int = 64) -> Case:
    """Returns SAC updates at the shapes of HalfCheetah, several to a call."""
    spec = EnvironmentSpec(Box.of((OBSERVATIONS,)), Box.of((ACTIONS,), -1.0, 1.0))
    config = mx.learners.SACConfig(
        hidden_sizes=(WIDTH, WIDTH), batch_size=BATCH, replay_capacity=20_000
    )
    learner = mx.learners.SAC(spec, config)
    replay = UniformReplay(spec, config.replay_capacity)
    count = config.replay_capacity
    normal = tf.random.stateless_normal([2, count, OBSERVATIONS], [0, 1])
    flag = tf.zeros([count], tf.bool)
    replay.add(
        Transition(
            observation=normal[0],
            action=tf.random.stateless_uniform([count, ACTIONS], [0, 2], -1, 1),
            reward=normal[0, :, 0],
            next_observation=normal[1],
            terminated=flag,
            truncated=flag,
            valid=~flag,
        )
    )

    @tf.function(autograph=False, jit_compile=compile_with_xla)
    def program(state: Any, seed: tf.Tensor) -> Any:
        measured = len(learner.metric_names)
        return replay_updates(learner.update, state, replay, BATCH, measured, updates, seed)

    state = learner.init(0)

    def call() -> object:
        return program(state, tf.constant([0, 3]))[1][0].numpy()

    return Case(call, updates, "updates", program.experimental_get_tracing_count)


def products_case(updates: int = 64) -> Case:
    """Returns the matrix products of a SAC update alone: the limit of any implementation.

    Forward, a layer costs one product. Backward, it costs one product for its kernel and one for
    its input, unless the gradient in the input is not needed.
    """
    actor = [(OBSERVATIONS, WIDTH), (WIDTH, WIDTH), (WIDTH, 2 * ACTIONS)]
    critic = [(OBSERVATIONS + ACTIONS, WIDTH), (WIDTH, WIDTH), (WIDTH, 1)]
    forward = 2 * actor + 3 * 2 * critic  # at s' and s; targets, critics, and for the actor
    kernels = actor + 2 * critic
    inputs = actor[1:] + 2 * critic[1:] + 2 * critic  # the actor's loss asks dQ/da
    # Every product has operands of its own: equal products would be computed only once.
    shapes = [((BATCH, m), (m, n), False, False) for m, n in forward]
    shapes += [((BATCH, m), (BATCH, n), True, False) for m, n in kernels]
    shapes += [((BATCH, n), (m, n), False, True) for m, n in inputs]
    operands = [
        [tf.random.stateless_normal(shape, [i, side]) for side, shape in enumerate(pair)]
        for i, (*pair, _, _) in enumerate(shapes)
    ]

    @tf.function(autograph=False)
    def program() -> tf.Tensor:
        def body(i: tf.Tensor, scale: tf.Tensor) -> Any:
            # The operand is scaled by the last result, so that nothing can be hoisted out of the
            # loop.
            results = [
                tf.matmul(scale * x, y, transpose_a=transpose_x, transpose_b=transpose_y)
                for (x, y), (_, _, transpose_x, transpose_y) in zip(operands, shapes, strict=True)
            ]
            return i + 1, 1 + 1e-20 * tf.add_n([r[0, 0] for r in results])

        return tf.while_loop(lambda i, _: i < updates, body, (0, 1.0))[1]

    return Case(
        lambda: program().numpy(), updates, "updates", program.experimental_get_tracing_count
    )


def main() -> None:
    """Prints the table."""
    cases = {
        "grid ablation, 1,800 tabular learners, XLA": grid_case(),
        "A2C on CartPole, 8 learners x 16 worlds, XLA": cartpole_case(mx.learners.A2C, 200),
        "PPO on CartPole, the same": cartpole_case(mx.learners.PPO, 16),
        "SAC, 17 + 6, 2 x 256, batch 256, graph": sac_case(compile_with_xla=False),
        "SAC, the same, XLA": sac_case(compile_with_xla=True),
        "the same update's matrix products alone": products_case(),
    }
    timings = interleaved({name: case.call for name, case in cases.items()}, ROUNDS)
    print(f"TensorFlow {tf.__version__}, median of {ROUNDS} interleaved rounds")
    for name, case in cases.items():
        timing = timings[name]
        rate = case.amount / timing.median
        traces = f", traced {case.traces()} time(s)" if case.traces is not None else ""
        print(
            f"{name:47s} {rate:14,.0f} {case.unit}/s   CPU/wall {timing.cpu_per_wall:.2f}{traces}"
        )
    limit = timings["the same update's matrix products alone"]
    for name in ("SAC, 17 + 6, 2 x 256, batch 256, graph", "SAC, the same, XLA"):
        ratio = np.median(limit.wall / timings[name].wall)
        print(f"{name}: {ratio:.0%} of the matrix-product limit (median of round-by-round ratios)")


if __name__ == "__main__":
    import tyro

    tyro.cli(main, description=__doc__)  # there are no flags but --help
