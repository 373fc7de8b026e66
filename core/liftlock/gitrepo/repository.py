"""One repository, opened: everything the engine asks of Git. Safe to use from any thread."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from liftlock.commands import Runner
from liftlock.gitrepo import commits, fetching, hooks, pushing, refs, sources
from liftlock.gitrepo import facts as facts_
from liftlock.gitrepo import history as history_
from liftlock.gitrepo.facts import RepositoryFacts
from liftlock.gitrepo.history import Key, Touched
from liftlock.gitrepo.objects import Objects
from liftlock.gitrepo.opening import Place, locate
from liftlock.gitrepo.process import Cancelled, Git, Progress
from liftlock.gitrepo.settings import read_settings
from liftlock.gitrepo.trees import GitTree, list_tree
from liftlock.model.board import Source
from liftlock.model.report import Fetched, Pushed
from liftlock.model.revision import Revision
from liftlock.text import printable

_TREES_KEPT = 8
_PROMOTES = re.compile("^Promotion-To: ", re.MULTILINE)


class Repository:
    """One repository. The user's HEAD, index, work tree and stash are never touched by anything here."""

    def __init__(self, place: Place, runner: Runner) -> None:
        self._place = place
        self._git = Git(runner, place.git_dir, place.work_tree or place.git_dir, place.exported)
        self._objects = Objects(self._git)
        self._trees: OrderedDict[str, GitTree] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, start: Path, runner: Runner) -> Self:
        """The repository that holds `start`: a work tree or any folder inside, a bare repository, a submodule.

        Raises RepositoryError: no git or one that is too old, no repository here, one of another owner.
        """
        return cls(locate(start, runner), runner)

    def close(self) -> None:
        """End the process that reads objects; it is started again when it is needed."""
        self._objects.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What it is ------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of its folder, clean for display."""
        place = self._place
        if place.work_tree is not None:
            return printable(place.work_tree.name)
        folder = place.common_dir.parent if place.common_dir.name == ".git" else place.common_dir
        return printable(folder.name.removesuffix(".git"))

    @property
    def git_dir(self) -> Path:
        """The folder with HEAD and index of this work tree."""
        return self._place.git_dir

    @property
    def common_dir(self) -> Path:
        """The folder with objects and refs; `git_dir` but for a linked work tree."""
        return self._place.common_dir

    @property
    def work_tree(self) -> Path | None:
        """The top of the work tree, None for a bare repository."""
        return self._place.work_tree

    @property
    def object_format(self) -> str:
        """`sha1` or `sha256`."""
        return self._place.object_format

    def facts(self) -> RepositoryFacts:
        """The state as it is now. Raises RepositoryError."""
        found = self._git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1, 128))
        paths = self.tree("HEAD").submodules if found.code == 0 else ()
        return facts_.facts(self._git, self._place, tuple(printable(path) for path in paths))

    def missing_identity(self) -> str:
        """A sentence when git would not know who commits, "" when it does."""
        return commits.missing_identity(self._git)

    # Reading ---------------------------------------------------------------------------------------------------------

    def resolve(self, rev: str) -> str:
        """The id of the commit that a revision means. Raises RepositoryError with the nearest names."""
        return refs.resolve(self._git, rev)

    def exists(self, ref: str) -> bool:
        """Whether there is a ref of this full name."""
        return ref in refs.read_refs(self._git, ref)

    def tree(self, rev: str) -> GitTree:
        """The files of a commit; the last few are kept. Raises RepositoryError when there is no such commit."""
        commit = self.resolve(rev)
        with self._lock:
            if commit in self._trees:
                self._trees.move_to_end(commit)
                return self._trees[commit]
        found = self._objects.read(commit)
        if found is None:
            raise refs.no_such(self._git, rev)
        oid = found.data.split(b"\n", 1)[0].removeprefix(b"tree ").decode()
        made = GitTree(commit, oid, list_tree(self._git, oid), self._objects)
        with self._lock:
            self._trees[commit] = made
            while len(self._trees) > _TREES_KEPT:
                self._trees.popitem(last=False)
        return made

    def default_source(self) -> Source:
        """What environments are read from when nothing else says so. Raises RepositoryError: nothing committed."""
        return sources.default_source(self._git, self.common_dir)

    def source_of(self, ref: str) -> Source:
        """What this name is read from: the remote's branch first, then the local one, a tag, a commit.

        Raises RepositoryError with the nearest names when there is none.
        """
        return sources.source_of(self._git, self.common_dir, ref)

    def branches(self) -> tuple[str, ...]:
        """Short names of all branches, local and remote, each once."""
        return refs.branches(self._git, (name for name, _ in read_settings(self._git).remotes))

    # History ---------------------------------------------------------------------------------------------------------

    def history(
        self,
        rev: str,
        *,
        paths: Sequence[str] = (),
        limit: int | None = None,
        adding: str | None = None,
        cancelled: Cancelled | None = None,
    ) -> Iterator[Touched]:
        """Commits from `rev` back, newest first, streamed; see `history.history`. Raises RepositoryError, Cancelled."""
        return history_.history(self._git, rev, paths=paths, limit=limit, adding=adding, cancelled=cancelled)

    def last_touch(
        self, rev: str, wanted: Mapping[Key, Collection[str]], cancelled: Cancelled | None = None
    ) -> Iterator[tuple[Key, Revision]]:
        """For each key the newest commit that touched one of its paths, as each is found."""
        return history_.last_touch(self._git, rev, wanted, cancelled)

    def ahead(self, base: str, tip: str) -> list[Revision]:
        """The commits of `tip` that are not in `base`, newest first. Raises RepositoryError."""
        return history_.between(self._git, self.resolve(base), self.resolve(tip))

    def count_between(self, base: str, tip: str) -> int:
        """How many commits of `tip` are not in `base`. Raises RepositoryError."""
        return int(self._git.text("rev-list", "--count", f"{self.resolve(base)}..{self.resolve(tip)}"))

    def local_promotions(self) -> Iterator[tuple[str, str, str, str]]:
        """Local branches whose tip promotes and that no remote has: branch, tip, its parent, its message; newest first.

        Raises RepositoryError.
        """
        for branch, tip, parents, text in refs.local_tips(self._git):
            if _PROMOTES.search(text) and not self.is_published(tip):
                yield branch, tip, parents.split(" ")[0], text

    def promotions(self, rev: str, environment: str, *, since: float, limit: int = 20) -> list[Revision]:
        """The commits of `rev` whose trailer says that they promote to the environment, newest first.

        `since` in seconds since the epoch. Raises RepositoryError.
        """
        trailer = f"^Promotion-To: {re.escape(environment)}$"
        wanted = ["--extended-regexp", f"--grep={trailer}", f"--since={int(since)}", f"--max-count={limit}"]
        return history_.revisions(self._git, [*wanted, self.resolve(rev)])

    def is_published(self, commit: str) -> bool:
        """Whether a branch of a remote has the commit, as far as was fetched. Raises RepositoryError."""
        return not self._git.text("rev-list", "--max-count=1", commit, "--not", "--remotes")

    # Writing ---------------------------------------------------------------------------------------------------------

    def write_commit(
        self,
        base: str,
        changes: Mapping[str, bytes | None],
        message: str,
        *,
        sign: bool | None = None,
        interactive: bool = False,
    ) -> str:
        """The id of a new commit on `base` with these files written or gone; see `commits.write_commit`.

        Raises RepositoryError, TerminalNeeded.
        """
        return commits.write_commit(
            self._git, self._objects, self.resolve(base), changes, message, sign=sign, interactive=interactive
        )

    def run_message_hooks(self, message: str, *, edited: bool = False) -> str:
        """The message after the user's hooks; see `hooks.run_message_hooks`. Raises RepositoryError."""
        return hooks.run_message_hooks(self._git, self.common_dir, message, edited=edited)

    def create_or_move_branch(self, branch: str, commit: str, expected: str | None) -> None:
        """Create the branch (`expected` None) or move it from `expected`, by compare-and-swap.

        Raises RefMoved, RepositoryError; a branch that a work tree has checked out is never moved.
        """
        refs.move_branch(self._git, self.common_dir, branch, commit, expected)

    def delete_branch(self, branch: str, expected: str) -> None:
        """Take the branch away if it still stands at `expected`. Raises RefMoved, RepositoryError."""
        refs.delete_branch(self._git, self.common_dir, branch, expected)

    def checked_out(self, branch: str) -> Path | None:
        """The work tree that has the branch checked out, None when none has."""
        return refs.checked_out(self._git, self.common_dir, branch)

    # Remotes ---------------------------------------------------------------------------------------------------------

    def fetch(
        self,
        remote: str | None = None,
        *,
        interactive: bool = False,
        cancelled: Cancelled | None = None,
        progress: Progress | None = None,
    ) -> Fetched:
        """Bring remote-tracking refs up to date. Raises RepositoryError, TerminalNeeded, Cancelled."""
        return fetching.fetch(
            self._git, self.common_dir, remote, interactive=interactive, cancelled=cancelled, progress=progress
        )

    def push(
        self,
        remote: str,
        refspec: str,
        *,
        expected_remote: str | None = None,
        interactive: bool = False,
        cancelled: Cancelled | None = None,
        progress: Progress | None = None,
        options: Sequence[str] = (),
    ) -> Pushed:
        """Push one commit to one branch, never by force; see `pushing.push`.

        Raises PushRejected, TerminalNeeded, RepositoryError, Cancelled.
        """
        return pushing.push(
            self._git,
            self.common_dir,
            remote,
            refspec,
            expected_remote=expected_remote,
            interactive=interactive,
            cancelled=cancelled,
            progress=progress,
            options=options,
        )

    def remotes(self) -> tuple[tuple[str, str], ...]:
        """Each remote's name and first address, which may hold credentials. Raises RepositoryError."""
        return read_settings(self._git).remotes

    def remote_for(self, ref: str) -> tuple[str, str]:
        """The remote that a push of this ref goes to, and the branch there. Raises RepositoryError: no remote."""
        return pushing.remote_for(self._git, ref)

    def would_push(self, remote: str, commit: str, destination: str) -> tuple[Revision, ...]:
        """Every commit that a push to this branch of the remote carries, newest first. Raises RepositoryError."""
        return pushing.would_push(self._git, remote, commit, destination)

    def has_remote_branch(self, remote: str, branch: str) -> bool:
        """Whether the remote has the branch, as far as was fetched."""
        ref = pushing.tracking_ref(read_settings(self._git), remote, f"refs/heads/{branch}")
        return ref is not None and self.exists(ref)
