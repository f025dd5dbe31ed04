r"""
Sixty learners in one program
=============================

Does entropy keep policy gradients from settling for the first goal that they find? The ablation has
three temperatures with twenty seeds each. All of it is one learner with a batch shape.
"""

import matplotlib.pyplot as plt
import numpy as np

import maxent_tf as mx

# %%
# The near goal pays 0.8 and the far goal pays 1. A fresh policy meets the near goal far more often.
# The temperatures, [3, 1], broadcast to the batch shape, [3, 20], and are annealed to 0.

world = mx.environments.TwoGoalGrid()
alphas = np.float32([[0.0], [0.1], [0.3]])
config = mx.learners.A2CConfig(
    network="table",
    rollout_length=1,
    max_grad_norm=None,
    actor_optimizer=mx.optimizers.SGD(0.5),
    critic_optimizer=mx.optimizers.SGD(0.1),
    alpha=mx.temperature.linear(alphas, 0 * alphas, 80_000),
)
learner = mx.learners.A2C(world.spec, config, batch_shape=[3, 20])
result = mx.train(learner, world, num_steps=100_000, seed=0)

# %%
# The episodes of a learner show whether it found the far goal: their mean return is then above 0.9.

returns = mx.evaluate(learner, result.state, world, episodes=10, greedy=False).returns
found = returns.mean(axis=-1) > 0.9
for alpha, share in zip(alphas.ravel(), found.mean(axis=-1), strict=True):
    print(f"alpha from {alpha:.1f}: {share:.0%} of the learners found the far goal")

# %%
# The figure shows the median and the middle half of the twenty learners, over time.

steps = result.history["env_steps"] / 1000
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.2), layout="constrained")
for k, (alpha, colour) in enumerate(
    zip(alphas.ravel(), ["#000000", "#0072B2", "#D55E00"], strict=True)
):
    for ax, name in zip(axes, ["episode_return", "entropy"], strict=True):
        low, middle, high = np.nanpercentile(result.history[name][:, k], [25, 50, 75], axis=-1)
        ax.plot(steps, middle, color=colour, label=f"{alpha:g}")
        ax.fill_between(steps, low, high, color=colour, alpha=0.25, lw=0)
axes[0].set(xlabel="thousand steps", ylabel="return of an episode")
axes[1].set(xlabel="thousand steps", ylabel="entropy of the policy [nats]")
axes[1].legend(title="first temperature", loc=(0.3, 0.15), fontsize=8)
plt.show()
