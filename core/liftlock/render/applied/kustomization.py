"""A Flux Kustomization: its folder, built and changed as kustomize-controller does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from liftlock.errors import RenderError
from liftlock.model.diff import ObjectKey
from liftlock.model.tree import Tree
from liftlock.render.applied.bench import Asked, Bench, parsed
from liftlock.render.applied.generating import generated
from liftlock.render.applied.marking import Manifest, is_namespaced, labelled, marks, normal, scopes
from liftlock.render.applied.reading import folder, mapping, string, texts
from liftlock.render.applied.variables import Source, put_in, variables
from liftlock.render.overlay import Overlay
from liftlock.render.places import Outside
from liftlock.render.result import Rendered
from liftlock.text import plural, printable
from liftlock.values import dataclass

GROUP = "kustomize.toolkit.fluxcd.io"


@dataclass(frozen=True, slots=True)
class Place:
    """A Kustomization in a tree: its key and spec, and where its variables come from."""

    key: ObjectKey
    spec: Mapping[str, Any]
    source: Source
    known: Mapping[str, str | None]


def render(bench: Bench, tree: Tree, place: Place, asked: Asked) -> Rendered:
    """The objects that the controller applies. Raises RenderError, Cancelled."""
    path = folder(string(place.spec, "path"))
    places = bench.places(tree)
    try:
        found = places.find(path) if path is not None else None
    except Outside:
        found = None
    if found is None or not found.folder:
        shown = printable(string(place.spec, "path") or "./")
        raise RenderError(f"There is no folder {shown}", "Flux fails with: kustomization path not found")
    after = Overlay(tree, generated(places, found.path, place.spec))
    text, made = bench.text(after, found.path, asked)
    if made.problem:
        return made
    notes = list(made.notes)
    post_build = mapping(place.spec, "postBuild")
    if post_build:
        known = variables(post_build, place.key.namespace, place.source, place.known)
        if known.any:
            built, said = put_in(text, known)
            notes += said
        else:
            built = list(parsed(text))
    else:
        built = list(parsed(text))
    notes += _notes(built, place.spec)
    objects = tuple(_finished(manifest, place) for manifest in built)
    return Rendered(objects, "kustomize", made.missing, "", made.hint, tuple(dict.fromkeys(notes)))


def _finished(manifest: Manifest, place: Place) -> Manifest:
    """The labels of the owner, then the common metadata over them, as the controller adds them."""
    own = {f"{GROUP}/name": place.key.name, f"{GROUP}/namespace": place.key.namespace}
    common = mapping(place.spec, "commonMetadata")
    made = labelled(normal(manifest), own)
    made = labelled(made, texts(common, "labels"), texts(common, "annotations"))
    if made.get("kind") != "CustomResourceDefinition":
        made.pop("status", None)
    return made


def _notes(built: Sequence[Manifest], spec: Mapping[str, Any]) -> list[str]:
    notes = []
    known = scopes(built)
    if bare := [m for m in built if is_namespaced(m, known) and not string(m, "metadata", "namespace")]:
        notes.append(f"{_names(bare)} would be refused: no namespace is named, and Flux gives none")
    secret = [m for m in built if mapping(m, "sops")]
    if secret and not mapping(spec, "decryption"):
        notes.append(f"{_names(secret)} would be refused: it is encrypted, and the Kustomization decrypts nothing")
    elif secret:
        notes.append(f"{_names(secret)}: encrypted in Git, the values are not known here")
    if left := [m for m in built if _left_alone(m)]:
        notes.append(f"Flux is told to leave {_names(left)} alone")
    return notes


def _left_alone(manifest: Manifest) -> bool:
    found = {name: value.lower() for name, value in marks(manifest).items()}
    return found.get(f"{GROUP}/reconcile") == "disabled" or found.get(f"{GROUP}/ssa") == "ignore"


def _names(manifests: Sequence[Manifest]) -> str:
    shown = [printable(f"{string(m, 'kind')} {string(m, 'metadata', 'name')}") for m in manifests[:3]]
    more = len(manifests) - len(shown)
    return ", ".join(shown) + (f" and {plural(more, 'other')}" if more else "")
