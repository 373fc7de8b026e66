"""The record as lines: arrivals in a list, one in full, and the states that an app can go back to."""

from __future__ import annotations

import time
from collections.abc import Sequence

from liftlock.clock import age
from liftlock.model.record import Arrival, Kind, Moved
from liftlock.model.release import Release
from liftlock.model.rollback import Fitness, Former, WaysBack
from liftlock.text import plural, short_version, shorten
from liftlock_tui.ink import BLANK, Line, Piece, fit, line, wrapped
from liftlock_tui.render.board import mark_piece

_KINDS = {Kind.PROMOTION: ("→", "level"), Kind.ROLLBACK: ("↶", "problem"), Kind.DIRECT: ("·", "behind")}
_FITNESS = {
    Fitness.HEALTHY: "✓ healthy",
    Fitness.RAN: "· ran",
    Fitness.FAILED: "✗ failed",
    Fitness.UNKNOWN: "? not known",
}


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _value(text: str | None) -> str:
    return shorten(short_version(text or ""), 24)


def move_pieces(moves: Sequence[Moved], columns: int) -> tuple[Piece, ...]:
    """What moved: the first in full, and how many more."""
    if not moves:
        return ()
    first, more = moves[0], len(moves) - 1
    old: tuple[Piece, ...] = ((_value(first.old), "muted"), (" → ", "accent")) if first.old is not None else ()
    tail: tuple[Piece, ...] = ((f" +{more}", "muted"),) if more else ()
    pieces = ((f"{first.app} ", "strong"), *(old or (("+ ", "accent"),)), (_value(first.new), "strong bold"), *tail)
    if Line(pieces).width > columns and old:
        pieces = ((f"{first.app} ", "strong"), (_value(first.new), "strong bold"), *tail)
    return pieces


def list_lines(one: Arrival, columns: int, now: float) -> tuple[Line, ...]:
    """An arrival in the list: what moved and when, then which way, how long that took, by whom."""
    sign, role = _KINDS[one.kind]
    when = f" {age(now - one.revision.time)}"
    room = max(8, columns - len(when) - 3)
    moved = fit(move_pieces(one.headline, room) or ((", ".join(one.apps), "strong"),), room)
    top = ((f"{sign} ", f"{role} bold"), *moved, (when.rjust(columns - room - 2), "muted"))
    way: tuple[Piece, ...] = ((f"{one.source} → ", "muted"),) if one.source else ()
    word: tuple[Piece, ...] = () if one.kind is Kind.PROMOTION else ((f"{one.kind} ", role),)
    lead: tuple[Piece, ...] = ((f"  after {age(one.lead)}", "accent"),) if one.lead is not None else ()
    by = (f"  {', '.join(one.authors)}", "muted")
    below = (("  ", ""), mark_piece(one.revision.commit), (" ", ""), *word, *way, (one.environment, ""), *lead, by)
    return Line(fit(top, columns)), Line(fit(below, columns))


def detail_lines(one: Arrival, releases: Sequence[Release], columns: int, now: float) -> list[Line]:
    """All about one arrival: what moved from where, who, why, what it contains."""
    sign, role = _KINDS[one.kind]
    way: tuple[Piece, ...] = ((one.source, "strong"), (" → ", "accent")) if one.source else ()
    rows = wrapped(((f"{sign} ", f"{role} bold"), *way, (one.environment, "strong bold")), columns, indent=2)
    told = "said by trailers" if one.declared else "concluded from the values"
    rows += wrapped((("  ", ""), (str(one.kind), role), (f", {told}", "muted")), columns, indent=2)
    for note in one.notes:
        rows += wrapped((("  ! ", "behind bold"), (note, "")), columns, indent=4)
    rows += [BLANK, *wrapped((mark_piece(one.revision.commit), (f" {one.revision.short} ", "muted"),
                              (one.revision.subject, "")), columns, indent=3)]  # fmt: skip
    facts: list[tuple[str, str]] = [("when", f"{_day(one.revision.time)}, {age(now - one.revision.time)} ago")]
    if one.lead is not None:
        facts.append(("took", f"{age(one.lead)} since {one.source or 'its source'} had it"))
    facts.append(("by", ", ".join(one.authors)))
    if one.landed_by:
        facts.append(("landed by", one.landed_by))
    if one.approved:
        facts.append(("approved", ", ".join(one.approved)))
    if one.request:
        facts.append(("request", one.request))
    if one.reason:
        facts.append(("because", one.reason))
    facts += [("overridden", text) for text in one.overrides]
    facts += [("takes back", commit[:7]) for commit in one.reverts]
    for name, text in facts:
        rows += wrapped(((name.ljust(11), "muted"), (text, "")), columns, indent=11)
    rows += [*_moves(one, columns, now), *_contents(releases, columns)]
    return rows


def _moves(one: Arrival, columns: int, now: float) -> list[Line]:
    rows: list[Line] = [BLANK, line(("What moved", "accent"))]
    if not one.moves:
        rows.append(line(("nothing that is known", "muted")))
    for move in one.moves[:12]:
        old: tuple[Piece, ...] = ((_value(move.old), "muted"), (" → ", "accent")) if move.old is not None else ()
        what = ((f"{move.app} ", "strong"), *(old or (("+ ", "accent"),)), (_value(move.new), "strong bold"))
        rows += wrapped(what, columns, indent=2)
        rows += wrapped(((f"  {move.file}: {move.path}", "muted"),), columns, indent=4)
        if move.since is not None:
            had = f"  {move.source} had it {age(max(0.0, one.revision.time - move.since.time))} before, with "
            rows += wrapped(
                ((had, "muted"), mark_piece(move.since.commit), (f" {move.since.subject}", "muted")), columns, indent=4
            )
    if len(one.moves) > 12:
        rows.append(line((f"and {len(one.moves) - 12} more", "muted")))
    return rows


def _contents(releases: Sequence[Release], columns: int) -> list[Line]:
    return [row for release in releases for row in (BLANK, *release_lines(release, columns))]


def release_lines(release: Release, columns: int) -> list[Line]:
    """What a version contains: the subjects of its commits."""
    way = f"{release.app} {_value(release.old)} → {_value(release.new)}"
    if release.problem:
        rows = wrapped((("What is new in ", "accent"), (way, "strong")), columns)
        return [*rows, *wrapped((("! ", "behind bold"), (release.problem, "")), columns, indent=2)]
    total = plural(release.total, "commit")
    rows = wrapped((("What is new in ", "accent"), (way, "strong"), (f"  {total}", "muted")), columns, indent=2)
    for commit in release.commits:
        rows += wrapped(
            ((f"{commit.short} ", "muted"), (commit.subject, ""), (f" {commit.author}", "muted")), columns, indent=8
        )
    if release.total > len(release.commits):
        rows.append(line((f"and {release.total - len(release.commits)} more", "muted")))
    if release.gone:
        rows += wrapped(
            (("! ", "behind bold"), (f"without {plural(release.gone, 'commit')} that the old one has", "")), columns
        )
    return rows


def state_name(one: Former) -> str:
    """A state that an app had, in a few words."""
    versions = dict.fromkeys(short_version(version.value) for version in one.versions)
    more = f" +{len(versions) - 1}" if len(versions) > 1 else ""
    return f"{shorten(next(iter(versions), 'no version'), 22)}{more}"


def state_about(one: Former, found: WaysBack, now: float) -> str:
    """What is known of a state, for the line it is chosen by."""
    chosen = "the way back: " if one is found.chosen else ""
    alike = ", same versions as now" if one.alike else ""
    said = f"{chosen}{_FITNESS[one.fitness]}{alike}, {age(now - one.revision.time)} ago, {one.revision.short}"
    return f"{said} {one.revision.subject}"
