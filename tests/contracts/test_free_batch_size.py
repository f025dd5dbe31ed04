"""Every learner acts for any number of environments in one program. Oracle: the same, eagerly."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.distributions import Pushforward, SquashedGaussianMixture
from maxent_tf.learners import Learner, Normalized
from tests.contracts.learners import (
    B,
    batched,
    core_learners,
    random_batch,
    random_state,
    single,
    world_of,
)


def observations(learner: Learner) -> Any:
    """Some, [*P, B, *O], as the learner sees them."""
    batch = random_batch(learner)
    time = batch.reward.shape.rank - len(learner.batch_shape) - 1
    return tf.nest.map_structure(lambda x: x[(0,) * time], batch.observation)


def acts(learner: Any, state: Any, observation: Any, world: Any, seed: tf.Tensor) -> dict[str, Any]:
    """All that a policy is asked for: what it does, its densities and, if exact, its entropy."""
    axis = len(learner.batch_shape)
    policy = learner.policy(state, observation)
    carry = learner.initial_carry(tf.shape(tf.nest.flatten(observation)[0])[axis])
    results: dict[str, Any] = {
        name: learner.act(
            state, carry, observation, seed=seed, explore=name == "explored", world=world
        )
        for name in ("greedy", "explored")
    }
    if not isinstance(policy, Pushforward):
        several = policy.sample(2, seed=seed)
        results["several"], results["log_prob"] = several, policy.log_prob(several)
        if hasattr(policy, "sample_with_gaussian"):
            results["before_tanh"] = policy.sample_with_gaussian(seed=seed).gaussian
        if not isinstance(policy, SquashedGaussianMixture):
            results["entropy"] = mx.entropy(policy)
    return results


def check_any_number(learner: Learner, state: Any) -> None:
    """Traces the policy once, and holds what it does for one and three environments to `acts`."""
    axis = len(learner.batch_shape)
    # None, of a learner that does not plan, would be a leaf.
    whole = (observations(learner), world_of(learner, B) or ())
    signature = tf.nest.map_structure(
        lambda x: tf.TensorSpec([*x.shape[:axis], None, *x.shape[axis + 1 :]], x.dtype), whole
    )
    program = tf.function(
        lambda seen, seed: acts(learner, state, *seen, seed),
        input_signature=[signature, tf.TensorSpec([2], tf.int32)],
        autograph=False,
    )
    for size in (1, 3):
        few = tf.nest.map_structure(
            lambda x: x[(slice(None),) * axis + (slice(size),)],  # noqa: B023
            whole,
        )
        seed = tf.constant([5, size])
        found, expected = program(few, seed), acts(learner, state, *few, seed)
        for name in ("greedy", "explored"):
            known = expected[name].extras
            if tf.is_tensor(getattr(known, "log_prob", ())):
                likelihoods = (acted[name].extras.log_prob for acted in (found, expected))
                check_likelihoods(learner, expected[name].action, *likelihoods)
                for acted in (found, expected):
                    blank = acted[name].extras._replace(log_prob=())
                    acted[name] = acted[name]._replace(extras=blank)
        if "log_prob" in expected:
            likelihoods = (acted.pop("log_prob") for acted in (found, expected))
            check_likelihoods(learner, expected["several"], *likelihoods)
        tf.nest.map_structure(
            lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5), found, expected
        )


def check_likelihoods(learner: Learner, action: Any, found: tf.Tensor, expected: Any) -> None:
    """Holds log-likelihoods to what the last bits of a float32 action change, much near a bound."""
    spec, rounding = learner.spec.action, 0.0
    if isinstance(spec, mx.specs.Box):
        low, high = (np.reshape(bound, spec.shape) for bound in (spec.low, spec.high))
        distance = np.minimum(action - low, high - action) / (high - low)  # from the nearer bound
        with np.errstate(divide="ignore"):  # at a bound, the likelihood is not known at all
            rounding = (4 * np.finfo(np.float32).eps / distance).sum(axis=-1)
    difference = np.abs(found - expected)
    assert (difference <= 1e-5 + 1e-4 * np.abs(expected) + rounding).all()


@pytest.mark.parametrize("many", [False, True], ids=["one", "batch"])
@core_learners
def test_one_program_acts_for_any_number_of_environments(name: str, many: bool) -> None:
    learner = batched(name) if many else single(name, (1, 2))
    check_any_number(learner, random_state(learner))


@pytest.mark.parametrize("name", ["a2c_network", "ppo_continuous"])
def test_a_normalized_learner_does_so_too(name: str) -> None:
    continuous = name == "ppo_continuous"
    learner = Normalized(single(name, (0, 0)), observation=continuous, reward=True)
    check_any_number(learner, random_state(learner))
