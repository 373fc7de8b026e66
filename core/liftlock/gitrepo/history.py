"""History, streamed: commits with the paths they touched, as git writes them."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

from liftlock.commands import Command, masked
from liftlock.errors import Cancelled as Stopped
from liftlock.errors import LiftlockError, RepositoryError
from liftlock.gitrepo.complaints import explain
from liftlock.gitrepo.process import Cancelled, Git
from liftlock.model.revision import Revision
from liftlock.text import printable
from liftlock.values import dataclass

FIELDS = "%H%x00%aN%x00%ct%x00%s%x00"
# What the user set for `git log` must not change what is read here.
_PLAIN = (
    "-c",
    "log.showRoot=true",
    "-c",
    "log.follow=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "log.mailmap=true",
)
NO_FRILLS = ("--no-color", "--no-decorate", "--no-notes", "--no-ext-diff", "--no-renames", "--encoding=UTF-8", "-z")
# Arguments of a process are limited; with more paths than this the log is read whole and sifted here.
_MOST_PATHS = 60_000

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Touched:
    """A commit and the paths it changed against its first parent (none for a merge)."""

    revision: Revision
    paths: tuple[str, ...]


def history(
    git: Git,
    rev: str,
    *,
    paths: Sequence[str] = (),
    limit: int | None = None,
    adding: str | None = None,
    cancelled: Cancelled | None = None,
) -> Iterator[Touched]:
    """Commits from `rev` back, newest first, as git finds them; git is ended when the iterator is closed.

    With `paths` (files, or folders that end with `/`) only commits that touch one of them; with `adding` only those
    that change how often this text occurs there. Raises RepositoryError, Cancelled.
    """
    narrow = sum(len(os.fsencode(path)) + 1 for path in paths) <= _MOST_PATHS
    arguments = ["log", *NO_FRILLS, "--name-only", f"--format=@@{FIELDS}"]
    if limit is not None and narrow:
        arguments.append(f"--max-count={limit}")
    if adding is not None:
        arguments.append(f"-S{adding}")
    arguments += [rev, "--", *(paths if narrow else ())]
    found = 0
    for touched in _stream(git, arguments, cancelled):
        if not narrow and not _concerns(touched.paths, paths):
            continue
        yield touched
        found += 1
        if limit is not None and found >= limit:
            return


def _concerns(touched: Sequence[str], wanted: Sequence[str]) -> bool:
    names = set(wanted)
    return any(place in names for path in touched for place in places(path))


def places(path: str) -> Iterator[str]:
    """The path itself and every folder above it, with a `/` at the end."""
    yield path
    end = path.rfind("/")
    while end > 0:
        yield path[: end + 1]
        end = path.rfind("/", 0, end)


def last_touch(
    git: Git, rev: str, wanted: Mapping[Key, Collection[str]], cancelled: Cancelled | None = None
) -> Iterator[tuple[Key, Revision]]:
    """For each key the newest commit that touched one of its paths (files, or folders that end with `/`).

    Found ones come at once; the log is left as soon as none is missing. Raises RepositoryError, Cancelled.
    """
    waiting: dict[str, list[Key]] = {}
    for key, paths in wanted.items():
        for path in paths:
            waiting.setdefault(path, []).append(key)
    missing = {key for key, paths in wanted.items() if paths}
    if not missing:
        return
    for touched in history(git, rev, cancelled=cancelled):
        for path in touched.paths:
            for place in places(path):
                for key in waiting.pop(place, ()):
                    if key in missing:
                        missing.discard(key)
                        yield key, touched.revision
        if not missing:
            return
    for key in missing:  # what only a merge itself changed
        arguments = [
            "log",
            *NO_FRILLS,
            "--name-only",
            f"--format=@@{FIELDS}",
            "--first-parent",
            "-m",
            "-1",
            rev,
            "--",
        ]
        for touched in _stream(git, [*arguments, *wanted[key]], cancelled):
            yield key, touched.revision


def between(git: Git, base: str, tip: str, cancelled: Cancelled | None = None) -> list[Revision]:
    """The commits of `tip` that are not in `base`, newest first. Raises RepositoryError."""
    return revisions(git, [tip, f"^{base}"], cancelled)


def revisions(git: Git, which: Sequence[str], cancelled: Cancelled | None = None) -> list[Revision]:
    """The commits that these arguments of `git log` select, newest first. Raises RepositoryError."""
    arguments = ["log", *NO_FRILLS, f"--format=@@{FIELDS}", *which, "--"]
    return [touched.revision for touched in _stream(git, arguments, cancelled)]


def _stream(git: Git, arguments: Sequence[str], cancelled: Cancelled | None) -> Iterator[Touched]:
    return map(_touched, records(git, arguments, cancelled))


def records(git: Git, arguments: Sequence[str], cancelled: Cancelled | None) -> Iterator[bytes]:
    """What `git log` says of each commit; `@@` in its format begins one. Raises RepositoryError, Cancelled."""
    # No author or subject can hold a mark nobody knows beforehand, so records are told apart for certain.
    mark = os.urandom(8).hex()
    marked = [
        argument.replace("@@", mark, 1) if argument.startswith("--format=") else argument for argument in arguments
    ]
    command = git.command(*_PLAIN, *marked, env={"GIT_LITERAL_PATHSPECS": "1"})
    divider = mark.encode()
    rest = b""
    for block in _blocks(git, command, cancelled):
        *whole, rest = (rest + block).split(divider)
        yield from filter(None, whole)
    if rest:
        yield rest


def _touched(record: bytes) -> Touched:
    commit, author, time, subject, paths = record.decode("utf-8", "surrogateescape").split("\0", 4)
    names = tuple(name for name in paths.lstrip("\0").removeprefix("\n").split("\0") if name)
    return Touched(Revision(commit, printable(author), float(time), printable(subject)), names)


def _blocks(git: Git, command: Command, cancelled: Cancelled | None) -> Iterator[bytes]:
    """Standard output as it comes; asked ten times a second whether to go on."""
    with tempfile.TemporaryFile() as complaints:
        try:
            process = git.runner.start(command, stderr=complaints)
        except LiftlockError as error:
            if isinstance(error, Stopped):
                raise
            raise RepositoryError(error.title, error.detail, error.hint, command=error.command) from error
        try:
            yield from _read(process, cancelled)
            code = process.wait()
            complaints.seek(0)
            said = masked(printable(complaints.read().decode("utf-8", "replace").strip(), newlines=True))
        finally:
            git.runner.end(process)
            git.runner.note(str(command), code=process.returncode)
    if code != 0:
        title, detail, hint = explain(said)
        raise RepositoryError(title or "The history cannot be read", detail, hint, command=str(command))


def _read(process: subprocess.Popen[bytes], cancelled: Cancelled | None) -> Iterator[bytes]:
    if process.stdout is None:
        return
    descriptor = process.stdout.fileno()
    while True:
        if cancelled is not None:
            while not cancelled():
                if select.select([descriptor], [], [], 0.1)[0]:
                    break
            else:
                raise Stopped("Reading the history was stopped")
        block = os.read(descriptor, 1 << 18)
        if not block:
            return
        yield block
