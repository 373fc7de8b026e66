"""Which file of the source stands beside which file of the target.

Discovery pairs by name and by the environments' words. Two things are added: the pairs that a team declared, and
clusters below an environment (`staging/c1/deploy.yaml`, `production/c7/deploy.yaml`): a folder that only the target
has stands beside the folder, that only the source has, which is most like it; one source, as many targets as there
are clusters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from liftlock.discovery import pair_files
from liftlock.model.app import Cell, Pairing
from liftlock.model.environment import Environment
from liftlock.model.tree import Tree
from liftlock.promotion.releases import container, pair_parts
from liftlock.promotion.words import Words, between
from liftlock.values import dataclass


def pairings(
    mine: Cell,
    theirs: Cell,
    source_tree: Tree,
    target_tree: Tree,
    source: Environment,
    target: Environment,
    *,
    words: Words | None = None,
    declared: Sequence[tuple[str, str]] = (),
) -> tuple[Pairing, ...]:
    """The files of two cells, part beside part, in the order of their paths."""
    if container(mine) and container(mine) != container(theirs):
        found = pair_parts(mine, theirs, target_tree, words or between(source, target))
    else:
        found = list(pair_files(mine, theirs, source_tree, target_tree, source, target))
        found = _clusters(found, mine, theirs, source_tree, target_tree)
    for left, right in declared:
        if left in source_tree.entries and right in target_tree.entries and left in mine.files:
            found = [p for p in found if p.source != left and p.target != right]
            found.append(Pairing(left, right, right))
    return tuple(sorted(found, key=lambda p: p.path))


@dataclass(frozen=True, slots=True)
class _Below:
    """A file one folder below the cell's root: the folder (a cluster), and the rest of its path."""

    folder: str
    rest: str


def _below(path: str, roots: Iterable[str]) -> _Below | None:
    for root in roots:
        if root.endswith("/") and path.startswith(root):
            folder, slash, rest = path[len(root) :].partition("/")
            return _Below(folder, rest) if slash else None
    return None


def _clusters(pairs: list[Pairing], mine: Cell, theirs: Cell, source_tree: Tree, target_tree: Tree) -> list[Pairing]:
    left: dict[str, dict[str, str]] = defaultdict(dict)
    right: dict[str, dict[str, str]] = defaultdict(dict)
    paired: set[str] = set()
    for pairing in pairs:
        here = _below(pairing.source, mine.roots) if pairing.source else None
        there = _below(pairing.target, theirs.roots) if pairing.target else None
        if pairing.source and pairing.target:
            paired |= {side.folder for side in (here, there) if side}
        elif pairing.source and here:
            left[here.folder][here.rest] = pairing.source
        elif pairing.target and there:
            right[there.folder][there.rest] = pairing.target
    left = {folder: files for folder, files in left.items() if folder not in paired}
    right = {folder: files for folder, files in right.items() if folder not in paired}
    matched: list[Pairing] = []
    gone: set[str] = set()
    for files in right.values():
        best = max(left, key=lambda f: _likeness(left[f], files, source_tree, target_tree), default=None)
        if best is None or not left[best].keys() & files.keys():
            continue
        for rest, path in files.items():
            if rest in left[best]:
                matched.append(Pairing(left[best][rest], path, path))
                gone.add(path)
        gone |= set(left[best].values())
    kept = [p for p in pairs if (p.source and p.target) or (p.source or p.target) not in gone]
    return [*kept, *matched]


def _likeness(
    mine: dict[str, str], theirs: dict[str, str], source_tree: Tree, target_tree: Tree
) -> tuple[float, int, str]:
    """How alike two folders are: the share of names in common, then of equal files; ties go by name."""
    common = mine.keys() & theirs.keys()
    share = len(common) / max(1, len(mine.keys() | theirs.keys()))
    same = sum(source_tree.entries[mine[r]].oid == target_tree.entries[theirs[r]].oid for r in common)
    return share, same, min(mine.values(), default="")
