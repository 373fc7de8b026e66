"""The manifests that a controller would apply for its place in a tree."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from liftlock.errors import LiftlockError
from liftlock.errors import Cancelled
from liftlock.model.live import Controller, Delivery
from liftlock.model.tree import Tree
from liftlock.render.applied import kustomization
from liftlock.render.applied.bench import Asked, Bench, Lookup, failed
from liftlock.render.fetching import Progress, Stop
from liftlock.render.renderer import Renderer
from liftlock.render.result import Rendered

_NONE: Mapping[str, str | None] = MappingProxyType({})


def applied(
    renderer: Renderer,
    tree: Tree,
    delivery: Delivery,
    *,
    values: Mapping[str, str | None] = _NONE,
    lookup: Lookup | None = None,
    fetch: bool = False,
    cancelled: Stop | None = None,
    progress: Progress | None = None,
) -> Rendered:
    asked = Asked(lookup, fetch, cancelled, progress)
    bench = Bench(renderer)
    try:
        source = lambda kind, name: asked.look("", kind, delivery.key.namespace, name)
        return kustomization.render(bench, tree, kustomization.Place(delivery.key, delivery.raw["spec"], source, values), asked)
    except Cancelled:
        raise
    except LiftlockError as error:
        return failed(error, "kustomize")
