"""Health of live objects: one verdict each, the first cause, and the tree from a Git object to its pods."""

from __future__ import annotations

from enum import StrEnum

from liftlock.model.diff import ObjectKey
from liftlock.values import dataclass


class HealthStatus(StrEnum):
    """How an object stands, in the words of gitops-engine; kstatus's words are mapped to them."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    SUSPENDED = "suspended"
    MISSING = "missing"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """How bad it is: 0 is healthy. The worst of several stands in front."""
        return _RANKS[self]


# gitops-engine's order, but for UNKNOWN: what could not be read must not hide a failure that was seen.
_RANKS = {
    HealthStatus.HEALTHY: 0,
    HealthStatus.SUSPENDED: 1,
    HealthStatus.PROGRESSING: 2,
    HealthStatus.UNKNOWN: 3,
    HealthStatus.MISSING: 4,
    HealthStatus.DEGRADED: 5,
}


@dataclass(frozen=True, slots=True)
class Health:
    """One object's verdict. `message` says why, clean for display; `rule` names the source of the rule."""

    status: HealthStatus
    message: str = ""
    rule: str = "kstatus"


HEALTHY = Health(HealthStatus.HEALTHY)


class Gravity(StrEnum):
    """Whether waiting can help."""

    HARD = "hard"
    """It will not come right by itself: stop waiting."""
    SUSPECT = "suspect"
    """It is wrong now, and may come right: keep waiting."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an object does not come up: one sentence a person can act on.

    `reason` is the field's own word (`ImagePullBackOff`). `lines` are the last log lines or events. `since` in
    seconds since the epoch. Texts are clean for display.
    """

    sentence: str
    reason: str
    gravity: Gravity
    key: ObjectKey
    lines: tuple[str, ...] = ()
    since: float | None = None


@dataclass(frozen=True, slots=True)
class LiveObject:
    """One object of the cluster as the screens need it, with what it owns below it.

    `note` is its state in a few words (`2/3 ready`, `exit 1, restarted 4 times`). `images` are those of its pod
    template, or those that its containers run. `revision` tells templates apart (`pod-template-hash`). `current` is
    False for what belongs to an older template. `created` in seconds since the epoch.
    """

    key: ObjectKey
    health: Health
    note: str = ""
    cause: Cause | None = None
    images: tuple[str, ...] = ()
    revision: str = ""
    current: bool = True
    created: float | None = None
    uid: str = ""
    children: tuple[LiveObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """An Event of the cluster: when (seconds since the epoch), of what, how often. Texts are clean for display."""

    at: float
    key: ObjectKey
    reason: str
    message: str
    warning: bool
    count: int = 1
