"""The published return for each preset, from the benchmark of RL Baselines3 Zoo.

https://github.com/DLR-RM/rl-baselines3-zoo/blob/master/benchmark.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Published(NamedTuple):
    """A return that was published.

    Attributes:
      mean: The mean return over the episodes of one trained agent.
      spread: The standard deviation over these episodes.
      steps: The number of steps of the training.
      source: The place where the return was published.
      name: The names of learner and environment at the source, where they differ from the preset.
    """

    mean: float
    spread: float
    steps: int
    source: str
    name: str = ""


_ZOO = "RL Baselines3 Zoo"

#: The published returns by the learner and the environment of the preset.
PUBLISHED: Mapping[tuple[str, str], Published] = {
    ("a2c", "CartPole-v1"): Published(500.0, 0.0, 500_000, _ZOO),
    ("ppo", "CartPole-v1"): Published(500.0, 0.0, 100_000, _ZOO),
    ("soft-dqn", "CartPole-v1"): Published(500.0, 0.0, 50_000, _ZOO, "DQN"),
    ("ppo", "Acrobot-v1"): Published(-73.506, 18.201, 1_000_000, _ZOO),
    ("ppo", "MountainCar-v0"): Published(-110.423, 19.473, 1_000_000, _ZOO),
    ("sac", "MountainCarContinuous-v0"): Published(94.679, 1.134, 50_000, _ZOO),
    ("ppo", "Pendulum-v1"): Published(-172.225, 104.159, 100_000, _ZOO),
    ("sac", "Pendulum-v1"): Published(-156.995, 88.714, 20_000, _ZOO),
    ("ppo", "MiniGrid-DoorKey-5x5-v0"): Published(0.964, 0.006, 100_000, _ZOO),
    ("ppo", "LunarLander-v3"): Published(242.119, 31.823, 1_000_000, _ZOO, "LunarLander-v2"),
    ("ppo", "LunarLanderContinuous-v3"): Published(
        270.863, 32.072, 1_000_000, _ZOO, "LunarLanderContinuous-v2"
    ),
    ("ppo", "BipedalWalker-v3"): Published(213.299, 129.490, 5_000_000, _ZOO),
    ("ppo", "Hopper-v5"): Published(2410.435, 10.026, 1_000_000, _ZOO, "Hopper-v3"),
    ("ppo", "Walker2d-v5"): Published(3478.798, 821.708, 1_000_000, _ZOO, "Walker2d-v3"),
    ("ppo", "Ant-v5"): Published(1327.158, 451.577, 1_000_000, _ZOO, "Ant-v3"),
    ("sac", "HalfCheetah-v5"): Published(9535.451, 100.470, 1_000_000, _ZOO, "HalfCheetah-v3"),
}
