"""The folders of a tree, and what kind of place each is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from liftlock.discovery.words import listed
from liftlock.model.tree import Tree

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# A folder that holds one of these is built, rendered or installed as one thing.
MARKERS = (*KUSTOMIZATIONS, "Chart.yaml", "helmfile.yaml", "hubploy.yaml", "kptfile", "Kptfile", "fleet.yaml")

# Places that hold no environment of their own: documentation, tests, generated or vendored files.
_ELSEWHERE = listed(
    "docs doc documentation hack tests testdata test-data fixtures e2e node_modules vendor versionstream config-root "
    "scripts script bin third_party __pycache__ skills"
)
# Folders that say what is in them, not whose it is: never the name of an app.
GENERIC = listed(
    "apps app applications application components component services deployments deployment deploy charts chart "
    "helm kustomize overlays overlay envs env environments environment config configs configuration k8s kubernetes "
    "kube manifests manifest argocd argo argo-cd gitops clusters cluster base bases values variants releases release "
    "helmfiles helmfile overrides stages rings image-tags helm-versions versions tags patches src projects workloads "
    "settings vars flux fluxcd yaml instances targets"
)
# Tools that are folders of other apps in one repository, and an app themselves in the next.
TOOLS = listed("argocd argo argo-cd flux fluxcd helm kustomize")
# Folders that are parts of an app wherever they stand.
PARTS = listed(
    "patches patch resources resource secrets secret sops-secrets rbac templates files crds crd base bases "
    "common shared monitoring dashboards config configs configmaps scripts policies rules transformers "
    "generators components k-components replacements external-secrets environment-patches "
)
# Names that say little alone: their parent's name goes with them.
WEAK = PARTS | listed(
    "identity serviceaccount serviceaccounts automation automations monitor namespace namespaces ingress network aso "
    "workload-identity image default main global all misc"
)
COMMON_FOLDERS = listed(
    "base bases common shared default defaults global globals all components k-components lib library template "
    "templates overlays rings modules resources"
)
_CODE = re.compile(
    r"\.(py|sh|md|go|js|ts|tsx|html?|css|png|svg|jpe?g|gif|ipynb|rst|adoc|tpl|lua|rb|java|tf|sql|lock|sum)$"
)
_HELM_PARTS = ("templates", "charts")


class Index:
    """Paths of a tree by folder; links and submodules are left out."""

    def __init__(self, tree: Tree) -> None:
        self.files: list[str] = []
        self.folders: dict[str, list[str]] = {"": []}
        """Child folders (names) of each folder; folders as `a/b`, the root as ""."""
        self.here: dict[str, list[str]] = {"": []}
        """Names of the files that lie directly in each folder."""
        for path, entry in tree.entries.items():
            if not entry.is_file:
                continue
            self.files.append(path)
            folder, _, name = path.rpartition("/")
            if folder not in self.here:
                self._add(folder)
            self.here[folder].append(name)

    def _add(self, folder: str) -> None:
        while folder not in self.here:
            self.here[folder] = []
            self.folders.setdefault(folder, [])
            parent, _, name = folder.rpartition("/")
            self.folders.setdefault(parent, []).append(name)
            folder = parent

    def has(self, path: str) -> bool:
        """Whether there is a file or folder of this path."""
        folder, _, name = path.rpartition("/")
        return path in self.here or name in self.here.get(folder, ())

    def marker(self, folder: str) -> str:
        """The file that makes the folder one thing (kustomization.yaml, Chart.yaml), "" when there is none."""
        names = self.here.get(folder, ())
        return next((m for m in MARKERS if m in names), "")

    def kustomization(self, folder: str) -> str:
        """The path of the folder's kustomization, "" when it has none."""
        names = self.here.get(folder, ())
        name = next((k for k in KUSTOMIZATIONS if k in names), "")
        return f"{folder}/{name}" if name and folder else name

    def under(self, folder: str) -> list[str]:
        """All files beneath the folder."""
        found: list[str] = []
        waiting = [folder]
        while waiting:
            place = waiting.pop()
            head = f"{place}/" if place else ""
            found += [head + name for name in self.here.get(place, ())]
            waiting += [head + name for name in self.folders.get(place, ())]
        return sorted(found)

    def elsewhere(self, folder: str) -> bool:
        """Whether the folder itself (its ancestors are not looked at) can hold no environment."""
        parent, _, name = folder.rpartition("/")
        if name.startswith((".", "_")) or name.lower() in _ELSEWHERE:
            return True
        return name in _HELM_PARTS and "Chart.yaml" in self.here.get(parent, ()) and name != ""


def is_data(name: str) -> bool:
    """Whether a file of this name may be an environment's: not a program, a picture or a text to read."""
    return not name.startswith(".") and _CODE.search(name) is None


def generic(name: str) -> bool:
    """Whether a folder's name says nothing of what is in it."""
    return name.lower() in GENERIC


def naming(folder: str) -> tuple[str, ...]:
    """The folders of a path that may name an app."""
    return tuple(part for part in folder.split("/") if part and not generic(part))


def joined(parts: Iterable[str]) -> str:
    """A path of its parts, without empty ones."""
    return "/".join(part for part in parts if part)


def counted(names: Mapping[str, int]) -> list[str]:
    """The names, the most frequent first, alphabetical among equals."""
    return sorted(names, key=lambda name: (-names[name], name))
