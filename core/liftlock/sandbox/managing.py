"""Who set which field: the entries of `managedFields` as the API server keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from liftlock.cluster.livediff.fieldsets import FieldSet, union, without
from liftlock.cluster.livediff.schema import Field, Schema, built_in, schema_of
from liftlock.cluster.livediff.threeway import ATOMIC, item_keys, named, same

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
_NOT_ATOMIC = frozenset({"scaleTargetRef", "claimRef"})
"""References that are atomic in another version than the one that is served."""
_POD = ("metadata", "spec", "spec.containers")
_PLAIN = frozenset(
    {
        *("metadata", "spec", "status", "involvedObject", "source"),
        *(f"spec.{name}" for name in ("strategy", "updateStrategy", "podSelector", "scaleTargetRef", "resources")),
        *("spec.containers", "spec.template", "status.loadBalancer"),
        *(f"spec.template.{name}" for name in _POD),
        *(f"spec.jobTemplate{name}" for name in ("", ".metadata", ".spec", ".spec.template")),
        *(f"spec.jobTemplate.spec.template.{name}" for name in _POD),
    }
)
"""What every object of the built-in kinds has, be it empty: nobody brings it."""


def fields_of(manifest: Mapping[str, Any], group: str, kind: str, *, update: bool = False) -> dict[str, Any]:
    """The set of the fields of an object that somebody can own.

    With `update` as an update lists them: mappings and lists that it brings stand beside what is in them.
    """
    return _Reading(group, kind, update).fields(manifest, schema_of(group, kind), "")


def changed_fields(
    old: Mapping[str, Any], new: Mapping[str, Any], group: str, kind: str, *, update: bool = False
) -> dict[str, Any]:
    """The set of the fields of the new object that the old one does not have or has otherwise."""
    return _Reading(group, kind, update).changed(old, new, schema_of(group, kind), "")


def is_whole(group: str, name: str, field: Field) -> bool:
    """Whether a mapping belongs to one as a whole, and is replaced so."""
    return field.replace or (built_in(group) and name in ATOMIC and name not in _NOT_ATOMIC)


class _Reading:
    def __init__(self, group: str, kind: str, update: bool) -> None:
        self._group = group
        self._update = update
        self._plain = _PLAIN if built_in(group) else frozenset({"metadata"})

    def fields(self, value: Mapping[str, Any], schema: Schema, path: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, inner in value.items():
            at = f"{path}.{name}" if path else name
            if at not in _NOBODYS:
                self._add(made, name, at, self._below(name, inner, schema.field(name), at))
        return made

    def _add(self, made: dict[str, Any], name: str, path: str, found: dict[str, Any]) -> None:
        plain = path in self._plain if self._update else path == "metadata"
        if found or not plain:
            made[f"f:{name}"] = found

    def _below(self, name: str, value: Any, field: Field, path: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if isinstance(value, Mapping) and value and not is_whole(self._group, name, field):
            made = self.fields(value, field.inner, path)
        elif isinstance(value, list) and value:
            keys = item_keys(field, True)
            if keys:
                for item in value:
                    key = _key(item, keys)
                    if key is None:
                        return {}
                    made[key] = {".": {}, **self.fields(item, field.inner, f"{path}.")}
            elif field.unique:
                made = {f"v:{_compact(item)}": {} for item in value}
        if made and self._update and path not in self._plain:
            return {".": {}, **made}
        return made

    def changed(self, old: Mapping[str, Any], new: Mapping[str, Any], schema: Schema, path: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in new.items():
            at = f"{path}.{name}" if path else name
            if at in _NOBODYS or (name in old and same(old[name], value)):
                continue
            field, before = schema.field(name), old.get(name)
            if isinstance(value, Mapping) and isinstance(before, Mapping) and not is_whole(self._group, name, field):
                found = self.changed(before, value, field.inner, at)
                if found:
                    made[f"f:{name}"] = found
            elif isinstance(value, list) and isinstance(before, list) and item_keys(field, True):
                items = self._changed_items(before, value, field, at)
                if items is not None:
                    made[f"f:{name}"] = items
            else:
                self._add(made, name, at, self._below(name, value, field, at))
        return made

    def _changed_items(self, old: list[Any], new: list[Any], field: Field, path: str) -> dict[str, Any] | None:
        keys = item_keys(field, True)
        before = {_key(item, keys): item for item in old}
        made: dict[str, Any] = {}
        for item in new:
            key = _key(item, keys)
            if key is None:
                return {}
            if key not in before:
                made[key] = {".": {}, **self.fields(item, field.inner, f"{path}.")}
            elif not same(before[key], item):
                made[key] = self.changed(before[key], item, field.inner, f"{path}.")
        return made or None


def _key(item: Any, keys: tuple[str, ...]) -> str | None:
    if not isinstance(item, Mapping) or named(item, keys) is None:
        return None
    return f"k:{_compact({key: item.get(key, 'TCP') for key in sorted(keys)})}"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _plain(fields: FieldSet) -> dict[str, Any]:
    """The same; an element that stands alone is a leaf, and one in which nothing is left is not there."""
    made: dict[str, Any] = {}
    for key, inner in fields.items():
        found = _plain(inner)
        if found or not inner:
            made[key] = {} if set(found) == {"."} and not key.startswith("k:") else found
    return made


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
    at: tuple[str, str],
    manager: str,
    time: str,
    subresource: str = "",
) -> list[Entry]:
    """The entries after an update of an object of group and kind: what the manager changed is its own alone.

    Entries that the new object brings are taken as they are: that is how clients move fields between managers.
    """
    before: Mapping[str, Any] = old or {}
    known = entries(new if "managedFields" in (new.get("metadata") or {}) else before)
    changed = changed_fields(before, new, *at, update=True)
    there = fields_of(new, *at, update=True)
    gone = without(fields_of(before, *at, update=True), there) if old is not None else {}
    lost = union(changed, gone)
    left: list[Entry] = []
    for entry in known:
        mine = _is(entry, manager, UPDATE, subresource)
        fields = entry["fieldsV1"] if not lost else _plain(without(entry["fieldsV1"], gone if mine else lost))
        if fields:
            left.append({**entry, "fieldsV1": fields})
    if not changed:
        return left
    fields = union(of_manager(left, manager, UPDATE, subresource), changed)
    return with_entry(left, manager, UPDATE, fields, str(new.get("apiVersion", "")), time, subresource)
