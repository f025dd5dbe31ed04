"""What holds for every regulariser, each against NumPy written from its definition."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from maxent_tf.regularizers import KL, ReverseKL, Shannon, Tsallis, WeightedSum

LARGEST = 6
_RNG = np.random.default_rng(0)
MU = _RNG.dirichlet(np.ones(LARGEST))
NU = _RNG.dirichlet(np.ones(LARGEST))


class Case(NamedTuple):
    """A regulariser for `n` actions, its value in NumPy and that value's gradient (where p > 0)."""

    make: Callable[[int], Any]
    value: Callable[[np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray], np.ndarray]
    # How far the policy at temperature 1e-3 may be from its limit at 0, when gaps are at least 0.1.
    near_limit: float = 1e-12


def part(reference: np.ndarray, count: int) -> np.ndarray:
    return reference[:count] / reference[:count].sum()


def neg_kl(p: np.ndarray, reference: np.ndarray) -> np.ndarray:
    r = part(reference, p.shape[-1])
    return -np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / r), 0), axis=-1)


def neg_kl_gradient(p: np.ndarray, reference: np.ndarray) -> np.ndarray:
    return -np.log(p / part(reference, p.shape[-1])) - 1


def neg_reverse_kl(p: np.ndarray, reference: np.ndarray) -> np.ndarray:
    r = part(reference, p.shape[-1])
    with np.errstate(divide="ignore"):
        return np.sum(r * np.log(p / r), axis=-1)


def times(alpha: float, omega: Any) -> Any:
    """Returns alpha times omega, which may be -inf where alpha is 0."""
    return alpha * omega if alpha else 0.0


def tsallis(index: float) -> Case:
    return Case(
        lambda n: Tsallis(index),
        lambda p: (1 - np.sum(p**index, axis=-1)) / (index * (index - 1)),
        lambda p: -(p ** (index - 1)) / (index - 1),
    )


ONES = np.ones(LARGEST)
CASES = {
    "shannon": Case(
        lambda n: Shannon(),
        lambda p: neg_kl(p, ONES) + np.log(p.shape[-1]),
        lambda p: neg_kl_gradient(p, ONES) + np.log(p.shape[-1]),
    ),
    "kl": Case(
        lambda n: KL(part(MU, n)),
        lambda p: neg_kl(p, MU),
        lambda p: neg_kl_gradient(p, MU),
    ),
    "sum": Case(
        lambda n: WeightedSum((0.5, 0.7, 0.2), (Shannon(), KL(part(MU, n)), KL(part(NU, n)))),
        lambda p: (
            0.5 * (neg_kl(p, ONES) + np.log(p.shape[-1]))
            + 0.7 * neg_kl(p, MU)
            + 0.2 * neg_kl(p, NU)
        ),
        lambda p: (
            0.5 * (neg_kl_gradient(p, ONES) + np.log(p.shape[-1]))
            + 0.7 * neg_kl_gradient(p, MU)
            + 0.2 * neg_kl_gradient(p, NU)
        ),
    ),
    "reverse-kl": Case(
        lambda n: ReverseKL(part(MU, n)),
        lambda p: neg_reverse_kl(p, MU),
        lambda p: part(MU, p.shape[-1]) / p,
        # A bad action's probability falls as alpha over its gap, not exponentially.
        near_limit=1e-3 / 0.1,
    ),
    "tsallis-2": tsallis(2.0),
    "tsallis-1.5": tsallis(1.5),
    "tsallis-1.05": tsallis(1.05),
}
NAMES = list(CASES)


def values(count: int) -> st.SearchStrategy[list[float]]:
    # Few distinct values among others, so that ties are common.
    element = st.one_of(st.integers(-2, 2).map(float), st.floats(-3, 3, allow_subnormal=False))
    return st.lists(element, min_size=count, max_size=count)


PROBLEMS = st.integers(2, LARGEST).flatmap(values)
ALPHAS = st.one_of(st.just(0.0), st.floats(0.02, 10))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(q=PROBLEMS, alpha=ALPHAS)
def test_greedy_is_optimal_by_the_duality_gap(name: str, q: list[float], alpha: float) -> None:
    # Oracle: for a concave f, max f - f(p) <= max_a f'_a(p) - <p, f'(p)>: a certificate in NumPy.
    case, q_ = CASES[name], np.array(q)
    regularizer = case.make(len(q))
    p = regularizer.greedy(tf.constant(q_), alpha).numpy()
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-14)
    assert np.all(p >= 0)
    # (No p underflows: |q| / alpha is at most 300.)
    gradient = q_ + (alpha * case.gradient(p) if alpha > 0 else 0.0)
    gap = gradient.max() - p @ gradient
    assert gap <= 1e-9 * (1 + alpha)
    attained = p @ q_ + times(alpha, case.value(p))
    np.testing.assert_allclose(regularizer.soft_max(tf.constant(q_), alpha), attained, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.7, 20.0])
@pytest.mark.parametrize("name", NAMES)
def test_soft_max_equals_brute_force_over_the_simplex(name: str, alpha: float) -> None:
    # Oracle: a grid over the simplex of three actions, zoomed in on its best point.
    case, q = CASES[name], np.array([0.3, -0.4, 0.5])
    centre, width = np.array([1 / 3, 1 / 3]), 1.0
    for _ in range(40):
        axis = np.linspace(-width, width, 41)
        xy = np.clip(centre + np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2), 0, 1)
        xy = xy[xy.sum(-1) <= 1]
        p = np.column_stack([xy, 1 - xy.sum(-1)])
        objective = p @ q + times(alpha, case.value(p))
        best = np.argmax(objective)
        centre, width = xy[best], width * 0.6
    actual = case.make(3).soft_max(tf.constant(q), alpha)
    np.testing.assert_allclose(actual, objective[best], atol=1e-8)
    assert actual >= objective[best] - 1e-13


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30, deadline=None)
@given(q=PROBLEMS, alpha=ALPHAS)
def test_gradients_of_soft_max_are_greedy_and_value(
    name: str, q: list[float], alpha: float
) -> None:
    # Oracle: the envelope theorem; at ties and at alpha = 0 too.
    regularizer = CASES[name].make(len(q))
    q_, alpha_ = tf.constant(q, tf.float64), tf.constant(alpha, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([q_, alpha_])
        v = regularizer.soft_max(q_, alpha_)
    dq, dalpha = tape.gradient(v, (q_, alpha_))
    p = regularizer.greedy(q_, alpha_)
    np.testing.assert_allclose(dq, p, atol=1e-14)
    omega = regularizer.value(p)
    if np.isfinite(omega):
        np.testing.assert_allclose(dalpha, omega, atol=1e-14)
    assert np.isfinite(dalpha)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20, deadline=None)
@given(q=PROBLEMS)
def test_alpha_zero_is_the_limit_from_above(name: str, q: list[float]) -> None:
    # Oracle: a small alpha, and the difference quotient there.
    regularizer, q_ = CASES[name].make(len(q)), np.array(q)
    q_ = np.round(q_, 1)  # No near ties, which alpha = 1e-3 would not resolve.
    hard = regularizer.soft_max(tf.constant(q_), 0.0)
    assert hard == q_.max()
    np.testing.assert_allclose(
        regularizer.greedy(tf.constant(q_), 0.0),
        regularizer.greedy(tf.constant(q_), 1e-3),
        atol=CASES[name].near_limit,
    )
    slope = (regularizer.soft_max(tf.constant(q_), 1e-3) - hard) / 1e-3
    omega = regularizer.value(regularizer.greedy(tf.constant(q_), 0.0))
    if np.isfinite(omega):
        np.testing.assert_allclose(omega, slope, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "compiled"), [(name, False) for name in NAMES] + [("sum", True), ("tsallis-1.5", True)]
)
def test_second_derivatives_match_finite_differences(name: str, compiled: bool) -> None:
    # Oracle: central differences of greedy and of value(greedy) in float64. The last action of the
    # first row lies outside the support under sparsemax.
    regularizer = CASES[name].make(4)
    q = np.array([[1.0, 0.8, 0.3, -2.0], [0.1, 0.2, 0.15, 0.0]])
    alpha = np.array([0.9, 0.4])
    direction, step = np.array([[0.3, -1.0, 0.5, 0.7], [0.2, 0.1, -0.6, 0.4]]), 1e-6

    def derivatives(q: tf.Tensor, alpha: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([q, alpha])
            with tf.GradientTape() as inner:
                inner.watch([q, alpha])
                v = tf.reduce_sum(regularizer.soft_max(q, alpha))
            dq, dalpha = inner.gradient(v, (q, alpha))
            along = tf.reduce_sum(dq * direction)
            chosen = tf.reduce_sum(regularizer.greedy(q, alpha) * direction)
        return (
            *outer.gradient(along, (q, alpha)),
            *outer.gradient(chosen, (q, alpha)),
            *outer.gradient(dalpha, (q, alpha)),
        )

    if compiled:
        derivatives = tf.function(derivatives, jit_compile=True)
    hq, ha, gq, ga, aq, aa = derivatives(tf.constant(q), tf.constant(alpha))

    def greedy(q: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        return regularizer.greedy(tf.constant(q), tf.constant(alpha)).numpy()

    along_q = np.empty_like(q)
    for index in np.ndindex(*q.shape):
        d = np.zeros_like(q)
        d[index] = step
        along_q[index] = np.sum((greedy(q + d, alpha) - greedy(q - d, alpha)) * direction)
    along_q /= 2 * step
    along_alpha = (greedy(q, alpha + step) - greedy(q, alpha - step)) / (2 * step)
    for actual in (hq, gq):
        np.testing.assert_allclose(actual, along_q, atol=1e-8)
    for actual in (ha, ga):
        np.testing.assert_allclose(actual, np.sum(along_alpha * direction, -1), atol=1e-8)
    np.testing.assert_allclose(aq, along_alpha, atol=1e-8)
    omega = [regularizer.value(greedy(q, alpha + d)) for d in (step, -step)]
    np.testing.assert_allclose(aa, (omega[0] - omega[1]) / (2 * step), atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_greedy_itself_has_second_derivatives(name: str) -> None:
    # Oracle: central differences of its first ones.
    regularizer, step = CASES[name].make(4), 1e-6
    q, alpha = np.array([1.0, 0.8, 0.3, -2.0]), np.array(0.9)
    direction = np.array([0.3, -1.0, 0.5, 0.7])

    def first(q: Any, alpha: Any) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch([q, alpha])
            chosen = tf.reduce_sum(regularizer.greedy(q, alpha) * direction)
        dq, dalpha = tape.gradient(chosen, (q, alpha))
        return tf.reduce_sum(dq * direction**2), dalpha

    q_, alpha_ = tf.constant(q), tf.constant(alpha)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([q_, alpha_])
        along, dalpha = first(q_, alpha_)
    up, down = (first(tf.constant(q), tf.constant(alpha + d)) for d in (step, -step))
    for actual, index in ((along, 0), (dalpha, 1)):
        expected = (up[index] - down[index]) / (2 * step)
        np.testing.assert_allclose(tape.gradient(actual, alpha_), expected, atol=1e-7)
    for i, unit in enumerate(np.eye(4)):
        up, down = (first(tf.constant(q + d * unit), alpha_) for d in (step, -step))
        for actual, index in ((along, 0), (dalpha, 1)):
            expected = (up[index] - down[index]) / (2 * step)
            np.testing.assert_allclose(tape.gradient(actual, q_)[i], expected, atol=1e-7)


@pytest.mark.parametrize("compiled", ["eager", "graph", "xla"])
@pytest.mark.parametrize("name", NAMES)
def test_alphas_broadcast_against_states(name: str, compiled: str) -> None:
    # Oracle: each alpha and each state alone; alpha = 0 among the others.
    regularizer = CASES[name].make(4)
    q = np.random.default_rng(1).normal(size=(5, 4))
    q[0, 1:3] = q[0].max() + 1
    alphas = np.array([0.0, 0.1, 3.0])

    def both(q: tf.Tensor, alpha: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return regularizer.soft_max(q, alpha), regularizer.greedy(q, alpha)

    if compiled != "eager":
        both = tf.function(both, jit_compile=compiled == "xla")
    v, p = both(tf.constant(q), tf.constant(alphas[:, None]))
    assert v.shape == [3, 5]
    assert p.shape == [3, 5, 4]
    for i, j in np.ndindex(3, 5):
        alone = tf.constant(q[j])
        np.testing.assert_allclose(v[i, j], regularizer.soft_max(alone, alphas[i]), rtol=1e-13)
        np.testing.assert_allclose(p[i, j], regularizer.greedy(alone, alphas[i]), atol=1e-13)


@pytest.mark.parametrize("alpha", [0.0, 0.3])
@pytest.mark.parametrize("name", ["shannon", "tsallis-2", "tsallis-1.5"])
def test_illegal_actions_count_as_absent(name: str, alpha: float) -> None:
    # Oracle: the legal actions alone. Whatever stands in the others, no gradient touches it.
    regularizer = CASES[name].make(5)
    legal = np.array([True, False, True, True, False])
    q = np.array([0.1, 9.0, 0.4, 0.4, np.nan])
    q_, alpha_ = tf.constant(q), tf.constant(alpha, tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([q_, alpha_])
        v = regularizer.soft_max(q_, alpha_, mask=legal)
        p = regularizer.greedy(q_, alpha_, mask=legal)
        first = p[0]
    few = tf.constant(q[legal])
    np.testing.assert_allclose(v, regularizer.soft_max(few, alpha), rtol=1e-14)
    np.testing.assert_allclose(p.numpy()[legal], regularizer.greedy(few, alpha), rtol=1e-14)
    np.testing.assert_array_equal(p.numpy()[~legal], [0, 0])
    np.testing.assert_allclose(tape.gradient(v, q_), p, rtol=1e-14)
    assert np.all(np.isfinite(tape.gradient(first, q_)))
    assert np.all(np.isfinite(tape.gradient(first, alpha_)))
    infinite = tf.constant(np.where(legal, q, -np.inf))
    np.testing.assert_array_equal(regularizer.greedy(infinite, alpha), p)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_everything_is_finite_at_every_scale(name: str, dtype: str) -> None:
    # Oracle: the truth is finite: |v - max q| <= alpha |Omega(p)|, which is below 10 for all but
    # the reverse divergence, which adds the logarithms of gaps over alpha.
    regularizer, rng = CASES[name].make(4), np.random.default_rng(2)
    exponents = [-45, -38, -37.7, -37, -36, -30, -20, -10, -3, 0, 3, 10, 20, 30]
    alpha = np.array([0.0] + [10.0**e for e in exponents], dtype)
    q = np.stack([10.0**e * rng.normal(size=(6, 4)) for e in [-37, -36, -30, -10, 0, 3, 10, 30]])
    q[:, 0], q[:, 1, 1:], q[:, 2, 0] = 0.0, q[:, 1, :1], q[:, 2, 1]  # Ties.
    q_, alpha_ = tf.constant(q.reshape(-1, 4), dtype), tf.constant(alpha[:, None])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([q_, alpha_])
        with tf.GradientTape() as inner:
            inner.watch([q_, alpha_])
            v = regularizer.soft_max(q_, alpha_)
        dq, dalpha = inner.gradient(v, (q_, alpha_))
        p = regularizer.greedy(q_, alpha_)
        chosen = p * rng.normal(size=p.shape).astype(dtype)
    for x in (v, dq, dalpha, p):
        assert np.all(np.isfinite(x))
    np.testing.assert_allclose(tf.reduce_sum(p, -1), np.ones(v.shape), rtol=1e-5)
    for y in (chosen, dalpha):
        for x in tape.gradient(y, (q_, alpha_)):
            assert np.all(np.isfinite(x))
    largest = np.max(q_, axis=-1)
    gap = (largest - np.min(q_, axis=-1)).astype(np.float64)
    temperature = np.maximum(alpha[:, None].astype(np.float64), 1e-200)
    bound = temperature * (10 + (name == "reverse-kl") * np.log1p(gap / temperature))
    assert np.all(np.abs(v - largest) <= bound + 1e-6 * np.abs(largest))


@pytest.mark.parametrize("name", NAMES)
def test_float32_agrees_with_float64(name: str) -> None:
    regularizer, rng = CASES[name].make(6), np.random.default_rng(3)
    q = rng.normal(size=(100, 6)).astype(np.float32)
    alpha = np.exp(rng.uniform(-3, 3, size=100)).astype(np.float32)
    wide = tf.constant(q, tf.float64), tf.constant(alpha, tf.float64)
    narrow = tf.constant(q), tf.constant(alpha)
    v, p = regularizer.soft_max(*narrow), regularizer.greedy(*narrow)
    assert v.dtype == p.dtype == tf.float32
    np.testing.assert_allclose(v, regularizer.soft_max(*wide), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(p, regularizer.greedy(*wide), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_value_has_a_finite_gradient_where_a_policy_puts_no_mass(name: str) -> None:
    # Oracle: the NumPy gradient where p > 0; through greedy, what is left where p = 0 is 0.
    case = CASES[name]
    p = tf.constant([0.25, 0.75, 0.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(p)
        omega = case.make(3).value(p)
    gradient = tape.gradient(omega, p).numpy()
    np.testing.assert_allclose(omega, case.value(p.numpy()), atol=1e-14)
    assert np.isfinite(gradient[2])
    # Up to a constant, which no direction within the simplex sees.
    expected = case.gradient(p.numpy()[:2] if "tsallis" in name else np.array([0.25, 0.75, 1.0]))
    np.testing.assert_allclose(gradient[0] - gradient[1], expected[0] - expected[1], rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_bad_arguments_are_named(name: str) -> None:
    regularizer = CASES[name].make(3)
    for function in (regularizer.soft_max, regularizer.greedy):
        with pytest.raises(ValueError, match=r"alpha must be at least 0, not .*-0\.1"):
            function(tf.zeros([2, 3]), tf.constant([0.1, -0.1]))
        with pytest.raises(ValueError, match=r"alpha must be at least 0"):
            function(tf.zeros([3]), np.nan)
        with pytest.raises(ValueError, match="q must be a floating tensor"):
            function(tf.zeros([3], tf.int32), 1.0)
