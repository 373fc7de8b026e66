"""One source of an Argo CD Application: what overrides it, what helm is given, which files a folder stands for."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from liftlock.errors import RenderError
from liftlock.model.tree import SYMLINK, Tree
from liftlock.render.applied.bench import Install
from liftlock.render.applied.environment import expand
from liftlock.render.applied.globbing import any_path, path_segments
from liftlock.render.applied.reading import folder, mapping, mappings, string, strings
from liftlock.render.applied.release import HELM_NAME
from liftlock.render.manifests import Unreadable, load
from liftlock.render.places import Outside, Places
from liftlock.render.plainyaml import read_plain
from liftlock.render.result import Rendered
from liftlock.text import printable
from liftlock.values import dataclass

_SKIP = b"+argocd:skip-file-rendering"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_GLOB = re.compile(r"[*?\[{]")
_BARE_COMMA = re.compile(r"(?<!\\),")


@dataclass(frozen=True, slots=True)
class Source:
    """A source and where it is: its tree and folder, and the trees that its `$name/` files are in (None: not here)."""

    block: Mapping[str, Any]
    tree: Tree
    place: str
    app: str
    namespace: str
    variables: Mapping[str, str]
    references: Mapping[str, Tree | None]
    urls: Mapping[str, str]


def overridden(tree: Tree, place: str, source: Mapping[str, Any], app: str) -> Mapping[str, Any]:
    """The source with what .argocd-source.yaml and .argocd-source-APP.yaml in its folder say. Raises RenderError."""
    made: Any = source
    for name in (".argocd-source.yaml", f".argocd-source-{app}.yaml"):
        path = posixpath.join(place, name)
        if path not in tree.entries:
            continue
        try:
            found = next(iter(load(tree.read(path))), None)
        except Unreadable as error:
            raise RenderError(f"{printable(path)} cannot be read", str(error), "correct the file") from error
        if found is not None and not isinstance(found, Mapping):
            raise RenderError(f"{printable(path)} overrides nothing", "it holds no fields", "correct the file")
        made = _patched(made, found or {})
    kept = {name: source[name] for name in ("chart", "path", "repoURL", "targetRevision") if name in source}
    return {**{k: v for k, v in made.items() if k not in ("chart", "path", "repoURL", "targetRevision")}, **kept}


def _patched(value: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7386)."""
    if not isinstance(patch, Mapping):
        return patch
    made = dict(value) if isinstance(value, Mapping) else {}
    for key, item in patch.items():
        if item is None:
            made.pop(key, None)
        else:
            made[key] = _patched(made.get(key), item)
    return made


# Helm ----------------------------------------------------------------------------------------------------------------


def install(source: Source) -> tuple[Install, tuple[str, ...]]:
    """What helm is given for a source, and value files that are not at hand. Raises RenderError."""
    block = mapping(source.block, "helm")
    release = string(block, "releaseName") or source.app
    if not HELM_NAME.fullmatch(release):
        raise RenderError(f"{printable(release)} is no name that Helm takes", "", "set helm.releaseName")
    values, missing = _value_files(source, block)
    if mapping(block, "valuesObject"):
        values.append(json.dumps(block["valuesObject"], default=str).encode())
    elif string(block, "values"):
        values.append(string(block, "values").encode("utf-8", "surrogateescape"))
    sets = []
    for parameter in mappings(block, "parameters"):
        flag = "--set-string" if parameter.get("forceString") is True else "--set"
        value = _clean(expand(string(parameter, "value"), source.variables))
        sets.append(f"{flag}={string(parameter, 'name')}={value}")
    files: dict[str, bytes] = {}
    for parameter in mappings(block, "fileParameters"):
        found = _file(source, string(parameter, "path"))
        if isinstance(found, str):
            missing.append(found)
        elif found is not None:
            files[string(parameter, "name")] = found[0].read(found[1])
    flags = [] if block.get("skipCrds") is True else ["--include-crds"]
    flags += ["--skip-tests"] if block.get("skipTests") is True else []
    flags += ["--skip-schema-validation"] if block.get("skipSchemaValidation") is True else []
    told = block.get("kubeVersion") or source.block.get("kubeVersion")
    flags += [f"--kube-version={told}"] if isinstance(told, str) and told else []
    flags += [f"--api-versions={version}" for version in strings(block, "apiVersions")]
    namespace = string(block, "namespace") or source.namespace
    return Install(release, namespace, tuple(values), tuple(sets), files, tuple(flags)), tuple(missing)


def _clean(value: str) -> str:
    """A comma is none between values, except in a list."""
    return value if value.startswith("{") and value.endswith("}") else _BARE_COMMA.sub(r"\\,", value)


def _value_files(source: Source, block: Mapping[str, Any]) -> tuple[list[bytes], list[str]]:
    """The contents of the value files in order; files that a pattern finds and that are named too stand where named."""
    named = strings(block, "valueFiles")
    ignore = block.get("ignoreMissingValueFiles") is True
    explicit = {
        (id(found[0]), found[1])
        for text in named
        if not _GLOB.search(text) and isinstance(found := _place(source, text), tuple)
    }
    chosen: dict[tuple[int, str], tuple[Tree, str]] = {}
    missing: list[str] = []
    for text in named:
        found = _place(source, text)
        if isinstance(found, str):
            missing.append(found)
            continue
        tree, path = found
        if _GLOB.search(path):
            pattern = path_segments(path)
            matches = sorted(one for one, entry in tree.entries.items() if entry.is_file and pattern.fullmatch(one))
            if not matches and not ignore:
                raise RenderError(f"No values file is like {printable(text)}", "Argo CD fails on that")
            wanted = [(tree, one) for one in matches if (id(tree), one) not in explicit]
        elif path in tree.entries:
            wanted = [(tree, path)]
        elif ignore:
            continue
        else:
            raise RenderError(f"There is no values file {printable(text)}", "Argo CD fails on that")
        for one in wanted:
            chosen.setdefault((id(one[0]), one[1]), one)
    return [_content(tree, path) for tree, path in chosen.values()], missing


def _place(source: Source, text: str) -> tuple[Tree, str] | str:
    """The tree and path of a file that a source names, or what it is called when it is not at hand."""
    head, _, rest = text.partition("/")
    if head.startswith("$") and head in source.references:
        tree = source.references[head]
        path = folder(expand(rest, source.variables))
        if path is None:
            raise RenderError(f"{printable(text)} leads out of the repository", "", "correct the Application")
        return (tree, path) if tree is not None else f"{source.urls[head]} {printable(rest)}"
    told = expand(text, source.variables)
    if _SCHEME.match(told):
        return printable(told)
    if string(source.block, "chart"):
        return printable(f"{told} in the chart")
    path = folder(told) if told.startswith("/") else folder(told, source.place)
    if path is None:
        raise RenderError(f"{printable(text)} leads out of the repository", "", "correct the Application")
    return source.tree, path


def _file(source: Source, text: str) -> tuple[Tree, str] | str | None:
    found = _place(source, text)
    if isinstance(found, tuple) and found[1] not in found[0].entries:
        raise RenderError(f"There is no file {printable(text)}", "Argo CD fails on that")
    return found


def _content(tree: Tree, path: str) -> bytes:
    """The bytes of a file, links followed."""
    if tree.entries[path].mode != SYMLINK:
        return tree.read(path)
    try:
        place = Places(tree).find(path)
    except Outside:
        place = None
    if place is None or place.folder:
        raise RenderError(f"{printable(path)} leads out of the repository", "", "look at the link")
    return tree.read(place.path)


# Folders of manifests ------------------------------------------------------------------------------------------------


def directory(places: Places, place: str, block: Mapping[str, Any]) -> Rendered:
    """The manifests of a folder: those right in it, or with `recurse` all below it. Raises RenderError."""
    tree = places.tree
    head = f"{place}/" if place else ""
    include, exclude = string(block, "include"), string(block, "exclude")
    chosen, notes = [], []
    for path in sorted(tree.entries, key=lambda path: path.split("/")):
        inner = path.removeprefix(head)
        if not path.startswith(head) or ("/" in inner and block.get("recurse") is not True):
            continue
        if (exclude and any_path(exclude).fullmatch(inner)) or (include and not any_path(include).fullmatch(inner)):
            continue
        if not inner.endswith((".yaml", ".yml", ".json", ".jsonnet")):
            continue
        if inner.endswith(".jsonnet"):
            notes.append(f"{printable(path)} is Jsonnet, which is not rendered here")
            continue
        try:
            found = places.find(path)
        except Outside:
            raise RenderError(f"{printable(path)} leads out of the repository", "Argo CD refuses that") from None
        if found is not None and not found.folder:
            chosen.append(found.path)
    contents = tree.read_many(dict.fromkeys(chosen))
    made = read_plain(tree, [path for path in dict.fromkeys(chosen) if _SKIP not in contents.get(path, b"")])
    if made.notes or (made.problem and "cannot be read" in made.problem):
        said = made.problem or made.notes[0]
        raise RenderError("Argo CD cannot read the folder", said, "correct the file, or exclude it")
    return Rendered(made.objects, "plain", (), "", "", tuple(notes))
