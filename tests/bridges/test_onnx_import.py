"""What the bridge to ONNX says where ONNX is missing; this needs no ONNX."""

import importlib
import sys

import pytest


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    # Oracle: the extra of setup.cfg.
    monkeypatch.delitem(sys.modules, "maxent_tf.bridges.onnx", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'maxent_tf\[onnx\]'"):
        importlib.import_module("maxent_tf.bridges.onnx")
