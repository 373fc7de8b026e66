"""One verdict for each object: the table of rules, and what comes before every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from liftlock.cluster.health import argocd, crds, flux, jobs, network, pods, rollouts, storage, workloads
from liftlock.cluster.health.generic import being_deleted, by_conditions, unseen
from liftlock.cluster.health.reading import behind, deleted, group_kind
from liftlock.cluster.health.view import View, view_of
from liftlock.cluster.objects import Kind, Manifest, Objects
from liftlock.model.health import HEALTHY, Health

Rule = Callable[[Manifest, View], Health]

RULES: dict[Kind, Rule] = {
    ("", "Pod"): pods.pod,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("", "ReplicationController"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("batch", "Job"): jobs.job,
    ("batch", "CronJob"): jobs.cron_job,
    ("", "PersistentVolumeClaim"): storage.claim,
    ("", "PersistentVolume"): storage.volume,
    ("", "Service"): network.service,
    ("", "Namespace"): network.namespace,
    ("networking.k8s.io", "Ingress"): network.ingress,
    ("extensions", "Ingress"): network.ingress,
    ("autoscaling", "HorizontalPodAutoscaler"): network.autoscaler,
    ("policy", "PodDisruptionBudget"): network.disruption_budget,
    ("apiregistration.k8s.io", "APIService"): network.api_service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): crds.definition,
    ("argoproj.io", "Rollout"): rollouts.rollout,
    ("argoproj.io", "AnalysisRun"): rollouts.phased,
    ("argoproj.io", "Experiment"): rollouts.phased,
    ("argoproj.io", "Workflow"): rollouts.phased,
    ("argoproj.io", "Application"): argocd.application,
    ("argoproj.io", "ApplicationSet"): argocd.application_set,
    (flux.KUSTOMIZE, "Kustomization"): flux.kustomization,
    (flux.HELM, "HelmRelease"): flux.helm_release,
    (flux.SOURCES, "GitRepository"): flux.source,
    (flux.SOURCES, "OCIRepository"): flux.source,
    (flux.SOURCES, "HelmRepository"): flux.source,
    (flux.SOURCES, "HelmChart"): flux.source,
    (flux.SOURCES, "Bucket"): flux.source,
    ("image.toolkit.fluxcd.io", "ImageRepository"): flux.source,
    ("image.toolkit.fluxcd.io", "ImagePolicy"): flux.source,
    ("image.toolkit.fluxcd.io", "ImageUpdateAutomation"): flux.source,
    ("notification.toolkit.fluxcd.io", "Receiver"): flux.source,
    ("notification.toolkit.fluxcd.io", "Alert"): flux.source,
    ("notification.toolkit.fluxcd.io", "Provider"): flux.source,
    ("jenkins.io", "PipelineActivity"): jobs.pipeline_activity,
    ("jenkins.io", "Release"): jobs.release,
    ("", "ConfigMap"): network.nothing_to_wait_for,
    ("", "Secret"): network.nothing_to_wait_for,
}
# Kinds whose rule reads the observed generation in its own way.
_OWN_GENERATION = frozenset({("argoproj.io", "Rollout")})


def verdict(manifest: Manifest, objects: Objects | None = None, now: float | None = None) -> Health:
    """How an object stands. `objects` are what else is known of the cluster: with them more can be told (whether a
    pod uses a claim, which Job ran last); `now` in seconds since the epoch tells a start from a failure.

    Never raises, whatever the object holds; the message is clean for display.
    """
    return judge(manifest, view_of(objects, now))


def judge(manifest: Manifest, view: View) -> Health:
    """`verdict` for one who has a view."""
    if deleted(manifest):
        return being_deleted(manifest)
    kind = group_kind(manifest)
    of_flux = flux.is_flux(manifest)
    if behind(manifest) and not of_flux and kind not in _OWN_GENERATION:
        return unseen(manifest)
    return RULES.get(kind, flux.other if of_flux else by_conditions)(manifest, view)


def has_states(kind: Kind) -> bool:
    """Whether objects of this kind are anything but done once they are stored, as far as is known here."""
    return RULES.get(kind, network.nothing_to_wait_for) is not network.nothing_to_wait_for


def worst(healths: Iterable[Health]) -> Health:
    """The worst of several, the first of equals; HEALTHY when there are none."""
    return max(healths, key=lambda health: health.status.rank, default=HEALTHY)
