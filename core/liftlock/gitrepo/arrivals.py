"""Which commit touched each cell last, and which one brought the text that it pins: one walk through history for all.

A text came with the newest commit that changed how often it stands in its file, as `git log -S` has it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from liftlock.gitrepo.history import FIELDS, NO_FRILLS, last_touch, places, records
from liftlock.gitrepo.objects import Objects
from liftlock.gitrepo.process import Cancelled, Git
from liftlock.gitrepo.versions import moved
from liftlock.model.revision import Revision
from liftlock.text import printable
from liftlock.values import dataclass

Key = TypeVar("Key", bound=Hashable)
Paths = Mapping[Key, Collection[str]]
"""Files, or folders that end with `/`."""
Texts = Mapping[Key, tuple[str, str]]
"""A file and what stands in it."""


@dataclass(frozen=True, slots=True)
class Arrival(Generic[Key]):
    """What was found of a key: the commit that brought its text, or (not `brought`) the one that touched it last."""

    key: Key
    revision: Revision
    brought: bool


def arrivals(
    git: Git,
    objects: Objects,
    rev: str,
    paths: Paths[Key],
    texts: Texts[Key],
    cancelled: Cancelled | None = None,
) -> Iterator[Arrival[Key]]:
    """For each key the newest commit that touched one of its paths, and the one that brought its text; as found.

    The log is left as soon as nothing is missing; what cannot be found is not told. Raises RepositoryError, Cancelled.
    """
    touching: dict[str, list[Key]] = {}
    for key, several in paths.items():
        for path in several:
            touching.setdefault(path, []).append(key)
    untouched = {key for key, several in paths.items() if several}
    bringing: dict[str, dict[Key, bytes]] = {}
    for key, (path, text) in texts.items():
        bringing.setdefault(path, {})[key] = text.encode("utf-8", "surrogateescape")
    arguments = ["log", *NO_FRILLS, "--raw", "--no-abbrev", f"--format=@@{FIELDS}", rev, "--"]
    for record in records(git, arguments, cancelled) if untouched or bringing else ():
        commit, author, time, subject, raw = record.decode("utf-8", "surrogateescape").split("\0", 4)
        revision = Revision(commit, printable(author), float(time), printable(subject))
        for path, (old, new) in moved(raw).items():
            for place in places(path):
                for key in touching.pop(place, ()):
                    if key in untouched:
                        untouched.discard(key)
                        yield Arrival(key, revision, False)
            waiting = bringing.get(path)
            if waiting:
                before, after = _read(objects, old), _read(objects, new)
                if before is None or after is None:  # this clone lacks it: where the text came from cannot be told
                    del bringing[path]
                    continue
                for key in [key for key, text in waiting.items() if before.count(text) != after.count(text)]:
                    del waiting[key]
                    yield Arrival(key, revision, True)
                if not waiting:
                    del bringing[path]
        if not untouched and not bringing:
            return
    # What only a merge itself changed.
    for key, revision in last_touch(git, rev, {key: paths[key] for key in untouched}, cancelled):
        yield Arrival(key, revision, False)


def _read(objects: Objects, oid: str) -> bytes | None:
    if not oid:
        return b""
    found = objects.read(oid)
    return found.data if found is not None else None
