"""SQL keeps every mode of a symmetric environment, where SAC's Gaussian policy commits to few."""

RUN_TIME = "17 minutes"
