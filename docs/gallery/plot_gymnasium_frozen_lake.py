r"""
A2C on Gymnasium's FrozenLake, beside the exact optimum
=======================================================

Any Gymnasium environment is named by its id. FrozenLake-v1 is small enough to be solved exactly as
well, so that this example can say how far the learned policies are from the best one.
"""

import gymnasium
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import maxent_tf as mx

# %%
# The agent crosses a frozen lake of 16 cells. The ice is slippery: a move goes astray two times out
# of three. Only the goal pays, and a hole ends the episode. Eight actor-critics learn at once, four
# without entropy and four with a bonus whose weight falls to 0. Each has four environments of its
# own, so that an update sees 8 steps of 4 environments.

spec = mx.gymnasium_spec("FrozenLake-v1")
num_steps = 40_960
alphas = np.float32([[0.0], [0.01]])
config = mx.learners.A2CConfig(
    network="table",
    rollout_length=8,
    gae_lambda=0.95,
    max_grad_norm=None,
    actor_optimizer=mx.optimizers.Adam(0.03),
    critic_optimizer=mx.optimizers.Adam(0.03),
    alpha=mx.temperature.linear(alphas, 0 * alphas, num_steps // 32),
)
learner = mx.learners.A2C(spec, config, batch_shape=[2, 4])
result = mx.train(learner, "FrozenLake-v1", num_steps, num_envs=4, records=40, seed=0)

# %%
# Gymnasium keeps the table of the environment: the probability of each outcome, its reward, and
# whether it ends the episode. The exact layer solves this table. The best policy has the largest
# discounted return. The policies that were learned are evaluated exactly too, not by playing.

lake = gymnasium.make("FrozenLake-v1").unwrapped
m = mx.tabular.from_transition_table(lake.P, discount=0.99, initial=lake.initial_state_distrib)
best = mx.tabular.soft_value_iteration(m, alpha=0.0).v.numpy()[0]
cells = tf.broadcast_to(tf.range(16), [2, 4, 16])
learned = learner.policy(result.state, cells).probs_parameter().numpy()
end = np.full([2, 4, 1, 4], 0.25)  # the table's last state, in which nothing happens
policies = np.concatenate([learned, end], axis=-2)
exact = mx.tabular.evaluate_policy(m, policies).v.numpy()[..., 0]
print(f"the best policy: {best:.3f}")
for alpha, values in zip(alphas.ravel(), exact, strict=True):
    print(f"alpha from {alpha:g}: {values.round(3)}")

# %%
# The learning curves show the share of episodes that reach the goal, and the entropy of the policy.

steps = result.history["env_steps"] / 1000
fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.2), layout="constrained")
for k, colour in enumerate(["#000000", "#D55E00"]):
    for ax, name in zip(axes, ["episode_return", "entropy"], strict=True):
        lines = ax.plot(steps, result.history[name][:, k], color=colour, lw=1)
    lines[0].set_label(f"alpha from {alphas[k, 0]:g}")
axes[0].set(xlabel="thousand steps", ylabel="share of episodes at the goal", ylim=(0, 1))
axes[1].axhline(np.log(4), color="0.6", ls="--", lw=1, label="uniform policy")
axes[1].set(xlabel="thousand steps", ylabel="entropy of the policy [nats]", ylim=(0, 1.5))
axes[1].legend(fontsize=8)
plt.show()
