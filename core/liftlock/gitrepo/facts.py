"""What a person should know of the repository: its kind, its state, its remotes."""

from __future__ import annotations

from pathlib import Path

from liftlock.commands import masked
from liftlock.gitrepo.opening import Place
from liftlock.gitrepo.process import Git
from liftlock.gitrepo.refs import head_branch, read_refs, short
from liftlock.gitrepo.settings import read_settings
from liftlock.text import printable
from liftlock.values import dataclass

_IN_PROGRESS = (
    ("MERGE_HEAD", "merge"),
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "patch series"),
    ("rebase-apply", "rebase"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """The state of a repository; texts are clean for display.

    `head_branch` is the branch HEAD is on, "" when it is detached; `unborn` says that it has no commit. `in_progress`
    is what git was left in the middle of, "" when nothing. `remotes` are names with addresses, credentials masked.
    `partial` says that objects are fetched only when they are read.
    """

    bare: bool
    shallow: bool
    partial: bool
    sparse: bool
    detached: bool
    unborn: bool
    head_branch: str
    in_progress: str
    remotes: tuple[tuple[str, str], ...]
    submodules: tuple[str, ...]
    git_version: str


def facts(git: Git, place: Place, submodules: tuple[str, ...]) -> RepositoryFacts:
    """Read the state as it is now. Raises RepositoryError."""
    settings = read_settings(git)
    branch = head_branch(git)
    return RepositoryFacts(
        bare=place.bare,
        shallow=(place.common_dir / "shallow").is_file(),
        partial=settings.partial,
        sparse=settings.flag("core.sparsecheckout"),
        detached=branch is None,
        unborn=branch is not None and branch not in read_refs(git, branch),
        head_branch=printable(short(branch)) if branch else "",
        in_progress=in_progress(place.git_dir),
        remotes=tuple((printable(name), masked(printable(url))) for name, url in settings.remotes),
        submodules=submodules,
        git_version=place.git_version,
    )


def in_progress(git_dir: Path) -> str:
    """What git was left in the middle of in this work tree, "" when nothing."""
    return next((name for mark, name in _IN_PROGRESS if (git_dir / mark).exists()), "")
