"""The results of ablations: tables, comparisons and folders, against statistics by hand."""

import pathlib
from typing import Any

import numpy as np
import pytest

import maxent_tf as mx
from maxent_tf import statistics


@pytest.fixture(scope="module")
def result() -> mx.Ablation:
    world = mx.environments.Chain(3)
    config = mx.learners.A2CConfig(network="table", actor_optimizer=mx.optimizers.SGD(0.5))
    alphas = [0, 0.3]
    arguments: dict[str, Any] = {"config": config, "stuck_below": 5, "chunk": 2}
    return mx.ablate(
        world, mx.learners.A2C, alphas, 3, 100, records=4, compile="graph", **arguments
    )


def test_rows_hold_the_statistics_of_each_setting(result: mx.Ablation) -> None:
    # Oracle: the statistics of the arrays, and loops.
    rows = result.rows()
    assert [row["alpha"] for row in rows] == ["0", "0.3"]
    for i, row in enumerate(rows):
        scores = result.returns[i].mean(axis=-1)
        count = sum(score < 5 for score in scores)
        assert row["return_iqm"] == statistics.interquartile_mean(scores)
        assert (row["return_low"], row["return_high"]) == statistics.bootstrap_interval(scores)
        assert row["stuck_fraction"] == count / 3
        assert (row["stuck_low"], row["stuck_high"]) == statistics.wilson_interval(count, 3)
        np.testing.assert_allclose(row["policy_entropy"], result.history["entropy"][-1, i].mean())
        reached = []
        for seed in range(3):
            returns = result.history["episode_return"][:, i, seed]
            steps = [n for n, x in zip(result.history["env_steps"], returns, strict=True) if x >= 5]
            reached.append(min(steps, default=np.inf))
        assert row["steps_to_level"] == np.median(reached)


def test_the_printed_table_has_a_line_for_each_setting(result: mx.Ablation) -> None:
    # Oracle: the rows.
    title, _, header, _, *lines = repr(result).splitlines()
    assert title == "A2C on Chain, 100 steps, 3 seeds"
    names = [cell.strip() for cell in header.strip("|").split("|")]
    assert names == [
        "alpha",
        "return [95% interval]",
        "stuck [95% interval]",
        "entropy (nats)",
        "steps to 5",
    ]
    for line, row in zip(lines, result.rows(), strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[0] == row["alpha"]
        assert cells[1].startswith(f"{row['return_iqm']:.4g} [")


def test_settings_are_compared_by_label_or_number(result: mx.Ablation) -> None:
    # Oracle: the statistics of the mean returns.
    first, second = result.returns.mean(axis=-1)
    comparison = result.compare("0", 0.3)
    assert comparison.improvement == statistics.probability_of_improvement(first, second)
    assert comparison.difference == statistics.bootstrap_difference(first, second)
    with pytest.raises(ValueError, match="label must be one of"):
        result.compare("0", "auto")


def test_a_saved_ablation_loads_as_it_was(result: mx.Ablation, tmp_path: pathlib.Path) -> None:
    # Oracle: the ablation itself.
    result.save(tmp_path / "a")
    loaded = mx.Ablation.load(tmp_path / "a")
    assert repr(loaded) == repr(result)
    assert loaded.settings == result.settings
    assert loaded.configuration == result.configuration
    np.testing.assert_array_equal(loaded.stuck, result.stuck)
    for name, values in result.history.items():
        np.testing.assert_array_equal(loaded.history[name], values)
    with pytest.raises(ValueError, match="holds something else"):
        result.save(tmp_path / "a")
    with pytest.raises(ValueError, match="holds no ablation"):
        mx.Ablation.load(tmp_path)


def test_the_figure_shows_every_setting(result: mx.Ablation, tmp_path: pathlib.Path) -> None:
    # Oracle: the statistics that the lines are made of.
    pytest.importorskip("matplotlib")
    figure = result.plot(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    upper, final, entropy, stuck = figure.axes
    assert [line.get_label() for line in entropy.get_lines()] == ["0", "0.3"]
    for i, line in enumerate(entropy.get_lines()):
        values = result.history["entropy"][:, i]
        expected = statistics.sample_efficiency_curve(values).value
        np.testing.assert_array_equal(line.get_ydata(), expected)
    assert len(upper.get_lines()) == 2
    assert final.get_title() == "Final return"
    assert stuck.get_title() == "Stuck learners"
