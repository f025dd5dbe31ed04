"""The command `ablate` is a call of `mx.ablate`."""

import pathlib

import numpy as np
import pytest

import maxent_tf as mx
from maxent_tf.cli import main


def test_an_ablation_is_a_call_of_ablate(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Oracle: the same ablation by Python, to the bit. --quick lowers the seeds to 2 and the
    # episodes to 2; --steps and --records are lower already.
    run = tmp_path / "ablation"
    args = ["ablate", "a2c", "CartPole-v1", "--alphas", "0", "0.1", "--steps", "40", "--quick"]
    args += ["--hidden-sizes", "4", "--stuck-below", "9.5", "--records", "2", "--run", str(run)]
    main(args)
    printed = capsys.readouterr().out
    config = mx.learners.A2CConfig(hidden_sizes=(4,))
    ours = mx.Ablation.load(run)
    theirs = mx.ablate(
        *("CartPole-v1", mx.learners.A2C, [0.0, 0.1], 2, 40),
        config=config,
        stuck_below=9.5,
        episodes=2,
        records=2,
    )
    assert np.array_equal(ours.returns, theirs.returns)
    assert np.array_equal(ours.history["entropy"], theirs.history["entropy"])
    assert printed.startswith(repr(theirs))
    assert (run / "ablation.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="holds another ablation"):
        main([*args, "--seed", "1"])
