"""Values that several tests of the live diff share."""

from __future__ import annotations

from typing import Any


def entry(manager: str, fields: dict[str, Any], operation: str = "Update", **more: str) -> dict[str, Any]:
    made = {"manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": fields}
    return {**made, "time": "2024-01-01T00:00:00Z", **more}


def owned(*entries: dict[str, Any], **live: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "managedFields": list(entries)}, **live}


CONTAINERS = 'k:{"name":"web"}'


def deep(**container: Any) -> dict[str, Any]:
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": {CONTAINERS: container}}}}}
