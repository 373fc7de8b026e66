"""What a rule may look at besides the object itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from liftlock.cluster.health.events import Event, Events
from liftlock.cluster.health.reading import address, uid
from liftlock.cluster.objects import Manifest, Objects, Snapshot


@dataclass(slots=True)
class View:
    """The other objects and the time. `known` is False when no objects were given: then nothing is concluded from
    what is not there. `now` is in seconds since the epoch, None when it is not known.
    """

    objects: Objects
    now: float | None = None
    known: bool = True
    _events: Events | None = field(default=None, init=False)

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
