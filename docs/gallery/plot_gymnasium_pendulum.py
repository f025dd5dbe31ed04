r"""
SAC on Gymnasium's Pendulum
===========================

The soft actor-critic learns to swing up Pendulum-v1 in a few thousand steps, and finds its
temperature by itself. Then the trained policy acts by hand, one step at a time.
"""

import gymnasium
import matplotlib.pyplot as plt
import numpy as np

import maxent_tf as mx

# %%
# Networks of 64 and 64 and a small replay buffer are enough here. The temperature is automatic, the
# default: it starts at 1 and seeks the usual target entropy.

spec = mx.gymnasium_spec("Pendulum-v1")
config = mx.learners.SACConfig(
    hidden_sizes=(64, 64),
    actor_optimizer=mx.optimizers.Adam(1e-3),
    critic_optimizer=mx.optimizers.Adam(1e-3),
    alpha=mx.temperature.AutoTemperature(
        mx.temperature.target_entropy(spec.action, "minus_dim"), learning_rate=1e-3
    ),
    batch_size=64,
    replay_capacity=6_000,
)
learner = mx.learners.SAC(spec, config)
result = mx.train(learner, "Pendulum-v1", num_steps=6_000, records=30, seed=0)

# %%
# While the policy is more random than its target, the temperature falls. The return rises when the
# critics know what a swing is worth.

history, steps = result.history, result.history["env_steps"]
fig, axes = plt.subplots(1, 3, figsize=(7.4, 2.8), layout="constrained")
axes[0].plot(steps, history["episode_return"], color="#0072B2")
axes[0].set(ylabel="return of an episode")
axes[1].semilogy(steps, history["alpha"], color="#D55E00")
axes[1].set(ylabel="temperature [reward per nat]")
axes[2].plot(steps, history["entropy"], color="#009E73", label="policy")
target = mx.temperature.target_entropy(spec.action, "minus_dim")
axes[2].axhline(target, color="0.4", ls="--", lw=1, label="target")
axes[2].set(ylabel="entropy [nats]")
axes[2].legend(fontsize=8)
for ax in axes:
    ax.set(xlabel="steps")
plt.show()

# %%
# To act by hand, translate the observation for the learner and the action for the environment.
# ``explore=False`` asks for the median action instead of a draw.

env = gymnasium.make("Pendulum-v1")
observation, _ = env.reset(seed=3)
angles, torques, done, step = [], [], False, 0
carry = learner.initial_carry(num_envs=1)
while not done:
    seen = mx.gymnasium_observation(env, observation)
    acted = learner.act(result.state, carry, seen[None], seed=step, explore=False)
    carry, action = acted.carry, mx.gymnasium_action(env, acted.action[0])
    observation, _, terminated, truncated, _ = env.step(action)
    angles.append(np.degrees(np.arctan2(observation[1], observation[0])))
    torques.append(action[0])
    done, step = terminated or truncated, step + 1

fig, axes = plt.subplots(2, 1, figsize=(6.4, 3.8), sharex=True, layout="constrained")
axes[0].plot(angles, ".", ms=3, color="#0072B2")
axes[0].set(ylabel="angle from upright [°]", ylim=(-190, 190), yticks=[-180, -90, 0, 90, 180])
axes[1].step(range(step), torques, color="#D55E00", where="post")
axes[1].set(xlabel="step of the episode", ylabel="torque [N m]", ylim=(-2.2, 2.2))
plt.show()
