"""One app on one target: its state in a word, decided from what the controller says and what the objects show. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from liftlock.model.environment import Target
from liftlock.model.health import Cause, Gravity, Health, HealthStatus
from liftlock.model.live import Contact, Delivery, Doing, Freshness, LiveCell, LiveState, Running, Wait
from liftlock.text import plural
from liftlock.values import dataclass


class Relation(StrEnum):
    """How what the cluster applied stands to what Git says, for the files of one cell."""

    SAME = "same"
    OLDER = "older"
    """Git has moved on since."""
    NEWER = "newer"
    """The cluster has what is not fetched here yet."""
    UNKNOWN = "unknown"
    """The revision is not known here, and cannot be compared."""
    NONE = "none"
    """The controller reports no revision."""


_NOT_KNOWN = Health(HealthStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Sight:
    """All that is known of one cell on one target. `missing` counts objects that Git wants and that are not there."""

    target: Target
    freshness: Freshness
    deliveries: tuple[Delivery, ...] = ()
    relation: Relation = Relation.NONE
    commits: int | None = None
    """By how many commits the cluster is older, where that is known."""
    health: Health = _NOT_KNOWN
    cause: Cause | None = None
    running: tuple[Running, ...] = ()
    drift: int = 0
    drift_of: str = ""
    """The first field that drifted, as a person reads it."""
    objects: int = 0
    missing: int = 0
    hidden: int = 0


def live_cell(sight: Sight) -> LiveCell:
    """The cell with its state and the sentence that explains it."""
    state, why = _state(sight)
    return LiveCell(
        sight.target,
        state,
        why,
        sight.deliveries,
        sight.running,
        sight.health,
        sight.cause,
        sight.drift,
        sight.objects,
        sight.hidden,
        sight.freshness.heard,
    )


def _state(sight: Sight) -> tuple[LiveState, str]:
    unheard = _unheard(sight.freshness)
    if unheard is not None:
        return unheard
    suspended = next((d for d in sight.deliveries if d.suspended), None)
    if suspended is not None:
        return LiveState.SUSPENDED, f"{suspended.key.kind} {suspended.key.name} is suspended: nothing is applied"
    if sight.objects == 0 and not sight.deliveries:
        return LiveState.UNKNOWN, "nothing on this cluster is known to belong to it"
    return (
        _failing(sight)
        or _held(sight)
        or _moving(sight)
        or _begun(sight)
        or _apart(sight)
        or _present(sight)
        or (LiveState.LEVEL, "what Git says runs, and is healthy")
    )


def _unheard(freshness: Freshness) -> tuple[LiveState, str] | None:
    said = freshness.problem.title if freshness.problem is not None else str(freshness.contact)
    if freshness.contact in (Contact.UNREACHABLE, Contact.LOGIN):
        return LiveState.UNREACHABLE, said
    if freshness.contact is Contact.FORBIDDEN:
        return LiveState.FORBIDDEN, said
    if freshness.contact in (Contact.NONE, Contact.ASK, Contact.CONNECTING):
        return LiveState.UNKNOWN, said
    return None


def _failing(sight: Sight) -> tuple[LiveState, str] | None:
    degraded = sight.health.status is HealthStatus.DEGRADED
    if sight.cause is not None and (degraded or sight.cause.gravity is Gravity.HARD):
        return LiveState.FAILING, sight.cause.sentence
    failed = next((d for d in sight.deliveries if d.doing is Doing.FAILED), None)
    if failed is not None:
        return LiveState.FAILING, failed.error or f"{failed.key.kind} {failed.key.name} failed"
    if degraded:
        return LiveState.FAILING, sight.health.message or "an object is degraded"
    return None


_HELD = frozenset({Wait.DEPENDENCY, Wait.WINDOW, Wait.MANUAL, Wait.PERSON, Wait.HOOK})


def _held(sight: Sight) -> tuple[LiveState, str] | None:
    for delivery in sight.deliveries:
        waiting = delivery.waiting
        if waiting is None or waiting.wait not in _HELD:
            continue
        if waiting.wait in (Wait.MANUAL, Wait.WINDOW) and sight.relation is Relation.SAME:
            continue  # Git has nothing new for it; what was changed by hand is told as drift
        return LiveState.WAITING, waiting.sentence
    return None


def _moving(sight: Sight) -> tuple[LiveState, str] | None:
    working = next((d for d in sight.deliveries if d.doing in (Doing.APPLYING, Doing.VERIFYING)), None)
    if sight.health.status is HealthStatus.PROGRESSING:
        said = sight.cause.sentence if sight.cause is not None else sight.health.message
        return LiveState.ROLLING, said or "pods are being replaced"
    if working is not None and sight.relation is not Relation.SAME:
        return LiveState.ROLLING, f"{working.key.kind} {working.key.name} is {working.doing}"
    return None


def _begun(sight: Sight) -> tuple[LiveState, str] | None:
    """Whether a controller has taken up a revision and none was ever applied: what is there may be of any commit.

    Flux writes that it is Ready a moment before it writes which revision it applied, and where a health check was
    cut short it says nothing of either.
    """
    if sight.relation is not Relation.NONE or any(d.applied for d in sight.deliveries):
        return None
    first = next((d for d in sight.deliveries if d.doing is not Doing.IDLE and (d.seen or d.attempted)), None)
    if first is None:
        return None
    return LiveState.ROLLING, f"{first.key.kind} {first.key.name} has not said yet that it applied a commit"


def _apart(sight: Sight) -> tuple[LiveState, str] | None:
    if sight.relation is Relation.OLDER:
        count = f" by {plural(sight.commits, 'commit')}" if sight.commits else ""
        return LiveState.BEHIND, f"the cluster is behind Git{count}"
    if sight.relation in (Relation.NEWER, Relation.UNKNOWN):
        return LiveState.AHEAD, "the cluster has a revision that is not fetched here"
    if sight.drift:
        first = f": {sight.drift_of}" if sight.drift_of else ""
        return LiveState.DRIFTED, f"{plural(sight.drift, 'field')} not as Git says{first}"
    return None


def _present(sight: Sight) -> tuple[LiveState, str] | None:
    if sight.missing and sight.missing >= sight.objects > 0:
        return LiveState.ABSENT, "none of its objects is in the cluster"
    if sight.missing:
        return LiveState.DRIFTED, f"{plural(sight.missing, 'object')} that Git has missing in the cluster"
    if sight.hidden and sight.hidden >= sight.objects:
        return LiveState.FORBIDDEN, "its objects may not be read with these credentials"
    if sight.health.status is HealthStatus.UNKNOWN:
        return LiveState.UNKNOWN, sight.health.message or "its health is not known"
    if sight.health.status is HealthStatus.SUSPENDED:
        return LiveState.WAITING, sight.health.message or "it is paused"
    return None


_WORST = (
    LiveState.FAILING,
    LiveState.UNREACHABLE,
    LiveState.FORBIDDEN,
    LiveState.ABSENT,
    LiveState.WAITING,
    LiveState.ROLLING,
    LiveState.DRIFTED,
    LiveState.BEHIND,
    LiveState.SUSPENDED,
    LiveState.AHEAD,
    LiveState.UNKNOWN,
    LiveState.LEVEL,
)


def worst_first(cells: Sequence[LiveCell]) -> tuple[LiveCell, ...]:
    """The cells of one app and environment, the one that most needs a look in front."""
    return tuple(sorted(cells, key=lambda cell: _WORST.index(cell.state)))
