"""What controllers put on all objects that they apply: labels, annotations, a namespace."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from liftlock.render.applied.reading import mapping, mappings, string
from liftlock.render.applied.unresolved import is_unresolved

Manifest = dict[str, Any]

_CLUSTER_WIDE = frozenset(
    {"APIService", "ClusterRole", "ClusterRoleBinding", "CSIDriver", "CSINode", "CertificateSigningRequest"}
    | {"ClusterTrustBundle", "CustomResourceDefinition", "FlowSchema", "IngressClass", "MutatingWebhookConfiguration"}
    | {"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "Namespace", "Node", "PersistentVolume"}
    | {"PriorityClass", "PriorityLevelConfiguration", "RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy"}
    | {"ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration", "VolumeAttachment"}
    | {"VolumeAttributesClass", "DeviceClass", "ResourceSlice", "IPAddress", "ServiceCIDR"}
)
# Of the kinds that are not Kubernetes' own, these begin with the word and live in namespaces all the same.
_NAMESPACED = frozenset({"ClusterServiceVersion", "ClusterClass", "ClusterResourceSet", "ClusterFlow", "ClusterOutput"})
_OWN_GROUPS = (".k8s.io", "apps", "batch", "autoscaling", "policy", "extensions")
_PORTED = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}


def scopes(objects: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], bool]:
    """Whether kinds live in namespaces, for those that are defined by these objects."""
    return {
        (string(crd, "spec", "group"), string(crd, "spec", "names", "kind")): string(crd, "spec", "scope") != "Cluster"
        for crd in objects
        if crd.get("kind") == "CustomResourceDefinition"
    }


def is_namespaced(manifest: Mapping[str, Any], known: Mapping[tuple[str, str], bool]) -> bool:
    """Whether the object lives in a namespace. Of custom kinds whose definition is not known, the name tells."""
    group, kind = string(manifest, "apiVersion").rpartition("/")[0], string(manifest, "kind")
    if (group, kind) in known:
        return known[group, kind]
    if kind in _CLUSTER_WIDE:
        return False
    if not group or group.endswith(_OWN_GROUPS):
        return True
    rest = kind.removeprefix("Cluster")
    return kind in _NAMESPACED or rest == kind or not rest[:1].isupper()


def placed(objects: Iterable[Manifest], namespace: str) -> list[Manifest]:
    """The objects, in this namespace where they need one and name none; those of the whole cluster in none."""
    found = list(objects)
    known = scopes(found)
    return [_placed(manifest, namespace, known) for manifest in found]


def _placed(manifest: Manifest, namespace: str, known: Mapping[tuple[str, str], bool]) -> Manifest:
    metadata = dict(mapping(manifest, "metadata"))
    if not is_namespaced(manifest, known):
        if "namespace" not in metadata:
            return manifest
        del metadata["namespace"]
    elif namespace and not metadata.get("namespace"):
        metadata["namespace"] = namespace
    else:
        return manifest
    return {**manifest, "metadata": metadata}


def labelled(
    manifest: Manifest, labels: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None
) -> Manifest:
    """The object with these labels and annotations over its own."""
    metadata = dict(mapping(manifest, "metadata"))
    for part, more in (("labels", labels), ("annotations", annotations)):
        if more:
            metadata[part] = {**mapping(metadata, part), **more}
    return {**manifest, "metadata": metadata}


def marks(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Labels and annotations of the object, the latter first in rank."""
    metadata = mapping(manifest, "metadata")
    return {
        str(name): str(value) for part in ("labels", "annotations") for name, value in mapping(metadata, part).items()
    }


def normal(manifest: Manifest) -> Manifest:
    """The object as Flux sends it (fluxcd/pkg, ssa/normalize): protocols of ports said, a Secret's texts encoded."""
    kind = string(manifest, "kind")
    if kind == "Secret" and isinstance(manifest.get("stringData"), Mapping) and not mapping(manifest, "sops"):
        data = {
            str(name): base64.b64encode(_text(value).encode("utf-8", "surrogateescape")).decode()
            if not is_unresolved(_text(value))
            else _text(value)
            for name, value in manifest["stringData"].items()
        }
        manifest = {key: value for key, value in manifest.items() if key != "stringData"}
        return {**manifest, "data": {**mapping(manifest, "data"), **data}}
    if kind == "Service" and mappings(manifest, "spec", "ports"):
        ports = [{"protocol": "TCP", **port} for port in mappings(manifest, "spec", "ports")]
        return {**manifest, "spec": {**manifest["spec"], "ports": ports}}
    if kind in _PORTED:
        return _with_protocols(manifest, _PORTED[kind])
    return manifest


def _with_protocols(value: Manifest, path: tuple[str, ...]) -> Manifest:
    if path:
        inner = value.get(path[0])
        return {**value, path[0]: _with_protocols(inner, path[1:])} if isinstance(inner, dict) else value
    containers = value.get("containers")
    if not isinstance(containers, list):
        return value
    return {**value, "containers": [_ported(container) for container in containers]}


def _ported(container: Any) -> Any:
    if not isinstance(container, dict) or not mappings(container, "ports"):
        return container
    return {**container, "ports": [{"protocol": "TCP", **port} for port in mappings(container, "ports")]}


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else string({"": value}, "")
