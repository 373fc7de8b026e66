"""A line of history that is read as far back as it is asked for, once for all who ask."""

from __future__ import annotations

import posixpath
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from liftlock.gitrepo import Repository
from liftlock.gitrepo.landings import Landing
from liftlock.values import dataclass


class Budget:
    """How much of history may be read: commits of each line, and seconds, from the first question on."""

    def __init__(self, commits: int, seconds: float, cancelled: Callable[[], bool] | None = None) -> None:
        self.commits = commits
        self._seconds = seconds
        self._until = 0.0
        self.cancelled = cancelled or (lambda: False)

    @property
    def over(self) -> bool:
        """Whether the time is up, or the person wants it to stop."""
        if not self._until:
            self._until = time.monotonic() + self._seconds
        return time.monotonic() > self._until or self.cancelled()


@dataclass(frozen=True, slots=True)
class Step:
    """A landing that exchanged a file: its place on the line (0 is the newest), and the blobs before and after.

    `path` is what the file was called there. `born` says that the commit brought it.
    """

    index: int
    landing: Landing
    path: str
    before: str
    after: str
    born: bool = False


class Line:
    """The landings of one branch, newest first."""

    def __init__(self, repository: Repository, commit: str, budget: Budget) -> None:
        self.commit = commit
        self.landings: list[Landing] = []
        self.ended = False
        """Whether it was read to its first commit."""
        self.why = ""
        """Why it was not read on, "" while it is."""
        self._budget = budget
        self._boundary = repository.boundary()
        self._coming = repository.landings(commit, cancelled=budget.cancelled)
        self._touched: dict[str, list[int]] = defaultdict(list)

    def at(self, index: int) -> Landing | None:
        """The landing of this place; None where the line ends, or may not be read further."""
        while len(self.landings) <= index:
            if not self._pull():
                return None
        return self.landings[index]

    def _pull(self) -> bool:
        if self.ended or self.why:
            return False
        if len(self.landings) >= self._budget.commits:
            self.why = f"{len(self.landings)} commits were read"
        elif self._budget.over:
            self.why = "the time for it was up"
        if self.why:
            return False
        landing = next(self._coming, None)
        if landing is None:
            self.ended = True
            return False
        if landing.revision.commit in self._boundary:
            # In a shallow clone this commit seems to bring every file; what it really changed is not there.
            self.why = "the clone is shallow"
            return False
        index = len(self.landings)
        self.landings.append(landing)
        for path in landing.blobs:
            self._touched[path].append(index)
        return True

    def steps(self, path: str, after: int) -> Iterator[Step]:
        """What happened to a file before the landing of place `after` (that one included with `after - 1`).

        Newest first; where the file was moved, on with what it was called before. Ends where it was born, or where
        the line may not be read further.
        """
        current, index = path, after + 1
        while True:
            found = self._next(current, index)
            if found is None:
                return
            landing = self.landings[found]
            before, blob = landing.blobs[current]
            was = "" if before else moved_from(landing, current)
            yield Step(
                found,
                landing,
                current,
                before or (landing.blobs[was][0] if was else ""),
                blob,
                born=not before and not was,
            )
            if not before and not was:
                return
            current, index = was or current, found + 1

    def _next(self, path: str, index: int) -> int | None:
        """The first place from `index` on at which the file was touched."""
        position = 0
        while True:
            touched = self._touched.get(path, [])
            position = _first(touched, index, position)
            if position < len(touched):
                return touched[position]
            if not self._pull():
                return None


def _first(touched: list[int], index: int, position: int) -> int:
    while position < len(touched) and touched[position] < index:
        position += 1
    return position


def moved_from(landing: Landing, path: str) -> str:
    """Where a new file of a landing was before: the file of the same content or name that went; "" for nowhere."""
    gone = [other for other, (before, after) in landing.blobs.items() if before and not after]
    if not gone:
        return ""
    blob, name = landing.blobs[path][1], posixpath.basename(path)
    same = [other for other in gone if landing.blobs[other][0] == blob]
    alike = same or [other for other in gone if posixpath.basename(other) == name]
    return max(alike, key=lambda other: (_common(other, path), other), default="")


def _common(one: str, other: str) -> int:
    """How many folders two paths share, wherever they stand."""
    return len(set(one.split("/")) & set(other.split("/")))
