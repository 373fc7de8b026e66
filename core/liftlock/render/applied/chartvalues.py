"""The values that helm-controller gives to a chart: those of ConfigMaps and Secrets in order, then those in place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from liftlock.errors import RenderError
from liftlock.render.applied.reading import mapping, mappings, string
from liftlock.render.applied.unresolved import mark
from liftlock.render.applied.variables import Source
from liftlock.render.manifests import Unreadable, load
from liftlock.text import printable

_SYNTAX = re.compile(r"([\\,\[\]{}])")


@dataclass(slots=True)
class ChartValues:
    """`files` are contents of value files, `sets` are helm's flags, `unread` what could not be read."""

    files: list[bytes] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def chart_values(spec: Mapping[str, Any], namespace: str, source: Source) -> ChartValues:
    """The values of a HelmRelease; what a Secret holds is not known here. Raises RenderError."""
    found = ChartValues()
    for reference in mappings(spec, "valuesFrom"):
        kind, name = string(reference, "kind"), string(reference, "name")
        key, path = string(reference, "valuesKey") or "values.yaml", string(reference, "targetPath")
        shown = printable(f"{kind} {namespace}/{name}")
        manifest = source(kind, name) if kind in ("ConfigMap", "Secret") else None
        optional = reference.get("optional") is True
        if manifest is None and optional:
            found.notes.append(f"{shown} is optional and not known here: it is taken as absent")
            continue
        data = mapping(manifest, "data")
        if manifest is not None and kind == "Secret":
            data = {**data, **mapping(manifest, "stringData")}
        if manifest is not None and key not in data:
            if optional:
                continue
            raise RenderError("Flux cannot read the values of the chart", f"{shown} has no key {printable(key)}")
        if manifest is None or kind == "Secret":
            if path:
                found.sets.append(f"--set-string={path}={_SYNTAX.sub(_escaped, mark(f'{name}.{key}'))}")
            else:
                found.unread.append(f"values in {shown}")
            continue
        _take(found, string(data, key), path, shown, literal=reference.get("literal") is True)
    if mapping(spec, "values"):
        found.files.append(json.dumps(spec["values"], default=str).encode())
    return found


def _take(found: ChartValues, text: str, path: str, shown: str, *, literal: bool) -> None:
    if not path:
        try:
            documents = load(text)
        except Unreadable as error:
            raise RenderError("Flux cannot read the values of the chart", f"{shown}: {error}") from error
        if any(document is not None and not isinstance(document, Mapping) for document in documents[:1]):
            raise RenderError("Flux cannot read the values of the chart", f"{shown} holds no values")
        found.files.append(text.encode("utf-8", "surrogateescape"))
        return
    quoted = text[:1] in ("'", '"') and text[-1:] in ("'", '"') and len(text) > 1
    if literal:
        found.sets.append(f"--set-string={path}={_SYNTAX.sub(_escaped, text)}")
    elif quoted:
        inner = text.strip("'\"")
        found.sets.append(f"--set-string={path}={inner}")
    else:
        found.sets.append(f"--set={path}={text}")


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match[0]


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """The values of `under` with those of `over` on top, mapping by mapping."""
    made = dict(under)
    for key, value in over.items():
        held = made.get(key)
        if isinstance(value, Mapping) and isinstance(held, Mapping):
            made[key] = merged(held, value)
        else:
            made[key] = value
    return made
