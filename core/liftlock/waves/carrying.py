"""What a person decided at one step of a wave, carried over to the next: the same leaves and values. Pure.

The decision is read from what the step's commit left: a change that the plan had before it and has no more was taken.
"""

from __future__ import annotations

from liftlock.model.change import Change
from liftlock.model.plan import Plan

Leaf = tuple[str, str, tuple[object, ...]]


def decided(plan: Plan, before: Plan, after: Plan) -> Plan:
    """The plan staged as the step before was. `before` and `after` are that step's plan around its commit.

    A leaf that the step before did not have stays as the plan proposes it.
    """
    had = {_leaf(change): change for change in before.changes}
    left = {_leaf(change): change for change in after.changes}
    on: set[str] = set()
    off: set[str] = set()
    for change in plan.changes:
        known, still = had.get(_leaf(change)), left.get(_leaf(change))
        if known is None:
            continue
        if still is None:
            on.add(change.id)
        elif still.old != known.old and isinstance(still.old, str):
            on.add(change.id)
            plan = plan.edit(change.id, still.old)  # a person typed another value
        else:
            off.add(change.id)
    return plan.select(off, False).select(on, True)


def _leaf(change: Change) -> Leaf:
    return change.app, change.source_file or change.file, change.path
