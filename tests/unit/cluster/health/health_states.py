"""States for the tests of health: recorded ones, and small ones made by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from liftlock.cluster.objects import Snapshot, key
from liftlock.model.diff import ObjectKey

NOW = 1_800_000_000.0


@dataclass(frozen=True)
class Recorded:
    """What a real cluster said at one moment."""

    objects: Snapshot
    now: float
    keys: tuple[ObjectKey, ...]

    def key(self, kind: str, name: str = "") -> ObjectKey:
        return next(k for k in self.keys if k.kind == kind and name in k.name)

    def of(self, kind: str, name: str = "") -> Any:
        return self.objects.get(self.key(kind, name))


@cache
def recorded(name: str) -> Recorded:
    """A recording by its name."""
    read = json.loads((Path(__file__).parent / "recorded" / f"{name}.json").read_text())
    return Recorded(Snapshot(read["objects"]), read["now"], tuple(key(one) for one in read["objects"]))


def ago(seconds: float) -> str:
    """A time before NOW as the API writes it."""
    return datetime.fromtimestamp(NOW - seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, status: str = "True", reason: str = "", message: str = "", since: float = 0) -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": ago(since)}


def made(
    api: str, kind: str, name: str = "web", *, owner: Any = None, labels: Any = None, age: float = 3600, **fields: Any
) -> dict[str, Any]:
    """An object in namespace shop; `fields` are what stands beside its metadata."""
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": "shop",
        "uid": f"uid-{kind}-{name}",
        "generation": 1,
        "creationTimestamp": ago(age),
        "labels": labels or {},
    }
    if owner is not None:
        metadata["ownerReferences"] = [
            {
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": True,
            }
        ]
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def container(name: str = "app", **status: Any) -> dict[str, Any]:
    return {"name": name, "image": "ghcr.io/acme/web:1.1.0", "ready": False, "restartCount": 0, "state": {}, **status}


def pod(*statuses: Any, phase: str = "Running", name: str = "web-0", spec: Any = None, **more: Any) -> dict[str, Any]:
    """A pod with these containers' states; Ready when all of them are."""
    up = bool(statuses) and all(status["ready"] for status in statuses)
    containers = [{"name": s["name"], "image": s["image"]} for s in statuses]
    status = {
        "phase": phase,
        "startTime": ago(300),
        "conditions": [condition("Ready", "True" if up else "False", since=240)],
        "containerStatuses": list(statuses),
        **more.pop("status", {}),
    }
    wanted = {"restartPolicy": "Always", "containers": containers, **(spec or {})}
    return made("v1", "Pod", name, spec=wanted, status=status, **more)


def event(about: Any, reason: str, message: str, since: float = 10, count: int = 1, **more: Any) -> dict[str, Any]:
    involved = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "namespace": "shop",
        "name": about["metadata"]["name"],
        "uid": about["metadata"]["uid"],
    }
    name = f"{about['metadata']['name']}.{abs(hash((reason, message, since)))}"
    told = {"involvedObject": involved, "reason": reason, "message": message, "count": count, "type": "Warning"}
    return {**made("v1", "Event", name), **told, "firstTimestamp": ago(since + 60), "lastTimestamp": ago(since), **more}
