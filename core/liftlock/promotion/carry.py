"""A promotion is an intent: carrying the selection and the typed values of one plan over to a newer one. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from liftlock.model.change import Change, path_text
from liftlock.model.plan import Plan
from liftlock.text import printable, shorten


def over(old: Plan, fresh: Plan) -> tuple[Plan, tuple[str, ...]]:
    """The fresh plan with the old one's selection and typed values, and what differs, in sentences."""
    known = {change.id for change in old.changes}
    there = {change.id for change in fresh.changes if not change.blocked}
    selected = (old.selected & there) | frozenset(i for i in fresh.selected if i not in known)
    edited = tuple(pair for pair in old.edited if pair[0] in there)
    kept = replace(fresh, selected=selected, edited=edited)
    return kept, differences(old, fresh, old.selected)


def differences(old: Plan, fresh: Plan, matter: Collection[str]) -> tuple[str, ...]:
    """What is otherwise in the fresh plan, of the changes that matter (ids) and those that are new."""
    before = {change.id: change for change in old.changes}
    after = {change.id: change for change in fresh.changes}
    said = []
    for identity, change in before.items():
        now = after.get(identity)
        if identity not in matter:
            continue
        if now is None:
            said.append(f"{_place(change)}: nothing to move any more")
        elif now.new != change.new:
            said.append(f"{_place(change)}: would become {_value(now.shown_new)} instead of {_value(change.shown_new)}")
        elif now.old != change.old:
            said.append(
                f"{_place(change)}: the target has {_value(now.shown_old)} by now, not {_value(change.shown_old)}"
            )
    for identity, change in after.items():
        if identity not in before and change.proposed:
            said.append(f"{_place(change)}: new in the plan, {_value(change.shown_old)} to {_value(change.shown_new)}")
    return tuple(said)


def _place(change: Change) -> str:
    return f"{printable(change.file)} {printable(path_text(change.path))}".strip()


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    return shorten(printable(value), 60) if isinstance(value, str) else "a block"
