"""A Git tree as the engine reads it: paths, modes, ids, and the bytes of blobs when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from liftlock.values import dataclass

# Paths are text; bytes of a path that are not UTF-8 survive as surrogates (os.fsdecode's way). They are made
# printable only where they are shown.

SYMLINK = "120000"
SUBMODULE = "160000"
EXECUTABLE = "100755"
REGULAR = "100644"


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One path of a tree: its mode as Git writes it (`100644`) and the id of its object."""

    mode: str
    oid: str

    @property
    def is_file(self) -> bool:
        """A regular file: neither a symbolic link nor a submodule."""
        return self.mode.startswith("100")


class Tree(Protocol):
    """The files of one commit."""

    @property
    def commit(self) -> str:
        """The commit it was read at."""
        ...

    @property
    def id(self) -> str:
        """The id of the tree object: the same content has the same id."""
        ...

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every path of the tree, in Git's order, folders left out."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of the file. Raises RepositoryError when there is none."""
        ...

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of all these files, read in one go; paths that are not there are left out."""
        ...
