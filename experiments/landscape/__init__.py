"""Does entropy smooth the landscape of policies? `python -m experiments.landscape`."""
