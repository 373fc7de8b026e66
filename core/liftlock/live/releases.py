"""The objects of a release that nothing here can render: found in the cluster by the marks that charts leave. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liftlock.cluster.objects import Kind, Objects, key
from liftlock.live.spots import Spot
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller
from liftlock.model.tree import Tree

KINDS: tuple[Kind, ...] = (
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "CronJob"),
    ("", "Service"),
)
_LABELS = ("app.kubernetes.io/instance", "release")
_ANNOTATION = "meta.helm.sh/release-name"


def looked_up(spot: Spot) -> bool:
    """Whether the spot's objects may have to be found so: releases of helmfiles that Jenkins X applies."""
    return bool(spot.namespace) and any(d.controller is Controller.JENKINSX for d in spot.deliveries)


def installed(spot: Spot, objects: Objects) -> tuple[ObjectKey, ...]:
    """The objects of the release in its namespace."""
    if not looked_up(spot):
        return ()
    return tuple(
        key(manifest)
        for group, kind in KINDS
        for manifest in objects.of(group, kind, spot.namespace)
        if _release(manifest) == spot.cell.app
    )


def rendered_in(tree: Tree, folder: str) -> bool:
    """Whether the repository keeps what its helmfiles render to in this folder."""
    return bool(folder) and any(path.startswith(f"{folder}/") for path in tree.entries)


def _release(manifest: Mapping[str, Any]) -> str:
    metadata = manifest.get("metadata") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    told = annotations.get(_ANNOTATION) or next((labels[name] for name in _LABELS if labels.get(name)), "")
    return str(told or metadata.get("name", ""))
