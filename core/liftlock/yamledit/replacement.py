"""Pieces of text that take the place of others."""

from __future__ import annotations

from collections.abc import Iterable

from liftlock.errors import EditError
from liftlock.text import printable
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Replacement:
    """What stands from `start` to `end` (characters of the original) becomes `text`."""

    start: int
    end: int
    text: str


def replaced(text: str, replacements: Iterable[Replacement], path: str) -> str:
    """The text with all of them made; insertions at one place come in their order, before what is taken away there.

    Raises EditError when two of them meet.
    """
    pieces: list[str] = []
    at = 0
    for one in sorted(replacements, key=lambda r: (r.start, r.end)):
        if one.start < at:
            raise EditError(
                f"Two changes of {printable(path)} meet in one place", "", "stage one of them, commit, then the other"
            )
        pieces += [text[at : one.start], one.text]
        at = one.end
    pieces.append(text[at:])
    return "".join(pieces)
