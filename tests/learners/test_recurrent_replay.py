"""Recurrent discrete SAC against a naive loop through time, and in a maze that needs a memory.

L steps of B worlds, H units of memory, E critics.
"""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.axes import select
from maxent_tf.learners import DiscreteSAC, DiscreteSACConfig, Memory
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.training import Trainer
from maxent_tf.types import Transition
from tests.learners.t_maze import TMaze
from tests.learners.test_recurrent import cell, head

L, BURN_IN, B, H, E, F = 6, 2, 3, 4, 2, 2
GAMMA, ALPHA, RATE = 0.9, 0.3, 0.5
SPEC = EnvironmentSpec(Box.of((F,)), Discrete(3))
CONFIG = DiscreteSACConfig(
    memory_size=H,
    sequence_length=L,
    burn_in=BURN_IN,
    hidden_sizes=(),
    actor_optimizer=SGD(RATE),
    critic_optimizer=SGD(RATE),
    num_critics=E,
    discount=GAMMA,
    tau=1.0,
    alpha=ALPHA,
)


def example() -> tuple[DiscreteSAC, Any, Transition]:
    """A learner of batch shape [1], its state, and sequences with ends of episodes within."""
    learner = DiscreteSAC(SPEC, CONFIG, [1])
    rng = np.random.default_rng(0)
    state = tf.nest.map_structure(
        lambda x: x + 0.5 * rng.normal(size=x.shape) if x.dtype.is_floating else x, learner.init(0)
    )
    shape = (L, 1, B)
    kind = np.random.default_rng(4).choice(3, p=[0.6, 0.2, 0.2], size=shape)

    def normal(*more: int) -> tf.Tensor:
        return tf.constant(rng.normal(size=(*shape, *more)), tf.float32)

    batch = Transition(
        observation=normal(F),
        action=tf.constant(rng.integers(3, size=shape), tf.int32),
        reward=normal(),
        next_observation=normal(F),
        terminated=tf.constant(kind == 1),
        truncated=tf.constant(kind == 2),
        valid=tf.ones(shape, tf.bool),
        extras=Memory(normal(H), normal(E, H)),
    )
    assert (kind[:BURN_IN] > 0).any()
    assert (kind[BURN_IN:-1] > 0).any()
    return learner, state, batch


def through_time(params: Any, batch: Transition, stored: tf.Tensor, b: int) -> list[Any]:
    """The memories of one network in one world after each step, and after the one that followed."""
    memory, memories = stored[0, b], []
    for t in range(L):
        if t > 0 and bool(batch.terminated[t - 1, b] | batch.truncated[t - 1, b]):
            memory = stored[t, b]
        if t == BURN_IN:
            memory = tf.stop_gradient(memory)
        memory = cell(params, batch.observation[t, b], memory)
        memories.append((memory, cell(params, batch.next_observation[t, b], memory)))
    return memories[BURN_IN:]


def own(params: Any, *index: int) -> Any:
    return tf.nest.map_structure(lambda x: x[index], params)


def test_an_update_is_a_loop_through_time() -> None:
    learner, state, batch = example()
    alone = tf.nest.map_structure(lambda x: x[:, 0], batch)
    actor, critics = own(state.actor, 0), [own(state.critics, 0, e) for e in range(E)]
    targets = [own(state.target_critics, 0, e) for e in range(E)]
    critic_memory = alone.extras.critic
    errors = np.zeros((B, E))
    with tf.GradientTape() as tape:
        tape.watch(critics)
        loss = tf.constant(0.0)
        for b in range(B):
            acted = through_time(actor, alone, alone.extras.actor, b)
            valued = [through_time(targets[e], alone, critic_memory[:, :, e], b) for e in range(E)]
            here = [through_time(critics[e], alone, critic_memory[:, :, e], b) for e in range(E)]
            for i in range(L - BURN_IN):
                t = BURN_IN + i
                log_probs = tf.nn.log_softmax(head(actor, acted[i][1]))
                next_q = tf.reduce_min([head(targets[e], valued[e][i][1]) for e in range(E)], 0)
                value = tf.reduce_sum(tf.exp(log_probs) * (next_q - ALPHA * log_probs))
                alive = 1.0 - float(alone.terminated[t, b])
                target = tf.stop_gradient(alone.reward[t, b] + GAMMA * alive * value)
                for e in range(E):
                    error = head(critics[e], here[e][i][0])[int(alone.action[t, b])] - target
                    loss += 0.5 * error**2
                    errors[b, e] += abs(float(error))
        loss /= B * (L - BURN_IN)
    grads = tape.gradient(loss, critics)
    new, metrics, error = learner.update(state, batch)
    np.testing.assert_allclose(metrics.critic_loss, [loss], rtol=1e-4)
    np.testing.assert_allclose(error[0], errors.mean(-1) / (L - BURN_IN), rtol=1e-4)
    for e in range(E):
        expected = tf.nest.map_structure(lambda p, g: p - RATE * g, critics[e], grads[e])
        tf.nest.map_structure(
            lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-5),
            own(new.critics, 0, e),
            expected,
        )


def test_the_actor_follows_the_new_critics_through_time() -> None:
    learner, state, batch = example()
    new, metrics, _ = learner.update(state, batch)
    alone = tf.nest.map_structure(lambda x: x[:, 0], batch)
    actor, critics = own(state.actor, 0), [own(new.critics, 0, e) for e in range(E)]
    # The critics' memories at the end of the burn-in are those of the old parameters.
    old = [own(state.critics, 0, e) for e in range(E)]
    with tf.GradientTape() as tape:
        tape.watch(actor)
        loss, entropy = tf.constant(0.0), 0.0
        for b in range(B):
            acted = through_time(actor, alone, alone.extras.actor, b)
            memory = [alone.extras.critic[0, b, e] for e in range(E)]
            for t in range(L):
                if t > 0 and bool(alone.terminated[t - 1, b] | alone.truncated[t - 1, b]):
                    memory = [alone.extras.critic[t, b, e] for e in range(E)]
                networks = old if t < BURN_IN else critics
                x = alone.observation[t, b]
                memory = [cell(networks[e], x, memory[e]) for e in range(E)]
                if t < BURN_IN:
                    continue
                q = tf.reduce_min([head(critics[e], memory[e]) for e in range(E)], axis=0)
                log_probs = tf.nn.log_softmax(head(actor, acted[t - BURN_IN][0]))
                loss -= tf.reduce_sum(tf.exp(log_probs) * (q - ALPHA * log_probs))
                entropy -= float(tf.reduce_sum(tf.exp(log_probs) * log_probs))
        loss /= B * (L - BURN_IN)
    np.testing.assert_allclose(metrics.actor_loss, [loss], rtol=1e-4)
    np.testing.assert_allclose(metrics.entropy, [entropy / (B * (L - BURN_IN))], rtol=1e-4)
    expected = tf.nest.map_structure(lambda p, g: p - RATE * g, actor, tape.gradient(loss, actor))
    tf.nest.map_structure(
        lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-5),
        own(new.actor, 0),
        expected,
    )


@pytest.mark.parametrize("where", ["in_graph", "host"])
def test_replay_holds_the_memories_that_were_acted_from(where: str) -> None:
    # Oracle: the learner itself, from the memory before; empty ones where an episode begins.
    world: Any = TMaze(2) if where == "in_graph" else "CartPole-v1"
    spec = world.spec if where == "in_graph" else mx.gymnasium_spec(world)
    config = DiscreteSACConfig(
        memory_size=H, hidden_sizes=(), learning_starts=10, updates_per_step=1e-4, batch_size=2
    )
    learner = DiscreteSAC(spec, config, [2])
    with Trainer(learner, world, num_envs=1, compile="graph") as trainer:
        trainer.run(40, records=2)
        state, ring = trainer.state, trainer._loop.trackables()["replay"]._ring
    slot = tf.repeat(tf.range(40, dtype=tf.int64)[None], 2, axis=0)
    steps = tf.nest.map_structure(lambda x: x[0], ring.read(slot))
    carry = learner.initial_carry(1)
    ended = (steps.terminated | steps.truncated).numpy()
    assert ended.any(axis=-1).all()
    for t in range(40):
        at = tf.nest.map_structure(lambda x, t=t: x[:, t : t + 1], steps)
        tf.nest.map_structure(
            lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-6), at.extras, carry
        )
        acted = learner.act(state, carry, at.observation, seed=0)
        again = tf.constant(ended[:, t : t + 1])
        carry = select(again, learner.initial_carry(1), acted.carry)


@pytest.mark.slow
def test_a_t_maze_is_solved_with_a_memory_alone() -> None:
    # Oracles: the exact optimum, 1; and .45, the best without a memory, within four standard errors
    # of 200 episodes whose returns are 1 or -.1.
    world = TMaze(6)
    for size in (0, 16):
        config = DiscreteSACConfig(
            memory_size=size,
            sequence_length=12,
            burn_in=4,
            hidden_sizes=(32,),
            actor_optimizer=Adam(1e-3),
            critic_optimizer=Adam(1e-3),
            alpha=0.02,
            batch_size=32,
            learning_starts=1000,
        )
        learner = DiscreteSAC(world.spec, config, [3])
        result = mx.train(learner, world, 30_000, records=1, num_envs=4)
        returns = mx.evaluate(learner, result.state, world, 200, seed=1).returns.mean(-1)
        print(f"memory of {size}: {returns}")
        if size:
            assert np.all(returns > 0.99)
        else:
            assert np.all(returns < 0.45 + 4 * 0.55 / np.sqrt(200))
