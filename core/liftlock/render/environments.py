"""Two environments, rendered: what differs between them, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from liftlock.diffing.fields import Path, field_change, merged, value_text, walk
from liftlock.diffing.objects import Paired, key_of, pair_objects, prepared, quiet_diff, unhashed
from liftlock.diffing.signs import MASK
from liftlock.model.change import path_text
from liftlock.model.diff import Comparison, Explanation, ObjectDiff, ObjectKey, Status
from liftlock.render.result import Rendered
from liftlock.text import printable, shorten

Substitute = Callable[[str], str]
Found = tuple[Explanation, str]

_ALIKE = 0.7
_SIZING = frozenset(
    {"replicas", "minReplicas", "maxReplicas", "minAvailable", "maxUnavailable", "maxSurge", "resources", "limits"}
    | {"requests", "cpu", "memory", "storage", "ephemeral-storage", "storageClassName", "parallelism", "completions"}
    | {"averageUtilization", "averageValue", "targetCPUUtilizationPercentage", "nodeSelector", "tolerations"}
    | {"affinity", "topologySpreadConstraints", "hard", "minMember", "volumeSize", "retention"}
)
_VERSION = re.compile(r"image|tag|version|revision|digest|ref", re.IGNORECASE)
_PROBES = re.compile(r"(?:liveness|readiness|startup)Probe$")
_IDENTITY = frozenset(
    {"namespace", "targetNamespace", "host", "hosts", "hostname", "hostnames", "externalName", "loadBalancerIP"}
    | {"clusterName", "domain", "domains", "accountId", "project", "region", "serviceAccountName"}
)


def compare_environments(
    app: str, left: Rendered, right: Rendered, to_right: Substitute, pending: Iterable[tuple[str, str]] = ()
) -> list[Comparison]:
    """What differs between an app's manifests in two environments, one entry for each object and explanation.

    `to_right` puts the right environment's words in the place of the left one's. `pending` are the values that a
    promotion from left to right would move: what the right has now ("None": nothing), and what it would get. The
    commits are left open.
    """
    moves = tuple(pending)
    found: list[Comparison] = []
    for key, old, new in _pairs(left.objects, right.objects, to_right):
        if old is None or new is None:
            diff = quiet_diff(key, prepared(old), prepared(new))
            side = "left" if new is None else "right"
            found.append(Comparison(app, diff, Explanation.UNEXPLAINED, f"only the environment on the {side} has it"))
            continue
        found += _modified(app, key, prepared(old) or {}, prepared(new) or {}, to_right, moves)
    order = list(Explanation)
    return sorted(found, key=lambda c: (order.index(c.explanation), c.diff.key))


def _modified(
    app: str,
    key: ObjectKey,
    old: dict[str, Any],
    new: dict[str, Any],
    to_right: Substitute,
    moves: Sequence[tuple[str, str]],
) -> Iterator[Comparison]:
    groups: dict[Explanation, dict[Path, str]] = {}
    changes = {}
    for path, before, after in walk(old, new):
        explanation, why = _explained(key.kind, path, value_text(before), value_text(after), to_right, moves)
        groups.setdefault(explanation, {})[path] = why
        changes[path] = field_change(path, before, after)
    for explanation, reasons in groups.items():
        only = merged(old, new, reasons.__contains__)
        lines = quiet_diff(key, old, only).lines
        fields = tuple(changes[path] for path in reasons)
        why = "; ".join(dict.fromkeys(reasons.values()))
        yield Comparison(app, ObjectDiff(key, Status.MODIFIED, lines, fields), explanation, why)


def _explained(
    kind: str, path: Path, old: str | None, new: str | None, to_right: Substitute, moves: Sequence[tuple[str, str]]
) -> Found:
    """Why a field differs: the first explanation that fits."""
    for now, then in moves:
        if _moves(old, new, now, then):
            return Explanation.PENDING, f"a promotion would move {_short(now)} to {_short(then)}"
    if old is not None and new is not None:
        if to_right(old) == new:
            return Explanation.EXPECTED, "the environment's own word in it"
        if _generated(old, new, to_right):
            return Explanation.EXPECTED, "the name follows from the content of what it names"
    texts = [step for step in path if isinstance(step, str)]
    if (kind == "Secret" and texts[:1] in (["data"], ["stringData"])) or MASK in (old or "") + (new or ""):
        return Explanation.EXPECTED, "each environment has its own secrets"
    if any(text in _IDENTITY for text in texts) or texts == ["metadata", "name"]:
        return Explanation.EXPECTED, f"{_last(texts, _IDENTITY)} belongs to the environment"
    if any(text in _SIZING for text in texts) or any(_PROBES.search(text) for text in texts):
        return Explanation.EXPECTED, f"{_last(texts, _SIZING)} is the environment's size"
    if old is not None and new is not None and to_right(old) != old and not _VERSION.search(texts[-1] if texts else ""):
        return Explanation.EXPECTED, "it names its own environment"
    if old is None or new is None:
        return Explanation.UNEXPLAINED, f"only the {'right' if old is None else 'left'} has {path_text(path[-1:])}"
    return Explanation.UNEXPLAINED, "nothing explains it"


def _moves(old: str | None, new: str | None, now: str, then: str) -> bool:
    """Whether the field would become the same if `now` became `then` on the right."""
    if old is None:
        return False
    if new is None:
        return now == "None" and old == then
    if old == then and new == now:
        return True
    if len(then) < 3 or len(now) < 3:
        return False
    moved = re.sub(rf"(?<![\w.]){re.escape(now)}(?![\w.]*\w)", lambda _: then, new)
    return moved == old and moved != new


def _short(text: str) -> str:
    return "nothing" if text == "None" else shorten(printable(text), 40, keep_end=True)


def _generated(old: str, new: str, to_right: Substitute) -> bool:
    """Whether both are names that kustomize generated for the same thing."""
    mine, theirs = (unhashed(ObjectKey("", "ConfigMap", "", text)) for text in (old, new))
    return mine is not None and theirs is not None and theirs.name in (mine.name, to_right(mine.name))


def _last(texts: Sequence[str], words: frozenset[str]) -> str:
    return next((text for text in reversed(texts) if text in words), texts[-1] if texts else "it")


def _pairs(left: Sequence[dict[str, Any]], right: Sequence[dict[str, Any]], to_right: Substitute) -> Iterator[Paired]:
    """Objects of both environments that play the same part; the key is the right one's, else the left one's."""
    mine: list[dict[str, Any]] = []
    theirs = list(right)
    names = {}
    for manifest in left:
        moved = _moved(manifest, to_right)
        names[id(moved)] = manifest
        mine.append(moved)
    rest_left: list[dict[str, Any]] = []
    rest_right: list[dict[str, Any]] = []
    for key, old, new in pair_objects(mine, theirs):
        if old is not None and new is not None:
            yield key, names[id(old)], new
        elif old is not None:
            rest_left.append(dict(old))
            names[id(rest_left[-1])] = names[id(old)]
        elif new is not None:
            rest_right.append(dict(new))
    for old, new in _alike(rest_left, rest_right):
        yield key_of(new), names[id(old)], new
    yield from ((key_of(names[id(old)]), names[id(old)], None) for old in rest_left)
    yield from ((key_of(new), None, new) for new in rest_right)


def _moved(manifest: dict[str, Any], to_right: Substitute) -> dict[str, Any]:
    """The object under the name and namespace it would have on the right."""
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        return {**manifest}
    texts = {k: to_right(metadata[k]) for k in ("name", "namespace") if isinstance(metadata.get(k), str)}
    return {**manifest, "metadata": {**metadata, **texts}}


def _alike(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Objects of one kind whose names are the same in other namespaces, or nearly the same; taken out of both."""
    for least in (1.0, _ALIKE, 0.0):
        scored: list[tuple[float, int, dict[str, Any], dict[str, Any]]] = []
        for old in left:
            for new in right:
                mine, theirs = key_of(old), key_of(new)
                if (mine.group, mine.kind) != (theirs.group, theirs.kind):
                    continue
                score = 1.0 if mine.name == theirs.name else SequenceMatcher(None, mine.name, theirs.name).ratio()
                scored.append((score, len(scored), old, new))
        alone = least == 0.0
        for score, _, old, new in sorted(scored, key=lambda s: (-s[0], s[1])):
            if score < least or not _has(left, old) or not _has(right, new):
                continue
            if alone and (_of_kind(left, old) > 1 or _of_kind(right, new) > 1):
                continue
            left[:] = [item for item in left if item is not old]
            right[:] = [item for item in right if item is not new]
            yield old, new


def _has(items: list[dict[str, Any]], item: dict[str, Any]) -> bool:
    return any(other is item for other in items)


def _of_kind(items: list[dict[str, Any]], item: dict[str, Any]) -> int:
    key = key_of(item)
    return sum((other.group, other.kind) == (key.group, key.kind) for other in map(key_of, items))
