"""A live diff as lines: the consequence first, what is lost by name, then object by object."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.clock import age
from liftlock.model.livediff import Effect, LiveChange, LiveDiff
from liftlock.text import plural
from liftlock_tui.ink import BLANK, Line, Piece, fit, line, wrapped
from liftlock_tui.render.diff import side_by_side, unified

EFFECTS: dict[Effect, tuple[str, str]] = {
    Effect.CREATED: ("+", "added"),
    Effect.CHANGED: ("~", "behind"),
    Effect.PRUNED: ("-", "removed"),
    Effect.KEPT: ("·", "muted"),
    Effect.REPLACED: ("!", "problem"),
    Effect.REFUSED: ("✗", "problem"),
    Effect.SAME: ("=", "muted"),
    Effect.UNSEEN: ("?", "behind"),
}


def live_diffs(
    found: Sequence[LiveDiff],
    said: str,
    dangers: Sequence[str],
    context: int,
    columns: int,
    now: float,
    *,
    side: bool,
    whole: bool,
    progress: str,
) -> list[Line]:
    """Everything that an apply would change, as far as it is known."""
    rows: list[Line] = []
    if found:
        rows += wrapped(((" ", ""), (said, "strong bold")), columns, indent=1)
        for danger in dangers:
            rows += wrapped(((" ! ", "problem bold"), (danger, "problem")), columns, indent=3)
        rows.append(BLANK)
    if not whole:
        rows += [line((" · ", "faint"), (progress or "asking the cluster", "muted")), BLANK]
    for diff in found:
        rows += diff_lines(diff, context, columns, now, side=side)
    if whole and not found:
        rows += [BLANK, line(("  Nothing is staged: nothing would change in the cluster.", "muted"))]
    return rows


def diff_lines(diff: LiveDiff, context: int, columns: int, now: float, *, side: bool) -> list[Line]:
    """One app on one target."""
    where = f" on {diff.label}" if diff.label else ""
    count = len(diff.changes)
    told = f"  {plural(count, 'object')} of {count + diff.same} would change" if not diff.problem else ""
    rows = [line((f"{diff.app} in {diff.environment}{where}", "accent bold"), (told, "muted"))]
    if diff.problem:
        rows += wrapped((("! ", "problem bold"), (diff.problem, "problem")), columns, indent=2)
        if diff.hint:
            rows += wrapped((("  → ", "accent"), (diff.hint, "")), columns, indent=4)
    for note in diff.notes:
        rows += wrapped((("· ", "faint"), (note, "muted")), columns, indent=2)
    for change in diff.changes:
        rows += change_lines(change, context, columns, now, side=side)
    if not diff.changes and not diff.problem:
        rows.append(line(("  what runs is what Git would apply", "muted")))
    return [*rows, BLANK]


def change_lines(change: LiveChange, context: int, columns: int, now: float, *, side: bool) -> list[Line]:
    """One object: what happens to it, how that is known, its lines, and who wrote what would go."""
    key = change.key
    place = f" in {key.namespace}" if key.namespace else ""
    word: list[Piece] = [effect_piece(change)]
    if change.restarts:
        word.append(("  pods restart", "behind"))
    head: tuple[Piece, ...] = (
        (f" {key.kind} ", "muted"),
        (key.name, "strong bold"),
        (place, "muted"),
        ("  ", ""),
        *word,
    )
    rows = [Line(fit(head, columns), "chip")]
    rows += wrapped((("   ", ""), (str(change.way), "faint")), columns, indent=3)
    if change.note:
        rows += wrapped((("   ", ""), (change.note, "behind")), columns, indent=3)
    for danger in change.dangers:
        rows += wrapped((("   ! ", "problem bold"), (danger, "problem")), columns, indent=5)
    lines = change.diff.lines
    rows += side_by_side(lines, context, columns) if side else unified(lines, context, columns)
    for author in change.authors:
        since = f" {age(max(0.0, now - author.at))} ago" if author.at is not None else ""
        how = f" ({author.operation})" if author.operation else ""
        said: tuple[Piece, ...] = (("   ", ""), (author.path, "strong"), (" written by ", "muted"))
        rows += wrapped((*said, (f"{author.manager}{how}", ""), (since, "muted")), columns, indent=5)
    return [*rows, BLANK]


def effect_piece(change: LiveChange) -> Piece:
    """What happens to an object: sign and word."""
    sign, role = EFFECTS[change.effect]
    return f"{sign} {change.effect}", role
