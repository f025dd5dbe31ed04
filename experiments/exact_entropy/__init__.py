"""What the exact entropy, and the path-wise estimate of it, buy SAC beside a single sample."""
