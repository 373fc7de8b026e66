"""What can be read of one repository that was opened. Safe to use from any thread."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from liftlock.commands import Runner
from liftlock.gitrepo import history as history_
from liftlock.gitrepo import landings as landings_
from liftlock.gitrepo import refs, sources
from liftlock.gitrepo import versions as versions_
from liftlock.gitrepo.history import Key, Touched
from liftlock.gitrepo.landings import Landing
from liftlock.gitrepo.messages import Message, messages
from liftlock.gitrepo.objects import Object, Objects
from liftlock.gitrepo.opening import Place, locate
from liftlock.gitrepo.process import Cancelled, Git
from liftlock.gitrepo.settings import Settings, read_settings
from liftlock.gitrepo.trees import GitTree, list_tree
from liftlock.gitrepo.versions import Version
from liftlock.model.board import Source
from liftlock.model.revision import Revision
from liftlock.text import printable

# What few questions need is imported when they are asked.
if TYPE_CHECKING:
    from liftlock.gitrepo.arrivals import Arrival, Paths, Texts
    from liftlock.gitrepo.facts import RepositoryFacts

_TREES_KEPT = 8
_PROMOTES = re.compile("^Promotion-To: ", re.MULTILINE)


Hides = Callable[[str, bytes | None, bytes | None], bool]


def _nothing(path: str, before: bytes | None, after: bytes | None) -> bool:
    return False


class Readable:
    """One repository as far as it is read: refs, trees, history, configuration."""

    def __init__(self, place: Place, runner: Runner, hides: Hides) -> None:
        self._place = place
        self._hides = hides
        self._git = Git(runner, place.git_dir, place.work_tree or place.git_dir, place.exported)
        self._view = self._git
        """For reading: with the objects of neighbours."""
        self._objects = Objects(self._git)
        self._lent_objects: Objects | None = None
        self._neighbours: dict[str, Self] = {}
        self._trees: OrderedDict[str, GitTree] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, start: Path, runner: Runner, *, hides: Hides = _nothing) -> Self:
        """The repository that holds `start`: a work tree or any folder inside, a bare repository, a submodule.

        `hides` says of a file (its path, before, after) whether its difference may not stand in the command log.

        Raises RepositoryError: no git or one that is too old, no repository here, one of another owner.
        """
        return cls(locate(start, runner), runner, hides)

    def close(self) -> None:
        """End the process that reads objects; it is started again when it is needed."""
        self._objects.close()
        if self._lent_objects is not None:
            self._lent_objects.close()
        for neighbour in self._neighbours.values():
            neighbour.close()

    def neighbour(self, named: str) -> Self:
        """The clone that a setting names, relative to the top of this work tree; its objects are read here as well.

        It is opened once. Raises RepositoryError; see `neighbours.locate`.
        """
        from liftlock.gitrepo import neighbours

        with self._lock:
            if named in self._neighbours:
                return self._neighbours[named]
            made = type(self)(neighbours.locate(self._place, named, self._git.runner), self._git.runner, self._hides)
            self._neighbours[named] = made
            lent = (*self._view.lent, made.common_dir / "objects")
            self._view = replace(self._git, lent=lent)
            if self._lent_objects is not None:
                self._lent_objects.close()
            self._lent_objects = Objects(self._view)
            return made

    def before(self, ref: str, moment: float) -> str:
        """The newest commit of a ref that is no younger, "" where there is none. Raises RepositoryError."""
        return self._git.text("rev-list", "--max-count=1", f"--before={int(moment)}", ref)

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
        from liftlock.gitrepo.facts import facts

        paths = self.tree("HEAD").submodules if self._commit("HEAD") is not None else ()
        return facts(self._git, self._place, tuple(printable(path) for path in paths))

    def missing_identity(self) -> str:
        """A sentence when git would not know who commits, "" when it does."""
        from liftlock.gitrepo import commits

        return commits.missing_identity(self._git)

    # Reading ---------------------------------------------------------------------------------------------------------

    @property
    def _reader(self) -> Objects:
        return self._lent_objects or self._objects

    def resolve(self, rev: str) -> str:
        """The id of the commit that a revision means. Raises RepositoryError with the nearest names."""
        found = self._commit(rev)
        if found is None:
            raise refs.no_such(self._view, rev)
        return found.oid

    def _commit(self, rev: str) -> Object | None:
        """The commit that a revision means, None where it means none."""
        if not rev or rev.startswith("-") or any(character in rev for character in "\0\n"):
            return None
        return self._reader.read(f"{rev}^{{commit}}")

    def exists(self, ref: str) -> bool:
        """Whether there is a ref of this full name."""
        return ref in refs.read_refs(self._view, ref)

    def tree(self, rev: str) -> GitTree:
        """The files of a commit; the last few are kept. Raises RepositoryError when there is no such commit."""
        found = self._commit(rev)
        if found is None:
            raise refs.no_such(self._view, rev)
        with self._lock:
            if found.oid in self._trees:
                self._trees.move_to_end(found.oid)
                return self._trees[found.oid]
        oid = found.data.split(b"\n", 1)[0].removeprefix(b"tree ").decode()
        made = GitTree(found.oid, oid, list_tree(self._view, oid), self._reader)
        with self._lock:
            self._trees[found.oid] = made
            while len(self._trees) > _TREES_KEPT:
                self._trees.popitem(last=False)
        return made

    def settings(self) -> Settings:
        """Git's configuration as it stands now. Raises RepositoryError when a file of it is broken."""
        return read_settings(self._git)

    def default_source(self, settings: Settings | None = None) -> Source:
        """What environments are read from when nothing else says so; `settings` are read where none are given.

        Raises RepositoryError: nothing committed.
        """
        return sources.default_source(self._git, self.common_dir, settings or self.settings())

    def source_of(self, ref: str) -> Source:
        """What this name is read from: the remote's branch first, then the local one, a tag, a commit.

        Raises RepositoryError with the nearest names when there is none.
        """
        return sources.source_of(self._git, self.common_dir, ref, self.settings())

    def branches(self, settings: Settings | None = None) -> tuple[str, ...]:
        """Short names of all branches, local and remote, each once; `settings` are read where none are given."""
        return refs.branches(self._git, (name for name, _ in (settings or self.settings()).remotes))

    def is_shallow(self) -> bool:
        """Whether the history ends at a depth, not with the first commit."""
        return (self._place.common_dir / "shallow").is_file()

    def boundary(self) -> frozenset[str]:
        """The commits at which a shallow history ends: what they changed is not known. Empty where it is whole."""
        try:
            return frozenset((self._place.common_dir / "shallow").read_text().split())
        except OSError:
            return frozenset()

    # History ---------------------------------------------------------------------------------------------------------

    def landings(
        self,
        rev: str,
        paths: Sequence[str] = (),
        *,
        grep: str = "",
        files: bool = True,
        cancelled: Cancelled | None = None,
    ) -> Iterator[Landing]:
        """What landed on a line, newest first, streamed; see `landings.landings`. Raises RepositoryError, Cancelled."""
        return landings_.landings(self._view, rev, paths, grep=grep, files=files, cancelled=cancelled)

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
        return history_.history(self._view, rev, paths=paths, limit=limit, adding=adding, cancelled=cancelled)

    def versions(
        self, rev: str, paths: Sequence[str], *, limit: int, cancelled: Cancelled | None = None
    ) -> Iterator[Version]:
        """The commits of the main line that changed one of these files, with the blobs they gave; newest first."""
        return versions_.versions(self._view, rev, paths, limit=limit, cancelled=cancelled)

    def holds(self, rev: str, text: str, folder: str, name: str) -> bool:
        """Whether a file of this name (`*` for any) below the folder holds the text as a word at this revision."""
        return versions_.holds(self._view, rev, text, folder, name)

    def blobs(self, oids: Sequence[str]) -> dict[str, bytes]:
        """The bytes of these blobs; those that this clone lacks are left out. Raises RepositoryError."""
        return {oid: found.data for oid, found in self._reader.read_all(oids) if found is not None}

    def arrivals(self, rev: str, paths: Paths[Key], texts: Texts[Key], stop: Cancelled) -> Iterator[Arrival[Key]]:
        """For each key the newest commit that touched one of its paths, and the one that brought its text."""
        from liftlock.gitrepo.arrivals import arrivals

        return arrivals(self._view, self._reader, rev, paths, texts, stop)

    def last_touch(
        self, rev: str, wanted: Mapping[Key, Collection[str]], cancelled: Cancelled | None = None
    ) -> Iterator[tuple[Key, Revision]]:
        """For each key the newest commit that touched one of its paths, as each is found."""
        return history_.last_touch(self._view, rev, wanted, cancelled)

    def ahead(self, base: str, tip: str) -> list[Revision]:
        """The commits of `tip` that are not in `base`, newest first. Raises RepositoryError."""
        return history_.between(self._view, self.resolve(base), self.resolve(tip))

    def count_between(self, base: str, tip: str) -> int:
        """How many commits of `tip` are not in `base`. Raises RepositoryError."""
        return int(self._view.text("rev-list", "--count", f"{self.resolve(base)}..{self.resolve(tip)}"))

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
        return history_.revisions(self._view, [*wanted, self.resolve(rev)])

    def telling(self, rev: str, pattern: str, *, since: float, limit: int = 200) -> list[Message]:
        """The commits of `rev` with a line that matches this extended expression, newest first.

        `since` in seconds since the epoch. Raises RepositoryError.
        """
        wanted = ["--extended-regexp", f"--grep={pattern}", f"--since={int(since)}", f"--max-count={limit}"]
        return messages(self._view, [*wanted, self.resolve(rev)])

    def remote_promotions(self, remote: str, base: str) -> Iterator[tuple[str, Message]]:
        """Branches of a remote whose tip promotes and is not in `base`, as far as was fetched; newest first.

        Raises RepositoryError.
        """
        tips = refs.remote_tips(self._git, remote, self.resolve(base))
        told = {one.commit: one for one in self.messages_of(list(dict.fromkeys(tip for _, tip in tips)))}
        for branch, tip in tips:
            if tip in told and _PROMOTES.search(told[tip].text):
                yield branch, told[tip]

    def still_there(self, remote: str, branches: Collection[str]) -> frozenset[str]:
        """Those of the branches that the remote has now; all of them where it does not answer. Never interactive."""
        from liftlock.gitrepo.fetching import still_there

        return still_there(self._git, remote, branches)

    def merge_base(self, one: str, other: str) -> str | None:
        """The newest commit that both have in common, None when they share none. Raises RepositoryError."""
        found = self._view.run("merge-base", self.resolve(one), self.resolve(other), ok=(0, 1))
        return found.text.strip() or None

    def messages(self, base: str, tip: str) -> list[Message]:
        """The commits of `tip` that are not in `base` with their messages, newest first. Raises RepositoryError."""
        return messages(self._view, [self.resolve(tip), f"^{self.resolve(base)}"])

    def messages_of(self, commits: Sequence[str]) -> list[Message]:
        """These commits with their messages, in their order. Raises RepositoryError."""
        return messages(self._view, ["--no-walk=unsorted", *commits]) if commits else []

    def is_published(self, commit: str) -> bool:
        """Whether a branch of a remote has the commit, as far as was fetched. Raises RepositoryError."""
        return not self._view.text("rev-list", "--max-count=1", commit, "--not", "--remotes")
