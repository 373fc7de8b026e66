"""The variables that a Flux Kustomization puts into its objects after the build, and putting them in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from liftlock.errors import RenderError
from liftlock.render.applied.envsubst import BadSubstitution, is_variable, substitute
from liftlock.render.applied.marking import Manifest
from liftlock.render.applied.reading import mapping, mappings, string, texts
from liftlock.render.manifests import Unreadable, _Loader, load, objects, plain
from liftlock.text import printable

Source = Callable[[str, str], Mapping[str, Any] | None]
"""Gives a ConfigMap or Secret (kind, name) of the Kustomization's namespace."""

_DISABLED = "kustomize.toolkit.fluxcd.io/substitute"
_DOCUMENT = re.compile(r"^---\n", re.M)


# What kustomize prints has quotes around such letters; without them they were put in, and Flux reads a boolean.
_LETTER = re.compile(r"[:-] [yYnN]$", re.M)


class _Letters(_Loader):
    """Reads as Go's YAML of version 1.1 does, with which Flux reads what it has put variables into."""


_Letters.add_implicit_resolver("tag:liftlock,2026:letter", re.compile("^[yYnN]$"), list("yYnN"))
_Letters.add_constructor("tag:liftlock,2026:letter", lambda _, node: node.value in "yY")


@dataclass(slots=True)
class Variables:
    """Values by name, None where one is not known here. `unread` are sources that may hold others."""

    values: dict[str, str | None] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    always: bool = False

    @property
    def any(self) -> bool:
        """Whether anything is put in at all: without a variable, Flux leaves texts as they are."""
        return self.always or bool(self.values) or bool(self.unread)


def variables(
    post_build: Mapping[str, Any], namespace: str, source: Source, known: Mapping[str, str | None]
) -> Variables:
    """The variables of `spec.postBuild`: of the objects it names, in order, then those in place. Raises RenderError.

    `known` are values that are known from elsewhere; those of the objects go over them. A Secret's are never known.
    """
    found = Variables(always=string(post_build, "substituteStrategy") == "Always")
    found.values.update(known)
    for reference in mappings(post_build, "substituteFrom"):
        kind, name = string(reference, "kind"), string(reference, "name")
        shown = printable(f"{kind} {namespace}/{name}")
        manifest = source(kind, name) if kind in ("ConfigMap", "Secret") else None
        if manifest is None:
            if reference.get("optional") is True:
                found.notes.append(f"{shown} is optional and not known here: it is taken as absent")
            else:
                found.unread.append(shown)
            continue
        if kind == "Secret":
            names = [*mapping(manifest, "data"), *mapping(manifest, "stringData")]
            found.values.update(dict.fromkeys(names, None))
        else:
            found.values.update({key: _line(value) for key, value in texts(manifest, "data").items()})
    found.values.update({key: _line(value) for key, value in texts(post_build, "substitute").items()})
    for name in found.values:
        if not is_variable(name):
            raise RenderError(
                f"Flux refuses the variable {printable(name)}", "its name is none that it takes", "rename it"
            )
    return found


def put_in(text: str, found: Variables) -> tuple[list[Manifest], list[str]]:
    """The objects of what kustomize printed with the variables in them, and notes on those without a value.

    Flux substitutes in the text, so a value can become a number or a list. Raises RenderError.
    """
    made: list[Manifest] = []
    missing: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for piece in _DOCUMENT.split(text):
        for manifest in _objects(piece, "What kustomize built cannot be read"):
            name = printable(f"{string(manifest, 'kind')} {string(manifest, 'metadata', 'name')}")
            if _is_disabled(manifest):
                made.append(manifest)
                continue
            try:
                result = substitute(piece, found.values, open_ended=bool(found.unread))
            except BadSubstitution as error:
                raise RenderError(f"Flux cannot put the variables into {name}", printable(str(error))) from error
            missing.update(dict.fromkeys(result.missing, name))
            unknown.update(dict.fromkeys(result.unknown, name))
            made += _objects(result.text, f"{name} cannot be read once its variables are put in", put=True)
    notes = list(found.notes)
    if missing:
        names = ", ".join(f"{printable(name)} ({where})" for name, where in missing.items())
        notes.append(f"no value for {names}: Flux 2.9 and later refuse to apply that, older ones put nothing there")
    hidden = [name for name in unknown if name in found.values]
    if hidden:
        notes.append(f"not known here, because secret: {', '.join(map(printable, hidden))}")
    open_ones = [name for name in unknown if name not in found.values]
    if open_ones:
        names = ", ".join(map(printable, open_ones))
        notes.append(f"not known here: {names}, as {' and '.join(found.unread)} could not be read")
    return made, notes


def _objects(text: str, title: str, *, put: bool = False) -> list[Manifest]:
    try:
        documents = load(text)
        if put and _LETTER.search(text):
            documents = list(yaml.load_all(text, _Letters))
        return [plain(document) for document in objects(documents)]
    except Unreadable as error:
        raise RenderError(title, str(error), "look at the values") from error


def _is_disabled(manifest: Mapping[str, Any]) -> bool:
    metadata = mapping(manifest, "metadata")
    return any(string(metadata, part, _DISABLED) == "disabled" for part in ("labels", "annotations"))


def _line(value: str) -> str:
    return value.replace("\n", "")
