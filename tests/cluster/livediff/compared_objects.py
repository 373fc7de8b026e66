"""Objects to compare, changes of them, and what was found."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from liftlock.cluster.livediff import Compared, Scope
from liftlock.model.diff import ObjectDiff, ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.model.livediff import LiveChange

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]
Compare = Callable[..., Any]


def only(found: Compared) -> LiveChange:
    (change,) = found.changes
    return change


def paths(change: LiveChange) -> set[str]:
    return {field.path for field in change.diff.fields}


def container(**more: Any) -> Manifest:
    return {
        "name": "web",
        "image": "web:1",
        "args": ["serve", "--verbose"],
        "env": [{"name": name, "value": "1"} for name in ("A", "B", "C")],
        "ports": [{"name": "http", "containerPort": 8080}, {"name": "admin", "containerPort": 9090}],
        "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "0.1"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        **more,
    }


def deployment(namespace: str, **spec: Any) -> Manifest:
    pod = {
        "containers": [container(), {"name": "proxy", "image": "proxy:1"}],
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "settings", "configMap": {"name": "settings"}}],
        "tolerations": [{"key": "spot", "operator": "Exists"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": namespace,
            "labels": {"app": "web", "team": "shop"},
            "annotations": {"note": "one", "contact": "ann"},
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}, "annotations": {"checksum": "1"}}, "spec": pod},
            **spec,
        },
    }


def service(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}, {"name": "admin", "port": 90}],
        },
    }


def config(namespace: str, name: str = "settings", **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data or {"level": "info", "colour": "blue"},
    }


def certificate(namespace: str, **spec: Any) -> Manifest:
    """A custom resource whose kind has lists and free fields."""
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": namespace, "annotations": {"a": "1", "b": "2"}},
        "spec": {
            "interval": "10m",
            "path": "./apps",
            "prune": True,
            "suspend": True,
            "sourceRef": {"kind": "GitRepository", "name": "main"},
            "images": [{"name": "one", "newTag": "1"}, {"name": "two", "newTag": "2"}],
            **spec,
        },
    }


def first(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


def without_env(m: Manifest) -> None:
    del first(m)["env"][1]


def without_all_env(m: Manifest) -> None:
    del first(m)["env"]


def without_limit(m: Manifest) -> None:
    del first(m)["resources"]["limits"]["cpu"]


def without_annotation(m: Manifest) -> None:
    del m["metadata"]["annotations"]["contact"]


def without_annotations(m: Manifest) -> None:
    del m["metadata"]["annotations"]


def reordered_env(m: Manifest) -> None:
    first(m)["env"].reverse()


def reordered_arguments(m: Manifest) -> None:
    first(m)["args"].reverse()


def new_container(m: Manifest) -> None:
    m["spec"]["template"]["spec"]["containers"].insert(0, {"name": "init", "image": "init:2"})


def without_container(m: Manifest) -> None:
    del m["spec"]["template"]["spec"]["containers"][1]


def other_port(m: Manifest) -> None:
    first(m)["ports"][1]["containerPort"] = 9191


def renamed_port(m: Manifest) -> None:
    first(m)["ports"][0]["name"] = "web"


def other_image(m: Manifest) -> None:
    first(m)["image"] = "web:2"


def other_volume(m: Manifest) -> None:
    m["spec"]["template"]["spec"]["volumes"][0] = {"name": "data", "hostPath": {"path": "/data"}}


def without_volume(m: Manifest) -> None:
    del m["spec"]["template"]["spec"]["volumes"][1]


def recreated(m: Manifest) -> None:
    m["spec"]["strategy"] = {"type": "Recreate"}


def without_tolerations(m: Manifest) -> None:
    del m["spec"]["template"]["spec"]["tolerations"]


def scaled(m: Manifest) -> None:
    m["spec"]["replicas"] = 3


def without_replicas(m: Manifest) -> None:
    del m["spec"]["replicas"]


def other_spelling(m: Manifest) -> None:
    first(m)["resources"] = {"limits": {"cpu": 0.5, "memory": "1024Mi"}, "requests": {"cpu": "100m"}}


def everything(m: Manifest) -> None:
    for change in (without_env, without_limit, without_annotation, other_port, recreated, other_volume, new_container):
        change(m)


def nothing(m: Manifest) -> None:
    pass


def other_service_port(m: Manifest) -> None:
    m["spec"]["ports"][0]["port"] = 8000


def without_service_port(m: Manifest) -> None:
    del m["spec"]["ports"][1]


def other_selector(m: Manifest) -> None:
    m["spec"]["selector"] = {"app": "other"}


def node_port(m: Manifest) -> None:
    m["spec"]["type"] = "LoadBalancer"


def other_data(m: Manifest) -> None:
    m["data"] = {"level": "debug", "new": "x"}


def without_data(m: Manifest) -> None:
    del m["data"]


def other_images(m: Manifest) -> None:
    m["spec"]["images"] = [{"name": "two", "newTag": "3"}]


def without_images(m: Manifest) -> None:
    del m["spec"]["images"]
    del m["metadata"]["annotations"]["b"]


def changed(manifest: Manifest, change: Change) -> Manifest:
    made = copy.deepcopy(manifest)
    change(made)
    return made


def diffs(found: Compared) -> dict[str, ObjectDiff]:
    return {str(change.key): change.diff for change in found.changes}


def key(manifest: Manifest) -> ObjectKey:
    group, slash, _ = manifest["apiVersion"].partition("/")
    metadata = manifest["metadata"]
    return ObjectKey(group if slash else "", manifest["kind"], metadata.get("namespace", ""), metadata["name"])


def flux(namespace: str, **spec: Any) -> Delivery:
    at = ObjectKey("kustomize.toolkit.fluxcd.io", "Kustomization", namespace, "apps")
    return Delivery(Controller.FLUX, at, namespace=namespace, prune=True, raw={"spec": spec})


def flux_scope(namespace: str, **more: Any) -> Scope:
    scope = Scope.of(flux(namespace))
    return Scope(**{**{name: getattr(scope, name) for name in Scope.__slots__}, **more})


Case = tuple[Callable[[str], Manifest], Change]
CASES: list[Case] = [
    *((deployment, change) for change in (
        nothing, without_env, without_all_env, without_limit, without_annotation, without_annotations, reordered_env,
        reordered_arguments, new_container, without_container, other_port, renamed_port, other_image, other_volume,
        without_volume, recreated, without_tolerations, scaled, without_replicas, other_spelling, everything,
    )),
    *((service, change) for change in (other_service_port, without_service_port, other_selector, node_port)),
    *((config, change) for change in (other_data, without_data)),
    *((certificate, change) for change in (other_images, without_images)),
]  # fmt: skip
