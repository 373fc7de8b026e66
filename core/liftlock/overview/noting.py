"""A note that everybody sees: a commit on a branch of its own, or straight to the branch that all read."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.errors import PushRejected
from liftlock.overview.reading import Reading
from liftlock.promotion.publishing import free_branch
from liftlock.text import printable
from liftlock.values import dataclass

_TRIES = 3
"""How often a push is tried where the remote moves meanwhile: the note is made anew on what it has then."""


@dataclass(frozen=True, slots=True)
class Noted:
    """The commit, the branch it is on here ("" for none), and where it was pushed to ("" for nowhere)."""

    commit: str
    branch: str
    pushed: str = ""


def note(
    read: Callable[[], Reading],
    write: Callable[[Reading], str],
    name: str,
    *,
    push: bool,
    branch: str = "",
    interactive: bool = False,
) -> Noted:
    """Commit what `write` makes of the repository; with `push` it goes straight to the branch that is read.

    Without `push`, or with a `branch`, it is a commit on a branch of its own, called `name` where that is free. HEAD,
    index and work tree are not touched. Raises RepositoryError (a protected branch refuses the push), PushRejected,
    TerminalNeeded, and what `write` raises.
    """
    repository = read().repository
    if push:
        repository.fetch(interactive=interactive)
    for attempt in range(_TRIES):
        reading = read()
        commit = write(reading)
        if not push or branch:
            own = branch or free_branch(repository, name)
            repository.create_or_move_branch(own, commit, None)
            if not push:
                return Noted(commit, own)
        remote, read_from = repository.remote_for(reading.source.ref)
        destination = branch or read_from
        try:
            repository.push(remote, f"{commit}:refs/heads/{destination}", interactive=interactive)
        except PushRejected:
            if branch or attempt == _TRIES - 1:
                raise
            repository.fetch(interactive=interactive)
            continue
        return Noted(commit, branch, f"{printable(remote)}/{printable(destination)}")
    raise AssertionError("the last try returns or raises")
