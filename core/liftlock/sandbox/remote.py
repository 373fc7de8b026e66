"""The bare remote as a controller in the cluster reads it: the tips of branches, their files, and who made them."""

from __future__ import annotations

from pathlib import Path

from liftlock.commands import Runner
from liftlock.gitrepo import GitTree, Repository, Touched
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its id, when it was made (seconds since the epoch), by whom, and the first line of its message."""

    id: str
    time: float
    author: str
    subject: str


class Remote:
    """One bare repository on this machine. Every method may raise RepositoryError. Safe from any thread."""

    def __init__(self, path: Path, runner: Runner, head: str = "main", address: str = "") -> None:
        self.url = address or str(path)
        self.head = head
        self._repository = Repository.open(path, runner)

    def close(self) -> None:
        """End the process that reads it."""
        self._repository.close()

    def tip(self, branch: str) -> str:
        """The commit that the branch is at."""
        return self._repository.resolve(f"refs/heads/{branch}")

    def tree(self, commit: str) -> GitTree:
        """The files of a commit."""
        return self._repository.tree(commit)

    def commit(self, rev: str) -> Commit:
        """A commit itself."""
        return _commit(next(iter(self._repository.history(rev, limit=1))))

    def last(self, rev: str, *paths: str) -> Commit:
        """The newest commit up to `rev` that touched one of these files or folders; `rev` itself when none did."""
        found = next(iter(self._repository.history(rev, paths=[path for path in paths if path], limit=1)), None)
        return _commit(found) if found is not None else self.commit(rev)

    def newest(self, rev: str, limit: int) -> list[Commit]:
        """The last commits up to `rev`, newest first."""
        return [_commit(touched) for touched in self._repository.history(rev, limit=limit)]


def _commit(touched: Touched) -> Commit:
    revision = touched.revision
    return Commit(revision.commit, revision.time, revision.author, revision.subject)
