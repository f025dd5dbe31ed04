"""The work of Stable-Baselines3: updates of SAC, and SAC and PPO from end to end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from serve import serve
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.env_util import make_vec_env


def sac(amount: int, batch: int, width: int, learns: bool) -> Callable[[], object]:
    """Returns a call that makes updates on a buffer of random steps, or that learns.

    Learning takes steps of HalfCheetah, with one update for each step.
    """
    warm_up = 2000
    model = SAC(
        "MlpPolicy",
        "HalfCheetah-v5",
        buffer_size=20_000,
        learning_starts=warm_up,
        batch_size=batch,
        policy_kwargs={"net_arch": [width, width]},
        device="cpu",
        seed=0,
    )
    model.learn(warm_up)
    if learns:
        return lambda: model.learn(amount, reset_num_timesteps=False)
    return lambda: model.train(gradient_steps=amount, batch_size=batch)


def ppo(amount: int) -> Callable[[], object]:
    """Returns a call that steps 16 CartPoles, from which PPO learns after every 128 steps."""
    model = PPO(
        "MlpPolicy",
        make_vec_env("CartPole-v1", n_envs=16, seed=0),
        n_steps=128,
        n_epochs=4,
        batch_size=16 * 128 // 4,
        ent_coef=0.01,
        device="cpu",
        seed=0,
    )
    return lambda: model.learn(amount, reset_num_timesteps=False)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    call = {"sac": sac, "ppo": ppo}[given.pop("case")](**given)
    serve(call, ("stable-baselines3", "torch", "gymnasium"))
