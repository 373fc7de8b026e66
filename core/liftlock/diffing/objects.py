"""Manifests before and after, object by object."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from liftlock.diffing.fields import changes
from liftlock.diffing.files import diff_lines
from liftlock.diffing.masking import mask
from liftlock.diffing.noise import quiet
from liftlock.diffing.yamllines import yaml_lines
from liftlock.model.diff import ObjectDiff, ObjectKey, Status
from liftlock.text import printable

Manifest = Mapping[str, Any]
Paired = tuple[ObjectKey, Manifest | None, Manifest | None]

# The suffix that kustomize makes of the content of a ConfigMap or Secret: ten letters of its own alphabet.
_HASHED = re.compile(r"(?P<base>.+)-[2456789bcdfghkmt]{10}")
_GENERATED = frozenset({"ConfigMap", "Secret"})
# Objects longer than this are shown around their changes only.
_WHOLE_LINES = 1500
_CONTEXT = 12


def key_of(manifest: Manifest) -> ObjectKey:
    """What identifies the object; texts are clean for display."""
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    group, slash, _ = str(manifest.get("apiVersion") or "").partition("/")
    name = metadata.get("name") or metadata.get("generateName") or ""
    parts = (group if slash else "", manifest.get("kind") or "", metadata.get("namespace") or "", name)
    return ObjectKey(*(printable(str(part)) for part in parts))


def diff_objects(before: Sequence[Manifest], after: Sequence[Manifest]) -> tuple[ObjectDiff, ...]:
    """The objects that differ, in order of their keys; secrets are masked, noise is left out.

    A generated ConfigMap or Secret whose name ends in the hash of its content is matched with its former self.
    """
    found = (object_diff(key, old, new) for key, old, new in pair_objects(before, after))
    return tuple(diff for diff in found if diff.status is not Status.SAME)


def object_diff(key: ObjectKey, old: Manifest | None, new: Manifest | None) -> ObjectDiff:
    """One object before and after (None: it is not there), as lines and fields."""
    if old is not None and new is not None and _written(old) == _written(new):
        return ObjectDiff(key, Status.SAME, (), ())
    return quiet_diff(key, prepared(old), prepared(new))


def _written(manifest: Manifest) -> str:
    """A text in which 1 and true are not the same, as they are in Python."""
    return json.dumps(manifest, default=str)


def prepared(manifest: Manifest | None) -> dict[str, Any] | None:
    """The object as it is compared: masked, without noise, keys in order."""
    return None if manifest is None else mask(quiet(manifest))


def quiet_diff(key: ObjectKey, old: dict[str, Any] | None, new: dict[str, Any] | None) -> ObjectDiff:
    """The difference of two objects that are prepared."""
    if old is None or new is None:
        status = Status.ADDED if old is None else Status.REMOVED
        return ObjectDiff(key, status, _lines(old, new), ())
    fields = changes(old, new)
    if not fields:
        return ObjectDiff(key, Status.SAME, (), ())
    return ObjectDiff(key, Status.MODIFIED, _lines(old, new), fields)


def _lines(old: dict[str, Any] | None, new: dict[str, Any] | None) -> Any:
    mine, theirs = yaml_lines(old), yaml_lines(new)
    whole = max(len(mine), len(theirs)) <= _WHOLE_LINES
    return diff_lines(mine, theirs, context=None if whole else _CONTEXT)


def pair_objects(before: Iterable[Manifest], after: Iterable[Manifest]) -> Iterator[Paired]:
    """The objects of both sides, matched by key, in order of their keys; the key is that of the newer one."""
    mine, theirs = _by_key(before), _by_key(after)
    pairs: list[Paired] = []
    for key in [key for key in mine if key in theirs]:
        olds, news = mine.pop(key), theirs.pop(key)
        for at in range(max(len(olds), len(news))):
            pairs.append((key, olds[at] if at < len(olds) else None, news[at] if at < len(news) else None))
    pairs += _renamed(mine, theirs)
    pairs += [(key, manifest, None) for key, manifests in mine.items() for manifest in manifests]
    pairs += [(key, None, manifest) for key, manifests in theirs.items() for manifest in manifests]
    yield from sorted(pairs, key=lambda pair: pair[0])


def _by_key(manifests: Iterable[Manifest]) -> dict[ObjectKey, list[Manifest]]:
    found: dict[ObjectKey, list[Manifest]] = defaultdict(list)
    for manifest in manifests:
        found[key_of(manifest)].append(manifest)
    return dict(found)


def _renamed(mine: dict[ObjectKey, list[Manifest]], theirs: dict[ObjectKey, list[Manifest]]) -> Iterator[Paired]:
    """Generated objects whose name changed with their content; they are taken out of both sides."""
    former: dict[ObjectKey, list[ObjectKey]] = defaultdict(list)
    for key in mine:
        if base := unhashed(key):
            former[base].append(key)
    for key in list(theirs):
        base = unhashed(key)
        if base is None or not former.get(base):
            continue
        old = former[base].pop(0)
        yield key, mine.pop(old)[0], theirs.pop(key)[0]


def unhashed(key: ObjectKey) -> ObjectKey | None:
    """The key without the hash of the content in its name, None when there is none in it."""
    found = _HASHED.fullmatch(key.name) if key.kind in _GENERATED and not key.group else None
    return None if found is None else ObjectKey(key.group, key.kind, key.namespace, found["base"])
