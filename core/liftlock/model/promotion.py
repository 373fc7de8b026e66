"""Promotions and their publication: what was committed, and what a push would carry."""

from __future__ import annotations

from liftlock.model.plan import Plan
from liftlock.model.revision import Revision
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Promotion:
    """A plan that was committed: `commit` on `branch`, made on `base`. `message` is the whole commit message.

    `base_ref` is the ref that the base was read from. `plan` is None for one found again from an earlier run.
    """

    plan: Plan | None
    source: str
    targets: tuple[str, ...]
    commit: str
    branch: str
    base: str
    base_ref: str
    message: str
    created_branch: bool = True
    previous: str | None = None
    """Where the branch stood before, None when it is new: what undo puts back."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another promotion of the same app to the same environment that has not landed yet.

    `where` is `here` (a branch of this clone, on no remote), `remote` (a branch there, not merged) or `request` (a
    pull request, `number` at `url`). `at` in seconds since the epoch. Texts are clean for display.
    """

    where: str
    apps: tuple[str, ...]
    targets: tuple[str, ...]
    branch: str
    by: str
    at: float
    number: int = 0
    url: str = ""
    said: str = ""
    """What a person is told of it, in a sentence."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a push would do, before it is done.

    `refspec` is what is pushed (`<sha>:refs/heads/main`), `commits` every commit it carries (newest first),
    `foreign` those of them that the promotion did not make. `confirm` names the protected environments that must be
    typed. `consequence` is the sentence a person reads.
    """

    remote: str
    refspec: str
    destination: str
    commits: tuple[Revision, ...]
    foreign: tuple[Revision, ...]
    confirm: tuple[str, ...]
    consequence: str
    creates_branch: bool
    targets: tuple[str, ...] = ()
    """The environments it is for: they say which repository is pushed from."""
