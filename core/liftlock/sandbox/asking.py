"""A request as the API means it: which kind, which object, with which options."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

import yaml
from aiohttp import web

from liftlock.cluster.objects import Manifest
from liftlock.model.diff import ObjectKey
from liftlock.sandbox import protobuf
from liftlock.sandbox.discovery import Served, by_plural
from liftlock.sandbox.refusing import Refusal
from liftlock.sandbox.selecting import Test, by_fields, by_labels
from liftlock.values import dataclass

_PLURALS = by_plural()
_TRUE = ("1", "true", "True")


@dataclass(frozen=True, slots=True)
class Address:
    """What a path names: all of a kind, those of a namespace, one object, or a subresource of it."""

    served: Served
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def key(self) -> ObjectKey:
        """The object."""
        return ObjectKey(*self.served.at, self.namespace, self.name)


def address(group: str, version: str, rest: str) -> Address:
    """What the rest of a path, after group and version, names. Raises Refusal where nothing is."""
    parts = [part for part in rest.split("/") if part]
    namespace = ""
    if len(parts) > 2 and parts[0] == "namespaces" and (group, version, parts[2]) in _PLURALS:
        namespace, parts = parts[1], parts[2:]
    served = _PLURALS.get((group, version, parts[0])) if parts else None
    if served is None or len(parts) > 3 or (namespace and not served.resource.namespaced):
        raise Refusal(404, "the server could not find the requested resource")
    found = Address(served, namespace, *parts[1:])
    if found.subresource and found.subresource not in [name for name, *_ in served.subresources()]:
        raise Refusal(404, "the server could not find the requested resource")
    return found


def dry(request: web.Request, options: Mapping[str, Any] | None = None) -> bool:
    """Whether nothing is to be kept. Raises Refusal for a word that is not known."""
    told = [*request.query.getall("dryRun", []), *((options or {}).get("dryRun") or ())]
    for word in told:
        if word != "All":
            raise Refusal(400, f'Invalid value: "{word}": dryRun: Unsupported value: supported values: "All"')
    return bool(told)


def manager(request: web.Request) -> str:
    """Who writes: as it says, else the client's name."""
    return request.query.get("fieldManager") or request.headers.get("User-Agent", "").partition("/")[0] or "unknown"


def flag(request: web.Request, name: str) -> bool:
    """Whether an option is set."""
    return request.query.get(name) in _TRUE


def number(request: web.Request, name: str) -> int | None:
    """An option that is a number. Raises Refusal when it is none."""
    text = request.query.get(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise Refusal(400, f"{name}: Invalid value: {text!r}") from None


def fitting(request: web.Request) -> Test:
    """Whether an object is one of those that a list or watch asks for."""
    labels, fields = (
        by_labels(request.query.get("labelSelector", "")),
        by_fields(request.query.get("fieldSelector", "")),
    )
    return lambda manifest: labels(manifest) and fields(manifest)


async def body(request: web.Request) -> Any:
    """The body, JSON or YAML. Raises Refusal."""
    data = await request.read()
    if "protobuf" in request.content_type:
        return protobuf.decoded(data)
    if "cbor" in request.content_type:
        raise Refusal(
            415, "the body of the request was in an unknown format - accepted media types include: json, yaml"
        )
    if not data.strip():
        return {}
    try:
        return yaml.safe_load(data) if request.content_type.endswith("yaml") and data[:1] != b"{" else json.loads(data)
    except (ValueError, yaml.YAMLError) as error:
        raise Refusal(400, f"error decoding the body: {error}") from error


def page(
    request: web.Request, found: list[Manifest], version: int, oldest: int
) -> tuple[list[Manifest], dict[str, Any]]:
    """The part of a list that is asked for, and the list's metadata. Raises Refusal for a page of a forgotten list."""
    limit, token = number(request, "limit"), request.query.get("continue", "")
    if token:
        try:
            told = json.loads(base64.urlsafe_b64decode(token))
            version, after = int(told["v"]), tuple(told["after"])
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise Refusal(400, "continue key is not valid") from error
        if version < oldest:
            raise Refusal(410, "The provided continue parameter is too old to display a consistent list result.")
        found = [m for m in found if _place(m) > after]
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if limit and len(found) > limit:
        told = {"v": version, "after": _place(found[limit - 1])}
        metadata["continue"] = base64.urlsafe_b64encode(json.dumps(told).encode()).decode()
        if not (request.query.get("labelSelector") or request.query.get("fieldSelector")):
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    return found, metadata


def _place(manifest: Manifest) -> tuple[str, str]:
    metadata = manifest["metadata"]
    return metadata.get("namespace", ""), metadata["name"]
