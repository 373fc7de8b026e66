"""What was heard of a cluster: objects as dictionaries, trimmed to what is needed, safe to read from any thread.

The pods of a template differ in little: what is equal in two objects is kept once.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from liftlock.cluster.objects import Kind, Manifest, controller_uid, key
from liftlock.model.diff import ObjectKey

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# The controllers' own objects are few, and who wrote a field of them (`spec.suspend`) is told.
_WRITERS_KEPT = (".fluxcd.io", "argoproj.io")
_EVENTS = ("", "Event")
_MOST_EVENTS = 2000


class Store:
    """Objects by key, by kind and by owner. Implements `Objects`.

    A view is as new as the last frame; objects themselves are never changed, only replaced.
    """

    def __init__(self) -> None:
        self._kinds: dict[Kind, dict[ObjectKey, dict[str, Any]]] = {}
        self._order: dict[Kind, list[ObjectKey]] = {}
        self._sorted: dict[Kind, dict[str, tuple[Manifest, ...]]] = {}
        self._owned: dict[str, dict[ObjectKey, Manifest]] = {}
        self._children: dict[str, tuple[Manifest, ...]] = {}
        self._models: dict[str, dict[str, Any]] = {}
        """By owner the object that was kept last: its siblings are much like it."""
        self._read: dict[Kind, set[str]] = {}
        self._lock = threading.RLock()
        self._listeners: list[Callable[[], None]] = []
        self.changes = 0

    def __len__(self) -> int:
        return sum(map(len, list(self._kinds.values())))

    # Reading -------------------------------------------------------------------------------------------------------

    def get(self, key: ObjectKey) -> Manifest | None:
        """The object, None when it is not there or not read."""
        return self._kinds.get((key.group, key.kind), {}).get(key)

    def of(self, group: str, kind: str, namespace: str = "") -> Iterable[Manifest]:
        """All of a kind, in one namespace when one is given, ordered by namespace and name.

        While nothing of it changes it is the same tuple each time; so it is with `owned`.
        """
        with self._lock:
            known = self._sorted.setdefault((group, kind), {})
            if namespace not in known:
                held = self._kinds.get((group, kind), {})
                order = self._order.get((group, kind))
                if order is None:
                    order = self._order[group, kind] = sorted(held, key=_place)
                known[namespace] = tuple([held[at] for at in order if namespace in ("", at.namespace)])
            return known[namespace]

    def owned(self, uid: str) -> Iterable[Manifest]:
        """The objects that name this one as their controller."""
        with self._lock:
            if uid not in self._children and uid in self._owned:
                self._children[uid] = tuple(self._owned[uid].values())
            return self._children.get(uid, ())

    def visible(self, group: str, kind: str, namespace: str = "") -> bool:
        """Whether all of this kind was read there."""
        read = self._read.get((group, kind), set())
        return "" in read or (bool(namespace) and namespace in read)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call it, on the loop's thread, whenever something changed; it must return at once."""
        self._listeners.append(listener)

    # Writing: the loops only -----------------------------------------------------------------------------------------

    def kept(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """The object as it is to be put: what arrives is brought into this form at once, not when a list is whole."""
        made = trimmed(manifest)
        uid = controller_uid(made) if _shares(made) else ""
        like = self._kinds.get(_kind(made), {}).get(key(made)) or self._models.get(uid)
        found: dict[str, Any] = _alike(made, like) if like is not None and _shares(made) else _lean(made)
        if uid:
            self._models[uid] = found
        return found

    def replace(self, kind: Kind, namespace: str, manifests: Iterable[dict[str, Any]]) -> None:
        """What a list gave: what is no longer in it is gone, what did not change is not told again."""
        with self._lock:
            held = self._kinds.setdefault(kind, {})
            fresh = {key(m): m for m in manifests}
            gone = [at for at in held if at not in fresh and namespace in ("", at.namespace)]
            changed = bool(gone) or namespace not in self._read.get(kind, set())
            for at in gone:
                self._drop(kind, at)
            for at, manifest in fresh.items():
                changed = self._put(kind, at, manifest) or changed
            self._read.setdefault(kind, set()).add(namespace)
        if changed:
            self._tell()

    def put(self, kind: Kind, manifest: dict[str, Any]) -> None:
        """What a watch gave."""
        with self._lock:
            changed = self._put(kind, key(manifest), manifest)
        if changed:
            self._tell()

    def drop(self, kind: Kind, manifest: Manifest) -> None:
        """What a watch says is gone."""
        with self._lock:
            known = self._drop(kind, key(manifest))
        if known:
            self._tell()

    def unread(self, kind: Kind, namespace: str) -> None:
        """The kind may not be read there (any more): what was known of it is forgotten."""
        with self._lock:
            read = self._read.get(kind, set())
            was = namespace in read
            read.discard(namespace)
            # What is read in its own namespace stays, though all of them together may not be read.
            gone = [at for at in self._kinds.get(kind, {}) if namespace in ("", at.namespace) and not _in(read, at)]
            for at in gone:
                self._drop(kind, at)
        if was or gone:
            self._tell()

    def _put(self, kind: Kind, at: ObjectKey, manifest: dict[str, Any]) -> bool:
        held = self._kinds.setdefault(kind, {})
        old = held.get(at)
        version = manifest["metadata"].get("resourceVersion")
        if old is not None and version and old["metadata"].get("resourceVersion") == version:
            return False
        uid = controller_uid(manifest)
        if old is None:
            self._order.pop(kind, None)
        elif controller_uid(old) != uid:
            self._unown(at, old)
        if kind == _EVENTS:
            held.pop(at, None)  # what was heard last goes last
        held[at] = trimmed(manifest)
        self._sorted.pop(kind, None)
        if uid:
            self._owned.setdefault(uid, {})[at] = held[at]
            self._children.pop(uid, None)
        if kind == _EVENTS and len(held) > _MOST_EVENTS:
            self._drop(kind, next(iter(held)))
        return True

    def _drop(self, kind: Kind, at: ObjectKey) -> bool:
        old = self._kinds.get(kind, {}).pop(at, None)
        if old is not None:
            self._order.pop(kind, None)
            self._sorted.pop(kind, None)
            self._unown(at, old)
        return old is not None

    def _unown(self, at: ObjectKey, old: Manifest) -> None:
        uid = controller_uid(old)
        mine = self._owned.get(uid)
        self._children.pop(uid, None)
        if mine is not None:
            mine.pop(at, None)
            if not mine:
                del self._owned[uid]
                self._models.pop(uid, None)

    def _tell(self) -> None:
        self.changes += 1
        for listener in self._listeners:
            listener()


def _place(at: ObjectKey) -> tuple[str, str]:
    return at.namespace, at.name


def _kind(manifest: Manifest) -> Kind:
    group, slash, _ = str(manifest.get("apiVersion", "")).partition("/")
    return group if slash else "", str(manifest.get("kind", ""))


def _shares(manifest: Manifest) -> bool:
    """Whether a field of it has one type: Kubernetes' own kinds. Elsewhere 1 and true, which are equal, may be two."""
    group, _ = _kind(manifest)
    return "." not in group or group.endswith(".k8s.io")


def _alike(value: Any, like: Any) -> Any:
    """The same value, made of the parts of `like` that are equal."""
    if value == like:
        return like
    if isinstance(value, dict) and isinstance(like, dict):
        return {sys.intern(k): _alike(v, like[k]) if k in like else _lean(v) for k, v in value.items()}
    if isinstance(value, list) and isinstance(like, list):
        return [_alike(one, other) for one, other in zip(value, like, strict=False)] + value[len(like) :]
    return value


def _lean(value: Any) -> Any:
    """The same value with names of fields that all objects have in common."""
    if isinstance(value, dict):
        return {sys.intern(k): _lean(v) for k, v in value.items()}
    return [_lean(one) for one in value] if isinstance(value, list) else value


def _in(read: set[str], at: ObjectKey) -> bool:
    return "" in read or at.namespace in read


def trimmed(manifest: dict[str, Any]) -> dict[str, Any]:
    """The object without what nobody reads; of a Secret only the names of its keys stay."""
    metadata = manifest.get("metadata") or {}
    group = str(manifest.get("apiVersion", "")).rpartition("/")[0]
    if "managedFields" in metadata and not group.endswith(_WRITERS_KEPT):
        metadata = {name: value for name, value in metadata.items() if name != "managedFields"}
        manifest = {**manifest, "metadata": metadata}
    if manifest.get("kind") != "Secret" or group:
        return manifest
    annotations = {n: v for n, v in (metadata.get("annotations") or {}).items() if n != _LAST_APPLIED}
    kept = {**manifest, "metadata": {**metadata, "annotations": annotations}}
    for part in ("data", "stringData"):
        if isinstance(kept.get(part), Mapping):
            kept[part] = dict.fromkeys(kept[part], "")
    return kept
