"""A promotion in flight: a pull request that carries one, where it stands, and whom it waits for."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from liftlock.errors import Problem
from liftlock.model.forge import CommitCheck, MergeMethod, PullRequest, Review, Rules
from liftlock.model.gates import Gate
from liftlock.model.revision import Revision
from liftlock.values import dataclass


class FlightState(StrEnum):
    """What a promotion in flight waits for, the one thing that stands first."""

    DRAFT = "draft"
    CONFLICT = "conflict"
    CHANGES = "changes requested"
    FAILED = "check failed"
    CHECKS = "checks running"
    REVIEW = "waits for review"
    BLOCKED = "blocked"
    READY = "ready"
    MERGED = "merged"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Move:
    """What a trailer-like line of a pull request says of one app: its values before and after ("" where unsaid)."""

    app: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Hop:
    """An environment that has the version that is promoted, and the commit that brought it there."""

    app: str
    environment: str
    version: str
    revision: Revision


@dataclass(frozen=True, slots=True)
class Flight:
    """A pull request that promotes. `why` is the state in a sentence, `waits_for` the people or checks.

    `known` says whether reviews, checks and rules were asked for yet. `since` is when it was opened (epoch seconds).
    """

    request: PullRequest
    source: str
    targets: tuple[str, ...]
    moves: tuple[Move, ...]
    state: FlightState = FlightState.UNKNOWN
    why: str = ""
    waits_for: tuple[str, ...] = ()
    reviews: tuple[Review, ...] = ()
    checks: tuple[CommitCheck, ...] = ()
    rules: Rules = field(default_factory=Rules)
    known: bool = False
    repository: str = ""
    """What liftlock.toml names the clone whose remote it is on, "" for the one that is open."""

    @property
    def key(self) -> tuple[str, int]:
        """Which one it is, among those of several repositories."""
        return self.repository, self.request.number

    @property
    def number(self) -> int:
        """The pull request's number."""
        return self.request.number

    @property
    def apps(self) -> tuple[str, ...]:
        """The apps that it promotes."""
        return tuple(move.app for move in self.moves)

    @property
    def since(self) -> float:
        """When it was opened, in seconds since the epoch."""
        return self.request.opened

    def concerns(self, app: str, environment: str) -> bool:
        """Whether it changes this cell."""
        return environment in self.targets and app in self.apps

    @property
    def methods(self) -> tuple[MergeMethod, ...]:
        """The ways it may be merged, the usual one first."""
        return self.rules.methods


@dataclass(frozen=True, slots=True)
class InFlight:
    """The promotions in flight in all repositories that hold environments; `where` names the forges that told.

    `silent` are the repositories whose forge did not, each with why.
    """

    flights: tuple[Flight, ...]
    where: tuple[str, ...]
    silent: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """How proposing ended: `done` is opened, updated or unchanged; `flight` None where only a branch was pushed.

    `page` is where a person opens the pull request by hand when there is no token. `notes` are worth a remark.
    """

    done: str
    commit: str
    branch: str
    flight: Flight | None = None
    page: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What stands before a merge: its gates, and the environments that it changes and does not name."""

    gates: tuple[Gate, ...]
    unnamed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Landing:
    """How a merge ended: the commit that the base has now ("" while the forge does not tell), and what was done."""

    flight: Flight
    commit: str
    method: MergeMethod
    notes: tuple[str, ...] = ()
