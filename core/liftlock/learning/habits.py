"""Habits: what the precedents of all files between two environments have in common. Pure.

Leaves are counted by their general path (`images[].newTag`): which list item it was tells nothing of the habit.
"""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from liftlock.learning.precedents import Precedents, Promotion
from liftlock.learning.timelines import Moment, Path
from liftlock.model.habits import Habits, LeafHabit, Together
from liftlock.model.revision import Revision
from liftlock.promotion.parts import version_shape

_EVIDENCE = 3
_SHOWN = 12
# What moved less often says nothing of what goes along with it.
_SEVERAL = 3
_TOGETHER = 0.8


def habits(
    source: str,
    target: str,
    known: Mapping[tuple[str, str], Precedents],
    files: int,
    before: Mapping[str, Precedents] | None = None,
) -> Habits:
    """The habits of these pairs of files; `before` are, by target's file, those from the environment before."""
    moved, left = _leaves(known)
    commits = _commits(known)
    versions = frozenset(
        general(path)
        for precedents in known.values()
        for path, held in precedents.target.leaves.items()
        if _is_version(held[-1].value)
    )
    ordered = sorted(commits.values(), key=lambda r: -r.time)
    skipped, stepped = _steps(known, before or {})
    strays = {p.revision.commit: p.revision for k in known.values() for p in _strays(k)}
    return Habits(
        source,
        target,
        files,
        len(known),
        len(commits),
        ordered[-1].time if ordered else 0.0,
        ordered[0].time if ordered else 0.0,
        _most(moved, left, versions, wanted=True),
        _most(moved, left, versions, wanted=False),
        _together(known),
        _back(known),
        skipped,
        stepped,
        tuple(sorted(strays.values(), key=lambda r: -r.time)),
    )


@dataclass(slots=True)
class _Counted:
    commits: dict[str, Moment]
    files: set[str]
    times: int = 0
    exchanged: int = 0

    def add(self, promotion: Promotion, file: str) -> None:
        self.commits[promotion.revision.commit] = promotion.moment
        self.files.add(file)
        self.times += 1


def _leaves(known: Mapping[tuple[str, str], Precedents]) -> tuple[dict[str, _Counted], dict[str, _Counted]]:
    moved: dict[str, _Counted] = defaultdict(lambda: _Counted({}, set()))
    left: dict[str, _Counted] = defaultdict(lambda: _Counted({}, set()))
    for (_, file), precedents in known.items():
        unlike = [
            path
            for path in precedents.target.leaves
            if path in precedents.source.leaves and not _always_same(precedents, path)
        ]
        for promotion in precedents.promotions:
            there = {general(path) for path in promotion.paths}
            exchanged = {general(path) for path in promotion.exchanged}
            for path in there:
                moved[path].add(promotion, file)
                moved[path].exchanged += path in exchanged
            stayed = {
                general(path)
                for path in unlike
                if path not in promotion.paths and _differs(precedents, path, promotion.moment.at)
            }
            for path in stayed - there:
                left[path].add(promotion, file)
    return moved, left


def _always_same(known: Precedents, path: Path) -> bool:
    mine, theirs = known.source.leaves[path], known.target.leaves[path]
    return len(mine) == len(theirs) == 1 and mine[0].value == theirs[0].value


def _differs(known: Precedents, path: Path, moment: float) -> bool:
    mine, theirs = known.source.at(path, moment), known.target.at(path, moment)
    return mine is not None and theirs is not None and mine != theirs


def _most(
    moved: Mapping[str, _Counted], left: Mapping[str, _Counted], versions: frozenset[str], *, wanted: bool
) -> tuple[LeafHabit, ...]:
    found = []
    for path in moved.keys() | left.keys():
        times, stayed = moved.get(path), left.get(path)
        if bool(times) != wanted:
            continue
        told = times or stayed
        if told is None:
            continue
        evidence = _newest(told.commits.values())
        found.append(
            LeafHabit(
                path,
                times.times if times else 0,
                stayed.times if stayed else 0,
                len(told.files),
                evidence,
                times.exchanged if times else 0,
                path in versions,
                next(iter(names)) if len(names := {posixpath.basename(f) for f in told.files}) == 1 else "",
            )
        )
    # Values that take each other's place stand first, unless that was seen once only.
    return tuple(
        sorted(found, key=lambda h: (-h.exchanged if h.exchanged > 1 else 0, -h.moved, -h.left, h.path))[: _SHOWN * 4]
    )


def _commits(known: Mapping[tuple[str, str], Precedents]) -> dict[str, Revision]:
    return {p.revision.commit: p.revision for precedents in known.values() for p in precedents.promotions}


def _together(known: Mapping[tuple[str, str], Precedents]) -> tuple[Together, ...]:
    """Leaves whose values were exchanged in the same commits, within a file or beside it in the folder."""
    by_folder: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    moments: dict[str, Moment] = {}
    for (_, file), precedents in known.items():
        for promotion in precedents.promotions:
            commit = promotion.revision.commit
            moments[commit] = promotion.moment
            for path in promotion.exchanged:
                name = f"{posixpath.basename(file)}: {general(path)}"
                by_folder[posixpath.dirname(file)][name].add(commit)
    both: Counter[tuple[str, str]] = Counter()
    either: Counter[tuple[str, str]] = Counter()
    cited: dict[tuple[str, str], set[str]] = defaultdict(set)
    for leaves in by_folder.values():
        names = sorted(leaves, key=lambda n: (-len(leaves[n]), n))[:_SHOWN]
        for index, first in enumerate(names):
            for second in names[index + 1 :]:
                pair = min(first, second), max(first, second)
                shared = leaves[first] & leaves[second]
                both[pair] += len(shared)
                either[pair] += len(leaves[first] | leaves[second])
                cited[pair] |= shared
    found = [
        Together(first, second, times, either[(first, second)], _newest(moments[c] for c in cited[(first, second)]))
        for (first, second), times in both.items()
        if times >= _SEVERAL and times >= _TOGETHER * either[(first, second)]
    ]
    return tuple(sorted(found, key=lambda t: (-t.times, t.first, t.second))[:_SHOWN])


def _newest(moments: Iterable[Moment]) -> tuple[Revision, ...]:
    return tuple(m.revision for m in sorted(moments, key=lambda m: -m.at)[:_EVIDENCE])


def _back(known: Mapping[tuple[str, str], Precedents]) -> int:
    """Promotions of versions the other way: the source took what the target had before."""
    found: set[str] = set()
    for precedents in known.values():
        other = Precedents(precedents.target, precedents.source, precedents.words)
        for promotion in other.promotions:
            if any(_is_version(other.target.at(path, promotion.moment.at)) for path in promotion.paths):
                found.add(promotion.revision.commit)
    return len(found)


def _steps(known: Mapping[tuple[str, str], Precedents], before: Mapping[str, Precedents]) -> tuple[int, int]:
    """How many versions came past the source, from the environment before it, and how many through it."""
    skipped = stepped = 0
    for (_, file), precedents in known.items():
        earlier = before.get(file)
        for path, takings in precedents.takings.items():
            for taking in takings:
                if not _is_version(taking.value):
                    continue
                if taking.kind != "own":
                    stepped += 1
                elif earlier is not None and any(
                    t.moment.at == taking.moment.at and t.kind != "own" for t in earlier.takings.get(path, ())
                ):
                    skipped += 1
    return (skipped, stepped) if before else (0, 0)


def _strays(known: Precedents) -> Sequence[Promotion]:
    """Where the target took a version of its own and came back to the source's line with the next one."""
    found = []
    for path, takings in known.takings.items():
        for before, taking, after in zip(takings, takings[1:], takings[2:], strict=False):
            if before.kind == after.kind == "followed" and taking.kind == "own" and _is_version(taking.value):
                found.append(Promotion(taking.moment, frozenset([path])))
    return found


def _is_version(value: str | None) -> bool:
    return bool(value and version_shape(value) not in ("", "short"))


def general(path: Path) -> str:
    """A path without what tells list items apart: `images[].newTag`; an environment variable keeps its name."""
    text = ""
    for index, step in enumerate(path):
        if isinstance(step, str):
            text += f".{step}" if text else step
            continue
        key, value = step[0]
        if key == "document":
            text += f"{value.partition('/')[0]}:"
        elif key == "name" and index + 2 == len(path) and path[-1] == "value":
            text += f"[{value}]"
        else:
            text += "[?ref=]" if key == "" and ("://" in value or "//" in value) else "[]"
    return text
