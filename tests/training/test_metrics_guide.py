"""The guide to the metrics lists what the learners report."""

import pathlib
import re

import maxent_tf as mx

GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "metrics.md"
FROM_THE_LOOP = {"env_steps", "episode_return", "episode_length"}


def listed(title: str) -> set[str]:
    """The names in the first column of the table under a title."""
    section = re.search(rf"^## {title}\n(.*?)(?=^## )", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert section
    rows = re.findall(r"^\| (`.*?) \|", section.group(1), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_what_every_run_reports_is_what_every_learner_measures() -> None:
    # Oracle: the learners' own names; what each of them has in common is in every run.
    learners = mx.learners
    cart_pole, pendulum = mx.environments.CartPole().spec, mx.environments.Pendulum().spec
    names = {
        kind: {*learner.metric_names}
        for kind, learner in {
            "A2C": learners.A2C(cart_pole),
            "PPO": learners.PPO(cart_pole),
            "DiscreteSAC": learners.DiscreteSAC(cart_pole),
            "SoftDQN": learners.SoftDQN(cart_pole),
            "SAC": learners.SAC(pendulum),
            "SQL": learners.SQL(pendulum),
        }.items()
    }
    assert listed("Metrics of every run") == FROM_THE_LOOP | set.intersection(*names.values())
