"""What a rule may look at besides the object itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from liftlock.cluster.health.events import Event, Events
from liftlock.cluster.health.reading import address, uid
from liftlock.cluster.objects import Manifest, Objects, Snapshot

T = TypeVar("T")


@dataclass(slots=True)
class View:
    """The other objects and the time. `known` is False when no objects were given: then nothing is concluded from
    what is not there. `now` is in seconds since the epoch, None when it is not known.
    """

    objects: Objects
    now: float | None = None
    known: bool = True
    _events: Events | None = field(default=None, init=False)
    _found: dict[tuple[Callable[..., Any], int], tuple[Manifest, Any]] = field(default_factory=dict, init=False)

    def once(self, find: Callable[[Manifest, View], T], manifest: Manifest) -> T:
        """What `find` finds of the object in this view; it is looked for once. The state of a pod is asked for by
        all that own it.
        """
        place = find, id(manifest)
        if place not in self._found:
            # The object is kept with it: an id may be used again for another one.
            self._found[place] = manifest, find(manifest, self)
        found: T = self._found[place][1]
        return found

    def older(self, since: float | None, seconds: float) -> bool:
        """Whether it began longer ago than this; True when one of the times is not known."""
        return since is None or self.now is None or self.now - since >= seconds

    def age(self, since: float | None) -> float | None:
        """How long ago it was, None when one of the times is not known."""
        return None if since is None or self.now is None else max(0.0, self.now - since)

    def events(self, manifest: Manifest) -> list[Event]:
        """The Events of the object, the oldest first."""
        if self._events is None:
            self._events = Events(self.objects)
        return list(self._events.of(address(manifest), uid(manifest)))


def view_of(objects: Objects | None, now: float | None) -> View:
    """A view of these objects, or of nothing."""
    return View(Snapshot() if objects is None else objects, now, objects is not None)
