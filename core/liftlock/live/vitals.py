"""How the objects of a spot are: their health, the first cause, the images that run; made anew when one changes."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from liftlock.cluster.health import cause, running_images, verdict
from liftlock.cluster.health.reading import string, uid
from liftlock.cluster.objects import Objects
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Cause, Health, HealthStatus
from liftlock.model.live import Freshness, Running
from liftlock.values import dataclass

HIDDEN = "may not be read"
_KEPT = 15.0
"""Seconds after which it is made anew though nothing changed: some verdicts depend on the time alone."""
_MANY = 4000


@dataclass(frozen=True, slots=True)
class Vitals:
    """One verdict for each object, in their order; the first cause where one is not well; what runs."""

    healths: tuple[Health, ...] = ()
    cause: Cause | None = None
    running: tuple[Running, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    vitals: Vitals
    made_of: tuple[Any, ...]
    at: float


class Memory:
    """What was found out of each spot, for as long as its objects and all that they own are the very same."""

    def __init__(self) -> None:
        self._known: dict[Hashable, _Known] = {}

    def vitals(
        self, spot: Hashable, mine: Sequence[ObjectKey], objects: Objects, freshness: Freshness, now: float
    ) -> Vitals:
        """The vitals of a spot's objects now. What is not well is looked at each time: its events tell more."""
        made_of = (mine, freshness.blind, *_below(mine, objects))
        known = self._known.get(spot)
        if known is not None and now - known.at < _KEPT and _same(known.made_of, made_of):
            return known.vitals
        healths = tuple(_state(key, objects, freshness, now) for key in mine)
        vitals = Vitals(healths, _first_cause(mine, healths, objects, now), running_images(mine, objects))
        if all(health.status is HealthStatus.HEALTHY for health in healths):
            if len(self._known) > _MANY:
                self._known.clear()
            self._known[spot] = _Known(vitals, made_of, now)
        else:
            self._known.pop(spot, None)
        return vitals


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether both are made of the very same objects: what changes is replaced, never written to."""
    return (
        len(one) == len(other) and one[:2] == other[:2] and all(a is b for a, b in zip(one[2:], other[2:], strict=True))
    )


def _below(mine: Sequence[ObjectKey], objects: Objects) -> Iterator[Any]:
    """The objects, and the groups of what each owns, down to the pods."""
    for key in mine:
        manifest = objects.get(key)
        yield manifest
        if manifest is None:
            yield objects.visible(key.group, key.kind, key.namespace)
            continue
        owned = objects.owned(uid(manifest))
        yield owned
        for child in owned:
            if string(child, "kind") != "Pod":
                yield objects.owned(uid(child))


def _state(key: ObjectKey, objects: Objects, freshness: Freshness, now: float) -> Health:
    manifest = objects.get(key)
    if manifest is not None:
        return verdict(manifest, objects, now)
    if not objects.visible(key.group, key.kind, key.namespace):
        hidden = key.kind in freshness.blind
        return Health(HealthStatus.UNKNOWN, f"{key.kind} {HIDDEN if hidden else 'is being read'}")
    return Health(HealthStatus.MISSING, f"{key} is not there")


def _first_cause(mine: Sequence[ObjectKey], healths: Sequence[Health], objects: Objects, now: float) -> Cause | None:
    """The first cause among the objects that are not well, the worst first."""
    sick = [
        (health.status.rank, key)
        for key, health in zip(mine, healths, strict=True)
        if health.status in (HealthStatus.DEGRADED, HealthStatus.PROGRESSING)
    ]
    for _, key in sorted(sick, key=lambda pair: -pair[0]):
        found = cause(key, objects, now)
        if found is not None:
            return found
    return None
