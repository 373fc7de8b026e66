"""An app that is one item of a file which holds several: a release of a helmfile, a dependency of a chart. Pure.

Such a cell has a `part`, and its first file is the one that holds it. Only that item is the app's; where the target has
no such item yet, it is added to the list that the target has, under the names that the target gives.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from liftlock.model.app import Cell, Pairing
from liftlock.model.change import Change, ChangeClass, Op, Step, Value
from liftlock.model.environment import Environment
from liftlock.model.tree import Tree
from liftlock.promotion.compare import Difference
from liftlock.promotion.words import Words
from liftlock.text import printable

_LISTS = ("releases", "dependencies")
# What names the place that a release goes to, and what must be called otherwise in another environment.
_NAMES = ("name", "namespace", "needs")


def container(cell: Cell) -> str:
    """The file that holds the cell's item; "" for a cell that is no item."""
    return cell.files[0] if cell.part and cell.files else ""


def missing(cell: Cell, environment: Environment, others: Iterable[Cell], words: Words) -> Cell:
    """The cell of an app that the environment does not have yet: where its item would stand."""
    held = Counter(container(other) for other in others if other.part)
    base = posixpath.basename(container(cell))
    place = next((file for file, _ in held.most_common() if posixpath.basename(file) == base), "")
    return replace(
        cell,
        environment=environment.name,
        roots=(place,) if place else (),
        files=(place,) if place else (),
        shared=(),
        render_root="",
        part=words.to_target(cell.part),
    )


def pair_parts(mine: Cell, theirs: Cell, target: Tree, words: Words) -> list[Pairing]:
    """The files of two such cells: the files that hold them, and what stands beside those by its place there."""
    here, there = container(mine), container(theirs)
    if not there:
        return [Pairing(here, None, words.to_target(here))]
    from_folder, to_folder = posixpath.dirname(here), posixpath.dirname(there)
    found = [Pairing(here, there, there)]
    taken = {there}
    # Files below the folders, by their place there in the target's words.
    spare = {f[len(to_folder) :]: f for f in theirs.files[1:] if f.startswith(f"{to_folder}/")}
    for file in mine.files[1:]:
        below = file[len(from_folder) :] if file.startswith(f"{from_folder}/") else ""
        wanted = to_folder + words.to_target(below) if below else words.to_target(file)
        path = spare.get(below) or spare.get(words.to_target(below)) or (wanted if wanted in target.entries else "")
        taken.add(path)
        found.append(Pairing(file, path or None, path or wanted))
    return [*found, *(Pairing(None, file, file) for file in theirs.files if file not in taken)]


def own(
    differences: Mapping[str, Difference], mine: Cell, theirs: Cell, words: Words
) -> dict[str, tuple[Difference, str]]:
    """Of the differences of the two files that hold them, those of the cells' own item, with a reason or "".

    A list of charts' repositories goes with the item that needs it.
    """
    found: dict[str, tuple[Difference, str]] = {}
    needed: set[str] = set()
    for identity, difference in differences.items():
        path = _inside(difference.path)
        if not path or path[0] not in _LISTS:
            continue
        if len(path) == 1:
            told = _narrowed(difference, mine, words)
            if told is not None:
                found[identity] = (told, "")
        elif _added_item(difference):
            told = replace(difference, new=_renamed(difference.new, words)) if _is(path[1], mine.part) else None
            if told is not None:
                found[identity] = (told, _place(difference.new, told.new))
        elif _is(path[1], theirs.part):
            told = difference
            found[identity] = (told, "")
        else:
            told = None
        if told is not None and told.op is Op.ADD and len(path) <= 2:
            needed |= _repositories(told.new)
    for identity, difference in differences.items():
        path = _inside(difference.path)
        if difference.op is Op.ADD and len(path) == 2 and path[0] == "repositories":
            name = next((n for n in sorted(needed) if _is(path[1], n)), "")
            if name:
                found[identity] = (difference, f"the repository of its chart ({printable(name)})")
    return found


def _added_item(difference: Difference) -> bool:
    return difference.op is Op.ADD and len(_inside(difference.path)) == 2


def _narrowed(difference: Difference, mine: Cell, words: Words) -> Difference | None:
    """Of a whole list of one side, what is the item's: the list with it alone, or the empty one that it replaces."""
    if difference.op is Op.ADD and isinstance(difference.new, list):
        items = [_renamed(item, words) for item in difference.new if _name(item) == mine.part]
        return replace(difference, new=items) if items else None
    return difference if difference.op is Op.REMOVE and difference.old == "[]" and difference.group else None


def _place(before: Value | None, after: Value | None) -> str:
    place = after.get("namespace") if isinstance(after, dict) else None
    if before == after or not isinstance(place, str):
        return ""
    return f"new in the target: offered, for the namespace {printable(place)}"


def joined(changes: Sequence[Change]) -> list[Change]:
    """Each change once: two apps that need the same addition share it, and a list that both begin holds both."""
    found: dict[str, Change] = {}
    for change in changes:
        known = found.get(change.id)
        if known is None:
            found[change.id] = change
        elif isinstance(known.new, list) and isinstance(change.new, list):
            more = [item for item in change.new if item not in known.new]
            found[change.id] = replace(known, new=[*known.new, *more])
    return list(found.values())


def additions_together(changes: Sequence[Change]) -> list[tuple[str, str]]:
    """Pairs of ids: an item that is added, and the repository of its chart where that is added too."""
    added = [c for c in changes if c.op is Op.ADD and c.path]
    repositories = [c for c in added if _inside(c.path)[:1] == ("repositories",)]
    items = [c for c in added if (path := _inside(c.path)) and path[0] in _LISTS and len(path) <= 2]
    return [
        (item.id, other.id)
        for item in items
        for other in repositories
        if (other.file, other.environment) == (item.file, item.environment)
        and any(_is(other.path[-1], name) for name in _repositories(item.new))
    ]


def no_place(cell: Cell, environment: str, source_file: str, identity: str) -> Change:
    """What is said where the target has no file that could hold the item."""
    return Change(
        identity,
        cell.app,
        environment,
        source_file,
        source_file,
        (),
        Op.ADD,
        None,
        printable(cell.part),
        ChangeClass.STRUCTURE,
        False,
        f"{printable(environment)} has no such file yet, and the source's holds other apps too",
        0,
        f"there is no file in {printable(environment)} that could hold it: make one first",
    )


def _inside(path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The path within its document."""
    return path[1:] if path and not isinstance(path[0], str) else path


def _is(step: Step, name: str) -> bool:
    return not isinstance(step, str) and ("name", name) in step


def _name(item: Value | None) -> str:
    value = item.get("name") if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""


def _repositories(value: Value | None) -> set[str]:
    """The names of the repositories that the charts of one or more items come from."""
    charts = [item.get("chart") for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]
    return {c.split("/")[0] for c in charts if isinstance(c, str) and "/" in c and not c.startswith((".", "/"))}


def _renamed(item: Value | None, words: Words) -> Value:
    """The item under the target's names."""
    if not isinstance(item, dict):
        return item or ""
    return {key: _told(value, words) if key in _NAMES else value for key, value in item.items()}


def _told(value: Value, words: Words) -> Value:
    if isinstance(value, list):
        return [_told(entry, words) for entry in value]
    return words.to_target(value) if isinstance(value, str) else value
