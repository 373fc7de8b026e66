"""The board: apps × environments as Git tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from liftlock.errors import Problem
from liftlock.model.app import Cell, Version
from liftlock.model.environment import Environment, Finding
from liftlock.model.revision import Revision
from liftlock.values import dataclass

CellKey = tuple[str, str]
"""App and environment."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an environment is read from: the ref's full name, its commit, and when it was last fetched (epoch)."""

    ref: str
    commit: str
    fetched: float | None = None
    unpushed: int = 0
    """Commits of the local branch of the same name that are not in the ref."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Behind:
    """How far a cell is behind a left neighbour: `changes` would be selected by what they are, in `commits` commits.

    What history shows to move beside them is not counted: that is asked only when a plan is made.
    """

    of: str
    changes: int
    commits: int | None = None
    versions: int = 0
    """How many of the changes are versions."""
    unlike: bool = False
    """Whether the two have other versions though nothing would move: neither is known to be the newer one."""

    @property
    def count(self) -> int:
        """How far it is, in a number: versions, or what else would move where none does."""
        return self.versions or self.changes

    @property
    def level(self) -> bool:
        """Nothing would move."""
        return self.changes == 0


@dataclass(frozen=True, slots=True)
class CellState:
    """What Git says of a cell. Fields are None as long as they are not known."""

    cell: Cell
    versions: tuple[Version, ...] | None = None
    revision: Revision | None = None
    behind: tuple[Behind, ...] | None = None
    problems: tuple[Problem, ...] = ()
    since: Revision | None = None
    """The commit that brought the first version; where that cannot be told, the one that touched the files last."""


@dataclass(frozen=True, slots=True)
class Board:
    """All that is shown first: environments in promotion order, apps in order, and the cells that exist."""

    repository: str
    environments: tuple[Environment, ...]
    apps: tuple[str, ...]
    cells: Mapping[CellKey, CellState]
    sources: Mapping[str, Source]
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """Facts of the repository to be seen: shallow, detached, no remote."""

    def environment(self, name: str) -> Environment | None:
        """The environment of this name."""
        return next((environment for environment in self.environments if environment.name == name), None)
