r"""
The soft-optimal policy from cold to hot
========================================

What does the best policy do if entropy is part of the reward? In a finite environment, one call
computes the answer exactly, for a whole path of temperatures.
"""

import matplotlib.pyplot as plt
import numpy as np

import maxent_tf as mx

# %%
# There are four rooms and three goals. The farthest goal pays 1, the others pay 0.6 and 0.3, and
# each of them ends the episode.

world = mx.environments.FourRooms()
m = mx.tabular.from_environment(world, discount=0.99)
alphas = np.geomspace(1e-3, 1, 61)
solution = mx.tabular.soft_value_iteration(m, alphas, tolerance=1e-8)
print("all converged:", bool(np.all(solution.converged)))
print("largest certified error:", solution.error_bound.numpy().max())

# %%
# The figure shows the return of these policies without entropy, and their entropy in the first
# state.

start = int(np.argmax(world.initial))
earned = mx.tabular.evaluate_policy(m, solution.policy).v.numpy()[:, start]
entropy = mx.reference.discrete_entropy(np.log(solution.policy.numpy()[:, start]))

best = earned[0]
estimate = mx.tabular.bounds.entropy_living_threshold(best, world.num_actions, 0.99)
fig, ax = plt.subplots(figsize=(6.4, 3.8))
ax.semilogx(alphas, earned, color="#0072B2", label="return without entropy")
ax.axvline(estimate, color="0.5", ls="--", label=r"$V^* (1 - \gamma) / \log A$")
ax.set(xlabel="temperature [reward per nat]", ylabel="discounted return")
right = ax.twinx()
right.semilogx(alphas, entropy, color="#D55E00", label="entropy at the start")
right.axhline(np.log(world.num_actions), color="#D55E00", lw=0.7, ls=":")
right.set(ylabel="entropy [nats]", ylim=(0, 1.5))
lines = ax.get_lines() + right.get_lines()[:1]
ax.legend(lines, [line.get_label() for line in lines], fontsize=8, loc="center right")
fig.tight_layout()

# %%
# From a temperature of about 0.007 on, the agent no longer goes to any goal: reaching one would end
# the entropy that it is paid for. The next figure shows where the agent spends its time instead.

chosen = [int(np.argmin(np.abs(alphas - alpha))) for alpha in (0.002, 0.006, 0.02)]
fig, axes = plt.subplots(1, 3, figsize=(7.4, 2.9), layout="constrained")
for ax, k in zip(axes, chosen, strict=True):
    visits = mx.tabular.occupancy(m, solution.policy[k]).numpy().sum(axis=-1)
    share = np.where(world.terminal, np.nan, visits / visits.sum()).reshape(10, 10)
    image = ax.imshow(np.log10(share), vmin=-5, vmax=-1, cmap="cividis")
    ax.set(title=f"temperature {alphas[k]:.2g}", xticks=[], yticks=[])
    ax.axhline(4.5, color="w", lw=1, ls=":")
    ax.axvline(4.5, color="w", lw=1, ls=":")
    for (row, column), reward in {(7, 7): "1", (2, 7): ".6", (7, 2): ".3"}.items():
        ax.text(column, row, reward, ha="center", va="center", fontsize=8)
fig.colorbar(image, ax=axes, label="log10 of the share of time", shrink=0.85)
fig.suptitle("Where the soft-optimal policy is; dotted: the walls", fontsize=10)
plt.show()
