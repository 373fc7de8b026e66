"""Manifests that are written out: every file that holds Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock.model.tree import Tree
from liftlock.render.manifests import Unreadable, load, objects, plain
from liftlock.render.result import Rendered
from liftlock.text import plural, printable

SUFFIXES = (".yaml", ".yml", ".json")
_LARGEST = 20 * 1024 * 1024


def read_plain(tree: Tree, paths: Iterable[str]) -> Rendered:
    """The objects of these files, in order; a file that cannot be read is noted, and the others go on."""
    found = []
    notes = []
    count = 0
    wanted = [path for path in paths if path.endswith(SUFFIXES)]
    for path, data in tree.read_many(wanted).items():
        count += 1
        if len(data) > _LARGEST:
            notes.append(f"{printable(path)} is too large to be read ({len(data) // 1_000_000} MB)")
            continue
        if b"kind" not in data or b"apiVersion" not in data:
            continue
        try:
            found += [plain(document) for document in objects(load(data))]
        except Unreadable as error:
            what = "is a template" if b"{{" in data else "cannot be read"
            notes.append(f"{printable(path)} {what}: {error}")
    if found or not notes:
        problem = "" if found else f"there are no Kubernetes objects in {plural(count, 'file')}"
        hint = "" if found else "the files themselves are compared"
        return Rendered(tuple(found), "plain", (), problem, hint, tuple(notes))
    return Rendered((), "plain", (), notes[0], "the files themselves are compared", tuple(notes[1:]))
