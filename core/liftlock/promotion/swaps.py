"""List entries that name one thing in another version: `../../base/v1.4` goes and `../../base/v1.5` comes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from liftlock.model.change import Change, ChangeClass, Op, Step, Value
from liftlock.promotion.parts import only_version_folder_differs
from liftlock.text import printable


class _Entry(Protocol):
    @property
    def path(self) -> tuple[Step, ...]: ...
    @property
    def op(self) -> Op: ...
    @property
    def old(self) -> Value | None: ...
    @property
    def new(self) -> Value | None: ...


_E = TypeVar("_E", bound=_Entry)


def swapped(changes: Sequence[Change]) -> list[Change]:
    """The changes of one pair of files, with two entries of a list that are one in another version told as a version.

    The two go together: an environment with neither or with both would be neither's.
    """
    found = {change.id: change for change in changes}
    for gone, come in swaps([c for c in changes if not (c.blocked or c.secret or c.settled or c.together)]):
        for change, other in ((gone, come), (come, gone)):
            value = other.new if other.op is Op.ADD else other.old
            word = "gives way to" if change.op is Op.REMOVE else "takes the place of"
            found[change.id] = replace(
                change,
                cls=ChangeClass.VERSION,
                proposed=True,
                why=printable(f"the version in a path: {word} {value}"),
                together=(other.id,),
            )
    return list(found.values())


def swaps(entries: Iterable[_E]) -> Iterator[tuple[_E, _E]]:
    """The entries of lists that go and come and differ in a version alone; none where it could be one of several."""
    lists: dict[tuple[Step, ...], tuple[list[_E], list[_E]]] = defaultdict(lambda: ([], []))
    for entry in entries:
        value = entry.old if entry.op is Op.REMOVE else entry.new
        if entry.op is not Op.SET and isinstance(value, str) and "/" in value and _is_item(entry.path):
            lists[entry.path[:-1]][entry.op is Op.ADD].append(entry)
    for gone, come in lists.values():
        fits = [(g, c) for g in gone for c in come if only_version_folder_differs(str(g.old), str(c.new))]
        for one, other in fits:
            if sum(one is g for g, _ in fits) == 1 == sum(other is c for _, c in fits):
                yield one, other


def _is_item(path: tuple[Step, ...]) -> bool:
    return bool(path) and not isinstance(path[-1], str)
