"""The versions that a cell pins, for the board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from liftlock.discovery.pins import Pin, pins_of
from liftlock.errors import Problem
from liftlock.model.app import Cell, Version
from liftlock.model.board import CellKey
from liftlock.model.tree import Tree
from liftlock.text import printable

LARGE = 256 * 1024
_KINDS = {"image": 0, "release": 1, "chart": 2, "value": 3, "variable": 3, "ref": 4}


def versions(tree: Tree, cell: Cell) -> tuple[Version, ...]:
    """The versions the cell pins, the one a person would name first in front. Raises RepositoryError."""
    return versions_of(tree, (cell,))[(cell.app, cell.environment)]


def versions_of(
    tree: Tree, cells: Iterable[Cell], problems: dict[str, Problem] | None = None
) -> dict[CellKey, tuple[Version, ...]]:
    """The versions of many cells: every file is read and parsed once. Raises RepositoryError.

    A cell whose own files pin nothing has what the files it shares with others pin. Files that cannot be parsed are
    added to `problems` by their paths.
    """
    all_cells = list(cells)
    read: dict[str, tuple[Pin, ...]] = {}
    only = {cell.files[0] for cell in all_cells if len(cell.files) == 1}
    wrong: dict[str, Problem] = {} if problems is None else problems
    _read(tree, (f for cell in all_cells for f in cell.files), read, only, wrong)
    found = {(cell.app, cell.environment): _of(cell, cell.files, read) for cell in all_cells}
    bare = [cell for cell in all_cells if cell.shared and not found[(cell.app, cell.environment)]]
    _read(tree, (f for cell in bare for f in cell.shared), read, set(), wrong)
    for cell in bare:
        found[(cell.app, cell.environment)] = _of(cell, cell.shared, read)
    return found


def _read(
    tree: Tree,
    files: Iterable[str],
    read: dict[str, tuple[Pin, ...]],
    only: set[str],
    problems: dict[str, Problem],
) -> None:
    wanted = [f for f in dict.fromkeys(files) if f not in read and _may_pin(f)]
    known: dict[tuple[str, str], tuple[Pin, ...]] = {}
    broken: dict[tuple[str, str], list[Problem]] = {}
    for path, data in tree.read_many(wanted).items():
        if len(data) > LARGE and path not in only:
            read[path] = ()
            continue
        # The same content under the same name, as in many clusters' folders, is looked into once.
        key = (tree.entries[path].oid, path.rpartition("/")[2])
        if key not in known:
            found: list[Problem] = []
            known[key], broken[key] = pins_of(path, data, found), found
        shown = printable(path)
        problems.update((path, replace(problem, place=shown)) for problem in broken[key])
        read[path] = tuple(replace(pin, version=replace(pin.version, file=shown)) for pin in known[key])


def _may_pin(path: str) -> bool:
    name = path.rpartition("/")[2]
    head, dot, end = name.rpartition(".")
    if not dot or not head:
        return name.upper() != name  # OWNERS, LICENSE, README
    return end in {"yaml", "yml", "json", "env"} or not end.isalnum() or len(end) > 8


def _of(cell: Cell, files: Sequence[str], read: dict[str, tuple[Pin, ...]]) -> tuple[Version, ...]:
    pins = [pin for file in files for pin in read.get(file, ()) if not cell.part or pin.part in ("", cell.part)]
    if cell.part and any(pin.part for pin in pins):
        pins = [pin for pin in pins if pin.part == cell.part]
    words = [w for w in cell.app.lower().rpartition("/")[2].split("-") if w]
    unique: dict[tuple[str, str], Version] = {}
    for pin in sorted(pins, key=lambda p: _order(p, words)):
        version = pin.version
        named = version if version.name else Version(cell.app, version.value, version.file, version.path, version.kind)
        unique.setdefault((named.name, named.value), named)
    return tuple(unique.values())


def _order(pin: Pin, words: list[str]) -> tuple[bool, int, int, int]:
    """What has the app's own name stands first, then what is sure, images before the rest."""
    last = pin.version.name.lower().rpartition("/")[2]
    own = pin.weight < 2 and (not last or last == "-".join(words))
    return (not own, pin.weight, _KINDS[pin.version.kind], -_likeness(last, words))


def _likeness(name: str, words: list[str]) -> int:
    """How many of the app's words the version's name has."""
    low = name.lower().rpartition("/")[2]
    return sum(word in low for word in words)
