"""Learners with noise on their weights: when they draw it, and that they learn from the same."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf import draws, networks
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import (
    A2C,
    PPO,
    SAC,
    SQL,
    A2CConfig,
    DiscreteSAC,
    DiscreteSACConfig,
    PPOConfig,
    SACConfig,
    SoftDQN,
    SoftDQNConfig,
    SQLConfig,
)
from maxent_tf.networks import NoisyLayers
from maxent_tf.networks.dense import DenseParams
from maxent_tf.optimizers import SGD
from maxent_tf.training import rollout
from tests.contracts.learners import CONTINUOUS, ONE_HOT, random_batch

KINDS: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "a2c": (A2C, A2CConfig, ONE_HOT, {}),
    "ppo": (PPO, PPOConfig, CONTINUOUS, {}),
    "soft_dqn": (SoftDQN, SoftDQNConfig, ONE_HOT, {"alpha": 0.0}),
    "sac": (SAC, SACConfig, CONTINUOUS, {}),
    "sql": (SQL, SQLConfig, CONTINUOUS, {}),
    "discrete_sac": (DiscreteSAC, DiscreteSACConfig, ONE_HOT, {"alpha": 0.1}),
}
P = (2, 3)


def make(name: str, noisy: NoisyLayers | None, **changes: Any) -> Any:
    learner, config, spec, arguments = KINDS[name]
    arguments = {"hidden_sizes": (6,), **arguments, **changes}
    return learner(spec, config(noisy=noisy, **arguments), P)


def observations(name: str) -> tf.Tensor:
    spec = KINDS[name][2].observation
    return tf.random.stateless_uniform([*P, 5, *spec.shape], [0, 1])


@pytest.mark.parametrize("name", KINDS)
def test_evaluation_has_no_noise_and_exploration_has(name: str) -> None:
    # Oracle: the learner without noise from the same seed, whose parameters are the same means.
    noisy, plain = make(name, NoisyLayers()), make(name, None)
    state, means, observation = noisy.init(3), plain.init(3), observations(name)
    for seed in range(3):
        given = {"seed": seed, "explore": False}
        action = noisy.act(state, (), observation, **given).action
        np.testing.assert_array_equal(action, plain.act(means, (), observation, **given).action)
        np.testing.assert_array_equal(
            noisy.policy(state, observation).sample(seed=seed),
            plain.policy(means, observation).sample(seed=seed),
        )
    explored = noisy.act(state, (), observation, seed=0).action
    assert np.any(explored != plain.act(means, (), observation, seed=0).action)


def test_greedy_actions_differ_by_their_noise_alone() -> None:
    # Oracle: one network and one observation for all, so that nothing but noise tells actions
    # apart. Learners and seeds have noises of their own; the environments of a learner share one.
    noisy = make("soft_dqn", NoisyLayers(sigma0=2.0))
    state, observation = noisy.init(3), observations("soft_dqn")
    state = state._replace(
        network=tf.nest.map_structure(lambda x: tf.broadcast_to(x[:1, :1], x.shape), state.network)
    )
    observation = tf.broadcast_to(observation[:1, :1, :1], observation.shape)
    actions = [noisy.act(state, (), observation, seed=seed).action for seed in range(20)]
    np.testing.assert_array_equal(np.ptp(actions, axis=3), 0)
    first = np.stack(actions)[..., 0]
    assert np.all(np.ptp(first, axis=0) > 0)
    assert np.sum(np.ptp(first.reshape(20, 6), axis=1) > 0) > 10


@pytest.mark.parametrize("name", ["soft_dqn", "sac", "sql", "discrete_sac"])
def test_off_policy_learners_draw_noise_and_action_from_two_seeds(name: str) -> None:
    # Oracle: an action that is drawn by hand from the policy of a perturbed network.
    noisy = make(name, NoisyLayers(), alpha=0.1)
    field = {"soft_dqn": "network", "sql": "sampler"}.get(name, "actor")
    state, observation = noisy.init(3), observations(name)
    noise_seed, action_seed = tf.unstack(draws.split(7, 2))
    perturbed = networks.perturbed(getattr(noisy, f"_{field}"), getattr(state, field), noise_seed)
    policy = noisy.policy(state._replace(**{field: perturbed}), observation)
    action = noisy.act(state, (), observation, seed=7).action
    np.testing.assert_array_equal(action, policy.sample(seed=action_seed))


@pytest.mark.parametrize("name", ["a2c", "ppo"])
@pytest.mark.parametrize("form", ["factorised", "independent"])
def test_a_rollout_has_one_noise_and_a_new_action_at_every_step(name: str, form: str) -> None:
    # Oracle: the perturbed network from the seed that the extras hold, over all steps; the next
    # update brings another noise.
    world = mx.environments.CartPole()
    learner, config = KINDS[name][:2]
    more = {"correction": "vtrace"} if name == "a2c" else {}
    config = config(
        hidden_sizes=(6,), noisy=NoisyLayers(form, sigma0=2.0), rollout_length=8, **more
    )
    noisy = learner(world.spec, config, P)
    state = noisy.init(0)
    worlds = rollout.begin(noisy, world, 4, tf.constant([0, 1]))
    seeds = []
    for k in range(2):
        worlds, batch, _ = rollout.collect(
            noisy, state, world, worlds, noisy.experience, tf.constant([k, 2]), tf.constant([0, 3]),
            tf.constant(8 * k),
        )  # fmt: skip
        held = batch.extras.noise_seed.numpy().reshape(-1, 2)
        np.testing.assert_array_equal(held, np.repeat(held[:1], len(held), axis=0))
        actor = networks.perturbed(noisy._parts._actor, state.actor, draws.fold_in(held[0], 1))
        policy = noisy.policy(state._replace(actor=actor), batch.observation[0])
        np.testing.assert_allclose(
            policy.log_prob(batch.action[0]), batch.extras.log_prob[0], rtol=1e-4, atol=1e-5
        )
        # Actions of one environment under one uniform number would not vary so.
        assert len(np.unique(batch.action.numpy().reshape(8, -1), axis=0)) > 4
        seeds.append(held[0])
        state = noisy.update(state, batch, seed=k).state
    assert np.any(seeds[0] != seeds[1])


def acted_in(noisy: Any, state: Any) -> Any:
    """A trajectory of random steps, with the actions and extras of the learner's own acts."""
    batch = random_batch(noisy)
    acted = [noisy.act(state, (), o, seed=t) for t, o in enumerate(batch.observation)]
    return batch._replace(
        action=tf.stack([x.action for x in acted]),
        extras=tf.nest.map_structure(lambda *x: tf.stack(x), *[x.extras for x in acted]),
    )


def test_ppo_begins_an_update_with_the_policy_that_acted() -> None:
    # Oracle: the ratio of probabilities is 1 up to rounding; with any other noise it is not.
    noisy = make("ppo", NoisyLayers(), clip_epsilon=1e-4, num_epochs=1, num_minibatches=1)
    state = noisy.init(0)
    batch = acted_in(noisy, state)
    np.testing.assert_array_equal(noisy.update(state, batch, seed=1).metrics.clip_fraction, 0)
    spoiled = batch.extras._replace(noise_seed=batch.extras.noise_seed + 1)
    other = noisy.update(state, batch._replace(extras=spoiled), seed=1).metrics.clip_fraction
    assert np.all(other.numpy() > 0.9)


@pytest.mark.parametrize("correction", ["none", "vtrace"])
def test_a2c_learns_by_the_noise_that_acted(correction: str) -> None:
    # Oracle: A2C without noise, whose parameters are the perturbed means: its step is that of the
    # means, and times the noise that of the scales. The state that learns already has another seed.
    options = {"actor_optimizer": SGD(0.1), "max_grad_norm": None, "correction": correction}
    noisy, plain = make("a2c", NoisyLayers(), **options), make("a2c", None, **options)
    state = noisy.init(0)
    batch = acted_in(noisy, state)
    seed = draws.fold_in(state.noise_seed[0, 0], 1)
    actor = networks.perturbed(noisy._parts._actor, state.actor, seed)
    later = state._replace(noise_seed=state.noise_seed + 1)
    step = tf.nest.map_structure(tf.subtract, noisy.update(later, batch).state.actor, state.actor)
    means = tuple(DenseParams(layer.kernel, layer.bias) for layer in actor)
    log_prob = batch.extras.log_prob if correction == "vtrace" else ()
    known = mx.learners.Known(log_prob=log_prob) if correction == "vtrace" else ()
    before = plain.init(0)._replace(actor=means, critic=state.critic)
    after = plain.update(before, batch._replace(extras=known)).state
    for mine, old, new, start, moved in zip(
        step, means, after.actor, state.actor, actor, strict=True
    ):
        np.testing.assert_allclose(mine.kernel, new.kernel - old.kernel, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(mine.bias, new.bias - old.bias, rtol=1e-3, atol=1e-6)
        noise = (moved.kernel - start.kernel) / start.kernel_scale
        expected = noise * (new.kernel - old.kernel)
        np.testing.assert_allclose(mine.kernel_scale, expected, rtol=1e-3, atol=1e-6)
        assert np.any(mine.bias_scale != 0)


@pytest.mark.parametrize("double", [False, True])
def test_the_networks_of_a_soft_dqn_have_noises_of_their_own(double: bool) -> None:
    # Oracle: the Bellman error by hand, from three noises that differ.
    config = SoftDQNConfig(
        hidden_sizes=(6,), noisy=NoisyLayers(), alpha=0.0, double=double, discount=0.9
    )
    learner = SoftDQN(ONE_HOT, config, P)
    state, batch, seed = learner.init(0), random_batch(learner), tf.constant([4, 5])

    def q(use: int, observation: tf.Tensor) -> np.ndarray:
        own = draws.fold_in(seed, use)
        noisy = networks.perturbed(learner._network, state.network, own)
        return learner.q(state._replace(network=noisy), observation).numpy()

    online, choosing, target = (
        q(0, batch.observation),
        *(q(use, batch.next_observation) for use in (1, 2)),
    )
    best = np.argmax(choosing if double else target, axis=-1)[..., None]
    value = np.take_along_axis(target, best, axis=-1)[..., 0]
    goal = batch.reward + 0.9 * (1 - tf.cast(batch.terminated, tf.float32)) * value
    taken = np.take_along_axis(online, batch.action.numpy()[..., None], axis=-1)[..., 0]
    error = learner.update(state, batch, seed=seed).error
    np.testing.assert_allclose(error, np.abs(taken - goal), rtol=1e-4, atol=1e-5)
    assert np.all(q(1, batch.observation) != online)
    assert np.all(q(2, batch.observation) != q(1, batch.observation))


@pytest.mark.parametrize("name", ["soft_dqn", "discrete_sac"])
def test_an_update_without_a_seed_for_its_noise_is_refused(name: str) -> None:
    noisy, plain = make(name, NoisyLayers()), make(name, None)
    batch = random_batch(noisy)
    plain.update(plain.init(0), batch)
    with pytest.raises(ValueError, match=r"seed must be given, not None: with noisy=NoisyLayers"):
        noisy.update(noisy.init(0), batch)


@pytest.mark.parametrize(
    ("config", "arguments", "message"),
    [
        (A2CConfig, {"network": "table"}, 'needs dense layers, and network="table" has none'),
        (PPOConfig, {"memory_size": 4}, "does not go with memory_size=4: leave one out"),
        (DiscreteSACConfig, {"memory_size": 4}, "does not go with memory_size=4: leave one out"),
        (
            SACConfig,
            {"exploration": StateDependentExploration()},
            r"does not go with exploration=StateDependentExploration\(.*\): leave one out",
        ),
    ],
)
def test_what_noisy_layers_do_not_go_with_is_named(
    config: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        config(noisy=NoisyLayers(), **arguments)


def test_behind_a_network_of_ones_own_the_layers_are_noisy() -> None:
    # Oracle: the kinds of the parameters, and actions that differ between seeds.
    encoder = networks.PerLearner(lambda seed: tf.ones([5, 4]), lambda kernel, x: x @ kernel)
    noisy = make("soft_dqn", NoisyLayers(sigma0=2.0), network=encoder)
    state = noisy.init(0)
    assert all(isinstance(x, networks.NoisyDenseParams) for x in state.network.layers)
    assert tf.is_tensor(state.network.encoder)
    observation = observations("soft_dqn")
    actions = [noisy.act(state, (), observation, seed=seed).action.numpy() for seed in range(8)]
    assert np.any(np.ptp(actions, axis=0) > 0)


def test_noise_finds_what_a_greedy_learner_does_not() -> None:
    # Oracle: the same greedy learner without noise, which explores by its first values alone. Over
    # four seeds, 18% to 23% of the plain learners found the far end of the chain, and 60% to 68% of
    # the noisy ones.
    world, found = mx.environments.Chain(8), {}
    for noisy in (None, NoisyLayers(sigma0=1.0)):
        config = SoftDQNConfig(
            hidden_sizes=(16,),
            alpha=0.0,
            noisy=noisy,
            optimizer=3e-3,
            tau=0.05,
            batch_size=16,
            replay_capacity=1000,
            learning_starts=10,
        )
        learner = SoftDQN(world.spec, config, [40])
        result = mx.train(learner, world, 1000, seed=0, records=1, compile="graph")
        returns = mx.evaluate(learner, result.state, world, episodes=1, seed=0).returns
        found[noisy] = np.mean(returns > 9)
    assert found[NoisyLayers(sigma0=1.0)] > found[None] + 0.25
