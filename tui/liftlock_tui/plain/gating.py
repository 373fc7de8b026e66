"""Gates and marks as lines and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from liftlock.clock import age
from liftlock.model.gates import Gate, GateState, Mark, Marked
from liftlock.text import plural, printable
from liftlock_tui.plain.output import Output

SIGNS = {
    GateState.PASSED: ("✓", "green"),
    GateState.BLOCKED: ("✗", "red"),
    GateState.WAITING: ("…", "yellow"),
    GateState.UNKNOWN: ("?", "magenta"),
    GateState.NOT_APPLICABLE: ("–", "dim"),
    GateState.OVERRIDDEN: ("»", "cyan"),
}
"""The symbol and the colour of each state; its word stands beside them."""

ADVICE = "gates are advisory: this machine evaluates them; branch protection is what enforces"


def gates(out: Output, told: Sequence[Gate], source: str, target: str, now: float) -> None:
    """Each gate of each app: state, evidence, what would satisfy it and when."""
    if not told:
        out.line(f"nothing would move from {printable(source)} to {printable(target)}: no gate is asked")
        return
    for app in dict.fromkeys(gate.app for gate in told):
        out.line(out.style(f"{printable(app)} to {printable(target)}", "bold"))
        for gate in (g for g in told if g.app == app):
            sign, colour = SIGNS[gate.state]
            word = f"{gate.state}{' (required)' if gate.required and gate.state is GateState.UNKNOWN else ''}"
            out.line(f"  {out.style(f'{sign} {gate.name:<8} {word}', colour)}  {gate.evidence}")
            for more in _more(gate, now):
                out.line(out.style(f"      {more}", "dim"))
    closed = sum(gate.closed for gate in told)
    said = f"{plural(closed, 'gate')} closed" if closed else "nothing stands in the way"
    out.line(out.style(f"{said}; {ADVICE}", "dim"))


def _more(gate: Gate, now: float) -> list[str]:
    lines = [f"reason: {gate.reason}"] if gate.reason else []
    if gate.wants and gate.closed:
        until = f" (until {moment(gate.until)}, in {age(gate.until - now)})" if gate.until is not None else ""
        lines.append(f"to pass: {gate.wants}{until}")
    elif gate.wants:
        lines.append(f"to know: {gate.wants}" if gate.state is GateState.UNKNOWN else f"it wanted: {gate.wants}")
    return lines


def moment(at: float) -> str:
    """A moment that every reader of a log reads alike."""
    return datetime.fromtimestamp(at, UTC).strftime("%a %Y-%m-%d %H:%M UTC")


def marked(out: Output, told: Marked) -> None:
    """What was marked, where it is, and how others get to see it."""
    what = f"{told.mark.app} {told.mark.version}"
    done = "is no longer marked bad" if told.undone else "is marked bad"
    if told.pushed:
        out.line(printable(f"{what} {done} on {told.pushed} ({told.commit[:8]})"))
        if told.branch:
            out.line(out.style("it counts once that branch is merged", "dim"))
        return
    out.line(printable(f"{what} {done} by {told.commit[:8]} on {told.branch}"))
    out.line(out.style("it counts once that branch is merged and pushed; --push does both at once", "dim"))


def marks(out: Output, told: Sequence[Mark], now: float) -> None:
    """The versions that were marked bad, with who, when and why."""
    if not told:
        out.line("no version is marked bad")
        return
    rows = [["app", "version", "by", "since", "reason"]]
    for mark in told:
        since = f"{age(now - mark.at)} ago" if mark.at is not None else ""
        rows.append([mark.app, mark.version, mark.by, since, mark.reason])
    out.table(rows)


def gate_shape(gate: Gate) -> dict[str, Any]:
    """One gate."""
    return {
        "name": gate.name,
        "environment": gate.environment,
        "app": gate.app,
        "state": str(gate.state),
        "closed": gate.closed,
        "required": gate.required,
        "evidence": gate.evidence,
        "wants": gate.wants or None,
        "until": gate.until,
        "reason": gate.reason or None,
    }


def gates_shape(told: Sequence[Gate], source: str, target: str) -> dict[str, Any]:
    """`liftlock.gates/1`."""
    return {
        "schema": "liftlock.gates/1",
        "from": source,
        "to": target,
        "open": not any(gate.closed for gate in told),
        "advisory": True,
        "gates": [gate_shape(gate) for gate in told],
    }


def mark_shape(mark: Mark) -> dict[str, Any]:
    """One mark."""
    return {
        "app": mark.app,
        "version": mark.version,
        "reason": mark.reason or None,
        "by": mark.by or None,
        "at": mark.at,
        "commit": mark.commit or None,
    }


def marked_shape(told: Marked) -> dict[str, Any]:
    """`liftlock.mark/1`."""
    return {
        "schema": "liftlock.mark/1",
        "app": told.mark.app,
        "version": told.mark.version,
        "bad": not told.undone,
        "commit": told.commit,
        "branch": told.branch or None,
        "pushed": told.pushed or None,
    }


def marks_shape(told: Sequence[Mark]) -> dict[str, Any]:
    """`liftlock.marks/1`."""
    return {"schema": "liftlock.marks/1", "bad": [mark_shape(mark) for mark in told]}
