"""What is about to arrive: one app in one target environment, as the trees before and after tell it. Pure on trees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from liftlock.discovery import versions_of
from liftlock.model.app import Cell, Version
from liftlock.model.environment import Environment
from liftlock.model.tree import Tree
from liftlock.text import short_version
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One app that goes to one environment.

    `source` is None where it comes from no environment: from a path, or from a cluster whose drift is adopted.
    `arriving` are the versions that the target does not have yet, `files` those of the app that change, with what
    they hold before and after.
    """

    app: str
    target: Environment
    source: Environment | None
    cell: Cell
    arriving: tuple[Version, ...]
    files: Mapping[str, tuple[bytes | None, bytes | None]]

    @property
    def said(self) -> str:
        """The version as a person says it, where one moves."""
        return tag(self.arriving[0].value) if self.arriving else "this change"


def candidates(
    source: Environment | None,
    targets: Mapping[Environment, Mapping[str, Cell]],
    apps: Collection[str],
    before: Tree,
    after: Tree,
) -> Iterator[Candidate]:
    """Each of these apps in each target where one of its files changes. Raises RepositoryError."""
    changed = {p for p in {*before.entries, *after.entries} if before.entries.get(p) != after.entries.get(p)}
    if not changed:
        return
    old, new = before.read_many(sorted(changed)), after.read_many(sorted(changed))
    for target, cells in targets.items():
        mine = {app: cells.get(app) or _newcomer(app, target, cells.values(), changed) for app in apps}
        touched = {app: paths for app, cell in mine.items() if (paths := _paths(cell, changed))}
        had, has = (versions_of(tree, [mine[app] for app in touched]) for tree in (before, after))
        for app, paths in touched.items():
            known = {(v.name, v.value) for v in had[app, target.name]}
            arriving = tuple(v for v in has[app, target.name] if (v.name, v.value) not in known)
            files = {path: (old.get(path), new.get(path)) for path in paths}
            yield Candidate(app, target, source, mine[app], arriving, files)


def _newcomer(app: str, target: Environment, cells: Iterable[Cell], changed: set[str]) -> Cell:
    """An app that the target does not have yet: what is new there, belongs to no other, and bears its name."""
    taken = {path for cell in cells for path in _paths(cell, changed)}
    free = sorted(changed - taken)
    word = app.rpartition("/")[2]
    named = tuple(path for path in free if word in path)
    return Cell(app, target.name, (), named or tuple(free))


def _paths(cell: Cell, changed: set[str]) -> tuple[str, ...]:
    folders = tuple(root for root in cell.roots if root.endswith("/"))
    mine = {*cell.files, *cell.roots}
    return tuple(sorted(path for path in changed if path in mine or (folders and path.startswith(folders))))


def tag(value: str) -> str:
    """Of an image or a reference just what tells versions apart, as people say it."""
    tail = value.rsplit("/", 1)[-1]
    if "@sha256:" not in tail and ":" in tail:
        tail = tail.rsplit(":", 1)[-1]
    return short_version(tail)
