"""What a difference means: restarts, dangers, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from liftlock.model.diff import FieldChange, ObjectKey

Manifest = Mapping[str, Any]
_ROLLING = frozenset(
    {("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("argoproj.io", "Rollout")}
)
_SCALED = frozenset(
    {("apps", "Deployment"), ("apps", "StatefulSet"), ("argoproj.io", "Rollout"), ("apps", "ReplicaSet")}
)
_CRD = "CustomResourceDefinition"


def template_changes(key: ObjectKey, live: Manifest, merged: Manifest) -> bool:
    """Whether the pod template changes."""
    if (key.group, key.kind) not in _ROLLING:
        return False
    return _spec(live).get("template") != _spec(merged).get("template")


def restarts(key: ObjectKey, live: Manifest, merged: Manifest) -> bool:
    """Whether pods are replaced: the template changed, and there are pods that follow it."""
    if not template_changes(key, live, merged):
        return False
    return not why_no_restart(key, merged)


def why_no_restart(key: ObjectKey, merged: Manifest) -> str:
    """Why a changed template replaces no pod by itself, "" when it does."""
    spec = _spec(merged)
    if spec.get("paused"):
        return "it is paused: its pods are replaced when it goes on"
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return "its pods are replaced when they are deleted (OnDelete)"
    if key.kind != "DaemonSet" and spec.get("replicas") == 0:
        return "it has no pods to restart"
    return ""


def notes(key: ObjectKey, live: Manifest, merged: Manifest) -> list[str]:
    """What else is worth knowing of a change."""
    found = []
    if template_changes(key, live, merged) and (why := why_no_restart(key, merged)):
        found.append(why)
    if (key.group, key.kind) in _SCALED:
        before, after = _spec(live).get("replicas"), _spec(merged).get("replicas")
        if after == 0 and before != 0:
            found.append("it is scaled to 0: nothing of it runs any more")
    if (key.group, key.kind) == ("batch", "CronJob") and _spec(live) != _spec(merged):
        found.append("it takes effect with its next run")
    if not key.group and key.kind in ("ConfigMap", "Secret"):
        found.append("a change of it restarts nothing by itself")
    return found


def change_dangers(key: ObjectKey, live: Manifest, merged: Manifest) -> list[str]:
    """What a change cuts off or cannot undo."""
    found = []
    before, after = _spec(live), _spec(merged)
    if not key.group and key.kind == "Service":
        if before.get("selector") != after.get("selector") and before.get("selector"):
            found.append(f"{key}: its selector changes, so other pods get its traffic")
        if before.get("clusterIP") and before.get("clusterIP") != after.get("clusterIP"):
            found.append(f"{key}: its cluster IP changes")
    if key.kind == _CRD:
        served = {v.get("name") for v in before.get("versions") or () if v.get("served")}
        still = {v.get("name") for v in after.get("versions") or () if v.get("served")}
        found += [f"{key}: version {name} is no longer served" for name in sorted(served - still)]
    return found


def deletion_dangers(key: ObjectKey, live: Manifest | None) -> list[str]:
    """What is lost with an object that is deleted."""
    spec = _spec(live or {})
    if key.kind == "PersistentVolumeClaim" and not key.group:
        return [f"{key} is deleted, and its data with it unless its volume is retained"]
    if key.kind == "PersistentVolume" and not key.group:
        return [f"{key} is deleted"]
    if key.kind == "Namespace" and not key.group:
        return [f"{key} is deleted, and everything in it"]
    if key.kind == _CRD:
        kind = (spec.get("names") or {}).get("kind") or "resource"
        return [f"{key} is deleted, and every {kind} in the cluster with it"]
    if key.kind == "StatefulSet" and spec.get("volumeClaimTemplates"):
        kept = (spec.get("persistentVolumeClaimRetentionPolicy") or {}).get("whenDeleted", "Retain") == "Retain"
        return [f"{key} is deleted; its volumes {'stay' if kept else 'are deleted with it'}"]
    return []


def fixed_fields(key: ObjectKey, named: Sequence[str], changes: Sequence[FieldChange]) -> tuple[str, ...]:
    """The fields that cannot change, as precisely as the difference tells.

    A StatefulSet's refusal names only `spec`, with the fields that could change.
    """
    exact = []
    for name in named:
        below = [c.path for c in changes if c.path == name or c.path.startswith((f"{name}.", f"{name}["))]
        if name == "spec" and key.kind == "StatefulSet":
            below = [path for path in below if not path.startswith(_FREE)]
        short = list(dict.fromkeys(_depth(path) for path in below)) if name == "spec" else [name]
        exact += short or [name]
    return tuple(dict.fromkeys(exact))


# What may change in place in a StatefulSet (Kubernetes 1.37's own message).
_FREE = (
    "spec.replicas",
    "spec.ordinals",
    "spec.template",
    "spec.updateStrategy",
    "spec.revisionHistoryLimit",
    "spec.persistentVolumeClaimRetentionPolicy",
    "spec.minReadySeconds",
)


def _depth(path: str) -> str:
    """The first two steps of a path."""
    head, _, rest = path.partition(".")
    return f"{head}.{rest.partition('.')[0].partition('[')[0]}" if rest else head


def _spec(manifest: Manifest) -> Mapping[str, Any]:
    spec = manifest.get("spec")
    return spec if isinstance(spec, Mapping) else {}
