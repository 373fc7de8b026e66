"""Objects of controllers that are written out in a tree: Kustomizations, releases, Applications, and their sources."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from liftlock.model.tree import Tree
from liftlock.render.applied.reading import string
from liftlock.render.manifests import Unreadable, load, objects, plain
from liftlock.values import dataclass

KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"
SOURCES = "source.toolkit.fluxcd.io"
ARGO = "argoproj.io"

_KINDS = frozenset(
    {(KUSTOMIZE, "Kustomization"), (HELM, "HelmRelease"), (ARGO, "Application"), (ARGO, "ApplicationSet")}
    | {(SOURCES, kind) for kind in ("GitRepository", "OCIRepository", "HelmRepository", "Bucket")}
    | {("", "ConfigMap")}
)
_SIGNS = tuple(f"{group}/v".encode() for group in (KUSTOMIZE, HELM, SOURCES, ARGO))
_CONFIG = b"ConfigMap"
_LARGEST = 1_000_000
_LARGEST_CONFIG = 64_000
_MOST_BLOBS = 40_000


@dataclass(frozen=True, slots=True)
class Written:
    """An object and the file that it is written in."""

    path: str
    manifest: Mapping[str, Any]


class _Blobs:
    """What was found in blobs, by their id: a blob never changes, so that only new ones are read."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Mapping[str, Any], ...]] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, oid: str) -> tuple[Mapping[str, Any], ...] | None:
        with self._lock:
            return self._known.get(oid)

    def keep(self, oid: str, found: tuple[Mapping[str, Any], ...]) -> None:
        with self._lock:
            self._known[oid] = found
            while len(self._known) > _MOST_BLOBS:
                self._known.popitem(last=False)


_BLOBS = _Blobs()


def written(tree: Tree) -> Iterator[Written]:
    """All of them, in the order of their paths; what cannot be read is passed over."""
    paths = [
        path
        for path, entry in tree.entries.items()
        if entry.is_file and path.endswith((".yaml", ".yml", ".json")) and "/templates/" not in path
    ]
    fresh = [path for path in paths if _BLOBS.known(tree.entries[path].oid) is None]
    for path, data in tree.read_many(fresh).items():
        _BLOBS.keep(tree.entries[path].oid, tuple(_found(data)))
    for path in paths:
        for manifest in _BLOBS.known(tree.entries[path].oid) or ():
            yield Written(path, manifest)


def _found(data: bytes) -> Iterator[Mapping[str, Any]]:
    config = _CONFIG in data and len(data) < _LARGEST_CONFIG
    if len(data) > _LARGEST or not (config or any(sign in data for sign in _SIGNS)):
        return
    try:
        documents = list(objects(load(data)))
    except Unreadable:
        return
    for document in documents:
        group = string(document, "apiVersion").rpartition("/")[0]
        if (group, string(document, "kind")) in _KINDS and (group or config):
            yield plain(document)
