"""How long softmax policy gradient stays near a bad arm: `python -m experiments.gravity_well`."""
