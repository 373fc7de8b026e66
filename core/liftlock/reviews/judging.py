"""Where a promotion in flight stands, from what the forge says. Pure.

The order is that in which a person would be stopped: closed or merged, draft, conflict, changes requested, a check
that failed, checks that run, reviews that are missing, whatever else the forge says. What the forge keeps to itself is
not taken for allowed.
"""

from __future__ import annotations

from dataclasses import replace

from liftlock.model.forge import CheckState, CommitCheck, PullRequest, RequestState, Review, ReviewState, Rules
from liftlock.model.review import Flight, FlightState
from liftlock.text import plural


def judged(
    flight: Flight,
    request: PullRequest,
    reviews: tuple[Review, ...],
    checks: tuple[CommitCheck, ...],
    rules: Rules,
) -> Flight:
    """The flight with its state, the sentence for it, and for whom or what it waits."""
    state, why, waits_for = _state(request, reviews, checks, rules)
    return replace(
        flight,
        request=request,
        reviews=reviews,
        checks=checks,
        rules=rules,
        state=state,
        why=why,
        waits_for=waits_for,
        known=True,
    )


def next_step(flight: Flight) -> str:
    """What a person does about the state it is in, "" where nothing is to be done or it is not known."""
    names = ", ".join(flight.waits_for)
    return {
        FlightState.DRAFT: f"say on its page that it is ready: {flight.request.url}",
        FlightState.CONFLICT: "propose it again: that brings its branch up to date",
        FlightState.CHANGES: f"change it as {names} wants, or talk about it: {flight.request.url}",
        FlightState.FAILED: f"look at {names}, mend it, and propose it again",
        FlightState.CHECKS: "wait until they have passed: liftlock reviews",
        FlightState.REVIEW: f"somebody else approves it: liftlock approve {flight.number}",
        FlightState.BLOCKED: f"look at its page: {flight.request.url}",
    }.get(flight.state, "")


def _state(
    request: PullRequest, reviews: tuple[Review, ...], checks: tuple[CommitCheck, ...], rules: Rules
) -> tuple[FlightState, str, tuple[str, ...]]:
    if request.state is RequestState.MERGED:
        as_what = f" as {request.merged_as[:8]}" if request.merged_as else ""
        return FlightState.MERGED, f"merged into {request.base}{as_what}", ()
    if request.state is RequestState.CLOSED:
        return FlightState.CLOSED, "closed without a merge", ()
    if request.draft:
        return FlightState.DRAFT, "a draft: its author does not want it merged yet", (request.author,)
    if request.mergeable is False:
        return FlightState.CONFLICT, f"it does not go together with {request.base} as that stands now", ()
    against = tuple(r.user for r in reviews if r.state is ReviewState.CHANGES)
    if against:
        return FlightState.CHANGES, f"{' and '.join(against)} asked for changes", against
    failed = tuple(c.name for c in checks if c.state is CheckState.FAILED and _counts(c, rules))
    if failed:
        return FlightState.FAILED, f"{_names(failed)} failed", failed
    waiting = _wanted(checks, rules, cleared=request.cleared)
    if waiting:
        return FlightState.CHECKS, f"{_names(waiting)} {'has' if len(waiting) == 1 else 'have'} not passed yet", waiting
    short = 0 if request.cleared else rules.passing - sum(c.state is CheckState.PASSED for c in checks)
    if short > 0:
        return FlightState.CHECKS, f"{plural(short, 'check')} more wanted that passed", ()
    missing = 0 if request.cleared else _missing_approvals(reviews, rules)
    asked = tuple(r.user for r in reviews if r.state is ReviewState.ASKED)
    if missing:
        whom = f"; asked: {', '.join(asked)}" if asked else "; nobody is asked"
        stale = any(r.state is ReviewState.APPROVED and r.stale for r in reviews)
        old = "; an approval is of an earlier commit" if stale else ""
        return FlightState.REVIEW, f"{plural(missing, 'approval')} more wanted{whom}{old}", asked
    if asked and not rules.approvals and not any(r.state is ReviewState.APPROVED for r in reviews):
        return FlightState.REVIEW, f"{' and '.join(asked)} {'was' if len(asked) == 1 else 'were'} asked", asked
    if request.blocked:
        return FlightState.BLOCKED, request.blocked, ()
    if request.mergeable is None:
        return FlightState.UNKNOWN, "the forge is still working out whether it goes together with its base", ()
    untold = "" if rules.told else "; the rules of the branch are not told to you"
    return FlightState.READY, f"nothing stands against a merge{untold}", ()


def _missing_approvals(reviews: tuple[Review, ...], rules: Rules) -> int:
    given = sum(r.state is ReviewState.APPROVED and not r.stale for r in reviews)
    return max(0, rules.approvals - given)


def _counts(check: CommitCheck, rules: Rules) -> bool:
    """Whether a check stands against a merge: a required one, or any where none is required."""
    return check.name in rules.checks if rules.checks else True


def _wanted(checks: tuple[CommitCheck, ...], rules: Rules, *, cleared: bool) -> tuple[str, ...]:
    """The checks that have to pass and have not ended; one that is not told at all is no matter once it is cleared."""
    done = {c.name for c in checks if c.state is not CheckState.RUNNING}
    running = [c.name for c in checks if c.state is CheckState.RUNNING and _counts(c, rules)]
    expected = () if cleared else (name for name in rules.checks if name not in done)
    return tuple(dict.fromkeys([*expected, *running]))


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
