"""Discovery with environments that liftlock.toml names: it overrides, and what it leaves out is found."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from liftlock.discovery.cells import complete
from liftlock.discovery.contents import Contents, read_contents
from liftlock.discovery.find import discover
from liftlock.discovery.index import Index, generic
from liftlock.discovery.result import Discovery
from liftlock.discovery.words import read_name
from liftlock.model.app import Cell
from liftlock.model.environment import Environment, Finding, in_promotion_order
from liftlock.model.tree import Tree
from liftlock.text import plural, printable

CONFIG = "liftlock.toml"


def discover_with(
    tree: Tree,
    environments: Sequence[Environment],
    *,
    branches: Mapping[str, Tree] | None = None,
    elsewhere: Mapping[str, Tree] | None = None,
) -> Discovery:
    """The configured environments with their cells.

    An environment with `paths` has what the patterns match, on its `ref` where `branches` has that tree; one without
    has what discovery finds under its name. `elsewhere` are the trees of those that have a repository of their own, by
    name: without `paths` such a one has what is found there under its name, or as the only one there. Where no
    configured environment says what it comes after, the found order holds. Raises RepositoryError.
    """
    found = discover(tree, branches=branches)
    by_name = {e.name.lower(): e for e in found.environments}
    ordered_by_hand = any(e.after for e in environments)
    names = {e.name for e in environments}
    read: dict[str, tuple[Index, Contents]] = {}
    only = _only_app(environments)
    made: list[Environment] = []
    cells: list[Cell] = []
    findings: list[Finding] = []
    for environment in environments:
        same = _same(environment, by_name, found.environments)
        words = environment.words or tuple(dict.fromkeys((environment.name, *(same.words if same else ()))))
        after = environment.after
        if not ordered_by_hand and same is not None:
            after = tuple(n for n in (_named(a, names, by_name) for a in same.after) if n)
        made.append(replace(environment, words=words, after=after))
        where = CONFIG
        there = (elsewhere or {}).get(environment.name)
        if environment.paths:
            mine = _matching(there or _tree_of(environment, tree, branches), environment, only, read)
            reason = f"{plural(len(mine), 'app')} match {', '.join(printable(p) for p in environment.paths)}"
        elif there is not None:
            mine, reason = _alone(there, environment)
        elif same is not None:
            mine = [replace(c, environment=environment.name) for c in found.cells if c.environment == same.name]
            if environment.ref is None and same.ref is not None:
                made[-1] = replace(made[-1], ref=same.ref)
            reason = f"{plural(len(mine), 'app')} found under the name {printable(same.name)}"
        else:
            mine = []
            reason = "no paths are configured and nothing is found under this name"
        cells += mine
        findings.append(Finding(environment.name, reason, CONFIG if mine else where))
    configured = in_promotion_order(tuple(made))
    said = {e.name for e in configured}
    kept = [f for f in found.findings if f.subject not in said and not f.question]
    cells.sort(key=lambda c: (c.app.lower(), c.app))
    return Discovery(configured, tuple(cells), (*findings, *kept), found.problems)


def _same(
    environment: Environment, by_name: Mapping[str, Environment], found: Sequence[Environment]
) -> Environment | None:
    """The found environment that a configured one speaks of: the same name, or another spelling of it."""
    for word in (environment.name, *environment.words):
        if word.lower() in by_name:
            return by_name[word.lower()]
    read = read_name(environment.name)
    if read is None:
        return None
    for other in found:
        theirs = read_name(other.name)
        if theirs is not None and (theirs.level, theirs.affix, theirs.ladder) == (read.level, read.affix, read.ladder):
            return other
    return None


def _alone(tree: Tree, environment: Environment) -> tuple[list[Cell], str]:
    """What the repository of one environment holds: what is found under its name, else as the only one with apps."""
    found = discover(tree)
    same = _same(environment, {e.name.lower(): e for e in found.environments}, found.environments)
    held = {cell.environment for cell in found.cells}
    name = same.name if same is not None and same.name in held else next(iter(held)) if len(held) == 1 else ""
    cells = [replace(cell, environment=environment.name) for cell in found.cells if cell.environment == name]
    place = printable(environment.repository)
    if not cells:
        return [], f"nothing is found under this name in {place}: paths = [...] says where it stands"
    return cells, f"{plural(len(cells), 'app')} found as {printable(name)} in {place}"


def _named(name: str, names: set[str], by_name: Mapping[str, Environment]) -> str:
    """The configured name of a found environment, "" when it is not configured."""
    if name in names:
        return name
    read = read_name(name)
    for candidate in sorted(names):
        theirs = read_name(candidate)
        if read is not None and theirs is not None and (theirs.level, theirs.affix) == (read.level, read.affix):
            return candidate
    return ""


def _tree_of(environment: Environment, tree: Tree, branches: Mapping[str, Tree] | None) -> Tree:
    ref = environment.ref
    if ref is not None and branches is not None and ref in branches:
        return branches[ref]
    return tree


def _pattern(path: str) -> re.Pattern[str]:
    """A path pattern as an expression over whole paths: `{app}` is one or more folders' name, `*` anything in one."""
    pieces = re.split(r"(\{app\}|\*\*|\*)", path.strip("/"))
    made = ""
    named = False
    for piece in pieces:
        if piece == "{app}":
            made += "(?P=app)" if named else "(?P<app>[^/]+)"
            named = True
        elif piece == "**":
            made += ".*"
        elif piece == "*":
            made += "[^/]*"
        else:
            made += re.escape(piece)
    return re.compile(f"(?P<root>{made})(?P<below>/.*)?", re.DOTALL)


def _only_app(environments: Sequence[Environment]) -> str:
    """A name for the app where every environment has one pattern and none names an app: what the paths share."""
    paths = [e.paths for e in environments if e.paths]
    if any(len(p) != 1 or "{app}" in p[0] for p in paths):
        return ""
    parts = [p[0].strip("/").split("/") for p in paths]
    shared = [part for part in parts[0] if all(part in other for other in parts[1:])] if len(parts) > 1 else []
    named = [part for part in shared if not generic(part) and "*" not in part]
    return (named or shared or ["all"])[-1] if len(parts) > 1 else ""


def _matching(tree: Tree, environment: Environment, only: str, read: dict[str, tuple[Index, Contents]]) -> list[Cell]:
    if tree.id not in read:
        index = Index(tree)
        read[tree.id] = (index, read_contents(tree, index))
    index, contents = read[tree.id]
    roots: dict[str, dict[str, None]] = defaultdict(dict)
    files: dict[str, dict[str, None]] = defaultdict(dict)
    for path in environment.paths:
        pattern = _pattern(path)
        fixed = re.split(r"[{*]", path.strip("/"))[0]
        for file in index.files:
            match = pattern.fullmatch(file) if file.startswith(fixed) else None
            if match is None:
                continue
            app = match.groupdict().get("app") or only or _last(path)
            root = match["root"] + ("/" if match["below"] else "")
            roots[app][root] = None
            files[app][file] = None
    why = f"{CONFIG} says {', '.join(environment.paths)}"
    return [
        complete(
            index,
            contents,
            Cell(printable(app), environment.name, tuple(sorted(roots[app])), tuple(sorted(files[app])), why=why),
        )
        for app in sorted(files)
    ]


def _last(path: str) -> str:
    """A name for the one app of a pattern without `{app}`: its last folder that is no environment's."""
    parts = [p.split(".")[0] for p in path.strip("/").split("/") if "*" not in p]
    return next((p for p in reversed(parts) if read_name(p) is None and p), parts[-1] if parts else "all")
