"""Policy gradients on bandits: the recursions that need many steps, in plain Python and NumPy."""

from __future__ import annotations

import math
from collections.abc import Iterator

from experiments.bandit_ascent import REWARDS, STEP_SIZE, escape
from experiments.check import Check
from experiments.commitment.gradients import chance_of_only_worse, natural_gradient, noisy_bandit
from experiments.rates import bandits
from maxent_tf.tabular import bounds


def u_shape() -> Iterator[Check]:
    """R2: the suboptimality that exact ascent leaves, against the temperature."""
    loss = bandits.suboptimality(list(bandits.U_SHAPE), bandits.U_SHAPE_ITERATIONS)
    for (alpha, target), measured in zip(bandits.U_SHAPE.items(), loss, strict=True):
        yield Check("R2", f"suboptimality at alpha = {alpha:g}", target, float(measured), 1e-4)


def gravity_well() -> Iterator[Check]:
    """R3: how long ascent takes to leave a bad start."""
    for alpha, target in [(0.0, 341_238), (0.1, 3_706)]:
        steps = escape(REWARDS, (0.001, 0.989, 0.01), STEP_SIZE, alpha).steps
        yield Check("R3", f"steps to escape, alpha = {alpha:g}", target, steps, 0.01, "relative")
    gap, starts = 0.5, (1e-3, 1e-4)
    steps_taken = [escape((gap, 0.0), (p, 1 - p), STEP_SIZE, 0.0).steps for p in starts]
    limit = float(bounds.gravity_well_escape_time(STEP_SIZE, gap, starts[1]))
    yield Check(
        "R3", "two arms, steps at pi0 = 1e-4", round(limit), steps_taken[1], 0.01, "relative"
    )
    slope = math.log10(steps_taken[0] / steps_taken[1])
    yield Check("R3", "slope of log steps in log pi0", -1, slope, 0.01)


def sublinear_rate() -> Iterator[Check]:
    """R4: without entropy the suboptimality falls as 1 / t, with a known factor."""
    for rewards in [(1.0, 0.0), (1.0, 0.2, 0.2)]:
        arms, marks = len(rewards), (200_000, 400_000)
        first, last = bandits.losses_from_uniform(rewards, marks)
        yield Check("R4", f"{arms} arms, log-log slope", -1, math.log2(last / first), 0.01)
        limit = float(bounds.gradient_ascent_limit(arms, STEP_SIZE))
        yield Check("R4", f"{arms} arms, t delta_t", limit, marks[1] * last, 1e-3, "relative")


def linear_rate() -> Iterator[Check]:
    """R5: with entropy the error falls linearly, at a known rate."""
    for alpha, gap in [(0.1, 0.1), (0.3, 1.0), (1.0, 1.0)]:
        error = bandits.log_policy_errors(alpha, gap)
        rate = float(bounds.entropy_gradient_log_rate(STEP_SIZE, alpha, gap))
        what = f"log-rate at tau = {alpha:g}, Delta = {gap:g}"
        yield Check("R5", what, rate, math.log(error[-1] / error[-2]), 1e-6)


def over_commitment() -> Iterator[Check]:
    """R11: sampled natural gradient locks on a bad arm; a value baseline prevents it."""
    product = float(chance_of_only_worse(step_size=1.0)[-1])
    yield Check("R11", "P(only the bad arm is ever drawn)", 0.39085, product, 1e-4)
    found = natural_gradient(1.0, 0.0, [False, True], runs=20_000, steps=400, seed=0)
    locked = found.likelier[-1]
    yield Check("R11", "P(locked on the bad arm), 20,000 runs", 0.480, locked[0], 0.01)
    yield Check("R11", "the same is above the product", product, locked[0], 0, "at least")
    yield Check("R11", "P(locked) with the value baseline", 0, locked[1], 0.01, "at most")


def stochastic_bandit(seeds: int = 300, steps: int = 30_000) -> Iterator[Check]:
    """R12: noisy rewards; how often the likeliest arm is the best in the end, against alpha.

    Args:
      seeds: The number of independent runs at each temperature.
      steps: The number of steps of each run.
    """
    alphas = (0, 0.01, 0.03, 0.1, 0.3, 1)
    known = [0.43, 0.56, 0.76, 0.87, 0.65, 0.54]
    best = noisy_bandit(alphas, seeds=seeds, steps=steps, seed=0)[-1].mean(-1)
    for alpha, target, measured in zip(alphas, known, best, strict=True):
        what = f"greedy-optimal fraction at alpha = {alpha:g}, {seeds} seeds"
        yield Check("R12", what, target, float(measured), 0.06)
