"""Sets of fields as `managedFields` writes them (fieldsV1), and what they say of an object.

A set is a tree: `f:<field>`, `k:{"name":"web"}` for an item of a list by its keys, `v:<value>` for a plain value in a
set, `i:<number>` by place, and `.` for the element itself beside what is below it. An empty tree is a leaf: the field
with everything in it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liftlock.cluster.livediff.threeway import ATOMIC, same

FieldSet = Mapping[str, Any]
ITSELF = "."
_DEFAULTS = {"protocol": "TCP"}
_ABSENT: Any = object()


def union(one: FieldSet, other: FieldSet) -> dict[str, Any]:
    """What is in either."""
    # A leaf and a subtree of one field: the leaf is kept beside what is below it.
    made = {key: dict(value) for key, value in one.items()}
    for key, value in other.items():
        mine = made.get(key)
        if mine is None:
            made[key] = dict(value)
        else:
            made[key] = union(mine or ({ITSELF: {}} if value else {}), value or ({ITSELF: {}} if mine else {}))
    return made


def without(one: FieldSet, other: FieldSet) -> dict[str, Any]:
    """What is in the first and not in the second. A leaf of the second takes only the element itself."""
    made: dict[str, Any] = {}
    for key, value in one.items():
        if key not in other:
            made[key] = dict(value)
            continue
        theirs = other[key]
        if not value:
            # The element itself, which the other has too when it is a leaf there or holds it beside what is below.
            if theirs and ITSELF not in theirs:
                made[key] = {}
            continue
        left = without(value, theirs or {ITSELF: {}})
        if left:
            made[key] = left
    return made


def part_of(value: Any, fields: FieldSet) -> Any:
    """The part of a value that the set names; lists keep the items that it names."""
    if not any(key != ITSELF for key in fields):
        return copy.deepcopy(value)
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key, inner in fields.items():
            name = key[2:]
            if not key.startswith("f:") or name not in value:
                continue
            if not inner and isinstance(value[name], Mapping) and name not in ATOMIC:
                # A mapping that was applied empty: what is in it now is not the manager's.
                found[name] = {}
            else:
                found[name] = part_of(value[name], inner)
        return found
    if isinstance(value, list):
        items = []
        for item in value:
            inner = _of_item(item, fields)
            if inner is not None:
                items.append(_with_keys(part_of(item, inner), item, fields))
        return items
    return value


def lacking(value: Any, fields: FieldSet) -> FieldSet:
    """What the set names and the value does not have."""
    missing: dict[str, Any] = {}
    for key, inner in fields.items():
        if key == ITSELF:
            continue
        here = _step(value, key)
        if here is _ABSENT:
            missing[key] = inner
        elif inner:
            deeper = lacking(here, inner)
            if deeper:
                missing[key] = deeper
    return missing


def taken_out(value: Any, fields: FieldSet, kept: FieldSet) -> Any:
    """The value without the fields of the set; an element in which `kept` names something stays with that."""
    if isinstance(value, Mapping):
        made = dict(value)
        for key, inner in fields.items():
            name = key[2:]
            if not key.startswith("f:") or name not in made:
                continue
            left = _less(made[name], inner, kept.get(key, _ABSENT))
            if left is _ABSENT:
                del made[name]
            else:
                made[name] = left
        return made
    if isinstance(value, list):
        items = []
        for item in value:
            inner = _of_item(item, fields)
            left = item if inner is None else _less(item, inner, _of_item(item, kept, _ABSENT))
            if left is not _ABSENT:
                items.append(left)
        return items
    return value


def _less(value: Any, fields: FieldSet, kept: Any) -> Any:
    """What stays of an element, `_ABSENT` when nothing does."""
    others = {} if kept is _ABSENT else kept
    if not fields:
        return _ABSENT if kept is _ABSENT else value
    if ITSELF in fields and kept is _ABSENT:
        return _ABSENT
    return taken_out(value, fields, others)


def within(fields: FieldSet, path: tuple[Any, ...], value: Any) -> bool:
    """Whether the set has the field at the path, or something in it. `path`: keys and places (numbers) in `value`."""
    if not path:
        return True
    if not fields:
        return True  # a leaf: all below belongs to it
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(value, list) or not 0 <= step < len(value):
            return False
        inner = _of_item(value[step], fields) if any(key[:2] in ("k:", "v:") for key in fields) else None
        if inner is None:
            inner = fields.get(f"i:{step}")
        return inner is not None and within(inner, rest, value[step])
    inner = fields.get(f"f:{step}")
    if inner is None:
        return False
    return within(inner, rest, value.get(step) if isinstance(value, Mapping) else None)


def _step(value: Any, key: str) -> Any:
    """The element that a key of the set stands for."""
    if key.startswith("f:"):
        return value.get(key[2:], _ABSENT) if isinstance(value, Mapping) else _ABSENT
    if isinstance(value, list):
        for item in value:
            if _matches(item, key):
                return item
    return _ABSENT


def _of_item(item: Any, fields: FieldSet, default: Any = None) -> Any:
    """What the set names in an item of a list; the default when it does not name the item."""
    for key, inner in fields.items():
        if _matches(item, key):
            return inner
    return default


def _matches(item: Any, key: str) -> bool:
    if key.startswith("k:"):
        wanted = _parsed(key)
        if not isinstance(item, Mapping) or not isinstance(wanted, dict):
            return False
        return all(same(item.get(k, _DEFAULTS.get(k)), v) for k, v in wanted.items())
    return key.startswith("v:") and same(item, _parsed(key))


@lru_cache(maxsize=4096)
def _parsed(key: str) -> Any:
    try:
        return json.loads(key[2:])
    except ValueError:
        return None


def _with_keys(part: Any, item: Any, fields: FieldSet) -> Any:
    """An item always keeps what it is known by."""
    if isinstance(part, dict) and isinstance(item, Mapping):
        for key in fields:
            if key.startswith("k:") and _matches(item, key):
                return {**{k: item[k] for k in _parsed(key) if k in item}, **part}
    return part
