"""Objects without their secrets: a digest stands for each, so that a change is seen and nothing else."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, TypeVar

from liftlock.diffing.masklines import mask_lines
from liftlock.diffing.signs import NAMING_KINDS, is_random, is_secret, kind_of, masked, without_known

Object = TypeVar("Object")

_NAMING = ("name", "key")
_SECRET_PARTS = ("data", "stringData")


def mask(value: Object) -> Object:
    """The object (or any part of one) with every secret masked: all values of Secrets, and what looks like one.

    The argument is left as it is. The same secret has the same mask as long as this process runs.
    """
    return _masked(value, named=True)  # type: ignore[no-any-return]


def _masked(value: Any, *, named: bool) -> Any:
    if isinstance(value, Mapping):
        kind = value.get("kind")
        if kind == "Secret" and "apiVersion" in value:
            return {
                k: _all(v, k) if k in _SECRET_PARTS else _annotations(_masked(v, named=named)) for k, v in value.items()
            }
        if isinstance(kind, str) and "apiVersion" in value:
            named = kind not in NAMING_KINDS
        return {k: _entry(str(k), v, value, named=named) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, named=named) for item in value]
    return _text(value) if isinstance(value, str) else value


def _entry(key: str, value: Any, around: Mapping[Any, Any], *, named: bool) -> Any:
    if isinstance(value, Mapping | list | tuple):
        return _masked(value, named=named)
    if isinstance(value, bool) or value is None:
        return value
    if key == "value":
        name = next((around[n] for n in _NAMING if isinstance(around.get(n), str)), "")
        if named and name and is_secret(name, str(value)):
            return masked(str(value))
        return masked(value) if isinstance(value, str) and is_random(value) else _masked(value, named=named)
    if named and is_secret(key, str(value)):
        return masked(str(value))
    return _masked(value, named=named)


def _text(value: str) -> str:
    if kind_of(value) == "a private key":
        return masked(value)
    return mask_lines(value) if "\n" in value else without_known(value)


def _all(value: Any, part: str) -> Any:
    """Every value of a Secret masked; an encoded one has the mask of what it encodes."""
    if isinstance(value, Mapping):
        return {k: _all(v, part) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_all(item, part) for item in value]
    if value is None or value == "":
        return value
    if part == "data" and isinstance(value, str):
        try:
            return masked(base64.b64decode("".join(value.split()), validate=True))
        except (binascii.Error, ValueError):
            return masked(value)
    return masked(str(value))


def _annotations(value: Any) -> Any:
    """What kubectl kept of an applied Secret holds the whole of it."""
    name = "kubectl.kubernetes.io/last-applied-configuration"
    if isinstance(value, dict) and isinstance(value.get("annotations"), dict) and name in value["annotations"]:
        return {**value, "annotations": {**value["annotations"], name: masked(str(value["annotations"][name]))}}
    return value
