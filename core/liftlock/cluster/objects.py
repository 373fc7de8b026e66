"""Live objects as everything that decides reads them: a view that does not change while it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from liftlock.model.diff import ObjectKey

Manifest = Mapping[str, Any]
Kind = tuple[str, str]
"""Group and kind."""


class Objects(Protocol):
    """What is known of a cluster at one moment."""

    def get(self, key: ObjectKey) -> Manifest | None:
        """The object, None when it is not there or not read."""
        ...

    def of(self, group: str, kind: str, namespace: str = "") -> Iterable[Manifest]:
        """All of a kind, in one namespace when one is given, ordered by namespace and name."""
        ...

    def owned(self, uid: str) -> Iterable[Manifest]:
        """The objects that name this one as their controller."""
        ...

    def visible(self, group: str, kind: str, namespace: str = "") -> bool:
        """Whether this kind was read there (all of it): what is not found is then really not there."""
        ...


def key(manifest: Manifest) -> ObjectKey:
    """What identifies the object, as the server spells it."""
    group, slash, _ = str(manifest.get("apiVersion", "")).partition("/")
    metadata = manifest.get("metadata") or {}
    return ObjectKey(
        group if slash else "", str(manifest.get("kind", "")), metadata.get("namespace", ""), metadata.get("name", "")
    )


def controller_uid(manifest: Manifest) -> str:
    """The uid of the object that controls this one, "" when none does."""
    for owner in (manifest.get("metadata") or {}).get("ownerReferences") or ():
        if owner.get("controller"):
            return str(owner.get("uid", ""))
    return ""


class Snapshot:
    """Objects that are given; `blind` are the kinds that could not be read."""

    def __init__(self, manifests: Iterable[Manifest] = (), blind: Iterable[Kind] = ()) -> None:
        self._blind = frozenset(blind)
        keyed = sorted(((key(m), m) for m in manifests), key=lambda pair: pair[0])
        self._all: dict[ObjectKey, Manifest] = dict(keyed)
        self._kinds: dict[Kind, list[Manifest]] = defaultdict(list)
        self._owned: dict[str, list[Manifest]] = defaultdict(list)
        for at, manifest in self._all.items():
            self._kinds[at.group, at.kind].append(manifest)
            if uid := controller_uid(manifest):
                self._owned[uid].append(manifest)

    def get(self, key: ObjectKey) -> Manifest | None:
        """The object, None when it is not there or not read."""
        return self._all.get(key)

    def of(self, group: str, kind: str, namespace: str = "") -> Iterable[Manifest]:
        """All of a kind, in one namespace when one is given."""
        found = self._kinds.get((group, kind), ())
        return [m for m in found if m["metadata"].get("namespace", "") == namespace] if namespace else found

    def owned(self, uid: str) -> Iterable[Manifest]:
        """The objects that name this one as their controller."""
        return self._owned.get(uid, ())

    def visible(self, group: str, kind: str, namespace: str = "") -> bool:
        """Whether this kind was read."""
        return (group, kind) not in self._blind
