"""The analysis: from arrays to checks of every theorem, a table and a verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from experiments import check, tables
from experiments.bandit_ascent import STEP_SIZE
from experiments.check import Check
from experiments.frame import Arrays, Findings, Result, Row
from experiments.random_processes import ACTIONS, DISCOUNT
from experiments.rates import bandits
from experiments.rates.runs import alpha_grid, path
from experiments.rates.sweep import Bandits, Processes
from maxent_tf.tabular import bounds

# Smaller errors are rounding errors and say nothing about a theorem.
ROUNDING = 1e-10


def rows(sweep: Bandits | Processes, arrays: Arrays) -> list[Row]:
    """Returns a row for each check of a sweep."""
    if isinstance(sweep, Bandits):
        return [each.as_row() for each in bandit_checks(sweep, arrays)]
    return [each.as_row() for each in process_checks(sweep, arrays)]


def bandit_checks(sweep: Bandits, arrays: Arrays) -> Iterator[Check]:
    """Compares the measurements on bandits with what is known."""
    yield from _u_shape(sweep, arrays)
    yield from _sublinear(sweep, arrays)
    for tau, rate in zip(sweep.temperatures, arrays["log_rate"], strict=True):
        target = float(bounds.entropy_gradient_log_rate(STEP_SIZE, tau, sweep.gap))
        yield Check("linear", f"log-rate at tau = {tau:g}", target, float(rate), 1e-6)
    yield from _natural(sweep, arrays)


def process_checks(sweep: Processes, arrays: Arrays) -> Iterator[Check]:
    """Compares the measurements on random processes with theorems: largest ratios to bounds."""
    for i, fraction in enumerate(sweep.fractions):
        for key, name in [("q", "Q"), ("log_policy", "log-policy")]:
            ratio = _largest_ratio(arrays[key][:, i], arrays[f"{key}_bound"][:, i])
            what = f"{name} error over its bound at eta tau / (1 - gamma) = {fraction:g}"
            yield Check("NPG", what, 1, ratio, 0, "at most")
        what = f"final factor at eta tau / (1 - gamma) = {fraction:g}"
        yield Check("NPG", what, 1 - fraction, _final_factor(arrays["log_policy"][:, i]), 1e-4)
    alphas = np.array(sweep.iteration_alphas)[:, None]
    before, after = arrays["policy_iteration"][:-1], arrays["policy_iteration"][1:]
    bound = bounds.soft_policy_iteration_error(before, alphas, DISCOUNT)
    for i, alpha in enumerate(sweep.iteration_alphas):
        ratio = _largest_ratio(after[:, i], bound[:, i])
        what = f"error over its bound at alpha = {alpha:g}"
        yield Check("soft policy iteration", what, 1, ratio, 0, "at most")
    for alpha, rate in zip(sweep.iteration_alphas, value_iteration_rates(arrays), strict=True):
        what = f"final factor at alpha = {alpha:g}"
        yield Check("soft value iteration", what, DISCOUNT, rate, 1e-4)

    difference = float(np.abs(arrays["gap"] - arrays["divergence"]).max())
    yield Check("identity", "largest difference of the two sides", 0, difference, 1e-10, "at most")
    ratio = float((arrays["backed_up"] / arrays["apart"]).max())
    yield Check("contraction", "largest factor of a backup", DISCOUNT, ratio, 1e-9, "at most")
    gap_bound = bounds.soft_value_gap(path(sweep), ACTIONS, DISCOUNT)[:, None]
    for key, name in [("added", "V*_alpha - V*"), ("cost", "V* - V of the soft policy")]:
        least = float(arrays[f"least_{key}"].min())
        yield Check("two bounds", f"{name}, least", 0, least, 1e-9, "at least")
        ratio = float((arrays[key] / gap_bound).max())
        yield Check("two bounds", f"{name}, over its bound", 1, ratio, 1e-9, "at most")


def value_iteration_rates(arrays: Arrays) -> list[float]:
    """Returns the factor by which a backup shrinks the error in the end, for each temperature.

    The factor is measured between half and three quarters of the backups, as the median over
    processes. Later, the errors of some processes are rounding errors.
    """
    backups, errors = arrays["backups"], arrays["value_iteration"]
    i, j = np.searchsorted(backups, backups[-1] * np.array([0.5, 0.75]))
    factors = (errors[j] / errors[i]) ** (1 / (backups[j] - backups[i]))
    return np.median(factors, -1).tolist()


def conclude(results: list[Result]) -> Findings:
    """Returns the findings of all results."""
    bandits, processes = results
    found = bandits.rows + processes.rows
    return Findings(verdict(found, bandits.sweep, bandits.arrays), check.table(found))


def verdict(rows: list[Row], sweep: Bandits, arrays: Arrays) -> str:
    """Returns whether all theorems hold, then a sentence for each with its number of checks."""
    groups = tables.by(rows, "row")
    short = [name for name, group in groups.items() if not all(row["holds"] for row in group)]
    lines = [
        f"All {len(rows)} checks of {len(groups)} results agree with the theory."
        if not short
        else f"What was measured contradicts the theory of {', '.join(short)}."
    ]
    for name, group in groups.items():
        word = "holds" if name not in short else "FALLS SHORT"
        held = sum(row["holds"] for row in group)
        lines.append(f"{name}: {word}, {held} of {len(group)} checks.")
    return "\n".join([*lines, _best_alphas(sweep, arrays)])


def _u_shape(sweep: Bandits, arrays: Arrays) -> Iterator[Check]:
    alphas = alpha_grid(sweep).tolist()
    loss = arrays["u_shape"][sweep.iterations.index(bandits.U_SHAPE_ITERATIONS)]
    for alpha, target in bandits.U_SHAPE.items():
        measured = float(loss[alphas.index(alpha)])
        yield Check("U-shape", f"suboptimality at alpha = {alpha:g}", target, measured, 1e-4)


def _best_alphas(sweep: Bandits, arrays: Arrays) -> str:
    alphas, best = alpha_grid(sweep), arrays["u_shape"].argmin(-1)
    found = ", ".join(
        f"{loss[i]:.4f} at alpha {alphas[i]:.3g} after {iterations:,} steps"
        for iterations, loss, i in zip(sweep.iterations, arrays["u_shape"], best, strict=True)
    )
    falls = "falls" if np.all(np.diff(best) < 0) else "does not always fall"
    return f"The best alpha {falls} with the number of steps; the loss there is {found}."


def _sublinear(sweep: Bandits, arrays: Arrays) -> Iterator[Check]:
    marks = arrays["marks"]
    i = int(np.searchsorted(marks, marks[-1] / 2))
    for rewards, loss in zip(sweep.from_uniform, arrays["sublinear"], strict=True):
        slope = float(np.log(loss[-1] / loss[i]) / np.log(marks[-1] / marks[i]))
        name = bandit_name(rewards)
        yield Check("1/t", f"{name}: log-log slope", -1, slope, 0.01)
        limit = float(bounds.gradient_ascent_limit(len(rewards), STEP_SIZE))
        product = float(marks[-1] * loss[-1])
        yield Check("1/t", f"{name}: t delta_t", limit, product, 1e-3, "relative")


def _natural(sweep: Bandits, arrays: Arrays) -> Iterator[Check]:
    for eta, errors in zip(sweep.step_sizes, arrays["regularised"][0], strict=True):
        *_, before, last = errors[errors > ROUNDING]
        what = f"bandit, final factor at eta = {eta:g}"
        yield Check("NPG", what, 1 - eta, float(last / before), 1e-4)
    for name, target, errors in zip(
        ("NPG", "plain gradient"), bandits.STEPS_TO_A_THOUSANDTH, arrays["regularised"], strict=True
    ):
        steps = int((errors[sweep.step_sizes.index(bandits.KNOWN_STEP_SIZE)] >= 1e-3).sum())
        what = f"bandit, {name}: steps to an error of 1e-3 at eta = {bandits.KNOWN_STEP_SIZE:g}"
        yield Check("NPG", what, target, steps, 0)


def bandit_name(rewards: tuple[float, ...]) -> str:
    """Returns the name of a bandit in tables and figures."""
    others = rewards[1:]
    if len(others) > 2 and len(set(others)) == 1:
        return f"r = ({rewards[0]:g}, {others[0]:g} x {len(others)})"
    return f"r = ({', '.join(f'{r:g}' for r in rewards)})"


def _final_factor(errors: np.ndarray) -> float:
    """Returns the largest ratio of successive errors, [T, M], over M.

    In each process, the ratio is that of the first error that is not above 1e-8 to the last that
    is, or the ratio of the last two errors if all are above. The action values of the optimum are
    stationary. Near the optimum, a step therefore only draws the logits together, by
    1 - eta tau / (1 - gamma). With the largest step nothing is left, to first order.
    """
    last = np.minimum((errors > 1e-8).sum(0), len(errors) - 1) - 1
    each = np.arange(errors.shape[-1])
    return float((errors[last + 1, each] / errors[last, each]).max())


def _largest_ratio(error: np.ndarray, bound: np.ndarray) -> float:
    known = error > ROUNDING
    return float((error[known] / bound[known]).max())
