"""What a cell's controllers apply at a commit: rendered as they do, in the background, and remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from liftlock.errors import Cancelled
from liftlock.live.naming import key_of
from liftlock.live.releases import rendered_in
from liftlock.live.spots import Spot
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller
from liftlock.model.tree import Tree
from liftlock.render import Rendered, Renderer
from liftlock.render.applied import Lookup, applied
from liftlock.render.fetching import Progress, Stop

Manifest = Mapping[str, Any]
_KEPT = 2000
_FOLDERS = frozenset({Controller.PLAIN, Controller.JENKINSX})
"""Those who apply a folder as it is."""


class Desired:
    """Renders spots. `ready` is called, from another thread, when something that was asked for is there."""

    def __init__(self, renderer: Renderer, ready: Callable[[], None]) -> None:
        self._renderer = renderer
        self._ready = ready
        self._made: OrderedDict[tuple[object, ...], Rendered] = OrderedDict()
        self._asked: set[tuple[object, ...]] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desired")
        self._closed = False
        self.asked = 0
        """How much was ever asked for that was not at hand."""

    @property
    def busy(self) -> bool:
        """Whether something that was asked for is still being rendered."""
        with self._lock:
            return bool(self._asked)

    def close(self) -> None:
        """Render nothing more."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def at_hand(self, spot: Spot, tree: Tree, lookup: Lookup) -> Rendered | None:
        """What is rendered already, or None: then it is being rendered."""
        key = _key(spot, tree)
        with self._lock:
            found = self._made.get(key)
            if found is not None or key in self._asked or self._closed:
                return found
            self._asked.add(key)
            self.asked += 1
        self._pool.submit(self._behind, key, spot, tree, lookup)
        return None

    def render(
        self,
        spot: Spot,
        tree: Tree,
        lookup: Lookup,
        *,
        fetch: bool = False,
        cancelled: Stop | None = None,
        progress: Progress | None = None,
    ) -> Rendered:
        """The manifests of the cell as its controllers apply them. Only Cancelled is raised."""
        key = _key(spot, tree)
        with self._lock:
            found = self._made.get(key)
        if found is not None and not (fetch and found.missing):
            return found
        made = self._render(spot, tree, lookup, fetch, cancelled, progress)
        with self._lock:
            self._made[key] = made
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return made

    def _behind(self, key: tuple[object, ...], spot: Spot, tree: Tree, lookup: Lookup) -> None:
        try:
            self.render(spot, tree, lookup, cancelled=lambda: self._closed)
        except Cancelled:
            return
        finally:
            with self._lock:
                self._asked.discard(key)
        if not self._closed:
            self._ready()

    def _render(
        self, spot: Spot, tree: Tree, lookup: Lookup, fetch: bool, cancelled: Stop | None, progress: Progress | None
    ) -> Rendered:
        own = self._renderer.render_cell(tree, spot.cell, fetch=fetch, cancelled=cancelled, progress=progress)
        booted = [d for d in spot.deliveries if d.controller is Controller.JENKINSX and rendered_in(tree, d.path)]
        if not spot.deliveries or all(d.controller in _FOLDERS and d not in booted for d in spot.deliveries):
            return own
        parts = []
        for delivery in spot.deliveries:
            made = applied(
                self._renderer, tree, delivery, lookup=lookup, fetch=fetch, cancelled=cancelled, progress=progress
            )
            alone = delivery.key not in spot.shared or delivery in booted  # a boot job's folder is one release's
            parts.append(made if alone else _only(made, own))
            if delivery.key not in spot.shared:
                break  # the nearest that carries this cell alone says it all; those above it carry the controller
        return _joined(parts) if parts else own


def _key(spot: Spot, tree: Tree) -> tuple[object, ...]:
    # What the objects render to depends on the controller's own specification, never on its status.
    specs = tuple((d.key, repr(d.raw.get("spec"))) for d in spot.deliveries)
    return spot.cell.app, spot.cell.environment, tree.id, hash(specs)


def _only(made: Rendered, own: Rendered) -> Rendered:
    """Those of the objects that the cell's folder has: by kind and name, as the controller may set the namespace."""
    named = {_named(m) for m in own.objects}
    kept = tuple(m for m in made.objects if _named(m) in named)
    return Rendered(kept, made.how, made.missing, made.problem, made.hint, made.notes)


def _named(manifest: Manifest) -> tuple[str, str, str]:
    key = key_of(manifest)
    return key.group, key.kind, key.name


def _joined(parts: list[Rendered]) -> Rendered:
    if len(parts) == 1:
        return parts[0]
    return Rendered(
        tuple(m for part in parts for m in part.objects),
        parts[0].how,
        tuple(dict.fromkeys(name for part in parts for name in part.missing)),
        next((part.problem for part in parts if part.problem), ""),
        next((part.hint for part in parts if part.hint), ""),
        tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def keys(rendered: Rendered, namespace: str) -> tuple[ObjectKey, ...]:
    """What identifies the objects, those without a namespace in the one given."""
    return tuple(dict.fromkeys(key_of(manifest, namespace) for manifest in rendered.objects))
