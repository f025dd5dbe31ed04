"""A million random inputs to the distributions: is any value or gradient not finite?

Run `python -m experiments.benchmarks.fuzz_distributions`. Every quantity of the squashed Gaussians
and of the Boltzmann policy is evaluated with its gradients, in both dtypes, in a graph and under
XLA. The table counts the results that are NaN, infinite or outside the range that the quantity must
keep. The exit status is 1 if there are any. For all inputs that are drawn, the true result is
finite.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from maxent_tf.distributions import (
    SquashedGaussian,
    SquashedGaussianMixture,
    SquashedMultivariateGaussian,
    boltzmann,
)

COUNT = 1_000_000
CHUNK = (2000, 20)  # batch and dimension: bounds are static, one pair a dimension
ACTIONS = 20


class Inputs(NamedTuple):
    """One chunk of inputs, each [batch, dimension].

    Attributes:
      loc: A mean in [-20, 20], and often small, at 0 or at an end.
      scale: A scale whose logarithm is in [-20, 2].
      other_loc: The mean of a second distribution, drawn like `loc`.
      other_scale: The scale of a second distribution, drawn like `scale`.
      action: An action anywhere in the box, near its ends, on them or beyond.
      gaussian: A pre-tanh value in [-40, 40].
      p: A probability, at 0, at 1 or as small as 1e-30.
    """

    loc: tf.Tensor
    scale: tf.Tensor
    other_loc: tf.Tensor
    other_scale: tf.Tensor
    action: tf.Tensor
    gaussian: tf.Tensor
    p: tf.Tensor


class Quantity(NamedTuple):
    """A quantity to evaluate, and the range that it must keep, up to rounding."""

    value: Callable[[Inputs, np.ndarray, np.ndarray], tf.Tensor]
    low: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda low, high: -np.inf
    high: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda low, high: np.inf


class Count(NamedTuple):
    """The number of inputs, and the numbers of those that gave wrong values and gradients."""

    inputs: int
    bad_values: int
    bad_gradients: int
    out_of_range: int


def _p(x: Inputs, low: np.ndarray, high: np.ndarray) -> SquashedGaussian:
    return SquashedGaussian(x.loc, x.scale, low, high)


def _q(x: Inputs, low: np.ndarray, high: np.ndarray) -> SquashedGaussian:
    return SquashedGaussian(x.other_loc, x.other_scale, low, high)


def _width(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return high - low


def _boltzmann_with_extremes(x: Inputs) -> tfd.Categorical:
    """Returns policies with some impossible actions and some temperatures of zero."""
    q = tf.where(x.p == 1, tf.constant(-np.inf, x.loc.dtype), x.loc)
    alpha = x.scale[:, 0]
    return boltzmann(q, tf.where(x.p[:, 1] < 0.1, tf.zeros_like(alpha), alpha))


def _mixture(x: Inputs, low: np.ndarray, high: np.ndarray) -> SquashedGaussianMixture:
    """Returns a mixture that takes a row of inputs for five components of four dimensions."""
    loc, scale = (tf.reshape(y, [-1, 5, 4]) for y in (x.loc, x.scale))
    return SquashedGaussianMixture(x.other_loc[:, :5], loc, scale, low[:4], high[:4])


def _multivariate(x: Inputs, low: np.ndarray, high: np.ndarray) -> SquashedMultivariateGaussian:
    """Returns a Gaussian of four dimensions from a row's start, with correlations of every size."""
    mixed = tf.reshape(tf.sin(x.gaussian[:, :16]), [-1, 4, 4])
    lower = tf.linalg.band_part(mixed, -1, 0)
    tril = x.scale[:, :4, tf.newaxis] * tf.linalg.set_diag(lower, tf.ones_like(x.p[:, :4]))
    return SquashedMultivariateGaussian(x.loc[:, :4], tril, low[:4], high[:4])


QUANTITIES = {
    "entropy": Quantity(
        lambda *a: _p(*a).entropy(), high=lambda low, high: np.log(high - low).sum()
    ),
    "mean": Quantity(lambda *a: _p(*a).mean(), lambda low, high: low, lambda low, high: high),
    "variance": Quantity(
        lambda *a: _p(*a).variance(), lambda *a: 0.0, lambda low, high: (high - low) ** 2 / 4
    ),
    "stddev": Quantity(
        lambda *a: _p(*a).stddev(), lambda *a: 0.0, lambda low, high: (high - low) / 2
    ),
    "median": Quantity(lambda *a: _p(*a).median(), lambda low, high: low, lambda low, high: high),
    "mode": Quantity(lambda *a: _p(*a).mode(), lambda low, high: low, lambda low, high: high),
    "cdf": Quantity(lambda x, *a: _p(x, *a).cdf(x.action), lambda *a: 0.0, lambda *a: 1.0),
    "quantile": Quantity(
        lambda x, *a: _p(x, *a).quantile(x.p), lambda low, high: low, lambda low, high: high
    ),
    "log_prob": Quantity(lambda x, *a: _p(x, *a).log_prob(x.action)),
    "log_prob_from_gaussian": Quantity(lambda x, *a: _p(x, *a).log_prob_from_gaussian(x.gaussian)),
    "sample": Quantity(
        lambda x, *a: _p(x, *a).sample(seed=1), lambda low, high: low, lambda low, high: high
    ),
    "joint log_prob": Quantity(lambda x, *a: _p(x, *a).experimental_sample_and_log_prob(seed=1)[1]),
    "kl_divergence": Quantity(lambda *a: _p(*a).kl_divergence(_q(*a)), lambda *a: 0.0),
    "cross_entropy": Quantity(lambda *a: _p(*a).cross_entropy(_q(*a))),
    # `loc` stands for action values in units of reward, and the first column of `scale` for the
    # temperature.
    "mixture log_prob": Quantity(lambda x, *a: _mixture(x, *a).log_prob(x.action[:, :4])),
    "mixture entropy bounds": Quantity(lambda *a: tf.stack(_mixture(*a).entropy_bounds())),
    "mixture variance": Quantity(lambda *a: _mixture(*a).variance(), lambda *a: 0.0),
    "full cov. log_prob": Quantity(lambda x, *a: _multivariate(x, *a).log_prob(x.action[:, :4])),
    "full cov. entropy": Quantity(lambda *a: _multivariate(*a).entropy()),
    "boltzmann entropy": Quantity(
        lambda x, *a: _boltzmann_with_extremes(x).entropy(),
        lambda *a: 0.0,
        lambda *a: np.log(ACTIONS),
    ),
    "boltzmann log_prob": Quantity(
        lambda x, *a: boltzmann(x.loc, x.scale[:, 0]).log_prob(tf.argmax(x.gaussian, -1)),
        high=lambda *a: 0.0,
    ),
}


def bounds(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draws a box: a usual or a one-sided one, a narrow or a wide one, far or near."""
    low = rng.choice([-1.0, -2.0, 0.0, -0.4, 0.1, 100.0, -1e3], CHUNK[1])
    return low, low + rng.choice([2.0, 1.0, 0.6, 4.0, 100.0], CHUNK[1])


def draw(rng: np.random.Generator, low: np.ndarray, high: np.ndarray, dtype: type) -> Inputs:
    """Draws a chunk of inputs."""

    def loc() -> np.ndarray:
        anywhere, small = rng.uniform(-20, 20, CHUNK), rng.normal(size=CHUNK)
        special = rng.choice([0.0, 1e-6, -1e-12, 20.0, -20.0, 8.7, -18.8], CHUNK)
        return np.choose(rng.integers(0, 3, CHUNK), [anywhere, small, special])

    def scale() -> np.ndarray:
        special = rng.choice([-20.0, 2.0, 0.0, -0.5 * np.log(2), np.log(0.65)], CHUNK)
        return np.exp(np.where(rng.random(CHUNK) < 0.8, rng.uniform(-20, 2, CHUNK), special))

    # The position is in units of half a width from the middle. Where 1 - |t| is 1e-k with k up to
    # 20, t rounds to 1.
    inside, near = rng.uniform(-1, 1, CHUNK), 1 - 10 ** -rng.uniform(0, 20, CHUNK)
    near *= rng.choice([-1, 1], CHUNK)
    special = rng.choice([-1.0, 1.0, 0.0, -1.5, 1.5, 1e-9], CHUNK)
    t = np.choose(rng.integers(0, 3, CHUNK), [inside, near, special])
    p = np.where(rng.random(CHUNK) < 0.5, rng.random(CHUNK), 10 ** -rng.uniform(0, 30, CHUNK))
    p = np.where(rng.random(CHUNK) < 0.1, rng.choice([0.0, 1.0, 0.5], CHUNK), p)
    arrays = Inputs(
        loc=loc(),
        scale=scale(),
        other_loc=loc(),
        other_scale=scale(),
        action=(low + high) / 2 + (high - low) / 2 * t,
        gaussian=rng.uniform(-40, 40, CHUNK),
        p=p,
    )
    return Inputs(*(tf.constant(x.astype(dtype)) for x in arrays))


def program(quantity: Quantity, low: np.ndarray, high: np.ndarray, jit: bool) -> Callable:
    """Returns the compiled quantity with its gradients in all inputs that it depends on."""

    def evaluate(inputs: Inputs) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = quantity.value(inputs, low, high)
        return value, [g for g in tape.gradient(value, inputs) if g is not None]

    return tf.function(evaluate, jit_compile=jit, autograph=False)


def fuzz(quantity: Quantity, count: int, dtype: type, jit: bool, num_boxes: int = 3) -> Count:
    """Evaluates a quantity on at least `count` inputs and counts the wrong results."""
    rng = np.random.default_rng(0)
    boxes = [bounds(rng) for _ in range(num_boxes)]
    programs = [program(quantity, *box, jit) for box in boxes]
    total = Count(0, 0, 0, 0)
    for chunk in range(-(-count // (CHUNK[0] * CHUNK[1]))):
        low, high = boxes[chunk % num_boxes]
        inputs = draw(rng, low, high, dtype)
        value, gradients = programs[chunk % num_boxes](inputs)
        value = value.numpy().astype(np.float64)
        slack = 1e3 * np.finfo(dtype).eps * (1 + np.abs(low).max() + np.abs(high).max())
        below = value < quantity.low(low, high) - slack
        above = value > quantity.high(low, high) + slack
        total = Count(
            total.inputs + inputs.loc.shape.num_elements(),
            total.bad_values + int(np.sum(~np.isfinite(value))),
            total.bad_gradients + int(sum(np.sum(~np.isfinite(g.numpy())) for g in gradients)),
            total.out_of_range + int(np.sum(below | above)),
        )
    return total


def main() -> int:
    """Prints the table and returns the exit status."""
    start = time.perf_counter()
    print(
        f"{'quantity':<24}{'dtype':<9}{'mode':<7}{'inputs':>9}{'values':>9}{'gradients':>11}",
        end="",
    )
    print(f"{'range':>7}\n{'':<49}{'not finite':>20}{'left':>7}")
    faults = 0
    for name, quantity in QUANTITIES.items():
        for dtype, jit in itertools.product((np.float32, np.float64), (False, True)):
            c = fuzz(quantity, COUNT, dtype, jit)
            faults += c.bad_values + c.bad_gradients + c.out_of_range
            print(f"{name:<24}{np.dtype(dtype).name:<9}{'xla' if jit else 'graph':<7}", end="")
            print(
                f"{c.inputs:>9,}{c.bad_values:>9}{c.bad_gradients:>11}{c.out_of_range:>7}",
                flush=True,
            )
    print(f"{faults} faults; {time.perf_counter() - start:.0f} s; TensorFlow {tf.__version__}")
    return int(faults > 0)


if __name__ == "__main__":
    import tyro

    sys.exit(tyro.cli(main, description=__doc__))  # there are no flags but --help
