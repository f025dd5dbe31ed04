"""Benchmarks: every claim about speed or accuracy comes from a script in here."""
