"""What an object becomes by a patch, worked out here: for users who may not ask the server.

The rules are those of the API server's strategic merge (merging by key, `$patch`, `$retainKeys`, `$setElementOrder`,
`$deleteFromPrimitiveList`); with the plain schema they are those of a JSON merge patch.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from liftlock.cluster.livediff.schema import PLAIN, Field, Schema
from liftlock.cluster.livediff.threeway import DELETE, ORDER, PATCH, RETAIN, item_keys, merges_values, named

Name = Any


def applied(
    current: Mapping[str, Any], patch: Mapping[str, Any], schema: Schema = PLAIN, *, whole_keys: bool = False
) -> dict[str, Any]:
    """The object with the patch applied; the arguments stay as they are."""
    return _mapping(copy.deepcopy(dict(current)), patch, schema, whole_keys)


def _mapping(current: dict[str, Any], patch: Mapping[str, Any], schema: Schema, whole: bool) -> dict[str, Any]:
    kept = patch.get(RETAIN)
    if kept is not None:
        current = {key: value for key, value in current.items() if key in kept}
    done = set()
    for directive in [key for key in patch if key.startswith((ORDER, DELETE))]:
        key = directive.partition("/")[2]
        if key in done:
            continue
        done.add(key)
        field = schema.field(key)
        now = current.get(key)
        if now is None and key not in patch:
            continue
        current[key] = _ordered_list(now or [], patch, key, field, whole)
    for key, value in patch.items():
        if key in done or key in (RETAIN, PATCH) or key.startswith((ORDER, DELETE)):
            continue
        if value is None:
            current.pop(key, None)
        else:
            current[key] = _value(current.get(key), value, schema.field(key), whole)
    return current


def _value(now: Any, value: Any, field: Field, whole: bool) -> Any:
    if isinstance(value, Mapping) and (now is None or isinstance(now, dict)):
        if field.replace or value.get(PATCH) == "replace":
            value = {key: inner for key, inner in value.items() if key != PATCH}
            return copy.deepcopy(dict(value))
        return _mapping(now or {}, value, field.inner, whole)
    if isinstance(value, list):
        return _list(now if isinstance(now, list) else [], value, field, whole)
    return copy.deepcopy(value)


def _list(now: list[Any], value: list[Any], field: Field, whole: bool) -> list[Any]:
    keys = item_keys(field, whole)
    if not keys:
        if merges_values(field, whole):
            return _ordered([*now, *(v for v in value if v not in now)], value, now, _itself)
        return copy.deepcopy(value)
    merged, plain = _merged(now, value, field, keys, whole)
    return _ordered(merged, plain, now, _by(keys))


def _merged(
    now: list[Any], value: list[Any], field: Field, keys: Sequence[str], whole: bool
) -> tuple[list[Any], list[Any]]:
    """The items of both, and those of the patch that are no directives."""
    plain = [item for item in value if PATCH not in item]
    if any(item.get(PATCH) == "replace" for item in value):
        return copy.deepcopy(plain), plain
    name = _by(keys)
    gone = {name(item) for item in value if item.get(PATCH) == "delete"}
    merged = [item for item in now if name(item) not in gone]
    for item in plain:
        at = next((i for i, other in enumerate(merged) if name(other) == name(item)), None)
        if at is None:
            merged.append(_mapping({}, item, field.inner, whole))
        else:
            merged[at] = _mapping(merged[at], item, field.inner, whole)
    return merged, plain


def _ordered_list(now: list[Any], patch: Mapping[str, Any], key: str, field: Field, whole: bool) -> list[Any]:
    """A list whose order the patch gives."""
    keys = item_keys(field, whole)
    if keys:
        merged, _ = _merged(now, patch.get(key) or [], field, keys, whole)
        return _ordered(merged, patch.get(ORDER + key) or [], now, _by(keys))
    gone = patch.get(DELETE + key) or []
    left = [value for value in now if value not in gone]
    merged = [*left, *(value for value in patch.get(key) or [] if value not in left)]
    return _ordered(merged, patch.get(ORDER + key) or [], now, _itself)


def _ordered(items: list[Any], order: Sequence[Any], former: list[Any], name: Callable[[Any], Name]) -> list[Any]:
    """Items in the order given; those that it does not name keep their place among their former neighbours."""
    wanted = {name(item): at for at, item in reversed(list(enumerate(order)))}
    places = {name(item): at for at, item in reversed(list(enumerate(former)))}
    mine = sorted((item for item in items if name(item) in wanted), key=lambda item: wanted[name(item)])
    others = sorted(
        (item for item in items if name(item) not in wanted), key=lambda item: places.get(name(item), len(places))
    )
    made: list[Any] = []
    while mine and others:
        there, here = places.get(name(others[0])), places.get(name(mine[0]))
        first = others if there is not None and here is not None and there < here else mine
        made.append(first.pop(0))
    return made + mine + others


def _by(keys: Sequence[str]) -> Callable[[Any], Name]:
    return lambda item: named(item, keys) if isinstance(item, Mapping) else None


def _itself(value: Any) -> Name:
    return value
