"""Whether live objects are as Git says at the applied revision: seen from what is heard anyway, without asking.

The exact answer, by the server's own dry run, is made when somebody looks at it; this one is for the board.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from liftlock.cluster.livediff.schema import schema_of
from liftlock.cluster.livediff.structural import last_applied, predicted
from liftlock.cluster.objects import Objects
from liftlock.diffing import field_changes
from liftlock.live.naming import key_of
from liftlock.live.spots import Spot
from liftlock.model.diff import FieldChange, ObjectKey
from liftlock.model.live import Controller
from liftlock.values import dataclass

Manifest = Mapping[str, Any]
# What is told of a Secret is that it is there: its values never are.
_UNTOLD = frozenset({("", "Secret")})


@dataclass(frozen=True, slots=True)
class Drifted:
    """How many fields differ, the first of them, and whether Git has moved on since the last apply instead.

    `behind` is told only where no controller says what it applied: the note of the apply is all there is.
    """

    count: int = 0
    first: str = ""
    behind: bool = False


def drifted(wanted: Sequence[Manifest], spot: Spot, objects: Objects) -> Drifted:
    """The fields of live objects that an apply of the wanted ones would change."""
    server_side = any(d.server_side for d in spot.deliveries)
    count, first, behind = 0, "", False
    noted_alone = not any(d.applied for d in spot.deliveries)
    booted = any(d.controller is Controller.JENKINSX for d in spot.deliveries)
    scaled = _scaled(wanted, spot, objects)
    for manifest in wanted:
        key = key_of(manifest, spot.namespace)
        live = objects.get(key)
        if live is None or (key.group, key.kind) in _UNTOLD:
            continue
        noted = last_applied(live)
        schema = schema_of(key.group, key.kind)
        if booted and noted:
            # A boot Job renders the releases anew, and commits that after it was applied: its note is ahead of Git.
            manifest = noted
        made = predicted(live, manifest, noted or manifest, schema, server_side=server_side)
        found = _apart(live, made, scaled=key in scaled)
        count += len(found)
        if found and not first:
            one = found[0]
            first = f"{key.kind} {key.name} {one.path}: {one.old or 'absent'}, Git says {one.new or 'absent'}"
        if noted and noted_alone and not behind:
            # What was applied last, applied again, would give something else than what Git says now.
            behind = bool(_apart(predicted(live, noted, noted, schema, server_side=False), made))
    return Drifted(count, first, behind)


def unlike(wanted: Sequence[Manifest], spot: Spot, objects: Objects) -> frozenset[ObjectKey]:
    """The objects that are not live yet as they are wanted: missing, or with another value in a field that is named."""
    server_side = any(d.server_side for d in spot.deliveries)
    scaled = _scaled(wanted, spot, objects)
    found = set()
    for manifest in wanted:
        key = key_of(manifest, spot.namespace)
        live = objects.get(key)
        if live is None:
            if objects.visible(key.group, key.kind, key.namespace):
                found.add(key)
            continue
        if (key.group, key.kind) in _UNTOLD:
            continue
        made = predicted(live, manifest, manifest, schema_of(key.group, key.kind), server_side=server_side)
        if _apart(live, made, scaled=key in scaled):
            found.add(key)
    return frozenset(found)


def _apart(live: Manifest, made: Manifest, *, scaled: bool = False) -> list[FieldChange]:
    """The fields that an apply would change; an empty mapping where there is none says nothing."""
    return [
        field
        for field in field_changes(dict(live), dict(made))
        if not (field.old is None and field.new in ("{}", "[]")) and not (scaled and field.path == "spec.replicas")
    ]


def _scaled(wanted: Sequence[Manifest], spot: Spot, objects: Objects) -> frozenset[ObjectKey]:
    """The workloads that an autoscaler sets the replicas of."""
    found = set()
    for scaler in (*wanted, *objects.of("autoscaling", "HorizontalPodAutoscaler")):
        if scaler.get("kind") not in ("HorizontalPodAutoscaler", "ScaledObject"):
            continue
        of = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
        group = str(of.get("apiVersion", "")).rpartition("/")[0]
        namespace = str((scaler.get("metadata") or {}).get("namespace") or spot.namespace)
        found.add(ObjectKey(group or "apps", str(of.get("kind", "Deployment")), namespace, str(of.get("name", ""))))
    return frozenset(found)
