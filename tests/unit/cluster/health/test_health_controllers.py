"""Verdicts and causes of Flux's and Argo CD's own objects: the states that pass too quickly to be recorded."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from health_states import NOW, ago, condition, container, event, made, pod, recorded

from liftlock.cluster.health import cause, verdict
from liftlock.cluster.objects import Snapshot
from liftlock.model.health import Gravity, HealthStatus

OK, GOING, BAD = HealthStatus.HEALTHY, HealthStatus.PROGRESSING, HealthStatus.DEGRADED
HALTED, MISSING = HealthStatus.SUSPENDED, HealthStatus.MISSING
FIRST, SECOND = "main@sha1:" + "1" * 40, "main@sha1:" + "2" * 40


def kustomization(*conditions: Any, spec: Any = None, **status: Any) -> dict[str, Any]:
    source = {"kind": "GitRepository", "name": "shop"}
    known = {"observedGeneration": 1, "conditions": list(conditions), **status}
    return made(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        "shop",
        spec={"sourceRef": source, **(spec or {})},
        status=known,
    )


def source(revision: str) -> dict[str, Any]:
    status = {"observedGeneration": 1, "conditions": [condition("Ready")], "artifact": {"revision": revision}}
    return made("source.toolkit.fluxcd.io/v1", "GitRepository", "shop", status=status)


RUNS = condition("Ready", "Unknown", "Progressing")
STEP = condition("Reconciling", "True", "Progressing", "Building manifests for revision")


def at(attempted: str, applied: str, outcome: str = "ReconciliationSucceeded") -> dict[str, Any]:
    history = [{"lastReconciledStatus": outcome}]
    return {"lastAttemptedRevision": attempted, "lastAppliedRevision": applied, "history": history}


@pytest.mark.parametrize(
    ("manifest", "offered", "status"),
    [
        (kustomization(condition("Ready")), FIRST, OK),
        (kustomization(RUNS, STEP, **at(FIRST, FIRST)), FIRST, OK),  # an interval's run that changes nothing
        (kustomization(RUNS, STEP, **at(FIRST, FIRST)), SECOND, GOING),  # the new revision is about to be fetched
        (kustomization(RUNS, STEP, **at(SECOND, FIRST)), SECOND, GOING),
        (kustomization(RUNS, STEP, **at(FIRST, FIRST, "HealthCheckFailed")), FIRST, GOING),
        (kustomization(RUNS, STEP, **at(FIRST, FIRST), observedGeneration=0), FIRST, GOING),
        (kustomization(RUNS, STEP), FIRST, GOING),
        (kustomization(), FIRST, GOING),
        (kustomization(condition("Ready", "False", "BuildFailed"), observedGeneration=0), FIRST, BAD),
        (kustomization({**condition("Ready", "False", "BuildFailed"), "observedGeneration": 0}), FIRST, GOING),
        (kustomization(condition("Ready", "False", "DependencyNotReady")), FIRST, GOING),
        (kustomization(condition("Ready", "False", "HealthCheckCanceled")), FIRST, GOING),
        (kustomization(condition("Ready"), spec={"suspend": True}), FIRST, HALTED),
        (kustomization(condition("Ready"), spec={"suspend": True}, observedGeneration=0), FIRST, HALTED),
    ],
)
def test_kustomizations(manifest: Any, offered: str, status: HealthStatus) -> None:
    assert verdict(manifest, Snapshot([manifest, source(offered)]), NOW).status is status


def test_a_run_says_its_step() -> None:
    assert verdict(kustomization(RUNS, STEP)).message == "Building manifests for revision"


def flux(kind: str, *conditions: Any, group: str = "source", spec: Any = None, observed: int = 1) -> dict[str, Any]:
    status = {"observedGeneration": observed, "conditions": list(conditions)}
    return made(f"{group}.toolkit.fluxcd.io/v1", kind, "shop", spec=spec or {}, status=status)


@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        (flux("GitRepository"), GOING),
        (flux("GitRepository", observed=-1), GOING),
        (flux("GitRepository", condition("Ready", "False", "GitOperationFailed")), BAD),
        (flux("GitRepository", condition("Ready"), spec={"suspend": True}), HALTED),
        (flux("HelmRepository", spec={"type": "oci"}), OK),
        (flux("Alert", group="notification"), OK),
        (flux("ImagePolicy", condition("Ready"), group="image"), OK),
        (flux("HelmRelease", RUNS, STEP, group="helm"), GOING),
        (flux("HelmRelease", condition("Ready", "False", "UpgradeFailed"), group="helm"), BAD),
        (flux("HelmRelease", condition("Ready", "False", "SourceNotReady", since=5), group="helm"), GOING),
        (flux("HelmRelease", condition("Ready", "False", "SourceNotReady", since=90), group="helm"), BAD),
        (flux("Something", condition("Ready"), observed=0, group="new"), GOING),
        (flux("Something", condition("Ready"), spec={"suspend": True}, observed=0, group="new"), HALTED),
    ],
)
def test_other_objects_of_flux(manifest: Any, status: HealthStatus) -> None:
    assert verdict(manifest, Snapshot([manifest]), NOW).status is status


def test_suspended_is_said() -> None:
    manifest = kustomization(condition("Ready"), spec={"suspend": True})
    found = cause(manifest, Snapshot([manifest]), NOW)
    assert found is not None
    assert (found.sentence, found.gravity) == (
        "Kustomization shop is suspended: nothing happens until it is resumed",
        Gravity.SUSPECT,
    )


def test_the_last_failure_is_told_while_it_is_tried_again() -> None:
    manifest = kustomization(RUNS, STEP, **at(SECOND, FIRST, "ReconciliationFailed"))
    told = event(manifest, "ReconciliationFailed", 'namespaces "shop" not found')
    found = cause(manifest, Snapshot([manifest, told]), NOW)
    assert found is not None and (found.sentence, found.reason) == ("namespace shop is missing", "NamespaceMissing")


def test_without_health_checks_the_objects_are_looked_at() -> None:
    manifest = kustomization(condition("Ready"), inventory={"entries": [{"id": "shop_web-0__Pod", "v": "v1"}]})
    broken = pod(container(state={"waiting": {"reason": "ImagePullBackOff", "message": "unauthorized"}}))
    found = cause(manifest, Snapshot([manifest, broken]), NOW)
    assert found is not None and found.key.kind == "Pod" and "denies access" in found.sentence


def test_a_source_that_cannot_be_fetched_is_the_cause() -> None:
    manifest = kustomization(condition("Ready", "False", "ArtifactFailed", "source not ready"))
    failing = source(FIRST)
    failing["status"]["conditions"] = [condition("Ready", "False", "AuthenticationFailed", "no such key")]
    found = cause(manifest, Snapshot([manifest, failing]), NOW)
    assert found is not None
    assert (found.sentence, found.gravity) == ("GitRepository shop: no such key", Gravity.HARD)


def test_dependencies_in_a_circle_come_to_an_end() -> None:
    waits = condition("Ready", "False", "DependencyNotReady", "dependency 'shop/{}' is not ready")
    one, other = (
        kustomization({**waits, "message": waits["message"].format(name)}, spec={"dependsOn": [{"name": name}]})
        for name in ("other", "one")
    )
    one["metadata"]["name"], other["metadata"]["name"] = "one", "other"
    found = cause(one, Snapshot([one, other]), NOW)
    assert found is not None and "it waits" in found.sentence


def application(health: str, phase: str = "Succeeded", sync: str = "Synced", **more: Any) -> dict[str, Any]:
    operation = {"phase": phase, "message": "one task failed", **more.pop("operation", {})}
    status = {"health": {"status": health}, "sync": {"status": sync}, "operationState": operation, **more}
    return made("argoproj.io/v1alpha1", "Application", "shop", spec={}, status=status)


BROKEN = {"type": "ComparisonError", "message": "no such path"}


@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        (application("Healthy"), OK),
        (application("Progressing"), GOING),
        (application("Suspended"), HALTED),
        (application("Missing"), MISSING),
        (application("Unknown"), HealthStatus.UNKNOWN),
        (application("Odd"), HealthStatus.UNKNOWN),
        (application("Healthy", conditions=[BROKEN]), BAD),
        (application("Healthy", "Failed", "OutOfSync"), BAD),
        (application("Healthy", "Failed", "Synced"), OK),  # somebody put it right
        (application("Healthy", "Running"), GOING),
        (application("Missing", "Running", "OutOfSync"), GOING),
        (application("Missing", "Running", "OutOfSync", operation={"finishedAt": ago(3)}), BAD),  # tried again
        (made("argoproj.io/v1alpha1", "Application"), GOING),
    ],
)
def test_applications(manifest: Any, status: HealthStatus) -> None:
    assert verdict(manifest, Snapshot([manifest]), NOW).status is status


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ([], GOING),
        ([condition("ErrorOccurred", "True", message="bad template"), condition("ResourcesUpToDate")], BAD),
        ([condition("ErrorOccurred", "False"), condition("ResourcesUpToDate")], OK),
        ([condition("RolloutProgressing"), condition("ResourcesUpToDate")], GOING),
    ],
)
def test_application_sets(conditions: list[Any], status: HealthStatus) -> None:
    manifest = made("argoproj.io/v1alpha1", "ApplicationSet", status={"conditions": conditions})
    assert verdict(manifest).status is status


def test_a_sync_that_is_over_is_final() -> None:
    state = recorded("argocd-hook")
    application = deepcopy(state.of("Application"))
    application["status"]["operationState"]["phase"] = "Failed"
    found = cause(application, state.objects, state.now)
    assert found is not None and (found.reason, found.gravity) == ("HookFailed", Gravity.HARD)
