"""The first cause of an object's not coming up, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from liftlock.cluster.health import flux, workloadcauses
from liftlock.cluster.health.controllercauses import (
    application_cause,
    conditions_cause,
    deletion_cause,
    flux_cause,
)
from liftlock.cluster.health.podcauses import claim_cause, pod_cause
from liftlock.cluster.health.reading import address, deleted, group_kind, line
from liftlock.cluster.health.verdicts import judge
from liftlock.cluster.health.view import View, view_of
from liftlock.cluster.objects import Kind, Manifest, Objects
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Cause, Gravity, HealthStatus

_Finder = Callable[[Manifest, View], Cause | None]

_FINDERS: dict[Kind, _Finder] = {
    ("", "Pod"): pod_cause,
    ("apps", "Deployment"): workloadcauses.deployment_cause,
    ("apps", "ReplicaSet"): workloadcauses.replica_set_cause,
    ("", "ReplicationController"): workloadcauses.replica_set_cause,
    ("apps", "StatefulSet"): workloadcauses.stateful_set_cause,
    ("apps", "DaemonSet"): workloadcauses.daemon_set_cause,
    ("batch", "Job"): workloadcauses.job_cause,
    ("batch", "CronJob"): workloadcauses.cron_job_cause,
    ("argoproj.io", "Rollout"): workloadcauses.rollout_cause,
    ("", "PersistentVolumeClaim"): claim_cause,
}
_LINES = 20
# An app of apps of apps; more is a circle.
_DEEPEST = 4


def cause(of: ObjectKey | Manifest, objects: Objects, now: float | None) -> Cause | None:
    """Why the object does not come up, as one sentence; None when it is healthy, not there, or nothing is seen yet.

    For a workload only the pods of its newest template count. A controller's object (Kustomization, HelmRelease,
    Application) is followed to the object that it waits for or that it brought. `key` is where the cause lies, often
    a pod. The gravity says whether waiting can help.
    """
    manifest = objects.get(of) if isinstance(of, ObjectKey) else of
    return None if manifest is None else find(manifest, view_of(objects, now))


def find(manifest: Manifest, view: View, deep: int = _DEEPEST) -> Cause | None:
    """`cause` for one who has a view."""
    if deleted(manifest):
        return deletion_cause(manifest, view)
    kind = group_kind(manifest)
    controller = flux.is_flux(manifest) or kind == ("argoproj.io", "Application")
    health = view.once(judge, manifest)
    if not controller and health.status is HealthStatus.HEALTHY:
        return None

    def follow(key: ObjectKey) -> Cause | None:
        found = view.objects.get(key) if deep and key != address(manifest) else None
        return None if found is None else find(found, view, deep - 1)

    if kind == ("argoproj.io", "Application"):
        return application_cause(manifest, view, follow)
    if flux.is_flux(manifest):
        return flux_cause(manifest, view, follow)
    found = _FINDERS.get(kind, conditions_cause)(manifest, view)
    if found is None and health.status is HealthStatus.SUSPENDED:
        return workloadcauses.caused(manifest, health.message, "Suspended", Gravity.SUSPECT)
    return found


def with_lines(cause: Cause, lines: Iterable[str]) -> Cause:
    """The cause with the last lines of a log, clean for display."""
    kept = [text for text in (line(one) for one in lines) if text][-_LINES:]
    return replace(cause, lines=tuple(kept))
