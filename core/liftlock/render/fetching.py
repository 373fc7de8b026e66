"""Remote bases and manifests, fetched when a person asks, and kept so that they are fetched once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from liftlock.commands import Command, Runner, masked
from liftlock.errors import CommandFailed, LiftlockError, RenderError
from liftlock.gitrepo.objects import Objects
from liftlock.gitrepo.process import Git
from liftlock.gitrepo.trees import GitTree, list_tree
from liftlock.model.tree import Tree
from liftlock.render.sources import FileSource, GitSource, source_of
from liftlock.text import printable
from liftlock.values import dataclass

Progress = Callable[[str], None]
Stop = Callable[[], bool]

SECONDS = 120.0
_LARGEST_FILE = 20 * 1024 * 1024
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Base:
    """A remote folder at hand: the tree of its commit and the path in it. `note` says what was not pinned."""

    tree: Tree
    path: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A remote manifest at hand."""

    data: bytes
    note: str = ""


class Remotes:
    """What was fetched so far, in a folder of the cache; without one, nothing can be fetched or kept."""

    def __init__(self, runner: Runner, folder: Path | None) -> None:
        self._runner = runner
        self._folder = folder
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        self._trees: dict[tuple[str, str], GitTree] = {}
        self._objects: dict[str, Objects] = {}

    def known(self, text: str) -> Base | Manifest | None:
        """What the reference names, when it was fetched before."""
        source = source_of(text)
        if self._folder is None or source is None:
            return None
        try:
            if isinstance(source, FileSource):
                return Manifest(self._file(source).read_bytes(), _unpinned(source, ""))
            commit = self._refs(source).get(source.ref)
            return self._base(source, commit) if commit else None
        except (OSError, LiftlockError):
            return None  # half kept or removed: it is fetched again

    def fetch(self, text: str, *, progress: Progress | None, cancelled: Stop | None) -> Base | Manifest:
        """Fetch what the reference names, unless it is at hand and cannot have changed.

        Raises RenderError with the cause, Cancelled.
        """
        source = source_of(text)
        if self._folder is None or source is None:
            why = "there is no cache to keep it in" if source else "its address is of a kind that is not fetched"
            raise RenderError(f"{printable(text)} cannot be fetched", why, "render it by hand with kustomize build")
        with self._one_at_a_time(source.url):
            if isinstance(source, GitSource) and source.exact and isinstance(found := self.known(text), Base):
                return found
            if progress is not None:
                progress(f"fetching {printable(masked(text))}")
            if isinstance(source, FileSource):
                return self._download(source)
            return self._clone(source, progress, cancelled)

    def _one_at_a_time(self, url: str) -> threading.Lock:
        with self._lock:
            return self._busy.setdefault(url, threading.Lock())

    # Git -----------------------------------------------------------------------------------------------------------

    def _home(self, source: GitSource) -> Path:
        assert self._folder is not None  # noqa: S101 - asked for by those that checked it
        return self._folder / "bases" / _name(source.url)

    def _git(self, home: Path) -> Git:
        return Git(self._runner, home, home)

    def _refs(self, source: GitSource) -> dict[str, str]:
        """The commit that each ref was when it was fetched last."""
        try:
            stored = json.loads((self._home(source) / "liftlock.json").read_bytes())
        except FileNotFoundError:
            return {}
        return {str(ref): str(commit) for ref, commit in stored.items()}

    def _base(self, source: GitSource, commit: str) -> Base:
        key = (source.url, commit)
        with self._lock:
            tree = self._trees.get(key)
        if tree is None:
            git = self._git(self._home(source))
            with self._lock:
                objects = self._objects.setdefault(source.url, Objects(git))
            root = objects.read(f"{commit}^{{tree}}")
            if root is None:
                raise RenderError(f"{printable(str(source))} is not whole in the cache")
            tree = GitTree(commit, root.oid, list_tree(git, root.oid), objects)
            with self._lock:
                tree = self._trees.setdefault(key, tree)
        return Base(tree, source.path, _unpinned(source, commit))

    def _clone(self, source: GitSource, progress: Progress | None, cancelled: Stop | None) -> Base:
        home = self._home(source)
        git = self._git(home)
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not (home / "HEAD").exists():
                self._runner.run(Command(("git", "init", "-q", "--bare", str(home)), env={"GIT_DIR": None}))
            commit = self._shallow(git, source, cancelled)
            refs = self._refs(source) | {source.ref: commit}
            _write(home / "liftlock.json", json.dumps(refs).encode())
            base = self._base(source, commit)
        except CommandFailed as error:
            lines = [line for line in error.detail.splitlines() if line.strip()]
            raise RenderError(
                f"{printable(masked(str(source)))} cannot be fetched",
                lines[-1] if lines else error.title,
                "look at the address and at your access to it",
                command=error.command,
            ) from error
        except OSError as error:
            raise RenderError("The cache cannot be written", error.strerror or str(error), str(home)) from error
        if base.note and progress is not None:
            progress(base.note)
        return base

    def _shallow(self, git: Git, source: GitSource, cancelled: Stop | None) -> str:
        """Fetch one commit, or all where the server gives none by this name; its id."""
        env = {"GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file"}
        wanted = source.ref or "HEAD"
        fetch = ("fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
        kept = f"refs/liftlock/{_name(wanted)}"
        command = git.command(*fetch, "--depth=1", "--", source.url, f"+{wanted}:{kept}", env=env)
        try:
            self._runner.run(_within(command), cancelled=cancelled)
        except CommandFailed:
            if not source.ref:
                raise
            # A shortened commit id, or one that the server does not give out by itself.
            everything = "+refs/*:refs/liftlock/all/*"
            self._runner.run(_within(git.command(*fetch, "--", source.url, everything, env=env)), cancelled=cancelled)
            kept = source.ref
        found = self._runner.run(git.command("rev-parse", "--verify", "-q", "--end-of-options", f"{kept}^{{commit}}"))
        return found.text.strip()

    # Files ---------------------------------------------------------------------------------------------------------

    def _file(self, source: FileSource) -> Path:
        assert self._folder is not None  # noqa: S101 - asked for by those that checked it
        return self._folder / "files" / _name(source.url)

    def _download(self, source: FileSource) -> Manifest:
        request = urllib.request.Request(source.url, headers={"User-Agent": "liftlock"})  # noqa: S310 - http(s) only
        read = bytearray()
        try:
            with urllib.request.urlopen(request, timeout=SECONDS / 4) as answer:  # noqa: S310
                while piece := answer.read(_PIECE):
                    read += piece
                    if len(read) > _LARGEST_FILE:
                        raise RenderError(
                            f"{printable(masked(source.url))} is too large", f"more than {_LARGEST_FILE >> 20} MiB"
                        )
            self._file(source).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(self._file(source), bytes(read))
        except (OSError, urllib.error.URLError, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise RenderError(
                f"{printable(masked(source.url))} cannot be fetched", printable(str(why)), "look at the address"
            ) from error
        self._runner.note(f"GET {source.url}")
        return Manifest(bytes(read), _unpinned(source, ""))


def _within(command: Command) -> Command:
    return Command(command.argv, command.cwd, command.env, timeout=SECONDS)


def _unpinned(source: GitSource | FileSource, commit: str) -> str:
    """What is to be said of a reference that can mean something else tomorrow; tags are taken as pinned."""
    if isinstance(source, FileSource) or source.exact:
        return ""
    if not source.ref:
        return (
            f"{printable(masked(str(source)))} is not pinned: its default branch was {commit[:8]} when it was fetched"
        )
    if source.ref in ("main", "master", "HEAD", "develop", "latest"):
        return f"{printable(masked(str(source)))} follows a branch: it was {commit[:8]} when it was fetched"
    return ""


def _name(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{uuid4().hex}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
