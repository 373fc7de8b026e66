"""What Argo CD does to a kustomization before it builds it: `kustomize edit` and additions of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from liftlock.errors import RenderError
from liftlock.render.applied.reading import mapping, mappings, string, strings, texts
from liftlock.text import printable

Expand = Callable[[str], str]
_TAGGED = re.compile(r"(?P<name>.+):(?P<tag>[A-Za-z0-9._-]*|\*)")
_KEPT = "*"


def edited(document: dict[str, Any], block: Mapping[str, Any], expand: Expand, there: Callable[[str], bool]) -> bool:
    """Put the fields of an Application's `kustomize` block on a kustomization; whether anything changed.

    `there` says whether a component is in the repository. Raises RenderError for what kustomize refuses.
    """
    before = repr(document)
    for field in ("namePrefix", "nameSuffix"):
        if string(block, field):
            document[field] = string(block, field)
    if images := strings(block, "images"):
        document["images"] = with_images(mappings(document, "images"), [expand(image) for image in images])
    if replicas := mappings(block, "replicas"):
        named = {string(item, "name"): {"name": string(item, "name"), "count": _count(item)} for item in replicas}
        own = {string(item, "name"): dict(item) for item in mappings(document, "replicas")}
        document["replicas"] = [item for _, item in sorted({**own, **named}.items())]
    _labels(document, block, expand)
    _annotations(document, block, expand)
    if string(block, "namespace"):
        document["namespace"] = string(block, "namespace")
    if patches := mappings(block, "patches"):
        held = document.get("patches")
        document["patches"] = [*(held if isinstance(held, list) else []), *({**patch} for patch in patches)]
    components = [
        component
        for component in strings(block, "components")
        if block.get("ignoreMissingComponents") is not True or there(component)
    ]
    if components:
        held = strings(document, "components")
        document["components"] = [*held, *(component for component in components if component not in held)]
    return repr(document) != before


def _count(item: Mapping[str, Any]) -> int:
    text = string(item, "count")
    if not re.fullmatch(r"-?\d+", text):
        name = printable(string(item, "name"))
        raise RenderError(f"The replicas of {name} are no number", printable(text), "correct the Application")
    return int(text)


def _labels(document: dict[str, Any], block: Mapping[str, Any], expand: Expand) -> None:
    pairs = {name: expand(value) for name, value in texts(block, "commonLabels").items()}
    if not pairs:
        return
    forced = block.get("forceCommonLabels") is True
    templates = block.get("labelIncludeTemplates") is True
    if templates and block.get("labelWithoutSelector") is not True:
        raise RenderError(
            "labelIncludeTemplates needs labelWithoutSelector", "kustomize refuses one without the other", "set both"
        )
    if block.get("labelWithoutSelector") is True:
        held = [dict(item) for item in mappings(document, "labels")]
        same = next((item for item in held if _alike(item, templates)), None)
        if same is None:
            held.append({"pairs": pairs, **({"includeTemplates": True} if templates else {})})
        else:
            same["pairs"] = _joined(mapping(same, "pairs"), pairs, "label", forced)
        document["labels"] = held
        return
    document["commonLabels"] = _joined(mapping(document, "commonLabels"), pairs, "label", forced)


def _alike(item: Mapping[str, Any], templates: bool) -> bool:
    return item.get("includeSelectors") is not True and (item.get("includeTemplates") is True) == templates


def _annotations(document: dict[str, Any], block: Mapping[str, Any], expand: Expand) -> None:
    pairs = texts(block, "commonAnnotations")
    if not pairs:
        return
    if block.get("commonAnnotationsEnvsubst") is True:
        pairs = {name: expand(value) for name, value in pairs.items()}
    forced = block.get("forceCommonAnnotations") is True
    document["commonAnnotations"] = _joined(mapping(document, "commonAnnotations"), pairs, "annotation", forced)


def _joined(held: Mapping[str, Any], more: Mapping[str, str], what: str, forced: bool) -> dict[str, Any]:
    taken = [name for name in more if name in held]
    if taken and not forced:
        raise RenderError(
            f"The {what} {printable(taken[0])} is in the kustomization already",
            "Argo CD adds it without force, which kustomize refuses",
            f"remove it from one place, or set forceCommon{what.capitalize()}s",
        )
    return {**held, **more}


def with_images(own: list[Mapping[str, Any]], more: list[str]) -> list[dict[str, Any]]:
    """The images of a kustomization after `kustomize edit set image`: an entry replaces the one of the same name."""
    made = {string(image, "name"): dict(image) for image in own}
    for text in more:
        image = parsed_image(text)
        held = made.get(image["name"], {})
        for field in ("newName", "newTag", "digest"):
            if image.get(field) == _KEPT:
                image[field] = held.get(field, "")
        made[image["name"]] = {key: value for key, value in image.items() if value and value != _KEPT}
    return [image for _, image in sorted(made.items())]


def parsed_image(text: str) -> dict[str, str]:
    """An image as Argo CD writes it: `name=new:tag`, `name=new@digest`, `name=new`, `name:tag`, `name@digest`."""
    name, renamed, value = text.partition("=")
    value = value if renamed else text
    rest, pinned, digest = value.partition("@")
    tagged = _TAGGED.fullmatch(rest)
    new = tagged["name"] if tagged else rest
    tag = tagged["tag"] if tagged else ""
    if not (renamed or tagged or pinned) or not name or not new:
        raise RenderError(
            f"{printable(text)} names no image", "a name, and a tag or a digest", "correct the Application"
        )
    made = {"name": name if renamed else new, "newTag": tag, "digest": digest if pinned else ""}
    if renamed:
        made["newName"] = new
    return made
