"""The objective around a policy: its gradient, Hessian, and changes in random directions."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from maxent_tf.tabular import TabularMDP, evaluate_policy


def objective(m: TabularMDP, logits: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    """Returns the regularised return of softmax policies, [*B]: logits [*B, S, A], alpha [*B]."""
    return evaluate_policy(m, tf.nn.softmax(logits), alpha).objective


def derivatives(
    m: TabularMDP, logits: np.ndarray, alphas: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Differentiates the exact objective twice, forward over reverse, all columns at once.

    Args:
      m: The process.
      logits: [*B', S, A], the logits of the policies.
      alphas: [*K], the temperatures, in reward per nat; the batch shapes broadcast.

    Returns:
      The gradient in the logits, [*B, S A], and the Hessian, [*B, S A, S A], in float64.
    """
    batch = np.broadcast_shapes(logits.shape[:-2], alphas.shape)
    table = logits.shape[-2:]
    size = int(np.prod(table))
    shape = [*batch, size, *table]
    repeated = tf.constant(np.broadcast_to(logits[..., None, :, :], shape))
    basis = tf.constant(np.broadcast_to(np.eye(size).reshape(size, *table), shape))
    with tf.autodiff.ForwardAccumulator(repeated, basis) as forward:
        with tf.GradientTape() as tape:
            tape.watch(repeated)
            total = tf.reduce_sum(objective(m, repeated, tf.constant(alphas[..., None])))
        gradient = tape.gradient(total, repeated)
    hessian = tf.reshape(forward.jvp(gradient), [*batch, size, size])
    return gradient[..., 0, :, :].numpy().reshape(*batch, size), hessian.numpy()


def directions(count: int, size: int, seed: int) -> np.ndarray:
    """Draws unit vectors uniformly, [count, size]."""
    normal = np.random.default_rng(seed).normal(size=(count, size))
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True)


def changes(
    m: TabularMDP, logits: np.ndarray, alphas: np.ndarray, steps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns how the objective changes along steps and against them.

    Args:
      m: The process.
      logits: [*B', S, A], the logits of the policies.
      alphas: [*K], the temperatures; the batch shapes broadcast.
      steps: [D, S A], the steps, in logits.

    Returns:
      The changes along and against, [*B, D].

    References:
      Z. Ahmed, N. Le Roux, M. Norouzi, D. Schuurmans (2019), "Understanding the impact of entropy
      on policy optimization", section 3, https://arxiv.org/abs/1811.11214
    """
    here = logits[..., None, :, :]
    step = steps.reshape(len(steps), *logits.shape[-2:])
    alpha = tf.constant(alphas[..., None])
    along, against, none = (
        objective(m, tf.constant(here + sign * step), alpha).numpy() for sign in (1, -1, 0)
    )
    return along - none, against - none
