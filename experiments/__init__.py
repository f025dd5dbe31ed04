"""Experiments: constants, a function that runs them, and an analysis that reads files only."""

from maxent_tf.quiet import load_tensorflow

load_tensorflow()  # before a module of the experiments does, so that no command prints its lines
