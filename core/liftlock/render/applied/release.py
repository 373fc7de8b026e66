"""A Flux HelmRelease: its chart, installed as helm-controller does it."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from liftlock.errors import RenderError
from liftlock.model.diff import ObjectKey
from liftlock.model.tree import Tree
from liftlock.render.applied.bench import Asked, Bench, Install, parsed
from liftlock.render.applied.chartvalues import ChartValues, chart_values, merged
from liftlock.render.applied.generating import with_fields
from liftlock.render.applied.marking import Manifest, labelled, placed
from liftlock.render.applied.reading import folder, mapping, mappings, string, strings, texts
from liftlock.render.applied.variables import Source
from liftlock.render.manifests import Unreadable, load
from liftlock.render.overlay import Overlay
from liftlock.render.references import Chart
from liftlock.render.result import Rendered
from liftlock.text import printable
from liftlock.values import dataclass

GROUP = "helm.toolkit.fluxcd.io"
SOURCES = "source.toolkit.fluxcd.io"
HELM_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")
_EXACT = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")
_LONGEST = 53


@dataclass(frozen=True, slots=True)
class Release:
    """A HelmRelease in a tree. `sources` gives the object of a source by kind, namespace and name."""

    key: ObjectKey
    spec: Mapping[str, Any]
    source: Source
    sources: Callable[[str, str, str], Mapping[str, Any] | None]
    status: Mapping[str, Any]
    own: tuple[str, str] = ("", "")
    """Namespace and name of the GitRepository that this tree is, where that is known."""

    @property
    def name(self) -> str:
        """What Helm calls the release; long names are shortened with a digest."""
        target = string(self.spec, "targetNamespace")
        name = string(self.spec, "releaseName") or (f"{target}-{self.key.name}" if target else self.key.name)
        if len(name) <= _LONGEST:
            return name
        return f"{name[:40]}-{sha256(name.encode()).hexdigest()[:12]}"

    @property
    def namespace(self) -> str:
        """Where its objects land."""
        return string(self.spec, "targetNamespace") or self.key.namespace


def render(bench: Bench, tree: Tree, release: Release, asked: Asked) -> Rendered:
    """The objects that the release consists of, hooks left out. Raises RenderError, Cancelled."""
    if not HELM_NAME.fullmatch(release.name):
        raise RenderError(f"{printable(release.name)} is no name that Helm takes", "", "set spec.releaseName")
    values = chart_values(release.spec, release.key.namespace, release.source)
    install = Install(
        release.name,
        release.namespace,
        tuple(values.files),
        tuple(values.sets),
        flags=("--no-hooks", *(("--include-crds",) if _replaces_definitions(release) else ())),
    )
    made = _installed(bench, tree, release, install, asked)
    if made.problem:
        return made
    objects = _post_rendered(bench, tree, release, list(made.objects), asked)
    objects = placed((_finished(manifest, release) for manifest in objects), release.namespace)
    return replace(
        made,
        objects=tuple(objects),
        missing=(*made.missing, *values.unread),
        hint=made.hint or ("what they set is not shown" if values.unread else ""),
        notes=(*made.notes, *values.notes, *_notes(values)),
    )


def _notes(values: ChartValues) -> list[str]:
    if not values.unread:
        return []
    return [f"{' and '.join(values.unread)} are not known here: what depends on them is shown without them"]


def _installed(bench: Bench, tree: Tree, release: Release, install: Install, asked: Asked) -> Rendered:
    if reference := mapping(release.spec, "chartRef"):
        return _of_reference(bench, release, reference, install, asked)
    chart = mapping(release.spec, "chart", "spec")
    kind, name = string(chart, "sourceRef", "kind"), string(chart, "sourceRef", "name")
    namespace = string(chart, "sourceRef", "namespace") or release.key.namespace
    if kind == "GitRepository":
        place = folder(string(chart, "chart"))
        here = release.own in (("", ""), (namespace, name)) or _same_address(release, (namespace, name))
        if place is not None and here and posixpath.join(place, "Chart.yaml") in tree.entries:
            return bench.install(tree, place, _packaged(tree, place, chart, install), asked)
        what = printable(f"chart {string(chart, 'chart')} of GitRepository {namespace}/{name}")
        raise RenderError(f"{what} is not in this repository", "", "render it from its own", missing=(what,))
    if kind != "HelmRepository":
        what = printable(f"chart {string(chart, 'chart')} of {kind} {namespace}/{name}")
        raise RenderError(f"{what} cannot be fetched from here", "only Git and repositories of charts", missing=(what,))
    repository = release.sources(kind, namespace, name)
    url = string(repository, "spec", "url")
    return _pulled(bench, release, string(chart, "chart"), url, string(chart, "version"), kind, name, install, asked)


def _of_reference(
    bench: Bench, release: Release, reference: Mapping[str, Any], install: Install, asked: Asked
) -> Rendered:
    kind, name = string(reference, "kind"), string(reference, "name")
    namespace = string(reference, "namespace") or release.key.namespace
    source = release.sources(kind, namespace, name)
    url, _, chart = string(source, "spec", "url").rstrip("/").rpartition("/")
    if kind != "OCIRepository" or not url:
        what = printable(f"chart of {kind} {namespace}/{name}")
        raise RenderError(f"{what} is not known here", "", "", missing=(what,))
    return _pulled(bench, release, chart, url, string(source, "spec", "ref", "tag"), kind, name, install, asked)


def _pulled(
    bench: Bench,
    release: Release,
    chart: str,
    url: str,
    version: str,
    kind: str,
    name: str,
    install: Install,
    asked: Asked,
) -> Rendered:
    """A chart of a repository of charts. A range of versions is what the cluster made of it, or cannot be pinned."""
    notes: tuple[str, ...] = ()
    if not _EXACT.fullmatch(version):
        took = string(release.status, "lastAttemptedRevision") or string(
            next(iter(mappings(release.status, "history")), {}), "chartVersion"
        )
        if not _EXACT.fullmatch(took):
            what = printable(f"chart {chart} {version or '*'} of {kind} {name}")
            raise RenderError(f"{what} is not pinned to a version", "", "pin the version", missing=(what,))
        notes = (printable(f"the version of chart {chart} is open ({version or '*'}): the cluster took {took}"),)
        version = took
    if not url:
        what = printable(f"chart {chart} {version} of {kind} {name}")
        raise RenderError(f"The address of {kind} {printable(name)} is not known here", "", missing=(what,))
    made = bench.install_pulled(Chart(chart, url, version), install, asked)
    return replace(made, notes=(*made.notes, *notes))


def _same_address(release: Release, other: tuple[str, str]) -> bool:
    mine, theirs = (string(release.sources("GitRepository", *one), "spec", "url") for one in (release.own, other))
    return bool(mine) and mine.removesuffix(".git").rstrip("/") == theirs.removesuffix(".git").rstrip("/")


def _packaged(tree: Tree, place: str, chart: Mapping[str, Any], install: Install) -> Install:
    """The chart as source-controller packages it: with values of other files, and with the revision as a version."""
    files = strings(chart, "valuesFiles") or ([string(chart, "valuesFile")] if string(chart, "valuesFile") else [])
    defaults = None
    if files:
        made: dict[str, Any] = {}
        for path in files:
            told = folder(path)
            if told is None or told not in tree.entries:
                if chart.get("ignoreMissingValuesFiles") is True:
                    continue
                raise RenderError(f"There is no values file {printable(path)}", "Flux cannot package the chart")
            made = merged(made, _document(tree, told))
        defaults = json.dumps(made, default=str).encode()
    version = ""
    if string(chart, "reconcileStrategy") == "Revision":
        version = f"{string(_document(tree, posixpath.join(place, 'Chart.yaml')), 'version')}+{tree.commit[:12]}"
    return replace(install, defaults=defaults, version=version)


def _document(tree: Tree, path: str) -> Mapping[str, Any]:
    try:
        found = next(iter(load(tree.read(path))), None)
    except Unreadable as error:
        raise RenderError(f"{printable(path)} cannot be read", str(error), "correct the file") from error
    return found if isinstance(found, Mapping) else {}


def _post_rendered(bench: Bench, tree: Tree, release: Release, objects: list[Manifest], asked: Asked) -> list[Manifest]:
    """What the post renderers make of it: kustomizations over helm's output, one after the other."""
    for number, renderer in enumerate(mappings(release.spec, "postRenderers")):
        kustomize = mapping(renderer, "kustomize")
        if not kustomize or not objects:
            continue
        home = f".liftlock-post-renderer-{number}"
        # A folder of nothing but the output, with the same fields on it as a Kustomization would have.
        document = with_fields({"resources": ["helm-output.yaml"]}, kustomize)
        files = {
            f"{home}/kustomization.yaml": json.dumps(document, default=str).encode(),
            f"{home}/helm-output.yaml": "---\n".join(json.dumps(m) + "\n" for m in objects).encode(),
        }
        text, made = bench.text(Overlay(tree, files), home, asked)
        if made.problem:
            raise RenderError("The post renderer of the release fails", made.problem, made.hint)
        objects = list(parsed(text))
    return objects


def _finished(manifest: Manifest, release: Release) -> Manifest:
    """Common metadata, the owner's labels over them, then Helm's own marks."""
    common = mapping(release.spec, "commonMetadata")
    made = labelled(manifest, texts(common, "labels"), texts(common, "annotations"))
    own = {f"{GROUP}/name": release.key.name, f"{GROUP}/namespace": release.key.namespace}
    if made.get("kind") == "CustomResourceDefinition" and _replaces_definitions(release):
        return labelled(made, own)  # those of crds/ are applied beside the release
    helm = {"meta.helm.sh/release-name": release.name, "meta.helm.sh/release-namespace": release.namespace}
    return labelled(made, {**own, "app.kubernetes.io/managed-by": "Helm"}, helm)


def _replaces_definitions(release: Release) -> bool:
    return string(release.spec, "upgrade", "crds") == "CreateReplace"
