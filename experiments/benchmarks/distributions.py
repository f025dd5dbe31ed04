"""The cost of the exact entropy of a squashed Gaussian, and the variance of one sample.

Run `python -m experiments.benchmarks.distributions`. Each contender gives an entropy, or its
estimate from one action per state with the draw of that action, and the gradient in `loc` and `log
scale`. The actor's update of soft actor-critic needs these inside one compiled loop. All contenders
are timed in interleaved rounds, beside the arithmetic that the winner cannot do without. The table
of variances shows the noise that the sampled gradient adds to the exact one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability import bijectors as tfb
from tensorflow_probability import distributions as tfd

from experiments.benchmarks.timing import interleaved
from maxent_tf.distributions import SquashedGaussian

SHAPES = ((256, 6), (4096, 17))
ITERATIONS = {SHAPES[0]: 100, SHAPES[1]: 5}
ROUNDS = 9
DRAWS = 1000

Entropy = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def exact(loc: tf.Tensor, scale: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns the package's exact entropy, with eleven error functions for each dimension."""
    del seed
    return SquashedGaussian(loc, scale).entropy()


def one_sample(loc: tf.Tensor, scale: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns the package's estimate: minus the log-density that comes with one draw."""
    return -SquashedGaussian(loc, scale).sample_with_gaussian(seed=seed).log_prob


def tfp_log_prob(loc: tf.Tensor, scale: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns TFP's estimate; its bijector remembers the pre-tanh value of its own sample."""
    d = tfd.TransformedDistribution(tfd.MultivariateNormalDiag(loc, scale), tfb.Tanh())
    return -d.log_prob(d.sample(seed=seed))


def draw_alone(loc: tf.Tensor, scale: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns no entropy at all, but the random numbers that every estimate needs."""
    return tf.reduce_sum(loc + scale * tf.random.stateless_normal(loc.shape, seed), -1)


def trapezoid(loc: tf.Tensor, scale: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns the entropy by a trapezoid rule of 105 nodes, good to 4e-5 up to log scale 2."""
    del seed
    nodes = np.arange(-52, 53) / 8
    weights = np.exp(-0.5 * nodes**2)
    shape = [-1, *[1] * loc.shape.rank]
    u = loc + scale * tf.constant(nodes.reshape(shape), loc.dtype)
    log_det = 2 * (math.log(2) - u - tf.nn.softplus(-2 * u))
    average = tf.constant((weights / weights.sum()).reshape(shape), loc.dtype)
    return _with_gaussian(tf.reduce_sum(average * log_det, 0), scale)


def series(loc: tf.Tensor, scale: tf.Tensor, seed: tf.Tensor, num_terms: int = 10) -> tf.Tensor:
    r"""Returns the sum of the alternating series in E exp(-2k|u|), accelerated.

    .. math::
        E \log(1 - \tanh(u)^2)
        = 2 \log 2 - 2 E|u| - 2 \sum_{k \ge 1} \frac{(-1)^{k+1}}{k} E e^{-2k|u|}

    References:
      H. Cohen, F. Rodriguez Villegas, D. Zagier (2000), "Convergence acceleration of alternating
      series", algorithm 1, https://doi.org/10.1080/10586458.2000.10504632
    """
    del seed
    k = np.arange(1, num_terms + 1)
    top = (3 + math.sqrt(8)) ** num_terms
    top = 0.5 * (top + 1 / top)
    b, c, weights = -1.0, -top, []
    for j in range(num_terms):
        c = b - c
        weights.append(c / top)
        b *= (j + num_terms) * (j - num_terms) / ((j + 0.5) * (j + 1))
    shape = [-1, *[1] * loc.shape.rank]
    k_column = tf.constant(k.reshape(shape), loc.dtype)
    size = tf.abs(loc)
    z = size / scale
    bell = 0.5 * tf.exp(-0.5 * tf.square(z))
    root = math.sqrt(0.5)
    # E exp(-2ku) over u > 0: with a scaled complementary error function where its argument is
    # positive, and elsewhere with the exponential that the scaled function would divide by.
    argument = 2 * k_column * scale - z
    positive = argument > 0
    below = bell * tfp.math.erfcx(root * tf.where(positive, argument, 0.0))
    exponent = tf.where(positive, 0.0, -2 * k_column * (size - k_column * tf.square(scale)))
    above = 0.5 * tf.exp(exponent) * tf.math.erfc(root * tf.where(positive, 0.0, argument))
    moments = tf.where(positive, below, above)
    moments += bell * tfp.math.erfcx(root * (2 * k_column * scale + z))
    total = tf.reduce_sum(
        tf.constant((np.array(weights) / k).reshape(shape), loc.dtype) * moments, 0
    )
    folded = 2 * math.sqrt(2 / math.pi) * scale * bell + size * tf.math.erf(root * z)
    return _with_gaussian(2 * math.log(2) - 2 * folded - 2 * total, scale)


def arithmetic(loc: tf.Tensor, scale: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns no entropy, but an error function and an exponential for each of the eleven terms."""
    del seed
    factors = (np.arange(1.0, 12.0) / 11).reshape([-1, *[1] * loc.shape.rank])
    z = tf.stop_gradient(loc) * tf.constant(factors, loc.dtype)
    each = tf.reduce_sum(tf.math.erf(z) + tf.exp(-0.5 * tf.square(z)), 0)
    return tf.reduce_sum(each * (loc + scale), -1)


def _with_gaussian(expected_log_det: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    terms = expected_log_det + tf.math.log(scale) + 0.5 * math.log(2 * math.pi * math.e)
    return tf.reduce_sum(terms, -1)


CONTENDERS: dict[str, Entropy] = {
    "exact (this package)": exact,
    "exact: trapezoid, 105 nodes": trapezoid,
    "exact: accelerated series": series,
    "one sample (this package)": one_sample,
    "one sample (TFP)": tfp_log_prob,
    "floor: random numbers alone": draw_alone,
    "floor: 11 erf and exp alone": arithmetic,
}


def parameters(shape: tuple[int, ...]) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns `loc` and `log scale` of a policy in mid-training."""
    rng = np.random.default_rng(0)
    loc = tf.constant(rng.normal(size=shape), tf.float32)
    return loc, tf.constant(rng.normal(size=shape) - 1, tf.float32)


def gradients(entropy: Entropy, loc: tf.Tensor, log_scale: tf.Tensor, seed: tf.Tensor) -> tuple:
    """Returns the entropy, [...], and its gradients in `loc` and `log scale`."""
    with tf.GradientTape() as tape:
        tape.watch([loc, log_scale])
        value = entropy(loc, tf.exp(log_scale), seed)
    return value, *tape.gradient(value, [loc, log_scale])


def loop(entropy: Entropy, shape: tuple[int, int], jit: bool) -> Callable[[], object]:
    """Returns a call that takes `ITERATIONS[shape]` tiny steps up the gradient."""

    @tf.function(jit_compile=jit, autograph=False)
    def climb(loc: tf.Tensor, log_scale: tf.Tensor) -> tuple:
        def step(i: tf.Tensor, loc: tf.Tensor, log_scale: tf.Tensor) -> tuple:
            _, d_loc, d_log_scale = gradients(entropy, loc, log_scale, tf.stack([i, 7]))
            return i + 1, loc + 1e-6 * d_loc, log_scale + 1e-6 * d_log_scale

        end = ITERATIONS[shape]
        return tf.while_loop(lambda i, *_: i < end, step, (0, loc, log_scale))[1:]

    start = parameters(shape)
    return lambda: climb(*start)[0].numpy()


def spread(shape: tuple[int, int]) -> tuple[float, float, float]:
    """Returns root mean squares over a batch: the noise of one sample in value and gradients."""
    loc, log_scale = parameters(shape)

    @tf.function(autograph=False)
    def draw(seed: tf.Tensor) -> tuple:
        return gradients(one_sample, loc, log_scale, seed)

    sums = [0.0, 0.0, 0.0]
    truth = gradients(exact, loc, log_scale, tf.constant([0, 0]))
    for i in range(DRAWS):
        for j, (x, mean) in enumerate(zip(draw(tf.constant([i, 3])), truth, strict=True)):
            sums[j] += float(tf.reduce_mean(tf.square(x - mean))) / DRAWS
    return tuple(math.sqrt(x) for x in sums)


def main() -> None:
    """Prints the tables."""
    for jit in (True, False):
        for shape in SHAPES:
            calls = {name: loop(f, shape, jit) for name, f in CONTENDERS.items()}
            timings = interleaved(calls, ROUNDS)
            scale = 1e6 / ITERATIONS[shape]
            base = timings["one sample (this package)"].wall
            print(f"\n{'XLA' if jit else 'graph'}, {list(shape)}: value and gradient")
            print(f"{'':<30}{'us':>9}{'ratio to one sample':>21}{'cores':>7}")
            for name, timing in timings.items():
                # Rounds are paired: the ratio of each round is taken first, and then the median.
                ratio = np.median(timing.wall / base)
                print(f"{name:<30}{timing.median * scale:>9.0f}", end="")
                print(f"{ratio:>21.2f}{timing.cpu_per_wall:>7.1f}")
    print("\nNoise of one sample (standard deviation, root mean square over the batch)")
    print(f"{'':<14}{'entropy':>10}{'d/d loc':>10}{'d/d log scale':>15}   (exact: 0)")
    for shape in SHAPES:
        value, d_loc, d_log_scale = spread(shape)
        print(f"{list(shape)!s:<14}{value:>10.3f}{d_loc:>10.3f}{d_log_scale:>15.3f}")
    print(f"\nTensorFlow {tf.__version__}, {len(tf.config.list_physical_devices('GPU'))} GPUs")


if __name__ == "__main__":
    import tyro

    tyro.cli(main, description=__doc__)  # there are no flags but --help
