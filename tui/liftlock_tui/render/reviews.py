"""Promotions in flight as lines: in the list, in full, and in a cell of the board."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.clock import age
from liftlock.errors import Problem
from liftlock.model.forge import CheckState, ReviewState
from liftlock.model.review import Flight, FlightState
from liftlock.text import printable
from liftlock_tui.ink import BLANK, Line, Piece, fit, line, wrapped

_STATES: dict[FlightState, tuple[str, str]] = {
    FlightState.READY: ("✓", "level"),
    FlightState.MERGED: ("✓", "level"),
    FlightState.REVIEW: ("…", "behind"),
    FlightState.CHECKS: ("…", "behind"),
    FlightState.DRAFT: ("·", "muted"),
    FlightState.CHANGES: ("✗", "problem"),
    FlightState.FAILED: ("✗", "problem"),
    FlightState.CONFLICT: ("✗", "problem"),
    FlightState.BLOCKED: ("✗", "problem"),
    FlightState.CLOSED: ("·", "muted"),
    FlightState.UNKNOWN: ("·", "muted"),
}
_REVIEWS = {
    ReviewState.APPROVED: ("✓", "level"),
    ReviewState.CHANGES: ("✗", "problem"),
    ReviewState.COMMENTED: ("·", "muted"),
    ReviewState.ASKED: ("…", "behind"),
}
_CHECKS = {
    CheckState.PASSED: ("✓", "level"),
    CheckState.FAILED: ("✗", "problem"),
    CheckState.RUNNING: ("…", "behind"),
    CheckState.SKIPPED: ("·", "muted"),
}


def state_pieces(flight: Flight) -> tuple[Piece, ...]:
    """Sign and word of where it stands."""
    sign, role = _STATES[flight.state]
    return (f"{sign} ", f"{role} bold"), (str(flight.state), role)


def cell_piece(flight: Flight | None) -> Piece:
    """What a cell says of a promotion on its way to it; nothing without one."""
    if flight is None:
        return "", ""
    sign, role = _STATES[flight.state]
    return f"⇄ #{flight.number} {sign}", role if flight.known else "accent"


def moves_text(flight: Flight) -> str:
    """What it promotes, in a few words."""
    return ", ".join(f"{move.app} {move.old} → {move.new}" if move.new else move.app for move in flight.moves)


def repository_word(flight: Flight) -> str:
    """The repository that it is in, where that is another one than what is open."""
    return printable(flight.repository) if flight.repository else "this repository"


def silent_lines(silent: Sequence[Problem], columns: int) -> list[Line]:
    """The repositories whose forge did not tell, and why."""
    rows: list[Line] = []
    for problem in silent:
        rows += wrapped((("! ", "problem bold"), (f"{problem.place}: {problem.title}", "problem")), columns, indent=2)
        rows += wrapped((("  ", ""), (problem.hint, "muted")), columns, indent=2) if problem.hint else []
    return [*rows, BLANK] if rows else []


def list_lines(flight: Flight, columns: int, now: float) -> tuple[Line, ...]:
    """One promotion in the list: what and where to, then how it stands and since when."""
    top = ((f"#{flight.number} ", "accent bold"), (moves_text(flight), "strong"))
    where = f" in {printable(flight.repository)}" if flight.repository else ""
    whose = (f"  {flight.request.author}, {age(now - flight.since)}{where}", "muted")
    to = (("  → ", "accent"), (", ".join(flight.targets), ""), ("  ", ""))
    return Line(fit(top, columns)), Line(fit((*to, *state_pieces(flight), whose), columns))


def detail_lines(flight: Flight, columns: int, now: float) -> list[Line]:
    """All about one: state, what is wanted, who said what, checks, where it is."""
    request = flight.request
    rows = [*wrapped(((f"#{flight.number} ", "accent bold"), (request.title, "strong bold")), columns, indent=2)]
    from_to = ((flight.source or "?", ""), (" → ", "accent"), (", ".join(flight.targets), ""))
    opened = (f"   {request.head} → {request.base}", "muted")
    rows += wrapped((*from_to, opened), columns, indent=2)
    by = (f"{request.author} opened it {age(now - flight.since)} ago", "muted")
    rows += [*wrapped((by,), columns), BLANK]
    rows += wrapped((*state_pieces(flight), ("  ", ""), (flight.why, "")), columns, indent=2)
    if flight.moves:
        rows += [BLANK, line(("Moves", "accent"))]
        wide = max(len(move.app) for move in flight.moves)
        for move in flight.moves:
            what: tuple[Piece, ...] = ((move.old, "muted"), (" → ", "accent"), (move.new, "strong bold"))
            rows += wrapped(((f"{move.app.ljust(wide)}  ", ""), *(what if move.new else ())), columns, indent=2)
    rows += [BLANK, line(("Reviews", "accent"), (_wanted(flight.rules.approvals), "muted"))]
    for review in flight.reviews:
        sign, role = _REVIEWS[review.state]
        late = " (of an earlier commit)" if review.stale else ""
        when = f", {age(now - review.at)} ago" if review.at and review.state is not ReviewState.ASKED else ""
        said = (f"{review.state}{late}{when}", role)
        rows.append(line((f"{sign} ", f"{role} bold"), (f"{review.user} ", "strong"), said))
    if not flight.reviews:
        rows.append(line(("nobody was asked", "muted")))
    rows += [BLANK, line(("Checks", "accent"))]
    for check in flight.checks:
        sign, role = _CHECKS[check.state]
        wanted = " required" if check.name in flight.rules.checks else ""
        rows.append(
            line(
                (f"{sign} ", f"{role} bold"),
                (check.name, "strong"),
                (f" {check.state}{wanted}", role),
                (f"  {check.said}", "muted"),
            )
        )
    missing = [name for name in flight.rules.checks if name not in {check.name for check in flight.checks}]
    rows += [line(("… ", "behind bold"), (name, "strong"), (" required, has not begun", "behind")) for name in missing]
    if not flight.checks and not missing:
        rows.append(line(("none", "muted")))
    rows += [BLANK, *wrapped(((request.url, "muted"),), columns)]
    return rows


def _wanted(approvals: int) -> str:
    return f"  {approvals} wanted" if approvals else ""


def board_lines(flights: Sequence[Flight], columns: int, now: float) -> list[Line]:
    """What is on its way to a cell, for the pane beside the board."""
    rows: list[Line] = []
    for flight in flights:
        rows += wrapped(((f"⇄ #{flight.number} ", "accent bold"), (moves_text(flight), "strong")), columns, indent=2)
        since = (f"  {flight.request.author}, {age(now - flight.since)}", "muted")
        rows += wrapped((("  ", ""), *state_pieces(flight), since), columns, indent=2)
        rows += wrapped((("  ", ""), (flight.why, "muted")), columns, indent=2)
    return rows
