"""Which objects a controller's object says it brought."""

from __future__ import annotations

import re

from liftlock.cluster.health.reading import mappings, string
from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey

_ENTRY = re.compile(r"(?P<namespace>[^_]*)_(?P<name>.+)_(?P<group>[^_]*)_(?P<kind>[^_]+)")
# The kinds whose names may hold a colon, which Flux writes as two underscores.
_COLONS = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})


def flux_inventory(manifest: Manifest) -> tuple[ObjectKey, ...]:
    """The objects in the inventory of a Kustomization or a HelmRelease."""
    found: list[ObjectKey] = []
    for entry in mappings(manifest, "status", "inventory", "entries"):
        if match := _ENTRY.fullmatch(string(entry, "id")):
            name = match["name"].replace("__", ":") if match["kind"] in _COLONS else match["name"]
            found.append(ObjectKey(match["group"], match["kind"], match["namespace"], name))
    return tuple(found)


def argo_resources(manifest: Manifest) -> tuple[ObjectKey, ...]:
    """The objects of an Application, without those that are to be pruned."""
    return tuple(
        ObjectKey(string(item, "group"), string(item, "kind"), string(item, "namespace"), string(item, "name"))
        for item in mappings(manifest, "status", "resources")
        if item.get("requiresPruning") is not True
    )
