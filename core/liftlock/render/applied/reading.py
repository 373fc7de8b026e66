"""Reading manifests, whatever they hold: each function gives what is there in the form asked for, or nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from liftlock.model.diff import ObjectKey


def at(value: Any, *path: str) -> Any:
    """What stands at a path of keys, None when nothing does."""
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """A mapping."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else {}


def mappings(value: Any, *path: str) -> list[Mapping[str, Any]]:
    """The mappings of a list."""
    found = at(value, *path)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def string(value: Any, *path: str) -> str:
    """A text; numbers are written out, what is no scalar is nothing."""
    found = at(value, *path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int | float) else ""


def strings(value: Any, *path: str) -> list[str]:
    """The texts of a list."""
    found = at(value, *path)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def texts(value: Any, *path: str) -> dict[str, str]:
    """A mapping of texts to texts."""
    return {str(key): string({"": item}, "") for key, item in mapping(value, *path).items()}


def key_of(manifest: Mapping[str, Any]) -> ObjectKey:
    """What identifies the object, as it is spelled."""
    group = string(manifest, "apiVersion").rpartition("/")[0]
    metadata = mapping(manifest, "metadata")
    return ObjectKey(group, string(manifest, "kind"), string(metadata, "namespace"), string(metadata, "name"))


def folder(path: str, below: str = "") -> str | None:
    """A path of a tree without what says nothing, seen from a folder; None when it leads out of the tree."""
    made = posixpath.normpath(posixpath.join("/", below, path.lstrip("/") if not below else path)).strip("/")
    depth = 0
    for part in [*below.split("/"), *path.split("/")]:
        depth += {"": 0, ".": 0, "..": -1}.get(part, 1)
        if depth < 0:
            return None
    return made
