"""The controller's own object as the tree has it: a promotion may change the object along with what it applies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from liftlock.errors import LiftlockError
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Delivery
from liftlock.model.tree import Tree
from liftlock.render.applied.appsets import generated
from liftlock.render.applied.reading import folder, key_of, mapping, string
from liftlock.render.applied.written import ARGO, Written, written
from liftlock.render.result import Rendered
from liftlock.values import dataclass

RenderOwner = Callable[[ObjectKey, Mapping[str, Any] | None], Rendered | None]
"""What the object that applies this one makes of the tree, None when that cannot be told."""


@dataclass(frozen=True, slots=True)
class Current:
    """A manifest, the file it is written in ("" when it is the cluster's), and what is to be said of it."""

    manifest: Mapping[str, Any]
    path: str = ""
    note: str = ""


def current(tree: Tree, delivery: Delivery, owner: RenderOwner) -> Current:
    """The object of a delivery, from the tree where it stands there, else as it was read from the cluster."""
    found = [one for one in written(tree) if _same(one.manifest, delivery.key)]
    sets = [one for one in written(tree) if _same_set(one, delivery)]
    made = [
        Written(one.path, application)
        for one in sets
        for application in generated(tree, one.manifest).applications
        if _same(application, delivery.key)
    ]
    found += made
    if not found:
        return Current(delivery.raw)
    if delivery.owner is not None and delivery.owner != delivery.key and delivery.owner.kind != "ApplicationSet":
        applied = _applied(delivery, owner)
        if applied is not None:
            return Current(applied, found[0].path)
    best = _best(found, delivery)
    if best is None:
        places = " and ".join(one.path for one in found[:3])
        return Current(delivery.raw, "", f"{delivery.key} stands in {places}: the cluster's is taken")
    return Current(best.manifest, best.path)


def _applied(delivery: Delivery, owner: RenderOwner) -> Mapping[str, Any] | None:
    """The object as its owner applies it: with all that overlays and variables make of what is written."""
    assert delivery.owner is not None  # noqa: S101 - asked for by the one that checked it
    try:
        made = owner(delivery.owner, None)
    except LiftlockError:
        return None
    if made is None or made.problem:
        return None
    return next((manifest for manifest in made.objects if _same(manifest, delivery.key, exact=True)), None)


def _same(manifest: Mapping[str, Any], key: ObjectKey, *, exact: bool = False) -> bool:
    """Whether the manifest is this object; one without a namespace may be, its overlay gives it one."""
    mine = key_of(manifest)
    named = (mine.group, mine.kind, mine.name) == (key.group, key.kind, key.name)
    return named and (mine.namespace == key.namespace or (not exact and not mine.namespace))


def _same_set(one: Written, delivery: Delivery) -> bool:
    if key_of(one.manifest).kind != "ApplicationSet" or delivery.key.kind != "Application":
        return False
    return delivery.owner is None or delivery.owner.name == key_of(one.manifest).name


def _best(found: list[Written], delivery: Delivery) -> Written | None:
    """The one that is most like the cluster's: environments often have objects of one name, each in its own folder."""
    if len(found) == 1 and (not delivery.raw or _whole(found[0].manifest, delivery)):
        return found[0]
    ranked = sorted(((_likeness(one.manifest, delivery), at) for at, one in enumerate(found)), reverse=True)
    (first, at), *rest = ranked
    if rest and rest[0][0] == first and any(found[i].manifest != found[at].manifest for s, i in rest if s == first):
        return None
    return found[at] if _whole(found[at].manifest, delivery) else None


def _whole(manifest: Mapping[str, Any], delivery: Delivery) -> bool:
    """Whether what is written is all there is to the object, and no overlay adds to it what the cluster has."""
    theirs, mine = mapping(delivery.raw, "spec"), mapping(manifest, "spec")
    needed = ("sourceRef", "path", "chart", "chartRef", "source", "sources", "postBuild", "values", "valuesFrom")
    return bool(mine) and all(name in mine for name in needed if theirs.get(name) and _by_hand(name, delivery))


def _by_hand(name: str, delivery: Delivery) -> bool:
    """Whether a field that is gone from the tree would be an overlay's work; an object without an owner has none."""
    return name in ("sourceRef", "chart", "chartRef", "source", "sources") or delivery.owner is not None


def _likeness(manifest: Mapping[str, Any], delivery: Delivery) -> tuple[int, int, int]:
    mine, theirs = mapping(manifest, "spec"), mapping(delivery.raw, "spec")
    place = string(mine, "path") or string(mine, "source", "path")
    told = folder(place)
    path = int(told is not None and told == delivery.path)
    exact = int(key_of(manifest).namespace == delivery.key.namespace)
    equal = sum(mine.get(name) == value for name, value in theirs.items())
    return path, exact, equal


def config_of(tree: Tree, path: str, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
    """A ConfigMap that is written in the tree, when just one is of this name, or one lies by the file that names it."""
    if kind != "ConfigMap":
        return None
    wanted = ObjectKey("", "ConfigMap", namespace, name)
    found = [one for one in written(tree) if _same(one.manifest, wanted)]
    if len(found) > 1 and path:
        home = path.rpartition("/")[0]
        found = [one for one in found if one.path.rpartition("/")[0] == home]
    return found[0].manifest if len(found) == 1 else None


def source_of(tree: Tree, group: str, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
    """The object of a source that is written in the tree."""
    wanted = ObjectKey(group, kind, namespace, name)
    return next((one.manifest for one in written(tree) if _same(one.manifest, wanted)), None)


__all__ = ["ARGO", "Current", "config_of", "current", "source_of"]
