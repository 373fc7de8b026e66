"""From the objects that Git names down to the pods, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from liftlock.cluster.health.causes import find
from liftlock.cluster.health.notes import note
from liftlock.cluster.health.podcauses import pod_cause
from liftlock.cluster.health.reading import address, created, group_kind, shown_key, string, uid
from liftlock.cluster.health.templates import (
    DEPLOYMENT,
    JOB,
    POD,
    REPLICA_SET,
    ROLLOUT,
    WORKLOADS,
    Current,
    owned,
    pod_hash,
    template_images,
)
from liftlock.cluster.health.verdicts import judge
from liftlock.cluster.health.view import View, view_of
from liftlock.cluster.health.words import missing, unknown
from liftlock.cluster.objects import Manifest, Objects
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Cause, HealthStatus, LiveObject
from liftlock.text import printable

# What a person looks for first; what is not named comes after, by its name.
_USUAL = (
    "Kustomization", "HelmRelease", "Application", "ApplicationSet", "Rollout", "Deployment", "StatefulSet",
    "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod", "Service", "Ingress", "HorizontalPodAutoscaler",
    "PersistentVolumeClaim", "ConfigMap", "Secret",
)  # fmt: skip
_PLACE = {kind: place for place, kind in enumerate(_USUAL)}
# What controllers keep for themselves.
_HIDDEN = frozenset(
    {("apps", "ControllerRevision"), ("discovery.k8s.io", "EndpointSlice"), ("coordination.k8s.io", "Lease"),
     ("", "Event"), ("", "Endpoints")}
)  # fmt: skip
_DEEPEST = 8


def tree(
    roots: Iterable[ObjectKey],
    objects: Objects,
    now: float | None,
    *,
    wanted: Mapping[ObjectKey, Manifest] | None = None,
) -> tuple[LiveObject, ...]:
    """The objects of an inventory with what they own below them, down to the pods.

    `wanted` are the manifests as Git wants them: they say which images an object would have that is missing. One
    that is owned by another of the roots stands below it only. Of the ReplicaSets the newest is there, and those
    that still have pods; `current` is False for what belongs to an older template. What is not in the cluster is
    MISSING, what may not be read UNKNOWN. The worst first, then in the usual order of kinds.
    """
    view = view_of(objects, now)
    keys = tuple(dict.fromkeys(roots))
    found = {key: manifest for key in keys if (manifest := objects.get(key)) is not None}
    above = _owners(found.values(), objects)
    root_uids = {uid(manifest) for manifest in found.values()}
    made: list[LiveObject] = []
    for key in keys:
        if key not in found:
            made.append(_absent(key, objects, (wanted or {}).get(key)))
        elif not _stands_below(uid(found[key]), above, root_uids):
            made.append(_live(found[key], view, True, (), _DEEPEST))
    return _ordered(made)


def _owners(roots: Iterable[Manifest], objects: Objects) -> dict[str, str]:
    """The uid of the owner of everything below these objects."""
    above: dict[str, str] = {}
    ahead = list(roots)
    while ahead:
        owner = ahead.pop()
        for child in owned(owner, objects):
            if (mine := uid(child)) and mine not in above:
                above[mine] = uid(owner)
                ahead.append(child)
    return above


def _stands_below(mine: str, above: Mapping[str, str], roots: set[str]) -> bool:
    """Whether another root owns it; not so when ownership runs in a circle, or nobody would show it."""
    seen = {mine}
    found = False
    at = above.get(mine)
    while at is not None:
        if at in seen:
            return False
        seen.add(at)
        found = found or at in roots
        at = above.get(at)
    return found


def _absent(key: ObjectKey, objects: Objects, wanted: Manifest | None) -> LiveObject:
    images = template_images(wanted) if wanted is not None else ()
    if objects.visible(key.group, key.kind, key.namespace):
        return LiveObject(shown_key(key), missing("not in the cluster"), "not in the cluster", images=images)
    return LiveObject(shown_key(key), unknown("may not be read"), "may not be read", images=images)


def _live(manifest: Manifest, view: View, current: bool, above: tuple[str, ...], deep: int) -> LiveObject:
    kind = group_kind(manifest)
    health = view.once(judge, manifest)
    template = Current(manifest, view.objects) if kind in WORKLOADS else None
    return LiveObject(
        key=shown_key(address(manifest)),
        health=health,
        note=_note(manifest, view),
        cause=_cause(manifest, health.status, view, current),
        images=template_images(manifest),
        revision=printable(pod_hash(manifest) or (template.revision if template is not None else "")),
        current=current,
        created=created(manifest),
        uid=printable(uid(manifest)),
        children=_children(manifest, template, view, current, (*above, uid(manifest)), deep) if deep else (),
    )


def _note(manifest: Manifest, view: View) -> str:
    said = note(manifest, view)
    space = string(manifest, "metadata", "namespace")
    if group_kind(manifest) in WORKLOADS - {POD} and not view.objects.visible(*POD, space):
        return f"{said}, its pods may not be read" if said else "its pods may not be read"
    return said


def _cause(manifest: Manifest, status: HealthStatus, view: View, current: bool) -> Cause | None:
    if status is HealthStatus.HEALTHY or not current:
        return None
    return pod_cause(manifest, view) if group_kind(manifest) == POD else find(manifest, view)


def _children(
    manifest: Manifest, template: Current | None, view: View, current: bool, above: tuple[str, ...], deep: int
) -> tuple[LiveObject, ...]:
    children = [
        child for child in owned(manifest, view.objects) if group_kind(child) not in _HIDDEN and uid(child) not in above
    ]
    if group_kind(manifest) in (DEPLOYMENT, ROLLOUT) and template is not None:
        children = [child for child in children if _kept(child, template, view)]
    made = [_live(child, view, current and _is_current(child, template), above, deep - 1) for child in children]
    return _ordered(made)


def _kept(child: Manifest, template: Current, view: View) -> bool:
    """A ReplicaSet without pods is of interest only while it is the newest."""
    if group_kind(child) != REPLICA_SET or template.has_set(child):
        return True
    return any(group_kind(pod) == POD for pod in owned(child, view.objects))


def _is_current(child: Manifest, template: Current | None) -> bool:
    if template is None or group_kind(child) not in WORKLOADS:
        return True
    if group_kind(child) == REPLICA_SET:
        return template.has_set(child)
    return template.has_job(child) if group_kind(child) == JOB else template.has(child)


def _ordered(made: list[LiveObject]) -> tuple[LiveObject, ...]:
    return tuple(sorted(made, key=_order))


def _order(one: LiveObject) -> tuple[int, bool, int, ObjectKey]:
    return -_worst_rank(one), not one.current, _PLACE.get(one.key.kind, len(_USUAL)), one.key


def _worst_rank(one: LiveObject) -> int:
    """How bad it stands with an object and with what is current below it: an app whose new pods crash goes first,
    though its Deployment is still in progress.
    """
    below = (_worst_rank(child) for child in one.children if child.current)
    return max(one.health.status.rank, max(below, default=0))
