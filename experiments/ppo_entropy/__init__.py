"""An entropy bonus helps PPO, if its entropy is that of the policy that acts."""

RUN_TIME = "six minutes"
