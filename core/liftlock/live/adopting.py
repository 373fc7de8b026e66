"""Adopting what runs into Git: the leaf of the environment's own files that, set to the live value, renders to it.

Where a value is written (an image tag in a kustomization, a count, a chart's value) is not guessed from names: each
leaf that holds the value of Git is tried, and the one counts after which the manifests differ in that field alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from liftlock.diffing import field_changes
from liftlock.errors import LiftlockError
from liftlock.live.naming import key_of
from liftlock.live.spots import Spot
from liftlock.model.diff import FieldChange, ObjectKey
from liftlock.model.tree import Tree
from liftlock.render import Rendered
from liftlock.render.overlay import Overlay
from liftlock.text import printable
from liftlock.values import dataclass
from liftlock.yamledit import Pointer, SetScalar, read, scalars, splice

Manifest = Mapping[str, Any]
Fields = frozenset[tuple[ObjectKey, FieldChange]]
_TRIES = 40
"""So many leaves are tried for one field; each is a rendering."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """The files with the live values in them, and what could not be adopted, as sentences."""

    files: Mapping[str, bytes]
    left: tuple[str, ...] = ()


def adopt(spot: Spot, tree: Tree, wanted: Fields, render: Callable[[Tree], Rendered]) -> Adoption:
    """What adopting these fields would write; `old` is what runs, `new` what Git says. `render` never raises."""
    files: dict[str, bytes] = {}
    left: list[str] = []
    now: Tree = tree
    before = _manifests(render(now), spot)
    for key, field in sorted(wanted, key=lambda pair: (pair[0], pair[1].path)):
        name = f"{key.kind} {key.name} {field.path}"
        if field.old is None or field.new is None:
            left.append(f"{name}: {'Git alone has it' if field.old is None else 'Git says nothing of it'}")
            continue
        if key.kind == "Secret":
            left.append(f"{name}: values of Secrets are not taken out of a cluster")
            continue
        found = _written(spot, now, key, field, before, render)
        if found is None:
            left.append(f"{name}: no file of {spot.cell.app} in {spot.cell.environment} alone says {field.new}")
            continue
        path, data = found
        files[path] = data
        now = Overlay(tree, files)
        before = _manifests(render(now), spot)
    return Adoption(files, tuple(printable(one) for one in left))


def _written(
    spot: Spot,
    tree: Tree,
    key: ObjectKey,
    field: FieldChange,
    before: Mapping[ObjectKey, Manifest],
    render: Callable[[Tree], Rendered],
) -> tuple[str, bytes] | None:
    """The file, with the one leaf set that makes this field what it is live, and changes nothing else."""
    for number, (path, data) in enumerate(_candidates(spot, tree, field)):
        if number >= _TRIES:
            return None
        after = _manifests(render(Overlay(tree, {path: data})), spot)
        if set(after) != set(before):
            continue
        changed = [(at, one) for at in after for one in field_changes(dict(before[at]), dict(after[at]))]
        if [(at, one.path, one.new) for at, one in changed] == [(key, field.path, field.old)]:
            return path, data
    return None


def _candidates(spot: Spot, tree: Tree, field: FieldChange) -> Iterator[tuple[str, bytes]]:
    """Each file of the cell's own with one leaf set, the likeliest leaf first."""
    last = field.path.rpartition(".")[2]
    found: list[tuple[bool, str, bytes, Pointer, str]] = []
    for path in spot.cell.files:
        if path not in tree.entries:
            continue
        data = tree.read(path)
        try:
            source = read(data, path)
        except LiftlockError:
            continue  # a template or no YAML: nothing in it can be set
        for pointer, scalar in scalars(source):
            for was, will in _spellings(field):
                if scalar.value == was:
                    found.append((pointer[-1] != last, path, data, pointer, will))
    for _, path, data, pointer, will in sorted(found, key=lambda one: one[0]):
        try:
            yield path, splice(read(data, path), [SetScalar(pointer, will)])
        except LiftlockError:
            continue


def _spellings(field: FieldChange) -> Iterator[tuple[str, str]]:
    """What a leaf may hold for this field: the value itself, or the part of an image that differs."""
    new, old = field.new or "", field.old or ""
    yield new, old
    git, live = _image(new), _image(old)
    if git[0] and git[0] == live[0]:
        yield git[1], live[1]


def _image(text: str) -> tuple[str, str]:
    """Name and tag of an image string; the name is "" for what is none."""
    name, sign, tag = text.rpartition(":")
    return (name, tag) if sign and "/" not in tag and "@" not in text else ("", "")


def _manifests(rendered: Rendered, spot: Spot) -> dict[ObjectKey, Manifest]:
    return {key_of(manifest, spot.namespace): manifest for manifest in rendered.objects}
