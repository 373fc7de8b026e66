"""Waves and trains as lines: in a list, in full, and below what converges."""

from __future__ import annotations

from liftlock.clock import age
from liftlock.model.wave import StepState, Wave, WaveState, WaveStep
from liftlock_tui.ink import BLANK, Line, Piece, fit, line, wrapped
from liftlock_tui.plain.waving import way_on

_STEPS: dict[StepState, tuple[str, str]] = {
    StepState.TO_COME: ("·", "faint"),
    StepState.COMMITTED: ("↑", "behind"),
    StepState.IN_FLIGHT: ("⇄", "accent"),
    StepState.LANDED: ("✓", "level"),
    StepState.ROLLING: ("↻", "accent"),
    StepState.SOAKING: ("…", "behind"),
    StepState.HEALTHY: ("✓", "level"),
    StepState.FAILED: ("✗", "problem"),
    StepState.UNKNOWN: ("?", "behind"),
    StepState.PASSED_BY: ("–", "muted"),
    StepState.TAKEN_BACK: ("✗", "problem"),
}
_WAVES: dict[WaveState, tuple[str, str]] = {
    WaveState.READY: ("●", "level"),
    WaveState.WAITING: ("…", "behind"),
    WaveState.FAILED: ("✗", "problem"),
    WaveState.STOPPED: ("‖", "problem"),
    WaveState.DONE: ("✓", "level"),
    WaveState.UNKNOWN: ("?", "behind"),
}


def list_lines(wave: Wave, columns: int) -> tuple[Line, ...]:
    """One wave in the list: what it carries, then how its steps stand."""
    top = ((f"{wave.id} ", "accent bold"), (", ".join(wave.apps), "strong"), (f"  {wave.word}", "muted"))
    steps: list[Piece] = [("  ", "")]
    for step in wave.steps:
        sign, role = _STEPS[step.state]
        steps += [(f"{sign} ", f"{role} bold"), (f"{step.target}  ", "")]
    if wave.stopped:
        steps.append(("stopped", "problem"))
    return Line(fit(top, columns)), Line(fit(steps, columns))


def wave_lines(wave: Wave, columns: int, now: float) -> list[Line]:
    """All about one: its steps with the evidence of each, where it stands, the way on."""
    head = ((f"{wave.word} {wave.id}  ", "accent bold"), (", ".join(wave.apps), "strong bold"))
    rows = [*wrapped((*head, (f"  from {wave.source}", "muted")), columns, indent=2), BLANK]
    for step in wave.steps:
        rows += _step(wave, step, columns, now)
    rows.append(BLANK)
    if wave.stopped:
        rows += wrapped((("‖ ", "problem bold"), (wave.stopped, "problem")), columns, indent=2)
    if not wave.asked:
        return [*rows, line(("· asking its clusters", "muted"))]
    sign, role = _WAVES[wave.state]
    rows += wrapped(((f"{sign} ", f"{role} bold"), (f"{wave.state}: ", role), (_way_on(wave), "")), columns, indent=2)
    return rows


def _step(wave: Wave, step: WaveStep, columns: int, now: float) -> list[Line]:
    sign, role = _STEPS[step.state]
    who = f"  {step.commit[:7]} {step.by}, {age(max(0.0, now - (step.at or now)))} ago" if step.commit else ""
    left = f", {age(step.until - now)} more" if step.until is not None and step.until > now else ""
    pieces: tuple[Piece, ...] = (
        (f"{sign} ", f"{role} bold"),
        (f"{step.number}/{len(wave.steps)} {step.target} ", "strong"),
        (f"{step.state}{left}", role),
        (who, "muted"),
    )
    rows = wrapped(pieces, columns, indent=4)
    return rows + (wrapped((("    ", ""), (step.why, "muted")), columns, indent=4) if step.why else [])


def _way_on(wave: Wave) -> str:
    """What can be done with it now, by the keys that do it here."""
    here = wave.under_way
    if wave.state is WaveState.READY and wave.next is not None:
        return f"n opens the plan of the next step, {wave.next.target}"
    if wave.state is WaveState.STOPPED:
        return "X lets it go on"
    if here is None or wave.state is WaveState.DONE:
        return way_on(wave)
    match here.state:
        case StepState.COMMITTED:
            return "P on the board pushes it, u there takes it back"
        case StepState.IN_FLIGHT:
            return "it goes on once that is merged: i on the board"
        case StepState.FAILED:
            return f"mend it there, or take it back: B on the board, on {', '.join(wave.apps)} in {here.target}"
        case StepState.TAKEN_BACK | StepState.PASSED_BY:
            return way_on(wave)
    if wave.state is WaveState.UNKNOWN:
        return "connect to its cluster, or go on with n: its push asks for a reason"
    return f"it goes on once {here.target} has settled: W watches it"
