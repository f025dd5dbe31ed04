"""The soft-optimal policy, from greedy to uniform: `python -m experiments.boltzmann_optimality`."""
