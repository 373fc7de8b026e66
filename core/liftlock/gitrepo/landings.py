"""What landed on a line: its commits with who, when, their messages, and the blobs that each exchanged."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from liftlock.gitrepo.history import NO_FRILLS, records
from liftlock.gitrepo.process import Cancelled, Git
from liftlock.model.revision import Revision
from liftlock.text import printable
from liftlock.values import dataclass

_FIELDS = "%H%x00%P%x00%aN%x00%cN%x00%ct%x00%s%x00%B%x00"
_FEW = 60


@dataclass(frozen=True, slots=True)
class Landing:
    """A commit of the main line; a merge stands for all that it brought. Texts are clean for display.

    `blobs` has of each path the blob before and after, "" where there was none, or nothing that is a file.
    """

    revision: Revision
    parents: tuple[str, ...]
    committer: str
    text: str
    blobs: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def landings(
    git: Git,
    rev: str,
    paths: Sequence[str] = (),
    *,
    grep: str = "",
    files: bool = True,
    cancelled: Cancelled | None = None,
) -> Iterator[Landing]:
    """The commits of the main line (first parents) back from `rev`, newest first, those that changed something.

    With `paths` only what concerns these files or folders, with `grep` only commits whose message has a line like
    this pattern; without `files` no tree is looked at. Raises RepositoryError, Cancelled.
    """
    narrow = 0 < len(paths) <= _FEW
    folder = "" if narrow or not paths else posixpath.commonpath(["/" + posixpath.dirname(p) for p in paths])[1:]
    arguments = ["log", *NO_FRILLS, "--first-parent", f"--format=@@{_FIELDS}"]
    if files:
        arguments += ["--diff-merges=first-parent", "--raw", "--no-abbrev"]
    if grep:
        arguments += ["--extended-regexp", f"--grep={grep}"]
    within = [*paths] if narrow else [folder] if folder else []
    for record in records(git, [*arguments, rev, "--", *within], cancelled):
        landed = _landing(record)
        if landed.blobs or not files:
            yield landed


def _landing(record: bytes) -> Landing:
    commit, parents, author, committer, time, subject, text, raw = record.decode("utf-8", "surrogateescape").split(
        "\0", 7
    )
    return Landing(
        Revision(commit, printable(author), float(time), printable(subject)),
        tuple(parents.split()),
        printable(committer),
        printable(text, newlines=True),
        _blobs(raw),
    )


def _blobs(raw: str) -> dict[str, tuple[str, str]]:
    """Of `:100644 100644 <old> <new> M NUL path NUL …` the blobs of each path."""
    fields = raw.lstrip("\0").removeprefix("\n").split("\0")
    found: dict[str, tuple[str, str]] = {}
    for described, path in zip(fields[::2], fields[1::2], strict=False):
        parts = described.lstrip(":").split(" ")
        if len(parts) == 5:
            before, after = parts[2], parts[3]
            found[path] = (
                before if parts[0].startswith("100") else "",
                after if parts[1].startswith("100") else "",
            )
    return found
