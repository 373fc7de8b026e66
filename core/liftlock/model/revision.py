"""A Git commit as far as liftlock shows it."""

from __future__ import annotations

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


# 24 letters that are not mistaken for one another or for digits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz"


def mark(commit: str) -> str:
    """The two letters that stand for a commit wherever it is shown; the same commit has the same mark."""
    number = int(commit[:8] or "0", 16) if commit else 0
    return _LETTERS[number % len(_LETTERS)] + _LETTERS[number // len(_LETTERS) % len(_LETTERS)]
