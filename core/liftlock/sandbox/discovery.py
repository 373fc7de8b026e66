"""The kinds that the embedded cluster serves, and the documents by which clients find them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from liftlock.cluster.api import Resource
from liftlock.values import dataclass

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_STATUS = ("get", "patch", "update")


@dataclass(frozen=True, slots=True)
class Served:
    """One kind: how it is addressed, and what it has beside itself."""

    resource: Resource
    short: tuple[str, ...] = ()
    status: bool = True
    """What controllers write goes through a subresource of its own, as in most kinds."""
    scale: bool = False
    generation: bool = True
    """Whether a changed spec counts."""
    categories: tuple[str, ...] = ()

    @property
    def at(self) -> tuple[str, str]:
        """Group and kind."""
        return self.resource.group, self.resource.kind

    def subresources(self) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        """Name, group/version and kind of the answer, and verbs."""
        own = (self.resource.api_version, self.resource.kind)
        if self.status:
            yield "status", *own, _STATUS
        if self.scale:
            yield "scale", "autoscaling/v1", "Scale", _STATUS
        if self.at == ("", "Pod"):
            yield "log", *own, ("get",)


def _kind(group: str, version: str, kind: str, plural: str, short: str = "", **more: Any) -> Served:
    namespaced = more.pop("namespaced", True)
    resource = Resource(group, version, kind, plural, namespaced, frozenset(_VERBS))
    return Served(resource, tuple(short.split()), categories=("all",) if more.pop("all", False) else (), **more)


def _data(group: str, version: str, kind: str, plural: str, short: str = "", **more: Any) -> Served:
    return _kind(group, version, kind, plural, short, status=False, generation=False, **more)


_RBAC = ("rbac.authorization.k8s.io", "v1")
_SOURCE = ("source.toolkit.fluxcd.io", "v1")
_ARGO = ("argoproj.io", "v1alpha1")
_JENKINS = ("jenkins.io", "v1")
KINDS: tuple[Served, ...] = (
    _kind("", "v1", "Namespace", "namespaces", "ns", namespaced=False, generation=False),
    _kind("", "v1", "Pod", "pods", "po", all=True),
    _kind("", "v1", "Service", "services", "svc", all=True, generation=False),
    _data("", "v1", "ConfigMap", "configmaps", "cm"),
    _data("", "v1", "Secret", "secrets"),
    _data("", "v1", "ServiceAccount", "serviceaccounts", "sa"),
    _data("", "v1", "Event", "events", "ev"),
    _kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", generation=False),
    _kind("apps", "v1", "Deployment", "deployments", "deploy", all=True, scale=True),
    _kind("apps", "v1", "ReplicaSet", "replicasets", "rs", all=True, scale=True),
    _kind("apps", "v1", "StatefulSet", "statefulsets", "sts", all=True, scale=True),
    _kind("apps", "v1", "DaemonSet", "daemonsets", "ds", all=True),
    _data("apps", "v1", "ControllerRevision", "controllerrevisions"),
    _kind("batch", "v1", "Job", "jobs", all=True),
    _kind("batch", "v1", "CronJob", "cronjobs", "cj", all=True),
    _kind("networking.k8s.io", "v1", "Ingress", "ingresses", "ing"),
    _kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "netpol", status=False),
    _kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", all=True),
    _kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb"),
    _data(*_RBAC, "Role", "roles"),
    _data(*_RBAC, "RoleBinding", "rolebindings"),
    _data(*_RBAC, "ClusterRole", "clusterroles", namespaced=False),
    _data(*_RBAC, "ClusterRoleBinding", "clusterrolebindings", namespaced=False),
    _kind(*_SOURCE, "GitRepository", "gitrepositories", "gitrepo"),
    _kind(*_SOURCE, "OCIRepository", "ocirepositories", "ocirepo"),
    _kind(*_SOURCE, "Bucket", "buckets"),
    _kind(*_SOURCE, "HelmRepository", "helmrepositories", "helmrepo"),
    _kind(*_SOURCE, "HelmChart", "helmcharts", "hc"),
    _kind("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", "ks"),
    _kind("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", "hr"),
    _kind(*_ARGO, "Application", "applications", "app apps", status=False),
    _kind(*_ARGO, "AppProject", "appprojects", "appproj appprojs", status=False),
    _kind(*_ARGO, "ApplicationSet", "applicationsets", "appset appsets"),
    _kind(*_ARGO, "Rollout", "rollouts", "ro", scale=True),
    _kind(*_JENKINS, "Environment", "environments", "env", status=False),
    _kind(*_JENKINS, "Release", "releases", "rel", status=False),
    _kind(*_JENKINS, "PipelineActivity", "pipelineactivities", "activity act pa", status=False),
)
CUSTOM = frozenset({_SOURCE[0], "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", _ARGO[0], _JENKINS[0]})
"""The groups that are no built-in ones."""
SELF_ACCESS = "selfsubjectaccessreviews"
OPENAPI_V2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


def by_kind(kinds: Iterable[Served] = KINDS) -> dict[tuple[str, str], Served]:
    """Every kind by its group and its name."""
    return {served.at: served for served in kinds}


def by_plural(kinds: Iterable[Served] = KINDS) -> dict[tuple[str, str, str], Served]:
    """Every kind by group, version and plural, as an address names it."""
    return {(s.resource.group, s.resource.version, s.resource.plural): s for s in kinds}


def groups(kinds: Iterable[Served] = KINDS) -> dict[tuple[str, str], list[Served]]:
    """Kinds by group and version, in order."""
    found: dict[tuple[str, str], list[Served]] = {}
    for served in kinds:
        found.setdefault((served.resource.group, served.resource.version), []).append(served)
    return found


def aggregated(*, core: bool) -> dict[str, Any]:
    """All kinds of the core, or of all other groups, in one document."""
    items = []
    for (group, version), kinds in groups().items():
        if bool(group) is core:
            continue
        resources = [_entry(served) for served in kinds]
        versions = [{"version": version, "resources": resources, "freshness": "Current"}]
        items.append({"metadata": {"name": group, "creationTimestamp": None}, "versions": versions})
    if not core:
        items.append({"metadata": {"name": "authorization.k8s.io"}, "versions": [_access()]})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _access() -> dict[str, Any]:
    entry = {
        "resource": SELF_ACCESS,
        "responseKind": {"group": "authorization.k8s.io", "version": "v1", "kind": "SelfSubjectAccessReview"},
        "scope": "Cluster",
        "singularResource": "selfsubjectaccessreview",
        "verbs": ["create"],
    }
    return {"version": "v1", "resources": [entry], "freshness": "Current"}


def _entry(served: Served) -> dict[str, Any]:
    resource = served.resource
    inner = []
    for name, api_version, kind, verbs in served.subresources():
        group, _, version = api_version.rpartition("/")
        answer = {"group": group, "version": version, "kind": kind}
        inner.append({"subresource": name, "responseKind": answer, "verbs": list(verbs)})
    return {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.kind.lower(),
        "verbs": list(_VERBS),
        **({"shortNames": list(served.short)} if served.short else {}),
        **({"categories": list(served.categories)} if served.categories else {}),
        **({"subresources": inner} if inner else {}),
    }


def core_versions() -> dict[str, Any]:
    """The core's versions, for clients that know no aggregated discovery."""
    return {"kind": "APIVersions", "versions": ["v1"]}


def group_list() -> dict[str, Any]:
    """The groups beside the core."""
    found = []
    for group, version in [*(at for at in groups() if at[0]), ("authorization.k8s.io", "v1")]:
        served = {"groupVersion": f"{group}/{version}", "version": version}
        found.append({"name": group, "versions": [served], "preferredVersion": served})
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def resource_list(group: str, version: str) -> dict[str, Any] | None:
    """The kinds of one group and version, None when it is not served."""
    kinds = groups().get((group, version))
    if (group, version) == ("authorization.k8s.io", "v1"):
        found = [_row(SELF_ACCESS, "SelfSubjectAccessReview", False, ("create",))]
    elif kinds is None:
        return None
    else:
        found = [row for served in kinds for row in _rows(served)]
    at = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": at, "resources": found}


def _rows(served: Served) -> Iterator[dict[str, Any]]:
    resource = served.resource
    row = _row(resource.plural, resource.kind, resource.namespaced, _VERBS)
    row["singularName"] = resource.kind.lower()
    if served.short:
        row["shortNames"] = list(served.short)
    if served.categories:
        row["categories"] = list(served.categories)
    yield row
    for name, _, kind, verbs in served.subresources():
        yield _row(f"{resource.plural}/{name}", kind, resource.namespaced, verbs)


def _row(name: str, kind: str, namespaced: bool, verbs: Iterable[str]) -> dict[str, Any]:
    return {"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": list(verbs)}


def openapi_index() -> dict[str, Any]:
    """Where the OpenAPI document of each group is."""
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in map(_path, groups())}}


def openapi(group: str, version: str) -> Mapping[str, Any] | None:
    """As much of a group's document as kubectl reads before it sends something: that the server checks fields itself.

    Nothing is said of the fields: kubectl has the built-in kinds' own, and patches others as plain JSON.
    """
    kinds = groups().get((group, version))
    if kinds is None:
        return None
    paths = {}
    for served in kinds:
        resource = served.resource
        address = resource.path("{namespace}", "{name}")
        answer = {"group": group, "version": version, "kind": resource.kind}
        operation = {
            "x-kubernetes-group-version-kind": answer,
            "parameters": [
                {"name": name, "in": "query", "schema": {"type": "string"}} for name in ("dryRun", "fieldValidation")
            ],
            "responses": {"200": {"description": "OK"}},
        }
        paths[address] = {"patch": operation}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1"}, "paths": paths}


def openapi_v2() -> bytes:
    """The older document without a kind in it, as protobuf: kubectl asks for it when it checks a List.

    What it says nothing of, kubectl does not check.
    """
    title, version = b"Kubernetes", b"v1"
    info = b"\x0a" + bytes([len(title)]) + title + b"\x12" + bytes([len(version)]) + version
    return b"\x0a\x032.0" + b"\x12" + bytes([len(info)]) + info


def _path(at: tuple[str, str]) -> str:
    group, version = at
    return f"apis/{group}/{version}" if group else f"api/{version}"
