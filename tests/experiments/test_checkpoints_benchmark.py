"""The benchmark of checkpoints, at a small size."""

import pathlib

from experiments.benchmarks.checkpoints import Arguments, run


def test_the_bytes_are_those_of_the_files(tmp_path: pathlib.Path) -> None:
    # Oracle: the size of the contents: 2 * 17 + 6 + 1 floats and three flags for each transition,
    # and a whole checkpoint every time; of the segments, 64 KB each, two at most are new.
    timings, written = run(Arguments(capacity=20_000, added=100, rounds=2), tmp_path)
    replay = 20_000 * (41 * 4 + 3)
    learner = written["whole"][1] - replay
    assert 0 < learner < 6e6
    assert min(written["whole"]) > replay
    assert written["segments"][0] > replay
    for later in written["segments"][1:]:
        assert later < learner + 2 * 2**16 + 60_000
    assert all(timing.median > 0 for timing in timings.values())
