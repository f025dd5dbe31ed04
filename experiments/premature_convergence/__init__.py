"""Premature convergence across temperatures: does entropy keep policy gradients from settling?

Run `python -m experiments.premature_convergence --help`.
"""
