"""What precedents make of a change: whether it is staged by default, and the reason, with the commits. Pure.

The measures come from promotions that people made in public repositories (benchmarks/precedent.py finds them in any
clone and scores): a habit counts from two thirds on, and a single instance is no habit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from liftlock.learning.precedents import Precedent, Precedents
from liftlock.learning.timelines import Moment, Path
from liftlock.model.change import Change, ChangeClass, Op, path_text
from liftlock.model.revision import Revision
from liftlock.promotion.classify import scalars
from liftlock.promotion.parts import version_shape
from liftlock.text import printable, short_version
from liftlock.values import dataclass

Files = tuple[str, str]
"""The source's file and the target's."""

_HABIT = 2 / 3
_OFTEN = 2
"""So many times at least, before something is a habit."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A change with its precedent."""

    change: Change
    precedent: Precedent


def weigh(told: Mapping[Files, Sequence[Weighed]], known: Mapping[Files, Precedents]) -> Iterator[Change]:
    """The changes of one cell, by their files, staged as its precedents say."""
    every = [weighed for of_pair in told.values() for weighed in of_pair]
    newest = max((w.precedent.arose.at for w in every if w.precedent.arose and _waits(w.precedent)), default=None)
    moving = any(w.change.proposed for w in every)
    brought = _brought(told)
    taken = _Taken(known, moving=moving)
    for files, of_pair in told.items():
        # Beside versions, and behind what came later in another file, what waits was left there by someone.
        latest = any(w.precedent.arose is not None and w.precedent.arose.at == newest for w in of_pair)
        until = _same_until(of_pair, known[files]) if latest and not moving else None
        for weighed in of_pair:
            change, said = weighed.change, weighed.precedent
            if change.blocked or change.secret or change.settled or _speaks_of_source(change, known[files]):
                yield change
            elif change.cls is ChangeClass.VERSION and not change.proposed:
                yield change  # a rule doubts it (it moves by itself, it is another's build): no habit answers that
            elif change.proposed:
                yield _staged(change, said, known[files])
            elif (
                reason := _kept_same(change, said, until, known[files])
                or _habit(change, said)
                or _came_with(change, said, known[files], brought)
            ) or (said.arose is not None and said.arose.at == newest and (reason := _next(change, said, files, taken))):
                yield replace(change, proposed=True, why=f"{change.why.partition(': offered')[0]}; {reason}")
            else:
                yield _left(change, said, known[files])


class _Taken:
    """How much of what the source got the target took, of a file, or of all files of a cell where one is too new."""

    def __init__(self, known: Mapping[Files, Precedents], *, moving: bool) -> None:
        self._known = known
        self._moving = moving
        self._counted: dict[tuple[Files, float, bool], tuple[int, int]] = {}

    def usually(self, files: Files, before: float) -> str:
        """The habit in words; "" where there is none. Beside versions only what is no version counts."""
        for all_kinds in (False,) if self._moving else (False, True):
            took, of = self._count(files, before, all_kinds)
            where = "this file"
            if of < _OFTEN:
                counts = [self._count(other, before, all_kinds) for other in self._known]
                took, of = sum(t for t, _ in counts), sum(n for _, n in counts)
                where = "these files"
            # One more of each kind, as few cases prove little (the rule of succession): 2 of 2 will do, 2 of 3 not.
            if of >= _OFTEN and took + 1 >= _HABIT * (of + 2):
                return f"the target took {took} of the {of} earlier changes of {where}"
        return ""

    def _count(self, files: Files, before: float, all_kinds: bool) -> tuple[int, int]:
        key = files, before, all_kinds
        if key not in self._counted:
            self._counted[key] = followed(self._known[files], before, all_kinds=all_kinds)
        return self._counted[key]


def _speaks_of_source(change: Change, known: Precedents) -> bool:
    """Whether the value holds the source's own word: no habit carries it over as it stands."""
    return not change.proposed and any(known.words.names_source(text) for text in scalars(change.new))


def _staged(change: Change, said: Precedent, known: Precedents) -> Change:
    """A version that the rules propose: with its precedents, or left because promotions always passed it by."""
    if said.strayed is not None and change.op is Op.SET:
        change = replace(change, conflict=_both_sides(change, said.strayed, said.arose))
        if said.conflict:
            return replace(change, proposed=False, why=f"{change.conflict}: a person's choice")
    if change.op is Op.SET and not said.followed and len(said.passed) >= _OFTEN:
        last = said.passed[-1].revision
        why = f"{change.why}; left by the last {len(said.passed)} promotions of this file, so by {last.short}: offered"
        return replace(change, proposed=False, why=why)
    if said.followed:
        return replace(change, why=f"{change.why}; {_moved(said, known)}")
    return change


def _both_sides(change: Change, strayed: Revision, arose: Moment | None) -> str:
    source = f", the source's {_value(change.new)} with {_cited(arose.revision)}" if arose is not None else ""
    return (
        f"changed on both sides: the target's {_value(change.old)}, which the source never had, came with"
        f" {_cited(strayed)} by {strayed.author}{source}"
    )


def _moved(said: Precedent, known: Precedents) -> str:
    total = len({p.revision.commit for p in known.promotions})
    return f"moved in {len(said.followed)} of {total} promotions, last in {said.followed[0].short}"


def _same_until(of_pair: Sequence[Weighed], known: Precedents) -> Moment | None:
    """The source's first change that waits, where until then both files were the same: one is kept like the other."""
    waiting = [w.precedent.arose for w in of_pair if w.precedent.arose is not None and _waits(w.precedent)]
    first = min(waiting, key=lambda m: m.at, default=None)
    return first if first is not None and known.same_before(first.at) else None


def _waits(said: Precedent) -> bool:
    """Whether the source changed since the target did."""
    return said.arose is not None and (said.stood is None or said.arose.at > said.stood.at)


def _kept_same(change: Change, said: Precedent, until: Moment | None, known: Precedents) -> str:
    """What waits in a file that is kept like the source's; a size or an address only where it ever was carried over."""
    if until is None or not _waits(said):
        return ""
    if change.cls in (ChangeClass.SIZING, ChangeClass.IDENTITY) and not known.ever_followed:
        return ""
    return f"the two files were the same until {_cited(until.revision)}"


def _habit(change: Change, said: Precedent) -> str:
    """A setting or size that the target took from the source before, and hardly ever changed by itself."""
    if change.cls not in (ChangeClass.SETTING, ChangeClass.SIZING, ChangeClass.IDENTITY) or not said.followed:
        return ""
    times = len(said.followed)
    if said.passed or times < _HABIT * (times + len(said.own)):
        return ""
    if change.cls is ChangeClass.SETTING and times < _OFTEN:
        return ""
    if change.cls is not ChangeClass.SETTING and not _waits(said):
        return ""
    return f"the target took it from the source before ({_cited(said.followed[0])}{_more(said.followed)})"


def _brought(told: Mapping[Files, Sequence[Weighed]]) -> dict[float, Change]:
    """The moments at which the source got a version that moves and waits, with the first such version of each."""
    found: dict[float, Change] = {}
    for of_pair in told.values():
        for weighed in of_pair:
            said = weighed.precedent
            if weighed.change.proposed and weighed.change.cls is ChangeClass.VERSION and said.arose and _waits(said):
                found.setdefault(said.arose.at, weighed.change)
    return found


def _came_with(change: Change, said: Precedent, known: Precedents, brought: Mapping[float, Change]) -> str:
    """A setting or block that one commit gave to the source together with a version that moves."""
    if change.cls not in (ChangeClass.SETTING, ChangeClass.STRUCTURE) or said.arose is None or not said.alike:
        return ""
    version = brought.get(said.arose.at)
    if version is None or known.source.born == said.arose.at:
        return ""  # how a file came says nothing of what goes with what
    where = printable(path_text(version.path)) or printable(version.file)
    return f"came to the source with {where} ({_cited(said.arose.revision)}), and goes with it"


def _next(change: Change, said: Precedent, files: Files, taken: _Taken) -> str:
    """The newest change of the source, where the target usually takes what the source got."""
    if change.cls not in (ChangeClass.SETTING, ChangeClass.STRUCTURE) or said.arose is None or not _waits(said):
        return ""
    usually = taken.usually(files, said.arose.at)
    return f"new in the source with {_cited(said.arose.revision)}; {usually}" if usually else ""


def _left(change: Change, said: Precedent, known: Precedents) -> Change:
    """What stays as it is: cited where the source dropped it, or where promotions left it."""
    if change.op is Op.REMOVE and said.dropped is not None:
        return replace(change, why=f"the source dropped it with {_cited(said.dropped)}: its removal is offered")
    if change.op is Op.REMOVE and change.cls is ChangeClass.STRUCTURE and known.source.whole:
        change = replace(change, why=f"{change.why}: the source never had it")
    if len(said.passed) >= 1 and len(known.promotions) >= _OFTEN:
        count = len(said.passed)
        times = f"the last {count} promotions" if count > 1 else "the last promotion"
        return replace(change, why=f"{change.why}; left by {times} of this file")
    return change


def followed(known: Precedents, before: float, *, all_kinds: bool) -> tuple[int, int]:
    """Of the source's commits before a moment that changed the file, how many the target took something of.

    Without `all_kinds` only what is no version counts: that versions move says nothing of the rest.
    """
    source, target = known.source, known.target
    if not target.moments:
        return 0, 0
    born = target.moments[0].at
    by_commit: dict[float, list[tuple[Path, str | None]]] = {}
    for path, held in source.leaves.items():
        for there in held:
            if born < there.moment.at < before and (all_kinds or not _version(path, there.value)):
                by_commit.setdefault(there.moment.at, []).append((path, there.value))
    took = sum(
        any(h.value == value and h.moment.at >= at for path, value in changed for h in target.leaves.get(path, ()))
        for at, changed in by_commit.items()
    )
    return took, len(by_commit)


def _version(path: Path, value: str | None) -> bool:
    key = next((step for step in reversed(path) if isinstance(step, str)), "").lower()
    return value is not None and bool(version_shape(value) or key.endswith(_VERSION_KEYS))


_VERSION_KEYS = ("tag", "version", "ref", "revision", "digest")


def _cited(revision: Revision) -> str:
    return f"{revision.short} {printable(revision.subject)[:50]}".rstrip()


def _more(commits: Sequence[Revision]) -> str:
    return f" and {len(commits) - 1} more" if len(commits) > 1 else ""


def _value(value: object) -> str:
    return printable(short_version(str(value)))[:60]
