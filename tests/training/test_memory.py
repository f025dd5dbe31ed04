"""Memory over many steps of the host loop, checkpoints included."""

import pathlib
import resource
from typing import Any

import numpy as np
import pytest

import maxent_tf as mx
from maxent_tf.learners import A2C, SAC, A2CConfig, SACConfig

STEPS = 200_000


def resident_bytes() -> int:
    """What of this process is in memory now."""
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["a2c", "sac"])
def test_memory_stays_flat(kind: str, tmp_path: pathlib.Path) -> None:
    # Oracle: a straight line through the resident memory after the first fifth. Whatever is kept
    # of a step costs more than 50 bytes: the smallest Python object and its place in a list.
    env = "CartPole-v1" if kind == "a2c" else "Pendulum-v1"
    spec = mx.gymnasium_spec(env)
    if kind == "a2c":
        learner: Any = A2C(spec, A2CConfig(hidden_sizes=(4,)))
    else:
        config = SACConfig(hidden_sizes=(4,), batch_size=4, replay_capacity=1000)
        learner = SAC(spec, config)
    steps, memory = [], []

    def callback(step: int, metrics: Any, state: Any) -> None:
        del metrics, state
        steps.append(step)
        memory.append(resident_bytes())

    mx.train(learner, env, STEPS, callback=callback, checkpoint_dir=tmp_path)
    settled = np.array(steps) > STEPS / 5
    slope = np.polyfit(np.array(steps)[settled], np.array(memory)[settled], 1)[0]
    print(f"{kind}: {slope:.2f} bytes per step over {STEPS} steps; {memory[-1] / 2**20:.0f} MiB")
    assert len(steps) == 100
    assert slope < 50
