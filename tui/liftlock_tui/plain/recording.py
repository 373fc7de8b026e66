"""`liftlock history`: the record as lines, as JSON, as CSV, and its figures."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from liftlock.clock import age
from liftlock.model.record import Arrival, Extent, Figures, Kind, Moved, Question
from liftlock.model.release import Release
from liftlock.text import plural, printable, short_version
from liftlock.values import dataclass
from liftlock_tui.plain import answers, shapes
from liftlock_tui.plain.output import Output, note

if TYPE_CHECKING:
    from liftlock.engine import Engine

LIMIT = 30
"""So many are told where neither a number nor a time is given."""
_SHORT, _LONG = 20.0, 60.0
"""Seconds of reading: for the newest, and for all of a time."""
_SHOWN = 3
"""So many moves of one arrival are told; all are in the JSON."""
_SUBJECTS = 5
_SIGNS = {Kind.PROMOTION: ("→", "green"), Kind.ROLLBACK: ("↶", "red"), Kind.DIRECT: ("·", "yellow")}
# What a spreadsheet would calculate; a leading apostrophe makes it a text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    "time",
    "environment",
    "from",
    "kind",
    "told_by",
    "app",
    "old",
    "new",
    "authors",
    "landed_by",
    "approved_by",
    "reason",
    "overrides",
    "reverts",
    "request",
    "lead_seconds",
    "commit",
    "subject",
    "notes",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks."""

    environment: str
    apps: tuple[str, ...]
    since: float
    limit: int | None
    everything: bool
    figures: bool

    @property
    def question(self) -> Question:
        """The same as the engine takes it."""
        usual = 0 if self.since or self.figures else LIMIT
        return Question(
            self.environment, self.apps, self.since, self.limit or usual, direct=self.everything or self.figures
        )


def tell(engine: Engine, asked: Asked, *, as_json: bool, as_csv: bool) -> int:
    """Answer. Raises LiftlockError."""
    figures = engine.record.figures

    found = engine.record.read(asked.question, seconds=_LONG if asked.figures or asked.since else _SHORT)
    out, now = Output(), engine.clock.now()
    if as_csv:
        _csv(found)
    elif as_json:
        arrivals = list(found)
        told = figures(arrivals, asked.since or found.extent.since, now, found.order) if asked.figures else None
        listed = [one for one in arrivals if asked.everything or one.kind is not Kind.DIRECT]
        out.json(shape(engine, listed, found.extent, found.left_out, told))
    elif asked.figures:
        arrivals = list(found)
        _figures(out, figures(arrivals, asked.since or found.extent.since, now, found.order))
    else:
        told_any = False
        for arrival in found:
            _arrival(out, engine, arrival, now)
            told_any = True
        if not told_any:
            out.line("no promotion was found")
        if found.left_out:
            note(f"{plural(found.left_out, 'version')} came from no environment before: --all shows them too")
    if found.extent.why and not as_json:
        note(f"read {how_far(found.extent)}: {found.extent.why}")
    return 0


def how_far(extent: Extent) -> str:
    """`back to 2026-05-01 (634 commits)`."""
    back = f"back to {_day(extent.since)} " if extent.since else ""
    return f"{back}({plural(extent.commits, 'commit')})" if extent.commits else back.strip() or "nothing"


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))


def move_text(move: Moved) -> str:
    """`api 1.4.0 → 1.5.0`, or what came."""
    new = short_version(move.new or "")
    if move.old is None:
        return f"{move.app} + {new}"
    return f"{move.app} {short_version(move.old)} → {new}"


def _arrival(out: Output, engine: Engine, one: Arrival, now: float) -> None:
    sign, colour = _SIGNS[one.kind]
    way = f"{one.source} → {one.environment}" if one.source else one.environment
    word = "" if one.kind is Kind.PROMOTION else f"{one.kind}: "
    moves = [move_text(move) for move in one.headline]
    more = f" and {len(moves) - _SHOWN} more" if len(moves) > _SHOWN else ""
    what = ", ".join(moves[:_SHOWN]) + more if moves else ", ".join(one.apps)
    lead = f"after {age(one.lead)}" if one.lead is not None else ""
    when = f"{_day(one.revision.time)} {one.revision.short}"
    out.line(f"{when} {out.style(sign, colour)} {out.style(way, 'bold')}  {word}{printable(what)}  {lead}".rstrip())
    by = f"by {', '.join(one.authors)}" + (f", landed by {one.landed_by}" if one.landed_by else "")
    approved = f"approved by {', '.join(one.approved)}" if one.approved else ""
    parts = [by, approved, one.request, printable(one.revision.subject)]
    out.line(out.style(f"    {'  '.join(part for part in parts if part)}", "dim"))
    said = [f"because: {one.reason}"] if one.reason else []
    said += [f"gate overridden: {text}" for text in one.overrides]
    said += [f"takes back {commit[:7]}" for commit in one.reverts]
    for text in (*said, *one.notes):
        out.line(out.style(f"    {text}", "yellow"))
    for release in releases(engine, one):
        _release(out, release)


def releases(engine: Engine, one: Arrival) -> Iterator[Release]:
    """What the versions of an arrival contain, of apps whose repository is mapped."""
    for move in one.headline:
        found = engine.releases.between(move.app, move.old or "", move.new or "")
        if found is not None:
            yield found


def _release(out: Output, release: Release) -> None:
    for text in answers.release_lines(release, _SUBJECTS):
        out.line(out.style(f"    {text}", "dim"))


def _figures(out: Output, told: Figures) -> None:
    weeks = (told.until - told.since) / (7 * 86400)
    out.line(out.style(f"since {_day(told.since)}, {weeks:.1f} weeks", "bold"))
    if not told.environments:
        out.line("nothing came that is known")
        return
    out.line()
    rows = [["hop", "promotions", "lead time, median", "90 of 100 within"]]
    rows += [[f"{h.source} → {h.target}", str(h.promotions), _span(h.median), _span(h.p90)] for h in told.hops]
    out.table(rows)
    out.line()
    rows = [["environment", "promotions", "direct", "rollbacks", "changes a week", "rollback rate"]]
    rows += [
        [
            e.environment,
            str(e.promotions),
            str(e.direct),
            str(e.rollbacks),
            f"{e.per_week:.1f}",
            f"{100 * e.rollback_rate:.1f} %",
        ]
        for e in told.environments
    ]
    out.table(rows)


def _span(seconds: float | None) -> str:
    return age(seconds) if seconds is not None else "–"


def _csv(found: Iterator[Arrival] | Any) -> None:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for arrival in found:
        for row in csv_rows(arrival):
            rows.writerow(row)
    Output().line(out.getvalue().rstrip("\n"))


def csv_rows(one: Arrival) -> Iterator[list[str]]:
    """A row for each app that moved; what a spreadsheet would calculate is a text."""
    for app in one.apps or ("",):
        moves = [move for move in one.headline if move.app == app]
        cells = [
            datetime.fromtimestamp(one.revision.time, UTC).isoformat().replace("+00:00", "Z"),
            one.environment,
            one.source,
            str(one.kind),
            "trailers" if one.declared else "values",
            app,
            ", ".join(move.old or "" for move in moves),
            ", ".join(move.new or "" for move in moves),
            ", ".join(one.authors),
            one.landed_by,
            ", ".join(one.approved),
            one.reason,
            "; ".join(one.overrides),
            " ".join(one.reverts),
            one.request,
            "" if one.lead is None else str(int(one.lead)),
            one.revision.commit,
            one.revision.subject,
            "; ".join(one.notes),
        ]
        yield [_text(cell) for cell in cells]


def _text(cell: str) -> str:
    clean = printable(cell)
    return f"'{clean}" if clean.lstrip(" ").startswith(_FORMULA) else clean


def shape(
    engine: Engine, arrivals: Sequence[Arrival], extent: Extent, left_out: int, told: Figures | None
) -> dict[str, Any]:
    """`liftlock.history/1`."""
    shown: dict[str, Any] = {
        "schema": "liftlock.history/1",
        "repository": engine.name,
        "arrivals": [
            {**_shape(one), "releases": [shapes.release(r) for r in releases(engine, one)]} for one in arrivals
        ],
        "left_out": left_out,
        "read": {"commits": extent.commits, "since": extent.since, "whole": extent.whole, "why": extent.why},
    }
    if told is not None:
        shown["figures"] = {
            "since": told.since,
            "until": told.until,
            "hops": [
                {"from": h.source, "to": h.target, "promotions": h.promotions, "median": h.median, "p90": h.p90}
                for h in told.hops
            ],
            "environments": [
                {
                    "environment": e.environment,
                    "promotions": e.promotions,
                    "direct": e.direct,
                    "rollbacks": e.rollbacks,
                    "per_week": round(e.per_week, 3),
                    "rollback_rate": round(e.rollback_rate, 4),
                }
                for e in told.environments
            ],
        }
    return shown


def _shape(one: Arrival) -> dict[str, Any]:
    return {
        "revision": shapes.revision(one.revision),
        "environment": one.environment,
        "from": one.source or None,
        "kind": str(one.kind),
        "told_by": "trailers" if one.declared else "values",
        "apps": list(one.apps),
        "moves": [
            {
                "app": move.app,
                "file": move.file,
                "path": move.path,
                "old": move.old,
                "new": move.new,
                "class": str(move.cls),
                "from": move.source or None,
                "since": shapes.revision(move.since),
            }
            for move in one.moves
        ],
        "authors": list(one.authors),
        "landed_by": one.landed_by or None,
        "approved_by": list(one.approved),
        "reason": one.reason or None,
        "overrides": list(one.overrides),
        "reverts": list(one.reverts),
        "request": one.request or None,
        "lead_seconds": one.lead,
        "notes": list(one.notes),
    }
