"""Marking versions bad: a commit of one file, on a branch of its own or straight to the branch that all read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from liftlock.errors import PlanError
from liftlock.gates.marks import marks, path_of, written
from liftlock.gitrepo import Repository
from liftlock.model.gates import Mark, Marked
from liftlock.overview.noting import note
from liftlock.overview.reading import Reading
from liftlock.text import printable


def listed(reading: Reading) -> tuple[Mark, ...]:
    """All marks on the branch that is read, with who set each and when. Raises RepositoryError."""
    found = marks(reading.tree)
    if not found:
        return ()
    paths = {mark.path: (mark.path,) for mark in found}
    touched = dict(reading.repository.last_touch(reading.tree.commit, paths))
    return tuple(
        replace(mark, by=revision.author, at=revision.time, commit=revision.commit)
        if (revision := touched.get(mark.path)) is not None
        else mark
        for mark in found
    )


def set_mark(
    read: Callable[[], Reading],
    mark: Mark,
    *,
    undo: bool,
    push: bool,
    branch: str = "",
    interactive: bool = False,
) -> Marked:
    """Set the mark, or take it away with `undo`; with `push` it goes straight to the branch that is read.

    Without `push`, or with a `branch`, it is a commit on a branch of its own. HEAD, index and work tree are not
    touched. Raises PlanError (set already, not set, an app that is not here), RepositoryError (a protected branch
    refuses the push), PushRejected, TerminalNeeded.
    """
    made = note(
        read,
        lambda reading: _commit(reading, mark, undo=undo, interactive=interactive),
        f"mark/{'good' if undo else 'bad'}/{_slug(mark)}",
        push=push,
        branch=branch,
        interactive=interactive,
    )
    return Marked(mark, made.commit, made.branch, made.pushed, undo)


def _commit(reading: Reading, mark: Mark, *, undo: bool, interactive: bool) -> str:
    repository: Repository = reading.repository
    path = path_of(mark.app, mark.version)
    there = path in reading.tree.entries
    named = f"{printable(mark.app)} {printable(mark.version)}"
    if undo and not there:
        raise PlanError(f"{named} is not marked bad", f"on {reading.source.ref}", "liftlock mark list")
    if there and not undo:
        raise PlanError(f"{named} is marked bad already", f"on {reading.source.ref}", "liftlock mark list")
    known = dict.fromkeys(cell.app for cell in reading.discovery.cells)
    if not undo and mark.app not in known:
        import difflib

        near = difflib.get_close_matches(mark.app, list(known), 3)
        said = f"near: {', '.join(near)}" if near else f"{len(known)} apps are there"
        raise PlanError(f"There is no app {printable(mark.app)!r}", printable(said), "liftlock status")
    subject = f"mark({'good' if undo else 'bad'}): {named}"
    body = f"\n\n{printable(mark.reason)}" if mark.reason else ""
    kind = "Mark-Undone" if undo else "Mark-Bad"
    text = repository.run_message_hooks(f"{subject}{body}\n\n{kind}: {named}\n")
    data = None if undo else written(mark)
    return repository.write_commit(reading.tree.commit, {path: data}, text, interactive=interactive)


def _slug(mark: Mark) -> str:
    parts = (re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") for text in (mark.app, mark.version))
    return "/".join(part[:60] or "x" for part in parts)
