"""What Argo CD puts on all that it applies: the marks by which it knows its own, and a namespace."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.render.applied.bench import Asked
from liftlock.render.applied.marking import Manifest, labelled, marks, placed
from liftlock.render.applied.reading import key_of, string
from liftlock.values import dataclass

ID = "argocd.argoproj.io/tracking-id"
_INSTALLATION = "argocd.argoproj.io/installation-id"
_LABEL = "app.kubernetes.io/instance"
_LONGEST = 63
_HOOK = "argocd.argoproj.io/hook"
_HELM_HOOK = "helm.sh/hook"


@dataclass(frozen=True, slots=True)
class Tracking:
    """How the controller marks its objects: `annotation`, `label` or `annotation+label`."""

    method: str = "annotation"
    label: str = _LABEL
    installation: str = ""

    @staticmethod
    def of(asked: Asked, home: str) -> Tracking:
        """As the settings say (ConfigMap argocd-cm in the controller's namespace), or as is usual."""
        settings = asked.look("", "ConfigMap", home, "argocd-cm")
        return Tracking(
            string(settings, "data", "application.resourceTrackingMethod") or "annotation",
            string(settings, "data", "application.instanceLabelKey") or _LABEL,
            string(settings, "data", "installationID"),
        )


def tracked(objects: Sequence[Manifest], app: str, namespace: str, tracking: Tracking) -> list[Manifest]:
    """The objects in their namespaces, marked; of those that stand there twice, the last counts."""
    last: dict[object, Manifest] = {}
    for number, manifest in enumerate(placed(objects, namespace)):
        key = key_of(manifest)
        unique: object = key if key.name else (key, number)
        last.pop(unique, None)
        last[unique] = _marked(manifest, app, namespace, tracking)
    return list(last.values())


def _marked(manifest: Manifest, app: str, namespace: str, tracking: Tracking) -> Manifest:
    if manifest.get("kind") == "CustomResourceDefinition":
        return manifest
    key = key_of(manifest)
    labels = {tracking.label: _label(app) if "+" in tracking.method else app} if "label" in tracking.method else {}
    if tracking.method == "label":
        return labelled(manifest, labels)
    annotations = {ID: f"{app}:{key.group}/{key.kind}:{key.namespace or namespace}/{key.name}"}
    if tracking.installation:
        annotations[_INSTALLATION] = tracking.installation
    return labelled(manifest, labels, annotations)


def _label(app: str) -> str:
    return app[:_LONGEST].rstrip("-_.")


def hook_of(manifest: Manifest) -> str:
    """What a hook is called by (`PreSync`, `pre-install`), `Skip` for what is not applied, "" for all else."""
    annotations = marks(manifest)
    if _HOOK in annotations:
        kinds = [kind.strip() for kind in annotations[_HOOK].split(",")]
        return "Skip" if kinds == ["Skip"] else ",".join(kind for kind in kinds if kind != "Skip")
    found = annotations.get(_HELM_HOOK, "")
    return "" if found == "crd-install" else found
