"""Experiments: constants, a function that runs them, and an analysis that reads files only."""
