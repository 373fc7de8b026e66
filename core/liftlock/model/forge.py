"""Pull requests as any forge has them: what is open, who was asked, what was said, and what may be merged."""

from __future__ import annotations

from enum import StrEnum

from liftlock.values import dataclass


class RequestState(StrEnum):
    """Where a pull request stands."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class ReviewState(StrEnum):
    """What a reviewer said last."""

    APPROVED = "approved"
    CHANGES = "changes requested"
    COMMENTED = "commented"
    ASKED = "asked"


class CheckState(StrEnum):
    """How a check of a commit ended, or that it has not."""

    PASSED = "passed"
    FAILED = "failed"
    RUNNING = "running"
    SKIPPED = "skipped"


class MergeMethod(StrEnum):
    """The ways a forge joins a branch with its base."""

    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One pull request. Times are seconds since the epoch; texts are clean for display.

    `head` and `base` are branches, `head_repository` is `owner/name` where the branch lives ("" when it is gone).
    `mergeable` is whether it goes together with its base, None while the forge has not worked it out. `reviewers` were
    asked and have not answered. `fork` is whether its branch lives elsewhere than its base. `cleared` is whether the
    forge itself says that nothing stands against a merge, `blocked` what it says does, beside reviews and checks.
    """

    number: int
    title: str
    body: str
    state: RequestState
    draft: bool
    head: str
    head_commit: str
    head_repository: str
    base: str
    author: str
    url: str
    opened: float
    changed: float
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    mergeable: bool | None = None
    merged_as: str = ""
    """The commit that the merge left on the base, "" when it is not merged or not told."""
    fork: bool = False
    cleared: bool = False
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What one person said of a pull request; `stale` when the branch has moved since."""

    user: str
    state: ReviewState
    at: float
    commit: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class CommitCheck:
    """A status or check run on a commit."""

    name: str
    state: CheckState
    said: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the forge wants before something gets onto a branch; `told` is False when it does not say to this user.

    `methods` are the ways that are allowed, the usual one first. `checks` have to pass by name, `passing` is how many
    have to pass whichever they are.
    """

    methods: tuple[MergeMethod, ...] = (MergeMethod.MERGE,)
    approvals: int = 0
    checks: tuple[str, ...] = ()
    protected: bool = False
    told: bool = True
    passing: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A pull request to be opened, or what an open one is to say."""

    title: str
    body: str
    head: str
    base: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False
