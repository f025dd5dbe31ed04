"""SAC against its update written out in float64 for one learner at a time, and against optima."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf

import maxent_tf as mx
from maxent_tf import draws
from maxent_tf.exploration import StateDependentExploration
from maxent_tf.learners import SAC, SACConfig, SACState
from maxent_tf.networks import StateDependentParams
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Transition
from tests.learners import windows

SPEC = EnvironmentSpec(Box.of((3,)), Box.of((2,), [-1.0, 0.0], [3.0, 0.5]))
LOW, HIGH = (bound.astype(np.float64) for bound in SPEC.action.bounds())
VOLUME = np.sum(np.log((HIGH - LOW) / 2))
B = 6
ALPHA, GAMMA, TAU = np.array([0.2, 1.0]), np.array([0.9, 0.5]), np.array([0.005, 0.5])
ACTOR_RATE, CRITIC_RATE = 0.1, 0.05
# A trapezoid sum over this grid is a Gaussian expectation to machine precision.
GRID = np.linspace(-9, 9, 181)
WEIGHT = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()


def small(**changes: Any) -> SAC:
    """Two learners with small networks and plain gradient steps."""
    config = {
        "hidden_sizes": (7, 5),
        "actor_optimizer": SGD(ACTOR_RATE),
        "critic_optimizer": SGD(CRITIC_RATE),
        "num_critics": 3,
        "discount": GAMMA,
        "tau": TAU,
        "alpha": ALPHA,
        "batch_size": B,
        "log_std_range": (-1.0, 0.5),
        "initial_stddev": 0.8,
        **changes,
    }
    return SAC(SPEC, SACConfig(**config), [2])


def random_state(learner: SAC) -> SACState:
    """A state with every parameter random, target critics apart from the critics."""
    seeds = itertools.count()

    def randomise(x: tf.Tensor) -> tf.Tensor:
        return x + 0.3 * tf.random.stateless_normal(x.shape, [0, next(seeds)])

    state = learner.init(0)
    networks = (state.actor, state.critics, state.target_critics)
    actor, critics, targets = tf.nest.map_structure(randomise, networks)
    return state._replace(actor=actor, critics=critics, target_critics=targets)


def random_batch() -> Transition:
    return windows.as_batch(windows.random_window(SPEC, 1, 2, B))


@contextmanager
def fed(monkeypatch: pytest.MonkeyPatch, *noises: np.ndarray) -> Iterator[None]:
    """Puts the noise of an update's draws, [P, n, D] each, in the place of random numbers."""
    feed = iter(noises)
    with monkeypatch.context() as patch:
        patch.setattr(
            draws,
            "normal",
            lambda shape, seed, dtype: tf.reshape(tf.cast(next(feed), dtype), shape),
        )
        yield
    assert next(feed, None) is None


def forward(layers: Any, x: tf.Tensor) -> tf.Tensor:
    for layer in layers[:-1]:
        x = tf.nn.relu(x @ layer.kernel + layer.bias)
    return x @ layers[-1].kernel + layers[-1].bias


def every_q(critics: list[Any], observation: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
    scaled = 2 * (action - LOW) / (HIGH - LOW) - 1
    inputs = tf.concat([observation, scaled], -1)
    return tf.stack([forward(critic, inputs)[:, 0] for critic in critics])


def log_cosh(x: tf.Tensor) -> tf.Tensor:
    return tf.abs(x) + tf.math.log1p(tf.exp(-2 * tf.abs(x))) - np.log(2)


def components(actor: Any, observation: tf.Tensor) -> list[tuple[tf.Tensor, ...]]:
    """The log-weight, location and log-scale of each Gaussian of a policy before tanh."""
    if isinstance(actor, StateDependentParams):
        phi = tf.nn.relu(forward(actor.body, observation))
        loc = phi @ actor.location.kernel + actor.location.bias
        phi = tf.concat([tf.stop_gradient(phi), tf.ones_like(phi[:, :1])], -1)
        variance = phi**2 @ tf.exp(2 * tf.clip_by_value(actor.log_scale, -1.0, 0.5))
        return [(tf.zeros(B, tf.float64), loc, 0.5 * tf.math.log(variance))]
    outputs = forward(actor, observation)
    if outputs.shape[-1] == 4:
        loc, log_std = tf.split(outputs, 2, -1)
        each = [(tf.zeros(B, tf.float64), loc, log_std)]
    else:
        parts = tf.unstack(tf.reshape(outputs, [B, -1, 5]), axis=1)
        log_weights = tf.nn.log_softmax(tf.stack([part[:, 0] for part in parts], -1))
        each = [(log_weights[:, k], p[:, 1:3], p[:, 3:]) for k, p in enumerate(parts)]
    return [(w, loc, tf.clip_by_value(s + np.log(0.8), -1.0, 0.5)) for w, loc, s in each]


def value_and_entropy(
    actor: Any, observation: tf.Tensor, noise: np.ndarray, estimator: str, q: Any
) -> tuple[tf.Tensor, tf.Tensor]:
    """A policy's value by `q` and its entropy, by the noise [B, K, D] of each of its components."""
    each = components(actor, observation)
    total_q, total_entropy = 0.0, 0.0
    for k, (log_weight, loc, log_std) in enumerate(each):
        u = loc + tf.exp(log_std) * noise.reshape(B, len(each), 2)[:, k]
        if estimator == "exact":
            grid = loc[..., None] + tf.exp(log_std)[..., None] * GRID
            log_jacobian = tf.reduce_sum(WEIGHT * -2 * log_cosh(grid), -1)
            per_dimension = 0.5 * np.log(2 * np.pi * np.e) + log_std + log_jacobian
            entropy = tf.reduce_sum(per_dimension, -1) + VOLUME
        else:
            log_probs = []
            for w, m, s in each:
                if estimator == "path":
                    w, m, s = (tf.stop_gradient(x) for x in (w, m, s))
                density = -0.5 * ((u - m) / tf.exp(s)) ** 2 - s - 0.5 * np.log(2 * np.pi)
                log_probs.append(w + tf.reduce_sum(density + 2 * log_cosh(u), -1) - VOLUME)
            entropy = -tf.reduce_logsumexp(log_probs, 0)
        action = LOW + (HIGH - LOW) * (tf.tanh(u) + 1) / 2
        total_q += tf.exp(log_weight) * q(observation, action)
        total_entropy += tf.exp(log_weight) * entropy
    return total_q, total_entropy


POLICIES: dict[str, dict[str, Any]] = {
    "gaussian": {},
    "by the state": {"exploration": StateDependentExploration(initial_scale=0.4)},
    "mixture": {"num_components": 3},
    "subset": {"target_subset": 2},
}


@pytest.mark.parametrize(
    ("policy", "estimator", "n_step", "weighted"),
    [
        ("gaussian", "sample", 1, False),
        ("gaussian", "exact", 3, False),
        ("gaussian", "path", 1, True),
        ("gaussian", "sample", 3, True),
        ("by the state", "sample", 1, False),
        ("by the state", "exact", 2, False),
        ("mixture", "sample", 2, True),
        ("mixture", "path", 1, False),
        ("subset", "sample", 1, False),
    ],
)
def test_update_by_hand(
    policy: str, estimator: str, n_step: int, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Oracle: the pseudocode of the module's docstring in float64, one learner and one critic at a
    # time, with a loop over the steps. Terminated transitions lose their next value, truncated ones
    # keep it. Weights are those of the critics alone. Later entropies are of actions in [-1, 1].
    learner = small(entropy_estimator=estimator, n_step=n_step, **POLICIES[policy])
    window = windows.random_window(SPEC, n_step, 2, B)
    rng = np.random.default_rng(2)
    count = learner.config.num_components
    later_noise = rng.normal(size=(2, (n_step - 1) * B * count, 2))
    next_noise, actor_noise = rng.normal(size=(2, 2, B * count, 2))
    weight = rng.uniform(0.1, 1.0, (2, B)) if weighted else np.ones((2, B))
    chosen = [0, 1, 2]
    if policy == "subset":
        chosen = mx.draws.permutation(3, mx.draws.fold_in(0, 2)).numpy()[:2]
    # Made before the draws are patched.
    state = random_state(learner)
    drawn = (later_noise,) * (n_step > 1) + (next_noise, actor_noise)
    with fed(monkeypatch, *drawn):
        given = tf.constant(weight, tf.float32) if weighted else None
        new, metrics, error = learner.update(state, windows.as_batch(window), weight=given, seed=0)

    for i in range(2):
        actor, stacked, targets = tf.nest.map_structure(
            lambda x, i=i: tf.cast(x[i], tf.float64),
            (state.actor, state.critics, state.target_critics),
        )
        each = [tf.nest.map_structure(lambda x, k=k: x[k], (stacked, targets)) for k in range(3)]
        critics, targets = zip(*each, strict=True)
        at = tf.nest.map_structure(
            lambda x, i=i: tf.cast(x[0, i], tf.float64) if x.dtype == tf.float32 else x[0, i],
            window,
        )
        bonus = np.zeros((n_step, B))
        for k in range(1, n_step):
            seen = tf.cast(window.observation[k, i], tf.float64)
            noise = later_noise[i].reshape(n_step - 1, -1, 2)[k - 1]
            _, entropy = value_and_entropy(
                actor, seen, noise, estimator, lambda x, a: tf.zeros(B, tf.float64)
            )
            bonus[k] = ALPHA[i] * (entropy - VOLUME)
        reward, factor, last = windows.naive_return(window, i, GAMMA[i], bonus)
        reached = window.next_observation.numpy()[last, i, np.arange(B)].astype(float)
        next_q, next_entropy = value_and_entropy(
            actor,
            reached,
            next_noise[i],
            estimator,
            lambda x, a, q=targets: tf.reduce_min(every_q([q[k] for k in chosen], x, a), 0),
        )
        value = next_q + ALPHA[i] * (next_entropy - VOLUME)
        target = reward + factor * value

        critic_loss, squares, updated, errors = 0.0, 0.0, [], []
        for critic in critics:
            with tf.GradientTape() as tape:
                tape.watch(critic)
                (q,) = every_q([critic], at.observation, at.action)
                loss = 0.5 * tf.reduce_mean(weight[i] * (q - target) ** 2)
            gradient = tape.gradient(loss, critic)
            errors.append(np.abs(q - target))
            critic_loss += loss
            squares += sum(tf.reduce_sum(g**2) for g in tf.nest.flatten(gradient))
            updated.append(
                tf.nest.map_structure(lambda p, g: p - CRITIC_RATE * g, critic, gradient)
            )
        with tf.GradientTape() as tape:
            tape.watch(actor)
            reduce = tf.reduce_mean if policy == "subset" else tf.reduce_min
            q, entropy = value_and_entropy(
                actor,
                at.observation,
                actor_noise[i],
                estimator,
                lambda x, a, q=updated, reduce=reduce: reduce(every_q(q, x, a), 0),
            )
            actor_loss = -tf.reduce_mean(q + ALPHA[i] * entropy)
        gradient = tape.gradient(actor_loss, actor)
        stepped = tf.nest.map_structure(lambda p, g: p - ACTOR_RATE * g, actor, gradient)

        def close(actual: Any, expected: Any, i: int = i) -> None:
            np.testing.assert_allclose(actual[i], expected, rtol=2e-4, atol=2e-6)

        close(error, np.mean(errors, axis=0))
        tf.nest.map_structure(close, new.actor, stepped)
        for k, (critic, followed) in enumerate(zip(updated, targets, strict=True)):
            tf.nest.map_structure(lambda x, y, k=k: close(x[:, k], y), new.critics, critic)
            followed = tf.nest.map_structure(
                lambda slow, fast, i=i: (1 - TAU[i]) * slow + TAU[i] * fast, followed, critic
            )
            tf.nest.map_structure(lambda x, y, k=k: close(x[:, k], y), new.target_critics, followed)
        norm = sum(tf.reduce_sum(g**2) for g in tf.nest.flatten(gradient)) ** 0.5
        expected = (actor_loss, critic_loss, entropy, ALPHA[i], 0, q, norm, squares**0.5)
        for metric, want in zip(metrics, expected, strict=True):
            close(metric, np.mean(want))


STATE = random_state(small())


def test_temperature_moves_towards_its_target() -> None:
    # Oracle: AutoTemperature fed with the entropy that the metrics report; by hand, alpha rises
    # where the entropy is below the target.
    dual = mx.temperature.AutoTemperature([-8.0, 0.6], initial_alpha=0.3, learning_rate=0.1)
    learner = small(alpha=dual)
    state = STATE._replace(temperature=dual.init([2]))
    new, metrics, _ = learner.update(state, random_batch(), seed=1)
    expected, _ = dual.update(dual.init([2]), metrics.entropy)
    np.testing.assert_array_equal(new.temperature.log_alpha, expected.log_alpha)
    np.testing.assert_array_equal(metrics.alpha, dual.alpha(state.temperature))
    rises = dual.alpha(new.temperature).numpy() > 0.3
    np.testing.assert_array_equal(rises, metrics.entropy < [-8.0, 0.6])
    np.testing.assert_array_equal(rises, [False, True])


def test_alpha_follows_its_schedule() -> None:
    learner = small(alpha=mx.temperature.linear(ALPHA, 0.0, 2))
    state = STATE._replace(temperature=learner.init(0).temperature)
    for share in (1, 0.5, 0, 0):
        state, metrics, _ = learner.update(state, random_batch(), seed=0)
        np.testing.assert_allclose(metrics.alpha, share * ALPHA, rtol=1e-6)


def test_auto_is_minus_the_number_of_dimensions_in_the_units_of_the_actions() -> None:
    # Oracle: Haarnoja et al., -dim(A) for actions in [-1, 1], shifted by log((high - low) / 2).
    state = small(alpha="auto").init(0)
    assert np.all(state.temperature.log_alpha == 0)
    learner = small(alpha="auto", entropy_estimator="exact")
    target = -2 + VOLUME
    _, metrics, _ = learner.update(
        STATE._replace(temperature=state.temperature), random_batch(), seed=0
    )
    new, _, _ = learner.update(
        STATE._replace(temperature=state.temperature), random_batch(), seed=0
    )
    # Adam's first step is the rate against the sign of (entropy - target).
    step = -3e-4 * np.sign(metrics.entropy - target)
    np.testing.assert_allclose(new.temperature.log_alpha, step, rtol=1e-3)


def test_fresh_targets_are_the_critics() -> None:
    state = small().init(3)
    tf.nest.map_structure(np.testing.assert_array_equal, state.critics, state.target_critics)


class ManyDraws:
    """A hundred equal learners, each of which sees one state in the whole of its minibatch."""

    learners, size, alpha = 100, 200, 0.5

    def __init__(self) -> None:
        self.spec = EnvironmentSpec(Box.of((1,)), Box.of((2,), -1.0, 1.0))
        self.state = self.learner("sample").init(0)
        # One actor and one set of critics for all.
        self.state = tf.nest.map_structure(
            lambda x: tf.repeat(x[:1], self.learners, 0) if x.shape.rank else x, self.state
        )
        loc_and_log_scale = tf.constant([0.4, -0.8, -0.5, 0.2])
        (layer,) = self.state.actor
        bias = tf.broadcast_to(loc_and_log_scale, layer.bias.shape)
        self.state = self.state._replace(actor=(layer._replace(bias=bias),))

    def learner(self, estimator: str, kind: type[SAC] = SAC) -> SAC:
        config = SACConfig(
            hidden_sizes=(),
            actor_optimizer=SGD(1.0),
            critic_optimizer=SGD(0.0),
            alpha=self.alpha,
            entropy_estimator=estimator,
        )
        return kind(self.spec, config, [self.learners])

    def actor_gradients(self, estimator: str, kind: type[SAC] = SAC) -> np.ndarray:
        """Independent estimates of the gradient in location and log-scale, [learners, 4]."""
        shape = (self.learners, self.size)
        batch = Transition(
            observation=tf.ones([*shape, 1]),
            action=tf.zeros([*shape, 2]),
            reward=tf.zeros(shape),
            next_observation=tf.ones([*shape, 1]),
            terminated=tf.ones(shape, tf.bool),
            truncated=tf.zeros(shape, tf.bool),
            valid=tf.ones(shape, tf.bool),
        )
        seed = {"sample": 1, "exact": 2, "path": 3}[estimator]
        new = self.learner(estimator, kind).update(self.state, batch, seed=seed).state
        return (self.state.actor[0].bias - new.actor[0].bias).numpy()[:, 0]


@pytest.fixture(scope="module")
def many_draws() -> ManyDraws:
    return ManyDraws()


def test_entropy_estimators_agree_in_expectation(many_draws: ManyDraws) -> None:
    # Oracle: each other, within 4.5 standard errors of the difference of their means.
    gradients = {name: many_draws.actor_gradients(name) for name in ("sample", "exact", "path")}
    for first, second in itertools.combinations(gradients.values(), 2):
        variance = (first.var(0) + second.var(0)) / many_draws.learners
        assert np.all(np.abs(first.mean(0) - second.mean(0)) < 4.5 * np.sqrt(variance))
        # The errors are small beside the gradients, so that the comparison means something.
        assert np.all(np.sqrt(variance) < 0.1 * np.abs(first.mean(0)).max())


class Matched(SAC):
    """A SAC whose critic is alpha times the log-density of the policy of `ManyDraws`."""

    def _smallest_q(self, critics: Any, observed: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
        fixed = mx.distributions.SquashedGaussian(self.loc, self.scale)
        return ManyDraws.alpha * fixed.log_prob(action)


def test_the_path_estimator_has_no_variance_at_the_optimum(many_draws: ManyDraws) -> None:
    # Oracle: Roeder et al. 2017. Where Q = alpha log pi + constant the gradient through the action
    # vanishes for every draw; the score term of the single-sample estimator does not.
    distribution = many_draws.learner("path").policy(
        many_draws.state, tf.ones([many_draws.learners, 1, 1])
    )
    Matched.loc, Matched.scale = distribution.loc[0, 0], distribution.scale[0, 0]
    path = many_draws.actor_gradients("path", Matched)
    sample = many_draws.actor_gradients("sample", Matched)
    assert np.max(np.abs(path)) < 1e-5
    assert np.all(sample.std(0) > 0.01)


def test_finds_the_best_squashed_gaussian_of_a_one_step_world() -> None:
    # Oracle: the maximum over location and scale of E r(a) + alpha H, by quadrature and SciPy.
    alpha = np.array([0.1, 0.3])
    env = mx.environments.ContinuousTrap(heights=(1.0,), centres=(0.4,), widths=(0.3,))

    def reward_and_entropy(loc: float, log_scale: float) -> tuple[float, float]:
        d = mx.distributions.SquashedGaussian(
            tf.constant([loc], tf.float64), tf.constant([np.exp(log_scale)], tf.float64)
        )
        action = np.tanh(loc + np.exp(log_scale) * GRID)
        return float(WEIGHT @ env.reward(tf.constant(action)).numpy()), float(d.entropy())

    rate = mx.temperature.linear(1e-2, 1e-3, 1000)
    config = SACConfig(
        hidden_sizes=(16, 16),
        actor_optimizer=Adam(rate),
        critic_optimizer=Adam(rate),
        alpha=alpha,
        batch_size=64,
        replay_capacity=1200,
        learning_starts=200,
    )
    learner = SAC(env.spec, config, [2])
    result = mx.train(learner, env, 1200, seed=0, compile="graph", records=1)
    learned = learner.policy(result.state, tf.ones([2, 1, 1]))
    for i in range(2):

        def loss(x: np.ndarray, i: int = i) -> float:
            reward, entropy = reward_and_entropy(*x)
            return -(reward + alpha[i] * entropy)

        best = scipy.optimize.minimize(loss, [0.4, -1.0], method="Nelder-Mead")
        x = [float(learned.loc[i, 0, 0]), float(tf.math.log(learned.scale)[i, 0, 0])]
        assert loss(x) - best.fun < 0.01
        np.testing.assert_allclose(reward_and_entropy(*x), reward_and_entropy(*best.x), atol=0.1)


def test_every_subset_of_critics_has_its_turn() -> None:
    # Oracle: enumeration; a subset holds each of its critics once, the same for both learners.
    learner = small(target_subset=2)
    kernel = STATE.critics[0].kernel
    seen = set()
    for seed in range(40):
        subset = learner._subset(STATE.critics, seed)[0].kernel
        chosen = [int(np.argmax([np.all(x == y) for y in kernel[0]])) for x in subset[0]]
        np.testing.assert_array_equal(subset, kernel.numpy()[:, chosen])
        seen.add(frozenset(chosen))
    assert seen == {frozenset(pair) for pair in itertools.combinations(range(3), 2)}


def test_a_mixture_keeps_two_goals_that_a_gaussian_cannot() -> None:
    # Oracle: quadrature of the soft-optimal policy, proportional to exp(r / alpha), whose value is
    # alpha log of the integral, and SciPy's best single squashed Gaussian. The components start
    # apart: from one place, both may end on one goal.
    alpha = 0.3
    env = mx.environments.ContinuousTrap(heights=(1.0, 1.0), centres=(-0.6, 0.6), widths=(0.2, 0.2))
    rate = mx.temperature.linear(1e-2, 1e-3, 1000)
    config = SACConfig(
        hidden_sizes=(32, 32),
        actor_optimizer=Adam(rate),
        critic_optimizer=Adam(rate),
        num_components=2,
        alpha=alpha,
        batch_size=64,
        replay_capacity=1400,
        learning_starts=400,
    )
    learner = SAC(env.spec, config)
    state = learner.init(0)
    *hidden, last = state.actor
    last = last._replace(bias=last.bias + tf.constant([0.0, -1.0, 0.0, 0.0, 1.0, 0.0]))
    state = state._replace(actor=(*hidden, last))
    result = mx.train(learner, env, 1400, seed=0, records=1, state=state)
    policy = learner.policy(result.state, tf.ones([1, 1]))
    edges = np.linspace(-1, 1, 4001)
    action, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    reward, u = env.reward(tf.constant(action)).numpy(), np.arctanh(action)

    def objective(log_prob: np.ndarray) -> float:
        return float(np.sum(np.exp(log_prob) * (reward - alpha * log_prob)) * width)

    def of_a_gaussian(x: np.ndarray) -> float:
        log_density = -0.5 * ((u - x[0]) / np.exp(x[1])) ** 2 - x[1] - 0.5 * np.log(2 * np.pi)
        return -objective(log_density - np.log1p(-(action**2)))

    optimum = alpha * np.log(np.sum(np.exp(reward / alpha)) * width)
    starts = itertools.product((-0.7, 0.0, 0.7), (-1.5, 0.0, 1.0))
    gaussian = -min(
        scipy.optimize.minimize(of_a_gaussian, x, method="Nelder-Mead").fun for x in starts
    )
    learned = objective(
        policy.log_prob(tf.constant(action[:, None, None], tf.float32))[:, 0].numpy()
    )
    assert optimum - learned < 0.5 * (optimum - gaussian)
    assert np.isin(np.sign(mx.distributions.greedy_action(policy)), (-1, 1)).all()
