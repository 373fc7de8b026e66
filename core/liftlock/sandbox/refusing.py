"""Answers that say no, in the API server's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from liftlock.cluster.api import Resource

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    500: "InternalError",
}


class Refusal(Exception):
    """A request that is not granted: its HTTP status, and the Status object that says why."""

    def __init__(
        self,
        code: int,
        message: str,
        reason: str = "",
        *,
        causes: Sequence[tuple[str, str, str]] = (),
        resource: Resource | None = None,
        name: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or _REASONS.get(code, "Unknown")
        self._causes = tuple(causes)
        self._resource = resource
        self._name = name

    @property
    def status(self) -> dict[str, Any]:
        """As it is sent. Causes are reason, field and message."""
        details: dict[str, Any] = {}
        if self._resource is not None:
            group = {"group": self._resource.group} if self._resource.group else {}
            # The API server names the kind where fields are wrong, and the plural elsewhere.
            kind = self._resource.kind if self.code == 422 else self._resource.plural
            details = {"name": self._name, **group, "kind": kind}
        if self._causes:
            details["causes"] = [{"reason": r, "field": f, "message": m} for r, f, m in self._causes]
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            **({"details": details} if details else {}),
            "code": self.code,
        }


def _plural(resource: Resource) -> str:
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural


def absent(resource: Resource, name: str) -> Refusal:
    """There is no object of this name."""
    return Refusal(404, f'{_plural(resource)} "{name}" not found', resource=resource, name=name)


def exists(resource: Resource, name: str) -> Refusal:
    """There is one already."""
    return Refusal(409, f'{_plural(resource)} "{name}" already exists', "AlreadyExists", resource=resource, name=name)


def modified(resource: Resource, name: str) -> Refusal:
    """Somebody else changed it since it was read."""
    said = "the object has been modified; please apply your changes to the latest version and try again"
    return Refusal(
        409, f'Operation cannot be fulfilled on {_plural(resource)} "{name}": {said}', resource=resource, name=name
    )


def invalid(resource: Resource, name: str, causes: Sequence[tuple[str, str, str]]) -> Refusal:
    """Fields that are wrong: reason, field and message of each."""
    said = [f"{field}: {message}" for _, field, message in causes]
    inner = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    return Refusal(422, f'{kind} "{name}" is invalid: {inner}', causes=causes, resource=resource, name=name)


def unreadable(resource: Resource, error: Exception) -> Refusal:
    """Its fields are not of the types that the kind has."""
    version, kind = resource.version, resource.kind
    return Refusal(400, f'{kind} in version "{version}" cannot be handled as a {kind}: {error}', resource=resource)


def expired(version: int, oldest: int) -> Refusal:
    """A version that is forgotten."""
    return Refusal(410, f"too old resource version: {version} ({oldest})")


def contested(conflicts: Sequence[tuple[str, str]]) -> Refusal:
    """Fields that other managers have: manager (as `manager_text` puts it) and field of each."""
    causes = [("FieldManagerConflict", field, f"conflict with {manager}") for manager, field in conflicts]
    if len(conflicts) == 1:
        return Refusal(409, "Apply failed with 1 conflict: conflict with {}: {}".format(*conflicts[0]), causes=causes)
    said = []
    for manager in sorted({manager for manager, _ in conflicts}):
        said.append(f"conflicts with {manager}:")
        said += [f"- {field}" for one, field in conflicts if one == manager]
    return Refusal(409, f"Apply failed with {len(conflicts)} conflicts: {chr(10).join(said)}", causes=causes)


def manager_text(entry: Mapping[str, Any]) -> str:
    """A manager as conflicts name it, out of its entry in managedFields."""
    said = f'"{entry.get("manager")}"'
    if entry.get("subresource"):
        said += f' with subresource "{entry["subresource"]}"'
    if entry.get("operation") == "Update":
        said += f" using {entry.get('apiVersion')}"
    return said
