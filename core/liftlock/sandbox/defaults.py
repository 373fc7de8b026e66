"""What the API server fills in where a manifest says nothing, and what it assigns."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from liftlock.cluster.livediff.schema import built_in
from liftlock.cluster.livediff.threeway import same

Manifest = dict[str, Any]
_GENERATION = "deprecated.daemonset.template.generation"
_SPARE = ("labels", "annotations", "finalizers", "ownerReferences")
_DATA = ("data", "binaryData")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def defaulted(manifest: Manifest) -> Manifest:
    """The object with the defaults of its kind, changed in place and given back."""
    kind = (str(manifest.get("apiVersion", "")).rpartition("/")[0], str(manifest.get("kind", "")))
    fill = _FILLS.get(kind)
    if fill is not None:
        fill(manifest)
    if built_in(kind[0]):
        for table, names in ((manifest["metadata"], _SPARE), (manifest, _DATA)):
            for name in names:
                if name in table and not table[name]:
                    del table[name]
    return manifest


def counted(manifest: Manifest, old: Mapping[str, Any] | None) -> None:
    """A DaemonSet counts its templates in an annotation, as it did when it had no generation."""
    if manifest.get("kind") != "DaemonSet":
        return
    number = 1
    if old is not None:
        changed = not same(old["spec"]["template"], manifest["spec"]["template"])
        number = int((old["metadata"].get("annotations") or {}).get(_GENERATION, 1)) + changed
    manifest["metadata"].setdefault("annotations", {})[_GENERATION] = str(number)


def allocated(manifest: Manifest) -> Manifest:
    """The object with what the server assigns to it, which belongs to nobody; changed in place and given back."""
    kind = (str(manifest.get("apiVersion", "")).rpartition("/")[0], str(manifest.get("kind", "")))
    assign = _ASSIGNS.get(kind)
    if assign is not None:
        assign(manifest)
    return manifest


def _set(table: Manifest, **defaults: Any) -> None:
    for key, value in defaults.items():
        if table.get(key) is None:
            table[key] = value


def _deployment(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _set(spec, replicas=1, progressDeadlineSeconds=600, revisionHistoryLimit=10, strategy={})
    _set(spec["strategy"], type="RollingUpdate")
    if spec["strategy"]["type"] == "RollingUpdate":
        _set(spec["strategy"], rollingUpdate={})
        _set(spec["strategy"]["rollingUpdate"], maxSurge="25%", maxUnavailable="25%")
    _template(spec)


def _replica_set(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _set(spec, replicas=1)
    _template(spec)


def _stateful_set(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _set(spec, replicas=1, podManagementPolicy="OrderedReady", revisionHistoryLimit=10, updateStrategy={})
    _set(spec, persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain", "whenScaled": "Retain"})
    _set(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _set(spec["updateStrategy"], rollingUpdate={})
        _set(spec["updateStrategy"]["rollingUpdate"], partition=0, maxUnavailable=1)
    for claim in spec.get("volumeClaimTemplates") or ():
        _set(claim, apiVersion="v1", kind="PersistentVolumeClaim")
        _set(claim.setdefault("spec", {}), volumeMode="Filesystem")
        _set(claim, status={"phase": "Pending"})
    _template(spec)


def _daemon_set(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _set(spec, revisionHistoryLimit=10, updateStrategy={})
    _set(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _set(spec["updateStrategy"], rollingUpdate={})
        _set(spec["updateStrategy"]["rollingUpdate"], maxSurge=0, maxUnavailable=1)
    _template(spec)


def _job(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _job_spec(spec)
    _set(spec, backoffLimit=6, completionMode="NonIndexed", suspend=False, podReplacementPolicy="TerminatingOrFailed")
    _set(spec, manualSelector=False)
    labels = spec["template"]["metadata"].get("labels")
    if labels and not manifest["metadata"].get("labels"):
        # The very same: as the API server does it, what is added to those of the template is added to these.
        manifest["metadata"]["labels"] = labels


def _chosen(manifest: Manifest) -> None:
    spec, metadata = manifest["spec"], manifest["metadata"]
    labels = spec["template"]["metadata"].setdefault("labels", {})
    if not spec["manualSelector"]:
        uid, name = metadata["uid"], metadata["name"]
        chosen = {"batch.kubernetes.io/controller-uid": uid}
        _set(spec, selector={"matchLabels": chosen})
        labels.update({**chosen, "batch.kubernetes.io/job-name": name, "controller-uid": uid, "job-name": name})
    if metadata.get("labels") is labels:
        metadata["labels"] = dict(labels)


def _job_spec(spec: Manifest) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    _set(spec, parallelism=1)
    _template(spec)


def _cron_job(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _set(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    template = spec.setdefault("jobTemplate", {})
    _set(template, metadata={}, spec={})
    _template(template["spec"])


def _template(spec: Manifest) -> None:
    template = spec.setdefault("template", {})
    _set(template, metadata={}, spec={})
    _pod_spec(template["spec"])


def _pod(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _pod_spec(spec)
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        limits = container["resources"].get("limits")
        if limits:
            container["resources"]["requests"] = {**limits, **(container["resources"].get("requests") or {})}
    _set(spec, enableServiceLinks=True, preemptionPolicy="PreemptLowerPriority", priority=0)
    _set(spec, serviceAccountName="default", serviceAccount=spec.get("serviceAccountName") or "default")


def _pod_spec(spec: Manifest) -> None:
    _set(spec, dnsPolicy="ClusterFirst", restartPolicy="Always", schedulerName="default-scheduler")
    _set(spec, securityContext={}, terminationGracePeriodSeconds=30)
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        if isinstance(container, dict):
            _container(container)
    for volume in spec.get("volumes") or ():
        for source in ("configMap", "secret", "projected", "downwardAPI"):
            if isinstance(volume.get(source), dict):
                _set(volume[source], defaultMode=420)
        if isinstance(volume.get("hostPath"), dict):
            _set(volume["hostPath"], type="")
        if set(volume) == {"name"}:
            volume["emptyDir"] = {}


def _container(container: Manifest) -> None:
    image = str(container.get("image", ""))
    tag = image.rpartition("/")[2].partition(":")[2]
    pull = "Always" if "@" not in image and tag in ("", "latest") else "IfNotPresent"
    _set(container, imagePullPolicy=pull, resources={})
    _set(container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    for port in container.get("ports") or ():
        _set(port, protocol="TCP")
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if isinstance(reference, dict):
            _set(reference, apiVersion="v1")
    for name in _PROBES:
        probe = container.get(name)
        if isinstance(probe, dict):
            _set(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            if isinstance(probe.get("httpGet"), dict):
                _set(probe["httpGet"], path="/", scheme="HTTP")


def _service(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _set(spec, type="ClusterIP", sessionAffinity="None")
    if spec["type"] == "ExternalName":
        return
    _set(spec, internalTrafficPolicy="Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _set(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _set(spec, allocateLoadBalancerNodePorts=True)
    for port in spec.get("ports") or ():
        _set(port, protocol="TCP", targetPort=port.get("port"))


def _addressed(manifest: Manifest) -> None:
    spec = manifest["spec"]
    _set(manifest, status={"loadBalancer": {}})
    if spec["type"] == "ExternalName":
        return
    name = f"{manifest['metadata'].get('namespace')}/{manifest['metadata'].get('name')}"
    number = zlib.crc32(name.encode())
    _set(spec, clusterIP=f"10.96.{number % 256}.{number // 256 % 254 + 1}")
    _set(spec, clusterIPs=[spec["clusterIP"]], ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        for place, port in enumerate(spec.get("ports") or ()):
            _set(port, nodePort=30000 + (number + place) % 2768)


def _secret(manifest: Manifest) -> None:
    _set(manifest, type="Opaque")
    for name, value in (manifest.pop("stringData", None) or {}).items():
        manifest.setdefault("data", {})[name] = base64.b64encode(str(value).encode()).decode()


def _claim(manifest: Manifest) -> None:
    _set(manifest.setdefault("spec", {}), volumeMode="Filesystem")


def _namespace(manifest: Manifest) -> None:
    _set(manifest.setdefault("spec", {}), finalizers=["kubernetes"])
    _set(manifest, status={"phase": "Active"})
    labels = manifest["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = manifest["metadata"].get("name")


def _autoscaler(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    usual = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}
    _set(spec, minReplicas=1, metrics=[usual])
    for metric in spec["metrics"]:
        target = (metric.get("resource") or {}).get("target")
        if isinstance(target, dict) and "averageUtilization" in target:
            _set(target, type="Utilization")


def _binding(manifest: Manifest) -> None:
    _set(manifest.setdefault("roleRef", {}), apiGroup="rbac.authorization.k8s.io")
    for subject in manifest.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            _set(subject, apiGroup="rbac.authorization.k8s.io")


def _network_policy(manifest: Manifest) -> None:
    spec = manifest.setdefault("spec", {})
    _set(spec, policyTypes=["Ingress", "Egress"] if "egress" in spec else ["Ingress"])
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in rule.get("ports") or ():
            _set(port, protocol="TCP")


_FILLS: dict[tuple[str, str], Callable[[Manifest], None]] = {
    ("", "Namespace"): _namespace,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "Secret"): _secret,
    ("", "PersistentVolumeClaim"): _claim,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("rbac.authorization.k8s.io", "RoleBinding"): _binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _binding,
}
_ASSIGNS: dict[tuple[str, str], Callable[[Manifest], None]] = {
    ("", "Service"): _addressed,
    ("batch", "Job"): _chosen,
}
