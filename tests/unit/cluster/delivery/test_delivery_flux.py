"""Flux's Kustomizations: which revision's objects stand in the cluster."""

from __future__ import annotations

from typing import Any

import pytest

from liftlock.cluster.delivery.flux import kustomization
from liftlock.cluster.objects import Snapshot

OLD, NEW = "1" * 40, "2" * 40


def said(status: str, reason: str, doing: str = "") -> dict[str, Any]:
    """A Kustomization that applied the old revision and took up the new one."""
    conditions = [{"type": "Ready", "status": status, "reason": reason, "message": reason}]
    if doing:
        conditions.append({"type": "Reconciling", "status": "True", "reason": "Progressing", "message": doing})
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "shop", "namespace": "flux-system"},
        "spec": {"wait": True, "sourceRef": {"kind": "GitRepository", "name": "shop"}},
        "status": {
            "conditions": conditions,
            "lastAppliedRevision": f"main@sha1:{OLD}",
            "lastAttemptedRevision": f"main@sha1:{NEW}",
        },
    }


@pytest.mark.parametrize(
    ("manifest", "stands"),
    [
        (said("Unknown", "Progressing", "Running health checks for revision main"), NEW),
        (said("False", "HealthCheckFailed"), NEW),
        (said("False", "HealthCheckCanceled"), NEW),
        (said("Unknown", "Progressing", "Building manifests for revision main"), NEW),
        (said("False", "BuildFailed"), OLD),
        (said("False", "ReconciliationFailed"), OLD),
        (said("False", "DependencyNotReady"), OLD),
        (said("True", "ReconciliationSucceeded"), OLD),
    ],
)
def test_what_stands_in_the_cluster_is_what_was_put_there_healthy_or_not(manifest: dict[str, Any], stands: str) -> None:
    told = kustomization(manifest, Snapshot([manifest]), 0.0)
    assert (told.applied, told.stands) == (OLD, stands)
