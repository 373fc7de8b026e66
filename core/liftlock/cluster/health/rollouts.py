"""Verdicts on Argo Rollouts, their analyses, and Argo Workflows."""

from __future__ import annotations

from collections.abc import Mapping

from liftlock.cluster.health.reading import (
    at,
    behind,
    condition,
    count,
    mapping,
    mappings,
    number,
    shown,
    string,
    wanted_replicas,
)
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import ENGINE, OWN, degraded, healthy, progressing, suspended, unknown
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Health, HealthStatus

_BROKEN = frozenset({"RolloutAborted", "ProgressDeadlineExceeded"})


def rollout(manifest: Manifest, view: View) -> Health:
    """Verdict on an Argo Rollout, after gitops-engine (kstatus knows only its conditions).

    `status.observedGeneration` is a string. `Paused` is SUSPENDED: it waits for a person or a time. Versions before
    1.0 write no phase: then the conditions, the pauses and the counts decide, as there.
    """
    reference = "rollout.argoproj.io/workload-generation"
    if not isinstance(manifest.get("status"), Mapping) or behind(manifest):
        return progressing("its controller has not seen the change yet", ENGINE)
    if mapping(manifest, "spec", "workloadRef"):
        seen = number(manifest, "status", "workloadObservedGeneration")
        if number(manifest, "metadata", "annotations", reference) != seen:
            return progressing("its controller has not seen the workload's change yet", ENGINE)
    message = shown(manifest, "status", "message")
    phase = string(manifest, "status", "phase")
    if phase == "Healthy":
        return healthy(message, ENGINE)
    if phase == "Degraded":
        return degraded(message, ENGINE)
    if phase == "Paused":
        return suspended(message or "paused", ENGINE)
    if phase:
        return progressing(message or "rolling out", ENGINE)
    return _without_phase(manifest)


def _without_phase(manifest: Manifest) -> Health:
    invalid, progress = condition(manifest, "InvalidSpec"), condition(manifest, "Progressing")
    for found in (invalid, progress if progress is not None and progress.reason in _BROKEN else None):
        if found is not None:
            return degraded(found.says, ENGINE)
    if mappings(manifest, "status", "pauseConditions") or at(manifest, "spec", "paused") is True:
        return suspended("paused", ENGINE)
    status, wanted = mapping(manifest, "status"), wanted_replicas(manifest)
    updated, current = count(status, "updatedReplicas"), string(status, "currentPodHash")
    if updated < wanted or count(status, "availableReplicas") < updated or not current:
        return progressing(f"{updated} of {wanted} pods updated", ENGINE)
    stable = string(status, "stableRS") or string(status, "canary", "stableRS")
    if stable and stable != current:
        return progressing("its steps are not done", ENGINE)
    return healthy("", ENGINE)


_PHASES = {
    "Successful": HealthStatus.HEALTHY,
    "Succeeded": HealthStatus.HEALTHY,
    "Failed": HealthStatus.DEGRADED,
    "Error": HealthStatus.DEGRADED,
    "Inconclusive": HealthStatus.UNKNOWN,
}


def phased(manifest: Manifest, view: View) -> Health:
    """Verdict on an AnalysisRun, an Experiment or a Workflow: by its phase (gitops-engine)."""
    phase, message = string(manifest, "status", "phase"), string(manifest, "status", "message")
    if at(manifest, "spec", "suspend") is True and phase not in _PHASES:
        return suspended("suspended", OWN)
    match _PHASES.get(phase):
        case HealthStatus.HEALTHY:
            return healthy(message, ENGINE)
        case HealthStatus.DEGRADED:
            return degraded(message or phase, ENGINE)
        case HealthStatus.UNKNOWN:
            return unknown(message or "inconclusive", ENGINE)
    return progressing(message or phase.lower() or "not started yet", ENGINE)


def step(manifest: Manifest) -> tuple[int, int] | None:
    """How many steps of a canary are done, of how many; None without steps."""
    steps = mappings(manifest, "spec", "strategy", "canary", "steps")
    done = number(manifest, "status", "currentStepIndex")
    return (min(max(done, 0), len(steps)), len(steps)) if steps and done is not None else None
