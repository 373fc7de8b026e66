"""What is sent to the server: the manifest as its controller would send it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from liftlock.cluster.livediff.ownership import CLIENT_SIDE, LAST_APPLIED, applied_by, entries
from liftlock.cluster.livediff.schema import built_in
from liftlock.cluster.livediff.scope import Applier, marks, options
from liftlock.model.diff import ObjectKey
from liftlock.model.livediff import Way

Manifest = Mapping[str, Any]
_TRACKING = ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/installation-id")
_INSTANCE = "app.kubernetes.io/instance"
_SERVER = ("managedFields", "resourceVersion", "uid", "generation", "selfLink", "creationTimestamp")
_FLUX = "kustomize.toolkit.fluxcd.io"
ENCRYPTED = "ENC["
_UNKNOWN = "encrypted in Git"


def flattened(manifests: Iterable[Manifest]) -> Iterator[Manifest]:
    """The objects themselves: Lists are opened, what is empty or no object is left out."""
    for manifest in manifests:
        if not isinstance(manifest, Mapping) or not manifest.get("kind"):
            continue
        items = manifest.get("items")
        if str(manifest["kind"]).endswith("List") and isinstance(items, list):
            yield from flattened(items)
        else:
            yield manifest


def wanted(manifest: Manifest, live: Manifest | None, applier: Applier, namespace: str) -> dict[str, Any]:
    """The manifest as it is applied: in its namespace, with the marks that the controller puts on all it applies.

    `namespace` is "" for objects of the whole cluster.
    """
    made = dict(manifest)
    metadata = made["metadata"] = dict(made.get("metadata") or {})
    for name in _SERVER:
        metadata.pop(name, None)
    metadata.pop("namespace", None)
    if namespace:
        metadata["namespace"] = namespace
    if isinstance(metadata.get("annotations"), Mapping):
        metadata["annotations"] = {k: v for k, v in metadata["annotations"].items() if k != LAST_APPLIED}
    if applier.flux:
        if made.get("kind") != "CustomResourceDefinition":
            made.pop("status", None)
        if made.get("kind") == "Secret":
            _string_data(made)
        made = typed(made)
    if not (applier.helm and made.get("kind") == "CustomResourceDefinition"):
        _mark(metadata, "labels", applier.labels)
        _mark(metadata, "annotations", applier.annotations)
    if applier.argo and live is not None:
        _tracked(metadata, live, applier)
    if encrypted(manifest):
        made.pop("sops", None)
        _string_data(made)
        made = {key: _decrypted(value, (live or {}).get(key), key) for key, value in made.items()}
    return made


_PODS = ("containers", "initContainers", "ephemeralContainers")


def typed(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest as Flux sends it, which reads built-in kinds into their Go types: empty parts come with that.

    It then owns those parts, as empty ones.
    """
    group, kind, spec = (
        str(manifest.get("apiVersion", "")).rpartition("/")[0],
        manifest.get("kind"),
        manifest.get("spec"),
    )
    if not isinstance(spec, Mapping) or not built_in(group):
        return manifest
    made = dict(spec)
    if kind == "Deployment":
        made.setdefault("strategy", {})
    elif kind in ("StatefulSet", "DaemonSet"):
        made.setdefault("updateStrategy", {})
    elif kind == "Service" and isinstance(made.get("ports"), list):
        made["ports"] = [_with_target(port) for port in made["ports"]]
    return {**manifest, "spec": _with_resources(made, 0)}


def _with_target(port: Any) -> Any:
    if not isinstance(port, Mapping) or port.get("targetPort") is not None or "port" not in port:
        return port
    return {**port, "targetPort": port["port"]}


def _with_resources(spec: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """The spec with empty `resources` in containers that have none, wherever its pod template stands."""
    made = dict(spec)
    for name in ("jobTemplate", "template", "spec"):
        if depth < _DEEPEST and isinstance(made.get(name), Mapping):
            made[name] = _with_resources(made[name], depth + 1)
    for name in _PODS:
        if isinstance(made.get(name), list):
            made[name] = [{"resources": {}, **c} if isinstance(c, Mapping) else c for c in made[name]]
    return made


_DEEPEST = 5


def annotated(manifest: Manifest) -> dict[str, Any]:
    """The manifest with its annotations, empty ones too.

    Client-side apply notes empty ones where there are none: an object without them would say that all of them go.
    """
    metadata = manifest.get("metadata") or {}
    return {**manifest, "metadata": {**metadata, "annotations": metadata.get("annotations") or {}}}


def _mark(metadata: dict[str, Any], part: str, new: Mapping[str, str]) -> None:
    if new:
        metadata[part] = {**(metadata.get(part) or {}), **new}


def _tracked(metadata: dict[str, Any], live: Manifest, applier: Applier) -> None:
    """Argo CD's own tracking marks, as they are on the live object: Git does not have them (facts of tracking)."""
    theirs = (live.get("metadata") or {}).get("annotations") or {}
    kept = {name: theirs[name] for name in _TRACKING if name in theirs}
    _mark(metadata, "annotations", kept)
    label = ((live.get("metadata") or {}).get("labels") or {}).get(_INSTANCE)
    if label is not None and _TRACKING[0] not in kept and str(label).endswith(applier.name):
        _mark(metadata, "labels", {_INSTANCE: label})


def _string_data(made: dict[str, Any]) -> None:
    plain = made.pop("stringData", None)
    if isinstance(plain, Mapping):
        made["data"] = {**(made.get("data") or {}), **{k: _encoded(v) for k, v in plain.items() if v is not None}}
    elif plain is not None:
        made["stringData"] = plain


def _encoded(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if text.startswith(ENCRYPTED) else base64.b64encode(text.encode()).decode()


def encrypted(manifest: Manifest) -> bool:
    """Whether SOPS encrypted the manifest: what it really holds is not known here."""
    return isinstance(manifest.get("sops"), Mapping)


def _decrypted(value: Any, live: Any, part: str) -> Any:
    """The value with what is live in the place of what is encrypted; a new one is a placeholder."""
    if isinstance(value, Mapping):
        there = live if isinstance(live, Mapping) else {}
        return {k: _decrypted(v, there.get(k), part) for k, v in value.items()}
    if isinstance(value, list):
        items = live if isinstance(live, list) and len(live) == len(value) else [None] * len(value)
        return [_decrypted(v, other, part) for v, other in zip(value, items, strict=True)]
    if isinstance(value, str) and value.startswith(ENCRYPTED):
        if live is not None:
            return live
        return base64.b64encode(_UNKNOWN.encode()).decode() if part == "data" else _UNKNOWN
    return value


def skipped(manifest: Manifest, live: Manifest | None, applier: Applier) -> str:
    """Why the controller does not touch the object, "" when it does (fluxcd/pkg ssa, Argo CD's hooks)."""
    if not applier.flux:
        return ""
    found = {**marks(live or {}), **marks(manifest)}
    if found.get(f"{_FLUX}/reconcile", "").lower() == "disabled":
        return "its reconciliation is disabled by an annotation"
    how = found.get(f"{_FLUX}/ssa", "").lower()
    if how == "ignore":
        return "Flux is told to ignore it"
    return "it is applied only where it is absent" if how == "ifnotpresent" and live is not None else ""


def merges_others(manifest: Manifest, live: Manifest) -> bool:
    """Whether Flux leaves alone what kubectl commands added to the object."""
    found = {**marks(live), **marks(manifest)}
    return found.get(f"{_FLUX}/ssa", "").lower() == "merge"


def made_anew(manifest: Manifest, applier: Applier) -> bool:
    """Whether the controller deletes and creates the object where it cannot change in place."""
    found = marks(manifest)
    if applier.flux:
        return applier.force or found.get(f"{_FLUX}/force", "").lower() == "enabled"
    return applier.force or (applier.argo and "Force=true" in options(manifest))


def way_of(manifest: Manifest, live: Manifest | None, applier: Applier) -> Way:
    """How the controller would apply this object."""
    if applier.argo:
        chosen = options(manifest)
        if applier.replace or "Replace=true" in chosen:
            return Way.UPDATE
        if "ServerSideApply=false" in chosen:
            return Way.THREE_WAY
        if "ServerSideApply=true" in chosen or applier.scope.server_side:
            return Way.SERVER_SIDE
        return Way.THREE_WAY
    if applier.flux or applier.scope.server_side:
        return Way.SERVER_SIDE
    if live is None or applied_by(live, applier.manager) is None:
        return Way.THREE_WAY
    # Both once: a client-side apply after the server-side ones has an entry of its own.
    return Way.THREE_WAY if any(entry.manager == CLIENT_SIDE for entry in entries(live)) else Way.SERVER_SIDE


def stays(live: Manifest, applier: Applier) -> str:
    """Why an object that is no longer wanted is not pruned all the same, "" when it is."""
    found = marks(live)
    if found.get(f"{_FLUX}/prune", "").lower() == "disabled" and applier.flux:
        return "its pruning is disabled by an annotation"
    if applier.flux and found.get(f"{_FLUX}/ssa", "").lower() == "ignore":
        return "Flux is told to ignore it"
    labels = (live.get("metadata") or {}).get("labels") or {}
    if applier.flux and any(labels.get(name, value) != value for name, value in applier.labels.items()):
        return "it belongs to another Kustomization now"
    if applier.argo and "Prune=false" in options(live):
        return "Argo CD is told not to prune it"
    if applier.helm and found.get("helm.sh/resource-policy") == "keep":
        return "its Helm resource policy is keep"
    return ""


def scaled(desired: Iterable[Manifest]) -> frozenset[tuple[str, str, str]]:
    """What autoscalers of these manifests scale: kind, namespace (as it is written), name."""
    found = set()
    for manifest in desired:
        spec = manifest.get("spec")
        target = spec.get("scaleTargetRef") if isinstance(spec, Mapping) else None
        if manifest.get("kind") in ("HorizontalPodAutoscaler", "ScaledObject") and isinstance(target, Mapping):
            namespace = (manifest.get("metadata") or {}).get("namespace") or ""
            found.add((str(target.get("kind") or "Deployment"), str(namespace), str(target.get("name") or "")))
    return frozenset(found)


def key_in(key: ObjectKey, namespace: str) -> ObjectKey:
    """The key in a namespace."""
    return ObjectKey(key.group, key.kind, namespace, key.name)
