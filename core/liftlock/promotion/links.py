"""Changes that only make sense together: a new file with the entry that lists it; groups kept whole. Pure."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from liftlock.model.change import Change, Op, Value
from liftlock.promotion.classify import scalars
from liftlock.promotion.releases import additions_together
from liftlock.text import printable

# Of more changes than this each is linked to its nearest alone: every one with every other would be no help.
_WHOLE = 200


def linked(changes: Sequence[Change]) -> list[Change]:
    """The same changes, each with the ids of those that go with it, and proposed only where all of those are.

    An entry that names a new file is proposed with that file alone, and what it stands in place of goes with it; a
    file goes only where the entry that names it does.
    """
    near: dict[str, set[str]] = {change.id: set(change.together) for change in changes}
    listed = list(_listed(changes))
    for one, other in [*listed, *additions_together(changes)]:
        near[one].add(other)
        near[other].add(one)
    by_id = {change.id: change for change in changes}
    waits = _waiting(by_id, listed)
    groups = _groups(near)
    found: list[Change] = []
    for change in changes:
        proposed = change.proposed and all(by_id[i].proposed for i in change.together if i in by_id)
        why = change.why
        if proposed and change.id in waits:
            proposed, why = False, f"{why}; {waits[change.id]}"
        found.append(
            replace(change, together=tuple(sorted(groups[change.id] - {change.id})), proposed=proposed, why=why)
        )
    return found


def _waiting(by_id: Mapping[str, Change], listed: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The proposed changes that would leave a list without the file that it names, and why each is only offered."""
    found: dict[str, str] = {}
    for entry, file in ((by_id[one], by_id[other]) for one, other in listed):
        if entry.op is Op.ADD and entry.proposed and not file.proposed:
            found[entry.id] = printable(f"{file.file}, which it names, is only offered, so this is")
        if entry.op is Op.REMOVE and file.proposed and not entry.proposed:
            found[file.id] = "the entry that names it stays, so this does: offered"
    lists = {(by_id[i].file, by_id[i].path[:-1]) for i in found if by_id[i].op is Op.ADD}
    for change in by_id.values():
        if change.op is Op.REMOVE and change.path and (change.file, change.path[:-1]) in lists:
            found[change.id] = "what comes in its place is only offered, so this is"
    return found


def _listed(changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """Pairs of ids: an entry that comes or goes, and the files that come or go with it."""
    files: dict[tuple[str, Op], dict[str, Change]] = defaultdict(dict)
    for change in changes:
        if not change.path and change.op is not Op.SET:
            files[(change.environment, change.op)][change.file] = change
    folders: dict[tuple[str, Op], dict[str, list[Change]]] = {key: _by_folder(held) for key, held in files.items()}
    for change in changes:
        key = (change.environment, change.op)
        if not change.path or change.op is Op.SET or key not in files:
            continue
        value = change.new if change.op is Op.ADD else change.old
        for text in _texts(change, value):
            place = posixpath.normpath(posixpath.join(posixpath.dirname(change.file), text))
            if place in files[key]:
                yield change.id, files[key][place].id
            for other in folders[key].get(place, ()):
                yield change.id, other.id


def _texts(change: Change, value: Value | None) -> Iterator[str]:
    """The texts of an entry that may be paths: an item of a list, or what a whole block holds."""
    if isinstance(value, str) and isinstance(change.path[-1], str):
        return
    for text in scalars(value):
        for path in (text, text.partition("=")[2]):
            if path and len(path) < 500 and "://" not in path and not path.startswith("/") and path.strip("./"):
                yield path


def _by_folder(files: Mapping[str, Change]) -> dict[str, list[Change]]:
    """Of each folder, the files in it and below."""
    found: dict[str, list[Change]] = defaultdict(list)
    for file, change in files.items():
        folder = posixpath.dirname(file)
        while folder:
            found[folder].append(change)
            folder = posixpath.dirname(folder)
    return found


def _groups(near: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Of each id, all that it is linked to, by however many steps."""
    found: dict[str, set[str]] = {}
    for start in near:
        if start in found:
            continue
        group: set[str] = set()
        waiting = [start]
        while waiting:
            one = waiting.pop()
            if one not in group:
                group.add(one)
                waiting += near.get(one, ())
        for one in group:
            found[one] = group if len(group) <= _WHOLE else near.get(one, set()) | {one}
    return found
