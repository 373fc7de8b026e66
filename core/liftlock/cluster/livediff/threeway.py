"""The patch that brings an object to what is wanted and leaves alone what others put there.

What was wanted before and is wanted no longer goes; what is wanted is set where it differs; the rest stays. With a
schema that knows merge keys it is the strategic merge patch that kubectl sends (its directives included), with the
plain one a JSON merge patch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from liftlock.cluster.livediff.schema import PLAIN, Field, Schema

PATCH = "$patch"
RETAIN = "$retainKeys"
ORDER = "$setElementOrder/"
DELETE = "$deleteFromPrimitiveList/"

ATOMIC = frozenset(
    {
        "selector",
        "nodeSelector",
        "labelSelector",
        "namespaceSelector",
        "podSelector",
        "objectSelector",
        "secretKeyRef",
        "configMapKeyRef",
        "fieldRef",
        "resourceFieldRef",
        "roleRef",
        "scaleTargetRef",
        "claimRef",
        "dataSource",
    }
)
"""Mappings of built-in kinds that server-side apply replaces as a whole (`x-kubernetes-map-type: atomic`)."""

_DEFAULTS = {"protocol": "TCP"}
"""What a key of a list stands for when it is left out."""


def three_way(
    original: Mapping[str, Any],
    modified: Mapping[str, Any],
    current: Mapping[str, Any],
    schema: Schema = PLAIN,
    *,
    whole_keys: bool = False,
) -> dict[str, Any]:
    """The patch to `current`; empty when nothing is to be done.

    `whole_keys` tells items apart by all the keys of their list, as server-side apply does, where a strategic merge
    patch takes the first.
    """
    return _Patching(whole_keys).mappings(original, modified, current, schema, retain=False)


def item_keys(field: Field, whole: bool) -> tuple[str, ...]:
    """What tells the items of a list apart, () when the list is not merged item by item."""
    if whole:
        return field.keys
    return (field.merge_key,) if field.merge_key else ()


def named(item: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, ...] | None:
    """What an item is known by, None when a key is missing that has no default."""
    found = []
    for key in keys:
        value = item.get(key, _DEFAULTS.get(key) if len(keys) > 1 else None)
        if value is None:
            return None
        found.append(str(value))
    return tuple(found)


def merges_values(field: Field, whole: bool) -> bool:
    """Whether a list of plain values is merged as a set."""
    return field.unique and (whole or field.merges)


def keyed(items: Iterable[Any], keys: Sequence[str]) -> dict[tuple[Any, ...], Any] | None:
    """Items by what they are known by; the n-th of several with one name has its number. None: they cannot be told."""
    found: dict[tuple[Any, ...], Any] = {}
    seen: dict[tuple[str, ...], int] = defaultdict(int)
    for item in items:
        name = named(item, keys) if isinstance(item, dict) else None
        if name is None:
            return None
        found[name, seen[name]] = item
        seen[name] += 1
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are one; 1 and true are two, 1 and 1.0 are one number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


class _Patching:
    def __init__(self, whole_keys: bool) -> None:
        self._whole = whole_keys

    def mappings(
        self,
        original: Mapping[str, Any],
        modified: Mapping[str, Any],
        current: Mapping[str, Any],
        schema: Schema,
        *,
        retain: bool,
    ) -> dict[str, Any]:
        patch: dict[str, Any] = {}
        for key, wanted in modified.items():
            if key not in current:
                if wanted is not None:
                    patch[key] = wanted
            else:
                self._entry(patch, key, original.get(key), wanted, current[key], schema.field(key))
        for key in original:
            if key not in modified and key in current:
                patch[key] = None
        if retain and (patch or any(key not in modified for key in current)):
            patch[RETAIN] = sorted(modified)
        return patch

    def _entry(self, patch: dict[str, Any], key: str, before: Any, wanted: Any, now: Any, field: Field) -> None:
        if isinstance(wanted, dict) and isinstance(now, dict):
            if field.replace or (self._whole and key in ATOMIC):
                if not same(wanted, now):
                    patch[key] = wanted if field.replace else {PATCH: "replace", **wanted}
                return
            former = before if isinstance(before, dict) else {}
            inner = field.inner
            made = self.mappings(former, wanted, now, inner, retain=field.retain and not self._whole)
            if made:
                patch[key] = made
        elif isinstance(wanted, list) and isinstance(now, list):
            olds = before if isinstance(before, list) else []
            keys = item_keys(field, self._whole)
            if keys:
                self._items(patch, key, olds, wanted, now, field, keys)
            elif merges_values(field, self._whole):
                _values(patch, key, olds, wanted, now)
            elif not same(wanted, now):
                patch[key] = wanted
        elif not same(wanted, now):
            patch[key] = wanted

    def _items(
        self,
        patch: dict[str, Any],
        key: str,
        original: list[Any],
        modified: list[Any],
        current: list[Any],
        field: Field,
        keys: tuple[str, ...],
    ) -> None:
        """A list whose items are known by name: changed and new ones, then those that go, and the order."""
        before, wanted, now = keyed(original, keys), keyed(modified, keys), keyed(current, keys)
        if wanted is None or now is None:
            if not same(modified, current):
                patch[key] = [{PATCH: "replace"}, *modified]
            return
        if not current:
            if modified:
                patch[key] = modified
            return
        made: list[Any] = []
        for name, item in wanted.items():
            if name not in now:
                made.append(item)
                continue
            former = (before or {}).get(name, {})
            difference = self.mappings(former, item, now[name], field.inner, retain=field.retain and not self._whole)
            if difference:
                made.append({**difference, **_identity(item, keys)})
        names = {name for name, _ in wanted}
        gone = {name: item for (name, _), item in (before or {}).items() if name not in names}
        there = {name for name, _ in now}
        made += [{PATCH: "delete", **_identity(item, keys)} for name, item in gone.items() if name in there]
        if made:
            patch[key] = made
        if made or list(wanted) != [name for name in now if name in wanted]:
            order = [_identity(item, keys) for item in modified]
            if order:
                patch[ORDER + key] = order


def _identity(item: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: item[key] if key in item else _DEFAULTS[key] for key in keys if key in item or key in _DEFAULTS}


def _values(patch: dict[str, Any], key: str, original: list[Any], modified: list[Any], current: list[Any]) -> None:
    """A list of plain values that is a set."""
    if not current:
        if modified:
            patch[key] = modified
        return
    added = [value for value in modified if value not in current]
    gone = [value for value in dict.fromkeys(original) if value not in modified and value in current]
    if added:
        patch[key] = added
    if gone:
        patch[DELETE + key] = gone
    kept = [value for value in current if value in modified]
    if (added or gone or list(modified) != kept) and modified:
        patch[ORDER + key] = modified
