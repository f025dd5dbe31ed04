"""The ablation: its exact evaluation, its rows, and a small run end to end."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from experiments import exact, project
from experiments.premature_convergence import __main__ as command
from experiments.premature_convergence import analysis
from experiments.premature_convergence.runs import run_tabular, scheduled_alpha
from experiments.premature_convergence.sweep import Arguments, TabularSweep, plan
from maxent_tf.optimizers import SGD


def test_grid_evaluation_matches_simulation() -> None:
    # Oracle: 20,000 episodes in plain NumPy; tolerance of four standard errors.
    world = mx.environments.TwoGoalGrid()
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(25, 4))
    outcome = exact.evaluate_grid(world, logits, discount=0.99)
    policy = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    episodes = 20_000
    state = np.zeros(episodes, int)
    alive = np.ones(episodes, bool)
    paid = np.zeros((episodes, 200))
    for t in range(200):
        action = (rng.random(episodes)[:, None] > policy[state].cumsum(-1)[:, :-1]).sum(-1)
        reward = world.reward[state, action, 0] * alive
        state = np.where(alive, world.next_state[state, action, 0], state)
        paid[:, t] = reward
        alive &= ~world.terminal[state]
    total = paid.sum(-1)
    discounted = paid @ 0.99 ** np.arange(200)
    for value, sample in [
        (outcome.best, total == 1.0),
        (outcome.trap, total == 0.8),
        (outcome.value, discounted),
    ]:
        error = sample.std() / np.sqrt(episodes)
        np.testing.assert_allclose(value, sample.mean(), atol=4 * error)


def test_grid_evaluation_knows_the_two_direct_paths() -> None:
    # Oracle: R of the issue: down four times pays .8 gamma^3, the far goal gamma^7.
    world = mx.environments.TwoGoalGrid()
    always_down = np.full((25, 4), -1e9)
    always_down[:, 1] = 0.0
    outcome = exact.evaluate_grid(world, always_down, discount=0.99)
    np.testing.assert_allclose(outcome.value, 0.8 * 0.99**3, rtol=1e-12)
    right_then_down = always_down.copy()
    right_then_down[:4] = [-1e9, -1e9, -1e9, 0.0]
    outcome = exact.evaluate_grid(world, right_then_down, discount=0.99)
    np.testing.assert_allclose(outcome.value, 0.99**7, rtol=1e-12)
    assert (outcome.best, outcome.trap) == (1.0, 0.0)


def test_trap_evaluation_matches_sampling() -> None:
    # Oracle: a million draws; tolerance of four standard errors.
    world = mx.environments.ContinuousTrap()
    loc, scale = 0.4, 0.7
    outcome = exact.evaluate_trap(world, loc, scale)
    noise = np.random.default_rng(0).normal(size=1_000_000)
    action = np.tanh(loc + scale * noise)
    hills = zip(world.heights, world.centres, world.widths, strict=True)
    reward = sum(h * np.exp(-(((action - c) / w) ** 2) / 2) for h, c, w in hills)
    for value, sample in [
        (outcome.best, np.abs(action - 0.7) <= 0.3),
        (outcome.trap, np.abs(action + 0.2) <= 0.3),
        (outcome.value, reward),
    ]:
        np.testing.assert_allclose(value, sample.mean(), atol=4 * sample.std() / 1e3)


def test_one_schedule_holds_constant_and_annealed_temperatures() -> None:
    # Oracle: alpha, and alpha max(0, 1 - t / (0.8 T)).
    schedule = scheduled_alpha((0.1, 1.0), ("constant", "annealed"), updates=100)
    for step in (0, 40, 80, 99):
        annealed = max(0.0, 1 - step / 80)
        expected = [[[0.1], [1.0]], [[0.1 * annealed], [annealed]]]
        np.testing.assert_allclose(schedule(step), expected, atol=1e-6)


def ablated(sweep: TabularSweep) -> mx.Ablation:
    """Returns the tabular sweep as a user of `mx.ablate` would write it."""
    world = mx.environments.TwoGoalGrid()
    config = mx.learners.A2CConfig(
        network="table",
        actor_optimizer=SGD(sweep.actor_rate),
        critic_optimizer=SGD(sweep.critic_rate),
        max_grad_norm=None,
        rollout_length=1,
        discount=sweep.discount,
    )

    def outcome(learner: mx.learners.Learner, state: mx.learners.ActorCriticState) -> dict:
        states = tf.eye(world.num_states, batch_shape=learner.batch_shape)
        logits = learner.policy(state, states).logits.numpy()
        return exact.evaluate_grid(world, logits, sweep.discount)._asdict()

    return mx.ablate(
        world,
        mx.learners.A2C,
        sweep.alphas,
        sweep.seeds,
        sweep.steps,
        config=config,
        schedule=sweep.schedules,
        episodes=1,
        measure=outcome,
        seed=sweep.seed,
    )


def test_an_ablation_gives_the_numbers_of_the_tabular_sweep() -> None:
    # Oracle: the experiment's own run of the sweep, to the bit, with all of its temperatures.
    sweep = TabularSweep(seeds=4, steps=3_000)
    result, arrays = ablated(sweep), run_tabular(sweep, progress=False)
    shape = (len(sweep.schedules), len(sweep.alphas), sweep.seeds)
    for name in exact.GridOutcome._fields:
        measured = result.measured[name].reshape(shape)
        np.testing.assert_array_equal(measured, arrays[name], err_msg=name)
    entropy = result.history["entropy"].reshape(-1, *shape)
    np.testing.assert_array_equal(entropy.mean(axis=-1), arrays["curve_entropy"])
    assert len(np.unique(arrays["best"])) == arrays["best"].size


def test_rows_count_the_stuck() -> None:
    # Oracle: counting by hand.
    sweep = TabularSweep(alphas=(0.1,), schedules=("annealed",), seeds=4)
    arrays = {
        "best": np.array([[[1.0, 0.5, 0.2, 0.9]]]),
        "trap": np.array([[[0.0, 0.5, 0.6, 0.1]]]),
        "value": np.array([[[0.9, 0.8, 0.7, 0.9]]]),
        "entropy": np.ones((1, 1, 4)),
    }
    (row,) = analysis.rows(sweep, arrays)
    assert row["stuck_fraction"] == 0.5
    assert row["return_mean"] == pytest.approx(0.825)
    assert row["best_share"] == pytest.approx((1 + 0.5 + 0.25 + 0.9) / 4)
    assert row["p_trap"] == pytest.approx(0.3)


def test_the_verdict_counts_the_stuck_without_entropy_and_at_best() -> None:
    # Oracle: counting by hand: 3 of 4 are stuck without entropy, 1 of 4 with alpha 0.1.
    sweep = TabularSweep(alphas=(0.0, 0.1), schedules=("annealed",), seeds=4)
    best = np.array([[[0.0, 0.5, 0.2, 0.9], [1.0, 1.0, 0.2, 0.9]]])
    ones = np.ones((1, 2, 4))
    arrays = {"best": best, "trap": 1 - best, "value": ones, "entropy": ones}
    first, second = analysis.verdict(list(analysis.rows(sweep, arrays))).splitlines()
    assert first == (
        "Without entropy, 75% of the learners settle on what pays less; at the best temperature, "
        "25% do."
    )
    assert second == (
        "Of tabular actor-critics on the grid, 75% are stuck without entropy, and 25% are stuck "
        "at best, with annealed alpha 0.1."
    )


def test_overrides_reach_every_sweep_that_has_them() -> None:
    # Oracle: the command line itself.
    arguments = Arguments(
        env=("grid", "trap", "gymnasium"), alphas=(0.5,), seeds=2, steps=7, controls=True
    )
    sweeps = plan(arguments)
    assert len({(sweep.name, project.identity(sweep)) for sweep in sweeps}) == len(sweeps)
    for sweep in sweeps:
        assert (sweep.seeds, sweep.steps) == (2, 7)
        assert getattr(sweep, "alphas", ()) in ((0.5,), ())


def test_names_of_files_stay_what_they_are() -> None:
    # Oracle: the folders of results that earlier versions wrote.
    sweeps = plan(Arguments(env=("grid", "trap", "gymnasium"), controls=True))
    assert [sweep.name for sweep in sweeps] == [
        "grid_a2c_tabular",
        "grid_a2c",
        "grid_a2c_tabular_critic-rate-0.5",
        "grid_a2c_critic-as-fast",
        "trap_sac",
        "trap_sac_automatic",
        "trap_sac_initial-stddev-1",
        "trap_sac_broad-trap",
        "trap_sac_automatic_broad-trap",
        "gymnasium_sac_Pendulum-v1_fixed",
        "gymnasium_sac_Pendulum-v1_automatic",
        "gymnasium_a2c_CartPole-v1_fixed",
    ]


@pytest.mark.parametrize("bad", [{"seeds": 0}, {"steps": -1}, {"alphas": (-0.1,)}, {"alphas": ()}])
def test_arguments_out_of_range_are_refused(bad: dict) -> None:
    with pytest.raises(ValueError, match=r"must (be|have) at least"):
        Arguments(**bad)


def test_a_small_run_writes_summary_and_figures_and_a_second_one_loads(
    tmp_path: pathlib.Path,
) -> None:
    # Oracle: the summary's promised keys; and that the second run gives the same rows.
    arguments = Arguments(env=("grid",), alphas=(0.0, 0.3), seeds=2, steps=400, output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "premature_convergence"
    summary = json.loads((directory / "summary.json").read_text())
    assert summary["rows"] == rows
    assert [(r["algorithm"], r["alpha"], r["schedule"]) for r in rows] == [
        ("a2c_tabular", 0.0, "constant"),
        ("a2c_tabular", 0.3, "constant"),
        ("a2c_tabular", 0.0, "annealed"),
        ("a2c_tabular", 0.3, "annealed"),
        ("a2c", 0.0, "annealed"),
        ("a2c", 0.3, "annealed"),
    ]
    promised = {"part", "algorithm", "alpha", "schedule", "seeds", "steps", "stuck_fraction"}
    promised |= {"return_mean", "return_iqm", "policy_entropy"}
    for row in rows:
        assert promised <= row.keys()
        low, high = row["stuck_interval"]
        assert 0 <= low <= row["stuck_fraction"] <= high <= 1
    stored = {path: path.stat().st_mtime_ns for path in directory.glob("*/arrays.npz")}
    assert len(stored) == 2
    assert command.main(arguments)["rows"] == rows
    assert {path: path.stat().st_mtime_ns for path in stored} == stored
    for figure in ("stuck_and_return.png", "learning_curves.png", "policy_entropy.png"):
        assert (directory / figure).read_bytes().startswith(b"\x89PNG")
