"""The Applications that an ApplicationSet makes, for the generators that a repository alone decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from liftlock.errors import LiftlockError
from liftlock.model.tree import Tree
from liftlock.render.applied.globbing import path_segments
from liftlock.render.applied.reading import at, mapping, mappings, string
from liftlock.render.manifests import Unreadable, load
from liftlock.text import printable
from liftlock.values import dataclass

_PLACEHOLDER = re.compile(r"\{\{\s*(?P<name>[\w.\[\]\-\"' ]+?)\s*\}\}")
_INDEX = re.compile(r"index\s+\.(?P<path>[\w.]+)\s+(?P<at>\d+)")
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Generated:
    """Applications, and what of the set cannot be told from here."""

    applications: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


class _Unknown(ValueError):
    """A generator or a template that only the cluster can tell."""


def generated(tree: Tree, manifest: Mapping[str, Any]) -> Generated:
    """The Applications of list, Git and matrix generators; sets with others are noted."""
    name = string(manifest, "metadata", "name")
    spec = mapping(manifest, "spec")
    made: list[Mapping[str, Any]] = []
    notes: list[str] = []
    go = spec.get("goTemplate") is True
    for generator in mappings(spec, "generators"):
        try:
            for number, parameters in enumerate(_parameters(tree, generator, go)):
                if number >= _MOST:
                    raise _Unknown("it makes too many")
                template = _merged(mapping(spec, "template"), _own_template(generator))
                made.append(_application(template, parameters, manifest, go))
        except (_Unknown, LiftlockError, Unreadable) as error:
            notes.append(printable(f"ApplicationSet {name}: {error}"))
    if spec.get("templatePatch"):
        notes.append(printable(f"ApplicationSet {name}: its templatePatch is not applied here"))
    return Generated(tuple(made), tuple(notes))


def _own_template(generator: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((mapping(value, "template") for value in generator.values() if isinstance(value, Mapping)), {})


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, Mapping) and isinstance(over, Mapping)):
        return over
    return {**under, **{key: _merged(under[key], value) if key in under else value for key, value in over.items()}}


def _application(
    template: Mapping[str, Any], parameters: Mapping[str, Any], manifest: Mapping[str, Any], go: bool
) -> Mapping[str, Any]:
    filled = _filled(template, parameters, go)
    metadata = {**mapping(filled, "metadata")}
    metadata["namespace"] = string(manifest, "metadata", "namespace") or metadata.get("namespace", "")
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", **filled, "metadata": metadata}


# Generators ----------------------------------------------------------------------------------------------------------


def _parameters(tree: Tree, generator: Mapping[str, Any], go: bool) -> Iterator[Mapping[str, Any]]:
    if generator.get("selector"):
        raise _Unknown("its selector is not followed here")
    if "list" in generator:
        for element in mappings(generator, "list", "elements"):
            yield dict(element) if go else _flat(element)
        return
    if git := mapping(generator, "git"):
        yield from _git(tree, git, go)
        return
    if "matrix" in generator:
        inner = [list(_parameters(tree, one, go)) for one in mappings(generator, "matrix", "generators")]
        for combination in product(*inner):
            joined: dict[str, Any] = {}
            for parameters in combination:
                joined.update(parameters)
            yield joined
        return
    names = ", ".join(key for key in generator if key != "template")
    raise _Unknown(f"only the cluster knows what its generator {names} finds")


def _git(tree: Tree, git: Mapping[str, Any], go: bool) -> Iterator[Mapping[str, Any]]:
    values = {f"values.{key}": value for key, value in mapping(git, "values").items()}
    if mappings(git, "directories"):
        for path in _directories(tree, mappings(git, "directories")):
            own = _of_path(path, go, string(git, "pathParamPrefix"))
            yield {**own, **({"values": dict(mapping(git, "values"))} if go else values)}
        return
    for path in _files(tree, mappings(git, "files")):
        documents = load(tree.read(path))
        found = documents[0] if documents else None
        for document in found if isinstance(found, list) else [found]:
            content = dict(document) if isinstance(document, Mapping) else {}
            own = _of_path(path.rpartition("/")[0], go, string(git, "pathParamPrefix"), path.rpartition("/")[2])
            yield {**(content if go else _flat(content)), **own, **({} if go else values)}


def _directories(tree: Tree, patterns: list[Mapping[str, Any]]) -> list[str]:
    """The folders that are matched and not left out; hidden ones never are."""
    folders = {
        "/".join(parts[:length])
        for path in tree.entries
        for parts in (path.split("/")[:-1],)
        for length in range(1, len(parts) + 1)
    }
    wanted = [path_segments(string(p, "path").rstrip("/")) for p in patterns if p.get("exclude") is not True]
    barred = [path_segments(string(p, "path").rstrip("/")) for p in patterns if p.get("exclude") is True]
    return sorted(
        folder
        for folder in folders
        if not any(part.startswith(".") for part in folder.split("/"))
        and any(pattern.fullmatch(folder) for pattern in wanted)
        and not any(pattern.fullmatch(folder) for pattern in barred)
    )


def _files(tree: Tree, patterns: list[Mapping[str, Any]]) -> list[str]:
    wanted = [path_segments(string(p, "path")) for p in patterns if p.get("exclude") is not True]
    barred = [path_segments(string(p, "path")) for p in patterns if p.get("exclude") is True]
    return sorted(
        path
        for path, entry in tree.entries.items()
        if entry.is_file
        and any(pattern.fullmatch(path) for pattern in wanted)
        and not any(pattern.fullmatch(path) for pattern in barred)
    )


def _of_path(path: str, go: bool, prefix: str, filename: str = "") -> dict[str, Any]:
    """The parameters of a path, in the names of Go templates or of the older ones."""
    base = path.rpartition("/")[2]
    segments = path.split("/") if path else []
    if go:
        made: dict[str, Any] = {"path": path, "basename": base, "basenameNormalized": _normal(base)}
        made["segments"] = segments
        if filename:
            made |= {"filename": filename, "filenameNormalized": _normal(filename)}
        own = {"path": made}
        return {prefix: own} if prefix else own
    head = f"{prefix}.path" if prefix else "path"
    flat = {head: path, f"{head}.basename": base, f"{head}.basenameNormalized": _normal(base)}
    flat |= {f"{head}[{number}]": segment for number, segment in enumerate(segments)}
    if filename:
        flat |= {f"{head}.filename": filename, f"{head}.filenameNormalized": _normal(filename)}
    return flat


def _normal(text: str) -> str:
    """The text as a name of Kubernetes."""
    return re.sub(r"[^-a-z0-9.]", "-", text.lower().replace("_", "-"))[:253].strip("-.")


def _flat(element: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in element.items():
        if isinstance(value, Mapping):
            made.update(_flat(value, f"{head}{key}."))
        else:
            made[f"{head}{key}"] = value if isinstance(value, list) else string({"": value}, "")
    return made


# Templates -----------------------------------------------------------------------------------------------------------


def _filled(value: Any, parameters: Mapping[str, Any], go: bool) -> Any:
    if isinstance(value, Mapping):
        return {_filled(key, parameters, go): _filled(item, parameters, go) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, parameters, go) for item in value]
    if not isinstance(value, str) or "{{" not in value:
        return value
    filled = _PLACEHOLDER.sub(lambda found: _value(found["name"], parameters, go), value)
    if go and "{{" in filled:
        raise _Unknown(f"the template {value} is not followed here")
    return filled


def _value(name: str, parameters: Mapping[str, Any], go: bool) -> str:
    if not go:
        return string(parameters, name) if name in parameters else f"{{{{{name}}}}}"
    if indexed := _INDEX.fullmatch(name):
        items = at(parameters, *indexed["path"].split("."))
        number = int(indexed["at"])
        if isinstance(items, list) and number < len(items):
            return string({"": items[number]}, "")
        raise _Unknown(f"the template asks for {name}, which there is not")
    if not re.fullmatch(r"(?:\.\w+)+", name):
        raise _Unknown(f"the template's {name} is not followed here")
    found = at(parameters, *name[1:].split("."))
    if found is None:
        raise _Unknown(f"the template asks for {name}, which there is not")
    return string({"": found}, "")
