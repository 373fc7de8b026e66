"""Which ref an environment is read from, and how old that knowledge is."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from liftlock.errors import RepositoryError
from liftlock.gitrepo.process import Git
from liftlock.gitrepo.refs import Ref, head_branch, no_such, read_refs, resolve, short
from liftlock.gitrepo.settings import Settings
from liftlock.model.board import Source
from liftlock.text import printable
from liftlock.values import dataclass

USUAL = ("main", "master", "trunk")


@dataclass(frozen=True, slots=True)
class Refs:
    """What the choice is made from: HEAD's branch (None: detached), local branches and remote ones, remotes."""

    head: str | None
    refs: dict[str, Ref]
    remotes: tuple[str, ...]

    @property
    def primary(self) -> str | None:
        """The remote that counts: the one HEAD's branch follows, else origin, else the first."""
        upstream = self.refs[self.head].upstream if self.head in self.refs and self.head else ""
        followed = remote_of(upstream, self.remotes)
        if followed:
            return followed[0]
        return "origin" if "origin" in self.remotes else next(iter(self.remotes), None)


def remote_of(ref: str, remotes: tuple[str, ...]) -> tuple[str, str] | None:
    """The remote and the branch there that a remote-tracking ref stands for, None when it is none."""
    for remote in sorted(remotes, key=len, reverse=True):
        prefix = f"refs/remotes/{remote}/"
        if ref.startswith(prefix):
            return remote, ref.removeprefix(prefix)
    return None


def choose(known: Refs) -> tuple[str, str] | None:
    """The full name of the ref to read and the reason, None when there is no commit on any branch to be read."""
    remote = known.primary
    if remote is not None:
        default = known.refs.get(f"refs/remotes/{remote}/HEAD")
        if default is not None and default.symbolic in known.refs:
            return default.symbolic, f"the default branch of {remote}"
        for name in USUAL:
            if f"refs/remotes/{remote}/{name}" in known.refs:
                return f"refs/remotes/{remote}/{name}", f"{name} of {remote}; {remote} does not say its default branch"
    head = known.refs.get(known.head) if known.head else None
    if head is not None:
        if head.upstream in known.refs:
            return head.upstream, f"what the checked-out branch {short(head.name)} follows"
        return head.name, "the branch HEAD is on; " + (f"nothing of {remote} was fetched" if remote else "no remote")
    return None


def gather(git: Git, settings: Settings) -> Refs:
    """Read what `choose` needs, and no more: a repository can have ten thousands of refs."""
    head = head_branch(git)
    remotes = tuple(name for name, _ in settings.remotes)
    patterns = [f"refs/remotes/{remote}/{name}" for remote in remotes for name in ("HEAD", *USUAL)]
    patterns += [f"refs/heads/{name}" for name in USUAL] if remotes else []
    found = read_refs(git, *patterns, *([head] if head else []))
    missing = {ref.symbolic or ref.upstream for ref in found.values()} - set(found) - {""}
    if missing:
        found |= read_refs(git, *missing)
    return Refs(head, found, remotes)


def default_source(git: Git, common_dir: Path, settings: Settings) -> Source:
    """The ref that environments are read from when nothing else says so.

    That is the default branch of the remote, else main or master there, else what HEAD's branch follows, else HEAD's
    branch, else the commit of a detached HEAD. Raises RepositoryError when nothing is committed.
    """
    known = gather(git, settings)
    chosen = choose(known)
    if chosen is not None:
        return _source(git, common_dir, known, *chosen)
    if known.head is None:
        return Source("HEAD", resolve(git, "HEAD"), why="HEAD is detached, and no branch of a remote is known")
    raise RepositoryError(
        "Nothing is committed here yet",
        f"the branch {printable(short(known.head))} has no commit",
        "make the first commit, or git fetch and git checkout a branch that has one",
    )


def source_of(git: Git, common_dir: Path, ref: str, settings: Settings) -> Source:
    """The ref that a name means: the remote's branch of that name first, then the local one, a tag, a commit.

    Raises RepositoryError with the nearest names when there is none.
    """
    known = gather(git, settings)
    remote = known.primary
    candidates = [ref] if ref.startswith("refs/") else []
    candidates += [f"refs/remotes/{remote}/{ref}"] if remote else []
    candidates += [f"refs/remotes/{ref}", f"refs/heads/{ref}", f"refs/tags/{ref}"]
    if any(character in ref for character in "*?[\0\n"):
        raise no_such(git, ref)
    found = read_refs(git, *candidates)
    for name in candidates:
        if name in found:
            known.refs.update(found)
            kind = {"heads": "local branch", "tags": "tag"}.get(name.split("/")[1], "")
            why = f"the {kind} {short(name)}" if kind else f"{short(name)}, as it was named"
            return _source(git, common_dir, known, name, why)
    return Source(ref, resolve(git, ref), why=f"the commit that {printable(ref)} names")


def _source(git: Git, common_dir: Path, known: Refs, ref: str, why: str) -> Source:
    commit = known.refs[ref].oid
    there = remote_of(ref, known.remotes)
    if there is None:
        return Source(ref, commit, why=printable(why))
    remote, branch = there
    name = f"refs/heads/{branch}"
    known_here = known.refs if branch in USUAL else read_refs(git, name)
    local = known_here.get(name)
    unpushed = 0
    if local is not None and local.oid != commit:
        unpushed = int(git.text("rev-list", "--count", f"{commit}..{local.oid}"))
    return Source(ref, commit, last_fetch(git.git_dir, common_dir, remote, branch), unpushed, printable(why))


def fetch_mark(common_dir: Path, remote: str) -> Path:
    """The file whose time says when liftlock last fetched from the remote."""
    return common_dir / "liftlock" / "fetched" / quote(remote, safe="")


def last_fetch(git_dir: Path, common_dir: Path, remote: str, branch: str) -> float | None:
    """When the remote was last asked, in seconds since the epoch; None when that cannot be known.

    FETCH_HEAD tells, unless it is empty (a fetch that failed empties it); liftlock's own fetches leave a mark; before
    the first fetch of a clone, its reflog tells.
    """
    times = [_modified(fetch_mark(common_dir, remote), empty=True)]
    times += [_modified(folder / "FETCH_HEAD") for folder in {git_dir, common_dir}]
    known = [time for time in times if time is not None]
    if known:
        return max(known)
    for name in (branch, "HEAD"):
        told = _logged(common_dir / "logs" / "refs" / "remotes" / remote / name)
        if told is not None:
            return told
    return None


def _modified(path: Path, *, empty: bool = False) -> float | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime if status.st_size or empty else None


def _logged(path: Path) -> float | None:
    """The time of the newest reflog entry that a fetch or a clone wrote (a push writes some, too)."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        found = re.search(r" (?P<time>\d+) [+-]\d{4}\t(fetch|clone|pull)", line)
        if found:
            return float(found["time"])
    return None
