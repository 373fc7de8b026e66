"""The record: what came to an environment with which commit, from where, by whom, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from liftlock.model.change import ChangeClass
from liftlock.model.revision import Revision
from liftlock.values import dataclass


class Kind(StrEnum):
    """What a commit was to an environment; each has a symbol and a colour of its own."""

    PROMOTION = "promotion"
    """The environment took what one before it had."""
    ROLLBACK = "rollback"
    """It went back to what it had itself."""
    DIRECT = "direct"
    """A version came that no environment before it had: a build, a hotfix, or all environments at once."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One value that an environment took: where, from what to what; None where there was none.

    `since` is the commit that gave the value to the environment it came from, None where that is not known, or it
    came from nowhere. Values of Secrets are masked.
    """

    app: str
    file: str
    path: str
    old: str | None
    new: str | None
    cls: ChangeClass
    source: str = ""
    since: Revision | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came to one environment with one commit of its line.

    `declared` says that trailers of the commit tell it, else it is concluded from the values. `authors` made the
    change, `landed_by` brought it onto the line, "" where that was one of them; `approved` are those whom the commit
    names. `overrides` are gates that were gone past, each with its reason, `reverts` the commits that were taken back.
    `request` is the pull request that the commit names, "" where it names none. `lead` are the seconds from when the
    source had the last of these versions. `notes` say what is odd.
    """

    revision: Revision
    environment: str
    kind: Kind
    source: str = ""
    declared: bool = False
    apps: tuple[str, ...] = ()
    moves: tuple[Moved, ...] = ()
    authors: tuple[str, ...] = ()
    landed_by: str = ""
    approved: tuple[str, ...] = ()
    reason: str = ""
    overrides: tuple[str, ...] = ()
    reverts: tuple[str, ...] = ()
    request: str = ""
    lead: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def headline(self) -> tuple[Moved, ...]:
        """The moves that a person would name: versions where there are any, each pair of values once."""
        versions = [move for move in self.moves if move.cls is ChangeClass.VERSION] or list(self.moves)
        return tuple({(move.app, move.old, move.new): move for move in versions}.values())


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the record was read: `since` is the oldest commit's time, `why` the reason it ends there.

    `whole` says that it goes back to the first commit.
    """

    commits: int = 0
    since: float = 0.0
    whole: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class HopFigures:
    """How long promotions from one environment to another took, in seconds; None where none is known."""

    source: str
    target: str
    promotions: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class EnvironmentFigures:
    """How often an environment changed: its promotions, what came directly, its rollbacks; `weeks` is the time."""

    environment: str
    promotions: int
    direct: int
    rollbacks: int
    weeks: float

    @property
    def per_week(self) -> float:
        """Changes a week, rollbacks included."""
        return (self.promotions + self.direct + self.rollbacks) / self.weeks

    @property
    def rollback_rate(self) -> float:
        """The share of all that came which was taken back."""
        came = self.promotions + self.direct
        return self.rollbacks / came if came else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What the arrivals of a time come to; `since` and `until` in seconds since the epoch."""

    since: float
    until: float
    hops: tuple[HopFigures, ...]
    environments: tuple[EnvironmentFigures, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the record: an environment and apps ("" and none for all), a time, and how many arrivals.

    With `direct` also versions that came from no environment are told, else only counted.
    """

    environment: str = ""
    apps: tuple[str, ...] = ()
    since: float = 0.0
    limit: int = 0
    direct: bool = False


def hops_of(arrivals: Sequence[Arrival]) -> tuple[tuple[str, str], ...]:
    """The ways that promotions went, each once, in their order."""
    return tuple(dict.fromkeys((a.source, a.environment) for a in arrivals if a.kind is Kind.PROMOTION and a.source))
