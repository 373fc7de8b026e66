"""Applying manifests to the embedded cluster, server-side or as kubectl does it, and deleting what went."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from liftlock.cluster.health import verdict
from liftlock.cluster.livediff.ownership import LAST_APPLIED
from liftlock.cluster.livediff.schema import schema_of
from liftlock.cluster.livediff.structural import last_applied, predicted
from liftlock.cluster.livediff.threeway import same, three_way
from liftlock.cluster.objects import Manifest, key
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Health
from liftlock.sandbox import patching
from liftlock.sandbox.objects import Objects
from liftlock.sandbox.refusing import Refusal

_SERVED_FIRST = ("CustomResourceDefinition", "Namespace", "ServiceAccount", "ConfigMap", "Secret")


class Refused(Exception):
    """The cluster refused an object; it says which one and why."""


def in_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """What others need first, else as given."""
    order = {kind: place for place, kind in enumerate(_SERVED_FIRST)}
    return sorted(manifests, key=lambda m: order.get(str(m.get("kind")), len(order)))


def server_side(objects: Objects, manifests: Sequence[Manifest], manager: str) -> list[ObjectKey]:
    """Apply all of them with server-side apply; what they are. Raises Refused, at the first that is not taken."""
    return [_taken(objects, m, functools.partial(objects.apply, m, manager=manager)) for m in in_order(manifests)]


def client_side(objects: Objects, manifests: Sequence[Manifest], manager: str) -> list[ObjectKey]:
    """Apply all of them as `kubectl apply` does without --server-side. Raises Refused."""
    return [_taken(objects, m, functools.partial(_one, objects, m, manager)) for m in in_order(manifests)]


def _taken(objects: Objects, manifest: Manifest, apply: Callable[[], object]) -> ObjectKey:
    at = placed(objects, manifest)
    try:
        apply()
    except Refusal as refusal:
        raise Refused(f"{at.kind}/{at.namespace}/{at.name}: {refusal}") from refusal
    return at


def _one(objects: Objects, manifest: Manifest, manager: str) -> None:
    at = placed(objects, manifest)
    old = objects.get(at)
    told = json.dumps(manifest, separators=(",", ":"), sort_keys=True) + "\n"
    metadata = manifest.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), LAST_APPLIED: told}
    wanted = {**manifest, "metadata": {**metadata, "annotations": annotations}}
    if old is None:
        objects.put(wanted, manager=manager)
        return
    patch = three_way(last_applied(old), wanted, old, schema_of(at.group, at.kind))
    if patch:
        objects.replace(at, patching.strategic(old, patch, at.group, at.kind), manager=manager)


def placed(objects: Objects, manifest: Manifest) -> ObjectKey:
    """Where an object lands: those of the whole cluster in no namespace. Raises Refused for a kind that is unknown."""
    at = key(manifest)
    try:
        namespaced = objects.served(at.group, at.kind).resource.namespaced
    except Refusal as refusal:
        raise Refused(f'no matches for kind "{at.kind}" in version "{manifest.get("apiVersion")}"') from refusal
    return ObjectKey(at.group, at.kind, (at.namespace or "default") if namespaced else "", at.name)


def pruned(objects: Objects, before: Iterable[ObjectKey], now: Iterable[ObjectKey]) -> list[ObjectKey]:
    """Delete what was applied before and is not now; what that was."""
    kept = set(now)
    gone = [at for at in before if at not in kept and objects.get(at) is not None]
    for at in gone:
        objects.delete(at)
    return gone


def differing(objects: Objects, manifests: Iterable[Manifest]) -> dict[ObjectKey, bool]:
    """Each object, and whether a client-side apply would change it."""
    found: dict[ObjectKey, bool] = {}
    for manifest in manifests:
        at = placed(objects, manifest)
        live = objects.get(at)
        if live is None:
            found[at] = True
            continue
        made = predicted(live, manifest, last_applied(live), schema_of(at.group, at.kind), server_side=False)
        found[at] = not same(_compared(made), _compared(live))
    return found


def _compared(manifest: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {
        name: value
        for name, value in (manifest.get("metadata") or {}).items()
        if name not in ("managedFields", "resourceVersion", "generation")
    }
    annotations = {n: v for n, v in (metadata.get("annotations") or {}).items() if n != LAST_APPLIED}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}, "status": {}}


def healths(objects: Objects, keys: Iterable[ObjectKey], now: float) -> dict[ObjectKey, Health]:
    """The verdict on each object that is there."""
    return {at: verdict(found, objects, now) for at in keys if (found := objects.get(at)) is not None}
