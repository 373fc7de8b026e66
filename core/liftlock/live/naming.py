"""What identifies an object that Git wants, when the namespace may be the environment's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liftlock.model.diff import ObjectKey

Manifest = Mapping[str, Any]

# Kinds of the API server itself that are in no namespace; of others only the server can tell.
_CLUSTER_WIDE = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "CustomResourceDefinition",
        "FlowSchema",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)


def key_of(manifest: Manifest, namespace: str = "") -> ObjectKey:
    """The object's key; one that names no namespace and lives in one gets the one given."""
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    kind = str(manifest.get("kind", ""))
    own = str(metadata.get("namespace") or "")
    place = "" if kind in _CLUSTER_WIDE else own or namespace
    group = str(manifest.get("apiVersion", "")).rpartition("/")[0]
    return ObjectKey(group, kind, place, str(metadata.get("name") or ""))
