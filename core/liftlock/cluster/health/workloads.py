"""Verdicts on Deployments, ReplicaSets, StatefulSets and DaemonSets."""

from __future__ import annotations

from liftlock.clock import age
from liftlock.cluster.health.reading import (
    at,
    condition,
    count,
    mapping,
    number,
    string,
    wanted_replicas,
)
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import BOTH, ENGINE, KSTATUS, OWN, degraded, healthy, progressing, suspended
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Health
from liftlock.text import plural

_NO_DEADLINE = 2**31 - 1
_USUAL_DEADLINE = 600


def deployment(manifest: Manifest, view: View) -> Health:
    """Verdict on a Deployment.

    The counting is kstatus's, which also asks for readyReplicas and the conditions Available and Progressing
    (gitops-engine takes kubectl's three counts alone). Where they differ, or say too little:

    - `spec.paused`: SUSPENDED as gitops-engine has it; kstatus would say in progress for ever, and a person has to
      know that nothing rolls out until somebody resumes it;
    - `ReplicaFailure` while pods are lacking (quota, admission): DEGRADED with its message, as gitops-engine says of
      the ReplicaSet; both would keep the Deployment in progress until its deadline, ten minutes later;
    - a rollout that was complete and lost pods has no deadline any more, so both would say in progress for ever:
      DEGRADED once Available=False is as old as the deadline. This one is liftlock's.
    """
    if at(manifest, "spec", "paused") is True:
        return suspended("paused: nothing rolls out until it is resumed")
    wanted = wanted_replicas(manifest)
    deadline = number(manifest, "spec", "progressDeadlineSeconds")
    progress = condition(manifest, "Progressing")
    available = condition(manifest, "Available")
    if progress is not None and progress.reason == "ProgressDeadlineExceeded":
        return degraded(progress.says)
    health = _counted(manifest, wanted)
    if health is None:
        complete = progress is not None and progress.true and progress.reason == "NewReplicaSetAvailable"
        if not complete and deadline not in (None, _NO_DEADLINE):
            return progressing("the new ReplicaSet is not known to be available yet", KSTATUS)
        if available is None or not available.true:
            return progressing("not available yet", KSTATUS)
        return healthy("scaled to 0" if not wanted else "")
    failure = condition(manifest, "ReplicaFailure")
    if failure is not None and failure.true:
        return degraded(failure.says, ENGINE)
    lost = progress is not None and progress.reason == "NewReplicaSetAvailable"
    if lost and available is not None and available.false and view.now is not None and available.at is not None:
        limit = _USUAL_DEADLINE if deadline in (None, _NO_DEADLINE) else deadline or 0
        if view.older(available.at, limit):
            return degraded(f"{health.message}, not available for {age(view.now - available.at)}", OWN)
    return health


def _counted(manifest: Manifest, wanted: int) -> Health | None:
    """What the counts say, None when all of them are as wanted (kstatus; kubectl's rollout status the same)."""
    status = mapping(manifest, "status")
    replicas, updated = count(status, "replicas"), count(status, "updatedReplicas")
    available, ready = count(status, "availableReplicas"), count(status, "readyReplicas")
    if replicas < wanted:
        return progressing(f"{replicas} of {plural(wanted, 'pod')} made")
    if updated < wanted:
        return progressing(f"{updated} of {plural(wanted, 'pod')} updated")
    if replicas > wanted:
        return progressing(f"{plural(replicas - wanted, 'older pod')} still to end")
    if available < updated:
        return progressing(f"{available} of {plural(updated, 'pod')} available")
    if ready < wanted:
        return progressing(f"{ready} of {plural(wanted, 'pod')} ready", KSTATUS)
    return None


def replica_set(manifest: Manifest, view: View) -> Health:
    """Verdict on a ReplicaSet or ReplicationController.

    `ReplicaFailure`: DEGRADED with its message (gitops-engine); kstatus says in progress, which hides a quota. The
    counts are kstatus's; gitops-engine counts the available ones only.
    """
    failure = condition(manifest, "ReplicaFailure")
    if failure is not None and failure.true:
        return degraded(failure.says, ENGINE)
    status, wanted = mapping(manifest, "status"), wanted_replicas(manifest)
    for field in ("fullyLabeledReplicas", "availableReplicas", "readyReplicas"):
        if (found := count(status, field)) < wanted:
            word = {"fullyLabeledReplicas": "made", "availableReplicas": "available"}.get(field, "ready")
            return progressing(f"{found} of {plural(wanted, 'pod')} {word}")
    if (surplus := count(status, "replicas") - wanted) > 0:
        return progressing(f"{plural(surplus, 'pod')} still to end", KSTATUS)
    return healthy()


def stateful_set(manifest: Manifest, view: View) -> Health:
    """Verdict on a StatefulSet, which neither source ever calls failed: its pods tell that (see `cause`).

    The counts are kstatus's, the partition as kubectl and both sources take it. With `OnDelete` both say healthy at
    once; a person who watches a promotion has to know that pods stay on the old template until somebody deletes
    them: SUSPENDED while there are such pods.
    """
    wanted = wanted_replicas(manifest)
    status = mapping(manifest, "status")
    replicas, ready, updated = (
        count(status, "replicas"),
        count(status, "readyReplicas"),
        count(status, "updatedReplicas"),
    )
    if replicas < wanted:
        return progressing(f"{replicas} of {plural(wanted, 'pod')} made", KSTATUS)
    if ready < wanted:
        return progressing(f"{ready} of {plural(wanted, 'pod')} ready")
    if replicas > wanted:
        return progressing(f"{plural(replicas - wanted, 'pod')} still to end", KSTATUS)
    same = string(status, "currentRevision") == string(status, "updateRevision")
    if string(manifest, "spec", "updateStrategy", "type") == "OnDelete":
        if not same and updated < wanted:
            return suspended(f"{plural(wanted - updated, 'pod')} on the older template until deleted (OnDelete)", OWN)
        return healthy()
    partition = number(manifest, "spec", "updateStrategy", "rollingUpdate", "partition") or 0
    due = max(0, wanted - partition)
    if partition > 0:
        if updated < due:
            return progressing(f"{updated} of {plural(due, 'pod')} updated (partition {partition})")
        kept = min(wanted, partition)
        return healthy("" if same else f"{plural(kept, 'pod')} kept on the older template (partition {partition})")
    # currentRevision follows only after the last pod is ready: what says that all are done.
    if not same:
        return progressing(f"{updated} of {plural(wanted, 'pod')} updated")
    return healthy("scaled to 0" if not wanted else "")


def daemon_set(manifest: Manifest, view: View) -> Health:
    """Verdict on a DaemonSet: kstatus's counts. `OnDelete` as for a StatefulSet (gitops-engine: healthy; kstatus
    does not know it and would wait for ever).
    """
    status = mapping(manifest, "status")
    wanted = number(status, "desiredNumberScheduled")
    if wanted is None or number(status, "observedGeneration") is None:
        return progressing("not looked at by its controller yet", KSTATUS)
    scheduled, updated = count(status, "currentNumberScheduled"), count(status, "updatedNumberScheduled")
    available, ready = count(status, "numberAvailable"), count(status, "numberReady")
    on_delete = string(manifest, "spec", "updateStrategy", "type") == "OnDelete"
    if scheduled < wanted:
        return progressing(f"{scheduled} of {plural(wanted, 'pod')} made", KSTATUS)
    if updated < wanted and not on_delete:
        return progressing(f"{updated} of {plural(wanted, 'pod')} updated")
    if available < wanted:
        return progressing(f"{available} of {plural(wanted, 'pod')} available")
    if ready < wanted:
        return progressing(f"{ready} of {plural(wanted, 'pod')} ready", KSTATUS)
    if updated < wanted:
        return suspended(f"{plural(wanted - updated, 'pod')} on the older template until deleted (OnDelete)", OWN)
    return healthy("no node is meant for it" if not wanted else "", BOTH)
