"""Gates as lines: a row that says how all of them stand, and each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.clock import age
from liftlock.model.gates import Gate, GateState
from liftlock_tui.ink import BLANK, Line, Piece, line, wrapped

_STATES: dict[GateState, tuple[str, str]] = {
    GateState.BLOCKED: ("✗", "problem"),
    GateState.WAITING: ("…", "behind"),
    GateState.UNKNOWN: ("?", "behind"),
    GateState.OVERRIDDEN: ("⇢", "accent"),
    GateState.PASSED: ("✓", "level"),
    GateState.NOT_APPLICABLE: ("–", "faint"),
}
"""The sign and the role of each state, the worst first."""
_WORST = tuple(_STATES)


def summary(gates: Sequence[Gate], *, whole: bool) -> tuple[Piece, ...]:
    """How all stand, on one line: the names of the gates by their worst state."""
    by_name: dict[str, GateState] = {}
    for gate in gates:
        known = by_name.get(gate.name, gate.state)
        by_name[gate.name] = min(known, gate.state, key=_WORST.index)
    pieces: list[Piece] = [("gates  ", "muted")]
    for state, (sign, role) in _STATES.items():
        names = [name for name, stands in by_name.items() if stands is state]
        if names:
            pieces += [(f"{sign} ", f"{role} bold"), (f"{state}: ", role), (f"{', '.join(names)}  ", "strong")]
    if not whole:
        pieces.append(("· asking ", "muted"))
    elif not gates:
        pieces.append(("nothing is staged that one would be asked for", "muted"))
    return tuple(pieces)


def gate_lines(gates: Sequence[Gate], columns: int, now: float) -> list[Line]:
    """Each gate of each app and environment: its state, the evidence, and what would open it."""
    rows: list[Line] = []
    for where in dict.fromkeys((gate.app, gate.environment) for gate in gates):
        rows += [BLANK] if rows else []
        rows.append(line((where[0], "strong bold"), (" → ", "accent"), (where[1], "strong bold")))
        for gate in (gate for gate in gates if (gate.app, gate.environment) == where):
            rows += one_gate(gate, columns, now)
    return rows


def one_gate(gate: Gate, columns: int, now: float, *, named: bool = False) -> list[Line]:
    """One gate; with `named` its app and environment stand beside it."""
    sign, role = _STATES[gate.state]
    required = " (required)" if gate.required and gate.state is GateState.UNKNOWN else ""
    about = f" ({gate.app} to {gate.environment})" if named else ""
    head: list[Piece] = [(f"{sign} ", f"{role} bold"), (f"{gate.name}{about} ", "strong")]
    rows = wrapped((*head, (f"{gate.state}{required}: ", role), (gate.evidence, "")), columns, indent=2)
    if gate.reason:
        rows += wrapped((("  reason: ", "muted"), (gate.reason, "")), columns, indent=4)
    elif gate.wants and (gate.closed or gate.state is GateState.UNKNOWN):
        until = f", in {age(gate.until - now)}" if gate.until is not None and gate.until > now else ""
        rows += wrapped((("  → ", "accent"), (f"{gate.wants}{until}", "muted")), columns, indent=4)
    return rows
