"""Two objects field by field; items of lists are matched by what identifies them, never by their place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from liftlock.model.change import Step, path_text
from liftlock.model.diff import FieldChange
from liftlock.text import printable

Path = tuple[Step, ...]
Name = tuple[tuple[str, str], ...]
Pair = tuple[Step, Any, Any]

_ABSENT: Any = object()
_ORDER = "(order)"
# What items of a list are told apart by, the strongest first; those of Kubernetes' own merge keys lead.
IDENTITIES: tuple[tuple[str, ...], ...] = (
    ("apiGroup", "kind", "namespace", "name"),
    ("kind", "namespace", "name"),
    ("kind", "name"),
    ("name",),
    ("containerPort", "protocol"),
    ("containerPort",),
    ("mountPath",),
    ("devicePath",),
    ("port", "protocol"),
    ("port",),
    ("key",),
    ("topologyKey",),
    ("ip",),
    ("host",),
    ("path",),
    ("id",),
    ("uid",),
    ("type",),
)


def changes(old: Any, new: Any) -> tuple[FieldChange, ...]:
    """What differs between two values, each with its path as a person reads it; None where a side has nothing."""
    return tuple(field_change(path, before, after) for path, before, after in walk(old, new))


def field_change(path: Path, old: Any, new: Any) -> FieldChange:
    """One place that `walk` gave, as texts."""
    return FieldChange(printable(path_text(path)), *_texts(old, new))


def walk(old: Any, new: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """The places where two values differ, with both values; `ABSENT` where a side has none."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            yield from walk(old.get(key, _ABSENT), new.get(key, _ABSENT), (*path, str(key)))
        return
    if isinstance(old, list) and isinstance(new, list):
        pairs = _pairs(old, new)
        for step, before, after in pairs:
            yield from walk(before, after, (*path, step))
        if _moved(pairs, old, new):
            yield (*path, _ORDER), _names(old, new), _names(new, old)
        return
    if not _same(old, new):
        yield path, old, new


def _same(old: Any, new: Any) -> bool:
    """Whether two values that are not both mappings or both lists are one; 1, 1.0 and true are three."""
    return type(old) is type(new) and bool(old == new)


def merged(old: Any, new: Any, take: Callable[[Path], bool], path: Path = ()) -> Any:
    """The old value with those differences applied whose path is taken."""
    if isinstance(old, dict) and isinstance(new, dict):
        made = {}
        for key in (*old, *(key for key in new if key not in old)):
            value = merged(old.get(key, _ABSENT), new.get(key, _ABSENT), take, (*path, str(key)))
            if value is not _ABSENT:
                made[key] = value
        return made
    if isinstance(old, list) and isinstance(new, list):
        pairs = _pairs(old, new)
        if _moved(pairs, old, new) and take((*path, _ORDER)):
            return new
        items = (merged(before, after, take, (*path, step)) for step, before, after in pairs)
        return [item for item in items if item is not _ABSENT]
    return old if _same(old, new) or not take(path) else new


def _pairs(old: list[Any], new: list[Any]) -> list[Pair]:
    """Items that belong together, in the order of the old list, new ones where the new list has them."""
    identity = _identity(old, new)
    if identity is None:
        return _in_order(old, new)
    mine = {_named(item, identity): item for item in old}
    theirs = {_named(item, identity): item for item in new}
    pairs: list[Pair] = []
    added = [key for key in theirs if key not in mine]
    follows = dict(zip(theirs, (None, *theirs), strict=False))
    for key, item in mine.items():
        pairs.append((key, item, theirs.get(key, _ABSENT)))
    for key in added:
        before = follows[key]
        at = next((i + 1 for i, pair in enumerate(pairs) if pair[0] == before), 0 if before is None else len(pairs))
        pairs.insert(at, (key, _ABSENT, theirs[key]))
    return pairs


def _moved(pairs: Sequence[Pair], old: list[Any], new: list[Any]) -> bool:
    """Whether items that both lists have stand in another order."""
    identity = _identity(old, new)
    if identity is None:
        return False
    both = {step for step, before, after in pairs if before is not _ABSENT and after is not _ABSENT}
    mine = [name for item in old if (name := _named(item, identity)) in both]
    theirs = [name for item in new if (name := _named(item, identity)) in both]
    return mine != theirs


def _names(items: list[Any], others: list[Any]) -> str:
    identity = _identity(items, others) or ()
    return ", ".join(" ".join(value for _, value in _named(item, identity)) for item in items)


def _identity(old: list[Any], new: list[Any]) -> tuple[str, ...] | None:
    """The keys that tell the items of both lists apart, None when no keys do."""
    items = [*old, *new]
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    for keys in IDENTITIES:
        if all(_has(item, keys) for item in items) and _apart(old, keys) and _apart(new, keys):
            return keys
    return None


def _has(item: dict[str, Any], keys: tuple[str, ...]) -> bool:
    return keys[-1] in item and not any(isinstance(item.get(key), dict | list) for key in keys)


def _apart(items: list[Any], keys: tuple[str, ...]) -> bool:
    return len({_named(item, keys) for item in items}) == len(items)


def _named(item: dict[str, Any], keys: tuple[str, ...]) -> Name:
    return tuple((key, str(item[key])) for key in keys if key in item)


def _in_order(old: list[Any], new: list[Any]) -> list[Pair]:
    """Items without identity: equal ones are matched in order, what lies between stands against each other."""
    mine = [_canonical(item) for item in old]
    theirs = [_canonical(item) for item in new]
    pairs: list[Pair] = []
    matcher = SequenceMatcher(None, mine, theirs, autojunk=len(mine) + len(theirs) > 400)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            pairs += [(_at(j + k), old[i + k], new[j + k]) for k in range(i_end - i)]
            continue
        both = min(i_end - i, j_end - j)
        pairs += [(_at(j + k), old[i + k], new[j + k]) for k in range(both)]
        pairs += [(_at(i + k), old[i + k], _ABSENT) for k in range(both, i_end - i)]
        pairs += [(_at(j + k), _ABSENT, new[j + k]) for k in range(both, j_end - j)]
    return pairs


def _at(number: int) -> Step:
    return (("#", str(number)),)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _texts(old: Any, new: Any) -> tuple[str | None, str | None]:
    mine, theirs = value_text(old), value_text(new)
    if mine is not None and mine == theirs:
        # The same text of another type: "1" and 1.
        return printable(json.dumps(old, default=str)), printable(json.dumps(new, default=str))
    return mine, theirs


def value_text(value: Any) -> str | None:
    """A value as a person reads it in one line, None when it is absent."""
    if value is _ABSENT:
        return None
    if isinstance(value, str):
        return printable(value)
    return printable(json.dumps(value, ensure_ascii=False, default=str))
