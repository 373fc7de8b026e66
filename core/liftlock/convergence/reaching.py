"""How far one controller has come with a promotion: told by what was promoted, never by one commit's id alone.

A squash, a merge or a rendered branch has another id and the same values (`Facts.holds`).
"""

from __future__ import annotations

from enum import IntEnum

from liftlock.cluster.health.reading import condition, string
from liftlock.convergence.facts import Facts
from liftlock.model.live import Controller, Delivery, Doing


class Reach(IntEnum):
    """How far; each includes those before it."""

    NOT = 0
    SEEN = 1
    """The controller knows that there is something new."""
    FETCHED = 2
    ATTEMPTED = 3
    """It is being applied."""
    APPLIED = 4


def reach(delivery: Delivery, facts: Facts, before: Reach = Reach.NOT) -> Reach:
    """How far the delivery has come. What cannot be told now (a commit that is not known here) stays as it was."""
    if _has(delivery.applied, facts) or _compared(delivery, facts):
        return Reach.APPLIED
    known = [_asked(revision, facts) for revision in (delivery.applied, delivery.attempted, delivery.seen)]
    if delivery.attempted and known[1]:
        # Objects are on it already while its health checks run.
        return Reach.APPLIED if delivery.doing is Doing.VERIFYING else Reach.ATTEMPTED
    if delivery.seen and known[2]:
        return Reach.FETCHED
    if delivery.controller is Controller.FLUX and _upstream(delivery, facts):
        return Reach.SEEN
    return before if None in known else Reach.NOT


def superseded(delivery: Delivery, facts: Facts) -> bool:
    """Whether it applied a commit that came after the promotion and has other values."""
    revision = delivery.applied
    return bool(revision) and facts.holds(revision) is False and facts.later(revision) is True


def _has(revision: str, facts: Facts) -> bool:
    return bool(revision) and _asked(revision, facts) is True


def _asked(revision: str, facts: Facts) -> bool | None:
    if not revision:
        return False
    if revision == facts.revision:
        return True
    return facts.holds(revision)


def _compared(delivery: Delivery, facts: Facts) -> bool:
    """Argo CD compared this very commit and found nothing to sync: a commit of other paths needs no sync."""
    if delivery.controller is not Controller.ARGOCD or delivery.doing is not Doing.IDLE:
        return False
    return string(delivery.raw, "status", "sync", "status") == "Synced" and _has(delivery.seen, facts)


def _upstream(delivery: Delivery, facts: Facts) -> bool:
    """Flux's source says that it found the new revision and builds the artifact."""
    source = facts.objects.get(delivery.source) if delivery.source is not None else None
    told = condition(source, "Reconciling") or condition(source, "ArtifactOutdated")
    return told is not None and told.true and facts.revision in told.message
