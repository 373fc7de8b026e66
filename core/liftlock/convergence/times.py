"""When each step began and was done: the cluster's own times where they fit, and never out of order.

Clocks of clusters may be an hour off: a time from before the push or from the future is not believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from liftlock.convergence.facts import Facts
from liftlock.model.convergence import Phase, Step, StepState

_OPEN = (StepState.ACTIVE, StepState.WAITING, StepState.FAILED)


def timed(before: Sequence[Phase], phases: Sequence[Phase], facts: Facts) -> tuple[Phase, ...]:
    """The phases with their times; what was told before stays."""
    known = {phase.step: phase for phase in before}
    made: list[Phase] = []
    last = facts.pushed_at
    for phase in phases:
        old = known.get(phase.step)
        began = old.began if old is not None else None
        done = old.done if old is not None and old.state is StepState.DONE else None
        if phase.state is StepState.DONE:
            done = done or _told(phase.step, facts, last) or facts.now
            if last is not None:
                done = max(done, last)
            began = began if began is not None and began <= done else last
        elif phase.state in _OPEN:
            began, done = began or last or facts.now, None
        else:
            began = done = None
        if phase.step is Step.PUSHED:
            began, done = None, facts.pushed_at
        made.append(replace(phase, began=began, done=done))
        last = done or last
    return tuple(made)


def _told(step: Step, facts: Facts, last: float | None) -> float | None:
    """The cluster's own time of a step, where it lies between the step before and now."""
    times = {
        Step.FETCHED: [d.looked_at for d in facts.deliveries],
        Step.APPLIED: [d.applied_at for d in facts.deliveries],
    }.get(step, [])
    found = [time for time in times if time is not None]
    if not found:
        return None
    newest = max(found)
    return newest if (last or 0.0) - 1.0 <= newest <= facts.now + 1.0 else None
