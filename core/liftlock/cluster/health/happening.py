"""What happened to objects and to what they own: the cluster's Events, joined and in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from liftlock.cluster.health.events import Event, Events, event
from liftlock.cluster.health.reading import address, line, shown_key, uid
from liftlock.cluster.objects import Manifest, Objects
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Happening

_DEEPEST = 6


def happenings(of: Iterable[ObjectKey | str], objects: Objects, limit: int = 50) -> tuple[Happening, ...]:
    """The Events of these objects (keys or uids) and of all that they own, the newest first.

    Those that say the same of the same object are one, with their counts added.
    """
    known = Events(objects)
    found: list[Event] = []
    uids: set[str] = set()
    loose: set[str] = set()
    for one in dict.fromkeys(of):
        if isinstance(one, str):
            loose.add(one)
            loose.update(uid(child) for child in _below(one, objects, _DEEPEST, uids))
            continue
        manifest = objects.get(one)
        found.extend(known.of(one, "" if manifest is None else uid(manifest)))
        if manifest is not None:
            for child in _below(uid(manifest), objects, _DEEPEST, uids):
                found.extend(known.of(address(child), uid(child)))
    if loose:
        every = (event(manifest) for manifest in objects.of("", "Event"))
        found.extend(e for e in every if e is not None and e.uid in loose)
    return tuple(_joined(found)[: max(0, limit)])


def _below(owner: str, objects: Objects, deep: int, seen: set[str]) -> Iterator[Manifest]:
    if not owner or owner in seen or not deep:
        return
    seen.add(owner)
    for child in objects.owned(owner):
        yield child
        yield from _below(uid(child), objects, deep - 1, seen)


def _joined(events: Iterable[Event]) -> list[Happening]:
    same: dict[tuple[ObjectKey, str, str, str], list[Event]] = {}
    for one in dict.fromkeys(events):
        same.setdefault((one.key, one.uid, one.reason, one.message), []).append(one)
    happened = [
        Happening(
            at=max(e.last for e in group),
            key=shown_key(group[0].key),
            reason=line(group[0].reason, 60),
            message=line(group[0].message),
            warning=group[0].warning,
            count=sum(e.count for e in group),
        )
        for group in same.values()
    ]
    return sorted(happened, key=lambda h: (-h.at, h.key, h.reason))
