"""The manifests that a controller would apply for its place in a tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from liftlock.errors import Cancelled, LiftlockError
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.model.tree import Tree
from liftlock.render.applied import application, kustomization, release
from liftlock.render.applied.bench import Asked, Bench, Lookup, failed
from liftlock.render.applied.current import Current, config_of, current, source_of
from liftlock.render.applied.marking import placed
from liftlock.render.applied.reading import folder, mapping, mappings, string
from liftlock.render.applied.written import ARGO, HELM, KUSTOMIZE, SOURCES
from liftlock.render.fetching import Progress, Stop
from liftlock.render.renderer import Renderer
from liftlock.render.result import Rendered
from liftlock.text import printable

_NOTHING: Mapping[str, str | None] = MappingProxyType({})
_DEEPEST = 5


def applied(
    renderer: Renderer,
    tree: Tree,
    delivery: Delivery,
    *,
    values: Mapping[str, str | None] = _NOTHING,
    lookup: Lookup | None = None,
    fetch: bool = False,
    cancelled: Stop | None = None,
    progress: Progress | None = None,
) -> Rendered:
    """The objects that the controller would apply for its place in this tree: what its own object says included.

    The object is taken from the tree where it stands there, else it is `delivery.raw`. `values` are variables that
    are known from elsewhere (None: there is one, and it is not known). `lookup` gives objects of the cluster. What is
    not known here stands as a mark (`unresolved` finds them), what is not at hand in `missing`. What is wrong stands
    in the result; only Cancelled is raised.
    """
    asked = Asked(lookup, fetch, cancelled, progress)
    return _Applying(Bench(renderer), tree, asked, values).render(delivery)


@dataclass(slots=True)
class _Applying:
    bench: Bench
    tree: Tree
    asked: Asked
    values: Mapping[str, str | None]
    above: list[ObjectKey] = field(default_factory=list)
    """The objects that are being rendered to find this one, the outermost first."""

    def render(self, delivery: Delivery) -> Rendered:
        try:
            return self._render(delivery)
        except Cancelled:
            raise
        except LiftlockError as error:
            return failed(error, "helm" if delivery.key.kind == "HelmRelease" else "kustomize")

    def _render(self, delivery: Delivery) -> Rendered:
        if delivery.controller in (Controller.PLAIN, Controller.JENKINSX) or not delivery.key.kind:
            return self._plain(delivery)
        found = current(self.tree, delivery, self._owner)
        made = self._of_controller(delivery, found)
        return replace(made, notes=(*made.notes, found.note)) if found.note else made

    def _of_controller(self, delivery: Delivery, found: Current) -> Rendered:
        key, spec = delivery.key, mapping(found.manifest, "spec")

        def source(kind: str, name: str) -> Mapping[str, Any] | None:
            """A ConfigMap or Secret: a ConfigMap as the tree has it, so that its change shows."""
            written = config_of(self.tree, found.path, kind, key.namespace, name)
            return written or self.asked.look("", kind, key.namespace, name)

        if key.kind == "Kustomization":
            place = kustomization.Place(key, spec, source, self.values)
            return kustomization.render(self.bench, self.tree, place, self.asked)
        if key.kind == "HelmRelease":
            status = mapping(delivery.raw, "status")
            own = release.Release(key, spec, source, self._source, status, self._own(delivery))
            return release.render(self.bench, self.tree, own, self.asked)
        if key.kind == "Application":
            home = string(delivery.raw, "status", "controllerNamespace")
            app = application.Application(key, spec, delivery.url, delivery.branch, home)
            return application.render(self.bench, self.tree, app, self.asked)
        return self._plain(delivery)

    def _plain(self, delivery: Delivery) -> Rendered:
        """The folder as it is: what is applied by kubectl, or by a boot job from its `config-root`."""
        asked = self.asked
        made = self.bench.as_it_is(self.tree, delivery.path, asked)
        return replace(made, objects=tuple(placed(made.objects, delivery.namespace)))

    # What else there is ----------------------------------------------------------------------------------------------

    def _source(self, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
        """The object of a source, as the tree has it or the cluster."""
        written = source_of(self.tree, SOURCES, kind, namespace, name)
        return written or self.asked.look(SOURCES, kind, namespace, name)

    def _own(self, delivery: Delivery) -> tuple[str, str]:
        """The GitRepository that this tree is, as far as the Kustomization that applies the release tells."""
        owner = delivery.owner
        if delivery.path or owner is None or owner.kind != "Kustomization":
            return "", ""
        reference = mapping(self._raw(owner), "spec", "sourceRef")
        if string(reference, "kind") != "GitRepository":
            return "", ""
        return string(reference, "namespace") or owner.namespace, string(reference, "name")

    def _raw(self, key: ObjectKey) -> Mapping[str, Any] | None:
        return self.asked.lookup(key) if self.asked.lookup is not None else None

    def _owner(self, key: ObjectKey, raw: Mapping[str, Any] | None) -> Rendered | None:
        """What an owner applies from this tree."""
        raw = raw or self._raw(key)
        if raw is None or key in self.above or len(self.above) >= _DEEPEST:
            return None
        self.above.append(key)
        try:
            return self._render(_delivery_of(key, raw))
        finally:
            self.above.pop()


def _delivery_of(key: ObjectKey, raw: Mapping[str, Any]) -> Delivery:
    """Just enough of a delivery to render what an owner applies."""
    controller = Controller.ARGOCD if key.group == ARGO else Controller.FLUX
    labels = mapping(raw, "metadata", "labels")
    owner = None
    for group, kind in ((KUSTOMIZE, "Kustomization"), (HELM, "HelmRelease")):
        above = ObjectKey(group, kind, string(labels, f"{group}/namespace"), string(labels, f"{group}/name"))
        if above.name and above != key:
            owner = above
            break
    followed = next(iter(mappings(raw, "spec", "sources")), mapping(raw, "spec", "source"))
    path = string(raw, "spec", "path") or string(followed, "path")
    url = printable(string(followed, "repoURL"))
    return Delivery(controller, key, url=url, path=folder(path) or "", owner=owner, raw=raw)
