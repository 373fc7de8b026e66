"""When each step began and was done: the cluster's own times where they fit, and never out of order.

Clocks of clusters may be an hour off: a time from before the step before, or from the future, is not believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from liftlock.cluster.health.reading import mappings, moment, string
from liftlock.convergence.facts import Facts
from liftlock.model.convergence import Phase, Step, StepState
from liftlock.model.live import Delivery

_OPEN = (StepState.ACTIVE, StepState.WAITING, StepState.FAILED)
_ROUGH = 1.0
"""Clusters tell times in whole seconds."""


def timed(before: Sequence[Phase], phases: Sequence[Phase], facts: Facts) -> tuple[Phase, ...]:
    """The phases with their times; what was told before stays."""
    known = {phase.step: phase for phase in before}
    pushed = min(facts.pushed_at, facts.now) if facts.pushed_at is not None else None
    looked = Step.ROLLING in known and bool(known[Step.ROLLING].note)
    told = _told(facts, pushed, first=Step.SEEN not in known, looked=looked)
    made: list[Phase] = []
    last = pushed
    for phase in phases:
        old = known.get(phase.step)
        began = old.began if old is not None else None
        done = old.done if old is not None and old.state is StepState.DONE else None
        if phase.state is StepState.DONE:
            done = done if done is not None else told.get(phase.step, facts.now)
            done = max(done, last) if last is not None else done
            began = began if began is not None and began <= done else last
        elif phase.state in _OPEN:
            began, done = began if began is not None else last if last is not None else facts.now, None
        else:
            began = done = None
        if began is not None and last is not None:
            began = max(began, last)
        if phase.step is Step.PUSHED:
            began, done = None, pushed
        made.append(replace(phase, began=began, done=done))
        last = done if done is not None else last
    return tuple(made)


def believed(told: float | None, after: float | None, now: float) -> bool:
    """Whether the cluster's time lies between what came before and now."""
    return told is not None and (after is None or told >= after - _ROUGH) and told <= now + _ROUGH


def _told(facts: Facts, pushed: float | None, *, first: bool, looked: bool) -> dict[Step, float]:
    """The cluster's own times of the steps, those that can be.

    At the `first` look of an old promotion later steps bound earlier ones: an artifact that was fetched after the
    promotion was applied is a later one. `looked` is whether its objects were looked at before: what is well when
    they are seen first was so when the pods were replaced.
    """
    applied = [_applied(delivery, facts) for delivery in facts.deliveries]
    fetched = [delivery.fetched_at for delivery in facts.deliveries]
    found: dict[Step, float] = {}
    _put(found, Step.APPLIED, [done for _, done in applied], pushed, facts.now)
    limit = found.get(Step.APPLIED, facts.now)
    begun = [b if b is not None else f for (b, _), f in zip(applied, fetched, strict=True)]
    _put(found, Step.FETCHED, fetched, pushed, limit)
    _put(found, Step.SEEN, begun, pushed, limit)
    if first and Step.APPLIED in found:
        # Watched from after it was done: what is not told was done by then at the latest.
        found.setdefault(Step.FETCHED, limit)
        found.setdefault(Step.SEEN, found[Step.FETCHED])
    rolled = list(_rolled(facts))
    after = found.get(Step.APPLIED, pushed)
    if not looked and after is not None and rolled and None not in rolled:
        # Pods that nothing replaced were there already.
        rolled = [max(time, after) for time in rolled if time is not None]
    _put(found, Step.ROLLING, rolled, after, facts.now)
    if not looked and Step.ROLLING in found:
        found[Step.HEALTHY] = found[Step.ROLLING]
    elif not looked and facts.rendered and not rolled and after is not None:
        found[Step.ROLLING] = found[Step.HEALTHY] = after
    return found


def _put(found: dict[Step, float], step: Step, times: Sequence[float | None], after: float | None, now: float) -> None:
    """The newest of the times, when all are known and can be."""
    known = [time for time in times if time is not None]
    if known and len(known) == len(times) and believed(max(known), after, now):
        found[step] = min(max(known), now)


def _applied(delivery: Delivery, facts: Facts) -> tuple[float | None, float | None]:
    """When the oldest of the newest applies that hold the promotion began and was done."""
    began, done = None, None
    for one in delivery.history:
        if not one.revision or not (one.revision == facts.revision or facts.holds(one.revision)):
            break
        began, done = one.began, one.done
    if done is None and (delivery.applied == facts.revision or facts.holds(delivery.applied)):
        done = delivery.applied_at
    return began, done


def _rolled(facts: Facts) -> Iterator[float | None]:
    """When each Deployment had replaced its pods; None for a workload that does not say."""
    for key in facts.keys:
        if key.kind not in ("Deployment", "StatefulSet", "DaemonSet", "Rollout", "Job"):
            continue
        manifest = facts.objects.get(key)
        told = [c for c in mappings(manifest, "status", "conditions") if string(c, "type") == "Progressing"]
        done = next((c for c in told if string(c, "reason") == "NewReplicaSetAvailable"), None)
        yield moment(done, "lastUpdateTime") if done is not None else None
