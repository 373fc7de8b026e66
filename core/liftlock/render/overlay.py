"""A tree with some of its files changed, without writing anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property

from liftlock.errors import RepositoryError
from liftlock.model.tree import REGULAR, Tree, TreeEntry
from liftlock.text import printable


class Overlay:
    """The tree as it would be with these files written (bytes) or removed (None)."""

    def __init__(self, tree: Tree, changes: Mapping[str, bytes | None]) -> None:
        self._tree = tree
        self._changes = dict(changes)

    @property
    def commit(self) -> str:
        """The commit that the changes are laid over."""
        return self._tree.commit

    @cached_property
    def id(self) -> str:
        """A text that only this content has; not an object of Git."""
        code = hashlib.blake2b(self._tree.id.encode(), digest_size=20)
        for path, data in sorted(self._changes.items()):
            code.update(f"{path}\0{'' if data is None else _oid(data)}\0".encode("utf-8", "surrogateescape"))
        return code.hexdigest()

    @cached_property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every path; what is new stands at the end."""
        entries = dict(self._tree.entries)
        for path, data in self._changes.items():
            if data is None:
                entries.pop(path, None)
            else:
                mode = entries[path].mode if path in entries and entries[path].is_file else REGULAR
                entries[path] = TreeEntry(mode, _oid(data))
        return entries

    def read(self, path: str) -> bytes:
        """The bytes of the file. Raises RepositoryError when there is none."""
        if path not in self._changes:
            return self._tree.read(path)
        data = self._changes[path]
        if data is None:
            raise RepositoryError(f"There is no file {printable(path)}", "the change removes it", "look at the path")
        return data

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of all these files; paths that are not there are left out."""
        wanted = list(paths)
        found = self._tree.read_many(path for path in wanted if path not in self._changes)
        for path in wanted:
            data = self._changes.get(path)
            if data is not None:
                found[path] = data
        return found


def _oid(data: bytes) -> str:
    """The id that Git gives such a blob, so that what is cached for a change serves the commit made of it as well."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
