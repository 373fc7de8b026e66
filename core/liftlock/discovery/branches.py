"""Environments that are branches: the same layout on branches named for environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from liftlock.discovery.contents import read_contents
from liftlock.discovery.index import GENERIC, Index, is_data, naming
from liftlock.discovery.ordering import Known, in_order
from liftlock.discovery.result import Discovery
from liftlock.discovery.words import Sure, is_environment_word, read_name
from liftlock.model.app import Cell
from liftlock.model.environment import Environment, Finding
from liftlock.model.tree import Tree
from liftlock.text import printable

_ALIKE = 0.5


def branch_environments(tree: Tree, branches: Mapping[str, Tree], folders: Discovery) -> Discovery | None:
    """The environments that branches are, None where branches are only branches.

    They are environments when two or more carry environments' names and hold the same layout, and either the branch
    that is read is one of them or the folders of the tree are no environments.
    """
    names = [n for n in branches if is_environment_word(n)]
    if len({_level(n) for n in names}) < 2:
        return None
    mine = {path for path, entry in tree.entries.items() if entry.is_file}
    trees = {n: branches[n] for n in names}
    alike = {n: t for n, t in trees.items() if _alike(mine, {p for p, e in t.entries.items() if e.is_file}) >= _ALIKE}
    if len({_level(n) for n in alike}) < 2:
        return None
    home = [n for n, t in alike.items() if t.commit == tree.commit]
    if folders.environments and not home:
        return None
    known = [
        Known(n.rpartition("/")[2], read_name(n.rpartition("/")[2]), (n.rpartition("/")[2],)) for n in sorted(alike)
    ]
    refs = {n.rpartition("/")[2]: n for n in sorted(alike)}
    ordered, order = in_order(known)
    environments = tuple(replace(e, ref=refs[e.name]) for e in ordered)
    cells: list[Cell] = []
    for environment in environments:
        cells += _cells(alike[refs[environment.name]], environment)
    listed = ", ".join(printable(refs[e.name]) for e in environments)
    why = f"branches {listed} hold the same layout"
    why += f", and {printable(home[0])} is the branch that is read" if home else ""
    findings = [Finding(listed, why), *order]
    if folders.environments:
        also = ", ".join(printable(e.name) for e in folders.environments)
        findings.append(
            Finding(
                also,
                f"folders or files are named {also} too; each branch applies its own",
                question="Are the branches the environments, or the folders?",
            )
        )
    cells.sort(key=lambda c: (c.app.lower(), c.app))
    return Discovery(environments, tuple(cells), tuple(findings), folders.problems)


def _level(name: str) -> str:
    read = read_name(name.rpartition("/")[2])
    return f"{read.level} {read.affix}" if read is not None and read.sure >= Sure.EDGE else ""


def _alike(one: set[str], other: set[str]) -> float:
    either = one | other
    return len(one & other) / len(either) if either else 0.0


def _cells(tree: Tree, environment: Environment) -> list[Cell]:
    """The apps of a branch: folders of the containers (apps/, deployments/), and what is a chart or is built."""
    index = Index(tree)
    contents = read_contents(tree, index)
    roots: dict[str, str] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for name in index.folders[folder]:
            path = f"{folder}/{name}" if folder else name
            if index.elsewhere(path) or path in contents.components:
                continue
            if name.lower() in GENERIC and not index.marker(path) and index.folders[path]:
                waiting.append(path)
            elif folder or index.marker(path) or any(f in contents.objects for f in index.under(path)):
                roots[path] = "/".join(naming(path)) or name
    cells = []
    for root, app in sorted(roots.items()):
        files = tuple(f for f in index.under(root) if is_data(f.rpartition("/")[2]) or "Dockerfile" in f)
        if files:
            build = root if index.kustomization(root) else ""
            why = f"the folder {printable(root)} of the branch {printable(environment.ref or '')}"
            cells.append(Cell(printable(app), environment.name, (f"{root}/",), files, (), build, why))
    if not cells:
        files = tuple(f for f in index.files if is_data(f.rpartition("/")[2]))
        cells.append(Cell("all", environment.name, files, files, why="the whole branch"))
    return cells
