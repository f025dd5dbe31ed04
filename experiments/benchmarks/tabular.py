"""Soft value iteration to 1e-8 for 10^2 .. 10^6 states: time, memory, bandwidth, and its peers.

Run `python -m experiments.benchmarks.tabular` (about four minutes; it needs the extra
`benchmarks`).
All timings come from one process, in interleaved rounds. The exception is the dense process of 10^4
states: its sweeps take so long that one call is timed after the others. Peak memory comes from a
process of its own for each figure, and includes TensorFlow and the arrays that are given.

The environment is a square torus of `S` states with 4 moves. A move goes in the chosen direction
with probability 0.8, and to either side with probability 0.1 each. Rewards are uniform in [0, 1]
and the discount is 0.9.

- *sparse* and *dense* are `soft_value_iteration`, which stops when its certificate, rounding
  included, is 1e-8. At alpha = 0 it is plain value iteration.
- *NumPy/SciPy* is the same iteration as one would write it: one CSR matrix for all actions, a
  stable log-sum-exp, and the contraction's bound without rounding as stopping rule.
- *pymdptoolbox* is `mdptoolbox.mdp.ValueIteration`, at alpha = 0: it has no entropy. Its `run` is
  timed as shipped, with the same discount and epsilon = 1e-8. It stops by the span of the change,
  which bounds the loss of its policy and not the error of its values: the column `error` shows
  those. Its constructor is replaced: the shipped one compares sparse matrices with 0, whose result
  is a full [S, S] array.

The traffic of a sweep is the memory access that it cannot do without: each probability, successor
and reward is read once, and values are read and written once. The bandwidth is that of a triad a =
b + s c under XLA.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
import tensorflow as tf

from experiments.benchmarks.timing import Timing, interleaved
from maxent_tf.tabular import Successors, TabularMDP, soft_value_iteration

SIDES = (10, 32, 100, 316, 1000)
ACTIONS, DISCOUNT, ALPHA, TOLERANCE, ROUNDS = 4, 0.9, 0.1, 1e-8, 3
DENSE_LIMIT, DENSE_ROUNDS_LIMIT = 10_000, 2000
SPARSE, DENSE, PLAIN = "sparse, alpha 0.1", "dense, alpha 0.1", "NumPy/SciPy, alpha 0.1"
HARD, TOOLBOX = "sparse, alpha 0", "pymdptoolbox, alpha 0"
TRIAD_SIZE = 2**25


class Arrays(NamedTuple):
    """An environment, in the form that all implementations are given.

    Attributes:
      successors: The `Successors` of [S, 4, 3].
      reward: [S, 4], the rewards.
    """

    successors: Successors
    reward: np.ndarray

    def matrices(self) -> list[scipy.sparse.csr_matrix]:
        """Returns the transitions of each action, [S, S]."""
        states = len(self.reward)
        return [
            scipy.sparse.csr_matrix(
                (
                    self.successors.probability[:, a].ravel(),
                    self.successors.next_state[:, a].ravel(),
                    np.arange(0, 3 * states + 1, 3),
                ),
                shape=(states, states),
            )
            for a in range(ACTIONS)
        ]


def torus(side: int) -> Arrays:
    """Returns the environment of side^2 states."""
    row, column = np.divmod(np.arange(side * side), side)
    moves = ((0, 1), (1, 0), (0, -1), (-1, 0))
    reached = [(row + a) % side * side + (column + b) % side for a, b in moves]
    next_state = np.stack(
        [np.stack([reached[(a + turn) % 4] for turn in (0, 1, 3)], -1) for a in range(ACTIONS)], 1
    ).astype(np.int32)
    probability = np.broadcast_to([0.8, 0.1, 0.1], next_state.shape).copy()
    reward = np.random.default_rng(0).uniform(size=(side * side, ACTIONS))
    return Arrays(Successors(next_state, probability), reward)


def process(world: Arrays, dense: bool = False) -> TabularMDP:
    """Returns the environment as a `TabularMDP`."""
    states = len(world.reward)
    transition = world.successors.dense() if dense else world.successors
    return TabularMDP(transition, world.reward, DISCOUNT, np.full(states, 1 / states))


class Result(NamedTuple):
    """The result of a call.

    Attributes:
      v: [S], the values.
      sweeps: The number of sweeps.
    """

    v: np.ndarray
    sweeps: int


def ours(m: TabularMDP, alpha: float, tolerance: float = TOLERANCE) -> Result:
    """Solves a process by our solver."""
    solution = soft_value_iteration(m, alpha, tolerance=tolerance)
    return Result(solution.v.numpy(), int(solution.iterations))


def plain(matrix: Any, reward: np.ndarray, alpha: float) -> Result:
    """Solves a process in the same way by NumPy and SciPy.

    Args:
      matrix: [4 S, S], CSR, with the actions one after the other. Reductions over the actions then
        run along the memory, which in NumPy takes a fraction of the time that [S, 4] would take.
      reward: [4, S], the rewards.
      alpha: The temperature, positive.
    """
    v, sweeps = np.zeros(reward.shape[1]), 0
    while True:
        q = (matrix @ v).reshape(reward.shape)
        q *= DISCOUNT
        q += reward
        largest = q.max(0)
        q -= largest
        q /= alpha
        np.exp(q, out=q)
        next_v = largest + alpha * np.log(q.sum(0))
        residual, v = np.abs(next_v - v).max(), next_v
        sweeps += 1
        if residual * DISCOUNT / (1 - DISCOUNT) <= TOLERANCE:
            return Result(v, sweeps)


def toolbox(world: Arrays) -> Callable[[], Result]:
    """Returns a call of pymdptoolbox's loop."""
    try:
        from mdptoolbox.mdp import ValueIteration
    except ImportError as error:
        raise ImportError("pymdptoolbox is missing: pip install 'maxent_tf[benchmarks]'") from error

    matrices = tuple(world.matrices())
    reward = tuple(np.ascontiguousarray(world.reward.T))

    class Loop(ValueIteration):
        """The shipped `run`, on attributes that are set as the shipped constructor sets them."""

        def __init__(self) -> None:
            self.S, self.A = world.reward.shape
            self.P, self.R = matrices, reward
            self.discount, self.epsilon = DISCOUNT, TOLERANCE
            self.thresh = TOLERANCE * (1 - DISCOUNT) / DISCOUNT
            self.V, self.policy = np.zeros(self.S), None
            self.iter, self.max_iter, self.verbose = 0, 10**6, False

    def call() -> Result:
        loop = Loop()
        loop.run()
        return Result(np.array(loop.V), loop.iter)

    return call


def triad() -> Callable[[], object]:
    """Returns a call that reads two arrays and writes a third, of 8 TRIAD_SIZE bytes each."""
    b, c = (tf.fill([TRIAD_SIZE], tf.constant(x, tf.float64)) for x in (1.0, 2.0))
    program = tf.function(lambda b, c: b + 3.0 * c, autograph=False, jit_compile=True)
    return lambda: program(b, c)[0].numpy()


def traffic(states: int, dense: bool) -> int:
    """Returns the bytes that a sweep cannot avoid to read or write."""
    row = 8 * states if dense else 12 * 3
    return states * (ACTIONS * (row + 8) + 16)


def cases(world: Arrays, names: Sequence[str]) -> dict[str, Callable[[], Result]]:
    """Returns the calls of these names."""

    def solver(alpha: float, dense: bool = False) -> Callable[[], Result]:
        m = process(world, dense)
        return lambda: ours(m, alpha)

    def by_numpy() -> Callable[[], Result]:
        matrix = scipy.sparse.vstack(world.matrices(), format="csr")
        reward = np.ascontiguousarray(world.reward.T)
        return lambda: plain(matrix, reward, ALPHA)

    builders = {
        SPARSE: lambda: solver(ALPHA),
        DENSE: lambda: solver(ALPHA, dense=True),
        PLAIN: by_numpy,
        HARD: lambda: solver(0.0),
        TOOLBOX: lambda: toolbox(world),
    }
    return {name: builders[name]() for name in names}


def dense_fits(states: int) -> bool:
    """Returns whether dense arrays are within the limit and, with copies for checks, in memory."""
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return states <= DENSE_LIMIT and 5 * 8 * ACTIONS * states**2 < available


def peak_memory(side: int, name: str) -> float:
    """Returns the peak resident memory, in GiB, of a new process that solves once.

    The figure is Linux's `VmHWM`: `getrusage` also counts the memory that the parent process had
    when it started the new one.
    """
    code = (
        "import pathlib\n"
        "from experiments.benchmarks import tabular\n"
        f"tabular.cases(tabular.torus({side}), [{name!r}])[{name!r}]()\n"
        "print(pathlib.Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    command = [sys.executable, "-c", code]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=quiet)
    return int(found.stdout.split()[-1]) / 2**20


def timed(world: Arrays, dense: bool) -> tuple[dict[str, Timing], dict[str, Result]]:
    """Returns the timings, those of the triad included, and the results of all but the triad."""
    results: dict[str, Result] = {}

    def keeping(name: str, call: Callable[[], Result]) -> Callable[[], object]:
        def keep() -> None:
            results[name] = call()

        return keep

    def run(names: Sequence[str], rounds: int) -> dict[str, Timing]:
        calls = {name: keeping(name, call) for name, call in cases(world, names).items()}
        return interleaved({**calls, "triad": triad()}, rounds)

    together = dense and len(world.reward) <= DENSE_ROUNDS_LIMIT
    timings = run([SPARSE, *([DENSE] if together else []), PLAIN, HARD, TOOLBOX], ROUNDS)
    if dense and not together:
        timings[DENSE] = run([DENSE], 1)[DENSE]
    return timings, results


def report(side: int, memory: Mapping[str, float]) -> None:
    """Prints the rows of one size; `memory` has the peaks that were measured, in GiB."""
    world, states = torus(side), side * side
    timings, results = timed(world, DENSE in memory)
    m = process(world)
    truth = {hard: ours(m, 0.0 if hard else ALPHA, 1e-12).v for hard in (False, True)}
    stream = timings.pop("triad")
    bandwidth = 24 * TRIAD_SIZE / stream.median
    print(
        f"S = {states:,}: triad {bandwidth / 1e9:.1f} GB/s, CPU/wall {stream.cpu_per_wall:.2f}\n"
        f"{'':24s}sweeps         s   ms/sweep     GB/s of triad  CPU/wall  peak GiB     error"
    )
    for name, timing in timings.items():
        result = results[name]
        sweep = timing.median / result.sweeps
        rate = traffic(states, name == DENSE) / sweep
        error = np.abs(result.v - truth[name in (HARD, TOOLBOX)]).max()
        peak = f"{memory[name]:8.2f}" if name in memory else f"{'-':>8s}"
        print(
            f"  {name:22s}{result.sweeps:6d} {timing.median:9.4f} "
            f"{1e3 * sweep:10.4f} {rate / 1e9:8.2f} {rate / bandwidth:8.0%} "
            f"{timing.cpu_per_wall:9.2f}  {peak}   {error:.1e}"
        )
    for mine, peer in ((SPARSE, PLAIN), (HARD, TOOLBOX)):
        ratio = np.median(timings[peer].wall / timings[mine].wall)
        busy = np.median(timings[peer].cpu / timings[mine].cpu)
        print(
            f"  {mine} is {ratio:.1f} times as fast as {peer}, with {busy:.1f} times less CPU "
            "time (medians of rounds)",
            flush=True,
        )


def main() -> None:
    """Prints the table."""
    print(f"TensorFlow {tf.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}")
    memory: dict[int, dict[str, float]] = {}
    for side in SIDES:
        names = [SPARSE, *([DENSE] if dense_fits(side * side) else [])]
        memory[side] = {name: peak_memory(side, name) for name in names}
    for side in SIDES:
        report(side, memory[side])


if __name__ == "__main__":
    import tyro

    tyro.cli(main, description=__doc__)  # there are no flags but --help
