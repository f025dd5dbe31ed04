"""SAC against its update written out in float64 for one learner at a time, and against optima."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.learners import SAC, SACConfig, SACState
from maxent_tf.optimizers import SGD, Adam
from maxent_tf.specs import Box, EnvironmentSpec
from maxent_tf.types import Transition

SPEC = EnvironmentSpec(Box.of((3,)), Box.of((2,), [-1.0, 0.0], [3.0, 0.5]))
LOW, HIGH = (bound.astype(np.float64) for bound in SPEC.action.bounds())
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
    rng = np.random.default_rng(1)
    return Transition(
        observation=tf.constant(rng.normal(size=(2, B, 3)), tf.float32),
        action=tf.constant(rng.uniform(LOW, HIGH, (2, B, 2)), tf.float32),
        reward=tf.constant(rng.normal(size=(2, B)), tf.float32),
        next_observation=tf.constant(rng.normal(size=(2, B, 3)), tf.float32),
        terminated=tf.constant([[True, True, False, False, False, False]] * 2),
        truncated=tf.constant([[False, True, True, True, False, False]] * 2),
        valid=tf.ones([2, B], tf.bool),
    )


@pytest.fixture
def noises(monkeypatch: pytest.MonkeyPatch) -> Iterator[np.ndarray]:
    """The noise of the two draws of an update, [draws, P, B, D], put in place of random numbers."""
    noises = np.random.default_rng(2).normal(size=(2, 2, B, 2))
    feed = iter(noises)
    with monkeypatch.context() as patch:
        patch.setattr(
            tf.random,
            "stateless_normal",
            lambda shape, seed, dtype: tf.reshape(tf.cast(next(feed), dtype), shape),
        )
        yield noises
        assert next(feed, None) is None


def forward(layers: Any, x: tf.Tensor) -> tf.Tensor:
    for layer in layers[:-1]:
        x = tf.nn.relu(x @ layer.kernel + layer.bias)
    return x @ layers[-1].kernel + layers[-1].bias


def smallest_q(critics: list[Any], observation: tf.Tensor, action: tf.Tensor) -> tf.Tensor:
    inputs = tf.concat([observation, action], -1)
    return tf.reduce_min([forward(critic, inputs)[:, 0] for critic in critics], 0)


def log_cosh(x: tf.Tensor) -> tf.Tensor:
    return tf.abs(x) + tf.math.log1p(tf.exp(-2 * tf.abs(x))) - np.log(2)


def draw(
    actor: Any, observation: tf.Tensor, noise: np.ndarray, estimator: str
) -> tuple[tf.Tensor, tf.Tensor]:
    loc, log_std = tf.split(forward(actor, observation), 2, -1)
    log_std = tf.clip_by_value(log_std + np.log(0.8), -1.0, 0.5)
    u = loc + tf.exp(log_std) * noise
    action = LOW + (HIGH - LOW) * (tf.tanh(u) + 1) / 2
    volume = np.sum(np.log((HIGH - LOW) / 2))
    if estimator == "exact":
        grid = loc[..., None] + tf.exp(log_std)[..., None] * GRID
        log_jacobian = tf.reduce_sum(WEIGHT * -2 * log_cosh(grid), -1)
        entropy = 0.5 * np.log(2 * np.pi * np.e) + log_std + log_jacobian
        return action, tf.reduce_sum(entropy, -1) + volume
    if estimator == "path":
        loc, log_std = tf.stop_gradient(loc), tf.stop_gradient(log_std)
    log_density = -0.5 * ((u - loc) / tf.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi)
    log_prob = tf.reduce_sum(log_density + 2 * log_cosh(u), -1) - volume
    return action, -log_prob


@pytest.mark.parametrize("estimator", ["sample", "exact", "path"])
def test_update_by_hand(estimator: str, noises: np.ndarray) -> None:
    # Oracle: the pseudocode of the module's docstring in float64, one learner and one critic at a
    # time. Terminated transitions lose their next value, truncated ones keep it.
    learner, batch = small(entropy_estimator=estimator), random_batch()
    # Made before the draws are patched.
    state = STATE
    new, metrics = learner.update(state, batch, seed=0)

    for i in range(2):
        actor, stacked, targets = tf.nest.map_structure(
            lambda x, i=i: tf.cast(x[i], tf.float64),
            (state.actor, state.critics, state.target_critics),
        )
        each = [tf.nest.map_structure(lambda x, k=k: x[k], (stacked, targets)) for k in range(3)]
        critics, targets = zip(*each, strict=True)
        at = tf.nest.map_structure(
            lambda x, i=i: tf.cast(x[i], tf.float64) if x.dtype == tf.float32 else x[i], batch
        )
        next_action, next_entropy = draw(actor, at.next_observation, noises[0, i], estimator)
        value = smallest_q(targets, at.next_observation, next_action) + ALPHA[i] * next_entropy
        target = at.reward + tf.where(at.terminated, 0.0, GAMMA[i] * value)

        critic_loss, squares, updated = 0.0, 0.0, []
        for critic in critics:
            with tf.GradientTape() as tape:
                tape.watch(critic)
                q = forward(critic, tf.concat([at.observation, at.action], -1))[:, 0]
                loss = 0.5 * tf.reduce_mean((q - target) ** 2)
            gradient = tape.gradient(loss, critic)
            critic_loss += loss
            squares += sum(tf.reduce_sum(g**2) for g in tf.nest.flatten(gradient))
            updated.append(
                tf.nest.map_structure(lambda p, g: p - CRITIC_RATE * g, critic, gradient)
            )
        with tf.GradientTape() as tape:
            tape.watch(actor)
            action, entropy = draw(actor, at.observation, noises[1, i], estimator)
            q = smallest_q(updated, at.observation, action)
            actor_loss = -tf.reduce_mean(q + ALPHA[i] * entropy)
        gradient = tape.gradient(actor_loss, actor)
        stepped = tf.nest.map_structure(lambda p, g: p - ACTOR_RATE * g, actor, gradient)

        def close(actual: Any, expected: Any, i: int = i) -> None:
            np.testing.assert_allclose(actual[i], expected, rtol=2e-4, atol=2e-6)

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
    new, metrics = learner.update(state, random_batch(), seed=0)
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
        state, metrics = learner.update(state, random_batch(), seed=0)
        np.testing.assert_allclose(metrics.alpha, share * ALPHA, rtol=1e-6)


def test_auto_is_minus_the_number_of_dimensions_in_the_units_of_the_actions() -> None:
    # Oracle: Haarnoja et al., -dim(A) for actions in [-1, 1], shifted by log((high - low) / 2).
    state = small(alpha="auto").init(0)
    assert np.all(state.temperature.log_alpha == 0)
    learner = small(alpha="auto", entropy_estimator="exact")
    target = -2 + np.sum(np.log((HIGH - LOW) / 2))
    _, metrics = learner.update(STATE._replace(temperature=state.temperature), random_batch(), 0)
    new, _ = learner.update(STATE._replace(temperature=state.temperature), random_batch(), 0)
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
        new, _ = self.learner(estimator, kind).update(self.state, batch, seed)
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
