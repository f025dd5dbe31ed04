r"""
The exact entropy against samples
=================================

The policy of soft actor-critic is a Gaussian squashed by tanh. TensorFlow Probability has no
entropy for it, and most implementations use the surprise of one drawn action instead. This example
computes the entropy itself, and compares estimates with it.
"""

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import maxent_tf as mx

# %%
# The policies go from narrow to so broad that nearly all probability lies at the two bounds. Each
# is at two locations. One call gives all entropies, in nats. None can exceed log 2, the entropy of
# the uniform distribution.

log_scale = np.linspace(-4, 2, 49).astype(np.float32)
locations = np.float32([0, 1.5])
policy = mx.distributions.SquashedGaussian(
    loc=np.broadcast_to(locations[:, None, None], [2, 49, 1]),
    scale=np.exp(log_scale)[:, None],
)
exact = policy.entropy().numpy()
print(exact.max(), "is below", np.log(2))

# %%
# The same entropies are estimated from 100 drawn actions, with the standard error of the estimate.

estimate = mx.entropy_estimate(policy, 100, seed=0)
deviation = (estimate.value.numpy() - exact) / estimate.standard_error.numpy()
print(f"within two standard errors: {np.mean(np.abs(deviation) < 2):.0%}")

fig, ax = plt.subplots(figsize=(6.4, 4))
for i, (location, colour) in enumerate(zip(locations, ["#0072B2", "#D55E00"], strict=True)):
    ax.plot(log_scale, exact[i], color=colour, label=f"exact, location {location:g}")
    ax.errorbar(
        log_scale[::4],
        estimate.value[i, ::4],
        2 * estimate.standard_error[i, ::4],
        fmt="o",
        ms=4,
        color=colour,
        label="100 actions, two standard errors",
    )
gaussian = mx.reference.gaussian_entropy(log_scale[:, None])
ax.plot(log_scale, gaussian, ":", color="0.4", label="of the Gaussian before tanh")
ax.axhline(np.log(2), color="0.7", lw=1)
ax.set(xlabel="log standard deviation before tanh", ylabel="entropy [nats]", ylim=(-4, 3.6))
ax.legend(fontsize=8)
fig.tight_layout()

# %%
# Some libraries return the entropy of the Gaussian *before* tanh, which has no maximum. A learner
# that is paid for it widens its policy without end, until every action lies at a bound.
#
# The exact entropy is differentiable, and its gradient has no noise. For a policy that is too
# broad, the gradient says that a narrower policy has more entropy.

scale = tf.Variable([[0.5], [5.0]])
with tf.GradientTape() as tape:
    entropy = mx.distributions.SquashedGaussian(tf.zeros([2, 1]), scale).entropy()
print(entropy.numpy(), tape.gradient(entropy, scale).numpy().ravel())
