"""Waves and trains as lines and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from liftlock.clock import age
from liftlock.model.wave import StepState, Wave, WavePlace, WaveState
from liftlock.text import printable
from liftlock_tui.plain.output import Output

if TYPE_CHECKING:
    from liftlock.engine import Engine

SIGNS = {
    StepState.TO_COME: ("·", "dim"),
    StepState.COMMITTED: ("↑", "yellow"),
    StepState.IN_FLIGHT: ("⇄", "cyan"),
    StepState.LANDED: ("✓", "green"),
    StepState.ROLLING: ("…", "yellow"),
    StepState.SOAKING: ("…", "yellow"),
    StepState.HEALTHY: ("✓", "green"),
    StepState.FAILED: ("✗", "red"),
    StepState.UNKNOWN: ("?", "magenta"),
    StepState.PASSED_BY: ("–", "dim"),
    StepState.TAKEN_BACK: ("✗", "red"),
}
"""The sign and the colour of each state, beside its word."""
_COLOURS = {
    WaveState.READY: "green",
    WaveState.DONE: "green",
    WaveState.WAITING: "yellow",
    WaveState.FAILED: "red",
    WaveState.STOPPED: "red",
    WaveState.UNKNOWN: "magenta",
}


def _moment(at: float) -> str:
    from liftlock_tui.plain.gating import moment

    return moment(at)


def waves(out: Output, found: Sequence[Wave], now: float) -> None:
    """Each wave on a line, as Git tells of it."""
    if not found:
        out.line("no wave in the last months; liftlock promote FROM TO TO --wave begins one")
        return
    rows = [["id", "kind", "apps", "steps", "moved"]]
    for one in found:
        steps = " ".join(f"{SIGNS[step.state][0]} {step.target} {step.state}" for step in one.steps)
        moved = max((step.at for step in one.steps if step.at is not None), default=now)
        said = "  stopped" if one.stopped else ""
        rows.append([one.id, one.word, ", ".join(one.apps), f"{steps}{said}", f"{age(max(0.0, now - moved))} ago"])
    out.table(rows, limit=120)


def wave(out: Output, one: Wave, now: float) -> None:
    """One wave: its steps with the evidence of each, where it stands, and the way on."""
    apps = ", ".join(one.apps)
    out.line(out.style(printable(f"{one.word} {one.id}: {apps} from {one.source}"), "bold"))
    for step in one.steps:
        sign, colour = SIGNS[step.state]
        head = out.style(f"  {sign} {step.number}/{len(one.steps)} {step.target:<20} {step.state}", colour)
        who = f"  {step.commit[:8]} by {step.by}, {age(max(0.0, now - (step.at or now)))} ago" if step.commit else ""
        out.line(f"{head}{printable(who)}")
        if step.why:
            until = f" (until {_moment(step.until)})" if step.until is not None else ""
            out.line(out.style(f"        {step.why}{until}", "dim"))
    if one.stopped:
        out.line(out.style(printable(one.stopped), "red"))
    out.line(f"{out.style(str(one.state), _COLOURS[one.state])}: {way_on(one)}")


def way_on(one: Wave) -> str:
    """What can be done with it now."""
    here = one.under_way
    if one.state is WaveState.STOPPED:
        return f"liftlock wave stop {one.id} --undo lets it go on"
    if one.state is WaveState.READY and one.next is not None:
        return f"the next step is {printable(one.next.target)}: liftlock wave next {one.id}"
    if one.state is WaveState.DONE:
        return "every step is there"
    if here is None:
        return ""
    if here.state is StepState.FAILED:
        apps = " ".join(f"--app {app}" for app in one.apps[:1])
        return f"mend it there, or take it back: liftlock rollback {printable(here.target)} {printable(apps)}"
    if here.state in (StepState.TAKEN_BACK, StepState.PASSED_BY):
        return "begin a new one with what is to go on"
    if here.state is StepState.COMMITTED:
        return f"liftlock wave next {one.id} --push makes it anew and pushes it"
    if here.state is StepState.IN_FLIGHT:
        return "it goes on once that is merged: liftlock reviews"
    if one.state is WaveState.UNKNOWN:
        return 'connect to its cluster, or go on with a reason: liftlock wave next --override wave="why"'
    return f"it goes on once {printable(here.target)} has settled: liftlock watch {printable(here.target)}"


def place_shape(place: WavePlace | None) -> dict[str, Any] | None:
    """Which step of a wave a promotion is."""
    if place is None:
        return None
    return {
        "id": place.id,
        "kind": place.word,
        "step": place.number,
        "of": len(place.targets),
        "targets": list(place.targets),
    }


def wave_shape(one: Wave) -> dict[str, Any]:
    """One wave."""
    return {
        "id": one.id,
        "kind": one.word,
        "state": str(one.state),
        "from": one.source,
        "sourceCommit": one.source_commit or None,
        "apps": list(one.apps),
        "targets": list(one.targets),
        "stopped": one.stopped or None,
        "live": one.asked,
        "next": one.next.target if one.next is not None else None,
        "wayOn": way_on(one),
        "steps": [
            {
                "number": step.number,
                "environment": step.target,
                "state": str(step.state),
                "commit": step.commit or None,
                "branch": step.branch or None,
                "by": step.by or None,
                "at": step.at,
                "why": step.why or None,
                "until": step.until,
            }
            for step in one.steps
        ],
    }


def make_anew(engine: Engine, identity: str, note: Any) -> None:
    """A step that an earlier run committed and did not push is taken back, so that it is made on what is there now."""
    here = engine.waves.show(identity).under_way
    if here is None or here.state is not StepState.COMMITTED:
        return
    for promotion in engine.unpushed():
        if promotion.commit == here.commit:
            engine.undo(promotion)
            note(f"the commit {here.commit[:8]} of an earlier run was not pushed: it is made anew")
