"""Which pods belong to the template that a workload has now.

A rollout is judged by the pods of the new template alone: those of the old one say how things were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from liftlock.cluster.health.reading import (
    at,
    behind,
    controller_of,
    count,
    created,
    group_kind,
    mapping,
    mappings,
    number,
    string,
    uid,
)
from liftlock.cluster.objects import Manifest, Objects
from liftlock.text import printable

HASH = "pod-template-hash"
REVISION_HASH = "controller-revision-hash"
ROLLOUT_HASH = "rollouts-pod-template-hash"
_REVISION = ("metadata", "annotations", "deployment.kubernetes.io/revision")
_ROLLOUT_REVISION = ("metadata", "annotations", "rollout.argoproj.io/revision")
# A DaemonSet counts its templates itself; the API server raises the number with the change of the template.
_COUNTED = ("metadata", "annotations", "deprecated.daemonset.template.generation")
_COUNTED_LABEL = "pod-template-generation"

POD = ("", "Pod")
DEPLOYMENT = ("apps", "Deployment")
REPLICA_SET = ("apps", "ReplicaSet")
STATEFUL_SET = ("apps", "StatefulSet")
DAEMON_SET = ("apps", "DaemonSet")
JOB = ("batch", "Job")
CRON_JOB = ("batch", "CronJob")
ROLLOUT = ("argoproj.io", "Rollout")
WORKLOADS = frozenset(
    {POD, DEPLOYMENT, REPLICA_SET, ("", "ReplicationController"), STATEFUL_SET, DAEMON_SET, JOB, CRON_JOB, ROLLOUT}
)
_DEEPEST = 5


def template(manifest: Manifest) -> Mapping[str, Any]:
    """The pod template of a workload; a Pod is its own."""
    kind = group_kind(manifest)
    if kind == POD:
        return manifest
    if kind == CRON_JOB:
        return mapping(manifest, "spec", "jobTemplate", "spec", "template")
    return mapping(manifest, "spec", "template")


def template_images(manifest: Manifest) -> tuple[str, ...]:
    """The images that the pod template names, those that initialise last; clean for display."""
    spec = mapping(template(manifest), "spec")
    containers = (*mappings(spec, "containers"), *mappings(spec, "initContainers"))
    return tuple(dict.fromkeys(printable(image) for c in containers if (image := string(c, "image"))))


def owned(manifest: Manifest, objects: Objects) -> Iterable[Manifest]:
    """What the object controls; nothing when it has no uid."""
    return objects.owned(mine) if (mine := uid(manifest)) else ()


def replica_sets(workload: Manifest, objects: Objects) -> list[Manifest]:
    """The ReplicaSets of a Deployment or a Rollout, the newest first."""
    found = [o for o in owned(workload, objects) if group_kind(o) == REPLICA_SET]
    return sorted(found, key=lambda o: (_revision(o), created(o) or 0.0), reverse=True)


def _revision(manifest: Manifest) -> int:
    found = number(manifest, *_REVISION)
    return found if found is not None else count(manifest, *_ROLLOUT_REVISION)


def newest_replica_set(workload: Manifest, objects: Objects) -> Manifest | None:
    """The ReplicaSet that holds the template which the Deployment or Rollout has now, None before it is made.

    For a Deployment it is the one whose template equals the Deployment's, as its controller finds it; the revision
    annotation would name the former one until the controller has seen the change, and as long as the Deployment is
    paused. Where none is equal (a webhook writes into ReplicaSets), the annotation decides once the change was seen.
    """
    found = replica_sets(workload, objects)
    if group_kind(workload) == ROLLOUT:
        wanted = string(workload, "status", "currentPodHash")
        same = [o for o in found if wanted and string(o, "metadata", "labels", ROLLOUT_HASH) == wanted]
        return None if behind(workload) else next(iter(same), None)
    mine = _plain(template(workload))
    equal = [o for o in found if _plain(template(o)) == mine]
    if equal:
        return min(equal, key=lambda o: created(o) or 0.0)
    seen = number(workload, "status", "observedGeneration") is not None and not behind(workload)
    seen = seen and at(workload, "spec", "paused") is not True
    revision = _revision(workload)
    return next((o for o in found if seen and revision and _revision(o) == revision), None)


def _plain(of: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """A template without what the controllers add to it."""
    labels = {k: v for k, v in mapping(of, "metadata", "labels").items() if k not in (HASH, ROLLOUT_HASH)}
    return labels, dict(mapping(of, "metadata", "annotations")), of.get("spec")


def pods_of(workload: Manifest, objects: Objects) -> tuple[Manifest, ...]:
    """All pods under a workload, whatever their template."""
    return tuple(_pods(workload, objects, _DEEPEST, set()))


def _pods(manifest: Manifest, objects: Objects, deep: int, seen: set[str]) -> Iterator[Manifest]:
    if group_kind(manifest) == POD:
        yield manifest
    elif deep and (mine := uid(manifest)) not in seen:
        seen.add(mine)
        for child in owned(manifest, objects):
            yield from _pods(child, objects, deep - 1, seen)


class Current:
    """The template that a workload has now. `revision` is the hash that its pods carry, "" when it is not known."""

    def __init__(self, workload: Manifest, objects: Objects) -> None:
        self._kind = group_kind(workload)
        self._workload = workload
        self._objects = objects
        self.replica_set: Manifest | None = None
        self.revision = ""
        if self._kind in (DEPLOYMENT, ROLLOUT):
            self.replica_set = newest_replica_set(workload, objects)
            self.revision = pod_hash(self.replica_set) if self.replica_set is not None else ""
        elif self._kind == STATEFUL_SET and not behind(workload):
            self.revision = string(workload, "status", "updateRevision")
        elif self._kind == DAEMON_SET and not behind(workload):
            self.revision = _newest_revision(workload, objects)

    def has(self, pod: Manifest) -> bool:
        """Whether the pod was made from it."""
        if self._kind in (DEPLOYMENT, ROLLOUT):
            return self.replica_set is not None and controller_of(pod) == uid(self.replica_set) != ""
        if self._kind == STATEFUL_SET:
            return bool(self.revision) and pod_hash(pod) == self.revision
        if self._kind == DAEMON_SET:
            # As the DaemonSet's controller does: one of both is enough.
            counted = string(self._workload, *_COUNTED)
            same = bool(counted) and string(pod, "metadata", "labels", _COUNTED_LABEL) == counted
            return same or (bool(self.revision) and pod_hash(pod) == self.revision)
        if self._kind == CRON_JOB:
            mine = controller_of(pod)
            jobs = (o for o in owned(self._workload, self._objects) if uid(o) == mine != "")
            return any(self.has_job(job) for job in jobs)
        return True  # the template of a Job or a Pod cannot change; a ReplicaSet replaces no pods

    def has_set(self, replica_set: Manifest) -> bool:
        """Whether it is the ReplicaSet of this template."""
        return self.replica_set is not None and uid(replica_set) == uid(self.replica_set)

    def has_job(self, job: Manifest) -> bool:
        """Whether a CronJob made the Job from it."""
        return self._kind != CRON_JOB or template_images(job) == template_images(self._workload)

    def pods(self) -> tuple[Manifest, ...]:
        """The pods that were made from it."""
        return tuple(pod for pod in pods_of(self._workload, self._objects) if self.has(pod))


def newest_job(cron_job: Manifest, objects: Objects) -> Manifest | None:
    """The Job that a CronJob made last."""
    jobs = [o for o in owned(cron_job, objects) if group_kind(o) == JOB]
    return max(jobs, key=lambda o: created(o) or 0.0, default=None)


def _newest_revision(workload: Manifest, objects: Objects) -> str:
    found = [o for o in owned(workload, objects) if group_kind(o) == ("apps", "ControllerRevision")]
    newest = max(found, key=lambda o: count(o, "revision"), default=None)
    return "" if newest is None else string(newest, "metadata", "labels", REVISION_HASH)


def pod_hash(manifest: Manifest) -> str:
    """What tells the templates of pods and ReplicaSets apart: the label that the controller puts there."""
    labels = mapping(manifest, "metadata", "labels")
    return next((v for name in (ROLLOUT_HASH, HASH, REVISION_HASH) if (v := string(labels, name))), "")


def is_current(pod: Manifest, workload: Manifest, objects: Objects) -> bool:
    """Whether the pod was made from the template that the workload has now.

    False while the controller has not seen the newest template: until then every pod is of an older one.
    """
    return Current(workload, objects).has(pod)


def current_pods(workload: Manifest, objects: Objects) -> tuple[Manifest, ...]:
    """The pods that were made from the template that the workload has now."""
    return Current(workload, objects).pods()
