"""Answers to the questions a person asks of the whole repository: where is it, is all well."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from liftlock.model.app import Version
from liftlock.model.revision import Revision
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place that has what was asked for: the version or revision, since which commit."""

    app: str
    environment: str
    version: Version | None
    since: Revision | None


@dataclass(frozen=True, slots=True)
class CellPast:
    """The last commits of a cell, newest first, and which commit brought each version that it has now."""

    commits: tuple[Revision, ...]
    since: Mapping[Version, Revision]


class Verdict(StrEnum):
    """How a check of the doctor ended."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the doctor looked at, what it found, and what to do about it. `group` is its heading."""

    group: str
    subject: str
    verdict: Verdict
    finding: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A file as a commit has it, and its place in the work tree where it is there; `same` when both are equal."""

    path: str
    commit: str
    data: bytes
    place: Path | None
    same: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a forge: of a `commit`, a `file` or a `branch`, what it is called, and its address."""

    kind: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a fetch ended: which refs moved (name, old, new), and when it was (epoch seconds)."""

    remote: str
    moved: tuple[tuple[str, str, str], ...]
    at: float


@dataclass(frozen=True, slots=True)
class Pushed:
    """How a push ended: the destination, the commit, and the address the forge offers ("" when none)."""

    remote: str
    destination: str
    commit: str
    address: str = ""
    said: str = ""
