"""Versions pinned in one file: images, charts, releases, references and values that read as versions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from liftlock.discovery.contents import parse, unreadable
from liftlock.discovery.words import is_word, listed
from liftlock.errors import Problem
from liftlock.model.app import Version
from liftlock.text import printable
from liftlock.values import dataclass

_INTERESTING = re.compile(rb"(?i)image|(?<!api)version|tag\b|tag[\"']?:|_tag|revision|[?]ref=|digest|ref:|substitute")
_OBJECT = re.compile(rb"^kind:", re.M)
_IN_OBJECTS = re.compile(
    rb"[iI]mage|IMAGE|newTag|digest:|Revision:|[?&]ref=|\bversion:|substitute:|\btag:|semver:|commit:|path:.*/v?\d"
)
_MAX_DEPTH = 24
_SEMVER = re.compile(r"v?\d+\.\d+\.\d+([-+_.][\w.+-]*)?")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+(/\d+)?")
_API = re.compile(r"v\d+((alpha|beta)\d+)?")
_TAG_KEY = re.compile(r"(?i)(.*[a-z0-9_.-])?(tag|_version|imageversion|appversion|chartversion)|version|image_?tag")
_MOVING = listed("latest stable main master head nightly edge develop trunk")
_REF = re.compile(r"[?&]ref=([^&\s]+)")
_IMAGE = re.compile(r"[\w.$/-]+(:\d+)?[\w./-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{6,})+")
_DOTENV = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*[:=]\s*[\"']?([^\"'#\s]+)[\"']?\s*(?:#.*)?$", re.M)
_PART_KEYS = ("name", "key", "id", "release", "path")


@dataclass(frozen=True, slots=True)
class Pin:
    """A version in a file. `part` is the release it belongs to where a file holds several; `weight`: doubt."""

    version: Version
    part: str = ""
    weight: int = 0


def pins_of(path: str, data: bytes, problems: list[Problem] | None = None) -> tuple[Pin, ...]:
    """The versions pinned in a file; none where it is a template, encrypted, or cannot be parsed.

    A file that should be read and cannot be is added to `problems`.
    """
    wanted = _IN_OBJECTS if _OBJECT.search(data) is not None else _INTERESTING
    plain = b"." in data and b"kind:" not in data and len(data) <= 8192
    if not plain and wanted.search(data) is None and not path.endswith(".env"):
        return ()
    name = path.rpartition("/")[2]
    try:
        if name.endswith(".env"):
            return tuple(_dotenv(path, data.decode()))
        if data.startswith((b"\x00", b"#!")) or b"\nsops:\n" in data:
            return ()
        documents = [json.loads(data, parse_int=str, parse_float=str)] if name.endswith(".json") else parse(data)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        if problems is not None and b"{{" not in data and name.endswith((".yaml", ".yml", ".json")):
            problems.append(unreadable(path, error))
        return ()
    shown = printable(path)
    found = [pin for document in documents for pin in _document(shown, name, document)]
    return tuple(found)


def _dotenv(path: str, text: str) -> Iterator[Pin]:
    for key, value in _DOTENV.findall(text):
        if _TAG_KEY.fullmatch(key) and plausible(key, value):
            yield Pin(
                _version(
                    re.sub(r"(?i)_?(docker|image)?_?(tag|version)$", "", key).lower(), value, path, key, "variable"
                )
            )
        elif key.upper().endswith("IMAGE") and _IMAGE.fullmatch(value):
            yield from _image(value, path, key)


def _version(name: str, value: str, file: str, path: str, kind: str) -> Version:
    return Version(printable(name), printable(value), file, printable(path), kind)


def plausible(key: str, value: object) -> bool:
    """Whether a value under such a key is a version, not a word (`Production`), a placeholder or an API's name."""
    if not isinstance(value, str) or not value or len(value) > 160:
        return False
    if any(c in value for c in " \t\n{}$<>/,") or value.upper() == key.upper() or value.upper().endswith("_TAG"):
        return False
    if value.lower() in _MOVING:
        return key.lower().endswith("tag")
    tag = key.lower().endswith("tag")
    if not any(c.isdigit() for c in value) or _ADDRESS.fullmatch(value) or (_API.fullmatch(value) and not tag):
        return False
    if any(is_word(w) for w in re.split(r"[-_.]", value)) and not re.search(r"[0-9a-f]{7}|\d{4}|\d\.\d", value):
        return False  # the name of a cluster or a host
    if tag:
        return True
    return "." in value or "_" in value or len(value) >= 7


def _document(file: str, name: str, document: Any) -> Iterator[Pin]:
    if not isinstance(document, dict):
        return
    kind, api = document.get("kind"), document.get("apiVersion")
    if kind == "CustomResourceDefinition":
        return
    if name in {"kustomization.yaml", "kustomization.yml", "Kustomization"}:
        yield from _kustomization(file, document, "")
    elif name in {"Chart.yaml", "requirements.yaml"} and not isinstance(kind, str):
        yield from _chart(file, document)
    elif isinstance(document.get("releases"), list) and not isinstance(kind, str):
        yield from _helmfile(file, document)
    elif isinstance(kind, str) and isinstance(api, str):
        yield from _object(file, kind, api, document)
    else:
        yield from _values(file, document, "", 0)


def _text(node: Any, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    return value if isinstance(value, str) else ""


def _dicts(node: Any, key: str) -> list[dict[str, Any]]:
    value = node.get(key) if isinstance(node, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _sub(node: Any, *keys: str) -> Any:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _kustomization(file: str, node: Any, prefix: str) -> Iterator[Pin]:
    for image in _dicts(node, "images"):
        name = _text(image, "newName") or _text(image, "name")
        at = f"{prefix}images[name={_text(image, 'name')}]"
        tag, digest = _text(image, "newTag"), _text(image, "digest")
        if tag or digest:
            leaf = "newTag" if tag else "digest"
            doubt = int(bool(tag) and not any(c.isdigit() for c in tag))
            yield Pin(_version(name, tag or digest, file, f"{at}.{leaf}", "image"), weight=doubt)
    for chart in _dicts(node, "helmCharts"):
        if _text(chart, "version"):
            at = f"{prefix}helmCharts[name={_text(chart, 'name')}].version"
            yield Pin(_version(_text(chart, "name"), _text(chart, "version"), file, at, "chart"))
    for key in ("resources", "bases", "components"):
        entries = node.get(key) if isinstance(node, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            match = _REF.search(entry) if isinstance(entry, str) else None
            if match:
                address = entry[: match.start()].rstrip("/")
                # The repository names it: the path inside often has the environment's name in it.
                short = "/".join(re.sub(r"^[a-z+]+://[^/]+/", "", address).split("/")[:2]).removesuffix(".git")
                yield Pin(_version(short, match.group(1), file, f"{prefix}{key}[={address}]", "ref"))


def _chart(file: str, node: dict[str, Any]) -> Iterator[Pin]:
    for dependency in _dicts(node, "dependencies"):
        name = _text(dependency, "alias") or _text(dependency, "name")
        if _text(dependency, "version"):
            at = f"dependencies[name={_text(dependency, 'name')}].version"
            yield Pin(_version(name, _text(dependency, "version"), file, at, "chart"), name)
    if _text(node, "appVersion") and plausible("appVersion", node["appVersion"]):
        yield Pin(_version(_text(node, "name"), _text(node, "appVersion"), file, "appVersion", "value"), weight=1)
    if _text(node, "version") not in ("", "0.0.0", "0.1.0", "1.0.0", "0.0.1"):
        yield Pin(_version(_text(node, "name"), _text(node, "version"), file, "version", "chart"), weight=2)


def _helmfile(file: str, node: dict[str, Any]) -> Iterator[Pin]:
    for release in _dicts(node, "releases"):
        name, version = _text(release, "name"), _text(release, "version")
        if name and version and "{{" not in version:
            yield Pin(_version(name, version, file, f"releases[name={name}].version", "release"), name)


def _object(file: str, kind: str, api: str, node: dict[str, Any]) -> Iterator[Pin]:
    spec = node.get("spec")
    if kind == "Kustomization":
        yield from _kustomization(file, spec, "spec.")
        substitute = _sub(spec, "postBuild", "substitute")
        for key, value in substitute.items() if isinstance(substitute, dict) else ():
            if isinstance(key, str) and (_TAG_KEY.fullmatch(key) or _semver(value)) and plausible(key, value):
                yield Pin(_version(key, value, file, f"spec.postBuild.substitute.{key}", "variable"))
        last = _text(spec, "path").rstrip("/").rpartition("/")[2]
        if re.fullmatch(r"v?\d+(\.\d+)+[\w.-]*", last):
            yield Pin(_version(_text(node.get("metadata"), "name"), last, file, "spec.path", "ref"))
    elif kind == "HelmRelease":
        chart = _sub(spec, "chart", "spec")
        if _text(chart, "version"):
            yield Pin(
                _version(_text(chart, "chart"), _text(chart, "version"), file, "spec.chart.spec.version", "chart")
            )
        yield from _values(file, _sub(spec, "values"), "spec.values", 0)
    elif kind in {"OCIRepository", "GitRepository"}:
        name = _text(node.get("metadata"), "name")
        for key in ("tag", "semver", "digest", "commit"):
            value = _text(_sub(spec, "ref"), key)
            if value:
                yield Pin(_version(name, value, file, f"spec.ref.{key}", "ref"))
    elif kind in {"Application", "ApplicationSet"} and api.startswith("argoproj.io/"):
        yield from _argo(file, kind, spec)
    elif kind == "HelmChartInflationGenerator" and _text(node, "version"):
        name = _text(node, "name") or _text(_sub(node, "metadata"), "name")
        yield Pin(_version(name, _text(node, "version"), file, "version", "chart"))
    elif kind == "ImageStream":
        for tag in _dicts(spec, "tags"):
            image = _text(tag.get("from"), "name")
            if image:
                yield from _image(image, file, f"spec.tags[name={_text(tag, 'name')}].from.name")
    else:
        yield from _images(file, {k: v for k, v in node.items() if k != "metadata"}, "", 0)


def _argo(file: str, kind: str, spec: Any) -> Iterator[Pin]:
    prefix = "spec."
    if kind == "ApplicationSet":
        spec, prefix = _sub(spec, "template", "spec"), "spec.template.spec."
    single = _sub(spec, "source")
    sources = [("source", single)] if isinstance(single, dict) else []
    sources += [(f"sources[{i}]", source) for i, source in enumerate(_dicts(spec, "sources"))]
    for at, source in sources:
        revision, chart = _text(source, "targetRevision"), _text(source, "chart")
        address = re.sub(r"^[a-z+]+://[^/]+/", "", _text(source, "repoURL")).removesuffix(".git")
        if revision and revision.lower() not in _MOVING and "{{" not in revision:
            kind_of = "chart" if chart else "ref"
            yield Pin(_version(chart or address, revision, file, f"{prefix}{at}.targetRevision", kind_of))
        for parameter in _dicts(_sub(source, "helm"), "parameters"):
            name, value = _text(parameter, "name"), _text(parameter, "value")
            if _TAG_KEY.fullmatch(name) and plausible(name, value):
                yield Pin(_version(name, value, file, f"{prefix}{at}.helm.parameters[name={name}].value", "value"))
        images = _sub(source, "kustomize", "images")
        for image in images if isinstance(images, list) else ():
            if isinstance(image, str):
                yield from _image(image.rpartition("=")[2], file, f"{prefix}{at}.kustomize.images")
        yield from _values(file, _sub(source, "helm", "valuesObject"), f"{prefix}{at}.helm.valuesObject", 0)


def _image(text: str, file: str, path: str) -> Iterator[Pin]:
    """An image string by its parts: the tag in front, a digest where there is no tag."""
    if not _IMAGE.fullmatch(text) or "$" in text:
        return
    name, _, digest = text.partition("@")
    before, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        before, tag = name, ""
    if tag or digest:
        yield Pin(_version(before, tag or digest, file, path, "image"))


def _items(node: list[Any]) -> Iterator[tuple[str, Any]]:
    for position, item in enumerate(node):
        named = (
            next((f"[{k}={item[k]}]" for k in _PART_KEYS if isinstance(item.get(k), str)), "")
            if isinstance(item, dict)
            else ""
        )
        yield named or f"[{position}]", item


def _images(file: str, node: Any, path: str, depth: int) -> Iterator[Pin]:
    """Images in a Kubernetes object, wherever a key is named so."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            below = f"{path}.{key}" if path else str(key)
            if isinstance(value, str):
                if (key == "image" or str(key).lower().endswith("image")) and (":" in value or "@" in value):
                    yield from _image(value, file, below)
            elif isinstance(value, dict | list):
                yield from _images(file, value, below, depth + 1)
        if str(node.get("name", "")).upper().endswith("IMAGE") and isinstance(node.get("value"), str):
            yield from _image(node["value"], file, f"{path}.value")
    elif isinstance(node, list):
        for step, item in _items(node):
            if isinstance(item, dict | list):
                yield from _images(file, item, path + step, depth + 1)


def _semver(value: object) -> bool:
    return isinstance(value, str) and bool(_SEMVER.fullmatch(value)) and not _ADDRESS.fullmatch(value)


def _values(file: str, node: Any, path: str, depth: int, part: str = "") -> Iterator[Pin]:
    """Versions in a file of values: images, tags, and what reads as a version."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, dict):
        repository = _text(node, "repository") or _text(node, "name")
        for key, value in node.items():
            key = str(key)
            below = f"{path}.{key}" if path else key
            if isinstance(value, dict | list):
                yield from _values(file, value, below, depth + 1, part)
            elif not isinstance(value, str) or not value:
                continue
            elif key == "digest" and value.startswith("sha256:"):
                yield Pin(_version(repository or path, value, file, below, "image"), part, weight=1)
            elif _TAG_KEY.fullmatch(key) and plausible(key, value):
                is_tag = key.lower() in {"tag", "imagetag", "image_tag"}
                name = repository if is_tag and repository else path if key.lower() in {"tag", "version"} else ""
                name = name or ("" if is_tag else key)
                named = "" if name == "image" else name.removesuffix(".image")
                yield Pin(_version(named, value, file, below, "image" if is_tag else "value"), part, 0 if is_tag else 1)
            elif (":" in value or "@sha256" in value) and "://" not in value and _image_like(key, value):
                for pin in _image(value, file, below):
                    yield Pin(pin.version, part)
            elif _semver(value) and depth <= 3:
                yield Pin(_version(key.split(" ")[0], value, file, below, "value"), part, 2)
    elif isinstance(node, list):
        for step, item in _items(node):
            if isinstance(item, dict | list):
                yield from _values(file, item, path + step, depth + 1, part)


def _image_like(key: str, value: str) -> bool:
    if key.lower().endswith("image") or key == "image":
        return True
    return "/" in value and bool(_IMAGE.fullmatch(value)) and not re.search(r":\d{2,5}$", value)
