"""Objects without what says nothing: what the API server adds, and empty shells that tools leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SERVER = frozenset({"managedFields", "uid", "resourceVersion", "generation", "selfLink"})
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_FIRST = ("apiVersion", "kind", "metadata", "name", "namespace")


def quiet(value: Mapping[str, Any]) -> dict[str, Any]:
    """The object without status, server-side fields and empty metadata; keys in a stable order all the way down."""
    kept = {key: inner for key, inner in value.items() if key != "status"}
    ordered: dict[str, Any] = _ordered(kept)
    if isinstance(ordered.get("metadata"), dict):
        ordered["metadata"] = _metadata(ordered["metadata"], whole=True)
    return ordered


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        made = {}
        for key in sorted(value, key=_rank):
            inner = _ordered(value[key])
            if key == "metadata" and isinstance(inner, dict):
                inner = _metadata(inner, whole=False)
                if not inner:
                    continue
            made[key if isinstance(key, str) else str(key)] = inner
        return made
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    return value


def _rank(key: object) -> tuple[int, str]:
    return (_FIRST.index(key) if key in _FIRST else len(_FIRST), str(key))


def _metadata(value: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    made = {}
    for key, inner in value.items():
        if (key == "creationTimestamp" and (whole or inner is None)) or (whole and key in _SERVER):
            continue
        if key == "annotations" and isinstance(inner, dict):
            inner = {name: text for name, text in inner.items() if name != _LAST_APPLIED}
        if key in ("annotations", "labels") and not inner:
            continue
        made[key] = inner
    return made
