"""A Git commit as far as liftlock shows it."""

from __future__ import annotations

from collections.abc import Iterator

from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit: its full id, author, time (seconds since the epoch) and subject; texts are clean for display."""

    commit: str
    author: str
    time: float
    subject: str

    @property
    def short(self) -> str:
        """The first seven digits."""
        return self.commit[:7]


# 23 letters that are not mistaken for one another or for digits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_PAIRS = len(_LETTERS) ** 2


class Marks:
    """The marks that were given in one run: no two commits have the same one as long as there is a free one.

    A commit gets the mark that its id's digits make; where another commit has that, the next ones of its digits.
    """

    def __init__(self) -> None:
        self._of: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, commit: str) -> str:
        """The two letters of a commit."""
        known = self._of.get(commit)
        if known is None:
            chances = list(_chances(commit))
            known = next((one for one in chances if one not in self._taken), chances[0])
            self._of[commit] = known
            self._taken.add(known)
        return known


def _chances(commit: str) -> Iterator[str]:
    for start in range(0, max(1, len(commit) - 7), 2):
        digits = commit[start : start + 8]
        number = int(digits, 16) if digits and not digits.strip("0123456789abcdefABCDEF") else 0
        yield _LETTERS[number % len(_LETTERS)] + _LETTERS[number // len(_LETTERS) % len(_LETTERS)]


_marks = Marks()


def forget_marks() -> None:
    """Give marks anew: what was seen before shall not have a say in what is seen now."""
    global _marks
    _marks = Marks()


def mark(commit: str) -> str:
    """The two letters that stand for a commit wherever it is shown in this run; the same commit has the same mark."""
    return _marks.of(commit)
