"""The precedents of one pair of files: when the target took what the source had, leaf by leaf. Pure.

A *promotion* is a commit in which a leaf of the target's file took a value that the source's had held before. The
two need never have been equal at one commit: an environment that gets a build every ten minutes is long past the one
that was promoted. What the target took without the source ever having held it is its *own*.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from liftlock.learning.timelines import Moment, Path, Timeline
from liftlock.model.revision import Revision
from liftlock.promotion.words import Words
from liftlock.values import dataclass

# A commit that calls itself a promotion, or that a program made, is no hotfix.
_PROMOTES = re.compile(r"promot", re.IGNORECASE)
_MACHINE = re.compile(r"\bbot\b|bot$|\[bot\]|kargo|renovate|image.?updater|fluxcd|jenkins", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Taking:
    """The target's leaf took a value: one the source had held (`followed`), both at once, or one of its own."""

    moment: Moment
    path: Path
    value: str | None
    kind: str  # "followed", "together" or "own"
    exchanged: bool
    """Another value stood there before."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """A commit in which leaves of the target followed the source."""

    moment: Moment
    paths: frozenset[Path]
    exchanged: frozenset[Path] = frozenset()
    """Of the paths those where one value took another's place."""

    @property
    def revision(self) -> Revision:
        """The commit."""
        return self.moment.revision


@dataclass(frozen=True, slots=True)
class Precedent:
    """What history says of one leaf or subtree that differs now.

    `followed`, `together` and `own` are commits, newest first. `arose` is the moment since which the source is as
    it is now, None when that is older than what was read. `passed` are the promotions since then that left it.
    """

    followed: tuple[Revision, ...] = ()
    together: tuple[Revision, ...] = ()
    own: tuple[Revision, ...] = ()
    arose: Moment | None = None
    stood: Moment | None = None
    """The moment since which the target is as it is now; None when that is older than what was read."""
    passed: tuple[Promotion, ...] = ()
    strayed: Revision | None = None
    """The commit that gave the target the value it has, which neither the source nor its neighbours ever had."""
    dropped: Revision | None = None
    """The commit in which the source dropped what it has no more; None where it never had it, or still has some."""
    alike: bool = False
    """Until the source changed last, it had here what the target has now: that change made the difference."""
    conflict: bool = False
    """It strayed from a value that both had shared, and the source moved on too: a hotfix."""


class Precedents:
    """The precedents of a pair of files, from their timelines."""

    def __init__(self, source: Timeline, target: Timeline, words: Words) -> None:
        self.words = words
        self._excused: set[Path] = set()
        self.source = source
        self.target = target

    @cached_property
    def takings(self) -> dict[Path, tuple[Taking, ...]]:
        """What each leaf of the target took since it is known, oldest first."""
        return {path: tuple(self._takings(path)) for path in self.target.leaves}

    def _takings(self, path: Path) -> Iterable[Taking]:
        held = self.target.leaves[path]
        born = self.target.moments[0].at if self.target.moments else 0.0
        mine = self.source.leaves.get(path, ())
        for index, now in enumerate(held):
            if now.moment.at == born:
                continue  # how it came with the oldest version says nothing of what it took
            before = held[index - 1].value if index else None
            earlier = [h for h in mine if h.moment.at <= now.moment.at]
            if now.value is None:
                # It goes: followed when the source had dropped it while the target still had it.
                gone = earlier[-1] if earlier and earlier[-1].value is None else None
                kind = "own" if gone is None else "together" if gone.moment.at == now.moment.at else "followed"
                if gone is None and not mine and not self.source.whole:
                    continue
            elif any(h.value == now.value and h.moment.at < now.moment.at for h in earlier):
                kind = "followed"
            elif any(h.value == now.value for h in earlier):
                kind = "together"
            elif not self.source.whole and not earlier:
                continue
            else:
                kind = "own"
            if before != now.value:
                exchanged = before is not None and now.value is not None
                yield Taking(now.moment, path, now.value, kind, exchanged)

    @cached_property
    def promotions(self) -> tuple[Promotion, ...]:
        """The promotions of this pair, oldest first."""
        by_moment: dict[float, list[Taking]] = defaultdict(list)
        for takings in self.takings.values():
            for taking in takings:
                if taking.kind == "followed":
                    by_moment[taking.moment.at].append(taking)
        return tuple(
            Promotion(
                found[0].moment, frozenset(t.path for t in found), frozenset(t.path for t in found if t.exchanged)
            )
            for _, found in sorted(by_moment.items())
        )

    def of(self, path: Path, leaves: Iterable[Path]) -> Precedent:
        """The precedent of a difference: of the leaf `path`, or of the leaves of the subtree there."""
        wanted = dict.fromkeys([*leaves, *self.target.under(path)] or [path])
        takings = [t for p in wanted for t in self.takings.get(p, ())]
        arose = self._since(self.source, wanted)
        stood = self._since(self.target, wanted)
        since = max((m.at for m in (arose, stood) if m is not None), default=None)
        passed = tuple(
            p for p in self.promotions if (since is None or p.moment.at > since) and not p.paths & wanted.keys()
        )
        own = self.takings.get(path, ())
        strayed = own[-1].moment.revision if own and self._strays(path, own[-1]) else None
        return Precedent(
            _commits(takings, "followed"),
            _commits(takings, "together"),
            _commits(takings, "own"),
            arose,
            stood,
            passed,
            strayed,
            self._dropped(wanted),
            arose is not None and self._alike_before(arose.at, wanted),
            strayed is not None and self._left_the_line(path, own),
        )

    def _alike_before(self, moment: float, leaves: Iterable[Path]) -> bool:
        before = math.nextafter(moment, -math.inf)
        return all(self.source.at(leaf, before) == self.target.at(leaf, math.inf) for leaf in leaves)

    @cached_property
    def ever_followed(self) -> bool:
        """Whether a commit ever carried a value over, or changed both files alike."""
        return any(taking.kind != "own" for takings in self.takings.values() for taking in takings)

    def same_before(self, moment: float) -> bool:
        """Whether both files held the same just before this moment, but for the environments' words."""
        before = math.nextafter(moment, -math.inf)
        there = False
        for path in self.source.leaves.keys() | self.target.leaves.keys():
            value = self.source.at(path, before)
            if value != self.target.at(path, before):
                return False
            there = there or value is not None
        return there

    def suspects(self) -> list[Taking]:
        """What the target took last on its own, where the source is elsewhere. Newest first.

        It may still have come from a third environment: whoever can read the repository tells by `excuse`.
        """
        found = [takings[-1] for path, takings in self.takings.items() if takings and self._strays(path, takings[-1])]
        return sorted(found, key=lambda t: -t.moment.at)

    def excuse(self, path: Path) -> None:
        """The target's value at this place is not its own: others had it before."""
        self._excused.add(path)

    def _strays(self, path: Path, last: Taking) -> bool:
        if path in self._excused or last.kind != "own" or last.value is None:
            return False
        if _PROMOTES.search(last.moment.revision.subject) or _MACHINE.search(last.moment.revision.author):
            return False  # it came from somewhere, though not from this source
        now = self.source.leaves.get(path, ())
        if not now or now[-1].value in (None, last.value):
            return False
        if any(held.moment.at == last.moment.at for held in now):
            return False  # one commit set both sides: whoever made it knew of both
        return self.source.whole or now[0].moment.at < last.moment.at  # else it is not known what the source held

    def _left_the_line(self, path: Path, takings: Sequence[Taking]) -> bool:
        """Whether the value before the target's own was shared with the source, and to stray is no habit."""
        if len(takings) > 1:
            own = sum(t.kind == "own" for t in takings)
            return takings[-2].kind != "own" and (own == 1 or 3 * own <= len(takings))
        before = self.target.leaves[path][0].value
        return before is not None and any(h.value == before for h in self.source.leaves.get(path, ()))

    def _dropped(self, leaves: Iterable[Path]) -> Revision | None:
        held = [self.source.leaves[path][-1] for path in leaves if path in self.source.leaves]
        if not held or any(h.value is not None for h in held):
            return None
        return max((h.moment for h in held), key=lambda m: m.at).revision

    @staticmethod
    def _since(timeline: Timeline, leaves: Iterable[Path]) -> Moment | None:
        """The last moment at which one of the leaves changed; None when it is older than what is known."""
        found = [timeline.leaves[path][-1].moment for path in leaves if timeline.leaves.get(path)]
        last = max(found, key=lambda m: m.at, default=None)
        if last is None or (timeline.moments and last.at == timeline.moments[0].at and not timeline.whole):
            return None
        return last


def _commits(takings: Iterable[Taking], kind: str) -> tuple[Revision, ...]:
    found = {t.moment.revision.commit: t.moment for t in takings if t.kind == kind}
    return tuple(m.revision for m in sorted(found.values(), key=lambda m: -m.at))
