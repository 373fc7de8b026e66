"""What a new version of an app contains: the commits between two of its versions, in the app's own repository."""

from __future__ import annotations

from liftlock.model.revision import Revision
from liftlock.values import dataclass


@dataclass(frozen=True, slots=True)
class Release:
    """The commits of an app's repository that lie between an old and a new version, newest first.

    `commits` are at most so many as were asked for, `total` counts all. `gone` counts those that the old version has
    and the new one lacks. `problem` says what could not be found, "" when all was; then there are no commits.
    """

    app: str
    old: str
    new: str
    commits: tuple[Revision, ...] = ()
    total: int = 0
    gone: int = 0
    problem: str = ""
