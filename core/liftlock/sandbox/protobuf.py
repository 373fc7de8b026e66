"""The few objects that kubectl sends as protobuf, which it does for what it makes itself (`create namespace`)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from liftlock.sandbox.refusing import Refusal
from liftlock.values import dataclass

_MAGIC = b"k8s\x00"


@dataclass(frozen=True, slots=True)
class _Message:
    """Names of the fields by their numbers. `inner` are messages, `maps` from text to text or (`raw`) to bytes."""

    names: Mapping[int, str]
    inner: Mapping[str, _Message]
    maps: frozenset[str] = frozenset()
    raw: frozenset[str] = frozenset()


def _message(names: str, inner: Mapping[str, _Message] | None = None, maps: str = "", raw: str = "") -> _Message:
    """`names` in the order of their numbers, "-" where one is passed over."""
    numbered = {number: name for number, name in enumerate(names.split(), 1) if name != "-"}
    return _Message(numbered, inner or {}, frozenset(maps.split()), frozenset(raw.split()))


_METADATA = _message("name generateName namespace - - - - - - - labels annotations", maps="labels annotations")
_ACCESS = _message("namespace verb group version resource subresource name")
_ACCESS_SPEC = _message("resourceAttributes", {"resourceAttributes": _ACCESS})
_KINDS = {
    "Namespace": _message("metadata", {"metadata": _METADATA}),
    "ServiceAccount": _message("metadata", {"metadata": _METADATA}),
    "ConfigMap": _message(
        "metadata data binaryData", {"metadata": _METADATA}, maps="data binaryData", raw="binaryData"
    ),
    "Secret": _message("metadata data type stringData", {"metadata": _METADATA}, maps="data stringData", raw="data"),
    "SelfSubjectAccessReview": _message("metadata spec", {"metadata": _METADATA, "spec": _ACCESS_SPEC}),
}


def decoded(data: bytes) -> dict[str, Any]:
    """The object in an envelope of the API. Raises Refusal for kinds that are not known here."""
    if not data.startswith(_MAGIC):
        raise Refusal(400, "the body is no protobuf of the Kubernetes API")
    kind, version, raw = "", "", b""
    try:
        for number, value in _fields(data[len(_MAGIC) :]):
            if number == 1 and isinstance(value, bytes):
                told = {place: text for place, text in _fields(value) if isinstance(text, bytes)}
                version, kind = told.get(1, b"").decode(), told.get(2, b"").decode()
            elif number == 2 and isinstance(value, bytes):
                raw = value
        if kind not in _KINDS:
            said = "the body of the request was in an unknown format - accepted media types include: json, yaml"
            raise Refusal(415, f"{said} (no protobuf for a {kind}: apply it from a file)")
        return {"apiVersion": version, "kind": kind, **_read(raw, _KINDS[kind])}
    except (IndexError, ValueError) as error:
        raise Refusal(400, f"error decoding the body: {error}") from error


def _read(data: bytes, message: _Message) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for number, value in _fields(data):
        name = message.names.get(number, "")
        if not name or not isinstance(value, bytes):
            continue
        if name in message.inner:
            made[name] = _read(value, message.inner[name])
        elif name in message.maps:
            entry = {place: inner for place, inner in _fields(value) if isinstance(inner, bytes)}
            content = entry.get(2, b"")
            text = base64.b64encode(content).decode() if name in message.raw else content.decode()
            made.setdefault(name, {})[entry.get(1, b"").decode()] = text
        elif value:
            made[name] = value.decode()
    return made


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _number(data, at)
        elif tag & 7 == 2:
            length, at = _number(data, at)
            value, at = data[at : at + length], at + length
        elif tag & 7 in (1, 5):
            length = 8 if tag & 7 == 1 else 4
            value, at = data[at : at + length], at + length
        else:
            raise ValueError(f"field of type {tag & 7}")
        yield tag >> 3, value


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
