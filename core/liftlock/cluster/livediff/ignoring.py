"""What Flux and Argo CD are told to leave alone: rules by object, each with paths or with field managers.

Paths are JSON pointers, or the part of jq that people use to name fields: keys, `[]`, `[0]`, and `select` of one
comparison. What else jq can do is not understood here, and said so.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import yaml

from liftlock.cluster.livediff.fieldsets import union, within
from liftlock.cluster.livediff.ownership import entries
from liftlock.model.diff import ObjectKey
from liftlock.text import printable, shorten
from liftlock.values import dataclass

Manifest = Mapping[str, Any]
Place = tuple[str | int, ...]
Step = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """One rule. Group, kind, namespace and name are patterns as `pattern` says: globs (Argo CD) or regular expressions.

    `paths` are understood already; `unknown` holds the expressions that are not. `managers` are field managers whose
    fields are left alone. `labels` and `annotations` are selectors of equality (`a=b,c`).
    """

    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    paths: tuple[tuple[Step, ...], ...] = ()
    managers: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    regular: bool = False
    labels: str = ""
    annotations: str = ""

    def holds_for(self, key: ObjectKey, manifest: Manifest) -> bool:
        """Whether the rule speaks of this object."""
        pairs = (
            (self.group, key.group),
            (self.kind, key.kind),
            (self.namespace, key.namespace),
            (self.name, key.name),
        )
        matches = _regular if self.regular else fnmatchcase
        if not all(not pattern or matches(value, pattern) for pattern, value in pairs):
            return False
        metadata = manifest.get("metadata") or {}
        return _selected(self.labels, metadata.get("labels")) and _selected(
            self.annotations, metadata.get("annotations")
        )


def _regular(value: str, pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return False


def _selected(selector: str, marks: Any) -> bool:
    marks = marks if isinstance(marks, Mapping) else {}
    for part in filter(None, (part.strip() for part in selector.split(","))):
        key, equals, value = part.partition("=")
        unequal = key.endswith("!")
        key, value = key.rstrip("! "), value.lstrip("= ")
        if not equals:
            if (key.lstrip("!") in marks) == part.startswith("!"):
                return False
        elif (str(marks.get(key)) == value) == unequal:
            return False
    return True


def flux_rules(rules: Any) -> tuple[IgnoreRule, ...]:
    """`spec.ignore` of a Kustomization, `spec.driftDetection.ignore` of a HelmRelease."""
    found = []
    for rule in _mappings(rules):
        target = rule.get("target")
        target = target if isinstance(target, Mapping) else {}
        found.append(
            IgnoreRule(
                group=str(target.get("group") or ""),
                kind=str(target.get("kind") or ""),
                namespace=str(target.get("namespace") or ""),
                name=str(target.get("name") or ""),
                paths=tuple(pointer(str(path)) for path in rule.get("paths") or ()),
                regular=True,
                labels=str(target.get("labelSelector") or ""),
                annotations=str(target.get("annotationSelector") or ""),
            )
        )
    return tuple(found)


def argo_rules(rules: Any) -> tuple[IgnoreRule, ...]:
    """`spec.ignoreDifferences` of an Application."""
    return tuple(_argo_rule(rule) for rule in _mappings(rules))


def _argo_rule(rule: Manifest) -> IgnoreRule:
    read = {str(text): jq_path(str(text)) for text in rule.get("jqPathExpressions") or ()}
    return IgnoreRule(
        group=str(rule.get("group") or ""),
        kind=str(rule.get("kind") or ""),
        namespace=str(rule.get("namespace") or ""),
        name=str(rule.get("name") or ""),
        paths=(
            *(pointer(str(path)) for path in rule.get("jsonPointers") or ()),
            *(path for path in read.values() if path is not None),
        ),
        managers=tuple(str(manager) for manager in rule.get("managedFieldsManagers") or ()),
        unknown=tuple(shorten(printable(text), 120) for text, path in read.items() if path is None),
    )


_SETTING = "resource.customizations.ignoreDifferences."


def argo_settings_rules(data: Mapping[str, Any]) -> tuple[IgnoreRule, ...]:
    """The rules for all Applications: the data of the ConfigMap `argocd-cm`."""
    found = []
    for name, text in data.items():
        if not name.startswith(_SETTING):
            continue
        try:
            read = yaml.load(str(text), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (safe)
        except yaml.YAMLError:
            continue
        if not isinstance(read, Mapping):
            continue
        what = name.removeprefix(_SETTING)
        group, _, kind = what.rpartition("_")
        rule = _argo_rule(read)
        found.append(rule if what == "all" else replace(rule, group=group, kind=kind))
    return tuple(found)


def _mappings(value: Any) -> Iterator[Manifest]:
    yield from (item for item in value or () if isinstance(item, Mapping))


def pointer(text: str) -> tuple[Step, ...]:
    """A JSON pointer as steps; a number stands for a key or a place, whichever is there."""
    return tuple(("at", part.replace("~1", "/").replace("~0", "~")) for part in text.strip("/").split("/") if part)


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<pipe>\|)\s*(?=\.|select)
      | select\(\s*(?P<test>(?:\.[\w-]+)+|\.\[?"[^"]+"\]?)\s*==\s*(?P<value>"(?:[^"\\]|\\.)*"|-?\d+|true|false)\s*\)
      | \.?\[\s*"(?P<quoted>(?:[^"\\]|\\.)*)"\s*\]\??
      | \.?\[\s*(?P<index>\d+)\s*\]\??
      | \.?(?P<each>\[\s*\])\??
      | \."(?P<text>(?:[^"\\]|\\.)*)"\??
      | \.(?P<key>[A-Za-z_]\w*)\??
      | (?P<top>\.)(?=\s*[|\[])
    )""",
    re.VERBOSE,
)


def jq_path(text: str) -> tuple[Step, ...] | None:
    """A jq path expression as steps, None when it is more than a path."""
    steps: list[Step] = []
    at, text = 0, text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            return None
        at = found.end()
        if found["key"] or found["text"] is not None or found["quoted"] is not None:
            key = next(g for g in (found["key"], found["text"], found["quoted"]) if g is not None)
            steps.append(("key", key.replace('\\"', '"')))
        elif found["index"]:
            steps.append(("item", int(found["index"])))
        elif found["each"]:
            steps.append(("each", None))
        elif found["test"]:
            tested = tuple(
                part for part in found["test"].replace('["', ".").replace('"]', "").replace('"', "").split(".") if part
            )
            steps.append(("where", (tested, yaml.safe_load(found["value"]))))
    return tuple(steps) or None


def places(value: Any, steps: tuple[Step, ...], so_far: Place = ()) -> Iterator[Place]:
    """Where the steps lead in a value."""
    if not steps:
        yield so_far
        return
    (kind, what), rest = steps[0], steps[1:]
    if kind == "where":
        tested, wanted = what
        inner = value
        for key in tested:
            inner = inner.get(key) if isinstance(inner, Mapping) else None
        if inner == wanted and type(inner) is type(wanted):
            yield from places(value, rest, so_far)
    elif kind == "each":
        every: Iterable[tuple[Any, Any]] = ()
        if isinstance(value, list):
            every = enumerate(value)
        elif isinstance(value, Mapping):
            every = value.items()
        for name, item in every:
            yield from places(item, rest, (*so_far, name))
    elif isinstance(value, Mapping) and kind in ("at", "key"):
        if what in value:
            yield from places(value[what], rest, (*so_far, what))
    elif isinstance(value, list) and kind in ("at", "item"):
        number = int(what) if str(what).isdigit() else -1
        if 0 <= number < len(value):
            yield from places(value[number], rest, (*so_far, number))


def left_alone(
    rules: Iterable[IgnoreRule], key: ObjectKey, live: dict[str, Any], merged: dict[str, Any]
) -> dict[str, Any]:
    """`merged` with all that the rules name as it is in `live`; the arguments stay as they are."""
    made = merged
    for rule in rules:
        if not rule.holds_for(key, live):
            continue
        made = copy.deepcopy(merged) if made is merged else made
        if () in rule.paths:
            return live
        for steps in rule.paths:
            _restore(live, made, steps)
        for manager in rule.managers:
            fields: dict[str, Any] = {}
            for entry in entries(live):
                if entry.manager == manager:
                    fields = union(fields, entry.fields)
            if fields:
                made = _kept(live, made, partial(_owned, fields, live))
    return made


def _restore(live: dict[str, Any], made: dict[str, Any], steps: tuple[Step, ...]) -> None:
    """Puts back what the steps name. Items of lists are matched by place, as a JSON patch has it."""
    there = set(places(live, steps))
    # From the end, so that places of a list hold while its items go.
    for place in sorted(set(places(made, steps)) - there, key=_ranked, reverse=True):
        outer = _at(made, place[:-1])
        if outer is not None:
            del outer[place[-1]]
    for place in sorted(there, key=_ranked):
        outer = made
        for step in place[:-1]:
            outer = _enter(outer, step)
            if outer is None:
                break
        if isinstance(outer, dict):
            outer[place[-1]] = copy.deepcopy(_at(live, place))
        elif isinstance(outer, list) and isinstance(place[-1], int) and place[-1] <= len(outer):
            outer[place[-1] : place[-1] + 1] = [copy.deepcopy(_at(live, place))]


def _enter(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.setdefault(step, {}) if isinstance(step, str) else None
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _at(value: Any, place: Place) -> Any:
    for step in place:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _ranked(place: Place) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in place)


def _owned(fields: Mapping[str, Any], live: Any, place: Place) -> bool:
    return within(fields, place, live)


def _kept(live: Any, made: Any, owned: Callable[[Place], bool], place: Place = ()) -> Any:
    """`made` with every value that differs and is owned as it is in `live`."""
    if isinstance(live, dict) and isinstance(made, dict):
        result = {}
        for key in (*made, *(key for key in live if key not in made)):
            inner = (*place, key)
            if key in live and key in made:
                result[key] = _kept(live[key], made[key], owned, inner)
            elif key in made:
                result[key] = made[key]
            elif owned(inner):
                result[key] = live[key]
        return result
    if isinstance(live, list) and isinstance(made, list) and len(live) == len(made):
        return [_kept(old, new, owned, (*place, at)) for at, (old, new) in enumerate(zip(live, made, strict=True))]
    return live if live != made and owned(place) else made
