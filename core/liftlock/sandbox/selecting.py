"""Selectors of labels and fields, as a list or a watch takes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from liftlock.sandbox.refusing import Refusal

Test = Callable[[Mapping[str, Any]], bool]
_SET = re.compile(r"(?P<key>\S+)\s+(?P<how>in|notin)\s*\((?P<values>[^)]*)\)")
_EQUAL = re.compile(r"(?P<key>[^=!]+?)\s*(?P<how>!=|==|=)\s*(?P<value>.*)")
_PARTS = re.compile(r",(?![^(]*\))")


def by_labels(text: str) -> Test:
    """Whether an object's labels are so: `a=b,c!=d,e in (f,g),h,!i`."""
    tests = [_label(part.strip()) for part in _PARTS.split(text) if part.strip()]

    def fits(manifest: Mapping[str, Any]) -> bool:
        labels = (manifest.get("metadata") or {}).get("labels") or {}
        return all(test(labels) for test in tests)

    return fits


def by_selector(selector: Mapping[str, Any] | None) -> Test:
    """Whether an object's labels are as the selector of a workload wants them; matchExpressions are passed over."""
    wanted = ((selector or {}).get("matchLabels") or {}).items()
    return lambda manifest: wanted <= ((manifest.get("metadata") or {}).get("labels") or {}).items()


def _label(part: str) -> Test:
    found = _SET.fullmatch(part)
    if found is not None:
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        if found["how"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    found = _EQUAL.fullmatch(part)
    if found is not None:
        key, value = found["key"].strip(), found["value"].strip()
        if found["how"] == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if part.startswith("!"):
        return lambda labels: part[1:].strip() not in labels
    if " " in part:
        raise Refusal(400, f'unable to parse requirement: found "{part}"')
    return lambda labels: part in labels


def by_fields(text: str) -> Test:
    """Whether fields of an object are so: `metadata.name=web,status.phase!=Running`."""
    tests = []
    for part in text.split(","):
        if not part.strip():
            continue
        found = _EQUAL.fullmatch(part.strip())
        if found is None:
            raise Refusal(400, f"invalid selector: '{part}'; can't understand '{part}'")
        tests.append((found["key"].split("."), found["value"], found["how"] == "!="))

    def fits(manifest: Mapping[str, Any]) -> bool:
        return all((_field(manifest, path) == value) is not negated for path, value, negated in tests)

    return fits


def _field(manifest: Mapping[str, Any], path: list[str]) -> str:
    value: Any = manifest
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
