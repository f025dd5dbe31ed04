"""Recurrent actor-critics against naive loops through time, and on a world that asks to remember.

T steps of B worlds, H units of memory, learners of batch shape P.
"""

import functools
import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.vector import AutoresetMode

import maxent_tf as mx
from maxent_tf.axes import select
from maxent_tf.learners import (
    A2C,
    PPO,
    A2CConfig,
    DiscreteSACConfig,
    Memory,
    PPOConfig,
)
from maxent_tf.learners.minibatches import shuffled_indices, shuffled_worlds
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition
from tests.learners.recall import Recall
from tests.training.gymnasium_envs import vector

P, T, B, H, F = (2,), 5, 4, 3, 2
SPEC = EnvironmentSpec(Box.of((F,)), Discrete(3))
GAMMA, LAMBDA, ALPHA, RATE = 0.9, 0.8, 0.1, 0.5
SHARED: dict[str, Any] = {
    "memory_size": H,
    "hidden_sizes": (),
    "actor_optimizer": SGD(RATE),
    "critic_optimizer": SGD(RATE),
    "max_grad_norm": None,
    "discount": GAMMA,
    "gae_lambda": LAMBDA,
    "alpha": ALPHA,
    "rollout_length": T,
}


def random_state(learner: Any) -> Any:
    generator = np.random.default_rng(0)
    return tf.nest.map_structure(
        lambda x: x + 0.5 * generator.normal(size=x.shape) if x.dtype.is_floating else x,
        learner.init(0),
    )


def rollout(learner: Any, state: Any) -> Transition:
    """A trajectory [T, *P, B] through random observations, with the memories of the policy."""
    rng = np.random.default_rng(1)
    shape = (T, *P, B)
    x = rng.normal(size=(T + 1, *P, B, F)).astype(np.float32)
    final = rng.normal(size=(*shape, F)).astype(np.float32)
    kind = rng.choice(["goes on", "terminated", "truncated"], p=[0.6, 0.2, 0.2], size=shape)
    carry: Any = Memory(
        *(tf.constant(rng.normal(size=(*P, B, H)), tf.float32) for _ in ("actor", "critic"))
    )
    steps = []
    for t in range(T):
        acted = learner.act(state, carry, x[t], seed=[0, t])
        ended = kind[t] != "goes on"
        steps.append(
            Transition(
                observation=tf.constant(x[t]),
                action=acted.action,
                reward=tf.constant(rng.normal(size=shape[1:]), tf.float32),
                next_observation=tf.constant(np.where(ended[..., None], final[t], x[t + 1])),
                terminated=tf.constant(kind[t] == "terminated"),
                truncated=tf.constant(kind[t] == "truncated"),
                valid=tf.ones(shape[1:], tf.bool),
                extras=acted.extras,
            )
        )
        carry = select(tf.constant(ended), learner.initial_carry(B), acted.carry)
    return tf.nest.map_structure(lambda *leaves: tf.stack(leaves), *steps)


def cell(params: Any, x: tf.Tensor, memory: tf.Tensor) -> tf.Tensor:
    """One step of one learner in one world: [F], [H] -> [H]."""
    (gates,) = params.inputs
    z_x, r_x, c_x = tf.split(tf.linalg.matvec(gates.kernel, x, True) + gates.bias[0], 3)
    recurrent = params.recurrent
    u = tf.linalg.matvec(recurrent.kernel, memory, True) + recurrent.bias[0]
    z_u, r_u, c_u = tf.split(u, 3)
    z, r = tf.sigmoid(z_x + z_u), tf.sigmoid(r_x + r_u)
    return z * memory + (1 - z) * tf.tanh(c_x + r * c_u)


def head(params: Any, memory: tf.Tensor) -> tf.Tensor:
    (layer,) = params.layers
    return tf.linalg.matvec(layer.kernel, memory, True) + layer.bias[0]


def by_hand(actor: Any, critic: Any, batch: Transition) -> tuple[Any, Any]:
    """One learner's parameters after an A2C update from [T, B], world by world, step by step."""
    with tf.GradientTape() as tape:
        tape.watch((actor, critic))
        loss = tf.constant(0.0)
        for b in range(B):
            at = tf.nest.map_structure(lambda x, b=b: x[:, b], batch)
            memory = tf.nest.map_structure(lambda x: x[0], at.extras.memory)
            surprises, entropies, values, after = [], [], [], []
            for t in range(T):
                x = at.observation[t]
                if t > 0 and bool(at.terminated[t - 1] | at.truncated[t - 1]):
                    memory = tf.nest.map_structure(tf.zeros_like, memory)
                memory = Memory(cell(actor, x, memory.actor), cell(critic, x, memory.critic))
                log_probs = tf.nn.log_softmax(head(actor, memory.actor))
                surprises.append(-log_probs[int(at.action[t])])
                entropies.append(-tf.reduce_sum(tf.exp(log_probs) * log_probs))
                values.append(head(critic, memory.critic)[0])
                x = at.next_observation[t]
                after.append(float(head(critic, cell(critic, x, memory.critic))[0]))
            advantage = 0.0
            for t in reversed(range(T)):
                if bool(at.terminated[t] | at.truncated[t]):
                    advantage = 0.0
                bootstrap = 0.0 if bool(at.terminated[t]) else GAMMA * after[t]
                error = float(at.reward[t]) + bootstrap - float(values[t])
                advantage = error + GAMMA * LAMBDA * advantage
                target = float(values[t]) + advantage
                loss += surprises[t] * advantage - ALPHA * entropies[t]
                loss += 0.5 * (values[t] - target) ** 2
        loss /= T * B
    grads = tape.gradient(loss, (actor, critic))
    return tf.nest.map_structure(lambda p, g: p - RATE * g, (actor, critic), grads)


close = functools.partial(np.testing.assert_allclose, rtol=1e-3, atol=1e-5)


@functools.cache
def after_a2c() -> tuple[Any, Transition, Any]:
    learner = A2C(SPEC, A2CConfig(**SHARED), P)
    state = random_state(learner)
    batch = rollout(learner, state)
    return state, batch, learner.update(state, batch).state


def test_an_update_is_a_loop_through_time() -> None:
    state, batch, new = after_a2c()
    for i in range(*P):
        own = tf.nest.map_structure(lambda x, i=i: x[i], (state.actor, state.critic))
        expected = by_hand(*own, tf.nest.map_structure(lambda x, i=i: x[:, i], batch))
        actual = tf.nest.map_structure(lambda x, i=i: x[i], (new.actor, new.critic))
        tf.nest.map_structure(close, actual, expected)


def test_the_first_step_of_ppo_is_that_of_a2c() -> None:
    # Oracle: A2C. Where the ratio is 1 the clipped surrogate has the policy gradient's gradient.
    state, batch, expected = after_a2c()
    config = PPOConfig(**SHARED, num_epochs=1, num_minibatches=1, normalize_advantage=False)
    # PPO wants to know how likely the actions were, which A2C does not.
    ppo = PPO(SPEC, config, P)
    likely = [
        ppo.policy(state, x, memory).log_prob(action)
        for x, memory, action in zip(
            batch.observation,
            [tf.nest.map_structure(lambda m, t=t: m[t], batch.extras.memory) for t in range(T)],
            batch.action,
            strict=True,
        )
    ]
    known = batch.extras._replace(log_prob=tf.stack(likely))
    new, metrics, _ = ppo.update(state, batch._replace(extras=known), seed=0)
    tf.nest.map_structure(close, (new.actor, new.critic), (expected.actor, expected.critic))
    # From memories step by step, or through time from the first: the policy is the same.
    np.testing.assert_allclose(metrics.kl, 0, atol=1e-6)


def test_minibatches_keep_worlds_whole() -> None:
    # Oracle: a loop over the worlds that `shuffled_indices` draws.
    indices = shuffled_worlds(T, 6, 2, 3, 0).numpy()
    for steps, worlds in zip(indices, shuffled_indices(6, 2, 3, 0).numpy(), strict=True):
        expected = [t * 6 + b for t in range(T) for b in worlds]
        np.testing.assert_array_equal(steps, expected)
    with pytest.raises(ValueError, match="num_minibatches=4 must divide the 6 environments"):
        shuffled_worlds(T, 6, 1, 4, 0)


@pytest.mark.parametrize("where", ["in_graph", *AutoresetMode], ids=str)
def test_memories_follow_each_other_and_end_with_the_episode(where: Any) -> None:
    # Oracle: the learner itself, asked again at what it saw; zeros where an episode begins.
    fed: list[Transition] = []

    class Recording(A2C):
        def update(self, state: Any, batch: Transition, **named: Any) -> Any:
            fed.append(tf.nest.map_structure(np.asarray, batch))
            return super().update(state, batch, **named)._replace(state=state)

    env: Any = Recall(2)
    if where != "in_graph":
        env = vector("Counting", 4, where, action="discrete")
    spec = env.spec if where == "in_graph" else mx.gymnasium_spec(env)
    learner = Recording(spec, A2CConfig(memory_size=H, hidden_sizes=(), rollout_length=4), P)
    result = mx.train(learner, env, 24, num_envs=2, records=1, compile="eager")
    steps = tf.nest.map_structure(lambda *x: np.concatenate(x), *fed)
    assert len(fed) == 3
    ended = steps.terminated | steps.truncated | ~steps.valid
    assert ended.any()
    for t in range(12):
        at = tf.nest.map_structure(lambda x, t=t: x[t], steps)
        acted = learner.act(result.state, at.extras.memory, at.observation, seed=0)
        if t < 11:
            expected = select(tf.constant(ended[t]), learner.initial_carry(2), acted.carry)
            following = tf.nest.map_structure(lambda x, t=t: x[t + 1], steps.extras.memory)
            tf.nest.map_structure(close, following, expected)


def recaller(name: str, size: int) -> A2C | PPO:
    shared: dict[str, Any] = {"memory_size": size, "hidden_sizes": (16,)}
    if name == "a2c":
        rates = {"actor_optimizer": Adam(1e-2), "critic_optimizer": Adam(1e-2)}
        return A2C(Recall.spec, A2CConfig(**shared, **rates, rollout_length=8), [2])
    # At 1e-2, one of 24 learners forgot again before the end.
    rates = {"actor_optimizer": Adam(3e-3), "critic_optimizer": Adam(3e-3)}
    return PPO(Recall.spec, PPOConfig(**shared, **rates, rollout_length=16), [2])


@pytest.mark.parametrize(
    ("name", "steps"), [("a2c", 100_000), pytest.param("ppo", 30_000, marks=pytest.mark.slow)]
)
def test_what_was_seen_is_remembered(name: str, steps: int) -> None:
    # Oracles: 1 for who remembers; half of the episodes for who does not, a coin's toss: within
    # four standard errors of 200 episodes.
    world = Recall(3)
    returns = {}
    for size in (0, 8):
        learner = recaller(name, size)
        result = mx.train(learner, world, steps, num_envs=16, records=1)
        evaluation = mx.evaluate(learner, result.state, world, 200, seed=1)
        returns[size] = evaluation.returns.mean(axis=-1)
    assert np.all(np.abs(returns[0] - 0.5) < 4 * 0.5 / np.sqrt(200))
    assert np.all(returns[8] == 1)


def test_memories_survive_a_checkpoint(tmp_path: pathlib.Path) -> None:
    # Oracle: the same training in one go, to the bit. It stops within an episode.
    def train(steps: int, **arguments: Any) -> Any:
        learner = A2C(Recall.spec, A2CConfig(memory_size=H, hidden_sizes=(), rollout_length=3), P)
        return mx.train(learner, Recall(3), steps, records=1, compile="graph", **arguments)

    for steps in (9, 18):
        result = train(steps, checkpoint_dir=tmp_path)
    tf.nest.map_structure(np.testing.assert_array_equal, result.state, train(18).state)


def test_what_has_no_memory_is_named() -> None:
    with pytest.raises(ValueError, match='network="table" has no memory, but memory_size is 8'):
        A2CConfig(network="table", memory_size=8)
    with pytest.raises(ValueError, match="memory_size must be an integer of at least 0, not -1"):
        PPOConfig(memory_size=-1)
    with pytest.raises(ValueError, match="burn_in=4 must be below sequence_length=4: nothing"):
        DiscreteSACConfig(memory_size=8, sequence_length=4, burn_in=4)
    with pytest.raises(ValueError, match="n_step=2 does not go with memory_size=8: leave one"):
        DiscreteSACConfig(memory_size=8, n_step=2)
