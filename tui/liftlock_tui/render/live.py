"""The live side of cells and lanes: a sign, a word and a colour for each state."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.clock import age
from liftlock.model.board import CellState
from liftlock.model.live import Contact, Delivery, Doing, Freshness, Lane, LiveCell, LiveState
from liftlock.text import plural, short_version, shorten
from liftlock_tui.ink import BLANK, Line, Piece, line, wrapped

_SIGNS: dict[LiveState, tuple[str, str]] = {
    LiveState.LEVEL: ("●", "level"),
    LiveState.ROLLING: ("↻", "accent"),
    LiveState.BEHIND: ("▼", "behind"),
    LiveState.AHEAD: ("↑", "behind"),
    LiveState.DRIFTED: ("≠", "structure"),
    LiveState.SUSPENDED: ("‖", "behind"),
    LiveState.FAILING: ("✗", "problem"),
    LiveState.WAITING: ("…", "behind"),
    LiveState.ABSENT: ("∅", "problem"),
    LiveState.UNKNOWN: ("◌", "muted"),
    LiveState.UNREACHABLE: ("↯", "problem"),
    LiveState.FORBIDDEN: ("⊘", "muted"),
}
_CONTACTS: dict[Contact, tuple[str, str]] = {
    Contact.NONE: ("", "faint"),
    Contact.ASK: ("?", "behind"),
    Contact.CONNECTING: ("◌", "muted"),
    Contact.LIVE: ("●", "level"),
    Contact.STALE: ("◌", "behind"),
    Contact.UNREACHABLE: ("↯", "problem"),
    Contact.LOGIN: ("↯", "problem"),
    Contact.FORBIDDEN: ("⊘", "behind"),
}


def state_piece(cells: Sequence[LiveCell], *, word: bool = True) -> Piece:
    """The worst target's state, and on how many it is so."""
    if not cells:
        return "", ""
    worst = cells[0]
    sign, role = _SIGNS[worst.state]
    if not word:
        return sign, role
    several = f" {sum(c.state is worst.state for c in cells)}/{len(cells)}" if len(cells) > 1 else ""
    return f"{sign} {worst.state}{several}", role


def runs_piece(state: CellState | None, cells: Sequence[LiveCell]) -> Piece:
    """The version that really runs, where it is not the one in Git."""
    if not cells or state is None or not cells[0].running:
        return "", ""
    wanted = {_plain(version.value) for version in state.versions or ()}
    other = [r for r in cells[0].running if _plain(r.value) not in wanted]
    known = [r for r in other if state.versions and any(_same(r.name, v.name) for v in state.versions)]
    if not known:
        return "", ""
    return f"runs {shorten(short_version(known[0].value), 16)}", "behind"


def _plain(value: str) -> str:
    """A version without its image's name and digest."""
    return short_version(value.partition("@")[0].rpartition(":")[2] or value)


def _same(image: str, name: str) -> bool:
    """Whether an image is the one that a version speaks of; a repository may be named by its end."""
    return image == name or image.endswith(f"/{name}") or name.endswith(f"/{image}")


def contact_pieces(lanes: Sequence[Lane], now: float, columns: int) -> tuple[Piece, ...]:
    """How fresh a lane is: the worst of its targets, in so many columns."""
    if not lanes:
        return ()
    worst = max(lanes, key=lambda lane: list(_CONTACTS).index(lane.freshness.contact))
    if all(lane.freshness.contact is Contact.NONE for lane in lanes):
        return ()
    sign, role = _CONTACTS[worst.freshness.contact]
    text = _contact(worst.freshness, now)
    several = f" {sum(lane.freshness.contact is worst.freshness.contact for lane in lanes)}/{len(lanes)}"
    many = several if len(lanes) > 1 else ""
    forms = (f"{sign} {text}{many}", f"{sign} {text.partition(',')[0]}{many}", f"{sign}{many}", sign)
    return ((next((form for form in forms if len(form) <= columns), sign), role),)


def _contact(fresh: Freshness, now: float) -> str:
    if fresh.contact is Contact.STALE and fresh.heard is not None:
        return f"stale {age(now - fresh.heard)}"
    if fresh.contact is Contact.UNREACHABLE:
        again = f", again in {age(fresh.retry - now)}" if fresh.retry is not None and fresh.retry > now else ""
        return f"lost{again}"
    if fresh.contact is Contact.LOGIN:
        return "login"
    if fresh.contact is Contact.ASK:
        return "a: agree"
    return _word(fresh.contact)


def _word(contact: Contact) -> str:
    """The state in a word: a cluster that is heard is not called live, for that is said of what runs there."""
    return "online" if contact is Contact.LIVE else str(contact)


def not_asked_lines(lane: Lane, columns: int) -> list[Line]:
    """Why a cluster could not be asked, and what to do about it."""
    fresh = lane.freshness
    sign, role = _CONTACTS[fresh.contact]
    why = fresh.problem.title if fresh.problem is not None else lane.question or str(fresh.contact)
    name = lane.target.label or lane.target.context or "no cluster"
    said = ((f" {sign or '·'} ", role), (name, "strong"), (" was not asked: ", "problem"), (why, ""))
    rows = wrapped(said, columns, indent=3)
    hint = fresh.problem.hint if fresh.problem is not None else "a on the board answers" if lane.question else ""
    return rows + (wrapped((("   → ", "accent"), (hint, "")), columns, indent=5) if hint else [])


def lane_lines(lanes: Sequence[Lane], now: float, columns: int) -> list[Line]:
    """All about the clusters of an environment."""
    rows: list[Line] = []
    for lane in lanes:
        fresh = lane.freshness
        sign, role = _CONTACTS[fresh.contact]
        name = lane.target.label or lane.target.context or "no cluster"
        through = f" through {' and '.join(lane.controllers)}" if lane.controllers else ""
        heard = f", heard {age(now - fresh.heard)} ago" if fresh.heard and fresh.contact is not Contact.LIVE else ""
        said: tuple[Piece, ...] = (
            (f"{sign or '·'} ", role),
            (name, "strong"),
            (f" {_word(fresh.contact)}{heard}{through}", "muted"),
        )
        rows += wrapped(said, columns, indent=2)
        if fresh.problem is not None:
            rows += wrapped((("  ", ""), (fresh.problem.title, "problem")), columns, indent=2)
            if fresh.problem.hint:
                rows += wrapped((("  → ", "accent"), (fresh.problem.hint, "")), columns, indent=4)
        for warning in fresh.warnings:
            rows += wrapped((("  ! ", "behind bold"), (warning, "")), columns, indent=4)
        if fresh.blind and fresh.contact in (Contact.LIVE, Contact.STALE, Contact.FORBIDDEN):
            rows += wrapped((("  may not read ", "muted"), (", ".join(fresh.blind), "")), columns, indent=2)
        if lane.question:
            rows += wrapped(
                (("  ? ", "behind bold"), (lane.question, ""), ("  a answers", "accent")), columns, indent=4
            )
    return rows


def cell_lines(state: CellState | None, cells: Sequence[LiveCell], now: float, columns: int) -> list[Line]:
    """All about what runs of a cell, target by target."""
    rows: list[Line] = []
    for cell in cells:
        sign, role = _SIGNS[cell.state]
        where = f" on {cell.target.label or cell.target.context}" if len(cells) > 1 else ""
        rows += wrapped(
            ((f"{sign} {cell.state}", f"{role} bold"), (f"{where}: ", "muted"), (cell.why, "")), columns, indent=2
        )
        for text in cell.cause.lines if cell.cause is not None else ():
            rows.append(line(("    ", ""), (shorten(text, max(10, columns - 4)), "muted")))
        for running in cell.running:
            pods = f" in {plural(running.pods, 'pod')}"
            rows += wrapped(
                (
                    ("  runs ", "muted"),
                    (running.name, ""),
                    (" ", ""),
                    (short_version(running.value), "strong"),
                    (pods, "muted"),
                ),
                columns,
                indent=4,
            )
        for delivery in cell.deliveries:
            rows += _delivery(delivery, now, columns)
        if cell.hidden:
            rows.append(line((f"  {cell.hidden} of {plural(cell.objects, 'object')} may not be read", "muted")))
    return rows


def _delivery(one: Delivery, now: float, columns: int) -> list[Line]:
    revision = f" applied {one.applied[:7]}" if one.applied else " applied nothing yet"
    ago = f" {age(max(0.0, now - one.applied_at))} ago" if one.applied_at and one.applied else ""
    doing = f", {one.doing}" if one.doing is not Doing.IDLE else ""
    pieces: tuple[Piece, ...] = (
        ("  ", ""),
        (f"{one.key.kind} {one.key.name}", ""),
        (f"{revision}{ago}{doing}", "muted"),
    )
    rows = wrapped(pieces, columns, indent=4)
    if one.error:
        rows += wrapped((("    ", ""), (one.error, "problem")), columns, indent=4)
    if (one.waiting is not None and one.doing is not Doing.IDLE) or (one.waiting is not None and one.suspended):
        rows += wrapped((("    … ", "behind"), (one.waiting.sentence, "")), columns, indent=6)
    return rows


def heading(text: str) -> list[Line]:
    """A heading of the pane."""
    return [BLANK, line((text, "accent"))]
