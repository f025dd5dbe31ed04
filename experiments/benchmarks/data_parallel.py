"""The cost of dividing an update among replicas on one machine.

Run `python -m experiments.benchmarks.data_parallel`. The same updates are made on one device, under
XLA and in a graph; on two logical devices of this process; and in two processes of one thread each.
All figures come from interleaved rounds. A ratio is the time over the time of one device in a
graph, so that 2 means twice as long. On one machine all of them share the same cores. The replicas
can therefore at best be as fast as one device, and the ratio shows the cost of the exchange.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import tensorflow as tf

import maxent_tf as mx
from experiments import tables
from experiments.benchmarks.timing import Sample, in_turn, timed
from maxent_tf.distributed import data_parallel
from maxent_tf.learners import Learner
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

ROUNDS, UPDATES, PROCESSES = 7, 8, 2
XLA, GRAPH, DEVICES = "one device, XLA", "one device, graph", "two devices, graph"
TWO_PROCESSES = "two processes, graph"


def sac() -> Learner:
    """Returns SAC at the shapes of HalfCheetah."""
    spec = EnvironmentSpec(Box.of((17,)), Box.of((6,), -1.0, 1.0))
    return mx.learners.SAC(spec, mx.learners.SACConfig(replay_capacity=1))


def ppo() -> Learner:
    """Returns PPO at the shapes of CartPole, with 16 gradient steps in an update."""
    return mx.learners.PPO(EnvironmentSpec(Box.of((4,)), Discrete(2)))


# A learner and the leading axes of the batch that it learns from, by name.
LEARNERS: dict[str, tuple[Callable[[], Learner], list[int]]] = {
    "SAC, batch 256": (sac, [256]),
    "SAC, batch 4,096": (sac, [4096]),
    "PPO, 128 x 16 steps": (ppo, [128, 16]),
}


def updates(
    learner: Learner, inside: Learner, leading: list[int], xla: bool = False
) -> Callable[[], object]:
    """Returns a function that makes some updates, all of them from one batch.

    Args:
      learner: The learner, data-parallel or not.
      inside: The learner without its replicas.
      leading: The leading axes of the batch, with those of the environments last.
      xla: Whether to compile the updates by XLA.
    """
    observation = tf.random.stateless_normal([2, *leading, *inside.spec.observation.shape], [0, 1])
    flag = tf.zeros(leading, tf.bool)
    state = inside.init(0)
    acted = inside.act(state, (), tf.reshape(observation[0], [-1, observation.shape[-1]]), seed=1)
    in_steps = tf.nest.map_structure(lambda x: tf.reshape(x, [*leading, *x.shape[1:]]), acted)
    batch = Transition(
        observation=observation[0],
        action=in_steps.action,
        reward=observation[0, ..., 0],
        next_observation=observation[1],
        terminated=flag,
        truncated=flag,
        valid=~flag,
        extras=in_steps.extras,
    )

    @tf.function(autograph=False, jit_compile=xla)
    def program(state: Any, batch: Transition) -> Any:
        def body(k: tf.Tensor, state: Any) -> tuple[tf.Tensor, Any]:
            return k + 1, learner.update(state, batch, seed=tf.stack([0, k])).state

        return tf.while_loop(lambda k, _: k < UPDATES, body, (0, state))[1]

    return lambda: tf.nest.map_structure(np.asarray, program(state, batch))


def serve(addresses: list[str], index: int, parent: Connection) -> None:
    """Makes updates together with other processes, and times those of each name it receives."""
    task = {"type": "worker", "index": index}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    samplers = {}
    for name, (make, (*time, size)) in LEARNERS.items():
        learner = make()
        parallel = data_parallel(learner, strategy)
        samplers[name] = timed(updates(parallel, learner, [*time, size // len(addresses)]))
    for name in iter(parent.recv, None):
        parent.send(samplers[name]())


class Processes:
    """The processes that make updates together, until `close` is called."""

    def __init__(self) -> None:
        sockets = [socket.create_server(("localhost", 0)) for _ in range(PROCESSES)]
        addresses = [f"localhost:{each.getsockname()[1]}" for each in sockets]
        for each in sockets:
            each.close()
        context = multiprocessing.get_context("spawn")
        self._connections = []
        for index in range(PROCESSES):
            here, there = context.Pipe()
            context.Process(target=serve, args=(addresses, index, there), daemon=True).start()
            self._connections.append(here)

    def sampler(self, name: str) -> Callable[[], Sample]:
        """Returns a function that has the processes make a learner's updates and times them.

        The processes work side by side: the wall time is that of the slowest process.
        """

        def sample() -> Sample:
            for connection in self._connections:
                connection.send(name)
            samples = [connection.recv() for connection in self._connections]
            return Sample(max(x.wall for x in samples), sum(x.cpu for x in samples))

        return sample

    def close(self) -> None:
        """Ends the processes."""
        for connection in self._connections:
            connection.send(None)


def main() -> None:
    """Prints the table."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, 2 * [tf.config.LogicalDeviceConfiguration()])
    processes = Processes()
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    samplers: dict[tuple[str, str], Callable[[], Sample]] = {}
    for name, (make, leading) in LEARNERS.items():
        learner = make()
        parallel = data_parallel(learner, strategy)
        samplers[name, XLA] = timed(updates(learner, learner, leading, xla=True))
        samplers[name, GRAPH] = timed(updates(learner, learner, leading))
        samplers[name, DEVICES] = timed(updates(parallel, learner, leading))
        samplers[name, TWO_PROCESSES] = processes.sampler(name)
    timings = in_turn(samplers, ROUNDS)
    processes.close()
    rows = [
        {
            "learner": name,
            "how": how,
            "rate": UPDATES / timing.median,
            "ratio": float(np.median(timing.wall / timings[name, GRAPH].wall)),
            "cpu_ratio": float(np.median(timing.cpu / timings[name, GRAPH].cpu)),
            "cpu": timing.cpu_per_wall,
        }
        for (name, how), timing in timings.items()
    ]
    print(f"TensorFlow {tf.__version__}, median of {ROUNDS} interleaved rounds\n")
    columns = {
        "learner": "{learner}",
        "how": "{how}",
        "updates/s": "{rate:,.1f}",
        "time over graph": "{ratio:.2f}",
        "CPU time over graph": "{cpu_ratio:.2f}",
        "CPU/wall": "{cpu:.2f}",
    }
    print(tables.table(rows, columns))


if __name__ == "__main__":
    import tyro

    tyro.cli(main, description=__doc__)  # there are no flags but --help
