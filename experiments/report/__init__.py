"""One static page of all stored results: `python -m experiments.report`.

It reads summaries, provenance and figures under a folder of results, and runs nothing.
"""
