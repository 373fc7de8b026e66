"""The way back: the states that an app had in an environment, and what is known of how well it ran in each."""

from __future__ import annotations

from enum import StrEnum

from liftlock.model.app import Version
from liftlock.model.revision import Revision
from liftlock.values import dataclass


class Fitness(StrEnum):
    """How an app did in one of its states; each has a symbol and a colour of its own."""

    HEALTHY = "healthy"
    """Its pods are available now, or a controller applied it and waited until it was healthy."""
    RAN = "ran"
    """It was applied, and whether it was healthy is not recorded."""
    FAILED = "failed"
    """It failed there, was marked bad, or was taken back before."""
    UNKNOWN = "unknown"
    """Git alone knows it."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a cluster shows of a state, told by its commit or by the versions that run in it.

    `revision` is a commit id, "" where only `versions` (name and value of images, or of a chart) are known. `at` is
    the newest moment that it speaks of, in seconds since the epoch. `sentence` is clean for display.
    """

    fitness: Fitness
    sentence: str
    revision: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Former:
    """A state that an app had in an environment: the commit that gave it, and what is known of how it did.

    `until` is when the next state came, None for the one that stands. `alike` says that it pins the same versions as
    the state that stands. `evidence` are sentences, the weightiest first.
    """

    revision: Revision
    versions: tuple[Version, ...] = ()
    fitness: Fitness = Fitness.UNKNOWN
    evidence: tuple[str, ...] = ()
    until: float | None = None
    alike: bool = False


@dataclass(frozen=True, slots=True)
class WaysBack:
    """The states of one app in one environment: the one that stands, and those before it, newest first.

    `chosen` is the one that a rollback goes to when none is named, None where there is none to go to; `why` is the
    reason, as a sentence. `unheard` says why no cluster was asked, "" when one was.
    """

    app: str
    environment: str
    now: Former
    formers: tuple[Former, ...]
    chosen: Former | None
    why: str
    unheard: str = ""
