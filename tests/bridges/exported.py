"""The inputs of an exported policy's signatures, and what its learner says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from maxent_tf.distributions import Pushforward
from maxent_tf.policies.member import mapped, parameters
from maxent_tf.policies.named import named
from maxent_tf.specs import Box
from tests.policies.policies import for_all, observations

INDEX = (1, 2)
SEED = np.array([7, 9], np.int32)


def actions(learner: Any) -> np.ndarray:
    """Actions [4, *A], the first two of which are on the bounds of continuous ones."""
    spec, generator = learner.spec.action, np.random.default_rng(1)
    if isinstance(spec, Box):
        low, high = spec.bounds()
        within = generator.uniform(low, high, (2, *spec.shape))
        return np.stack([low, high, *within]).astype(np.float32)
    if "action_mask" in str(learner.spec):  # an action that is legal in every observation
        return np.zeros((4, *spec.shape), np.int32)
    counts = getattr(spec, "nvec", None) or spec.num_values
    return generator.integers(counts, size=(4, *spec.shape)).astype(np.int32)


def case(learner: Any, state: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the inputs by their names, and the outputs that they must give, in NumPy.

    The outputs are those of the whole batch of learners, at `INDEX`, in the learner's own terms:
    its carry after one step, `act`, and `policy`. Draws are those of the member's distribution.
    """
    first, seen, taken = observations(learner, 1), observations(learner), actions(learner)
    empty = learner.initial_carry(4)
    carry = learner.act(state, empty, for_all(first), seed=0, explore=False).carry
    memory = _memory(carry)
    acted = learner.act(state, carry, for_all(seen), seed=0, explore=False)
    given = (carry,) if memory is not None else ()
    policy = learner.policy(state, for_all(seen), *given)
    outputs = {"deterministic/action": acted.action[INDEX]}
    inputs = {**named(learner.spec.observation, seen), "seed": SEED, "action": taken}
    if memory is not None:
        inputs["memory"] = memory[INDEX]
        inputs["batch_size"] = np.int32(4)
        outputs["initial_memory/memory"] = _memory(empty)[INDEX]
        for name in ("deterministic", "sample"):
            outputs[f"{name}/memory"] = _memory(acted.carry)[INDEX]
    if not isinstance(policy, Pushforward):
        own = mapped(lambda x: x[INDEX], policy)
        outputs["sample/action"] = own.sample(seed=SEED)
        outputs["log_prob/log_prob"] = policy.log_prob(for_all(taken))[INDEX]
        outputs.update({f"parameters/{k}": v[INDEX] for k, v in parameters(policy).items()})
    return inputs, tf.nest.map_structure(np.asarray, outputs)


def _memory(carry: Any) -> Any:
    """Returns the actor's memory in a carry, [*P, B, H]; None where nothing is remembered."""
    if hasattr(carry, "actor"):
        return carry.actor
    return _memory(carry.learner) if hasattr(carry, "learner") else None
