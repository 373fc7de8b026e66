"""A new tree out of an old one, with some files written, added or taken away: only objects are made."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from liftlock.commands import Command
from liftlock.errors import Cancelled, LiftlockError, RepositoryError
from liftlock.gitrepo.complaints import explain
from liftlock.gitrepo.objects import Objects
from liftlock.gitrepo.process import Git
from liftlock.gitrepo.trees import folded
from liftlock.model.tree import REGULAR, SUBMODULE, SYMLINK
from liftlock.text import printable

FOLDER = "40000"
_HASH_BYTES = {40: 20, 64: 32}


class Entry(NamedTuple):
    """One line of a tree object: mode as Git stores it and id of the object."""

    mode: str
    oid: str


def parse_tree(data: bytes, hash_bytes: int) -> dict[bytes, Entry]:
    """The entries of a raw tree object by name."""
    entries = {}
    at = 0
    while at < len(data):
        space = data.index(b" ", at)
        end = data.index(b"\0", space)
        after = end + 1 + hash_bytes
        entries[data[space + 1 : end]] = Entry(data[at:space].decode(), data[end + 1 : after].hex())
        at = after
    return entries


def check_path(path: str) -> None:
    """Raises RepositoryError for a path that no tree may hold."""
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise RepositoryError(f"{printable(path)} cannot be a path of a tree", "", "name a file inside the repository")


def write_blobs(git: Git, contents: list[bytes]) -> list[str]:
    """Store these contents byte for byte (no filters, no line-end conversion); their ids in order."""
    if not contents:
        return []
    with tempfile.TemporaryDirectory(prefix="liftlock-") as folder:
        for number, data in enumerate(contents):
            (Path(folder) / str(number)).write_bytes(data)
        names = "".join(f"{number}\n" for number in range(len(contents))).encode()
        written = git.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=names, cwd=Path(folder))
    return written.text.split()


def edit_tree(git: Git, objects: Objects, tree: str, changes: Mapping[str, bytes | None]) -> str:
    """The id of the tree with these files written (bytes) or removed (None); all else stays as it is.

    A file keeps its mode, a new one is 100644. Raises RepositoryError: a symbolic link or submodule in the way, a
    file to remove that is not there, a new name that differs from another in case only, a path no tree may hold.
    """
    for path in changes:
        check_path(path)
    written = [(path, data) for path, data in changes.items() if data is not None]
    oids = write_blobs(git, [data for _, data in written])
    blobs: dict[str, str | None] = dict.fromkeys(changes)
    blobs.update(zip((path for path, _ in written), oids, strict=True))
    with _TreeMaker(git, objects, _HASH_BYTES[len(tree)]) as maker:
        return maker.edited(tree, blobs, "") or maker.make({})


class _TreeMaker:
    """A running `git mktree --batch` that the changed trees are given to, the deepest first."""

    def __init__(self, git: Git, objects: Objects, hash_bytes: int) -> None:
        self._git = git
        self._objects = objects
        self._hash_bytes = hash_bytes
        self._command: Command = git.command("mktree", "-z", "--batch", stdin=b"")

    def __enter__(self) -> _TreeMaker:
        self._complaints = tempfile.TemporaryFile()
        try:
            self._process = self._git.runner.start(self._command, stderr=self._complaints)
        except LiftlockError as error:
            self._complaints.close()
            if isinstance(error, Cancelled):
                raise
            raise RepositoryError(error.title, error.detail, error.hint, command=error.command) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._git.runner.end(self._process)
        self._git.runner.note(str(self._command), code=None)
        self._complaints.close()

    def make(self, entries: Mapping[bytes, Entry]) -> str:
        """The id of a tree of these entries."""
        types = {FOLDER: b"tree", SUBMODULE: b"commit"}
        records = [
            b"%s %s %s\t%s\0" % (e.mode.zfill(6).encode(), types.get(e.mode, b"blob"), e.oid.encode(), name)
            for name, e in entries.items()
        ]
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RepositoryError("git mktree has no pipes")
        try:
            process.stdin.write(b"".join(records) + b"\0")
            process.stdin.flush()
            answer = process.stdout.readline().decode().strip()
        except OSError:
            answer = ""
        if not answer:
            process.wait()
            self._complaints.seek(0)
            said = printable(self._complaints.read().decode("utf-8", "replace").strip(), newlines=True)
            title, detail, hint = explain(said)
            raise RepositoryError(title or "A tree could not be written", detail, hint, command=str(self._command))
        return answer

    def edited(self, tree: str | None, blobs: Mapping[str, str | None], where: str) -> str | None:
        """The id of this folder's tree after the changes (paths relative to it), None when nothing is left in it."""
        entries = self._entries(tree)
        files: dict[bytes, str | None] = {}
        folders: dict[bytes, dict[str, str | None]] = {}
        for path, oid in blobs.items():
            first, slash, rest = path.partition("/")
            name = first.encode("utf-8", "surrogateescape")
            if slash:
                folders.setdefault(name, {})[rest] = oid
            else:
                files[name] = oid
        # What goes, goes first: a name then is free for one that differs in case only, or for a folder.
        for name, oid in files.items():
            if oid is None:
                self._removable(entries, name, where)
                del entries[name]
        for name, inner in folders.items():
            self._enter(entries, name, inner, where)
        for name, oid in files.items():
            if oid is not None:
                entries[name] = Entry(self._mode(entries, name, where), oid)
        return self.make(entries) if entries else None

    def _entries(self, tree: str | None) -> dict[bytes, Entry]:
        if tree is None:
            return {}
        found = self._objects.read(tree)
        if found is None or found.type != "tree":
            raise RepositoryError(
                "A folder of the base commit is missing from this clone", f"tree {tree}", "git fsck says what is broken"
            )
        return parse_tree(found.data, self._hash_bytes)

    def _enter(self, entries: dict[bytes, Entry], name: bytes, inner: Mapping[str, str | None], where: str) -> None:
        there = entries.get(name)
        place = where + _shown(name)
        if there is not None and there.mode != FOLDER:
            kind = {SYMLINK: "a symbolic link", SUBMODULE: "a submodule"}.get(there.mode, "a file")
            raise RepositoryError(
                f"{place} is {kind}", "nothing is written through it or in its place", "look at the path of the change"
            )
        if there is None:
            if all(oid is None for oid in inner.values()):
                raise _not_there(place + "/" + printable(next(iter(inner))))
            self._free(entries, name, where)
        made = self.edited(there.oid if there else None, inner, place + "/")
        if made is None:
            entries.pop(name, None)
        else:
            entries[name] = Entry(FOLDER, made)

    def _mode(self, entries: Mapping[bytes, Entry], name: bytes, where: str) -> str:
        there = entries.get(name)
        if there is None:
            self._free(entries, name, where)
            return REGULAR
        self._regular(there, where + _shown(name))
        return there.mode

    def _removable(self, entries: Mapping[bytes, Entry], name: bytes, where: str) -> None:
        if name not in entries:
            raise _not_there(where + _shown(name))
        self._regular(entries[name], where + _shown(name))

    @staticmethod
    def _regular(entry: Entry, place: str) -> None:
        if entry.mode.startswith("100"):
            return
        kind = {SYMLINK: "a symbolic link", SUBMODULE: "a submodule"}.get(entry.mode, "a folder")
        raise RepositoryError(
            f"{place} is {kind}", "it is never replaced by a file, nor taken away", "change the file it stands for"
        )

    @staticmethod
    def _free(entries: Mapping[bytes, Entry], name: bytes, where: str) -> None:
        wanted = folded(name.decode("utf-8", "surrogateescape"))
        for other in entries:
            if folded(other.decode("utf-8", "surrogateescape")) == wanted:
                raise RepositoryError(
                    f"{where}{_shown(name)} differs from {where}{_shown(other)} in case only",
                    "on macOS and Windows just one of them could be checked out",
                    "use the spelling that is there",
                )


def _not_there(place: str) -> RepositoryError:
    return RepositoryError(f"There is no file {place} to remove", "the base commit does not have it", "plan again")


def _shown(name: bytes) -> str:
    return printable(name.decode("utf-8", "replace"))
