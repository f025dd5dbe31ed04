"""What the bridge says where it cannot work; this needs no TF-Agents."""

import importlib
import sys
import types

import pytest
import tensorflow as tf


def load(monkeypatch: pytest.MonkeyPatch, tf_agents: types.ModuleType | None) -> None:
    """Imports the bridge afresh, with something else for TF-Agents."""
    monkeypatch.delitem(sys.modules, "maxent_tf.bridges.tf_agents", raising=False)
    monkeypatch.setitem(sys.modules, "tf_agents", tf_agents)
    importlib.import_module("maxent_tf.bridges.tf_agents")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImportError, match=r"pip install 'maxent_tf\[tf-agents\]'"):
        load(monkeypatch, None)


def test_beside_keras_3_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf.keras, "version", lambda: "3.0.0", raising=False)
    with pytest.raises(ImportError, match=r"Keras 3\.0\.0.*TF_USE_LEGACY_KERAS=1"):
        load(monkeypatch, types.ModuleType("tf_agents"))
