"""How far one controller has come with a promotion: told by what was promoted, never by one commit's id alone.

A squash, a merge or a rendered branch has another id and the same values (`Facts.holds`).
"""

from __future__ import annotations

from enum import IntEnum

from liftlock.cluster.health import template_images
from liftlock.cluster.health.reading import at, condition, mapping, string
from liftlock.cluster.objects import Manifest
from liftlock.convergence.facts import Facts
from liftlock.model.live import Controller, Delivery, Doing

_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "CronJob"})


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
        # Objects are on it already while its health checks run, and after they failed. A new try starts over; what
        # was applied stays so meanwhile.
        if delivery.doing is Doing.VERIFYING or checked(delivery):
            return Reach.APPLIED
        return Reach.APPLIED if before is Reach.APPLIED else Reach.ATTEMPTED
    if delivery.seen and known[2]:
        return Reach.FETCHED
    if delivery.controller is Controller.FLUX and _upstream(delivery, facts):
        return Reach.SEEN
    if None not in known:
        return Reach.NOT
    return Reach.APPLIED if _shown(delivery, facts) else before


def settled(delivery: Delivery, facts: Facts) -> bool:
    """Whether the controller has nothing more to do for the promotion: not even health checks of its own."""
    if _has(delivery.applied, facts) or _compared(delivery, facts):
        return True
    return (not delivery.applied or _asked(delivery.applied, facts) is None) and _shown(delivery, facts)


def checked(delivery: Delivery) -> bool:
    """Flux applied it, and its health checks did not pass."""
    ready = condition(delivery.raw, "Ready")
    failed = ready is not None and ready.false and ready.reason in ("HealthCheckFailed", "HealthCheckCanceled")
    return failed and delivery.controller is Controller.FLUX


def _shown(delivery: Delivery, facts: Facts) -> bool:
    """No revision is known here (a chart's version, a digest), and the objects are as promoted."""
    return delivery.doing is Doing.IDLE and facts.rendered and facts.read and bool(facts.changed) and not facts.unlike


def bears(facts: Facts) -> bool:
    """Whether the workloads bear what was promoted, where the commit does not render to them.

    A chart that is not at hand renders to nothing here; a boot Job of Jenkins X renders the releases anew, applies
    that, and commits it after the promotion.
    """
    booted = all(d.controller is Controller.JENKINSX for d in facts.deliveries)
    if not facts.values or not (facts.guessed or booted):
        return False
    found = [m for key in facts.keys if key.kind in _WORKLOADS and (m := facts.objects.get(key)) is not None]
    return bool(found) and all(any(mark.endswith(facts.values) for mark in _marks(one)) for one in found)


def _marks(manifest: Manifest) -> list[str]:
    """Where a release's version stands on a workload: its images, and labels such as `chart: shop-1.1.0`."""
    labels = mapping(manifest, "metadata", "labels")
    return [*template_images(manifest), *(value for value in labels.values() if isinstance(value, str))]


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


def not_comparable(delivery: Delivery) -> bool:
    """Argo CD cannot say how what runs stands to Git: it cannot render, or not reach one of both."""
    if delivery.controller is not Controller.ARGOCD or delivery.operating:
        return False
    return string(delivery.raw, "status", "sync", "status") == "Unknown"


def retried(delivery: Delivery) -> bool:
    """Whether the controller tries what failed again soon, by itself (Argo CD's retries)."""
    return delivery.controller is Controller.ARGOCD and delivery.operating


def retrying(delivery: Delivery) -> bool:
    """Whether it is just trying what failed again: its status says nothing of the failure while it does."""
    tries = at(delivery.raw, "status", "operationState", "retryCount")
    return retried(delivery) and delivery.doing is Doing.APPLYING and isinstance(tries, int) and tries > 0
