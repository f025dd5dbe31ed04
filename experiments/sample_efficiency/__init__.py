"""Is SAC sample-efficient and stable at once, beside the on-policy A2C and PPO?"""
