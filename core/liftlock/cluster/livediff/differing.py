"""An object before and after, made into a difference quickly: hundreds of similar ones are compared at once."""

from __future__ import annotations

import json
import marshal
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liftlock.diffing.fields import IDENTITIES, changes
from liftlock.diffing.files import diff_lines
from liftlock.diffing.objects import prepared
from liftlock.diffing.yamllines import yaml_lines
from liftlock.model.diff import DiffLine, ObjectDiff, ObjectKey, Status

Manifest = Mapping[str, Any]
# What the server counts and notes; the same on both sides but for the moment of asking.
_NOISE = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")
# Longer objects are shown around their changes only.
_WHOLE_LINES = 1500
_CONTEXT = 12
_NAMING = frozenset(key for keys in IDENTITIES for key in keys)


def bare(manifest: Manifest) -> dict[str, Any]:
    """The object without status and without what the server counts and notes."""
    kept = {key: value for key, value in manifest.items() if key != "status"}
    kept["metadata"] = {k: v for k, v in (manifest.get("metadata") or {}).items() if k not in _NOISE}
    return kept


def unchanged(live: Manifest, merged: Manifest) -> bool:
    """Whether two states of an object are the same."""
    mine, theirs = bare(live), bare(merged)
    # Python's 1 equals true: the texts tell them apart, and are only made when all else is equal.
    return mine == theirs and json.dumps(mine, sort_keys=True) == json.dumps(theirs, sort_keys=True)


def difference(key: ObjectKey, live: Manifest | None, merged: Manifest | None) -> ObjectDiff:
    """The object before and after (None: it is not there), with secrets masked and noise left out."""
    if live is None or merged is None:
        mine = None if live is None else prepared(bare(live))
        theirs = None if merged is None else prepared(bare(merged))
        return ObjectDiff(key, Status.ADDED if live is None else Status.REMOVED, _lines(mine, theirs), ())
    old, new = _both(bare(live), bare(merged))
    fields = changes(*_differing(old, new))
    if not fields:
        return same(key)
    return ObjectDiff(key, Status.MODIFIED, _lines(old, new), fields)


_WHOLE: Any = object()


def _both(live: dict[str, Any], merged: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both objects prepared; what is equal in both is prepared once."""
    old = prepared(live) or {}
    outline, marks = _outline(live, merged)
    new = prepared(outline) or {}
    _fill(new, old, marks)
    return old, new


def _outline(live: Any, merged: Any) -> tuple[Any, dict[Any, Any]]:
    """The new object with `True` for each mapping and list that is equal in the old one, and where they stand."""
    entries = list(merged.items()) if isinstance(merged, dict) else list(enumerate(merged))
    made: list[tuple[Any, Any]] = []
    marks: dict[Any, Any] = {}
    for key, value in entries:
        before: Any = live.get(key) if isinstance(live, dict) else live[key]
        if isinstance(value, dict | list) and type(before) is type(value):
            if _equal(before, value):
                marks[key], value = _WHOLE, True
            elif isinstance(value, dict) or len(before) == len(value):
                value, marks[key] = _outline(before, value)
        made.append((key, value))
    return (dict(made) if isinstance(merged, dict) else [value for _, value in made]), marks


def _fill(new: Any, old: Any, marks: dict[Any, Any]) -> None:
    """Puts the prepared parts of the old object in their places. What preparing left out is not there."""
    for key, mark in marks.items():
        if isinstance(new, dict) and key not in new:
            continue
        if mark is not _WHOLE:
            if isinstance(old, list) or key in old:
                _fill(new[key], old[key], mark)
        elif isinstance(old, list) or key in old:
            new[key] = old[key]
        else:
            del new[key]


def _differing(
    old: dict[str, Any], new: dict[str, Any], kept: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides without the mappings and lists that are equal, but for those under the keys to be kept."""
    mine: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    value: Any
    for key, value in old.items():
        if key not in new:
            mine[key] = value
            continue
        other: Any = new[key]
        mine[key], theirs[key] = value, other
        if type(value) not in (dict, list) or type(value) is not type(other):
            continue
        if value is other or _equal(value, other):
            if key not in kept:
                del mine[key], theirs[key]
        elif isinstance(value, dict):
            mine[key], theirs[key] = _differing(value, other)
        elif _aligned(value, other):
            pairs = [_differing(*pair, _NAMING) for pair in zip(value, other, strict=True)]
            mine[key], theirs[key] = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return mine, {key: theirs.get(key, value) for key, value in new.items() if key in theirs or key not in old}


def _equal(one: Any, other: Any) -> bool:
    """Whether both are written the same: Python takes 0 for False, and 1 for 1.0."""
    if one != other:
        return False
    try:
        return marshal.dumps(one, 2) == marshal.dumps(other, 2)
    except ValueError:  # a date: the parts are compared one by one
        return False


def _aligned(old: list[Any], new: list[Any]) -> bool:
    """Whether the items of two lists are mappings that belong together one by one, each by a name of its own.

    Only then can parts of them be left out.
    """
    if len(old) != len(new) or not all(isinstance(item, dict) for item in (*old, *new)):
        return False
    names = [item.get("name") for item in old]
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        return False
    return all(_called(item) == _called(other) for item, other in zip(old, new, strict=True))


def _called(item: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted((key, item[key]) for key in _NAMING & item.keys())


def same(key: ObjectKey) -> ObjectDiff:
    """Of an object that stays as it is, or that nothing is known of."""
    return ObjectDiff(key, Status.SAME, (), ())


def _lines(old: dict[str, Any] | None, new: dict[str, Any] | None) -> tuple[DiffLine, ...]:
    memory: _Memory = {}
    mine, theirs = lines(old, memory), lines(new, memory)
    whole = max(len(mine), len(theirs)) <= _WHOLE_LINES
    return diff_lines(mine, theirs, context=None if whole else _CONTEXT)


_Memory = dict[tuple[int, str, str], tuple[list[str], int, int]]
"""Where the lines of a collection stand already: by its identity and indentation."""


def lines(value: Any, memory: _Memory | None = None) -> list[str]:
    """The lines of `yaml_lines`, put together from those of the single entries, which repeat from object to object.

    `memory` lets two objects share the lines of the parts that they share.
    """
    made: list[str] = []
    if isinstance(value, dict) and value and _append(made, value, "", "", {} if memory is None else memory):
        return made
    return yaml_lines(value)


def _append(made: list[str], value: Any, first: str, rest: str, memory: _Memory) -> bool:
    """The lines of a collection; the first stands behind `first`, the others behind `rest`. False: not like this."""
    at = (id(value), first, rest)
    if at in memory:
        there, start, end = memory[at]
        made += there[start:end]
        return True
    start = len(made)
    if isinstance(value, list):
        fine = _append_items(made, value, first, rest, memory)
    else:
        fine = _append_entries(made, value, first, rest, memory)
    if fine:
        memory[at] = (made, start, len(made))
    return fine


def _append_items(made: list[str], value: list[Any], first: str, rest: str, memory: _Memory) -> bool:
    lead = first
    for inner in value:
        if isinstance(inner, dict | list) and inner:
            if not _append(made, inner, f"{lead}- ", f"{rest}  ", memory):
                return False
        elif not _append_entry(made, None, inner, lead, rest):
            return False
        lead = rest
    return True


def _append_entries(made: list[str], value: dict[str, Any], first: str, rest: str, memory: _Memory) -> bool:
    lead = first
    for key, inner in value.items():
        if isinstance(inner, dict | list) and inner:
            head = _entry(key, True)
            if head is None:
                return False
            made.append(lead + head[0].removesuffix(" true"))
            inward = rest if isinstance(inner, list) else f"{rest}  "
            if not _append(made, inner, inward, inward, memory):
                return False
        elif not _append_entry(made, key, inner, lead, rest):
            return False
        lead = rest
    return True


def _append_entry(made: list[str], key: str | None, value: Any, lead: str, rest: str) -> bool:
    entry = _entry(key, value)
    if entry is None:
        return False
    made.append(lead + entry[0])
    made += [rest + line if line else line for line in entry[1:]]
    return True


def _entry(key: str | None, value: Any) -> tuple[str, ...] | None:
    """The lines of one entry of a mapping or (no key) a list; None when it cannot stand in others."""
    if isinstance(value, dict | list):
        return _empty(key, isinstance(value, dict))
    # 1, 1.0 and true are one key of a cache, as are 0.0 and -0.0.
    return _scalar(key, value, type(value).__name__ if not isinstance(value, float) else repr(value))


@lru_cache(maxsize=16384)
def _scalar(key: str | None, value: Any, _type: str) -> tuple[str, ...] | None:
    return _plain(key, value)


@lru_cache(maxsize=4096)
def _empty(key: str | None, mapping: bool) -> tuple[str, ...] | None:
    return _plain(key, {} if mapping else [])


def _plain(key: str | None, value: Any) -> tuple[str, ...] | None:
    written = yaml_lines([value] if key is None else {key: value})
    # A key too long to stand on its line begins with a question mark; a text that ends in empty lines ends a document.
    alone = written[-1] == "..." or (key is not None and written[0].startswith("? "))
    return None if alone else tuple(written)
