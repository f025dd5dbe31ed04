"""Every compiled program has kernels for a GPU, and XLA lowers it for one; needs no GPU itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.distributions import SquashedGaussian
from maxent_tf.environments import CartPole, RiverSwim, TwoGoalGrid
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    PPOConfig,
    SACConfig,
)
from maxent_tf.replay import Priorities
from maxent_tf.specs import EnvironmentSpec
from tests import gpu_programs
from tests.contracts import learners as contract

pytestmark = [
    pytest.mark.gate,
    pytest.mark.skipif(
        not tf.test.is_built_with_cuda(), reason="this TensorFlow registers no kernels for GPUs"
    ),
]

SMALL = {"hidden_sizes": (8,)}
REPLAYED = {**SMALL, "batch_size": 4, "replay_capacity": 30, "learning_starts": 4}
SEVERAL = {"n_step": 2, "priorities": Priorities(), "updates_per_step": 0.5}
# Where a learner trains, and which. Every learner's own update is looked at further down.
RUNS: dict[str, tuple[Any, Callable[[EnvironmentSpec], Any]]] = {
    "a table in the graph": (
        TwoGoalGrid(),
        lambda spec: A2C(spec, A2CConfig(network="table"), [2]),
    ),
    "a memory in the graph": (
        CartPole(),
        lambda spec: A2C(spec, A2CConfig(**SMALL, memory_size=4)),
    ),
    "normalised on the host": (
        "Pendulum-v1",
        lambda spec: PPO(spec, PPOConfig(**SMALL, rollout_length=8, num_minibatches=2)),
    ),
    "from replay in the graph": (
        CartPole(),
        lambda spec: DiscreteSAC(spec, DiscreteSACConfig(**REPLAYED, **SEVERAL)),
    ),
    "from replay on the host": (
        "Pendulum-v1",
        lambda spec: SAC(
            spec,
            SACConfig(
                **REPLAYED,
                **SEVERAL,
                exploration=StateDependentExploration(),
                entropy_estimator="exact",
                num_critics=3,
                target_subset=2,
            ),
        ),
    ),
}


def check(programs: list[gpu_programs.Program]) -> int:
    """Checks programs, and returns how many could be lowered."""
    missing = {p.name: found for p in programs if (found := gpu_programs.without_kernels(p))}
    assert not missing
    texts = [gpu_programs.lowered(p) for p in programs if p.is_xla]
    assert all(text is None or text.startswith("HloModule") for text in texts)
    return sum(text is not None for text in texts)


@pytest.mark.parametrize("name", RUNS)
def test_training_and_evaluation(name: str) -> None:
    # Oracle: TensorFlow's own registry of kernels, and its compiler.
    place, make = RUNS[name]
    learner = make(mx.gymnasium_spec(place) if isinstance(place, str) else place.spec)
    with gpu_programs.recorded() as programs:
        result = mx.train(
            learner, place, 16, num_envs=2, normalize_observation=name.startswith("normalised")
        )
        mx.evaluate(learner, result.state, place, 1, max_steps=400)
    # The training's programs, and the evaluation's.
    assert len(programs) >= 2
    check(programs)


@contract.core_learners
def test_updates(name: str) -> None:
    # Oracle: as above. Programs that read replay cannot be lowered as a whole; what learns can.
    learner = contract.batched(name)
    arguments = (
        contract.random_state(learner),
        contract.random_batch(learner),
        tf.zeros([2], tf.int32),
    )
    with gpu_programs.recorded() as programs:
        tf.function(
            lambda state, batch, seed: learner.update(state, batch, seed=seed),
            autograph=False,
            jit_compile=True,
        ).get_concrete_function(*arguments)
    assert check(programs) == 1


def test_exact_solvers() -> None:
    m = mx.tabular.from_environment(TwoGoalGrid(), discount=0.9)
    logits = np.zeros(m.reward.shape)
    with gpu_programs.recorded() as programs:
        mx.tabular.soft_value_iteration(m, [0.1, 0.2])
        policy = mx.tabular.soft_policy_iteration(m, 0.1).policy
        mx.tabular.evaluate_policy(m, policy, alpha=0.1)
        mx.tabular.policy_gradient(m, logits, 0.1, 0.1, 3)
        mx.tabular.natural_policy_gradient(m, logits, 0.1, 0.1, 3)
        endless = mx.tabular.from_environment(RiverSwim(), discount=0.9)
        mx.tabular.relative_value_iteration(endless, 0.1)
    assert check(programs) > 0


def test_distributions() -> None:
    def everything(loc: tf.Tensor, log_scale: tf.Tensor) -> Any:
        d = SquashedGaussian(loc, tf.exp(log_scale), low=[-1.0, 0.0], high=[1.0, 4.0])
        action = d.sample(seed=[0, 1])
        both = d.entropy(), d.log_prob(action), d.mean(), d.variance(), d.mode(), d.cdf(action)
        return tf.gradients(tf.add_n([tf.reduce_sum(x) for x in both]), [loc, log_scale]), both

    values = tf.constant([[0.3, -2.0]]), tf.constant([[0.1, -1.0]])
    for jit_compile in (False, True):
        with gpu_programs.recorded() as programs:
            tf.function(everything, autograph=False, jit_compile=jit_compile)(*values)
        assert check(programs) == jit_compile


def test_the_check_finds_what_a_gpu_cannot_run() -> None:
    # Oracle: TensorFlow has no GPU kernel that scatters bools by int64 rows, and keeps int32
    # variables on the host, where XLA's programs for a GPU cannot read them.
    flags, numbers = tf.Variable(tf.zeros([3], tf.bool)), tf.Variable(tf.zeros([3], tf.int32))

    def scatter(row: tf.Tensor) -> None:
        flags.scatter_update(tf.IndexedSlices(tf.constant([True]), row))

    def read(row: tf.Tensor) -> tf.Tensor:
        return tf.gather(numbers.read_value(), row)

    with gpu_programs.recorded() as programs:
        tf.function(scatter, autograph=False)(tf.constant([1], tf.int64))
        tf.function(read, autograph=False, jit_compile=True)(tf.constant([1], tf.int64))
    first, second = (gpu_programs.without_kernels(p) for p in programs)
    assert any(found.startswith("ResourceScatterUpdate") for found in first)
    assert any("keeps on the host" in found for found in second)
