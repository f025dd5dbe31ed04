"""Ways to explore, on environments whose reward is far away.

Oracles: the environments one by one, closed forms, exact regrets, and numbers worked out by hand.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from experiments.deep_sea_exact.paths import path_sum
from experiments.exploration import __main__ as command
from experiments.exploration import analysis, bandits, figures, runs
from experiments.exploration.bonuses import CountsOfPlaces
from experiments.exploration.learners import make_learner
from experiments.exploration.sweep import LABELS, RULES, Arguments, BanditSweep, Sweep, plan
from experiments.exploration.worlds import (
    ARMS,
    SideBySide,
    best_return,
    episode_length,
    finite_worlds,
    soft_optimal_find,
)
from experiments.frame import Result
from experiments.reproduce.deep_sea import OPTIMISTIC
from maxent_tf.environments import FiniteWorld
from maxent_tf.exploration import SimHash
from maxent_tf.specs import Box, Discrete, EnvironmentSpec
from maxent_tf.types import Transition

SIZES = (2, 3)


def test_environments_side_by_side_are_the_environments_one_by_one() -> None:
    # Oracle: the tables of each environment, walked through by hand with the outcomes that the
    # joint environment drew; rewards of the bandit have noise.
    worlds = finite_worlds(SIZES)
    together = SideBySide(list(worlds.values()))
    state, _ = together.reset((len(worlds), 40), seed=0)
    first = np.cumsum([0, *(world.num_states for world in worlds.values())])
    generator = np.random.default_rng(0)
    ended = np.zeros([len(worlds), 40], bool)
    for t in range(30):
        action = generator.integers(2, size=[len(worlds), 40])
        before = state.index.numpy()
        state, timestep = together.step(state, tf.constant(action, tf.int32), seed=t)
        np.testing.assert_array_equal(timestep.observation, np.eye(first[-1])[state.index])
        for i, (name, world) in enumerate(worlds.items()):
            own, after = before[i] - first[i], state.index.numpy()[i] - first[i]
            outcome = world.next_state[own, action[i]] == after[:, None]
            assert (outcome & (world.probability[own, action[i]] > 0)).any(-1).all()
            if name != "bandit":
                reward = (world.reward[own, action[i]] * outcome).max(-1)
                np.testing.assert_allclose(timestep.reward[i], reward, rtol=1e-6)
            np.testing.assert_array_equal(timestep.terminated[i], world.terminal[after])
            cut = world.max_episode_steps is not None and t + 1 >= world.max_episode_steps
            np.testing.assert_array_equal(timestep.truncated[i], np.full(40, cut))
        ended |= timestep.terminated.numpy() | timestep.truncated.numpy()
    # RiverSwim goes on for 100 steps, and Chain for 28.
    assert ended.all(-1).tolist() == [True, True, True, False, True]


def test_outcomes_have_the_probabilities_of_their_environment() -> None:
    # Oracle: the table of RiverSwim, to five standard errors.
    worlds = finite_worlds(SIZES)
    together = SideBySide(list(worlds.values()))
    state, _ = together.reset((len(worlds), 20_000), seed=1)
    state, _ = together.step(state, tf.ones([len(worlds), 20_000], tf.int32), seed=2)
    river = list(worlds).index("river_swim")
    advanced = np.mean(state.index.numpy()[river] != state.index.numpy()[river].min())
    assert advanced == pytest.approx(0.6, abs=5 * np.sqrt(0.24 / 20_000))


def test_a_batch_must_count_the_environments() -> None:
    together = SideBySide(list(finite_worlds(SIZES).values()))
    with pytest.raises(ValueError, match=r"batch_shape must begin with 5, .* not be \(2, 3\)"):
        together.reset((2, 3), seed=0)
    with pytest.raises(ValueError, match="worlds must have one start each"):
        SideBySide([_two_starts()])


def _two_starts() -> FiniteWorld:
    stay = np.arange(2)[:, None, None]
    return FiniteWorld(
        next_state=stay,
        probability=np.ones_like(stay, float),
        reward=np.zeros_like(stay, float),
        terminal=[False, False],
        initial=[0.5, 0.5],
        max_episode_steps=1,
    )


def test_lengths_and_best_returns() -> None:
    # Oracle: the environments' documentation, and the value of RiverSwim's best policy, always to
    # swim right, by powers of its transition matrix.
    worlds = finite_worlds((5,))
    assert [episode_length(w) for w in worlds.values()] == [5, 28, 100, 1]
    deep, chain, river, bandit = (best_return(w) for w in worlds.values())
    assert (deep, chain, bandit) == pytest.approx((0.99, 10.0, max(ARMS)))
    swim = worlds["river_swim"]
    move = np.zeros([6, 6])
    for s in range(6):
        np.add.at(move[s], swim.next_state[s, 1], swim.probability[s, 1])
    paid = (swim.probability[:, 1] * swim.reward[:, 1]).sum(-1)
    value = sum(np.linalg.matrix_power(move, t)[0] @ paid for t in range(100))
    assert river == pytest.approx(value, rel=1e-3)


def test_the_soft_optimal_policy_finds_as_the_sum_over_paths_says() -> None:
    # Oracle: the experiment on DeepSea's exact policies, which a Bellman solver confirms.
    for size in (4, 14):
        for alpha in (0.003, 0.3):
            exact = float(path_sum(size, alpha).unaware)
            assert soft_optimal_find(size, alpha) == pytest.approx(exact, rel=1e-12)


def test_optimism_needs_as_many_episodes_side_by_side_as_alone() -> None:
    # Oracle: the median over 30 seeds of an independent program on DeepSea alone, 132 episodes,
    # within the tolerance of experiments.reproduce.
    size = 10
    sweep = Sweep(
        world="finite",
        method="optimistic",
        settings=(0.1,),
        steps=300 * size,
        sizes=(3, size),
        records=60,
        seeds=30,
    )
    row = next(r for r in analysis.rows(sweep, runs.run(sweep)) if r.get("size") == size)
    assert (row["solved"], row["limit"]) == (30, 300)
    assert row["median"] == pytest.approx(OPTIMISTIC[size], rel=0.2)


def test_deep_sea_is_solved_once_fewer_than_nine_in_ten_were_bad() -> None:
    # Oracle: counting by hand. The first learner's episodes 10 and 11 of 30 are good: after 10
    # episodes 9 were bad, which is not fewer than 9, and after 11 also 9, fewer than 9.9. Records
    # of 2 episodes see that after 12. The second learner is never good, and the third always is.
    good = np.zeros([30, 3])
    good[9:11, 0] = good[:, 2] = 1
    returns = np.where(good, 0.99, -0.006)
    np.testing.assert_array_equal(
        analysis.episodes_to_solve(returns, np.arange(1, 31)), [11, np.inf, 1]
    )
    pairs = returns.reshape(15, 2, 3).mean(1)
    np.testing.assert_array_equal(
        analysis.episodes_to_solve(pairs, np.arange(2, 32, 2)), [12, np.inf, 2]
    )
    # A record without an episode changes nothing.
    sparse = np.insert(pairs, 0, np.nan, axis=0)
    np.testing.assert_array_equal(
        analysis.episodes_to_solve(sparse, np.arange(0, 32, 2)), [12, np.inf, 2]
    )


def test_rules_lose_what_their_theory_says() -> None:
    # Oracle: UCB1's bound, 8 ln T / gap + (1 + pi^2 / 3) gap; epsilon-greedy loses at least
    # epsilon gap / 2 a draw; and nobody loses more than the gap a draw.
    sweep = BanditSweep(steps=1000, records=4, seeds=10)
    arrays = bandits.run(sweep)
    assert arrays["steps"].tolist() == [250, 500, 750, 1000]
    assert (np.diff(arrays["regret"], axis=0) >= 0).all()
    regret = dict(zip(RULES, arrays["regret"][-1], strict=True))
    gap = max(ARMS) - min(ARMS)
    assert regret["ucb1"].mean() < 8 * np.log(1000) / gap + (1 + np.pi**2 / 3) * gap
    draws = 1000 * 0.1 / 2  # by chance, of the worse arm
    assert regret["epsilon_greedy"].mean() > (draws - 5 * np.sqrt(draws / 10)) * gap
    assert all(x.max() <= 1000 * gap for x in regret.values())
    assert regret["thompson"].mean() < regret["ucb1"].mean()


def _row(world: str, method: str, setting: float, score: float, **more: object) -> dict:
    base = {"solved": 2, "seeds": 4, "median": 100.0, "limit": 500, "score_interval": [0, 1]}
    return {**base, "world": world, "method": method, "setting": setting, "score": score, **more}


def test_the_best_setting_is_one_for_all_sizes() -> None:
    # Oracle: by hand. Setting 0.3 is best at N = 6 alone, and 0.1 over both sizes; of equal scores,
    # the fewer episodes decide.
    deep = [
        _row("deep_sea", "entropy", 0.1, 1.0, size=4, median=50.0),
        _row("deep_sea", "entropy", 0.1, 0.5, size=6),
        _row("deep_sea", "entropy", 0.3, 0.5, size=4),
        _row("deep_sea", "entropy", 0.3, 0.75, size=6),
        _row("deep_sea", "optimistic", 0.1, 1.0, size=4, median=30.0),
        _row("deep_sea", "optimistic", 0.2, 1.0, size=4, median=20.0),
        _row("deep_sea", "optimistic", 0.3, 1.0, size=4, median=None),
    ]
    chain = [_row("chain", "entropy", x, y) for x, y in ((0.1, 0.2), (0.3, 0.4))]
    kept = analysis.best_settings(deep + chain)
    assert [(r["world"], r["method"], r["setting"]) for r in kept] == [
        ("deep_sea", "entropy", 0.1),
        ("deep_sea", "entropy", 0.1),
        ("deep_sea", "optimistic", 0.2),
        ("chain", "entropy", 0.3),
    ]
    # N = 6 was not tried by both.
    expected = {
        ("entropy", "deep_sea"): 1,
        ("optimistic", "deep_sea"): 1,
        ("entropy", "chain"): 0.4,
    }
    assert analysis.scores(kept) == pytest.approx(expected)
    missed = _row("deep_sea", "entropy", 0.1, 0.0, size=8, median=None, solved=1)
    first, second, third = analysis.verdict([*kept, missed]).splitlines()
    assert first.endswith("most learners solve DeepSea up to N = 6, and not N = 8.")
    assert second.endswith("solve DeepSea up to N = 4, the largest tried.")
    assert third == ("Chain: most learners reach half of the best return by: A2C, entropy bonus.")


def test_rows_hold_what_the_arrays_do() -> None:
    # Oracle: by hand. The bandit pays 0.6 on average in 40 of 50 draws and 0.7 in 10: the regret is
    # 40 x 0.1 = 4, of 5 by uniform draws. The car arrives in a quarter of the episodes.
    sweep = Sweep(
        world="finite", method="entropy", settings=(0.1,), steps=50, sizes=(2,), seeds=1, records=5
    )
    returns = np.zeros([5, 4, 1, 1])
    returns[:, 0], returns[:, 3] = 0.99, 0.6
    returns[4, 3] = 0.7
    steps = np.arange(10, 60, 10)
    deep, chain, river, bandit = analysis.rows(sweep, {"steps": steps, "return": returns})
    assert (deep["world"], deep["size"], deep["median"], deep["limit"]) == ("deep_sea", 2, 5, 25)
    assert (chain["world"], chain["score"], chain["median"]) == ("chain", 0, None)
    assert river["world"] == "river_swim"
    assert (bandit["regret"], bandit["score"]) == pytest.approx((4, 1 - 4 / 5))
    car = Sweep(world="mountain_car", method="rnd", settings=(0.1, 1.0), steps=40, seeds=2)
    returns = np.zeros([4, 1, 2, 2])
    returns[-1, 0, 1] = 1.0
    first, second = analysis.rows(car, {"steps": steps[:4], "return": returns})
    assert (first["setting"], first["score"]) == (0.1, 0)
    assert (second["setting"], second["score"], second["last_return"]) == (1.0, 0.25, 1.0)
    assert second["solved"] == 0  # a quarter of the last records


def test_plan_knows_every_method_and_its_environments() -> None:
    # Oracle: the methods by name; only optimistic values need a table.
    sweeps = [s for s in plan(Arguments()) if isinstance(s, Sweep)]
    assert {s.method for s in sweeps} == set(LABELS)
    for world in ("mountain_car", "door_key"):
        assert {s.method for s in sweeps if s.world == world} == set(LABELS) - {"optimistic"}
    assert len({s.name for s in sweeps}) == len(sweeps)
    with pytest.raises(ValueError, match="--sizes must be at least 2, not"):
        Arguments(sizes=(1,))
    with pytest.raises(ValueError, match=r"optimistic needs a table.*add finite to --env"):
        Arguments(env=("door_key",), methods=("optimistic",))


def test_learners_of_the_plan_have_the_settings_of_their_sweep() -> None:
    # Oracle: the sweep itself.
    found = {
        "entropy": lambda learner: learner.config.alpha,
        "boltzmann": lambda learner: learner.config.alpha,
        "epsilon_greedy": lambda learner: learner.config.behaviour.epsilon,
        "noisy": lambda learner: learner.config.noisy.sigma0,
        "bootstrapped": lambda learner: learner.config.prior_scale,
        # DeepSea comes first, whose best return is 0.99.
        "optimistic": lambda learner: learner.config.bonus[0] / 0.99,
    }
    for sweep in plan(Arguments(sizes=(3,))):
        if isinstance(sweep, Sweep):
            learner = make_learner(sweep, runs.make_world(sweep))
            number = 4 if sweep.world == "finite" else 1
            assert learner.batch_shape == (number, len(sweep.settings), sweep.seeds)
            setting = found.get(sweep.method, lambda learner: learner.config["scale"])(learner)
            np.testing.assert_allclose(np.ravel(setting), sweep.settings, rtol=1e-6)


def test_counts_are_of_places_where_simhash_has_directions() -> None:
    # Oracle: by hand. The far place lies in the direction of the near one, and was never reached;
    # of 32 random lines, at least one goes between them.
    spec = EnvironmentSpec(Box.of((2,)), Discrete(3))
    near, far = [0.1, 0.1], [4.0, 4.0]

    def reached(*places: list[float]) -> Transition:
        at, flags = tf.constant([places]), tf.ones([1, len(places)], tf.bool)
        zeros = tf.zeros([1, len(places)])
        return Transition(at, tf.cast(zeros, tf.int32), zeros, at, ~flags, ~flags, flags)

    for bonus, of_far in ((CountsOfPlaces(spec), 1.0), (SimHash(spec), 0.5)):
        for seed in range(5):
            state = bonus.observe(bonus.init(seed, [1]), reached(near, near, near, near))
            found = bonus.reward(state, reached(near, far))
            np.testing.assert_allclose(found, [[0.5, of_far]], rtol=1e-6)


@pytest.mark.parametrize("world", ["mountain_car", "door_key"])
def test_counts_where_there_is_no_table_count_every_step(world: str) -> None:
    # Oracle: the number of steps. After 128 random ones, each eight of DQN make one update.
    sweep = Sweep(
        world=world,  # type: ignore[arg-type]
        method="dqn_counts",
        settings=(0.1, 0.5),
        steps=200,
        num_envs=8,
        seeds=1,
    )
    env = runs.make_world(sweep)
    result = mx.train(
        make_learner(sweep, env), env, 200, num_envs=8, records=1, normalize_observation=True
    )
    inside = result.state.learner
    # There are two tables, in each of which every step counts once.
    np.testing.assert_array_equal(tf.reduce_sum(inside.bonus.count, -1), np.full([1, 2, 1, 2], 200))
    assert int(inside.learner.updates) == (200 - 128) // 8


def test_the_legend_of_the_curves_names_every_method_once() -> None:
    # Oracle: the names of the methods. No environment has both, and one row of panels has one.
    results = []
    for world, method in (("mountain_car", "noisy"), ("door_key", "icm")):
        sweep = Sweep(world=world, method=method, settings=(0.1,), steps=40, seeds=2)  # type: ignore[arg-type]
        arrays = {"steps": np.arange(10, 50, 10), "return": np.full([4, 1, 1, 2], 0.5)}
        results.append(Result(sweep, arrays, list(analysis.rows(sweep, arrays))))
    (legend,) = figures.draw(results)["learning_curves.png"].legends
    named = sorted(text.get_text() for text in legend.get_texts())
    assert named == sorted([LABELS["noisy"], LABELS["icm"]])


def test_the_command_writes_summary_and_figures(tmp_path: pathlib.Path) -> None:
    # Oracle: the second run gives the rows of the first and trains nothing.
    arguments = Arguments(quick=True, methods=("optimistic",), output=tmp_path)
    rows = command.main(arguments)["rows"]
    directory = tmp_path / "exploration"
    summary = json.loads((directory / "summary.json").read_text())
    assert summary["rows"] == rows
    assert {row["world"] for row in rows} == {"rules", "deep_sea", "chain", "river_swim", "bandit"}
    assert {path.name for path in directory.glob("*.png")} == {"deep_sea.png", "scores.png"}
    stored = {p: p.stat().st_mtime_ns for p in directory.glob("*/arrays.npz")}
    assert len(stored) == 2
    assert command.main(arguments)["rows"] == rows
    assert {p: p.stat().st_mtime_ns for p in stored} == stored
