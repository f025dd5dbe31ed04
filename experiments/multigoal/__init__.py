"""SQL keeps every mode of a symmetric world, where SAC's Gaussian policy commits to few of them."""

RUN_TIME = "17 minutes"
