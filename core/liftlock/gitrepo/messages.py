"""Commits with their whole messages, for those who read trailers."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.gitrepo.history import NO_FRILLS, records
from liftlock.gitrepo.process import Git
from liftlock.text import printable
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A commit with its parents and message; texts are clean for display. `at` in seconds since the epoch."""

    commit: str
    parents: tuple[str, ...]
    author: str
    text: str
    at: float = 0.0


def messages(git: Git, which: Sequence[str]) -> list[Message]:
    """The commits that these arguments of `git log` select, newest first. Raises RepositoryError."""
    found = []
    for record in records(git, ["log", *NO_FRILLS, "--format=@@%H%x00%P%x00%aN%x00%B%x00%ct%x00", *which, "--"], None):
        commit, parents, author, text, at, *_ = record.decode("utf-8", "surrogateescape").split("\0")
        clean = printable(text, newlines=True)
        found.append(Message(commit, tuple(parents.split()), printable(author), clean, float(at)))
    return found
