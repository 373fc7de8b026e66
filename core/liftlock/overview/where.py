"""Where a version, a commit or a word is: every cell that has it in Git, and since which commit."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.discovery import versions_of
from liftlock.errors import RepositoryError
from liftlock.model.app import Cell, Version
from liftlock.model.report import Sighting
from liftlock.model.revision import Revision
from liftlock.overview.reading import Reading

_SHA_DIGITS = "0123456789abcdef"


def where(reading: Reading, word: str, *, cancelled: Callable[[], bool]) -> tuple[Sighting, ...]:
    """All sightings, in promotion order. A word that is a commit of this repository finds the cells it touched."""
    found: list[Sighting] = []
    wanted = word.lower()
    for environment in reading.discovery.environments:
        tree = reading.tree_of(environment)
        cells = reading.cells_of(environment.name)
        known = versions_of(tree, cells.values())
        for app, cell in cells.items():
            if cancelled():
                return tuple(found)
            for version in known.get((app, environment.name), ()):
                if _speaks_of(version, wanted):
                    found.append(Sighting(app, environment.name, version, since(reading, cell, version)))
    return tuple(found) or _touched(reading, wanted)


def _speaks_of(version: Version, wanted: str) -> bool:
    value = version.value.lower()
    if wanted in (value, version.name.lower(), version.name.lower().rsplit("/", 1)[-1]):
        return True
    if len(wanted) >= 3 and wanted in value:
        return True
    return len(wanted) >= 7 and set(wanted) <= set(_SHA_DIGITS) and value.startswith(wanted)


def since(reading: Reading, cell: Cell, version: Version) -> Revision | None:
    """The newest commit that changed how often the value stands in its file."""
    environment = reading.environment(cell.environment)
    if environment is None:
        return None
    commit = reading.source_of(environment).commit
    found = reading.repository.history(commit, paths=(version.file,), limit=1, adding=version.value)
    return next((touched.revision for touched in found), None)


def _touched(reading: Reading, word: str) -> tuple[Sighting, ...]:
    """The cells that a commit of this repository touched, in environments whose ref has it."""
    if len(word) < 4 or not set(word) <= set(_SHA_DIGITS):
        return ()
    try:
        commit = reading.repository.resolve(word)
    except RepositoryError:
        return ()
    touched = next(iter(reading.repository.history(commit, limit=1)), None)
    if touched is None:
        return ()
    paths = set(touched.paths)
    return tuple(
        Sighting(cell.app, cell.environment, None, touched.revision)
        for cell in reading.discovery.cells
        if paths & {*cell.files, *cell.shared}
    )
