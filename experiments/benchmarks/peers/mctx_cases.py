"""Work of mctx: searches by its two policies, and the network of these searches alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import mctx
import search_model
from serve import serve

_POLICIES = {"PUCT": mctx.muzero_policy, "Gumbel": mctx.gumbel_muzero_policy}


def answer(reward: Any, value: Any, logits: Any) -> Any:
    """The answer of a `recurrent_fn`."""
    discount = jnp.full_like(reward, search_model.DISCOUNT)
    return mctx.RecurrentFnOutput(
        reward=reward, discount=discount, prior_logits=logits, value=value
    )


def game(actions: int) -> Callable[..., Any]:
    """The pseudo-random game, as mctx's `recurrent_fn`."""

    def recurrent_fn(params: Any, key: Any, action: Any, state: Any) -> Any:
        state, bits = search_model.numbers(state, action, jnp.arange(actions + 2)[None])
        x = bits.astype(jnp.float32) / search_model.MODULUS
        return answer(x[:, 0], x[:, 1], x[:, 2:]), state

    return recurrent_fn


def network(actions: int) -> Callable[..., Any]:
    """The network, likewise."""

    def recurrent_fn(params: Any, key: Any, action: Any, embedding: Any) -> Any:
        x = jnp.concatenate([embedding, jax.nn.one_hot(action, actions)], axis=-1)
        for kernel in params[:-1]:
            x = jax.nn.relu(x @ kernel)
        x = x @ params[-1]
        return answer(x[:, 0], x[:, 1], x[:, 2 : 2 + actions]), jnp.tanh(x[:, 2 + actions :])

    return recurrent_fn


def work(
    rule: str | None, model: str, roots: int, actions: int, simulations: int, calls: int
) -> Callable[[], object]:
    """Searches by a rule, or, for None, evaluates the model as often as a search does."""
    if model == "game":
        function, params, embedding = game(actions), None, jnp.arange(roots)
    else:
        function = network(actions)
        params = [jnp.asarray(kernel) for kernel in search_model.weights(actions)]
        embedding = jnp.asarray(search_model.embeddings(roots))
    root = mctx.RootFnOutput(
        prior_logits=jnp.zeros([roots, actions]), value=jnp.zeros(roots), embedding=embedding
    )

    @jax.jit
    def search(params: Any, root: Any, key: Any) -> Any:
        policy = _POLICIES[rule]
        return policy(params, key, root, function, num_simulations=simulations).action_weights

    @jax.jit
    def evaluate(params: Any, root: Any, key: Any) -> Any:
        def body(i: Any, carry: Any) -> Any:
            embedding, total = carry
            step, embedding = function(params, key, jnp.full(roots, i % actions), embedding)
            return embedding, total + step.reward + step.value + step.prior_logits.max(-1)

        return jax.lax.fori_loop(0, simulations, body, (root.embedding, root.value))[1]

    key = jax.random.PRNGKey(0)

    def call() -> None:
        nonlocal key
        for _ in range(calls):
            key, now = jax.random.split(key)
            jax.block_until_ready((evaluate if rule is None else search)(params, root, now))

    return call


if __name__ == "__main__":
    serve(work(**json.loads(sys.argv[1])), ("mctx", "jax"))
