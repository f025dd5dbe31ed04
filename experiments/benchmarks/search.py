"""Simulations a second of tree search, beside mctx and beside the network's evaluations alone.

Run `python -m experiments.benchmarks.search --peers PYTHON`. The interpreter has mctx, whose
searches run in child processes; without it, only this package is timed. Every search has one of two
models, which are the same for both libraries: a pseudo-random game that costs next to nothing, or a
network with two hidden layers of 256. PUCT is compared with `mctx.muzero_policy`, and Gumbel with
`mctx.gumbel_muzero_policy`. All have the noise that they have by default.

A ratio above 1 says that this package is that many times as fast. It is the median, over
interleaved rounds, of the quotient of times, by wall time and by CPU time, which a machine that is
shared disturbs less. The overhead of a search is the time that it takes beyond as many evaluations
of its network, over the time of these evaluations.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import tables
from experiments.benchmarks.child import Child
from experiments.benchmarks.peers import search_model
from experiments.benchmarks.timing import Sample, Timing, in_turn, timed

RULES = {"PUCT": mx.search.Puct(), "Gumbel": mx.search.Gumbel()}
GAME, NETWORK = "game", "network"
OURS, PEER = "maxent_tf", "mctx"
_SCRIPT = pathlib.Path(__file__).with_name("peers") / "mctx_cases.py"
# The least number of simulations in one timed call, which takes from some hundredths of a second to
# seconds.
_AMOUNT = 16_384


class Shape(NamedTuple):
    """The size of a search: the numbers of roots, of actions and of simulations."""

    roots: int
    actions: int
    simulations: int

    @property
    def calls(self) -> int:
        """The number of searches that are timed together."""
        return max(1, _AMOUNT // (self.roots * self.simulations))


SHAPES = (
    Shape(1, 8, 64),
    Shape(64, 8, 64),
    Shape(256, 8, 64),
    Shape(1024, 4, 32),
    Shape(64, 362, 32),
)


@dataclass(frozen=True)
class Arguments:
    """The speed of our searches beside that of mctx.

    Attributes:
      peers: The Python interpreter that has mctx; None leaves it out.
      rounds: The number of times that each search is timed.
    """

    peers: pathlib.Path | None = None
    rounds: int = 9


def game(actions: int) -> mx.search.Model:
    """Returns the pseudo-random game as a model."""

    def model(params: Any, state: tf.Tensor, action: tf.Tensor, seed: Any) -> Any:
        state, bits = search_model.numbers(state, action, tf.range(actions + 2)[tf.newaxis])
        x = tf.cast(bits, tf.float32) / search_model.MODULUS
        discount = tf.fill(tf.shape(x[:, 0]), search_model.DISCOUNT)
        return mx.search.ModelStep(x[:, 0], discount, x[:, 2:], x[:, 1]), state

    return model


def network(actions: int) -> mx.search.Model:
    """Returns the network as a model, whose parameters are its kernels."""

    def model(kernels: Any, embedding: tf.Tensor, action: tf.Tensor, seed: Any) -> Any:
        x = tf.concat([embedding, tf.one_hot(action, actions)], axis=-1)
        for kernel in kernels[:-1]:
            x = tf.nn.relu(x @ kernel)
        x = x @ kernels[-1]
        discount = tf.fill(tf.shape(x[:, 0]), search_model.DISCOUNT)
        step = mx.search.ModelStep(x[:, 0], discount, x[:, 2 : 2 + actions], x[:, 1])
        return step, tf.tanh(x[:, 2 + actions :])

    return model


class Work(NamedTuple):
    """A model, with the parameters and the roots that its searches start from."""

    model: mx.search.Model
    params: Any
    root: mx.search.Root


def work(model: str, shape: Shape) -> Work:
    """Returns the model of this name for searches of a shape."""
    roots, actions, _ = shape
    logits = tf.constant(search_model.root_logits(roots, actions))
    value = tf.zeros([roots])
    if model == GAME:
        return Work(game(actions), None, mx.search.Root(logits, value, tf.range(roots)))
    kernels = [tf.constant(kernel) for kernel in search_model.weights(actions)]
    embedding = tf.constant(search_model.embeddings(roots))
    return Work(network(actions), kernels, mx.search.Root(logits, value, embedding))


def search(rule: mx.search.Rule, model: str, shape: Shape) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a program that searches and, from a seed, makes the policies to learn, [B, A]."""
    step, params, root = work(model, shape)

    @tf.function(autograph=False, jit_compile=True)
    def program(params: Any, root: Any, seed: tf.Tensor) -> tf.Tensor:
        tree = mx.search.search(step, params, root, shape.simulations, rule, seed=seed)
        return mx.search.summary(tree).target

    return lambda seed: program(params, root, seed)


def evaluations(model: str, shape: Shape) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a program that evaluates a model as often as a search does, without a search."""
    step, params, root = work(model, shape)

    @tf.function(autograph=False, jit_compile=True)
    def program(params: Any, root: Any, seed: tf.Tensor) -> tf.Tensor:
        def body(i: tf.Tensor, embedding: Any, total: tf.Tensor) -> Any:
            action = tf.fill([shape.roots], i % shape.actions)
            answer, embedding = step(params, embedding, action, seed)
            used = answer.reward + answer.value + tf.reduce_max(answer.prior_logits, axis=-1)
            return i + 1, embedding, total + used

        start = (0, root.embedding, root.value)
        return tf.while_loop(lambda i, *_: i < shape.simulations, body, start)[2]

    return lambda seed: program(params, root, seed)


def repeated(program: Callable[[tf.Tensor], tf.Tensor], calls: int) -> Callable[[], object]:
    """Returns a call that runs a program `calls` times, with a new seed each time."""
    count = 0

    def call() -> None:
        nonlocal count
        for _ in range(calls):
            count += 1
            program(tf.constant([0, count])).numpy()

    return call


def row(
    shape: Shape, model: str, rule: str, timings: Mapping[tuple[str, str | None], Timing]
) -> dict[str, Any]:
    """Returns a row of the table.

    Args:
      shape: The size of the searches.
      model: The name of the model of the searches.
      rule: The name of the rule of the searches.
      timings: The timings, by library, and by rule or, for the evaluations of the network alone,
        None.
    """
    amount = shape.roots * shape.simulations * shape.calls
    found: dict[str, Any] = {**shape._asdict(), "model": model, "rule": rule}
    for who in (OURS, PEER):
        timing = timings.get((who, rule))
        if timing is None:
            continue
        found[f"{who}_rate"], found[f"{who}_cores"] = amount / timing.median, timing.cpu_per_wall
        alone = timings.get((who, None))
        if alone is not None:
            found[f"{who}_overhead"] = float(np.median(timing.cpu / alone.cpu)) - 1
    if (PEER, rule) in timings:
        ours, theirs = timings[OURS, rule], timings[PEER, rule]
        found["by_wall"] = float(np.median(theirs.wall / ours.wall))
        found["by_cpu"] = float(np.median(theirs.cpu / ours.cpu))
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Returns the rows as a Markdown table."""
    columns: dict[str, tables.Cell] = {
        "roots, actions, simulations": "{roots:,}, {actions}, {simulations}",
        "model": "{model}",
        "rule": "{rule}",
    }
    for who in (OURS, PEER):
        columns[f"{who}, simulations/s"] = tables.where_known(f"{{{who}_rate:,.0f}}", f"{who}_rate")
        columns[f"{who}, CPU/wall"] = tables.where_known(f"{{{who}_cores:.2f}}", f"{who}_cores")
    columns["times as fast"] = tables.where_known("{by_wall:.2f}", "by_wall")
    columns["by CPU time"] = tables.where_known("{by_cpu:.2f}", "by_cpu")
    for who in (OURS, PEER):
        name = f"{who}_overhead"
        columns[f"{who}, overhead by CPU time"] = tables.where_known(f"{{{name}:.2f}}", name)
    return tables.table(rows, columns)


def measured(
    shape: Shape, model: str, arguments: Arguments, versions: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Times all searches of a shape with a model, and yields a row for each rule.

    Args:
      shape: The size of the searches.
      model: The name of the model of the searches.
      arguments: The command line.
      versions: The dictionary to which the versions of the other library are added.
    """
    samplers: dict[tuple[str, str | None], Callable[[], Sample]] = {}
    for name, rule in RULES.items():
        samplers[OURS, name] = timed(repeated(search(rule, model, shape), shape.calls))
    if model == NETWORK:
        samplers[OURS, None] = timed(repeated(evaluations(model, shape), shape.calls))
    with contextlib.ExitStack() as stack:
        for _, name in list(samplers) if arguments.peers is not None else []:
            given = {"rule": name, "model": model, **shape._asdict(), "calls": shape.calls}
            child = stack.enter_context(Child(arguments.peers, _SCRIPT, given))
            # A search is warm before the next one starts, so that the two do not wait for each
            # other.
            versions |= child.versions()
            samplers[PEER, name] = child.sample
        timings = in_turn(samplers, arguments.rounds)
    for name in RULES:
        yield row(shape, model, name, timings)


def main(arguments: Arguments) -> None:
    """Times all searches and prints the table."""
    versions = {"tensorflow (ours)": tf.__version__}
    rows = [
        found
        for shape in SHAPES
        for model in (GAME, NETWORK)
        for found in measured(shape, model, arguments, versions)
    ]
    print(f"Median of {arguments.rounds} interleaved rounds,", os.cpu_count(), "CPUs;", end=" ")
    print(*(f"{package} {version}" for package, version in versions.items()), sep=", ")
    print(table(rows))


if __name__ == "__main__":
    import tyro

    main(tyro.cli(Arguments, description=__doc__))
