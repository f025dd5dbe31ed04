"""A replay buffer that does not fit is refused before anything is allocated."""

import pathlib
import re

import pytest

from maxent_tf.replay import PrioritizedReplay, UniformReplay
from maxent_tf.replay.memory import available_memory
from maxent_tf.specs import Box, Discrete, EnvironmentSpec, Image


@pytest.mark.parametrize("replay", [UniformReplay, PrioritizedReplay])
def test_a_buffer_larger_than_the_memory_is_refused_with_its_size(replay: type) -> None:
    # Oracle: by hand, 2 (96 x 96 x 3 bytes) + 4 of the action + 4 of the reward + 3 flags.
    spec = EnvironmentSpec(Image((96, 96, 3)), Discrete(6))
    each, capacity = 2 * 96 * 96 * 3 + 4 + 4 + 3, 10**9
    size = f"{each * capacity * 4 / 2**30:,.1f} GiB"
    with pytest.raises(ValueError, match="lower replay_capacity") as error:
        replay(spec, capacity, [2, 2])
    assert str(error.value).startswith(f"replay_capacity=1,000,000,000 needs {size} for 4 learner")
    assert f"{each:,} bytes for each transition" in str(error.value)


def test_the_available_memory_is_what_the_system_says() -> None:
    # Oracle: Linux's own account: less than the whole, more than the part that nothing uses.
    account = pathlib.Path("/proc/meminfo")
    if not account.exists():
        assert available_memory() is None
        return
    pattern = r"(MemTotal|MemFree):\s+(\d+) kB"
    found = {name: int(size) * 1024 for name, size in re.findall(pattern, account.read_text())}
    available = available_memory()
    assert available is not None
    assert 0 < available < found["MemTotal"]


def test_a_buffer_that_fits_is_made() -> None:
    replay = UniformReplay(EnvironmentSpec(Box.of((3,)), Discrete(2)), 1000)
    assert int(replay.size) == 0
