r"""
What a target entropy asks for
==============================

Soft actor-critic can choose its temperature by itself, so that its policy has a given entropy, the
target entropy. This example shows what three targets do.
"""

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import maxent_tf as mx

# %%
# The action lies in [-1, 1], and the reward has two hills: the lower one is near the place where a
# fresh policy starts, the higher one is far from it. There are twelve learners: three targets, in
# nats, with four seeds each.

world = mx.environments.ContinuousTrap()
targets = np.float32([[-2.0], [-1.0], [0.0]])
config = mx.learners.SACConfig(
    hidden_sizes=(32, 32),
    actor_optimizer=mx.optimizers.Adam(3e-3),
    critic_optimizer=mx.optimizers.Adam(3e-3),
    alpha=mx.temperature.AutoTemperature(targets, initial_alpha=1.0, learning_rate=3e-3),
    batch_size=32,
    replay_capacity=1500,
    learning_starts=0,
    initial_stddev=0.3,
)
learner = mx.learners.SAC(world.spec, config, batch_shape=[3, 4])
result = mx.train(learner, world, num_steps=1500, seed=0, compile="xla")

# %%
# The temperature falls while the entropy is above its target, and rises while the entropy is below.
# With a target of -1 the temperature settles. With -2 it is still on its way. With 0 the policy is
# about to leave the hill: its entropy jumps, and the temperature follows.

steps = result.history["env_steps"]
colours = ["#0072B2", "#D55E00", "#009E73"]
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.2), layout="constrained")
for k, colour in enumerate(colours):
    axes[0].semilogy(steps, result.history["alpha"][:, k], color=colour, lw=1)
    axes[1].plot(steps, result.history["entropy"][:, k], color=colour, lw=1)
    axes[1].axhline(targets[k, 0], color=colour, ls="--", lw=1)
axes[0].set(xlabel="steps", ylabel="temperature [reward per nat]")
axes[1].set(xlabel="steps", ylabel="entropy [nats]; dashed: targets", ylim=(-3, 1))

# %%
# The figure shows the policies that result. A target entropy is a width: -2, -1 and 0 nats are the
# entropies of uniform distributions of widths 0.14, 0.37 and 1, on a range of 2. With a target of 0
# the learners differ, because training stopped each of them at another point of its swing.

action = np.linspace(-0.999, 0.999, 600, dtype=np.float32)
policy = learner.policy(result.state, tf.ones([3, 4, 1, 1]))
density = np.exp(policy.log_prob(action[:, None, None, None, None]))[..., 0]
fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
ax.fill_between(action, world.reward(tf.constant(action)), color="0.85", label="reward")
for k, colour in enumerate(colours):
    ax.plot(
        action, density[:, k], color=colour, lw=1, label=[f"target {targets[k, 0]:g}", *3 * [None]]
    )
ax.set(xlabel="action", ylabel="density, or reward")
ax.legend(fontsize=8)
plt.show()
