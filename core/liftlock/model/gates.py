"""Gates: what stands between a version and its next environment, and the evidence for it.

They are advisory: liftlock evaluates them on this machine before it commits, pushes or merges. What has to hold for
everybody is enforced by the branch protection of the forge.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from liftlock.values import dataclass

GATES = ("order", "bad", "secrets", "schema", "health", "soak", "wave", "window", "checks")
"""Every gate by its name, those that need nothing but Git first."""

MARKS_FOLDER = ".liftlock/bad/"
"""Where versions that were marked bad stand in the tree: one file each."""


class Moment(StrEnum):
    """When gates are asked."""

    COMMIT = "commit"
    """A local commit is free: nothing stops it."""
    REVIEW = "review"
    """A branch is pushed for others to look at: only what must not leave this machine, or never be merged, stops it."""
    PUSH = "push"
    MERGE = "merge"


_STOP_REVIEW = frozenset({"bad", "secrets", "schema"})


class GateState(StrEnum):
    """How a gate stands; each has a symbol and a colour of its own."""

    PASSED = "passed"
    BLOCKED = "blocked"
    WAITING = "waiting"
    """It opens by itself: `until` says when, where that is known."""
    UNKNOWN = "unknown"
    """It cannot be told: no cluster, no right to look, no forge."""
    NOT_APPLICABLE = "not applicable"
    OVERRIDDEN = "overridden"
    """It would stop this, and a person went past it with a reason."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict of one gate on one app that goes to one environment.

    `evidence` is a sentence with the facts (commit, time, cluster), `wants` what would satisfy it, "" when it is
    satisfied. `until` is when it opens by itself, in seconds since the epoch, None where that is not known.
    `required` says that liftlock.toml names the gate: then not knowing stops too. `reason` is that of an override.
    Texts are clean for display.
    """

    name: str
    environment: str
    app: str
    state: GateState
    evidence: str
    wants: str = ""
    until: float | None = None
    required: bool = False
    reason: str = ""

    @property
    def closed(self) -> bool:
        """Whether nothing may pass: blocked, waiting, or unknown where it is required."""
        return self.state in (GateState.BLOCKED, GateState.WAITING) or (
            self.state is GateState.UNKNOWN and self.required
        )

    def stops(self, moment: Moment) -> bool:
        """Whether it stops what is about to be done. A local commit is never stopped."""
        if moment is Moment.COMMIT or not self.closed:
            return False
        return moment is not Moment.REVIEW or self.name in _STOP_REVIEW

    def overridden(self, reason: str) -> Gate:
        """The same gate, passed by a person for this reason. What is not closed stays as it is."""
        return replace(self, state=GateState.OVERRIDDEN, reason=reason) if self.closed else self


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """What liftlock.toml says of an environment's gates.

    `gates` are those it wants, None for the usual ones. `soak` is how long a version has to be live in the
    environment before it goes on to the next, in seconds; 0 for no time at all.
    """

    gates: tuple[str, ...] | None = None
    soak: float = 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which environments may be changed (`allow`) or may not.

    `days` are weekdays (0 is Monday), `begins` and `ends` minutes after midnight of the zone's own clock; a window
    that ends no later than it begins goes past midnight and belongs to the day that it begins on. `first` and `last`
    (ISO dates, both included) bound it, "" for no bound. `environments` and `apps` are all where they are empty.
    """

    allow: bool
    environments: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    begins: int = 0
    ends: int = 24 * 60
    zone: str = "UTC"
    first: str = ""
    last: str = ""
    reason: str = ""
    place: str = ""
    """Where liftlock.toml says it (`liftlock.toml:12`)."""

    def concerns(self, environment: str, app: str) -> bool:
        """Whether it speaks of this app in this environment."""
        return environment in (self.environments or (environment,)) and app in (self.apps or (app,))


@dataclass(frozen=True, slots=True)
class Closing:
    """Why something else holds an app back (a sync window, another promotion tool), and until when."""

    sentence: str
    until: float | None = None
    opens: bool = True
    """Whether it opens by itself."""
    known: bool = True
    """False where something may hold it back, and that may not be read."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A version that was marked bad: it goes no further. `at` in seconds since the epoch. Texts are clean.

    `by` and `at` are what Git says of its file, `path`, at the commit that set it.
    """

    app: str
    version: str
    reason: str = ""
    by: str = ""
    at: float | None = None
    commit: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """What a mark, or its undoing, left: the commit, the branch it is on, where it was pushed ("" when nowhere)."""

    mark: Mark
    commit: str
    branch: str
    pushed: str = ""
    undone: bool = False


@dataclass(frozen=True, slots=True)
class CommitCheck:
    """One check that a forge reports on a commit: `state` is `success`, `failure`, `pending` or another word."""

    name: str
    state: str
    link: str = ""
