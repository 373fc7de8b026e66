"""Events of the core API as they concern one object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from liftlock.cluster.health.reading import count, mapping, moment, string
from liftlock.cluster.objects import Objects
from liftlock.model.diff import ObjectKey
from liftlock.values import dataclass

# Kind and name of what an Event speaks of: some authors leave the group out.
_About = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """One Event. `first` and `last` in seconds since the epoch; `message` is as it stands, not for display."""

    key: ObjectKey
    uid: str
    reason: str
    message: str
    warning: bool
    count: int
    first: float
    last: float
    container: str = ""
    """The container that it speaks of, where it names one."""


def event(manifest: Any) -> Event | None:
    """The Event that an object of kind Event is, None when it names no object or no time."""
    about = mapping(manifest, "involvedObject")
    created = moment(manifest, "metadata", "creationTimestamp")
    began = moment(manifest, "firstTimestamp") or moment(manifest, "eventTime") or created
    ends = (
        moment(manifest, "series", "lastObservedTime"),
        moment(manifest, "lastTimestamp"),
        moment(manifest, "eventTime"),
        created,
    )
    last = max((end for end in ends if end is not None), default=None)
    if not string(about, "name") or last is None:
        return None
    group, slash, _ = string(about, "apiVersion").partition("/")
    key = ObjectKey(group if slash else "", string(about, "kind"), string(about, "namespace"), string(about, "name"))
    return Event(
        key,
        string(about, "uid"),
        string(manifest, "reason"),
        string(manifest, "message"),
        string(manifest, "type") == "Warning",
        max(1, count(manifest, "count"), count(manifest, "series", "count")),
        min(last, began if began is not None else last),
        last,
        _container(string(about, "fieldPath")),
    )


def _container(path: str) -> str:
    """The name in `spec.containers{name}`."""
    return path.partition("{")[2].rstrip("}")


class Events:
    """The Events of a cluster, sorted by the object they speak of, read a namespace at a time."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._read: dict[str, dict[_About, list[Event]]] = {}

    def of(self, key: ObjectKey, uid: str = "") -> Iterable[Event]:
        """The Events of one object, the oldest first; those of a namesake that is gone are left out."""
        # Events about objects that have no namespace are kept in `default`.
        namespace = key.namespace or "default"
        if namespace not in self._read:
            self._read[namespace] = self._sorted(namespace)
        found = self._read[namespace].get((key.kind, key.name), [])
        return [e for e in found if not uid or not e.uid or e.uid == uid]

    def _sorted(self, namespace: str) -> dict[_About, list[Event]]:
        events = (event(manifest) for manifest in self._objects.of("", "Event", namespace))
        found: dict[_About, list[Event]] = defaultdict(list)
        for one in sorted((e for e in events if e is not None), key=lambda e: e.last):
            found[one.key.kind, one.key.name].append(one)
        return found
