"""The exact entropy of a policy leaves less noise in SAC's gradient than a sampled one."""

RUN_TIME = "four minutes"
