"""What an entropy bonus does for PPO, and what it does if the entropy is not the policy's."""
