"""What an object has beside itself: its scale, and the logs of a pod's containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liftlock.cluster.objects import Manifest
from liftlock.sandbox.refusing import Refusal

_PULLING = "trying and failing to pull image"
_WAITING = {"ErrImagePull": _PULLING, "ImagePullBackOff": _PULLING}


def scale_of(manifest: Manifest) -> dict[str, Any]:
    """The Scale of a workload."""
    spec, metadata = manifest.get("spec") or {}, manifest["metadata"]
    replicas = spec.get("replicas", 0)
    labels = ((spec.get("selector") or {}).get("matchLabels") or {}).items()
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": {
            "replicas": (manifest.get("status") or {}).get("replicas", 0),
            "selector": ",".join(f"{name}={value}" for name, value in labels),
        },
    }


def scaled(manifest: Manifest, scale: Mapping[str, Any]) -> dict[str, Any]:
    """The workload as the Scale wants it."""
    version = {"resourceVersion": (scale.get("metadata") or {}).get("resourceVersion")}
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    return {
        **manifest,
        "metadata": {**manifest["metadata"], **version},
        "spec": {**manifest["spec"], "replicas": replicas},
    }


def container_of(pod: Manifest, container: str, previous: bool) -> str:
    """The container whose log is asked for. Raises Refusal where it has none (yet)."""
    name, spec, status = pod["metadata"]["name"], pod["spec"], pod.get("status") or {}
    names = [c["name"] for c in spec["containers"]]
    initial = [c["name"] for c in spec.get("initContainers") or ()]
    if not container and len(names) > 1:
        first = f" or one of the init containers: [{' '.join(initial)}]" if initial else ""
        said = f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]{first}"
        raise Refusal(400, said)
    container = container or names[0]
    if container not in (*names, *initial):
        raise Refusal(400, f"container {container} is not valid for pod {name}")
    statuses = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    found: Mapping[str, Any] = next((s for s in statuses if s["name"] == container), {})
    state, last = found.get("state") or {}, found.get("lastState") or {}
    if not ({"running", "terminated"} & {*state, *last}):
        reason = (state.get("waiting") or {}).get("reason", "ContainerCreating")
        said = f'container "{container}" in pod "{name}" is waiting to start: {_WAITING.get(reason, reason)}'
        raise Refusal(400, said)
    if previous and "terminated" not in last:
        raise Refusal(400, f'previous terminated container "{container}" in pod "{name}" not found')
    return container
