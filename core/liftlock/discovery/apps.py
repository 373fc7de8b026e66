"""Apps: what of a place is promoted on its own, and what a person would call it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from liftlock.discovery.index import GENERIC, PARTS, TOOLS, WEAK, Index, generic, naming
from liftlock.discovery.slots import Place
from liftlock.discovery.words import is_word, listed

# Files named for what is in them: parts of one app, never apps by themselves.
_KINDS = listed(
    "deployment deploy service svc ingress route configmap config cm namespace ns values kustomization "
    "kustomize version versions settings replicas replica patch patches secret secrets hpa pdb statefulset "
    "daemonset job cronjob rbac role rolebinding serviceaccount sa pvc pv networkpolicy release helmrelease "
    "repository helmrepository chart requirements helmfile common default defaults main variables vars env "
    "images image tags sealedsecret externalsecret quota gotk-components gotk-sync readme owners "
)
_DIGITS = re.compile(r"\d+")
# Files that may be an app each: configuration, or nothing that a file's name says.
_LOOSE = re.compile(r"\.(ya?ml|json|env|gotmpl|properties)$|^[^.]+$")
_EXTENSIONS = re.compile(r"(\.(values|ya?ml|json|env|gotmpl|config|toml|properties))+$")


@dataclass(slots=True)
class Share:
    """What one app has in one environment: names as in `Place.held`."""

    roots: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


Key = tuple[str, ...]
"""The folders that name an app."""


def divide(index: Index, place: Place, kinds: frozenset[str]) -> dict[Key, dict[str, Share]]:
    """The place's files by app and environment name. `kinds` are files that hold Kubernetes objects."""
    return _divide_folders(index, place, kinds) if place.folders else _divide_files(index, place)


def _divide_files(index: Index, place: Place) -> dict[Key, dict[str, Share]]:
    base = _base(index, place.parent)
    if not base:
        said = _said(f"{place.before}{place.after}")
        base = (said,) if said else (_container(place.parent),)
    head = f"{place.parent}/" if place.parent else ""
    shares: dict[Key, dict[str, Share]] = {base: defaultdict(Share)}
    for name, files in place.held.items():
        for file in files:
            shares[base][name].roots.append(head + file)
            shares[base][name].files.append(head + file)
    return shares


def _said(literal: str) -> str:
    """What the rest of a file's name says of the app: `release-journal--` gives journal."""
    stem = _EXTENSIONS.sub("", literal)
    words = [w for w in re.split(r"[-_.]+", stem) if w]
    while words and words[0].lower() in {"release", "values", "config", "settings", "env", "helmfile", "application"}:
        words = words[1:]
    while words and words[-1].lower() in {"values", "config", "settings", "release", "env", "overrides"}:
        words = words[:-1]
    return "-".join(words)


def _base(index: Index, folder: str) -> Key:
    """The folders that name the app of a place: those down to the chart it lies in, or all that say something."""
    above = folder
    while above:
        if "Chart.yaml" in index.here.get(above, ()) and naming(above):
            return naming(above)
        above = above.rpartition("/")[0]
    named = naming(folder)
    while len(named) > 1 and named[-1].lower() in WEAK:
        named = named[:-1]  # apps/api/serviceaccount is a part of apps/api
    return named


def _container(folder: str) -> str:
    return folder.rpartition("/")[2] or "all"


def _above(path: str) -> Iterator[str]:
    """The folders that a path is in."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _divide_folders(index: Index, place: Place, kinds: frozenset[str]) -> dict[Key, dict[str, Share]]:
    base = _base(index, place.parent)
    head = f"{place.parent}/" if place.parent else ""
    roots = {name: head + name for name in place.held}
    split = _split(index, roots, place, base)
    shares: dict[Key, dict[str, Share]] = defaultdict(lambda: defaultdict(Share))
    rest = base or (_container(place.parent),)
    loose = not split and _files_are_apps(index, place, base, roots, kinds)
    order = {child: number for number, child in enumerate(split)}
    for name, files in place.held.items():
        whole = Share()
        for file in files:
            child = min((f for f in _above(file) if f in order), key=order.__getitem__, default=None)
            if child is not None:
                share = shares[(*(base if base and not naming(child) else ()), *(naming(child) or (child,)))][name]
                root = f"{roots[name]}/{child}/"
            elif loose and "/" not in file:
                share = shares[(_EXTENSIONS.sub("", file) or file,)][name]
                root = f"{roots[name]}/{file}"
            else:
                share, root = whole, ""
            share.files.append(f"{roots[name]}/{file}")
            if root and root not in share.roots:
                share.roots.append(root)
        if whole.files:
            share = shares[rest][name]
            share.files += whole.files
            share.roots += whole.files if split or loose else [f"{roots[name]}/"]
    return shares


def _split(index: Index, roots: dict[str, str], place: Place, base: Key) -> list[str]:
    """The folders beneath an environment's that are apps of their own, relative to it, the deepest first."""
    found: list[str] = []
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        children: dict[str, int] = defaultdict(int)
        marked: dict[str, int] = defaultdict(int)
        for root in roots.values():
            folder = f"{root}/{inner}" if inner else root
            for child in index.folders.get(folder, ()):
                children[child] += 1
                marked[child] += bool(index.marker(f"{folder}/{child}"))
        named = {c: n for c, n in children.items() if _may_be_app(c) or (c.lower() in TOOLS and marked[c] == n)}
        for child in children:
            if (
                generic(child)
                and child not in named
                and child.lower() not in {"base", "bases", "config", "patches", "values", "tags"}
                and inner.count("/") < 2
            ):
                waiting.append(f"{inner}/{child}" if inner else child)
        if not named:
            continue
        together = sum(n >= 2 for n in named.values())
        whole = any(index.marker(f"{r}/{inner}" if inner else r) for r in roots.values())
        if len(roots) > 1 and together < 0.4 * len(named):
            continue
        if base and (whole or not any(marked.values())):
            continue
        if base and together < 2:
            continue
        for child, count in named.items():
            if whole and not marked[child] and (count < 2 and len(roots) > 1):
                continue
            found.append(f"{inner}/{child}" if inner else child)
    return sorted(found, key=lambda f: (-f.count("/"), f))


def _may_be_app(name: str) -> bool:
    low = name.lower()
    return not (low in PARTS or low in GENERIC or _DIGITS.fullmatch(low) or low.startswith(".") or is_word(low))


def _files_are_apps(index: Index, place: Place, base: Key, roots: dict[str, str], kinds: frozenset[str]) -> bool:
    """Whether each file beneath an environment's folder is an app: one of many named alike on every side."""
    if any(index.marker(root) for root in roots.values()):
        return False
    seen: dict[str, int] = defaultdict(int)
    objects = total = 0
    for name, files in place.held.items():
        for file in files:
            if "/" in file:
                return False
            if not _LOOSE.search(file):
                return False
            total += 1
            objects += f"{roots[name]}/{file}" in kinds
            seen[_EXTENSIONS.sub("", file).lower()] += 1
    if len(seen) < 2 or len(set(seen) & (_KINDS | GENERIC)) * 5 > len(seen) or any(is_word(s) for s in seen):
        return False
    if objects * 2 > total and base:
        return False
    return len(roots) == 1 or sum(n >= 2 for n in seen.values()) >= 0.5 * len(seen)


def names(keys: list[Key]) -> dict[Key, str]:
    """A name for each app: the last folder where that tells it apart, else with its parents."""
    ends: dict[Key, list[Key]] = defaultdict(list)
    for key in keys:
        for length in range(1, len(key) + 1):
            ends[key[-length:]].append(key)
    named: dict[Key, str] = {}
    for key in keys:
        for length in range(1, len(key) + 1):
            end = key[-length:]
            if length < len(key) and (end[0].lower() in WEAK or len(ends[end]) > 1) and end != key:
                continue
            named[key] = "/".join(end)
            break
    return named
