"""The work of rejax: PPO on CartPole, with a batch of learners in one program."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import jax
from rejax import PPO
from serve import serve


def ppo(learners: int, iterations: int) -> Callable[[], object]:
    """Returns a call of iterations of learners with 16 CartPoles each, without evaluations."""
    algorithm = PPO.create(
        env="CartPole-v1",
        num_envs=16,
        num_steps=128,
        num_epochs=4,
        num_minibatches=4,
        learning_rate=3e-4,
        max_grad_norm=0.5,
        ent_coef=0.01,
        agent_kwargs={"activation": "tanh", "hidden_layer_sizes": (64, 64)},
    )

    @jax.jit
    @jax.vmap
    def train(state):
        return jax.lax.fori_loop(0, iterations, lambda _, s: algorithm.train_iteration(s), state)

    state = jax.vmap(algorithm.init_state)(jax.random.split(jax.random.PRNGKey(0), learners))
    return lambda: jax.block_until_ready(train(state))


if __name__ == "__main__":
    serve(ppo(**json.loads(sys.argv[1])), ("rejax", "jax", "gymnax"))
