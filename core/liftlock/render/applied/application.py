"""An Argo CD Application: its sources, rendered as the repository server does it, and marked as the controller does."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from liftlock.commands import masked
from liftlock.errors import RenderError
from liftlock.model.diff import ObjectKey
from liftlock.model.tree import Tree
from liftlock.render.applied.bench import FETCH, Asked, Bench, parsed
from liftlock.render.applied.edits import edited
from liftlock.render.applied.environment import build_environment, expand
from liftlock.render.applied.marking import Manifest
from liftlock.render.applied.reading import folder, mapping, mappings, string
from liftlock.render.applied.sources import Source, directory, install, overridden
from liftlock.render.applied.tracking import Tracking, hook_of, tracked
from liftlock.render.manifests import Unreadable, load
from liftlock.render.overlay import Overlay
from liftlock.render.places import Outside
from liftlock.render.reach import kustomization_of
from liftlock.render.references import Chart
from liftlock.render.result import Rendered
from liftlock.text import plural, printable
from liftlock.values import dataclass

GROUP = "argoproj.io"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOVING = ("", "HEAD", "head", "main", "master")


@dataclass(frozen=True, slots=True)
class Application:
    """An Application in a tree. `home` is the controller's namespace, `url` and `branch` are those of this tree."""

    key: ObjectKey
    spec: Mapping[str, Any]
    url: str = ""
    branch: str = ""
    home: str = ""

    @property
    def instance(self) -> str:
        """What its objects are marked with; of an Application outside the controller's namespace, both names."""
        elsewhere = self.home and self.key.namespace and self.home != self.key.namespace
        return f"{self.key.namespace}_{self.key.name}" if elsewhere else self.key.name


def sources_of(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The sources, one or several; what a hydrator makes is rendered from what it is made of."""
    if dry := mapping(spec, "sourceHydrator", "drySource"):
        return [dry]
    several = mappings(spec, "sources")
    return several or [mapping(spec, "source")]


def render(bench: Bench, tree: Tree, app: Application, asked: Asked) -> Rendered:
    """The objects that the controller applies, hooks left out. Raises RenderError, Cancelled."""
    sources = sources_of(app.spec)
    references = {f"${string(source, 'ref')}": source for source in sources if string(source, "ref")}
    namespace = string(app.spec, "destination", "namespace")
    parts: list[Rendered] = []
    for raw in sources:
        if string(raw, "ref") and not string(raw, "path") and not string(raw, "chart"):
            continue
        found = _tree_of(bench, tree, app, raw, asked)
        if found is None and not string(raw, "chart"):
            what = printable(masked(f"{string(raw, 'repoURL')} {string(raw, 'path')}".strip()))
            parts.append(Rendered((), "", (what,), f"it needs {what}, which is not at hand", FETCH))
            continue
        source = _source(bench, tree, app, raw, found or tree, references, namespace, asked)
        parts.append(_rendered(bench, source, asked))
    return _finished(parts, app, namespace, sources, asked)


def _tree_of(bench: Bench, tree: Tree, app: Application, source: Mapping[str, Any], asked: Asked) -> Tree | None:
    """The tree of a source: this one, or that of another repository when it is at hand."""
    url = string(source, "repoURL")
    place = folder(string(source, "path"))
    if string(source, "chart"):
        return None
    if not url or _address(url) == _address(app.url):
        return tree
    if not app.url and place is not None and (not place or bench.places(tree).is_folder(place)):
        return tree
    return bench.elsewhere(url, string(source, "targetRevision"), asked)


def _source(
    bench: Bench,
    tree: Tree,
    app: Application,
    raw: Mapping[str, Any],
    found: Tree,
    references: Mapping[str, Mapping[str, Any]],
    namespace: str,
    asked: Asked,
) -> Source:
    told = string(raw, "path")
    place = folder(told)
    if place is None:
        raise RenderError(f"{printable(told)} leads out of the repository", "", "correct the Application")
    block = raw
    if not string(raw, "chart"):
        block = overridden(found, place, raw, app.instance)
    texts = {name: string(raw, name) for name in ("repoURL", "path", "targetRevision")}
    project = string(app.spec, "project")
    variables = build_environment(app.instance, namespace, project, found.commit, texts)
    trees = {name: _tree_of(bench, tree, app, source, asked) for name, source in references.items()}
    urls = {name: printable(masked(string(source, "repoURL"))) for name, source in references.items()}
    return Source(block, found, place, app.key.name, namespace, variables, trees, urls)


def _rendered(bench: Bench, source: Source, asked: Asked) -> Rendered:
    block = source.block
    if name := string(block, "chart"):
        chart = Chart(name, string(block, "repoURL"), string(block, "targetRevision"))
        if "://" not in chart.repo:
            chart = replace(chart, repo=f"oci://{chart.repo}")
        made, missing = install(source)
        return _with_missing(bench.install_pulled(chart, made, asked), missing)
    places = bench.places(source.tree)
    try:
        place = places.find(source.place)
        found = kustomization_of(places, place.path) if place is not None and place.folder else None
    except Outside:
        place = found = None
    if place is None or not place.folder:
        shown = printable(string(block, "path"))
        raise RenderError(f"There is no folder {shown}", "Argo CD fails with: app path does not exist")
    kind = _kind(source, place.path, found is not None)
    if kind == "plugin":
        return Rendered((), "", (), "a plugin of Argo CD renders it", "it is rendered in the cluster only")
    if kind == "helm":
        made, missing = install(source)
        return _with_missing(bench.install(source.tree, place.path, made, asked), missing)
    if kind == "directory":
        return directory(places, place.path, mapping(block, "directory"))
    if found is None:
        raise RenderError(f"{printable(place.path)} has no kustomization.yaml", "Argo CD cannot build it")
    tree = _edited(bench, source, found.path, place.path)
    text, rendered = bench.text(tree, place.path, asked)
    return rendered if rendered.problem else replace(rendered, objects=parsed(text))


def _kind(source: Source, place: str, kustomization: bool) -> str:
    """What a source is: as it says itself, else as its folder looks."""
    told = [kind for kind in ("helm", "kustomize", "directory", "plugin") if mapping(source.block, kind)]
    if len(told) > 1:
        raise RenderError("The source is of several kinds at once", ", ".join(told), "keep one of them")
    if told:
        return told[0]
    if kustomization:
        return "kustomize"
    return "helm" if posixpath.join(place, "Chart.yaml") in source.tree.entries else "directory"


def _edited(bench: Bench, source: Source, path: str, place: str) -> Tree:
    block = mapping(source.block, "kustomize")
    if not block:
        return source.tree
    try:
        document = next(iter(load(source.tree.read(path))), None)
    except Unreadable as error:
        raise RenderError(f"{printable(path)} cannot be read", str(error), "correct the file") from error
    if document is not None and not isinstance(document, dict):
        raise RenderError(f"{printable(path)} holds no kustomization", "", "correct the file")
    document = document or {}

    def there(component: str) -> bool:
        at = folder(component, place)
        return at is not None and bench.places(source.tree).is_folder(at)

    if not edited(document, block, lambda text: expand(text, source.variables), there):
        return source.tree
    return Overlay(source.tree, {path: json.dumps(document, default=str).encode()})


def _with_missing(made: Rendered, missing: Sequence[str]) -> Rendered:
    return replace(made, missing=(*made.missing, *missing), hint=made.hint or FETCH) if missing else made


def _finished(
    parts: Sequence[Rendered], app: Application, namespace: str, sources: Sequence[Mapping[str, Any]], asked: Asked
) -> Rendered:
    problem = next((part for part in parts if part.problem), None)
    missing = tuple(dict.fromkeys(name for part in parts for name in part.missing))
    notes = [*(note for part in parts for note in part.notes), *_revisions(app, sources)]
    if problem is not None:
        return Rendered((), problem.how, missing, problem.problem, problem.hint, tuple(dict.fromkeys(notes)))
    kept: list[Manifest] = []
    hooks: list[str] = []
    for manifest in (manifest for part in parts for manifest in part.objects):
        hook = hook_of(manifest)
        if not hook:
            kept.append(manifest)
        else:
            hooks.append(printable(f"{string(manifest, 'kind')} {string(manifest, 'metadata', 'name')} ({hook})"))
    if hooks:
        shown = ", ".join(hooks[:3]) + (" and others" if len(hooks) > 3 else "")
        notes.append(f"left out: {plural(len(hooks), 'hook')}, {shown}")
    home = app.home or app.key.namespace
    objects = tuple(tracked(kept, app.instance, namespace, Tracking.of(asked, home)))
    how = next((part.how for part in parts if part.how), "")
    hint = next((part.hint for part in parts if part.hint), "")
    return Rendered(objects, how, missing, "", hint, tuple(dict.fromkeys(notes)))


def _revisions(app: Application, sources: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is to be said of a source of this repository that does not follow the branch."""
    notes = []
    for source in sources:
        revision = string(source, "targetRevision")
        ours = not string(source, "chart") and (not app.url or _address(string(source, "repoURL")) == _address(app.url))
        if ours and revision not in (*_MOVING, app.branch):
            shown = revision[:8] if _COMMIT.fullmatch(revision) else revision
            notes.append(printable(f"{app.key.name} follows {shown}, not this branch"))
    return notes


def _address(url: str) -> str:
    """A repository's address without what says nothing of which one it is."""
    text = re.sub(r"^[a-z+]+://", "", url.strip().lower())
    return re.sub(r"^[^@/]+@", "", text).replace(":", "/").removesuffix("/").removesuffix(".git")
