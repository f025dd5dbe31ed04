"""The work of mctx: searches by its two policies, and the network of these searches alone."""

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
    """Returns the answer of a `recurrent_fn`."""
    discount = jnp.full_like(reward, search_model.DISCOUNT)
    return mctx.RecurrentFnOutput(
        reward=reward, discount=discount, prior_logits=logits, value=value
    )


def game(actions: int) -> Callable[..., Any]:
    """Returns the pseudo-random game as mctx's `recurrent_fn`."""

    def recurrent_fn(params: Any, key: Any, action: Any, state: Any) -> Any:
        state, bits = search_model.numbers(state, action, jnp.arange(actions + 2)[None])
        x = bits.astype(jnp.float32) / search_model.MODULUS
        return answer(x[:, 0], x[:, 1], x[:, 2:]), state

    return recurrent_fn


def network(actions: int) -> Callable[..., Any]:
    """Returns the network as mctx's `recurrent_fn`."""

    def recurrent_fn(params: Any, key: Any, action: Any, embedding: Any) -> Any:
        x = jnp.concatenate([embedding, jax.nn.one_hot(action, actions)], axis=-1)
        for kernel in params[:-1]:
            x = jax.nn.relu(x @ kernel)
        x = x @ params[-1]
        return answer(x[:, 0], x[:, 1], x[:, 2 : 2 + actions]), jnp.tanh(x[:, 2 + actions :])

    return recurrent_fn


def start(model: str, roots: int, actions: int) -> tuple[Callable[..., Any], Any, Any]:
    """Returns the `recurrent_fn` of a model, its parameters, and the roots."""
    if model == "game":
        function, params, embedding = game(actions), None, jnp.arange(roots)
    else:
        function = network(actions)
        params = [jnp.asarray(kernel) for kernel in search_model.weights(actions)]
        embedding = jnp.asarray(search_model.embeddings(roots))
    logits = jnp.asarray(search_model.root_logits(roots, actions))
    root = mctx.RootFnOutput(prior_logits=logits, value=jnp.zeros(roots), embedding=embedding)
    return function, params, root


def search(
    rule: str, model: str, roots: int, actions: int, simulations: int, **options: Any
) -> Callable[[Any], Any]:
    """Returns a program that searches and, from a key, makes the policies to learn, [B, A]."""
    function, params, root = start(model, roots, actions)

    @jax.jit
    def program(params: Any, root: Any, key: Any) -> Any:
        found = _POLICIES[rule](params, key, root, function, num_simulations=simulations, **options)
        return found.action_weights

    return lambda key: program(params, root, key)


def evaluations(model: str, roots: int, actions: int, simulations: int) -> Callable[[Any], Any]:
    """Returns a program that evaluates a model as often as a search does, without a search."""
    function, params, root = start(model, roots, actions)

    @jax.jit
    def program(params: Any, root: Any, key: Any) -> Any:
        def body(i: Any, carry: Any) -> Any:
            embedding, total = carry
            step, embedding = function(params, key, jnp.full(roots, i % actions), embedding)
            return embedding, total + step.reward + step.value + step.prior_logits.max(-1)

        return jax.lax.fori_loop(0, simulations, body, (root.embedding, root.value))[1]

    return lambda key: program(params, root, key)


def repeated(program: Callable[[Any], Any], calls: int) -> Callable[[], object]:
    """Returns a call that runs a program `calls` times, with a new key each time."""
    key = jax.random.PRNGKey(0)

    def call() -> None:
        nonlocal key
        for _ in range(calls):
            key, now = jax.random.split(key)
            jax.block_until_ready(program(now))

    return call


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    calls, rule = given.pop("calls"), given.pop("rule")
    program = evaluations(**given) if rule is None else search(rule, **given)
    serve(repeated(program, calls), ("mctx", "jax"))
