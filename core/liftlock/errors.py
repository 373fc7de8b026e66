"""What can go wrong, as values a person can act on.

Every error a user can cause has a title (what happened), a detail (the cause, or what was tried) and a hint (the
next step). Front ends show these three and never a traceback.
"""

from __future__ import annotations

from liftlock.values import dataclass


class LiftlockError(Exception):
    """An expected failure: `title` says what happened, `detail` why, `hint` what to do next."""

    def __init__(self, title: str, detail: str = "", hint: str = "", *, command: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint
        self.command = command

    def __str__(self) -> str:
        return ": ".join(part for part in (self.title, self.detail) if part)

    def as_json(self) -> dict[str, dict[str, str]]:
        """The form that `--json` prints on a failure."""
        return {"error": {"title": self.title, "detail": self.detail, "hint": self.hint}}


class RepositoryError(LiftlockError):
    """Git could not do what was asked: no repository, no such revision, a refused push, a full disk."""


class TerminalNeeded(RepositoryError):
    """Git or a helper has to ask the person (a password, a PIN, a touch) and no terminal is at hand."""


class PushRejected(RepositoryError):
    """The remote has moved on: fetch, plan again on the new base, then push."""


class RefMoved(RepositoryError):
    """A ref no longer stands where it was read: nothing was changed."""


class ConfigError(LiftlockError):
    """liftlock.toml or the user's own file does not say what it must."""


class EditError(LiftlockError):
    """A file cannot be edited in place: a template, an encrypted file, a value that is gone."""


class PlanError(LiftlockError):
    """A promotion cannot be planned: an unknown environment or app, a base that no longer gives this plan."""


class BranchesApart(PlanError):
    """The targets are on several branches, or in several repositories: one commit cannot go to all of them."""


class RenderError(LiftlockError):
    """Manifests cannot be rendered; `missing` names what would have to be fetched."""

    def __init__(
        self, title: str, detail: str = "", hint: str = "", *, command: str = "", missing: tuple[str, ...] = ()
    ) -> None:
        super().__init__(title, detail, hint, command=command)
        self.missing = missing


class CommandFailed(LiftlockError):
    """A process ended with an exit code that its caller did not allow."""

    def __init__(self, title: str, detail: str = "", hint: str = "", *, command: str = "", code: int = 0) -> None:
        super().__init__(title, detail, hint, command=command)
        self.code = code


class Cancelled(LiftlockError):
    """The person stopped it."""


class ForgeError(LiftlockError):
    """A forge could not be asked, or said no. `status` is the HTTP status, 0 when there was no answer.

    `until` is when it may be asked again (seconds since the epoch), 0 where it does not say.
    """

    def __init__(
        self,
        title: str,
        detail: str = "",
        hint: str = "",
        *,
        command: str = "",
        status: int = 0,
        until: float = 0,
    ) -> None:
        super().__init__(title, detail, hint, command=command)
        self.status = status
        self.until = until


class ClusterError(LiftlockError):
    """A cluster could not be asked, or said no. `status` is the HTTP status, 0 when there was no answer.

    `causes` are fields and what the server says of each (`details.causes` of its Status).
    """

    def __init__(
        self,
        title: str,
        detail: str = "",
        hint: str = "",
        *,
        status: int = 0,
        reason: str = "",
        command: str = "",
        causes: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(title, detail, hint, command=command)
        self.status = status
        self.reason = reason
        self.causes = causes


class Unreachable(ClusterError):
    """No answer: the address is wrong, the network is gone, the server is down, too slow, or failing (5xx)."""


class LoginNeeded(ClusterError):
    """The credentials are missing, refused or expired (401); `hint` names the command that logs in."""


class Forbidden(ClusterError):
    """The credentials are good and may not do this (403)."""


class Absent(ClusterError):
    """There is no such object, or no such kind (404)."""


class Expired(ClusterError):
    """The server no longer knows this resource version or this page (410): list again."""


class Throttled(ClusterError):
    """Too many requests (429); `after` are the seconds that the server asks for."""

    def __init__(self, title: str, detail: str = "", hint: str = "", *, after: float = 1.0) -> None:
        super().__init__(title, detail, hint, status=429)
        self.after = after


class Refused(ClusterError):
    """The server does not take the object: admission, validation, an immutable field, a conflict (400, 409, 422)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one place, shown beside it while all else goes on working."""

    place: str
    title: str
    hint: str = ""
