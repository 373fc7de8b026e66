"""Events as controllers and kubelets write them: one object for what happens again and again, with its count."""

from __future__ import annotations

import hashlib
from typing import Any

from liftlock.cluster.objects import Manifest, key
from liftlock.model.diff import ObjectKey
from liftlock.sandbox.objects import Objects


def tell(
    objects: Objects, about: Manifest, reason: str, message: str, *, source: str, warning: bool = False, field: str = ""
) -> None:
    """Write an event about an object, or count it once more."""
    metadata = about["metadata"]
    at = key(about)
    namespace = at.namespace or "default"
    told = hashlib.sha256(f"{metadata['uid']}{reason}{message}{field}".encode()).hexdigest()[:16]
    place = ObjectKey("", "Event", namespace, f"{at.name}.{told}")
    now = objects.now()
    old = objects.get(place)
    if old is not None:
        objects.patch(place, {"count": old["count"] + 1, "lastTimestamp": now})
        return
    involved: dict[str, Any] = {
        "kind": at.kind,
        "apiVersion": about["apiVersion"],
        "name": at.name,
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
    if at.namespace:
        involved["namespace"] = at.namespace
    if field:
        involved["fieldPath"] = field
    objects.put(
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": place.name, "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "type": "Warning" if warning else "Normal",
            "source": {"component": source},
            "reportingComponent": source,
            "reportingInstance": "",
            "firstTimestamp": now,
            "lastTimestamp": now,
            "eventTime": None,
            "count": 1,
        }
    )
