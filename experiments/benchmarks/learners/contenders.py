"""The contenders and their workloads: this package here, the others in their own interpreters."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import maxent_tf as mx
from experiments.benchmarks import throughput
from experiments.benchmarks.child import Child
from experiments.benchmarks.throughput import ACTIONS, BATCH, OBSERVATIONS, WIDTH, Case
from experiments.benchmarks.timing import Sample, timed
from maxent_tf.training import Trainer

UPDATES = "SAC, 17 + 6, 2 x 256, batch 256"
CHEETAH = "SAC on HalfCheetah-v5, an update a step"
PPO = "PPO on CartPole, 16 environments a learner"
A2C = "A2C on CartPole, {} a learner"
OURS = "maxent_tf"

_PEERS = pathlib.Path(__file__).parents[1] / "peers"
# The amount of work in one call, which takes from some tenths of a second to seconds.
_UPDATES, _STEPS, _LEARNERS, _ITERATIONS = 64, 250, 8, 8
_ROLLOUT = 16 * 128
# The number of random steps before SAC learns on HalfCheetah.
_WARM_UP = 2000


class Contender(NamedTuple):
    """One contender to time.

    Attributes:
      workload: The workload; rates are compared within it.
      name: The name of the library and its learner.
      sample: A function that does the work once and returns how long the work took.
      amount: The number of units in one call.
      unit: The unit that is counted.
    """

    workload: str
    name: str
    sample: Callable[[], Sample]
    amount: int
    unit: str


def ours() -> Iterator[Contender]:
    """Yields this package at every workload, first in each, and the limit of SAC's updates."""
    a2c, ppo, cartpole = mx.learners.A2C, mx.learners.PPO, throughput.cartpole_case
    cases = [
        (UPDATES, OURS, throughput.sac_case(compile_with_xla=True, updates=_UPDATES)),
        (UPDATES, "matrix products alone", throughput.products_case(_UPDATES)),
        (CHEETAH, OURS, _cheetah()),
        (PPO, f"{OURS}, {_LEARNERS} learners", cartpole(ppo, _ITERATIONS, _LEARNERS)),
    ]
    for label, num_envs in (("one environment", 1), ("16 environments", 16)):
        for name, learners in ((f"{OURS}, 64 learners", 64), (f"{OURS}, 1 learner", 1)):
            cases.append((A2C.format(label), name, cartpole(a2c, 200, learners, num_envs)))
    for workload, name, case in cases:
        yield Contender(workload, name, timed(case.call), case.amount, case.unit)


def _cheetah() -> Case:
    """Returns SAC on HalfCheetah, trained through the host loop."""
    env = "HalfCheetah-v5"
    config = mx.learners.SACConfig(
        hidden_sizes=(WIDTH, WIDTH),
        batch_size=BATCH,
        replay_capacity=20_000,
        learning_starts=_WARM_UP,
    )
    trainer = Trainer(mx.learners.SAC(mx.gymnasium_spec(env), config), env)
    trainer.run(_WARM_UP, records=1)

    def call() -> object:
        return trainer.run(trainer.env_steps + _STEPS, records=1)

    return Case(call, _STEPS, "env-steps", None)


def theirs(
    peers: pathlib.Path | None, tf_agents: pathlib.Path | None
) -> Iterator[tuple[Contender, Child]]:
    """Yields the other libraries, each with the child in which it works.

    Args:
      peers: The interpreter of Stable-Baselines3, SBX and rejax, or None.
      tf_agents: The interpreter of TF-Agents, or None.
    """
    sac = {"batch": BATCH, "width": WIDTH}
    updates = {**sac, "amount": _UPDATES, "learns": False}
    steps = {**sac, "amount": _STEPS, "learns": True}
    batch = {"learners": _LEARNERS, "iterations": _ITERATIONS}
    single = {"case": "ppo", "amount": _ROLLOUT}
    shapes = {"observations": OBSERVATIONS, "actions": ACTIONS}
    random = {**sac, "amount": _UPDATES, **shapes}
    sb3, sbx = "stable_baselines3_cases.py", "sbx_cases.py"
    works: list[tuple[pathlib.Path | None, str, str, str, dict[str, Any], int, str]] = [
        (peers, UPDATES, "Stable-Baselines3", sb3, {"case": "sac", **updates}, _UPDATES, "updates"),
        (peers, UPDATES, "SBX", sbx, updates, _UPDATES, "updates"),
        (tf_agents, UPDATES, "TF-Agents", "tf_agents_cases.py", random, _UPDATES, "updates"),
        (peers, CHEETAH, "Stable-Baselines3", sb3, {"case": "sac", **steps}, _STEPS, "env-steps"),
        (peers, CHEETAH, "SBX", sbx, steps, _STEPS, "env-steps"),
        (
            peers,
            PPO,
            f"rejax, {_LEARNERS} learners",
            "rejax_cases.py",
            batch,
            _LEARNERS * _ITERATIONS * _ROLLOUT,
            "env-steps",
        ),
        (peers, PPO, "Stable-Baselines3, 1 learner", sb3, single, _ROLLOUT, "env-steps"),
    ]
    for python, workload, name, script, arguments, amount, unit in works:
        if python is not None:
            child = Child(python, _PEERS / script, arguments)
            yield Contender(workload, name, child.sample, amount, unit), child
