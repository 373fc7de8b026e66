"""Who applies, how, and what it leaves alone: all that a live diff needs to know of a controller.

It comes from the controller's own object (`Delivery.raw`): a Flux Kustomization or HelmRelease, an Argo CD
Application; where there is none, it is kubectl.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from liftlock.cluster.livediff.ignoring import IgnoreRule, argo_rules, flux_rules
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.values import dataclass

KUBECTL = "kubectl"
_ARGO = "argocd.argoproj.io"


@dataclass(frozen=True, slots=True)
class Scope:
    """What an apply covers, and by which rules.

    `namespace` is where objects land that name none. `manager` is the field manager that applies, `server_side`
    whether it uses server-side apply. With `prune`, `candidates` that are no longer wanted go. `ignore` are rules
    beyond those of the controller's own object (the global ones of Argo CD's settings).
    """

    namespace: str = ""
    manager: str = KUBECTL
    server_side: bool = False
    prune: bool = False
    candidates: tuple[ObjectKey, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()

    @staticmethod
    def of(delivery: Delivery, ignore: tuple[IgnoreRule, ...] = ()) -> Scope:
        """What the controller's object says of itself."""
        flux = delivery.controller is Controller.FLUX and delivery.key.kind == "Kustomization"
        usual = {Controller.FLUX: "kustomize-controller" if flux else "helm-controller"}
        usual[Controller.ARGOCD] = "argocd-controller"
        return Scope(
            namespace=delivery.namespace,
            manager=delivery.manager or usual.get(delivery.controller, KUBECTL),
            server_side=flux or delivery.server_side,
            prune=delivery.prune,
            candidates=delivery.inventory,
            ignore=ignore,
        )


@dataclass(frozen=True, slots=True)
class Applier:
    """The controller as one comparison needs it: a scope, and what its own object adds.

    `force`: what cannot change in place is made anew. `replace`: objects are replaced, not patched. `stamps` are
    labels and annotations that it puts on all objects. `respects`: fields that it ignores are not applied either.
    """

    scope: Scope
    flux: bool = False
    helm: bool = False
    argo: bool = False
    name: str = ""
    force: bool = False
    replace: bool = False
    creates_namespace: bool = False
    respects: bool = True
    ignore: tuple[IgnoreRule, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def manager(self) -> str:
        """The field manager that applies."""
        return self.scope.manager


def applier(delivery: Delivery | None, scope: Scope) -> Applier:
    """What the controller's object says of how it applies."""
    if delivery is None:
        return Applier(scope, ignore=scope.ignore)
    spec = _mapping(delivery.raw.get("spec"))
    if delivery.controller is Controller.ARGOCD:
        return _argo(delivery, scope, spec)
    if delivery.controller is not Controller.FLUX:
        return Applier(scope, ignore=scope.ignore, name=delivery.key.name)
    if delivery.key.kind == "HelmRelease":
        return _helm(delivery, scope, spec)
    labels = {
        "kustomize.toolkit.fluxcd.io/name": delivery.key.name,
        "kustomize.toolkit.fluxcd.io/namespace": delivery.key.namespace,
    }
    return Applier(
        scope,
        flux=True,
        name=delivery.key.name,
        force=spec.get("force") is True,
        ignore=(*scope.ignore, *flux_rules(spec.get("ignore"))),
        labels=labels,
    )


def _helm(delivery: Delivery, scope: Scope, spec: Mapping[str, Any]) -> Applier:
    """Helm's own marks (helm.sh), and those of helm-controller's post renderer."""
    release = str(spec.get("releaseName") or "")
    target = str(spec.get("targetNamespace") or "")
    if not release:
        release = f"{target}-{delivery.key.name}" if target else delivery.key.name
    return Applier(
        scope,
        helm=True,
        name=release,
        force=_mapping(spec.get("upgrade")).get("force") is True,
        ignore=(*scope.ignore, *flux_rules(_mapping(spec.get("driftDetection")).get("ignore"))),
        respects=False,
        labels={
            "app.kubernetes.io/managed-by": "Helm",
            "helm.toolkit.fluxcd.io/name": delivery.key.name,
            "helm.toolkit.fluxcd.io/namespace": delivery.key.namespace,
        },
        annotations={
            "meta.helm.sh/release-name": release,
            "meta.helm.sh/release-namespace": target or delivery.key.namespace,
        },
    )


def _argo(delivery: Delivery, scope: Scope, spec: Mapping[str, Any]) -> Applier:
    options = {str(option) for option in _mapping(spec.get("syncPolicy")).get("syncOptions") or ()}
    return Applier(
        scope,
        argo=True,
        name=delivery.key.name,
        force="Force=true" in options,
        replace="Replace=true" in options,
        creates_namespace="CreateNamespace=true" in options,
        respects="RespectIgnoreDifferences=true" in options,
        ignore=(*scope.ignore, *argo_rules(spec.get("ignoreDifferences"))),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def marks(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Labels and annotations of an object, the latter first in rank."""
    metadata = _mapping(manifest.get("metadata"))
    return {
        str(key): str(value)
        for part in ("labels", "annotations")
        for key, value in _mapping(metadata.get(part)).items()
    }


def options(manifest: Mapping[str, Any], name: str = "sync-options") -> frozenset[str]:
    """The options that Argo CD reads from an annotation of an object."""
    text = marks(manifest).get(f"{_ARGO}/{name}", "")
    return frozenset(option.strip() for option in text.split(",") if option.strip())


def hook(manifest: Mapping[str, Any], applier: Applier) -> str:
    """What a hook is called by (`PreSync`, `pre-upgrade`), "" when the object is none."""
    found = marks(manifest)
    if applier.argo and (name := found.get(f"{_ARGO}/hook")):
        return name
    return found.get("helm.sh/hook", "") if applier.argo or applier.helm else ""
