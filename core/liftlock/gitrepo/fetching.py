"""Fetching: remote-tracking refs brought up to date, and nothing else touched."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Collection
from pathlib import Path

from liftlock.errors import RepositoryError
from liftlock.gitrepo.process import Cancelled, Git, Progress
from liftlock.gitrepo.refs import Ref, read_refs
from liftlock.gitrepo.settings import read_settings
from liftlock.gitrepo.sources import fetch_mark, gather
from liftlock.gitrepo.transfer import remote_failure, transfer
from liftlock.model.report import Fetched
from liftlock.text import printable


def fetch(
    git: Git,
    common_dir: Path,
    remote: str | None,
    *,
    only: str = "",
    interactive: bool = False,
    cancelled: Cancelled | None = None,
    progress: Progress | None = None,
) -> Fetched:
    """Fetch from a remote (None: the one that environments are read from); with `only` the commits of that ref alone.

    The user's FETCH_HEAD stays, submodules are left alone, no maintenance is started. Raises RepositoryError,
    TerminalNeeded, Cancelled.
    """
    settings = read_settings(git)
    name = remote or gather(git, settings).primary
    if name is None:
        raise RepositoryError("There is no remote", "this repository knows none", "git remote add origin URL")
    arguments = ["fetch", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc", "--progress", name]
    if only:
        arguments.append(only)
    elif not settings.get(f"remote.{name}.fetch"):
        # A bare clone has no place for what the remote's branches are now; its own branches are the user's.
        arguments.append(f"+refs/heads/*:refs/remotes/{name}/*")
    before = read_refs(git, f"refs/remotes/{name}")
    outcome = transfer(
        git,
        settings,
        arguments,
        interactive=interactive,
        cancelled=cancelled,
        progress=progress,
        script=shlex.join(("git", "fetch", name)),
    )
    if outcome.code != 0:
        raise remote_failure(outcome, name, "fetch", f"git fetch {printable(name)}")
    after = read_refs(git, f"refs/remotes/{name}")
    at = time.time()
    _remember(common_dir, name, at)
    return Fetched(name, _moved(before, after), at)


def still_there(git: Git, remote: str, branches: Collection[str]) -> frozenset[str]:
    """Those of the branches that the remote has now; all of them where it does not answer."""
    names = [f"refs/heads/{branch}" for branch in branches]
    outcome = transfer(
        git,
        read_settings(git),
        ["ls-remote", "--heads", remote, *names],
        interactive=False,
        cancelled=None,
        progress=None,
    )
    if outcome.code != 0:
        return frozenset(branches)
    there = {line.rpartition("\t")[2] for line in outcome.output.splitlines()}
    return frozenset(branch for branch in branches if f"refs/heads/{branch}" in there)


def _moved(before: dict[str, Ref], after: dict[str, Ref]) -> tuple[tuple[str, str, str], ...]:
    old = {name: ref.oid for name, ref in before.items() if not ref.symbolic}
    new = {name: ref.oid for name, ref in after.items() if not ref.symbolic}
    return tuple((n, old.get(n, ""), new.get(n, "")) for n in dict.fromkeys((*old, *new)) if old.get(n) != new.get(n))


def _remember(common_dir: Path, remote: str, at: float) -> None:
    """Leave the time for the next start; where that cannot be written, only the age is lost."""
    mark = fetch_mark(common_dir, remote)
    with contextlib.suppress(OSError):
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(f"{at:.0f}\n", "ascii")
