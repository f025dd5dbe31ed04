"""One run folder, from its training to its film."""

import json
import pathlib
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import pytest
import tensorflow as tf

import maxent_tf as mx
from maxent_tf.cli import curves, main
from maxent_tf.learners import A2C, A2CConfig

STEPS, SEEDS = 60, 2
ARGS = [
    *("train", "a2c", "CartPole-v1", "--steps", str(STEPS), "--seeds", str(SEEDS)),
    *("--hidden-sizes", "4", "--records", "4", "--eval-every", "30", "--eval-episodes", "2"),
]


class Session(NamedTuple):
    """A run, and the same training by Python."""

    run: pathlib.Path
    learner: A2C
    result: Any


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    run = tmp_path_factory.mktemp("runs") / "one"
    main([*ARGS, "--run", str(run)])
    spec = mx.gymnasium_spec("CartPole-v1")
    learner = A2C(spec, A2CConfig(hidden_sizes=(4,)), batch_shape=[SEEDS])
    result = mx.train(
        learner, "CartPole-v1", STEPS, seed=0, records=4, eval_every=30, eval_episodes=2
    )
    return Session(run, learner, result)


def test_a_run_is_a_call_of_train(session: Session) -> None:
    # Oracle: the training by Python, to the bit.
    loaded = mx.training.load(session.learner, session.run / "checkpoints")
    for ours, theirs in zip(
        tf.nest.flatten((loaded.state, loaded.best_state)),
        tf.nest.flatten((session.result.state, session.result.best_state)),
        strict=True,
    ):
        assert np.array_equal(ours, theirs)
    read = curves.read(session.run)
    for name, history in session.result.history.items():
        if name != "env_steps":
            some = np.isfinite(history).any(axis=-1)
            np.testing.assert_array_equal(np.float32(read[name].values), history[some])
            steps = session.result.history["env_steps"][some]
            np.testing.assert_array_equal(read[name].steps, steps)


def test_the_stored_settings_train_the_same_again(session: Session, tmp_path: pathlib.Path) -> None:
    # Oracle: the learning curves of the run, to the last digit.
    config = str(session.run / "config.toml")
    again = tmp_path / "again"
    main(["train", "a2c", "CartPole-v1", "--config", config, "--run", str(again)])
    for name in ("metrics.csv", "config.toml", "evaluation.json"):
        assert (again / name).read_text() == (session.run / name).read_text()


def test_a_folder_that_holds_a_run_is_refused(session: Session) -> None:
    before = (session.run / "metrics.csv").read_bytes()
    with pytest.raises(ValueError, match="is not empty, and nothing is overwritten"):
        main([*ARGS, "--run", str(session.run)])
    assert (session.run / "metrics.csv").read_bytes() == before


def test_the_provenance_says_what_was_run(session: Session) -> None:
    # Oracle: the arguments.
    (told,) = json.loads((session.run / "provenance.json").read_text())
    assert told["command"].startswith("python -m maxent_tf train a2c CartPole-v1 --steps 60")
    assert told["env_steps"] == STEPS
    assert told["versions"]["tensorflow"] == tf.__version__


def test_the_evaluation_is_that_of_the_best_states(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: `evaluate` by Python, with the same seeds.
    capsys.readouterr()
    main(["evaluate", str(session.run), "--episodes", "3", "--seed", "5"])
    printed = capsys.readouterr().out
    for greedy in (True, False):
        returns = mx.evaluate(
            session.learner, session.result.best_state, "CartPole-v1", 3, 5, greedy=greedy
        ).returns
        for each in returns:
            assert f"{each.mean():.4g} ± {each.std():.3g}" in printed
    stored = json.loads((session.run / "evaluation.json").read_text())
    own = mx.evaluate(session.learner, session.result.best_state, "CartPole-v1", 20, 1).returns
    np.testing.assert_allclose(stored["greedy"], own.mean(axis=-1))
    assert stored["policy_of_learner"] == np.argmax(own.mean(axis=-1))


def test_the_policy_is_that_of_the_best_learner(session: Session) -> None:
    # Oracle: the greedy actions of this learner, whose index is in the evaluation.
    env = gymnasium.make("CartPole-v1")
    policy = mx.policies.load(session.run / "policy", env)
    seen = np.random.default_rng(0).uniform(-1, 1, (50, 4)).astype(np.float32)
    chosen = json.loads((session.run / "evaluation.json").read_text())["policy_of_learner"]
    each = np.broadcast_to(seen, (SEEDS, 50, 4))
    acted = session.learner.act(
        session.result.best_state, (), tf.constant(each), seed=0, explore=False
    )
    np.testing.assert_array_equal(policy(seen), acted.action[chosen])


@pytest.mark.parametrize("learner", ["0", "1"])
def test_an_export_acts_as_its_learner(
    session: Session, tmp_path: pathlib.Path, learner: str
) -> None:
    # Oracle: the greedy actions of the learner.
    out = tmp_path / "exported"
    main(["export", str(session.run), "--learner", learner, "--output", str(out)])
    seen = tf.random.stateless_uniform([SEEDS, 50, 4], [0, 1], -1, 1)
    acted = session.learner.act(session.result.best_state, (), seen, seed=0, explore=False)
    program = tf.saved_model.load(str(out)).signatures["deterministic"]
    action = program(observation=seen[int(learner)])["action"]
    np.testing.assert_array_equal(action, acted.action[int(learner)])


def test_exports_of_other_formats(session: Session, tmp_path: pathlib.Path) -> None:
    # Oracle: the identifier that a file of TensorFlow Lite has; the bridges' own tests run it.
    main(["export", str(session.run), "--format", "tflite"])
    assert (session.run / "policy.tflite").read_bytes()[4:8] == b"TFL3"
    with pytest.raises(ValueError, match=r"--learner must be in 0 \.\. 1 for this run, not 2"):
        main(["export", str(session.run), "--learner", "2"])
    onnx = pytest.importorskip("onnx")
    main(["export", str(session.run), "--format", "onnx"])
    onnx.checker.check_model(onnx.load(session.run / "policy.onnx"))


def test_curves_are_drawn(session: Session, tmp_path: pathlib.Path) -> None:
    # Oracle: the lines of the figure, against medians of the history.
    from maxent_tf.cli.plot import draw

    main(["plot", str(session.run)])
    assert (session.run / "curves.png").read_bytes().startswith(b"\x89PNG")
    panel = draw({session.run: curves.read(session.run)}, ["entropy"]).axes[0]
    entropy = session.result.history["entropy"]
    np.testing.assert_allclose(panel.lines[0].get_ydata(), np.median(entropy, axis=-1), rtol=1e-6)
    with pytest.raises(ValueError, match="--metrics has 'q'"):
        main(["plot", str(session.run), "--metrics", "q"])


def test_a_run_compared_with_itself(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: symmetry: no difference, and an even chance.
    capsys.readouterr()
    main(["compare", str(session.run), str(session.run)])
    printed = capsys.readouterr().out
    assert "difference of the IQMs, second over first: 0 " in printed
    assert "probability of improvement, second over first: 0.5 " in printed


def test_a_film_shows_an_episode(session: Session, tmp_path: pathlib.Path) -> None:
    # Oracle: the steps of the episode, which have a frame each; the first state may have one, too.
    pytest.importorskip("moviepy")
    pytest.importorskip("pygame")
    ffmpeg = pytest.importorskip("imageio_ffmpeg")  # which moviepy brings
    main(["record", str(session.run), "--seed", "3", "--output", str(tmp_path / "films")])
    (film,) = (tmp_path / "films").glob("*.mp4")
    env = gymnasium.make("CartPole-v1")
    policy = mx.policies.load(session.run / "policy", env)
    observation, _ = env.reset(seed=3)
    steps, done = 0, False
    while not done:
        observation, _, terminated, truncated, _ = env.step(policy(observation))
        steps, done = steps + 1, terminated or truncated
    frames, _ = ffmpeg.count_frames_and_secs(film)
    assert frames in (steps, steps + 1)


def test_information_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    # Oracle: TensorFlow itself.
    main(["info"])
    printed = capsys.readouterr().out
    assert f"tensorflow              {tf.__version__}" in printed
    assert "CPU:0" in printed
