"""AlphaZero's exploration bonus plays the role of entropy: its constant is a temperature."""

RUN_TIME = "a minute"
