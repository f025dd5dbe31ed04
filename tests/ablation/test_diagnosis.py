"""Diagnoses against histories made by hand."""

import numpy as np
import pytest

import maxent_tf as mx


def history() -> dict[str, np.ndarray]:
    """Two settings of two seeds, over three records."""
    return {
        "env_steps": np.array([10, 20, 30]),
        "entropy": np.array([[[0.6, 0.6], [0.6, 0.6]], [[0.2, 0.5], [0.6, 0.6]],
                             [[0.4, 0.1], [0.6, 0.6]]]),
        "episode_return": np.array([[[1.0, 2.0], [0.0, 0.0]], [[np.nan, 2.5], [0.0, 0.0]],
                                    [[3.0, 4.0], [5.0, 5.0]]]),
        "alpha_bound": np.array([[[0.0, -1.0], [0.5, 1.0]], [[0.0, 0.0], [1.0, 1.0]],
                                 [[0.0, 0.0], [0.0, 0.0]]]),
    }  # fmt: skip


def test_columns_are_those_of_each_setting() -> None:
    # Oracle: counting by hand. The first learner committed at step 20 with the return it was last
    # seen with, 1; the second at step 30 with 4. A mean bound of .5 is not a whole record on it.
    first, second = mx.diagnose(history(), committed_below=0.3).rows
    assert (first["alpha"], first["committed"], first["commitment_steps"]) == ("0", 1.0, 25.0)
    assert (first["return_then"], first["return_at_end"]) == (2.5, 3.5)
    assert first["at_low_bound"] == pytest.approx(1 / 6)
    assert second["committed"] == 0.0
    assert np.isnan([second["commitment_steps"], second["return_then"]]).all()
    assert second["at_high_bound"] == pytest.approx(3 / 6)


def test_the_covariance_is_that_until_commitment() -> None:
    # Oracle: counting by hand. The first learner committed at the second record, the second at the
    # third; the other two never did. Records without an update do not count.
    covariance = np.array([[[1.0, np.nan], [0.5, 0.5]], [[3.0, 5.0], [0.5, 0.5]],
                           [[100.0, 9.0], [0.5, 2.5]]])  # fmt: skip
    found = mx.diagnose({**history(), "covariance": covariance}, committed_below=0.3)
    assert found.rows[0]["covariance"] == (1 + 3 + 5 + 9) / 4
    assert found.rows[1]["covariance"] == pytest.approx((0.5 * 5 + 2.5) / 6)
    assert "covariance until commitment" in repr(found)
    plain = mx.diagnose(history(), committed_below=0.3)
    assert np.isnan(plain.rows[0]["covariance"])
    assert "covariance" not in repr(plain)


def test_one_learner_is_one_row() -> None:
    # Oracle: the first learner above.
    alone = {k: x if k == "env_steps" else x[:, 0, 0] for k, x in history().items()}
    (row,) = mx.diagnose(alone, committed_below=0.3).rows
    assert (row["commitment_steps"], row["return_then"], row["return_at_end"]) == (20.0, 1.0, 3.0)


def test_the_table_leaves_out_what_is_not_known() -> None:
    # Oracle: the cells by hand.
    lines = repr(mx.diagnose(history(), committed_below=0.3)).splitlines()
    cells = [cell.strip() for cell in lines[-1].strip("|").split("|")]
    assert cells == ["1", "0.00", "", "", "", "0.00", "0.50"]


def test_a_diagnosis_needs_entropies_and_a_threshold() -> None:
    # Oracle: the errors that the docstring promises.
    with pytest.raises(ValueError, match="committed_below must be given"):
        mx.diagnose(history())
    with pytest.raises(ValueError, match='must hold the metric "entropy"'):
        mx.diagnose({"env_steps": np.array([1])})
