"""What Flux's controllers tell of their objects: conditions and fields of the status."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from liftlock.cluster.health.reading import mapping, string
from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey
from liftlock.sandbox.objects import Objects
from liftlock.sandbox.owning import condition

_REQUESTED = "reconcile.fluxcd.io/requestedAt"


class Told:
    """Writes statuses where they differ."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def status(
        self,
        one: ObjectKey,
        conditions: Sequence[tuple[str, str, str, str]],
        *,
        without: Collection[str] = (),
        observed: Any = None,
        **fields: Any,
    ) -> None:
        """Set these conditions (type, status, reason, message) and fields, take conditions away, keep the rest.

        `observed` is the generation that this is about, the present one when it is not given.
        """
        manifest = self._objects.get(one)
        if manifest is None:
            return
        old = mapping(manifest, "status")
        generation = observed or manifest["metadata"].get("generation", 1)
        now = self._objects.now()
        made = [{**condition(old, *one, now), "observedGeneration": generation} for one in conditions]
        names = {one["type"] for one in made} | set(without)
        kept = [dict(one) for one in old.get("conditions") or () if one["type"] not in names]
        self._objects.set_status(one, {**old, "observedGeneration": generation, "conditions": [*made, *kept], **fields})


def requested(manifest: Manifest) -> str:
    """The request to look now that was not handled yet, "" when there is none."""
    asked = string(mapping(manifest, "metadata", "annotations"), _REQUESTED)
    return asked if asked != string(manifest, "status", "lastHandledReconcileAt") else ""


def handled(manifest: Manifest) -> dict[str, str]:
    """The field that says that the last request was handled."""
    asked = string(mapping(manifest, "metadata", "annotations"), _REQUESTED)
    return {"lastHandledReconcileAt": asked} if asked else {}
