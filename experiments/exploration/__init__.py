"""Entropy keeps an agent exploring where rewards are rare; other ways have costs of their own."""

RUN_TIME = "about three quarters of an hour"
