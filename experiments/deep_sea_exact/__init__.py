"""DeepSea, exactly, across temperatures: `python -m experiments.deep_sea_exact`."""
