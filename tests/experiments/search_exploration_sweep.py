"""A small sweep of searches and of entropy bonuses, which its tests vary."""

from experiments.search_exploration.sweep import Sweep

SWEEP = Sweep(
    world="deep_sea",
    method="search",
    settings=(0.01, 1.0),
    noise=0.0,
    simulations=3,
    steps=96,
    evaluations=False,
    learning_rate=1e-3,
    num_envs=4,
    seeds=1,
    hidden_sizes=(6,),
    records=2,
    episodes=5,
    size=3,
)
