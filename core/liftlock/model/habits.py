"""What history shows to be usual between two environments."""

from __future__ import annotations

from liftlock.model.revision import Revision
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class LeafHabit:
    """A general path: in how many promotions it moved, and in how many it differed and was left.

    `files` counts the target's files; `evidence` are the newest commits that moved it, or, where none did, left it.
    """

    path: str
    moved: int
    left: int
    files: int
    evidence: tuple[Revision, ...]
    exchanged: int = 0
    """How often it moved as a value that took another's place; else it was new or went."""
    version: bool = False
    """What it held last looks like a version."""
    file: str = ""
    """The name that all these files share; "" where they are called differently."""


@dataclass(frozen=True, slots=True)
class Together:
    """Two general paths, with their file's name, that moved in the same promotions."""

    first: str
    second: str
    times: int
    of: int
    evidence: tuple[Revision, ...]


@dataclass(frozen=True, slots=True)
class Habits:
    """What is usual between two environments. Times are seconds since the epoch, 0 where there was no promotion.

    `back` are promotions the other way. `skipped` counts versions that the target took before the source had them
    though the environment before the source did, `stepped` those that came through the source; both 0 where no
    environment comes before the source. `strayed` are commits by which the target left the source's line for a while.
    `read` of `files` pairs of files were read, the most changed first.
    """

    source: str
    target: str
    files: int
    read: int
    promotions: int
    first: float
    last: float
    moves: tuple[LeafHabit, ...]
    stays: tuple[LeafHabit, ...]
    together: tuple[Together, ...]
    back: int = 0
    skipped: int = 0
    stepped: int = 0
    strayed: tuple[Revision, ...] = ()
