"""The versions that files went through on the main line: which commit gave which file which blob."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from liftlock.errors import RepositoryError
from liftlock.gitrepo.history import FIELDS, NO_FRILLS, records
from liftlock.gitrepo.process import Cancelled, Git
from liftlock.model.revision import Revision
from liftlock.text import printable
from liftlock.values import dataclass

_FEW = 60


@dataclass(frozen=True, slots=True)
class Version:
    """A commit and the blobs that it gave to files; "" where it took the file away or made it something else."""

    revision: Revision
    blobs: Mapping[str, str]


def versions(
    git: Git, rev: str, paths: Sequence[str], *, limit: int, cancelled: Cancelled | None = None
) -> Iterator[Version]:
    """The commits of the main line (first parents) that changed one of these files, newest first, `limit` at most.

    A merge counts as one commit with all that it brought: what the line held before and after is what people saw.
    Raises RepositoryError, Cancelled.
    """
    wanted = set(paths)
    # Git asks each of its many paths about each file: beyond some it is faster to sift here what it says of a folder.
    narrow = len(wanted) <= _FEW
    folder = "" if narrow else posixpath.commonpath(["/" + posixpath.dirname(path) for path in wanted]).lstrip("/")
    arguments = [
        "log",
        *NO_FRILLS,
        "--first-parent",
        "--diff-merges=first-parent",
        "--raw",
        "--no-abbrev",
        *([f"--max-count={limit}"] if narrow else []),
        f"--format=@@{FIELDS}",
        rev,
        "--",
        *(paths if narrow else [folder] if folder else []),
    ]
    count = 0
    for record in records(git, arguments, cancelled):
        commit, author, time, subject, raw = record.decode("utf-8", "surrogateescape").split("\0", 4)
        blobs = _blobs(raw)
        if not narrow:
            blobs = {path: oid for path, oid in blobs.items() if path in wanted}
        if blobs or narrow:
            yield Version(Revision(commit, printable(author), float(time), printable(subject)), blobs)
            count += 1
        if count >= limit:
            return


def holds(git: Git, rev: str, text: str, folder: str, name: str) -> bool:
    """Whether a file of this name (`*` stands for any) below the folder holds the text as a word at this revision.

    False where there is no such revision.
    """
    line = text.splitlines()[0] if text else ""
    place = f":(top,glob){_literally(folder)}/**/{name}" if folder else f":(top,glob)**/{name}"
    try:
        options = ("--quiet", "--fixed-strings", "--word-regexp", "-I")
        return git.run("grep", *options, "-e", line, rev, "--", place, ok=(0, 1)).code == 0
    except RepositoryError:
        return False  # the first commit of all has none before it


def _literally(text: str) -> str:
    return "".join(f"\\{c}" if c in "*?[]\\" else c for c in text)


def _blobs(raw: str) -> dict[str, str]:
    """Of `:100644 100644 <old> <new> M NUL path NUL …` the new blob of each path."""
    return {path: new for path, (_, new) in moved(raw).items()}


def moved(raw: str) -> dict[str, tuple[str, str]]:
    """The same with the old blob before the new one; "" for what is no file."""
    fields = raw.lstrip("\0").removeprefix("\n").split("\0")
    found: dict[str, tuple[str, str]] = {}
    for described, path in zip(fields[::2], fields[1::2], strict=False):
        parts = described.lstrip(":").split(" ")
        if len(parts) == 5:
            old, new = (blob if mode.startswith("100") else "" for mode, blob in zip(parts, parts[2:4], strict=False))
            found[path] = old, new
    return found
