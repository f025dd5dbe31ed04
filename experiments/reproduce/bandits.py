"""Policy gradients on bandits: the recursions that need many steps, in plain Python and NumPy."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from experiments.bandit_ascent import REWARDS, STEP_SIZE, escape
from experiments.rates import bandits
from experiments.reproduce.check import Check
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
    theta, product = 0.0, 1.0
    for _ in range(60):  # by then the factor is 1 in float64
        p = 1 / (1 + math.exp(-theta))
        product *= p
        theta += REWARDS[1] / p
    yield Check("R11", "P(only the bad arm is ever drawn)", 0.39085, product, 1e-4)
    locked = [_locked_on_bad_arm(baseline) for baseline in (False, True)]
    yield Check("R11", "P(locked on the bad arm), 20,000 runs", 0.480, locked[0], 0.01)
    yield Check("R11", "the same is above the product", product, locked[0], 0, "at least")
    yield Check("R11", "P(locked) with the value baseline", 0, locked[1], 0.01, "at most")


def stochastic_bandit(seeds: int = 300, steps: int = 30_000) -> Iterator[Check]:
    """R12: noisy rewards; how often the likeliest arm is the best in the end, against alpha.

    Args:
      seeds: independent runs at each temperature.
      steps: of size 0.4, each from one draw, with the true value as baseline and the exact gradient
        of the entropy.
    """
    alphas = np.array([0, 0.01, 0.03, 0.1, 0.3, 1])
    known = [0.43, 0.56, 0.76, 0.87, 0.65, 0.54]
    rng = np.random.default_rng(0)
    rewards, temperature = np.array(REWARDS)[:, None, None], alphas[:, None]
    shape = (len(alphas), seeds)
    # Arms in front: sums over them are then sums of three long rows.
    theta = np.broadcast_to(np.log([0.01, 0.98, 0.01])[:, None, None], (3, *shape)).copy()
    for _ in range(steps):
        log_policy = theta - theta.max(0)
        log_policy -= np.log(np.exp(log_policy).sum(0))
        policy = np.exp(log_policy)
        uniform = rng.random(shape)
        second, third = uniform >= policy[0], uniform >= policy[0] + policy[1]
        drawn = np.stack([~second, second & ~third, third])
        reward = (drawn * rewards).sum(0) + rng.standard_normal(shape)
        advantage = reward - (policy * rewards).sum(0)
        entropy = -(policy * log_policy).sum(0)
        theta += STEP_SIZE * (drawn - policy) * advantage
        theta -= STEP_SIZE * temperature * policy * (log_policy + entropy)
    best = (theta.argmax(0) == 0).mean(-1)
    for alpha, target, measured in zip(alphas, known, best, strict=True):
        what = f"greedy-optimal fraction at alpha = {alpha:g}, {seeds} seeds"
        yield Check("R12", what, target, float(measured), 0.06)


def _locked_on_bad_arm(baseline: bool, runs: int = 20_000, steps: int = 400) -> float:
    """Returns the fraction of runs of NPG, eta = 1, in which the worse of two arms prevails."""
    rng = np.random.default_rng(0)
    lead = np.zeros(runs)  # of the bad arm's logit
    for _ in range(steps):
        bad = 1 / (1 + np.exp(-lead))
        drawn = rng.random(runs) < bad
        reward = np.where(drawn, REWARDS[1], REWARDS[0])
        if baseline:
            reward -= bad * REWARDS[1] + (1 - bad) * REWARDS[0]
        change = reward / np.where(drawn, bad, 1 / (1 + np.exp(lead)))
        # Beyond 500 an arm is drawn with certainty, and exp still finite.
        lead = np.clip(lead + np.where(drawn, change, -change), -500, 500)
    return float(np.mean(lead > 0))
