"""Entropy smooths the landscape of policies: it connects optima and allows larger steps."""

RUN_TIME = "half a minute"
