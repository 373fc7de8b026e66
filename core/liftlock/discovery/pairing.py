"""Which file of one cell plays the part of which file of another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from liftlock.discovery.words import level_words, read_name
from liftlock.model.app import Cell, Pairing
from liftlock.model.environment import Environment
from liftlock.model.tree import Tree

_MARK = "\0"


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    if not words:
        return None
    either = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![a-z0-9])(?:{either})(?![a-z])", re.IGNORECASE)


def all_words(environment: Environment) -> tuple[str, ...]:
    """All spellings of an environment that may stand in its paths, its own first."""
    words = dict.fromkeys(w.lower() for w in (*environment.words, environment.name) if w and "/" not in w)
    for word in list(words):
        read = read_name(word)
        if read is not None and not read.affix and not read.ladder:
            words.update(dict.fromkeys(level_words(read.level)))
    return tuple(words)


def neutral(text: str, words: tuple[str, ...]) -> str:
    """The text with every word of the environment replaced by one mark."""
    pattern = _pattern(words)
    return pattern.sub(_MARK, text) if pattern else text


def pair_files(
    source: Cell,
    target: Cell,
    source_tree: Tree,
    target_tree: Tree,
    source_env: Environment,
    target_env: Environment,
) -> tuple[Pairing, ...]:
    """The files of both cells, part beside part, in the order of the target's paths.

    The same path below the cells' places comes first, then the path with the environment's words changed. A file of
    one side only stands alone. Folders that are a cluster of one environment only are its own affair and left out.
    """
    if _same_layout(source_env, target_env):
        return _by_path(source, target)
    mine, theirs = all_words(source_env), all_words(target_env)
    mine, theirs = tuple(w for w in mine if w not in theirs), tuple(w for w in theirs if w not in mine)
    if len(source.files) == len(target.files) == 1:
        return (Pairing(source.files[0], target.files[0], target.files[0]),)
    to_target = _Rewriter(source_env, target_env, mine, theirs)
    left = {f: _place(f, source.roots, mine) for f in source.files}
    right = {f: _place(f, target.roots, theirs) for f in target.files}
    _align(left, right, source.roots, target.roots, mine, theirs)
    pairs, lone_left, lone_right = _match(left, right, mine, theirs)
    found = [Pairing(s, t, t) for s, t in pairs.items()]
    clusters_left, clusters_right = _clusters(source), _clusters(target)
    if clusters_left and clusters_right:
        only_left = clusters_left - {_cluster_of(s, source.roots) for s in pairs}
        only_right = clusters_right - {_cluster_of(t, target.roots) for t in pairs.values()}
        lone_left = [f for f in lone_left if _cluster_of(f, source.roots) not in only_left]
        found += _fan_out(source, target, (source_tree, target_tree), clusters_left, only_right)
        lone_right = [f for f in lone_right if _cluster_of(f, target.roots) not in only_right]
    there = _counterparts(pairs)
    found += [Pairing(f, None, _where(f, source, target, there, to_target)) for f in lone_left]
    back = _Rewriter(target_env, source_env, theirs, mine)
    here = _counterparts({t: s for s, t in pairs.items()})
    found += [Pairing(None, f, _where(f, target, source, here, back)) for f in lone_right]
    return tuple(sorted(found, key=lambda p: (p.target or p.path, p.source or "")))


def _same_layout(source: Environment, target: Environment) -> bool:
    """Two branches (or repositories) of one layout: an environment's word in a path means nothing there."""
    apart = source.ref != target.ref or source.repository != target.repository
    return apart and source.paths == target.paths


def _by_path(source: Cell, target: Cell) -> tuple[Pairing, ...]:
    theirs = set(target.files)
    mine = set(source.files)
    found = [Pairing(f, f if f in theirs else None, f) for f in source.files]
    found += [Pairing(None, f, f) for f in target.files if f not in mine]
    return tuple(sorted(found, key=lambda p: p.path))


def _root_of(file: str, roots: Sequence[str]) -> str:
    return max((r for r in roots if file == r or (r.endswith("/") and file.startswith(r))), key=len, default="")


def _place(file: str, roots: Sequence[str], words: tuple[str, ...]) -> tuple[str, str]:
    """Where a file stands: its root made neutral, and the path below it ("" for a root that is a file)."""
    root = _root_of(file, roots)
    return neutral(root, words), file[len(root) :]


def _align(
    left: dict[str, tuple[str, str]],
    right: dict[str, tuple[str, str]],
    left_roots: Sequence[str],
    right_roots: Sequence[str],
    mine: tuple[str, ...],
    theirs: tuple[str, ...],
) -> None:
    """Where one root on each side has no counterpart by name, those two are counterparts."""
    folders_left = {neutral(r, mine) for r in left_roots}
    folders_right = {neutral(r, theirs) for r in right_roots}
    only_left, only_right = folders_left - folders_right, folders_right - folders_left
    for kind in (True, False):
        one = [r for r in only_left if r.endswith("/") is kind]
        other = [r for r in only_right if r.endswith("/") is kind]
        if len(one) == len(other) == 1:
            for file, (root, below) in list(right.items()):
                if root == other[0]:
                    right[file] = (one[0], below)


def _match(
    left: dict[str, tuple[str, str]],
    right: dict[str, tuple[str, str]],
    mine: tuple[str, ...],
    theirs: tuple[str, ...],
) -> tuple[dict[str, str], list[str], list[str]]:
    exact = {place: file for file, place in right.items()}
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    for file, place in left.items():
        if place in exact and exact[place] not in taken:
            pairs[file] = exact[place]
            taken.add(exact[place])
    loose: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file, (root, below) in right.items():
        if file not in taken:
            loose[(root, neutral(below, theirs))].append(file)
    for file, (root, below) in left.items():
        if file in pairs:
            continue
        options = loose.get((root, neutral(below, mine)), [])
        if options:
            pairs[file] = options.pop(0)
            taken.add(pairs[file])
    return pairs, [f for f in left if f not in pairs], [f for f in right if f not in taken]


_BUILDABLE = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def _clusters(cell: Cell) -> set[str]:
    """Folders right below the cell's place that are built by themselves, where the place itself is not."""
    tops: set[str] = set()
    for file in cell.files:
        root = _root_of(file, cell.roots)
        below = file[len(root) :]
        if root.endswith("/") and below in _BUILDABLE:
            return set()
        folder, _, name = below.partition("/")
        if root.endswith("/") and name in _BUILDABLE:
            tops.add(root + folder)
    return tops


def _cluster_of(file: str, roots: Sequence[str]) -> str:
    root = _root_of(file, roots)
    return root + file[len(root) :].partition("/")[0]


class _Rewriter:
    """Paths of one environment as they would be in another."""

    def __init__(
        self, source: Environment, target: Environment, mine: tuple[str, ...], theirs: tuple[str, ...]
    ) -> None:
        self._pattern = _pattern(mine)
        self._mine, self._theirs = mine, theirs
        self._first = next(
            (w for w in (*target.words, target.name) if w.lower() in theirs), theirs[0] if theirs else ""
        )

    def __call__(self, path: str) -> str:
        if self._pattern is None or not self._first:
            return path
        return self._pattern.sub(lambda m: self._first, path)


def _fan_out(
    source: Cell, target: Cell, trees: tuple[Tree, Tree], from_clusters: set[str], to_clusters: set[str]
) -> list[Pairing]:
    """Files of clusters that only the target has, beside those of the source's cluster that is most like them: one
    source cluster for as many clusters of the target as there are.
    """
    mine, theirs = _by_cluster(source, from_clusters), _by_cluster(target, to_clusters)
    found = []
    for files in theirs.values():
        best = max(mine.values(), key=lambda held: _alike(held, files, trees), default={})
        found += [Pairing(best[rest], path, path) for rest, path in files.items() if rest in best]
    return found


def _by_cluster(cell: Cell, clusters: set[str]) -> dict[str, dict[str, str]]:
    """Of each cluster, its files by their path below it."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for file in cell.files:
        cluster = _cluster_of(file, cell.roots)
        if cluster in clusters:
            found[cluster][file[len(cluster) :]] = file
    return found


def _alike(mine: dict[str, str], theirs: dict[str, str], trees: tuple[Tree, Tree]) -> tuple[float, int]:
    common = mine.keys() & theirs.keys()
    same = sum(trees[0].entries[mine[r]].oid == trees[1].entries[theirs[r]].oid for r in common)
    return len(common) / max(1, len(mine.keys() | theirs.keys())), same


def _counterparts(pairs: dict[str, str]) -> dict[str, str]:
    """Of each folder, the folder that holds the counterparts of its files."""
    found: dict[str, str] = {}
    for mine, theirs in pairs.items():
        one, other = mine, theirs
        while one and other:
            one, other = one.rpartition("/")[0], other.rpartition("/")[0]
            if one in found:
                break
            found[one] = other
    return found


def _where(file: str, cell: Cell, other: Cell, folders: dict[str, str], rewrite: _Rewriter) -> str:
    """Where a file that is missing on the other side would be."""
    root = _root_of(file, cell.roots)
    if root.endswith("/") and len(cell.roots) == len(other.roots) == 1 and other.roots[0].endswith("/"):
        folders = {root.rstrip("/"): other.roots[0].rstrip("/"), **folders}
    above = file.rpartition("/")[0]
    while above and above not in folders and len(above) >= len(root.rstrip("/")):
        above = above.rpartition("/")[0]
    if above and above in folders and root.endswith("/") and len(above) >= len(root.rstrip("/")):
        return folders[above] + rewrite(file[len(above) :])
    return rewrite(file)
