"""How far a rollout is, in percent of the pods that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from liftlock.cluster.health.pods import ready
from liftlock.cluster.health.reading import behind, count, group_kind, mapping, number, string, wanted_replicas
from liftlock.cluster.health.rollouts import step
from liftlock.cluster.health.templates import DAEMON_SET, DEPLOYMENT, ROLLOUT, STATEFUL_SET, Current, newest_replica_set
from liftlock.cluster.health.verdicts import has_states, judge
from liftlock.cluster.health.view import View, view_of
from liftlock.cluster.objects import Kind, Manifest, Objects
from liftlock.model.diff import ObjectKey
from liftlock.model.health import HealthStatus


def progress(keys: Iterable[ObjectKey], objects: Objects, now: float | None = None) -> int:
    """How far these objects are, in percent: the mean, weighted by the pods that each wants.

    Other kinds weigh as one pod and are done when healthy; those that are done once they are stored (ConfigMaps,
    roles) do not count. 100 only when all are done.
    """
    view = view_of(objects, now)
    total = weighed = 0
    for key in dict.fromkeys(keys):
        manifest = objects.get(key)
        if manifest is None:
            if has_states((key.group, key.kind)) and objects.visible(key.group, key.kind, key.namespace):
                total += 1
            continue
        kind = group_kind(manifest)
        if has_states(kind) or view.once(judge, manifest).status is not HealthStatus.HEALTHY:
            weight = _weight(manifest)
            total += weight
            weighed += weight * percent(manifest, view)
    return weighed // total if total else 100


def _weight(manifest: Manifest) -> int:
    kind = group_kind(manifest)
    if kind == DAEMON_SET:
        return max(1, count(manifest, "status", "desiredNumberScheduled"))
    return max(1, wanted_replicas(manifest)) if kind in (DEPLOYMENT, STATEFUL_SET, ROLLOUT) else 1


def percent(manifest: Manifest, view: View) -> int:
    """How far one object is. 99 at most while it is not healthy."""
    status = view.once(judge, manifest).status
    if status is HealthStatus.HEALTHY:
        return 100
    if behind(manifest):
        return 0
    rule = _RULES.get(group_kind(manifest))
    if rule is not None:
        return min(99, rule(manifest, view))
    # What is suspended on purpose (a CronJob) is not waited for.
    return 100 if status is HealthStatus.SUSPENDED else 0


def _halves(updated: int, up: int, wanted: int) -> int:
    """Half for pods of the new template that exist, half for those that are up."""
    if wanted <= 0:
        return 99
    return round(100 * (min(max(updated, 0), wanted) + min(max(up, 0), wanted)) / (2 * wanted))


def _deployment(manifest: Manifest, view: View) -> int:
    newest = newest_replica_set(manifest, view.objects)
    # The Deployment's own count holds the old pods too.
    up = count(newest, "status", "availableReplicas")
    return _halves(count(manifest, "status", "updatedReplicas"), up, wanted_replicas(manifest))


def _stateful_set(manifest: Manifest, view: View) -> int:
    partition = number(manifest, "spec", "updateStrategy", "rollingUpdate", "partition") or 0
    due = max(0, wanted_replicas(manifest) - max(0, partition))
    up = sum(ready(pod) for pod in Current(manifest, view.objects).pods())
    updated = count(manifest, "status", "updatedReplicas")
    if string(manifest, "status", "currentRevision") == string(manifest, "status", "updateRevision"):
        updated, up = count(manifest, "status", "replicas"), count(manifest, "status", "readyReplicas")
    return _halves(updated, up, due)


def _daemon_set(manifest: Manifest, view: View) -> int:
    status = mapping(manifest, "status")
    wanted, updated = count(status, "desiredNumberScheduled"), count(status, "updatedNumberScheduled")
    up = sum(ready(pod) for pod in Current(manifest, view.objects).pods())
    return _halves(updated, up, wanted)


def _rollout(manifest: Manifest, view: View) -> int:
    if (done := step(manifest)) is not None:
        return round(100 * done[0] / done[1])
    status = mapping(manifest, "status")
    up = count(newest_replica_set(manifest, view.objects), "status", "availableReplicas")
    return _halves(count(status, "updatedReplicas"), up, wanted_replicas(manifest))


_RULES: dict[Kind, Callable[[Manifest, View], int]] = {
    DEPLOYMENT: _deployment,
    STATEFUL_SET: _stateful_set,
    DAEMON_SET: _daemon_set,
    ROLLOUT: _rollout,
}
