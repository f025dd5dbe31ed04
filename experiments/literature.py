"""The results of the literature that the package is held to, from `literature.yml`."""

from __future__ import annotations

import functools
import pathlib
from dataclasses import dataclass

_SOURCE = pathlib.Path(__file__).with_name("literature.yml")
_KINDS = ("published", "theorem", "computed")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A result of the literature.

    Attributes:
      number: The number of the result, R1 ..
      result: The known result, in one sentence.
      target: The known numbers or the formula, and how far a measurement may be off.
      kind: "published", "theorem", or "computed" by an independent program.
      source: The source of the result.
      url: The address of the source, if the source is on the web.
      measured_by: The experiments that store measurements of it, among them "reproduce".
      missing: The part of the result that no experiment stores; empty if all of it is stored.
    """

    number: str
    result: str
    target: str
    kind: str
    source: str
    url: str = ""
    measured_by: list[str]
    missing: str = ""

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"{_SOURCE.name}: kind of {self.number} is not in {_KINDS}.")
        if not (self.measured_by or self.missing):
            raise ValueError(f"{_SOURCE.name}: {self.number} needs measured_by or missing.")


@functools.cache
def rows() -> tuple[Row, ...]:
    """Returns the rows, in the order of their numbers.

    Raises:
      TypeError: If a row lacks a field, or has one that is unknown.
      ValueError: If a kind is unknown, or if a row names neither the experiments that measure it
        nor what is missing.
    """
    # This import is not at the top: an experiment that reads no rows does not need it.
    import yaml

    return tuple(Row(**row) for row in yaml.safe_load(_SOURCE.read_text(encoding="utf-8")))
