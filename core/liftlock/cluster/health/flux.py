"""Verdicts on Flux's objects."""

from __future__ import annotations

from liftlock.cluster.health.generic import by_conditions, unseen
from liftlock.cluster.health.reading import (
    Condition,
    address,
    at,
    behind,
    condition,
    mappings,
    number,
    string,
)
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import ENGINE, OWN, degraded, healthy, progressing, suspended
from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Health, HealthStatus

SOURCES = "source.toolkit.fluxcd.io"
KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"

# A wait, which Flux writes as a failure. A newer run takes the place of a cancelled health check.
_WAITS = frozenset({"DependencyNotReady", "HealthCheckCanceled"})
# A chart that is being made is "not ready" for a moment at each new version.
_SOURCE_WAITS = 30.0


def suspended_by_spec(manifest: Manifest) -> Health | None:
    """SUSPENDED where `spec.suspend` is set. It goes before all else: the status froze with its last values, so a
    suspended object still says Ready=True, and never observes a new generation.
    """
    return suspended("suspended", ENGINE) if at(manifest, "spec", "suspend") is True else None


def _unseen(manifest: Manifest, ready: Condition | None) -> bool:
    """Whether the newest spec was not looked at. A Kustomization that fails keeps its observedGeneration, so Ready's
    own one counts where it has one: kstatus would call a failure in progress.
    """
    generation = number(manifest, "metadata", "generation")
    if ready is not None and ready.generation is not None and generation is not None:
        return ready.generation < generation
    failed = ready is not None and ready.false
    return behind(manifest) and not failed


def source(manifest: Manifest, view: View) -> Health:
    """Verdict on a source, an image object or a Receiver: suspend first, then Ready and its reason.

    Ready=False is DEGRADED at once (gitops-engine; kstatus: in progress until it is stalled). Kinds that have no
    status of their own (an OCI HelmRepository, Alert, Provider) are HEALTHY.
    """
    if (halted := suspended_by_spec(manifest)) is not None:
        return halted
    ready = condition(manifest, "Ready")
    if ready is None and (
        string(manifest, "spec", "type") == "oci" or string(manifest, "kind") in ("Alert", "Provider")
    ):
        return healthy("", ENGINE)
    if ready is None or _unseen(manifest, ready):
        return progressing("its controller has not looked at it yet", ENGINE)
    if ready.true:
        stalled = condition(manifest, "Stalled")
        if stalled is not None and stalled.true:
            return degraded(stalled.says)
        return healthy("", ENGINE)
    return degraded(ready.says, ENGINE) if ready.false else progressing(ready.says, ENGINE)


def kustomization(manifest: Manifest, view: View) -> Health:
    """Verdict on a Kustomization: suspend first, then Ready=False and its reason directly.

    Ready=Unknown is written at each run, also when nothing changed: it is HEALTHY while the revision that was
    attempted, the one that is applied and the source's are the same, and the last run was good (kstatus and
    gitops-engine: in progress). DependencyNotReady and HealthCheckCanceled are waits: PROGRESSING (gitops-engine:
    degraded).
    """
    if (halted := suspended_by_spec(manifest)) is not None:
        return halted
    ready = condition(manifest, "Ready")
    if ready is None or _unseen(manifest, ready):
        return progressing("its controller has not looked at it yet", ENGINE)
    if ready.true:
        return healthy("", ENGINE)
    if ready.false:
        if ready.reason in _WAITS:
            return progressing(ready.says, OWN)
        return degraded(f"{ready.reason}: {ready.message}", ENGINE)
    if _steady(manifest, view):
        return healthy("", OWN)
    doing = condition(manifest, "Reconciling")
    return progressing(doing.says if doing is not None else ready.says, ENGINE)


def _steady(manifest: Manifest, view: View) -> bool:
    attempted = string(manifest, "status", "lastAttemptedRevision")
    applied = string(manifest, "status", "lastAppliedRevision")
    if not applied or attempted != applied or behind(manifest):
        return False
    history = mappings(manifest, "status", "history")
    if history and string(history[0], "lastReconciledStatus") not in ("ReconciliationSucceeded", ""):
        return False
    offered = view.objects.get(source_of(manifest))
    return offered is None or string(offered, "status", "artifact", "revision") in (applied, "")


def source_of(manifest: Manifest) -> ObjectKey:
    """The source that a Kustomization follows."""
    group, slash, _ = string(manifest, "spec", "sourceRef", "apiVersion").partition("/")
    return ObjectKey(
        group if slash else SOURCES,
        string(manifest, "spec", "sourceRef", "kind"),
        string(manifest, "spec", "sourceRef", "namespace") or string(manifest, "metadata", "namespace"),
        string(manifest, "spec", "sourceRef", "name"),
    )


def helm_release(manifest: Manifest, view: View) -> Health:
    """Verdict on a HelmRelease: suspend first, then Ready and its reason (gitops-engine asks for Released beside it).

    SourceNotReady is a wait while its chart is being made: PROGRESSING while the HelmChart itself has not failed.
    """
    if (halted := suspended_by_spec(manifest)) is not None:
        return halted
    ready = condition(manifest, "Ready")
    if ready is None or _unseen(manifest, ready):
        return progressing("its controller has not looked at it yet", ENGINE)
    if ready.true:
        return healthy("", ENGINE)
    if not ready.false:
        doing = condition(manifest, "Reconciling")
        return progressing(doing.says if doing is not None else ready.says, ENGINE)
    if ready.reason in _WAITS:
        return progressing(ready.says, OWN)
    if ready.reason == "SourceNotReady" and not _source_failed(manifest, ready, view):
        return progressing(ready.says, OWN)
    return degraded(f"{ready.reason}: {ready.message}", ENGINE)


def _source_failed(manifest: Manifest, ready: Condition, view: View) -> bool:
    namespace, _, name = string(manifest, "status", "helmChart").partition("/")
    chart = view.objects.get(ObjectKey(SOURCES, "HelmChart", namespace, name))
    if chart is not None:
        return source(chart, view).status is HealthStatus.DEGRADED
    return view.now is None or view.older(ready.at, _SOURCE_WAITS)


def other(manifest: Manifest, view: View) -> Health:
    """Verdict on what else Flux brings (the operator's and extensions' kinds): suspend first, then the conditions."""
    halted = suspended_by_spec(manifest)
    return halted or (unseen(manifest) if behind(manifest) else by_conditions(manifest, view))


def is_flux(manifest: Manifest) -> bool:
    """Whether it is an object of Flux."""
    group = address(manifest).group
    return group.endswith((".fluxcd.io", ".fluxcd.controlplane.io"))
