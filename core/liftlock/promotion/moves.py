"""What commits moved in the files of an app, place by place, and which of them were promotions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from liftlock.model.change import ChangeClass, Step
from liftlock.model.revision import Revision
from liftlock.promotion.classify import judge
from liftlock.promotion.compare import compare
from liftlock.promotion.rules import Rule
from liftlock.promotion.words import Words
from liftlock.values import dataclass
from liftlock.yamledit import Source

Place = tuple[str, tuple[Step, ...]]
"""A file, and where in it; an empty path is the whole file."""
NO_WORDS = Words((), ())
"""Two states of one environment have no words that tell them apart."""


@dataclass(frozen=True, slots=True)
class State:
    """What a commit left in the files of an app: the blob of each, by path."""

    revision: Revision
    blobs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """What one commit changed. `promotes` is the commit that says so, "" where the move is none.

    `declared` tells that its trailers say it; else it moved a version, which is what promotions do.
    """

    revision: Revision
    places: frozenset[Place]
    versions: frozenset[Place]
    promotes: str = ""
    declared: bool = False


def moves(
    states: Sequence[State],
    read: Callable[[str, str], Source | None],
    promoted: Mapping[str, str],
    rules: Sequence[Rule],
) -> tuple[Move, ...]:
    """What each state changed against the one before it; the last of `states` is where they begin.

    `read` gives the leaves of a blob (its id, its path), None where it has none; `promoted` maps a commit of the main
    line to the commit whose trailers say that it promotes.
    """
    return tuple(
        _move(newer, older, read, promoted.get(newer.revision.commit, ""), rules) for newer, older in pairwise(states)
    )


def _move(
    newer: State, older: State, read: Callable[[str, str], Source | None], said: str, rules: Sequence[Rule]
) -> Move:
    places: set[Place] = set()
    versions: set[Place] = set()
    for path in {*newer.blobs, *older.blobs}:
        was, now = older.blobs.get(path), newer.blobs.get(path)
        if was == now:
            continue
        before, after = (read(was, path) if was else None), (read(now, path) if now else None)
        if before is None or after is None or not before.documents or not after.documents:
            places.add((path, ()))
            continue
        for difference in compare(after, before, NO_WORDS):
            place = (path, difference.path)
            places.add(place)
            if judge(difference, path, NO_WORDS, rules=rules).cls is ChangeClass.VERSION:
                versions.add(place)
    promotes = said or (newer.revision.commit if versions else "")
    return Move(newer.revision, frozenset(places), frozenset(versions), promotes, bool(said))


def touching(place: Place, found: Iterable[Move]) -> tuple[Move, ...]:
    """Those of the moves that changed this place, one that holds it, or one within it."""
    return tuple(move for move in found if any(overlap(place, other) for other in move.places))


def overlap(one: Place, other: Place) -> bool:
    """Whether one place is the other, lies in it or holds it."""
    shorter = min(len(one[1]), len(other[1]))
    return one[0] == other[0] and one[1][:shorter] == other[1][:shorter]
