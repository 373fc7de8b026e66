"""A Git tree that a test writes down as a dictionary."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from textwrap import dedent

from liftlock.errors import RepositoryError
from liftlock.model.tree import EXECUTABLE, REGULAR, SYMLINK, TreeEntry


class Link(str):
    """The content of a symbolic link: where it points."""


class Executable(str):
    """The content of a file that may be run."""


class DictTree:
    """The files of one commit, out of a dictionary of paths; texts are dedented unless they are bytes."""

    def __init__(self, files: Mapping[str, str | bytes], commit: str = "") -> None:
        self._data: dict[str, bytes] = {}
        entries: dict[str, TreeEntry] = {}
        for path, content in sorted(files.items()):
            data = content if isinstance(content, bytes) else _text(content)
            mode = {Link: SYMLINK, Executable: EXECUTABLE}.get(type(content), REGULAR)
            self._data[path] = data
            entries[path] = TreeEntry(mode, hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest())
        self._entries = entries
        listing = "".join(f"{e.mode} {e.oid}\t{path}\0" for path, e in entries.items())
        self._id = hashlib.sha1(listing.encode("utf-8", "surrogateescape")).hexdigest()
        self._commit = commit or hashlib.sha1(self._id.encode()).hexdigest()
        self.reads: list[str] = []
        """Every path that was read, in order."""

    @property
    def commit(self) -> str:
        return self._commit

    @property
    def id(self) -> str:
        return self._id

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        return self._entries

    def read(self, path: str) -> bytes:
        if path not in self._data:
            raise RepositoryError(f"There is no file {path}")
        self.reads.append(path)
        return self._data[path]

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        found = {path: self._data[path] for path in paths if path in self._data}
        self.reads += found
        return found

    def with_files(self, changes: Mapping[str, str | bytes | None]) -> DictTree:
        """Another tree: some files written, those that are None removed."""
        files: dict[str, str | bytes] = {}
        for path, data in self._data.items():
            kind = {SYMLINK: Link, EXECUTABLE: Executable}.get(self._entries[path].mode)
            files[path] = data if kind is None else kind(data.decode())
        for path, content in changes.items():
            if content is None:
                files.pop(path, None)
            else:
                files[path] = content
        return DictTree(files)


def _text(content: str) -> bytes:
    return (content if isinstance(content, Link) else dedent(content)).encode("utf-8", "surrogateescape")
