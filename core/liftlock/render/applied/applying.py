"""The manifests that a controller would apply for its place in a tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.model.tree import Tree
from liftlock.render.fetching import Progress, Stop
from liftlock.render.renderer import Renderer
from liftlock.render.result import Rendered

Lookup = Callable[[ObjectKey], Mapping[str, Any] | None]


def applied(
    renderer: Renderer,
    tree: Tree,
    delivery: Delivery,
    *,
    lookup: Lookup | None = None,
    fetch: bool = False,
    cancelled: Stop | None = None,
    progress: Progress | None = None,
) -> Rendered:
    """The objects, with namespace, labels and whatever else the controller's own object says."""
    made = renderer.render(tree, delivery.path, fetch=fetch, cancelled=cancelled, progress=progress)
    spec = delivery.raw.get("spec") or {}
    target = str(spec.get("targetNamespace") or "") if delivery.controller is Controller.FLUX else ""
    labels = {}
    if delivery.controller is Controller.FLUX:
        labels = {
            "kustomize.toolkit.fluxcd.io/name": delivery.key.name,
            "kustomize.toolkit.fluxcd.io/namespace": delivery.key.namespace,
        }
    objects = tuple(_placed(m, target, delivery.namespace, labels) for m in made.objects)
    return replace(made, objects=objects)


def _placed(manifest: dict[str, Any], target: str, usual: str, labels: Mapping[str, str]) -> dict[str, Any]:
    metadata = dict(manifest.get("metadata") or {})
    namespace = target or metadata.get("namespace") or usual
    if namespace and manifest.get("kind") not in ("Namespace", "ClusterRole", "ClusterRoleBinding"):
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    return {**manifest, "metadata": metadata}
