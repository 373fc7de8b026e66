"""Verdicts on claims and volumes."""

from __future__ import annotations

from liftlock.cluster.health.reading import mappings, string
from liftlock.cluster.health.view import View
from liftlock.cluster.health.words import BOTH, ENGINE, KSTATUS, OWN, degraded, healthy, progressing
from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Health


def claim(manifest: Manifest, view: View) -> Health:
    """Verdict on a PersistentVolumeClaim.

    Both sources wait until it is bound, and so hang on a claim whose class binds with the first consumer and that
    no pod uses (a scaled-down StatefulSet, a claim for a CronJob): HEALTHY where the pods can be seen and none uses
    it, unless its class is known to bind at once. Lost: DEGRADED (gitops-engine; kstatus: in progress).
    """
    phase = string(manifest, "status", "phase")
    if phase == "Bound":
        return healthy()
    if phase == "Lost":
        return degraded("its volume is lost", ENGINE)
    space, name = string(manifest, "metadata", "namespace"), string(manifest, "metadata", "name")
    if view.known and waits_for_consumer(manifest, view) and view.objects.visible("", "Pod", space):
        users = (pod for pod in view.objects.of("", "Pod", space) if uses(pod, name))
        if next(users, None) is None:
            return healthy("waits for the first pod that uses it", OWN)
    return progressing("not bound yet", BOTH)


def waits_for_consumer(manifest: Manifest, view: View) -> bool:
    """Whether the claim may be one that is bound with its first pod: its class says so, or cannot be seen."""
    name = string(manifest, "spec", "storageClassName")
    storage_class = view.objects.get(ObjectKey("storage.k8s.io", "StorageClass", "", name))
    return storage_class is None or string(storage_class, "volumeBindingMode") == "WaitForFirstConsumer"


def uses(pod: Manifest, claim_name: str) -> bool:
    """Whether the pod mounts the claim."""
    return claim_name in claims_of(pod)


def claims_of(pod: Manifest) -> tuple[str, ...]:
    """The names of the claims that the pod mounts, generic ephemeral ones among them."""
    found: list[str] = []
    for volume in mappings(pod, "spec", "volumes"):
        if name := string(volume, "persistentVolumeClaim", "claimName"):
            found.append(name)
        elif "ephemeral" in volume:
            found.append(f"{string(pod, 'metadata', 'name')}-{string(volume, 'name')}")
    return tuple(found)


def volume(manifest: Manifest, view: View) -> Health:
    """Verdict on a PersistentVolume: by its phase; kstatus and gitops-engine have no rule."""
    phase = string(manifest, "status", "phase")
    if phase == "Failed":
        return degraded(string(manifest, "status", "message") or "failed", OWN)
    return progressing("pending", OWN) if phase in ("Pending", "") else healthy("", KSTATUS)
