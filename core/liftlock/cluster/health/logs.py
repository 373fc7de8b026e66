"""Which container's log would tell more about a cause."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock.cluster.health.pods import PULL, Container, containers, ready
from liftlock.cluster.health.reading import created, string
from liftlock.cluster.health.templates import Current, pods_of
from liftlock.cluster.objects import Objects
from liftlock.model.health import Cause

_NO_LOG = frozenset({"Suspended", "DeploymentPaused", "Unschedulable", "SchedulingGated"})
Log = tuple[str, str, str, bool]


def log_wanted(cause: Cause, objects: Objects) -> Log | None:
    """Namespace, pod and container whose log would help, and whether the container before this one is meant.

    None when no container has run: an image that cannot be pulled writes nothing.
    """
    found = objects.get(cause.key)
    if found is None or cause.reason in _NO_LOG or cause.reason in PULL:
        return None
    template = Current(found, objects)
    pods = [pod for pod in pods_of(found, objects) if template.has(pod)] or list(pods_of(found, objects))
    down = [pod for pod in pods if not ready(pod) and string(pod, "status", "phase") != "Succeeded"]
    for pod in sorted(down, key=lambda p: created(p) or 0.0, reverse=True):
        if (container := _talkative(tuple(containers(pod)))) is not None:
            # After a fall the log of the one that fell tells; while it is down, that is the last one anyway.
            previous = container.ended is None and container.before is not None
            space, name = string(pod, "metadata", "namespace"), string(pod, "metadata", "name")
            return space, name, container.name, previous
    return None


def _talkative(parts: Iterable[Container]) -> Container | None:
    """The container that fell, else one that runs and is not ready."""
    known = [c for c in parts if c.waiting not in PULL]
    fallen = next((c for c in known if c.fell), None)
    return fallen or next((c for c in known if c.running and not c.ready), None)
