"""Exact and vectorised results of the literature, reproduced: `python -m experiments.reproduce`.

Each row states a target, measures it here, and gives a verdict.
"""
