"""How what a cluster applied stands to what Git says: compared by the cell's own files, not by the commit's id."""

from __future__ import annotations

from liftlock.errors import LiftlockError
from liftlock.gitrepo import Repository
from liftlock.live.cells import Relation
from liftlock.live.promoted import descends
from liftlock.model.app import Cell
from liftlock.model.tree import Tree, TreeEntry

_HEX = frozenset("0123456789abcdef")
Compared = tuple[Relation, int | None]


class GitSide:
    """Compares revisions for cells, and remembers; a commit's content never changes."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._known: dict[tuple[str, str, str, str], Compared] = {}
        self._files: dict[tuple[str, str, str], dict[str, TreeEntry]] = {}

    def relation(self, cell: Cell, tip: str, applied: str) -> Compared:
        """How the cell's files at `applied` stand to those at `tip`; by how many commits the cluster is older."""
        if not applied:
            return Relation.NONE, None
        if applied == tip:
            return Relation.SAME, None
        key = (cell.app, cell.environment, tip, applied)
        found = self._known.get(key)
        if found is None:
            found = self._compare(cell, tip, applied)
            if found[0] is not Relation.UNKNOWN:  # a fetch may bring it
                self._known[key] = found
        return found

    def _compare(self, cell: Cell, tip: str, applied: str) -> Compared:
        if not set(applied) <= _HEX or len(applied) < 7:
            return Relation.NONE, None  # a chart's version, a digest
        try:
            ours, theirs = self._repository.tree(tip), self._repository.tree(applied)
        except LiftlockError:
            return Relation.UNKNOWN, None
        if self._own(cell, ours) == self._own(cell, theirs):
            return Relation.SAME, None
        if descends(self._repository, applied, tip):
            return Relation.OLDER, self._repository.count_between(applied, tip)
        if descends(self._repository, tip, applied):
            return Relation.NEWER, None
        return Relation.UNKNOWN, None

    def _own(self, cell: Cell, tree: Tree) -> dict[str, TreeEntry]:
        """The entries of a tree that the cell is made of."""
        key = (cell.app, cell.environment, tree.commit)
        if key not in self._files:
            folders = tuple(root for root in cell.roots if root.endswith("/"))
            named = {*cell.files, *cell.shared, *cell.roots}
            if len(self._files) > 4000:
                self._files.clear()
            self._files[key] = {
                path: entry
                for path, entry in tree.entries.items()
                if path in named or (folders and path.startswith(folders))
            }
        return self._files[key]
