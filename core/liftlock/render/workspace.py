"""What is in reach, written to a folder of its own, so that a program can be run on it."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liftlock.errors import RenderError
from liftlock.model.tree import EXECUTABLE, Tree
from liftlock.render.reach import Reach
from liftlock.text import printable

# For each file that is rewritten: the text of a reference, and the path that replaces it (None: it is left out).
Rewrites = Mapping[str, Mapping[str, str | None]]


def write(tree: Tree, reach: Reach, into: Path, rewrites: Rewrites | None = None) -> None:
    """Write the files in reach below `into`. Links are made anew and point inside only.

    Raises RenderError when the disk will not take them (a full disk, a name that it cannot hold).
    """
    try:
        for folder in reach.folders:
            inside(into, folder).mkdir(parents=True, exist_ok=True)
        for path, data in tree.read_many(reach.files).items():
            changed = (rewrites or {}).get(path)
            if changed:
                data = _rewritten(reach.kustomizations[path], changed)
            place = inside(into, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            if tree.entries[path].mode == EXECUTABLE:
                place.chmod(0o700)
        for link, end in reach.links.items():
            place = inside(into, link)
            place.parent.mkdir(parents=True, exist_ok=True)
            target = inside(into, end)
            if not place.exists() and not place.is_symlink():
                place.symlink_to(os.path.relpath(target, place.parent))
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise RenderError(
            "The manifests cannot be written for rendering", printable(said), f"look at the space below {into.parent}"
        ) from error


def inside(folder: Path, path: str) -> Path:
    """The place of a path of a tree below a folder. Raises RenderError for one that would leave it."""
    if any(part in ("..", ".") for part in path.split("/")) or posixpath.isabs(path) or "\0" in path:
        raise RenderError("A path leads out of the repository", printable(path), "look at the tree")
    return folder / path if path else folder


def _rewritten(kustomization: dict[str, Any], changed: Mapping[str, str | None]) -> bytes:
    """The kustomization with some of its references replaced or left out, as JSON, which is YAML too."""
    made = {}
    for key, value in kustomization.items():
        if isinstance(value, list):
            value = [kept for item in value if (kept := _item(item, changed)) is not None]
        made[key] = value
    return json.dumps(made, default=str).encode()


def _item(item: Any, changed: Mapping[str, str | None]) -> Any:
    if isinstance(item, str):
        return changed.get(item, item)
    if isinstance(item, dict) and isinstance(item.get("path"), str) and item["path"] in changed:
        path = changed[item["path"]]
        return None if path is None else {**item, "path": path}
    return item
