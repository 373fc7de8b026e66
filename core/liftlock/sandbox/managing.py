"""Who set which field: the entries of `managedFields` as the API server keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from liftlock.cluster.livediff.fieldsets import FieldSet, union, without
from liftlock.cluster.livediff.schema import Field, Schema
from liftlock.cluster.livediff.threeway import item_keys, named, same

APPLY = "Apply"
UPDATE = "Update"
Entry = dict[str, Any]
_NOBODYS = frozenset(
    {
        "apiVersion",
        "kind",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "metadata.resourceVersion",
        "metadata.generation",
        "metadata.creationTimestamp",
        "metadata.deletionTimestamp",
        "metadata.deletionGracePeriodSeconds",
        "metadata.managedFields",
        "metadata.selfLink",
    }
)


def fields_of(manifest: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The set of the fields of an object that somebody can own."""
    return _fields(manifest, schema, "")


def _fields(value: Mapping[str, Any], schema: Schema, path: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, inner in value.items():
        at = f"{path}.{name}" if path else name
        if at in _NOBODYS:
            continue
        found = _below(inner, schema.field(name), at)
        if found or at != "metadata":
            made[f"f:{name}"] = found
    return made


def _below(value: Any, field: Field, path: str) -> dict[str, Any]:
    if isinstance(value, Mapping) and value and not field.replace:
        return _fields(value, field.inner, path)
    if isinstance(value, list) and value:
        keys = item_keys(field, True)
        if keys:
            made: dict[str, Any] = {}
            for item in value:
                key = _key(item, keys)
                if key is None:
                    return {}
                made[key] = {".": {}, **_fields(item, field.inner, f"{path}.")}
            return made
        if field.unique:
            return {f"v:{_compact(item)}": {} for item in value}
    return {}


def _key(item: Any, keys: tuple[str, ...]) -> str | None:
    if not isinstance(item, Mapping) or named(item, keys) is None:
        return None
    return f"k:{_compact({key: item.get(key, 'TCP') for key in sorted(keys)})}"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The set of the fields of the new object that the old one does not have or has otherwise."""
    return _changed(old, new, schema, "")


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], schema: Schema, path: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in new.items():
        at = f"{path}.{name}" if path else name
        if at in _NOBODYS or (name in old and same(old[name], value)):
            continue
        field, before = schema.field(name), old.get(name)
        found: dict[str, Any] | None
        if isinstance(value, Mapping) and isinstance(before, Mapping) and not field.replace:
            found = _changed(before, value, field.inner, at) or None
        elif isinstance(value, list) and isinstance(before, list) and item_keys(field, True):
            found = _changed_items(before, value, field, at)
        else:
            found = _below(value, field, at)
        if found is not None and (found or at != "metadata"):
            made[f"f:{name}"] = found
    return made


def _changed_items(old: list[Any], new: list[Any], field: Field, path: str) -> dict[str, Any] | None:
    keys = item_keys(field, True)
    before = {_key(item, keys): item for item in old}
    made: dict[str, Any] = {}
    for item in new:
        key = _key(item, keys)
        if key is None:
            return {}
        if key not in before:
            made[key] = {".": {}, **_fields(item, field.inner, f"{path}.")}
        elif not same(before[key], item):
            made[key] = _changed(before[key], item, field.inner, f"{path}.")
    return made or None


def entries(manifest: Mapping[str, Any]) -> list[Entry]:
    """The entries of an object; what is none is left out."""
    found = (manifest.get("metadata") or {}).get("managedFields") or []
    return [dict(entry) for entry in found if isinstance(entry.get("fieldsV1"), Mapping)]


def common(one: FieldSet, other: FieldSet) -> dict[str, Any]:
    """What is in both."""
    return without(one, without(one, other))


def of_manager(known: list[Entry], manager: str, operation: str, subresource: str = "") -> FieldSet:
    """What a manager owns by this operation."""
    for entry in known:
        if _is(entry, manager, operation, subresource):
            fields: FieldSet = entry["fieldsV1"]
            return fields
    return {}


def _is(entry: Entry, manager: str, operation: str, subresource: str) -> bool:
    at = (entry.get("manager"), entry.get("operation"), entry.get("subresource", ""))
    return at == (manager, operation, subresource)


def with_entry(
    known: list[Entry],
    manager: str,
    operation: str,
    fields: FieldSet,
    api_version: str,
    time: str,
    subresource: str = "",
) -> list[Entry]:
    """The entries with this one in its place; one that owns nothing goes."""
    made = [entry for entry in known if not _is(entry, manager, operation, subresource)]
    if not fields:
        return made
    entry: Entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": api_version,
        "time": time,
        "fieldsType": "FieldsV1",
        "fieldsV1": dict(fields),
    }
    if subresource:
        entry["subresource"] = subresource
    before = next((e for e in known if _is(e, manager, operation, subresource)), None)
    if before is not None and same(before["fieldsV1"], entry["fieldsV1"]):
        entry["time"] = before.get("time", time)
        return [before if e is before else e for e in known]
    return [*made, entry]


def updated(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    schema: Schema,
    manager: str,
    time: str,
    subresource: str = "",
) -> list[Entry]:
    """The entries after an update by this manager: what it changed is its own and nobody else's.

    Entries that the new object brings are taken as they are: that is how clients move fields between managers.
    """
    before: Mapping[str, Any] = old or {}
    known = entries(new if "managedFields" in (new.get("metadata") or {}) else before)
    changed = changed_fields(before, new, schema)
    there = fields_of(new, schema)
    gone = without(fields_of(before, schema), there) if old is not None else {}
    lost = union(changed, gone)
    left: list[Entry] = []
    for entry in known:
        mine = _is(entry, manager, UPDATE, subresource)
        fields = entry["fieldsV1"] if not lost else without(entry["fieldsV1"], gone if mine else lost)
        if fields:
            left.append({**entry, "fieldsV1": fields})
    if not changed:
        return left
    fields = union(of_manager(left, manager, UPDATE, subresource), changed)
    return with_entry(left, manager, UPDATE, fields, str(new.get("apiVersion", "")), time, subresource)
