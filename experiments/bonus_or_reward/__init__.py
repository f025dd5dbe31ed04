"""The entropy bonus against the entropy reward: `python -m experiments.bonus_or_reward`."""
