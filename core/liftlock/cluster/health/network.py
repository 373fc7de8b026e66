"""Verdicts on what routes and protects: Services, Ingresses, autoscalers, disruption budgets, API services."""

from __future__ import annotations

from liftlock.cluster.health.reading import at, condition, conditions, created, mappings, string
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import BOTH, ENGINE, KSTATUS, OWN, degraded, healthy, progressing
from liftlock.cluster.objects import Manifest
from liftlock.model.health import Health

# How long a new object may wait for an address before that is no longer news.
_SERVICE_WAITS = 300.0
_INGRESS_WAITS = 60.0
# Metrics are not there for pods that have just started; an API server behind a Service starts too.
_METRICS_WAIT = 180.0
_API_WAITS = 120.0

_HPA_BROKEN = frozenset(
    {
        ("AbleToScale", "FailedGetScale"),
        ("AbleToScale", "FailedUpdateScale"),
        ("ScalingActive", "FailedGetResourceMetric"),
        ("ScalingActive", "FailedGetContainerResourceMetric"),
        ("ScalingActive", "FailedGetObjectMetric"),
        ("ScalingActive", "FailedGetPodsMetric"),
        ("ScalingActive", "FailedGetExternalMetric"),
        ("ScalingActive", "FailedComputeMetricsReplicas"),
        ("ScalingActive", "InvalidSelector"),
    }
)


def _balancers(manifest: Manifest) -> str:
    """The first address that a load balancer has, "" when there is none."""
    for item in mappings(manifest, "status", "loadBalancer", "ingress"):
        if found := string(item, "ip") or string(item, "hostname"):
            return found
    return ""


def service(manifest: Manifest, view: View) -> Health:
    """Verdict on a Service.

    A load balancer without an address: kstatus asks for a clusterIP only, gitops-engine for an address, for ever.
    PROGRESSING for the first five minutes of its life; after that nobody gives it one soon (a bare-metal cluster),
    and a promotion that did not touch it must not wait: HEALTHY with a message. A provider that says it failed
    (Event SyncLoadBalancerFailed): DEGRADED.
    """
    if string(manifest, "spec", "type") != "LoadBalancer" or _balancers(manifest):
        return healthy()
    if not string(manifest, "spec", "clusterIP"):
        return progressing("no cluster address yet", KSTATUS)
    failed = next((e for e in reversed(view.events(manifest)) if e.reason == "SyncLoadBalancerFailed"), None)
    if failed is not None:
        return degraded(failed.message, OWN)
    if view.now is not None and view.older(created(manifest), _SERVICE_WAITS):
        return healthy("its load balancer has no address", OWN)
    return progressing("its load balancer has no address yet", ENGINE)


def ingress(manifest: Manifest, view: View) -> Health:
    """Verdict on an Ingress.

    kstatus: current at once. gitops-engine: progressing until an address is there, which is for ever where the
    controller writes none. Here: PROGRESSING for the first minute of its life, then HEALTHY with a message.
    """
    if _balancers(manifest):
        return healthy()
    if view.now is not None and not view.older(created(manifest), _INGRESS_WAITS):
        return progressing("no address yet", ENGINE)
    return healthy("no controller gave it an address", OWN)


def autoscaler(manifest: Manifest, view: View) -> Health:
    """Verdict on a HorizontalPodAutoscaler: gitops-engine's reasons (kstatus: always current).

    Metrics that are missing: PROGRESSING for the first three minutes, as they are after every start, then DEGRADED.
    """
    for found in conditions(manifest):
        if (found.type, found.reason) in _HPA_BROKEN and not found.true:
            if found.type == "ScalingActive" and view.now is not None and not view.older(found.at, _METRICS_WAIT):
                return progressing(found.says, OWN)
            return degraded(found.says, ENGINE)
    for found in conditions(manifest):
        if found.type in ("AbleToScale", "ScalingLimited") and found.true:
            return healthy("", ENGINE)
    return progressing("not looked at by its controller yet", ENGINE)


def disruption_budget(manifest: Manifest, view: View) -> Health:
    """Verdict on a PodDisruptionBudget: DEGRADED when a condition is False for another reason than too few pods
    (gitops-engine). No condition yet: healthy (kstatus; gitops-engine: progressing), nothing waits for a budget.
    """
    for found in conditions(manifest):
        if found.false and found.reason != "InsufficientPods":
            return degraded(found.says, ENGINE)
    return healthy()


def api_service(manifest: Manifest, view: View) -> Health:
    """Verdict on an APIService: Available (gitops-engine: else progressing). DEGRADED after two minutes without, as
    a broken one slows down or stops every client of the cluster.
    """
    found = condition(manifest, "Available")
    if found is not None and found.true:
        return healthy("", ENGINE)
    if found is not None and view.now is not None and view.older(found.at, _API_WAITS):
        return degraded(found.says, OWN)
    return progressing(found.says if found is not None else "not available yet", ENGINE)


def namespace(manifest: Manifest, view: View) -> Health:
    """Verdict on a Namespace: what stands in the way when it is on its way out (kstatus: terminating)."""
    if string(manifest, "status", "phase") == "Terminating":
        held = next((c.says for c in conditions(manifest) if c.true), "")
        return progressing(f"being deleted: {held}" if held else "being deleted", KSTATUS)
    return healthy()


def nothing_to_wait_for(manifest: Manifest, view: View) -> Health:
    """What is done once it is stored: ConfigMaps, Secrets, roles and the like (kstatus: current)."""
    return healthy("", BOTH)


def address_of(manifest: Manifest) -> str:
    """Where it can be reached from outside, "" when nowhere; not for display."""
    if found := _balancers(manifest):
        return found
    if string(manifest, "spec", "type") == "ExternalName":
        return string(manifest, "spec", "externalName")
    return "headless" if at(manifest, "spec", "clusterIP") == "None" else ""
