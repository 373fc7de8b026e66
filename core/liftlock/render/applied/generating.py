"""The kustomization.yaml that kustomize-controller builds: the folder's own with the Kustomization's fields on it.

Where the folder has none, it lists every manifest below it (fluxcd/pkg, module kustomize).
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from liftlock.errors import RenderError
from liftlock.model.tree import Tree
from liftlock.render.applied.reading import folder as path_of
from liftlock.render.applied.reading import mappings, string, strings
from liftlock.render.applied.sourceignore import Ignored
from liftlock.render.manifests import Unreadable, load
from liftlock.render.places import Outside, Places
from liftlock.render.reach import kustomization_of
from liftlock.render.references import KUSTOMIZATIONS
from liftlock.text import printable

_REMOTE = ("git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/", "file://")


def generated(places: Places, folder: str, spec: Mapping[str, Any]) -> dict[str, bytes]:
    """The file that the controller writes into the folder, by its path. Raises RenderError."""
    own = _own(places, folder)
    if own is None:
        path, document = posixpath.join(folder, KUSTOMIZATIONS[0]), _listed(places, folder)
    else:
        path, document = own
        if not document.get("resources"):
            # So that a kustomization of nothing but generators is not taken for an empty one.
            document["buildMetadata"] = ["originAnnotations"]
    _add(document, spec, places, folder)
    return {path: json.dumps(document, default=str).encode()}


def _own(places: Places, folder: str) -> tuple[str, dict[str, Any]] | None:
    try:
        place = kustomization_of(places, folder)
    except Outside as error:
        raise RenderError(f"{printable(folder)} leads out of the repository", "", "look at the link") from error
    if place is None:
        return None
    try:
        documents = [document for document in load(places.tree.read(place.path)) if document is not None]
    except Unreadable as error:
        raise RenderError(f"{printable(place.path)} cannot be read", str(error), "correct the file") from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise RenderError(f"{printable(place.path)} holds no kustomization", "", "correct the file")
    return place.path, documents[0]


def _listed(places: Places, folder: str) -> dict[str, Any]:
    """All manifests below the folder; a folder with a kustomization of its own stands for all below it."""
    document: dict[str, Any] = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    found = resources(places.tree, folder)
    if found:
        document["resources"] = found
    else:
        document["namespace"] = "_placeholder"
    return document


def resources(tree: Tree, folder: str) -> list[str]:
    """What a folder without a kustomization is taken to hold, as paths from it, in the order of a walk."""
    ignored = Ignored(tree)
    head = f"{folder}/" if folder else ""
    inner = [path for path, entry in tree.entries.items() if path.startswith(head) and entry.mode != "160000"]
    built = sorted({posixpath.dirname(path) for path in inner if posixpath.basename(path) in KUSTOMIZATIONS} - {folder})
    tops = [place for place in built if not any(place.startswith(f"{other}/") for other in built if other != place)]
    files = [
        path
        for path in inner
        if path.endswith((".yaml", ".yml")) and not any(path.startswith(f"{top}/") for top in tops)
    ]
    kept = [path for path in (*files, *tops) if not ignored(path)]
    return [f"./{path.removeprefix(head)}" for path in sorted(kept, key=lambda path: path.split("/"))]


def _add(document: dict[str, Any], spec: Mapping[str, Any], places: Places, folder: str) -> None:
    for ours, theirs in (("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")):
        if string(spec, ours):
            document[theirs] = string(spec, ours)
    components = []
    for component in strings(spec, "components"):
        if component.lower().startswith(_REMOTE) or posixpath.isabs(component):
            raise RenderError(f"The component {printable(component)} is refused", "it must be a relative path")
        place = path_of(component, folder)
        if spec.get("ignoreMissingComponents") is True and (place is None or not places.is_folder(place)):
            continue
        components.append(component)
    _extend(document, "components", components)
    with_fields(document, spec)


def with_fields(document: dict[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The kustomization with the patches, images and build metadata of a spec added to its own."""
    _extend(document, "patches", [_patch(patch) for patch in mappings(spec, "patches")])
    # Fields of older versions of the API.
    _extend(document, "patchesStrategicMerge", [json.dumps(p) for p in mappings(spec, "patchesStrategicMerge")])
    _extend(
        document,
        "patchesJson6902",
        [
            {"patch": json.dumps(patch.get("patch"), default=str), "target": dict(patch.get("target") or {})}
            for patch in mappings(spec, "patchesJson6902")
        ],
    )
    if images := mappings(spec, "images"):
        document["images"] = merged_images(mappings(document, "images"), images)
    if strings(spec, "buildMetadata"):
        document["buildMetadata"] = strings(spec, "buildMetadata")
    return document


def _extend(document: dict[str, Any], field: str, more: list[Any]) -> None:
    if more:
        held = document.get(field)
        document[field] = [*(held if isinstance(held, list) else []), *more]


def _patch(patch: Mapping[str, Any]) -> dict[str, Any]:
    """A patch in place; only these parts of a target are handed on."""
    made: dict[str, Any] = {"patch": string(patch, "patch")}
    if isinstance(patch.get("target"), Mapping):
        known = ("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector")
        made["target"] = {key: value for key, value in patch["target"].items() if key in known}
    return made


def merged_images(own: list[Mapping[str, Any]], more: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The images of a kustomization with those of the spec: a tag or digest replaces both, a new name only the name."""
    made = [dict(image) for image in own]
    for image in more:
        held = next((one for one in made if one.get("name") == image.get("name")), None)
        if held is None:
            fields = ("name", "newName", "newTag", "digest")
            made.append({key: image[key] for key in fields if image.get(key)})
            continue
        if image.get("newName"):
            held["newName"] = image["newName"]
        if image.get("newTag") or image.get("digest"):
            for key in ("newTag", "digest"):
                held.pop(key, None)
                if image.get(key):
                    held[key] = image[key]
    return made
