r"""Generalised state-dependent exploration (gSDE): noise that is a function of the state.

Instead of fresh noise at every step, a matrix `W` is drawn from time to time. Between two draws,
the action is a smooth function of the state:

.. math::
    u = \mathrm{loc}(s) + W^\top \phi(s), \quad W_{ld} \sim N(0, \sigma_{ld}^2)
    \quad \Rightarrow \quad u \mid s \sim
    N\Bigl(\mathrm{loc}(s), \textstyle\sum_l \phi_l(s)^2 \sigma_{ld}^2\Bigr)

Given a state, the policy is therefore a `SquashedGaussian`; only the draws differ.

Shapes: `L` is the number of features, `D` the dimension of the action, `...` a batch shape.

References:
  A. Raffin, J. Kober, F. Stulp (2021), "Smooth exploration for robotic reinforcement learning",
  section 3, https://arxiv.org/abs/2005.05719
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from maxent_tf import draws
from maxent_tf.distributions.arguments import draw_seed, draw_shape, float_tensors
from maxent_tf.distributions.squashed_density import SquashedSample
from maxent_tf.distributions.squashed_gaussian import SquashedGaussian


def state_dependent_gaussian(
    loc: Any, features: Any, noise_scale: Any, low: Any = -1.0, high: Any = 1.0
) -> SquashedGaussian:
    """Returns the policy in given states, over all draws of the noise matrix.

    Args:
      loc: [..., D], float, the mean of the pre-tanh Gaussian.
      features: [..., L], float, the features of the states. They must not all be 0, because the
        policy would then have no density.
      noise_scale: [..., L, D], float, the standard deviations of the noise matrix, positive.
      low: The lower bounds of the action, a float or an array [D], known statically.
      high: The upper bounds, a float or an array [D], above `low`.

    Returns:
      A distribution over actions, of batch shape [...].

    Raises:
      ValueError: If `low >= high` anywhere, a bound is not finite, the bounds do not fit `D`, or
        the dtype cannot represent two different bounds or their difference.

    >>> d = state_dependent_gaussian(loc=[0.0], features=[3.0, 4.0], noise_scale=[[1.0], [1.0]])
    >>> float(d.scale[0])
    5.0
    """
    loc, features, noise_scale = float_tensors(loc=loc, features=features, noise_scale=noise_scale)
    variance = tf.einsum("...l,...ld->...d", tf.square(features), tf.square(noise_scale))
    return SquashedGaussian(loc, tf.sqrt(variance), low, high)


def draw_noise_matrix(noise_scale: Any, sample_shape: Any = (), *, seed: Any) -> tf.Tensor:
    """Draws noise matrices.

    Args:
      noise_scale: [..., L, D], float, the standard deviations of the entries, positive.
      sample_shape: An integer or a shape `n`, for example one matrix for each parallel environment.
      seed: An integer or an integer tensor of shape [2].

    Returns:
      The matrices, [*n, ..., L, D], float, reparameterised.
    """
    (noise_scale,) = float_tensors(noise_scale=noise_scale)
    shape = draw_shape(sample_shape, noise_scale)
    noise = draws.normal(shape, draw_seed(seed), noise_scale.dtype)
    return noise_scale * noise


def noise_action(policy: SquashedGaussian, features: Any, exploration: Any) -> SquashedSample:
    """Returns the actions that noise matrices give in states.

    Args:
      policy: The policy from `state_dependent_gaussian`, of batch shape [...].
      features: [..., L], float, the features of the same states.
      exploration: [..., L, D], float, the noise matrices from `draw_noise_matrix`.

    Returns:
      The action and its pre-tanh value, [..., D], and its log-density under `policy`, [...].
    """
    features = tf.convert_to_tensor(features, policy.dtype)
    u = policy.loc + tf.einsum("...l,...ld->...d", features, exploration)
    return SquashedSample(policy.bounds.squash(u), policy.log_prob_from_gaussian(u), u)
