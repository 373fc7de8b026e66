"""The state machine: from what was known and what is said now to where the promotion stands. Pure.

It never says converged before the pods that run are the new ones, and says what it cannot know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from liftlock.cluster.delivery.acts import possible
from liftlock.cluster.delivery.argocd import ended
from liftlock.cluster.health import cause, happenings, progress, tree, verdict
from liftlock.convergence.caveats import caveats
from liftlock.convergence.facts import Facts
from liftlock.convergence.reaching import (
    Reach,
    bears,
    checked,
    not_comparable,
    reach,
    retried,
    retrying,
    settled,
    superseded,
)
from liftlock.convergence.times import believed, timed
from liftlock.model.convergence import Convergence, Outcome, Phase, Step, StepState
from liftlock.model.diff import ObjectKey
from liftlock.model.health import Cause, Gravity, Health, HealthStatus
from liftlock.model.live import Act, Contact, Controller, Delivery, Doing, Wait, Waiting
from liftlock.text import plural

_GRACE = 20.0
"""Seconds that something which may come right by itself is waited for before it is called stuck."""
_MOMENT = 0.5
"""Seconds after which the pods of a Job that failed are heard too, and with them why."""
_LOGGED = frozenset({"Job", "Pod"})
_LATE = 15.0
"""Seconds after an apply in which the objects may still be heard as they were before."""
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Rollout", "Job"})
_EVENTS = 12
_FOLLOWED = (Controller.ARGOCD, Controller.JENKINSX)
"""Those whose failure lies in an object that they name: a hook, a Job."""


def track(before: Convergence | None, facts: Facts) -> Convergence:
    """Where the promotion stands now. `before` is what was said the last time."""
    began = before.began if before is not None else (facts.pushed_at or facts.now)
    base = before or Convergence(
        facts.environment, facts.target, None, facts.revision, (), Outcome.RUNNING, facts.freshness, began=began
    )
    if facts.freshness.contact is not Contact.LIVE:
        return _unheard(base, facts)
    levels = [reach(d, facts, _level_before(before)) for d in facts.deliveries]
    level = min(levels, default=_plain_level(facts))
    lagging = next((d for d, one in zip(facts.deliveries, levels, strict=True) if one == level), None)
    healths = [(key, _health(key, facts)) for key in facts.keys]
    failed = _failed(before, level, facts)
    gone = any(superseded(d, facts) for d in facts.deliveries)
    late = _late(before, level, facts)
    # What is wrong before the promotion is there is wrong with something else.
    first = _first_cause(healths, facts) if level is Reach.APPLIED and not late else None
    rolled = level is Reach.APPLIED and facts.rendered and not late
    well = rolled and _all_well(healths)
    if failed is not None and well and checked(failed):
        failed = None  # what it waited for came right, and it looks again by itself
    checking = next((d for d in facts.deliveries if not settled(d, facts)), None) if well else None
    waiting = _waiting(level, lagging, healths, facts, late)
    if checking is not None:
        waiting = _verifying(checking)
    phases = timed(
        before.phases if before is not None else (),
        _phases(level, rolled, well and checking is None, healths, failed, waiting, facts),
        facts,
    )
    if gone and before is not None and before.phases:
        phases = before.phases  # how far it came before another took its place
    first = _dated(before, first, phases, facts)
    why = first if first is not None else _failure(before, failed, facts)
    outcome = _outcome(gone, well and checking is None, first, failed, why, facts)
    if outcome is Outcome.STUCK:
        phases = _marked(phases)
    if outcome in (Outcome.CONVERGED, Outcome.SUPERSEDED):
        why = None
    return replace(
        base,
        controller=facts.deliveries[0].controller if facts.deliveries else Controller.PLAIN,
        phases=phases,
        outcome=outcome,
        freshness=facts.freshness,
        applied=next((d.applied for d in facts.deliveries if d.applied), ""),
        waiting=None if outcome in (Outcome.CONVERGED, Outcome.SUPERSEDED) else waiting,
        cause=_kept(before, why),
        objects=tree(facts.keys, facts.objects, facts.now, wanted=facts.wanted or None),
        happenings=happenings(facts.keys, facts.objects, _EVENTS),
        caveats=caveats(facts),
        progress=100 if outcome is Outcome.CONVERGED else _progress(level, facts),
        ended=_ended(before, outcome, phases, facts),
        deadline=_deadline(began, facts),
        interventions=tuple(dict.fromkeys(str(act) for d in facts.deliveries for act in possible(d) if _fits(act, d))),
    )


# Levels --------------------------------------------------------------------------------------------------------------


def _plain_level(facts: Facts) -> Reach:
    """Without a controller: somebody runs kubectl, and the objects themselves tell."""
    return Reach.APPLIED if facts.rendered and facts.keys and facts.read and not facts.unlike else Reach.NOT


def _level_before(before: Convergence | None) -> Reach:
    done = {phase.step for phase in before.phases if phase.state is StepState.DONE} if before is not None else set()
    if Step.APPLIED in done:
        return Reach.APPLIED
    return Reach.FETCHED if Step.FETCHED in done else Reach.SEEN if Step.SEEN in done else Reach.NOT


def _ours(delivery: Delivery, facts: Facts) -> bool:
    """Whether what failed is the promotion, or what stands in its way."""
    if delivery.controller is Controller.JENKINSX:
        return facts.holds(delivery.attempted) is True
    if not_comparable(delivery):
        # It says of no revision that it failed: it is this one's when it was looked at since the push.
        looked = delivery.looked_at if delivery.looked_at is not None else facts.now
        return facts.pushed_at is None or looked >= facts.pushed_at
    return not delivery.attempted or facts.holds(delivery.attempted) is not False


def _late(before: Convergence | None, level: Reach, facts: Facts) -> bool:
    """Whether objects are still heard as they were before the apply: two watches are never quite even."""
    if level is not Reach.APPLIED or not (facts.unlike or facts.guessed):
        return False
    if not facts.deliveries:
        return True
    if bears(facts):
        return False
    applied = next((p.done for p in before.phases if p.step is Step.APPLIED), None) if before is not None else None
    return facts.now - (applied if applied is not None else facts.now) < _LATE


# Health --------------------------------------------------------------------------------------------------------------


def _health(key: ObjectKey, facts: Facts) -> Health:
    manifest = facts.objects.get(key)
    if manifest is not None:
        return verdict(manifest, facts.objects, facts.now)
    if facts.objects.visible(key.group, key.kind, key.namespace):
        return Health(HealthStatus.MISSING, f"{key} is not there yet")
    if facts.hidden(key):
        return Health(HealthStatus.UNKNOWN, f"{key.kind} may not be read")
    return Health(HealthStatus.PROGRESSING, f"{key.kind} is being read")


def _first_cause(healths: Sequence[tuple[ObjectKey, Health]], facts: Facts) -> Cause | None:
    sick = [(h, k) for k, h in healths if h.status in (HealthStatus.DEGRADED, HealthStatus.PROGRESSING)]
    found = [cause(key, facts.objects, facts.now) for _, key in sorted(sick, key=lambda pair: -pair[0].status.rank)]
    known = [one for one in found if one is not None]
    return next((one for one in known if one.gravity is Gravity.HARD), next(iter(known), None))


def _outcome(
    gone: bool,
    well: bool,
    first: Cause | None,
    failed: Delivery | None,
    why: Cause | None,
    facts: Facts,
) -> Outcome:
    if gone:
        return Outcome.SUPERSEDED
    if well:
        return Outcome.CONVERGED
    if why is None or (first is None and failed is None):
        return Outcome.RUNNING
    lasted = facts.now - why.since if why.since is not None else _GRACE
    if why.gravity is Gravity.HARD and (lasted >= _MOMENT or why.key.kind not in _LOGGED):
        return Outcome.STUCK
    if lasted > _GRACE:
        return Outcome.STUCK
    return Outcome.RUNNING


def _failed(before: Convergence | None, level: Reach, facts: Facts) -> Delivery | None:
    """What failed with the promotion; while it is tried again it has still failed, for all that was told before."""
    ours = [d for d in facts.deliveries if _ours(d, facts)]
    known = before is not None and before.cause is not None and level is not Reach.APPLIED
    return next((d for d in ours if d.doing is Doing.FAILED or (known and retrying(d))), None)


def _failure(before: Convergence | None, failed: Delivery | None, facts: Facts) -> Cause | None:
    """What a controller says went wrong; what it tries again by itself may come right."""
    if failed is None:
        return None
    old = before.cause if before is not None else None
    if failed.doing is not Doing.FAILED and old is not None:
        return old
    gravity = Gravity.SUSPECT if retried(failed) else Gravity.HARD
    made = Cause(failed.error or f"{failed.key.kind} {failed.key.name} failed", "Failed", gravity, failed.key)
    followed = failed.controller in _FOLLOWED and not ended(failed.raw)
    found = cause(failed.key, facts.objects, facts.now) if followed else None
    if found is not None and (found.key != failed.key or failed.controller is Controller.JENKINSX):
        # The object that failed: its log tells more.
        made = replace(found, gravity=gravity)
    kept = old is not None and (old.key, old.reason) == (made.key, made.reason)
    return replace(made, since=old.since if kept and old is not None else facts.now)


def _dated(before: Convergence | None, first: Cause | None, phases: Sequence[Phase], facts: Facts) -> Cause | None:
    """The cause with a time of our own clock: when the cluster's cannot be, it is the first look that found it."""
    if first is None:
        return None
    old = before.cause if before is not None else None
    if old is not None and old.since is not None and (old.key, old.reason) == (first.key, first.reason):
        return replace(first, since=old.since)
    applied = next((phase.done for phase in phases if phase.step is Step.APPLIED), None)
    if believed(first.since, applied, facts.now) and first.since is not None:
        return replace(first, since=min(first.since, facts.now))
    return replace(first, since=facts.now)


def _all_well(healths: Sequence[tuple[ObjectKey, Health]]) -> bool:
    """Everything that can be seen is well; what may not be read is told as a caveat."""
    seen = [health for _, health in healths if health.status is not HealthStatus.UNKNOWN]
    return bool(seen or not healths) and all(health.status is HealthStatus.HEALTHY for health in seen)


def _kept(before: Convergence | None, why: Cause | None) -> Cause | None:
    """The cause, with the log lines that were read for it before."""
    old = before.cause if before is not None else None
    if why is not None and old is not None and (old.key, old.reason) == (why.key, why.reason) and not why.lines:
        return replace(why, lines=old.lines)
    return why


# Steps ---------------------------------------------------------------------------------------------------------------


def _phases(
    level: Reach,
    rolled: bool,
    well: bool,
    healths: Sequence[tuple[ObjectKey, Health]],
    failed: Delivery | None,
    waiting: Waiting | None,
    facts: Facts,
) -> tuple[Phase, ...]:
    controller = facts.deliveries[0].controller if facts.deliveries else Controller.PLAIN
    pending = StepState.WAITING if waiting is not None else StepState.ACTIVE
    if failed is not None:
        pending = StepState.FAILED
    seen = _step(Step.SEEN, level >= Reach.SEEN, level is Reach.NOT, pending)
    fetched = _step(Step.FETCHED, level >= Reach.FETCHED, level is Reach.SEEN, pending)
    if controller is not Controller.FLUX:
        fetched = Phase(Step.FETCHED, StepState.SKIPPED)
    if controller is Controller.PLAIN:
        seen = Phase(Step.SEEN, StepState.SKIPPED)
    applying = Reach.FETCHED <= level < Reach.APPLIED or (controller is Controller.PLAIN and level is Reach.NOT)
    if controller in (Controller.ARGOCD, Controller.JENKINSX) and level is Reach.SEEN:
        applying = True
    applied = _step(Step.APPLIED, level is Reach.APPLIED, applying, pending)
    workloads = [(k, h) for k, h in healths if k.kind in _WORKLOADS]
    done = rolled and all(h.status is HealthStatus.HEALTHY for _, h in workloads)
    turning = level is Reach.APPLIED and not done
    moving = StepState.WAITING if waiting is not None and waiting.wait is Wait.PERSON else StepState.ACTIVE
    rolling = _step(Step.ROLLING, done, turning, moving)
    if rolled and (not workloads or any(facts.objects.get(key) is not None for key, _ in workloads)):
        ready = sum(h.status is HealthStatus.HEALTHY for _, h in workloads)
        note = f"{ready} of {plural(len(workloads), 'workload')}" if workloads else "no pods of its own"
        rolling = replace(rolling, note=note)
    healthy = _step(Step.HEALTHY, well, done, StepState.ACTIVE)
    return (Phase(Step.PUSHED, StepState.DONE, done=facts.pushed_at), seen, fetched, applied, rolling, healthy)


def _step(step: Step, done: bool, active: bool, pending: StepState) -> Phase:
    return Phase(step, StepState.DONE if done else pending if active else StepState.TODO)


def _marked(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    """The step that is stuck is called so."""
    at = next((n for n, p in enumerate(phases) if p.state in (StepState.ACTIVE, StepState.WAITING)), None)
    if at is None:
        return phases
    return (*phases[:at], replace(phases[at], state=StepState.FAILED), *phases[at + 1 :])


def _waiting(
    level: Reach,
    lagging: Delivery | None,
    healths: Sequence[tuple[ObjectKey, Health]],
    facts: Facts,
    late: bool,
) -> Waiting | None:
    if level < Reach.APPLIED:
        if lagging is not None:
            return _busy(lagging, facts) or lagging.waiting
        return Waiting(Wait.MANUAL, "nothing applies this by itself: somebody runs kubectl apply")
    paused = next((h for _, h in healths if h.status is HealthStatus.SUSPENDED), None)
    if paused is not None:
        return Waiting(Wait.PERSON, paused.message or "a rollout is paused")
    turning = next(((k, h) for k, h in healths if h.status is HealthStatus.PROGRESSING), None)
    if turning is not None:
        return Waiting(Wait.ROLLOUT, f"{turning[0].kind} {turning[0].name}: {turning[1].message}")
    absent = next((h for _, h in healths if h.status is HealthStatus.MISSING), None)
    if absent is not None:
        return Waiting(Wait.ROLLOUT, absent.message)
    return Waiting(Wait.ROLLOUT, "the objects are being looked at") if late or not facts.rendered else None


def _verifying(delivery: Delivery) -> Waiting:
    """All objects are well, and the controller has not said so yet."""
    if delivery.doing is Doing.FAILED and delivery.waiting is not None:
        return delivery.waiting
    return Waiting(Wait.ROLLOUT, f"{delivery.key.kind} {delivery.key.name} finishes its own checks", None)


def _busy(delivery: Delivery, facts: Facts) -> Waiting | None:
    """The controller is at work on another revision, and comes to this one after it."""
    other = delivery.attempted
    if delivery.doing not in (Doing.APPLYING, Doing.VERIFYING) or not other or facts.holds(other) is not False:
        return None
    name = f"{delivery.key.kind} {delivery.key.name}"
    limit = f", {delivery.timeout:.0f} s at most" if delivery.timeout and delivery.doing is Doing.VERIFYING else ""
    what = "waits for the health of" if delivery.doing is Doing.VERIFYING else "applies"
    return Waiting(Wait.ROLLOUT, f"{name} still {what} {other[:8]}{limit}; this one comes after it")


def _progress(level: Reach, facts: Facts) -> int:
    return min(99, progress(facts.keys, facts.objects, facts.now)) if level is Reach.APPLIED and not facts.unlike else 0


def _ended(before: Convergence | None, outcome: Outcome, phases: Sequence[Phase], facts: Facts) -> float | None:
    if outcome is Outcome.RUNNING:
        return None
    if outcome is Outcome.CONVERGED and (done := phases[-1].done) is not None:
        return done
    if before is not None and before.outcome is outcome and before.ended is not None:
        return before.ended
    return facts.now


def _deadline(began: float, facts: Facts) -> float | None:
    """The controllers' own intervals: a look, a run, the time limit of its checks, and a rollout."""
    waits = [(d.interval or 180.0) + (d.timeout or 300.0) + 600.0 for d in facts.deliveries]
    return began + max(waits) if waits else None


def _fits(act: Act, delivery: Delivery) -> bool:
    return act is not Act.TERMINATE or delivery.operating


def _unheard(base: Convergence, facts: Facts) -> Convergence:
    """Nothing is heard: what was known stays as it was, and is called what it is."""
    lost = facts.freshness.contact in (Contact.FORBIDDEN, Contact.NONE, Contact.ASK)
    outcome = Outcome.BLIND if lost and not base.over else base.outcome
    phases = base.phases or (Phase(Step.PUSHED, StepState.DONE, done=facts.pushed_at),)
    return replace(base, freshness=facts.freshness, outcome=outcome, phases=phases)
