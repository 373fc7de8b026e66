"""Deliveries as Git tells them, without a cluster: the objects of controllers that are written in a tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.model.tree import Tree
from liftlock.render.applied.application import sources_of
from liftlock.render.applied.appsets import generated
from liftlock.render.applied.reading import at, folder, key_of, mapping, string, strings
from liftlock.render.applied.written import ARGO, HELM, KUSTOMIZE, SOURCES, written
from liftlock.text import printable
from liftlock.values import dataclass

_HERE = frozenset({"", "https://kubernetes.default.svc", "in-cluster"})


@dataclass(frozen=True, slots=True)
class InGit:
    """A delivery that Git tells of, and the file that its object is written in ("": it was rendered)."""

    delivery: Delivery
    file: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """All deliveries, and what could not be told without the cluster."""

    deliveries: tuple[InGit, ...] = ()
    notes: tuple[str, ...] = ()


def deliveries_in(tree: Tree, objects: Iterable[Mapping[str, Any]] | None = None) -> Found:
    """The deliveries of Kustomizations, HelmReleases and Applications, those of ApplicationSets among them.

    Of the `objects` that are given (what a folder renders to), or else of what is written out in the tree. A
    Kustomization or release knows its source's address where that source is written in the tree too.
    """
    known = [(one.path, one.manifest) for one in written(tree)]
    looked_at = known if objects is None else [("", manifest) for manifest in objects]
    sources = {
        key_of(manifest): manifest
        for _, manifest in (*known, *looked_at)
        if string(manifest, "apiVersion").startswith(f"{SOURCES}/")
    }
    found: list[InGit] = []
    notes: list[str] = []
    for path, manifest in looked_at:
        key = key_of(manifest)
        if (key.group, key.kind) == (ARGO, "ApplicationSet"):
            made = generated(tree, manifest)
            notes += made.notes
            found += [InGit(_application(app, key), path) for app in made.applications]
        elif (delivery := delivery_of(manifest, sources)) is not None:
            found.append(InGit(delivery, path))
    return Found(tuple(found), tuple(dict.fromkeys(notes)))


def delivery_of(manifest: Mapping[str, Any], sources: Mapping[ObjectKey, Mapping[str, Any]]) -> Delivery | None:
    """The delivery of a manifest, None when it is of another kind or says too little to be one."""
    key = key_of(manifest)
    if (key.group, key.kind) == (KUSTOMIZE, "Kustomization") and mapping(manifest, "spec", "sourceRef"):
        return _kustomization(manifest, key, sources)
    if (key.group, key.kind) == (HELM, "HelmRelease") and (
        mapping(manifest, "spec", "chart") or mapping(manifest, "spec", "chartRef")
    ):
        return _release(manifest, key, sources)
    if (key.group, key.kind) == (ARGO, "Application") and any(sources_of(mapping(manifest, "spec"))):
        return _application(manifest, None)
    return None


def _kustomization(
    manifest: Mapping[str, Any], key: ObjectKey, sources: Mapping[ObjectKey, Mapping[str, Any]]
) -> Delivery:
    spec = mapping(manifest, "spec")
    source = _source(mapping(spec, "sourceRef"), key, sources)
    held = sources.get(source, {})
    return Delivery(
        Controller.FLUX,
        key,
        source,
        printable(string(held, "spec", "url")),
        printable(_branch(held)),
        printable(folder(string(spec, "path")) or ""),
        suspended=spec.get("suspend") is True,
        prune=spec.get("prune") is True,
        verifies=spec.get("wait") is True or bool(spec.get("healthChecks")),
        namespace=printable(string(spec, "targetNamespace")),
        destination=_elsewhere(spec),
        manager="kustomize-controller",
        server_side=True,
        owner=_owner(manifest, key),
        raw=manifest,
    )


def _release(manifest: Mapping[str, Any], key: ObjectKey, sources: Mapping[ObjectKey, Mapping[str, Any]]) -> Delivery:
    spec = mapping(manifest, "spec")
    chart = mapping(spec, "chart", "spec")
    source = _source(mapping(chart, "sourceRef") or mapping(spec, "chartRef"), key, sources)
    held = sources.get(source, {}) if source.kind == "GitRepository" else {}
    in_git = source.kind == "GitRepository"
    return Delivery(
        Controller.FLUX,
        key,
        source,
        printable(string(held, "spec", "url")),
        printable(_branch(held)),
        printable(folder(string(chart, "chart")) or "") if in_git else "",
        suspended=spec.get("suspend") is True,
        prune=True,
        verifies=True,
        namespace=printable(string(spec, "targetNamespace") or key.namespace),
        destination=_elsewhere(spec),
        manager="helm-controller",
        owner=_owner(manifest, key),
        raw=manifest,
    )


def _application(manifest: Mapping[str, Any], owner: ObjectKey | None) -> Delivery:
    spec = mapping(manifest, "spec")
    several = sources_of(spec)
    followed = next((source for source in several if string(source, "path")), None)
    followed = followed or next((source for source in several if string(source, "ref")), several[0])
    destination = mapping(spec, "destination")
    elsewhere = string(destination, "server") or string(destination, "name")
    automated = at(spec, "syncPolicy", "automated")
    return Delivery(
        Controller.ARGOCD,
        key_of(manifest),
        None,
        printable(string(followed, "repoURL")),
        printable(string(followed, "targetRevision") or "HEAD"),
        printable(folder(string(followed, "path")) or ""),
        automatic=isinstance(automated, Mapping) and automated.get("enabled") is not False,
        prune=at(spec, "syncPolicy", "automated", "prune") is True,
        namespace=printable(string(destination, "namespace")),
        destination="" if elsewhere in _HERE else printable(elsewhere),
        manager="argocd-controller",
        server_side="ServerSideApply=true" in strings(spec, "syncPolicy", "syncOptions"),
        owner=owner,
        raw=manifest,
    )


def _source(reference: Mapping[str, Any], key: ObjectKey, known: Mapping[ObjectKey, Any]) -> ObjectKey:
    kind, name = string(reference, "kind"), string(reference, "name")
    wanted = ObjectKey(SOURCES, kind, string(reference, "namespace") or key.namespace, name)
    # An overlay gives the namespace to both; what is written has none.
    return wanted if wanted in known else next((k for k in known if (k.kind, k.name) == (kind, name)), wanted)


def _branch(source: Mapping[str, Any]) -> str:
    ref = mapping(source, "spec", "ref")
    name = string(ref, "name").removeprefix("refs/heads/").removeprefix("refs/tags/")
    return name or string(ref, "tag") or string(ref, "branch")


def _elsewhere(spec: Mapping[str, Any]) -> str:
    config = mapping(spec, "kubeConfig")
    return printable(string(config, "secretRef", "name") or string(config, "configMapRef", "name"))


def _owner(manifest: Mapping[str, Any], key: ObjectKey) -> ObjectKey | None:
    """The Kustomization that applies it, where it was rendered as that one does."""
    labels = mapping(manifest, "metadata", "labels")
    name, namespace = string(labels, f"{KUSTOMIZE}/name"), string(labels, f"{KUSTOMIZE}/namespace")
    owner = ObjectKey(KUSTOMIZE, "Kustomization", namespace, name)
    return owner if name and owner != key else None
