"""Convergence as lines: the steps with their times, why it waits and until when, the first cause, the objects."""

from __future__ import annotations

import time
from collections.abc import Sequence

from liftlock.clock import age
from liftlock.errors import Problem
from liftlock.model.convergence import Convergence, Outcome, Phase, StepState
from liftlock.model.health import Cause, Happening, HealthStatus, LiveObject
from liftlock.model.live import Contact
from liftlock.text import shorten
from liftlock_tui.ink import BLANK, Line, Piece, fit, line, wrapped
from liftlock_tui.render.board import mark_piece
from liftlock_tui.render.live import heading

_STEPS: dict[StepState, tuple[str, str]] = {
    StepState.TODO: ("·", "faint"),
    StepState.ACTIVE: ("↻", "accent"),
    StepState.WAITING: ("…", "behind"),
    StepState.DONE: ("✓", "level"),
    StepState.FAILED: ("✗", "problem"),
    StepState.SKIPPED: ("–", "faint"),
    StepState.UNKNOWN: ("?", "behind"),
}
OUTCOMES: dict[Outcome, tuple[str, str]] = {
    Outcome.RUNNING: ("↻", "accent"),
    Outcome.CONVERGED: ("✓", "level"),
    Outcome.STUCK: ("✗", "problem"),
    Outcome.SUPERSEDED: ("⇢", "behind"),
    Outcome.TIMED_OUT: ("✗", "problem"),
    Outcome.BLIND: ("⊘", "behind"),
}
HEALTH: dict[HealthStatus, tuple[str, str]] = {
    HealthStatus.HEALTHY: ("●", "level"),
    HealthStatus.PROGRESSING: ("↻", "accent"),
    HealthStatus.SUSPENDED: ("‖", "behind"),
    HealthStatus.MISSING: ("∅", "problem"),
    HealthStatus.DEGRADED: ("✗", "problem"),
    HealthStatus.UNKNOWN: ("◌", "muted"),
}
_WORST = (
    Outcome.CONVERGED,
    Outcome.RUNNING,
    Outcome.SUPERSEDED,
    Outcome.BLIND,
    Outcome.TIMED_OUT,
    Outcome.STUCK,
)
_BAR = 24
_DEEPEST = 6
_NAME = 24
"""Columns of an object's name in an event."""
_BEFORE = 30.0
"""Events from before the push say nothing of it; clocks may differ by so many seconds."""


def title(
    environment: str, all_of_them: Sequence[Convergence], now: float, *, nowhere: bool = False
) -> tuple[Piece, ...]:
    """What is watched, and how it stands on the worst target."""
    pieces: list[Piece] = [(f" {environment} ", "strong bold")]
    if nowhere:
        return (*pieces, ("· no cluster", "problem"))
    if not all_of_them:
        return (*pieces, ("· connecting", "muted"))
    worst = max(all_of_them, key=lambda one: _WORST.index(one.outcome))
    sign, role = OUTCOMES[worst.outcome]
    took = age(max(0.0, (worst.ended or now) - worst.began)) if worst.began else ""
    pieces += [("to ", "muted"), mark_piece(worst.revision), (f" {worst.revision[:7]}  ", "muted")]
    words = {Outcome.RUNNING: "converging"}.get(worst.outcome, str(worst.outcome))
    # The time stands still once it is over, though pods go on: it says how long it took to get there.
    after = {Outcome.STUCK: " after", Outcome.CONVERGED: " in"}.get(worst.outcome, "") if took else ""
    return (*pieces, (f"{sign} {words}", f"{role} bold"), (f"{after} {took}", "muted"))


def nowhere_lines(problem: Problem | None, environment: str, columns: int) -> list[Line]:
    """While nothing is known yet: what is asked, or why nobody can be asked."""
    if problem is None:
        return [line(("   · asking the cluster", "muted"))]
    said = f"no cluster is known for {environment}: nobody can be asked what became of it"
    rows = wrapped(((" ⊘ ", "behind bold"), (said, "")), columns, indent=3)
    rows += wrapped((("   ", ""), (problem.title, "problem")), columns, indent=3)
    return rows + (wrapped((("   → ", "accent"), (problem.hint, "")), columns, indent=5) if problem.hint else [])


def target_lines(one: Convergence, now: float, columns: int, *, several: bool) -> list[Line]:
    """One target: steps, waiting, cause, objects, events."""
    rows: list[Line] = []
    if several:
        sign, role = OUTCOMES[one.outcome]
        name = one.target.label or one.target.context
        rows.append(Line(fit(((f" {name} ", "strong bold"), (f"{sign} {one.outcome}", role)), columns), "chip"))
    if one.freshness.contact is not Contact.LIVE:
        rows += _unheard(one, now, columns)
    rows += [BLANK, *(_phase(phase, now, columns) for phase in one.phases), BLANK]
    if one.outcome is Outcome.RUNNING and one.progress:
        # With a first cause it says how far it came, not that it goes on.
        rows += [_bar(one.progress, halted=one.cause is not None), BLANK]
    if one.cause is not None:
        rows += [*cause_lines(one.cause, one.outcome, columns), BLANK]
    if one.waiting is not None and one.outcome is not Outcome.CONVERGED:
        left = one.waiting.until - now if one.waiting.until is not None else 0.0
        until = f"  at most {age(left)} more" if left > 0 else ""
        rows += wrapped(((" … ", "behind bold"), (one.waiting.sentence, ""), (until, "strong")), columns, indent=3)
        rows.append(BLANK)
    for caveat in one.caveats:
        rows += wrapped(((" · ", "faint"), (caveat, "muted")), columns, indent=3)
    rows += heading(" Objects")
    rows += [drawn for item in one.objects for drawn in object_rows(item, columns, 0)] or [
        line(("   looking them up", "muted"))
    ]
    since = one.began - _BEFORE if one.began else 0.0
    lately = [item for item in one.happenings if item.at >= since]
    if lately:
        rows += heading(" Events")
        rows += [drawn for item in lately for drawn in _happening(item, now, columns)]
    return [*rows, BLANK]


def _unheard(one: Convergence, now: float, columns: int) -> list[Line]:
    fresh = one.freshness
    heard = f", last heard {age(now - fresh.heard)} ago: what stands here is from then" if fresh.heard else ""
    rows = wrapped(((" ↯ ", "problem bold"), (f"{fresh.contact}{heard}", "problem")), columns, indent=3)
    if fresh.problem is not None:
        rows += wrapped((("   ", ""), (fresh.problem.title, "")), columns, indent=3)
        rows += (
            wrapped((("   → ", "accent"), (fresh.problem.hint, "")), columns, indent=5) if fresh.problem.hint else []
        )
    return rows


def _phase(phase: Phase, now: float, columns: int) -> Line:
    sign, role = _STEPS[phase.state]
    at = phase.done if phase.state is StepState.DONE else phase.began
    clock = time.strftime("%H:%M:%S", time.localtime(at)) if at else ""
    lasted = ""
    if phase.began is not None:
        end = phase.done if phase.done is not None else now
        running = phase.state in (StepState.ACTIVE, StepState.WAITING, StepState.FAILED)
        lasted = age(max(0.0, end - phase.began)) if phase.done is not None or running else ""
    word = "faint" if phase.state in (StepState.TODO, StepState.SKIPPED) else "strong" if lasted else ""
    pieces: tuple[Piece, ...] = (
        (f"   {sign} ", f"{role} bold"),
        (f"{phase.step:<13}", word),
        (f"{clock:>9}", "muted"),
        (f"{lasted:>6}", "accent" if phase.state is StepState.ACTIVE else "muted"),
        (f"   {phase.note}", "muted"),
    )
    return Line(fit(pieces, columns, pad=False))


def _bar(percent: int, *, halted: bool) -> Line:
    """How many of the pods that are wanted are there, new and well."""
    done = round(_BAR * percent / 100)
    drawn = ("━" * done, "behind" if halted else "accent")
    return line(
        ("   ", ""), drawn, ("─" * (_BAR - done), "faint"), (f" {percent} % of what is wanted is ready", "muted")
    )


def cause_lines(cause: Cause, outcome: Outcome, columns: int) -> list[Line]:
    """The first cause in one sentence, with the last lines of the log that explains it."""
    stuck = outcome is Outcome.STUCK
    sign = (" ✗ ", "problem bold") if stuck else (" ! ", "behind bold")
    rows = wrapped((sign, (cause.sentence, "problem bold" if stuck else "behind")), columns, indent=3)
    rows += wrapped((("   ", ""), (f"{cause.key} · {cause.reason}", "muted")), columns, indent=3)
    rows += [line(("   │ ", "faint"), (shorten(text, max(10, columns - 5)), "muted")) for text in cause.lines]
    return rows


def object_rows(item: LiveObject, columns: int, depth: int) -> list[Line]:
    """An object and what it owns."""
    rows = [Line(fit(object_pieces(item, depth), columns, pad=False))]
    if depth < _DEEPEST:
        rows += [drawn for child in item.children for drawn in object_rows(child, columns, depth + 1)]
    return rows


def object_pieces(item: LiveObject, depth: int) -> tuple[Piece, ...]:
    """An object on one line: health, kind, name, its state in a few words."""
    sign, role = HEALTH[item.health.status]
    old = not item.current
    note = item.note or (item.health.message if item.health.status is not HealthStatus.HEALTHY else "")
    return (
        ("   " + "  " * depth, ""),
        (f"{sign} ", "faint" if old else role),
        (f"{item.key.kind} ", "muted"),
        (item.key.name, "faint" if old else "strong" if depth == 0 else ""),
        (f"  {note}", "muted" if item.health.status is HealthStatus.HEALTHY else role),
        ("  old" if old else "", "faint"),
    )


def _happening(item: Happening, now: float, columns: int) -> list[Line]:
    """An event: a pod's name is told by its end, so that there is room for what was said."""
    count = f" ×{item.count}" if item.count > 1 else ""
    name = shorten(item.key.name, _NAME, keep_end=True)
    pieces: tuple[Piece, ...] = (
        (f"   {age(max(0.0, now - item.at)):>4} ", "faint"),
        (f"{item.reason}{count} ", "problem" if item.warning else "muted"),
        (f"{item.key.kind} {name}: ", "muted"),
        (item.message, "" if item.warning else "muted"),
    )
    return wrapped(pieces, columns, indent=8)
