"""Charts that the demo does not have: what such charts usually install, made of the values that are given to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from liftlock.sandbox.story import Chart

Manifest = dict[str, Any]
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_WHOLE = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")


def version_of(wanted: str, chart: Chart | None) -> str:
    """The version that a requirement such as `>=1.8.0` or `4.x` gets: the newest that is known and fits."""
    if _WHOLE.fullmatch(wanted):
        return wanted
    floor = _numbers(wanted)
    fitting = [version for version in (chart.versions if chart else ()) if _numbers(version)[: len(floor)] >= floor]
    if fitting:
        return max(fitting, key=_numbers)
    return ".".join(map(str, (*floor, 0, 0, 0)[:3]))


def _numbers(text: str) -> tuple[int, ...]:
    found = _NUMBERS.search(text)
    return tuple(int(part) for part in found.group().split(".")) if found else (0,)


def installed(
    name: str, namespace: str, chart: Chart, version: str, values: Mapping[str, Any], managed_by: str = "Helm"
) -> tuple[Manifest, ...]:
    """A Deployment and a Service of the usual form, and an Ingress where the values ask for one."""
    labels = {"app.kubernetes.io/name": chart.name, "app.kubernetes.io/instance": name}
    marks = {**labels, "helm.sh/chart": f"{chart.name}-{version}", "app.kubernetes.io/managed-by": managed_by}
    image = values.get("image") if isinstance(values.get("image"), Mapping) else {}
    assert isinstance(image, Mapping)  # noqa: S101 - for the type checker
    tag = str(image.get("tag") or version)
    ports = [{"name": "http", "containerPort": chart.port, "protocol": "TCP"}]
    container: Manifest = {
        "name": chart.name,
        "image": f"{image.get('repository') or chart.image}:{tag}",
        "imagePullPolicy": str(image.get("pullPolicy") or "IfNotPresent"),
        "ports": ports,
    }
    settings = _settings(values)
    if settings:
        container["env"] = settings
    if isinstance(values.get("resources"), Mapping):
        container["resources"] = dict(values["resources"])
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": marks},
        "spec": {
            "replicas": int(values.get("replicaCount", 1)),
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": marks},
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]},
    }
    return (deployment, service, *_ingress(name, namespace, marks, values))


def _settings(values: Mapping[str, Any]) -> list[Manifest]:
    """Values that charts hand on to the program: the plain ones of tables, as variables."""
    usual = {"image", "ingress", "resources", "service", "replicaCount", "jxRequirements"}
    found = []
    for name, value in values.items():
        if name in usual:
            continue
        inner = value.items() if isinstance(value, Mapping) else [("", value)]
        for last, text in inner:
            if isinstance(text, str | int | float | bool):
                shown = str(text).lower() if isinstance(text, bool) else str(text)
                found.append({"name": f"{name}_{last}".strip("_").upper(), "value": shown})
    return found


def _ingress(name: str, namespace: str, labels: Manifest, values: Mapping[str, Any]) -> list[Manifest]:
    table = values.get("ingress")
    if not isinstance(table, Mapping) or not table.get("enabled"):
        return []
    backend = {"service": {"name": name, "port": {"name": "http"}}}
    rules = [
        {"host": host.get("host"), "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
        for host in table.get("hosts") or ()
        if isinstance(host, Mapping)
    ]
    spec: Manifest = {"rules": rules}
    if table.get("className"):
        spec["ingressClassName"] = table["className"]
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return [{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}]


def in_tree(name: str, namespace: str, values: Mapping[str, Any]) -> tuple[Manifest, ...]:
    """What the example's own charts make of their values, for machines without helm."""
    image = values.get("image") or {}
    labels = {"app": name}
    container: Manifest = {
        "name": "app",
        "image": f"{image.get('repository')}:{image.get('tag')}",
        "imagePullPolicy": image.get("pullPolicy"),
    }
    if values.get("resources"):
        container["resources"] = values["resources"]
    return (
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "replicas": values.get("replicaCount"),
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        },
    )


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values over others, as helm lays them; None takes a value away."""
    made = dict(under)
    for name, value in over.items():
        before = made.get(name)
        if value is None:
            made.pop(name, None)
        elif isinstance(before, Mapping) and isinstance(value, Mapping):
            made[name] = merged(before, value)
        else:
            made[name] = value
    return made
