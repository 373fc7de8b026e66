"""All controllers of the embedded cluster but the GitOps ones: what they do with what is there, one step at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from liftlock.cluster.objects import Manifest, key
from liftlock.model.diff import ObjectKey
from liftlock.sandbox.deployments import Deployments, step_set
from liftlock.sandbox.jobs import Jobs
from liftlock.sandbox.objects import Objects
from liftlock.sandbox.owning import Hands, Owned, condition, share
from liftlock.sandbox.pods import ready
from liftlock.sandbox.refusing import Refusal
from liftlock.sandbox.selecting import by_selector
from liftlock.sandbox.stateful import step_daemons, step_stateful

_LOG = logging.getLogger(__name__)
_ADDRESS = "192.0.2.10"


class Controllers:
    """They are called again until nothing changes any more."""

    def __init__(self, objects: Objects, seed: int) -> None:
        self._objects = objects
        self._hands = Hands(objects, seed)
        self._deployments = Deployments(self._hands)
        self._jobs = Jobs(self._hands)
        self._odd: set[str] = set()

    def due(self) -> list[float]:
        """When something happens by itself."""
        return [*self._deployments.due(), *self._jobs.due()]

    def step(self, now: float) -> None:
        """Bring everything forward as far as it goes without time passing."""
        hands = self._hands
        owned = Owned(self._objects)
        self._each("apps", "Deployment", lambda m: self._deployments.step(m, owned, now))
        self._each("apps", "ReplicaSet", lambda m: step_set(hands, m, owned))
        self._each("apps", "StatefulSet", lambda m: step_stateful(hands, m, owned))
        self._each("apps", "DaemonSet", lambda m: step_daemons(hands, m, owned))
        self._each("batch", "Job", lambda m: self._jobs.step(m, owned, now))
        self._each("autoscaling", "HorizontalPodAutoscaler", self._autoscaler)
        self._each("policy", "PodDisruptionBudget", self._budget)
        self._each("", "PersistentVolumeClaim", self._claim)
        self._each("", "Service", self._service)
        self._each("networking.k8s.io", "Ingress", self._ingress)

    def _each(self, group: str, kind: str, work: Callable[[Manifest], object]) -> None:
        """One that cannot be brought forward does not hold up the others."""
        for manifest in self._objects.of(group, kind):
            try:
                work(manifest)
            except Refusal:
                pass  # somebody else was quicker: the next pass sees it
            except (AttributeError, KeyError, TypeError, ValueError):
                if manifest["metadata"]["uid"] not in self._odd:
                    self._odd.add(manifest["metadata"]["uid"])
                    _LOG.exception("%s %s cannot be brought about", kind, manifest["metadata"]["name"])

    def _service(self, manifest: Manifest) -> None:
        if manifest["spec"].get("type") == "LoadBalancer":
            self._hands.set_status(manifest, {"loadBalancer": {"ingress": [{"ip": _ADDRESS, "ipMode": "VIP"}]}})

    def _ingress(self, manifest: Manifest) -> None:
        self._hands.set_status(manifest, {"loadBalancer": {"ingress": [{"ip": _ADDRESS}]}})

    def _autoscaler(self, manifest: Manifest) -> None:
        spec, before, moment = manifest["spec"], manifest.get("status") or {}, self._objects.now()
        target = spec["scaleTargetRef"]
        group = str(target.get("apiVersion", "")).rpartition("/")[0]
        found = self._objects.get(ObjectKey(group, target["kind"], manifest["metadata"]["namespace"], target["name"]))
        if found is None:
            said = f'the HPA controller was unable to get the target\'s current scale: "{target["name"]}" not found'
            made = [condition(before, "AbleToScale", "False", "FailedGetScale", said, moment)]
            self._hands.set_status(manifest, {"desiredReplicas": 0, "currentMetrics": None, "conditions": made})
            return
        replicas = (found.get("spec") or {}).get("replicas", 1)
        said = "the HPA was able to successfully calculate a replica count from cpu resource utilization"
        conditions = [
            ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"),
            ("ScalingActive", "True", "ValidMetricFound", said),
            ("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range"),
        ]
        self._hands.set_status(
            manifest,
            {
                "currentReplicas": replicas,
                "desiredReplicas": replicas,
                "currentMetrics": list(map(_metric, spec["metrics"])),
                "conditions": [condition(before, *one, moment) for one in conditions],
            },
        )

    def _budget(self, manifest: Manifest) -> None:
        spec, before = manifest["spec"], manifest.get("status") or {}
        fits = by_selector(spec.get("selector"))
        pods = [p for p in self._objects.of("", "Pod", manifest["metadata"]["namespace"]) if fits(p)]
        healthy, total = sum(map(ready, pods)), len(pods)
        desired = total - share(spec.get("maxUnavailable"), total, up=True)
        if "minAvailable" in spec:
            desired = share(spec["minAvailable"], total, up=True)
        allowed = max(0, healthy - desired)
        reason = "SufficientPods" if allowed else "InsufficientPods"
        made = condition(before, "DisruptionAllowed", str(bool(allowed)), reason, "", self._objects.now())
        self._hands.set_status(
            manifest,
            {
                "observedGeneration": manifest["metadata"]["generation"],
                "disruptionsAllowed": allowed,
                "currentHealthy": healthy,
                "desiredHealthy": desired,
                "expectedPods": total,
                "conditions": [made],
            },
        )

    def _claim(self, manifest: Manifest) -> None:
        spec = manifest["spec"]
        if not spec.get("volumeName"):
            self._objects.patch(key(manifest), {"spec": {"volumeName": f"pvc-{manifest['metadata']['uid']}"}})
        capacity = {"storage": ((spec.get("resources") or {}).get("requests") or {}).get("storage", "1Gi")}
        modes = spec.get("accessModes") or []
        self._hands.set_status(manifest, {"phase": "Bound", "accessModes": modes, "capacity": capacity})


def _metric(metric: Mapping[str, Any]) -> dict[str, Any]:
    resource = metric.get("resource") or {}
    current = {"averageUtilization": 42, "averageValue": "42m"}
    return {"type": metric["type"], "resource": {"name": resource.get("name", "cpu"), "current": current}}
