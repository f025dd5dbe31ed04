"""The cost of each way to explore, beside the matrix products that its networks add.

Run `python -m experiments.benchmarks.exploration`. All figures come from one process, in
interleaved rounds, on CartPole, with 8 learners and 16 environments each. A ratio is the time of
the learner that explores over that of the same learner without exploration, so that 2 means twice
as long.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import tables
from experiments.benchmarks.timing import interleaved
from maxent_tf.exploration import ICM, RND, EpsilonGreedy, SimHash
from maxent_tf.learners import A2C, A2CConfig, Intrinsic, Learner, SoftDQN, SoftDQNConfig
from maxent_tf.networks import NoisyLayers

LEARNERS, NUM_ENVS, ROUNDS = 8, 16, 7
HIDDEN = (64, 64)
WORLD = mx.environments.CartPole()
INPUTS, ACTIONS = 4, 2


class Case(NamedTuple):
    """A learner to time.

    Attributes:
      learner: The learner.
      plain: The name of the case to compare this case with.
      products: The number of multiplications in the matrix products that a step of one environment
        needs, for acting and for learning.
    """

    learner: Learner
    plain: str
    products: float


def cases() -> dict[str, Case]:
    """Returns the learners by name."""
    policy, value = _products(INPUTS, *HIDDEN, ACTIONS), _products(INPUTS, *HIDDEN, 1)
    # The products of acting, of forward and backward passes through both networks, and of the value
    # of the next step.
    on_policy = policy + 3 * policy + 3 * value + value
    dqn = SoftDQNConfig(
        hidden_sizes=HIDDEN, batch_size=32, replay_capacity=10_000, learning_starts=NUM_ENVS
    )
    # There is an update for every step of one environment, from 32 transitions.
    batch = dqn.batch_size
    off_policy = policy + batch * (3 * policy + policy)
    target = _products(INPUTS, 64, 64, 32)
    predictor = _products(INPUTS, 64, 64, 64, 32)
    encoder, inverse = _products(INPUTS, 64, 32), _products(64, 64, ACTIONS)
    forward = _products(32 + ACTIONS, 64, 32)
    # With a discount, bonuses are computed twice: for their running sums, and as rewards.
    extra = {
        "SimHash": 2 * INPUTS * 32,
        "RND": 2 * (target + predictor) + target + 3 * predictor,
        "ICM": 2 * (2 * encoder + forward) + 3 * (2 * encoder + inverse + forward),
    }

    def a2c(**changes: Any) -> A2C:
        return A2C(WORLD.spec, A2CConfig(hidden_sizes=HIDDEN, **changes), [LEARNERS])

    def soft_dqn(**changes: Any) -> SoftDQN:
        config = {**vars(dqn), **changes}
        return SoftDQN(WORLD.spec, SoftDQNConfig(**config), [LEARNERS])

    def intrinsic(bonus: Any, discount: float | None) -> Intrinsic:
        return Intrinsic(a2c(), bonus, scale=0.1, discount=discount, num_envs=NUM_ENVS)

    return {
        "A2C": Case(a2c(), "A2C", on_policy),
        "A2C, noisy layers": Case(a2c(noisy=NoisyLayers()), "A2C", on_policy),
        "A2C, SimHash": Case(
            intrinsic(SimHash(WORLD.spec), None), "A2C", on_policy + extra["SimHash"]
        ),
        "A2C, RND": Case(intrinsic(RND(WORLD.spec), 0.99), "A2C", on_policy + extra["RND"]),
        "A2C, ICM": Case(intrinsic(ICM(WORLD.spec), 0.99), "A2C", on_policy + extra["ICM"]),
        "soft DQN": Case(soft_dqn(), "soft DQN", off_policy),
        "soft DQN, epsilon-greedy": Case(
            soft_dqn(alpha=0.0, behaviour=EpsilonGreedy()), "soft DQN", off_policy
        ),
        "soft DQN, noisy layers": Case(soft_dqn(noisy=NoisyLayers()), "soft DQN", off_policy),
    }


def _products(*sizes: int) -> float:
    """Returns the number of multiplications in the matrix products of one forward pass."""
    return float(sum(m * n for m, n in itertools.pairwise(sizes)))


def chunks(learner: Learner, steps: int) -> Callable[[], object]:
    """Returns a function that trains each of a batch of learners for `steps` further steps."""
    trainer = mx.training.Trainer(learner, WORLD, 0, num_envs=NUM_ENVS)
    done = 0

    def call() -> object:
        nonlocal done
        done += steps
        return trainer.run(done, records=1)

    return call


def main() -> None:
    """Prints the table."""
    found = cases()
    # An off-policy learner makes an update for each of these steps.
    steps = {"A2C": 200 * NUM_ENVS * 5, "soft DQN": 20 * NUM_ENVS}
    timings = interleaved(
        {name: chunks(case.learner, steps[case.plain]) for name, case in found.items()}, ROUNDS
    )
    rows = []
    for name, case in found.items():
        timing, plain = timings[name], timings[case.plain]
        rows.append(
            {
                "learner": name,
                "rate": LEARNERS * steps[case.plain] / timing.median,
                "ratio": float(np.median(timing.wall / plain.wall)),
                "products": case.products / found[case.plain].products,
                "cpu": timing.cpu_per_wall,
            }
        )
    print(f"TensorFlow {tf.__version__}, median of {ROUNDS} interleaved rounds\n")
    columns = {
        "learner": "{learner}",
        "env-steps/s": "{rate:,.0f}",
        "time over plain": "{ratio:.2f}",
        "products over plain": "{products:.2f}",
        "CPU/wall": "{cpu:.2f}",
    }
    print(tables.table(rows, columns))


if __name__ == "__main__":
    import tyro

    tyro.cli(main, description=__doc__)  # there are no flags but --help
