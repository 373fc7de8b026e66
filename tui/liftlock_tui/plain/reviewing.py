"""Pull requests as lines and JSON, and what waits until one is merged."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from liftlock.clock import age
from liftlock.errors import PlanError
from liftlock.model.review import Flight, FlightState, InFlight, Landing, Proposed
from liftlock.text import printable, shorten
from liftlock_tui.plain import promoting, watching
from liftlock_tui.plain.output import Output, note

if TYPE_CHECKING:
    from liftlock.engine import Engine

SIGNS = {
    FlightState.READY: ("✓", "green"),
    FlightState.MERGED: ("✓", "green"),
    FlightState.REVIEW: ("…", "yellow"),
    FlightState.CHECKS: ("…", "yellow"),
    FlightState.DRAFT: ("·", "dim"),
    FlightState.CHANGES: ("✗", "red"),
    FlightState.FAILED: ("✗", "red"),
    FlightState.CONFLICT: ("✗", "red"),
    FlightState.BLOCKED: ("✗", "red"),
    FlightState.CLOSED: ("·", "dim"),
    FlightState.UNKNOWN: ("·", "dim"),
}
"""The sign and the colour of each state, beside its word."""


def propose(engine: Engine, asked: promoting.Asked, ask: Proposal, told: Callable[[str], None]) -> Proposed:
    """Plan what the command line asks for, and open its pull request or update the one in flight.

    Raises LiftlockError.
    """
    if engine.fetch(interactive=asked.interactive) is None:
        raise PlanError("There is no remote to push to", "nothing was committed", "git remote add origin URL")
    plan = promoting.prepared(engine, asked, told)
    for caution in engine.cautions(plan):
        told(f"beware: {caution.text}")
    return engine.propose(
        plan,
        reason=asked.reason,
        branch=asked.branch or "",
        draft=ask.draft,
        labels=ask.labels,
        reviewers=ask.reviewers,
        reasons=engine.gates.reasons(asked.override, asked.reason) if asked.override else {},
        interactive=asked.interactive,
        told=told,
    )


def propose_and_wait(
    engine: Engine, out: Output, asked: promoting.Asked, ask: Proposal, seconds: float | None, *, as_json: bool
) -> int:
    """Propose, tell how it ended, and with `seconds` wait until it is merged and has converged; the exit code."""
    made = propose(engine, asked, ask, note)
    if as_json:
        (out.json if seconds is None else out.json_line)(proposed_shape(made))
    else:
        proposed(out, made)
    if seconds is None:
        return 0
    if made.flight is None:
        raise PlanError("There is no pull request to wait for", "no token is known for this forge", made.page)
    flight = until_landed(engine, made.flight, seconds, telling(out, as_json=as_json))
    return after(engine, flight, seconds, watching.teller(out, as_json=as_json))


class Proposal:
    """How the pull request is asked for on the command line."""

    def __init__(self, *, draft: bool, labels: Sequence[str], reviewers: Sequence[str]) -> None:
        self.draft = draft
        self.labels = tuple(labels)
        self.reviewers = tuple(reviewers)


def proposed(out: Output, made: Proposed) -> None:
    """How proposing ended."""
    if made.flight is None:
        out.line(f"pushed {made.commit[:8]} to {made.branch}; no pull request is open yet")
        for said in made.notes:
            out.line(out.style(printable(said), "yellow"))
        out.line(f"open it there: {printable(made.page)}")
        return
    word = {
        "opened": "opened",
        "updated": "updated, it was in flight already:",
        "unchanged": "in flight already, with just this:",
    }[made.done]
    out.line(f"{word} #{made.flight.number} {made.flight.request.title}")
    for said in made.notes:
        out.line(out.style(printable(said), "yellow"))
    out.line(made.flight.request.url)


def flights(out: Output, told: InFlight, now: float) -> None:
    """What is in flight, a line each, with whom or what it waits for."""
    for problem in told.silent:
        note(f"{problem.place}: {problem.title}" + (f"; {problem.hint}" if problem.hint else ""))
    if not told.flights:
        out.line(f"nothing is in flight on {' and '.join(told.where)}")
        return
    rows = [["", "#", "promotes", "to", "state", "open for", "by"]]
    for one in told.flights:
        sign, colour = SIGNS[one.state]
        rows.append(
            [
                out.style(sign, colour),
                named(one),
                shorten(moves(one), 48),
                ", ".join(one.targets),
                out.style(str(one.state), colour),
                age(now - one.since),
                one.request.author,
            ]
        )
    out.table(rows, limit=48)
    out.line()
    for one in told.flights:
        out.line(out.style(f"#{named(one)}  {one.why}", "dim"))
        out.line(out.style(f"    {one.request.url}", "dim"))


def named(one: Flight) -> str:
    """Its number, as commands take it."""
    return f"{one.number} --in {printable(one.targets[0])}" if one.repository else str(one.number)


def moves(one: Flight) -> str:
    """What a flight promotes, in a few words."""
    return ", ".join(f"{m.app} {m.old} → {m.new}" if m.new else m.app for m in one.moves)


def landed(out: Output, landing: Landing) -> None:
    """How a merge ended."""
    at = f" as {landing.commit[:8]}" if landing.commit else ""
    out.line(f"merged #{landing.flight.number} into {landing.flight.request.base}{at} ({landing.method})")
    for said in landing.notes:
        out.line(out.style(printable(said), "yellow"))


def until_landed(engine: Engine, flight: Flight, seconds: float, told: Callable[[Flight], None]) -> Flight:
    """Wait until a pull request is merged by anyone; each news is told. Raises PlanError when it is closed or late."""
    last: Flight | None = None
    for last in engine.reviews_at(flight.repository).until_merged(flight.number, timeout=seconds):
        told(last)
    if last is None or last.state is not FlightState.MERGED:
        state = str(last.state) if last is not None else "unknown"
        why = last.why if last is not None else ""
        hint = "" if state == FlightState.CLOSED else f"wait longer with --timeout, or liftlock merge {named(flight)}"
        raise PlanError(f"#{flight.number} was not merged: {state}", why, hint)
    return last


def after(engine: Engine, flight: Flight, seconds: float, tell: watching.Tell) -> int:
    """Watch what a merge left on the base; the worst exit code of its environments."""
    engine.fetch()
    commit = flight.request.merged_as
    if not commit:
        raise PlanError(
            f"The forge does not tell the commit of #{flight.number}",
            "it says that it is merged",
            f"liftlock watch {printable(flight.targets[0])}",
        )
    return max(watching.watch(engine, name, commit, seconds, tell) for name in flight.targets)


def telling(out: Output, *, as_json: bool) -> Callable[[Flight], None]:
    """Tells people a line for each news of a pull request, and programs an object a line."""

    def tell(one: Flight) -> None:
        if as_json:
            out.json_line(flight_shape(one))
        else:
            sign, colour = SIGNS[one.state]
            out.line(f"{out.style(sign, colour)} #{one.number} {one.state}: {one.why}")
            sys.stdout.flush()

    return tell


def proposed_shape(made: Proposed) -> dict[str, Any]:
    """`liftlock.proposal/1`."""
    return {
        "schema": "liftlock.proposal/1",
        "done": made.done,
        "commit": made.commit,
        "branch": made.branch,
        "page": made.page or None,
        "notes": list(made.notes),
        "flight": flight_shape(made.flight) if made.flight is not None else None,
    }


def flights_shape(told: InFlight) -> dict[str, Any]:
    """`liftlock.reviews/1`."""
    return {
        "schema": "liftlock.reviews/1",
        "forge": told.where[0],
        "forges": list(told.where),
        "silent": [{"repository": p.place, "title": p.title, "hint": p.hint} for p in told.silent],
        "flights": [flight_shape(one) for one in told.flights],
    }


def landed_shape(landing: Landing) -> dict[str, Any]:
    """`liftlock.merge/1`."""
    return {
        "schema": "liftlock.merge/1",
        "commit": landing.commit or None,
        "method": str(landing.method),
        "notes": list(landing.notes),
        "flight": flight_shape(landing.flight),
    }


def flight_shape(one: Flight) -> dict[str, Any]:
    """One promotion in flight."""
    request = one.request
    return {
        "number": request.number,
        "repository": one.repository or None,
        "title": request.title,
        "url": request.url,
        "author": request.author,
        "state": str(one.state),
        "why": one.why,
        "waitsFor": list(one.waits_for),
        "from": one.source,
        "to": list(one.targets),
        "moves": [{"app": m.app, "old": m.old or None, "new": m.new or None} for m in one.moves],
        "branch": request.head,
        "base": request.base,
        "commit": request.head_commit,
        "merged": request.merged_as or None,
        "draft": request.draft,
        "labels": list(request.labels),
        "opened": request.opened,
        "reviews": [{"user": r.user, "state": str(r.state), "at": r.at, "stale": r.stale} for r in one.reviews],
        "checks": [{"name": c.name, "state": str(c.state), "url": c.url or None} for c in one.checks],
        "wanted": {
            "approvals": one.rules.approvals,
            "checks": list(one.rules.checks),
            "methods": [str(m) for m in one.rules.methods],
            "told": one.rules.told,
        },
    }
