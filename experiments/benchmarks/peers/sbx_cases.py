"""The work of SBX: updates of SAC, and SAC from end to end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import jax
from sbx import SAC
from serve import serve


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
        seed=0,
    )
    model.learn(warm_up)

    def call() -> None:
        if learns:
            model.learn(amount, reset_num_timesteps=False)
        else:
            model.train(amount, batch)
        jax.block_until_ready(model.policy.qf_state.params)

    return call


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    serve(sac(**given), ("sbx-rl", "jax", "gymnasium"))
