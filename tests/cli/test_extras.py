"""The extras are those of setup.cfg, and their absence is told with the remedy."""

import configparser
import pathlib
import re

import pytest

from maxent_tf.cli.extras import EXTRAS, missing, require

SETUP = pathlib.Path(__file__).parents[2] / "setup.cfg"
MODULES = {"ai-edge-litert": "ai_edge_litert", "pyyaml": "yaml", "tf-agents": "tf_agents"}
# What extras of Gymnasium bring.
EXTRAS_OF_GYMNASIUM = {"video": {"pygame"}, "box2d": {"Box2D"}, "mujoco": {"mujoco"}}
# Packages that another extra or the package itself brings.
BROUGHT = {"tomli", "tensorflow", "gymnasium"}


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_modules_are_those_of_the_extra(extra: str) -> None:
    # Oracle: setup.cfg.
    parser = configparser.ConfigParser()
    parser.read(SETUP)
    lines = parser["options.extras_require"][extra].split("\n")
    names = {re.split(r"[\[<>=~;]", line)[0] for line in lines if line and line[0] != "#"}
    modules = {MODULES.get(name, name) for name in names - BROUGHT}
    assert set(EXTRAS[extra]) == modules | EXTRAS_OF_GYMNASIUM.get(extra, set())


def test_a_missing_module_names_the_command_that_installs_it() -> None:
    with pytest.raises(ImportError, match=r"absent_module.*pip install 'maxent_tf\[video\]'"):
        require("absent_module", "video")


def test_only_what_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "some", ("json", "absent_module"))
    assert missing("some") == ["absent_module"]
