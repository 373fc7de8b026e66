"""The files of a commit."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from liftlock.errors import RepositoryError
from liftlock.gitrepo.objects import Objects
from liftlock.gitrepo.process import Git
from liftlock.model.tree import SUBMODULE, TreeEntry
from liftlock.text import printable


class GitTree:
    """The files of one commit, listed with one `ls-tree`; see `liftlock.model.tree.Tree`."""

    def __init__(self, commit: str, tree: str, entries: Mapping[str, TreeEntry], objects: Objects) -> None:
        self._commit = commit
        self._id = tree
        self._entries = entries
        self._objects = objects

    @property
    def commit(self) -> str:
        """The commit it was read at."""
        return self._commit

    @property
    def id(self) -> str:
        """The id of the tree object."""
        return self._id

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every path of the tree, in Git's order, folders left out."""
        return self._entries

    @property
    def submodules(self) -> tuple[str, ...]:
        """The paths of submodules."""
        return tuple(path for path, entry in self._entries.items() if entry.mode == SUBMODULE)

    def read(self, path: str) -> bytes:
        """The bytes of the file (of a symbolic link: where it points).

        Raises RepositoryError when there is none, or a submodule.
        """
        entry = self._entries.get(path)
        if entry is None:
            raise RepositoryError(
                f"There is no file {printable(path)}", f"commit {self._commit[:8]} does not have it", "look at the path"
            )
        found = self._objects.read(entry.oid) if entry.mode != SUBMODULE else None
        if found is None:
            raise _unreadable(path, entry)
        return found.data

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of all these files, read in one go; paths that are not there, and submodules, are left out.

        Raises RepositoryError when an object is missing from the repository.
        """
        wanted = [(path, self._entries[path]) for path in paths if path in self._entries]
        wanted = [(path, entry) for path, entry in wanted if entry.mode != SUBMODULE]
        answers = self._objects.read_all(entry.oid for _, entry in wanted)
        read: dict[str, bytes] = {}
        for (path, entry), (_, found) in zip(wanted, answers, strict=True):
            if found is None:
                raise _unreadable(path, entry)
            read[path] = found.data
        return read


def _unreadable(path: str, entry: TreeEntry) -> RepositoryError:
    if entry.mode == SUBMODULE:
        return RepositoryError(
            f"{printable(path)} is a submodule", "its files are in another repository", "open that repository"
        )
    return RepositoryError(
        f"The content of {printable(path)} is missing from this clone",
        f"object {entry.oid} is not there",
        "git fetch --refetch, or a fresh clone, brings it back",
    )


def list_tree(git: Git, tree: str) -> dict[str, TreeEntry]:
    """Every path of a tree, in Git's order. Raises RepositoryError."""
    listing = git.run("ls-tree", "-r", "-z", "--full-tree", tree).text
    entries: dict[str, TreeEntry] = {}
    for record in listing.split("\0"):
        if record:
            described, _, path = record.partition("\t")
            mode, _, oid = described.split(" ", 2)
            entries[path] = TreeEntry(mode, oid)
    return entries


def folded(path: str) -> str:
    """What a file system that ignores case (and the form of accents) makes of a path."""
    return unicodedata.normalize("NFC", path).casefold()


def case_conflicts(paths: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of files or folders that differ in case only: some machines can check out just one of each."""
    seen: dict[str, dict[str, None]] = {}
    done: set[str] = set()
    for path in paths:
        end = len(path)
        while end > 0 and path[:end] not in done:
            done.add(path[:end])
            seen.setdefault(folded(path[:end]), {})[path[:end]] = None
            end = path.rfind("/", 0, end)
    return tuple(tuple(group) for group in seen.values() if len(group) > 1)
