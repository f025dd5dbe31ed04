"""The contents of replay buffers in files that checkpoints share, so that each stores what is new.

Between two checkpoints, a run changes a small part of a large replay buffer. So the buffer is
divided into segments of rows. The file of a segment is named by the SHA-256 digest of its content,
and no content is written twice: neither a segment that did not change, nor the many equal segments
of a buffer that is not full yet. The name is also the checksum of the content.

A ring knows where it has been written to since the last checkpoint. The other segments of its
transitions are not even read. Priorities, links and counters are always read: they change anywhere.
"""

from __future__ import annotations

import hashlib
import json
import math
import pathlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from maxent_tf.replay.ring import Progress, Ring
from maxent_tf.training.updates import Replay

# A checkpoint writes what changed and, at most, the rest of the segments at both ends of it: these
# are to be small beside the buffer, and few enough for a directory.
_MOST_SEGMENTS = 128
_LEAST_BYTES = 2**16
_DRAFT = "draft"


class Segments:
    """The files that hold the contents of replay buffers.

    Args:
      directory: The directory of the files. It is made at the first `write`.
      buffers: The replay buffers.
    """

    def __init__(self, directory: str | pathlib.Path, buffers: Sequence[Replay]):
        self._directory = pathlib.Path(directory)
        self._variables = [variable for buffer in buffers for variable in buffer.variables]
        # Only the rows of transitions are so many that their unchanged segments must not be read.
        rows = [_Group.of(buffer.ring.rows, buffer.ring) for buffer in buffers]
        taken = {id(variable) for group in rows for variable in group.variables}
        others = [variable for variable in self._variables if id(variable) not in taken]
        self._groups = [*rows, *_grouped(others)]
        # Of each group: its files, and how far its ring was filled when they were written.
        self._last: list[tuple[list[str], Progress] | None] = [None] * len(self._groups)
        # The files that this object wrote or read whole. Another file of the same name may be what
        # was left when the machine lost its power.
        self._sound: set[str] = set()

    def write(self) -> bytes:
        """Writes the segments of which there is no file yet.

        Returns:
          A manifest, which lists the files that hold the present contents of the buffers.

        Raises:
          OSError: If a file cannot be written.
        """
        if self._groups:
            self._directory.mkdir(parents=True, exist_ok=True)
        groups = []
        for k, group in enumerate(self._groups):
            names = self._unchanged(k)
            for number, rows in enumerate(group.segments()):
                if names[number] is None:
                    names[number] = self._write(_content(group, rows))
            self._remember(k, names)
            groups.append({"rows": group.rows_per_segment, "files": names})
        return json.dumps({"variables": _forms(self._variables), "groups": groups}).encode()

    def read(self, manifest: bytes) -> None:
        """Overwrites the variables of the buffers with the contents that a manifest lists.

        Raises:
          OSError: If a file cannot be read.
          ValueError: If the content of a file is not what it was, or if the manifest is of buffers
            of other sizes.
        """
        stored = json.loads(manifest)
        forms = _forms(self._variables)
        if stored["variables"] != forms:
            raise ValueError(f"the replay buffer held {stored['variables']} and now holds {forms}")
        pairs = [*zip(self._groups, stored["groups"], strict=True)]
        for group, listed in pairs:
            group = group._replace(rows_per_segment=listed["rows"])
            for rows, name in zip(group.segments(), listed["files"], strict=True):
                _assign(group, rows, _checked(self._directory, name))
        self._sound |= _listed(manifest)
        for k, (group, listed) in enumerate(pairs):
            if listed["rows"] == group.rows_per_segment:
                self._remember(k, listed["files"])

    def delete_all_but(self, manifests: Iterable[bytes]) -> None:
        """Deletes the files that none of the manifests lists, and what was begun and not finished.

        Files whose names are not those of segments stay.
        """
        needed: set[str] = set().union(*map(_listed, manifests))
        self._sound &= needed
        if self._directory.is_dir():
            for path in self._directory.iterdir():
                is_own = path.name == _DRAFT or re.fullmatch("[0-9a-f]{64}", path.name)
                if is_own and path.name not in needed:
                    path.unlink()

    def _remember(self, k: int, names: list[str]) -> None:
        ring = self._groups[k].ring
        if ring is not None:
            self._last[k] = names, ring.progress

    def _unchanged(self, k: int) -> list[Any]:
        """Returns the files of a group's segments that are as they were; None for the others."""
        group, last = self._groups[k], self._last[k]
        unknown = [None for _ in group.segments()]
        if group.ring is None or last is None:
            return unknown
        names, progress = last
        rows = group.ring.rows_since(progress)
        if rows is None:
            return unknown
        changed = {*np.unique(rows // group.rows_per_segment).tolist()}
        return [
            name if number not in changed and self._is_there(name) else None
            for number, name in enumerate(names)
        ]

    def _is_there(self, name: str) -> bool:
        return name in self._sound and (self._directory / name).exists()

    def _write(self, content: Sequence[memoryview]) -> str:
        """Returns the name of the file that holds a content, and writes it if there is none."""
        digest = hashlib.sha256()
        for part in content:
            digest.update(part)
        name = digest.hexdigest()
        if not self._is_there(name):
            draft = self._directory / _DRAFT
            draft.write_bytes(b"".join(content))
            draft.replace(self._directory / name)
            self._sound.add(name)
        return name


def check(directory: str | pathlib.Path, manifest: bytes) -> None:
    """Raises OSError or ValueError unless all files that a manifest lists are whole."""
    for name in _listed(manifest):
        _checked(pathlib.Path(directory), name)


class _Group(NamedTuple):
    """Variables of equally many rows, whose rows of the same numbers are stored together.

    Attributes:
      variables: The variables.
      ring: The ring whose transitions the rows are, if they are.
      num_rows: The length of the first axis; 1 of scalars.
      rows_per_segment: The number of rows in a segment.
    """

    variables: Sequence[tf.Variable]
    ring: Ring | None
    num_rows: int
    rows_per_segment: int

    @classmethod
    def of(cls, variables: Sequence[tf.Variable], ring: Ring | None = None) -> _Group:
        """Returns a group with segments of a suitable size."""
        num_rows = _num_rows(variables[0])
        row_bytes = sum(x.shape.num_elements() * x.dtype.size for x in variables) / num_rows
        rows = max(num_rows / _MOST_SEGMENTS, _LEAST_BYTES / row_bytes, 1)
        return cls(variables, ring, num_rows, math.ceil(rows))

    def segments(self) -> Iterator[range]:
        """Yields the rows of each segment."""
        for start in range(0, self.num_rows, self.rows_per_segment):
            yield range(start, min(start + self.rows_per_segment, self.num_rows))


def _num_rows(variable: tf.Variable) -> int:
    return variable.shape[0] if variable.shape.rank else 1


def _grouped(variables: Sequence[tf.Variable]) -> list[_Group]:
    """Divides variables by their numbers of rows."""
    by_rows: dict[int, list[tf.Variable]] = {}
    for variable in variables:
        by_rows.setdefault(_num_rows(variable), []).append(variable)
    return [_Group.of(members) for members in by_rows.values()]


def _content(group: _Group, rows: range) -> list[memoryview]:
    """Returns the bytes of rows of a group, one variable after the other."""
    # A gather: to read a slice, TensorFlow would first copy the whole variable.
    index = tf.range(rows.start, rows.stop, dtype=tf.int64)
    values = ((tf.gather(x, index) if x.shape.rank else x).numpy() for x in group.variables)
    return [np.reshape(x, -1).view(np.uint8).data for x in values]


def _assign(group: _Group, rows: range, content: bytes) -> None:
    """Overwrites rows of all variables of a group with their content."""
    index, start = tf.range(rows.start, rows.stop, dtype=tf.int64), 0
    for variable in group.variables:
        dtype, row_shape = np.dtype(variable.dtype.as_numpy_dtype), variable.shape[1:]
        count = len(rows) * row_shape.num_elements()
        values = np.frombuffer(content, dtype, count, start)
        start += values.nbytes
        if variable.shape.rank:
            values = values.reshape(len(rows), *row_shape)
            variable.scatter_update(tf.IndexedSlices(tf.constant(values), index))
        else:
            variable.assign(values[0])


def _checked(directory: pathlib.Path, name: str) -> bytes:
    """Returns the content of a file if it is the one that the file is named by."""
    content = (directory / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != name:
        raise ValueError(f"{directory / name} is damaged")
    return content


def _forms(variables: Sequence[tf.Variable]) -> list[Any]:
    return [[x.dtype.name, x.shape.as_list()] for x in variables]


def _listed(manifest: bytes) -> set[str]:
    """Returns the names of the files that a manifest lists."""
    return {name for group in json.loads(manifest)["groups"] for name in group["files"]}
