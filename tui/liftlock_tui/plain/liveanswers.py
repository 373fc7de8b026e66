"""The live side as lines for people. All text of the cluster is clean when it comes here."""

from __future__ import annotations

import time
from collections.abc import Sequence

from liftlock.clock import age
from liftlock.model.convergence import Convergence, Outcome, Phase, StepState
from liftlock.model.diff import DiffLine, LineKind
from liftlock.model.live import Contact, Lane, LiveBoard, LiveCell, LiveState
from liftlock.model.livediff import Effect, LiveChange, LiveDiff
from liftlock.text import plural, printable, short_version, shorten
from liftlock_tui.plain.difflines import diff_lines
from liftlock_tui.plain.output import Output

_SIGNS = {
    LiveState.LEVEL: ("✓", "green"),
    LiveState.ROLLING: ("↻", "cyan"),
    LiveState.BEHIND: ("▼", "yellow"),
    LiveState.AHEAD: ("▲", "yellow"),
    LiveState.DRIFTED: ("≠", "magenta"),
    LiveState.SUSPENDED: ("‖", "yellow"),
    LiveState.FAILING: ("✗", "red"),
    LiveState.WAITING: ("…", "yellow"),
    LiveState.ABSENT: ("∅", "red"),
    LiveState.UNKNOWN: ("?", "dim"),
    LiveState.UNREACHABLE: ("⚡", "red"),
    LiveState.FORBIDDEN: ("⊘", "yellow"),
}


def lanes(out: Output, live: LiveBoard, names: Sequence[str], now: float) -> None:
    """Each environment's clusters and how fresh what is shown of them is."""
    for lane in live.lanes:
        if lane.environment not in names:
            continue
        text = f"{lane.environment} runs on {_target(lane)}: {_contact(lane, now)}"
        good = lane.freshness.contact is Contact.LIVE
        out.line(out.style(printable(text), "dim" if good else "yellow"))
        problem = lane.freshness.problem
        if problem is not None and problem.hint:
            out.line(out.style(printable(f"  {problem.hint}"), "dim"))
        if lane.question:
            out.line(out.style(printable(f"  {lane.question} Answer it in the app, on the board."), "dim"))


def _target(lane: Lane) -> str:
    both = [lane.target.context, *([lane.target.workloads] if lane.target.workloads else [])]
    label = f" ({lane.target.label})" if lane.target.label else ""
    return " and ".join(name or "no cluster" for name in both) + label


def _contact(lane: Lane, now: float) -> str:
    fresh = lane.freshness
    parts = [str(fresh.contact)]
    if fresh.problem is not None:
        parts.append(fresh.problem.title)
    if fresh.heard is not None and fresh.contact is not Contact.LIVE:
        parts.append(f"last heard {age(now - fresh.heard)} ago")
    parts += fresh.warnings
    if fresh.blind:
        parts.append(f"may not read {', '.join(fresh.blind)}")
    if lane.controllers:
        parts.append(f"through {' and '.join(lane.controllers)}")
    return ", ".join(parts)


def state(cells: Sequence[LiveCell]) -> str:
    """The live side of one cell in a few words: the worst target, and how many there are."""
    if not cells:
        return ""
    worst = cells[0]
    sign, _ = _SIGNS[worst.state]
    several = f" on {sum(c.state is worst.state for c in cells)} of {len(cells)}" if len(cells) > 1 else ""
    return f"{sign} {worst.state}{several}"


def details(out: Output, live: LiveBoard, names: Sequence[str]) -> None:
    """What is not level, with the reason, one line a cell."""
    for (app, environment), cells in live.cells.items():
        for cell in cells:
            if environment not in names or cell.state is LiveState.LEVEL:
                continue
            sign, colour = _SIGNS[cell.state]
            label = f" on {cell.target.label or cell.target.context}" if len(cells) > 1 else ""
            text = printable(f"{app} in {environment}{label}: {cell.state}: {cell.why}")
            out.line(f"{out.style(sign, colour)} {text}")
            for line in cell.cause.lines if cell.cause is not None else ():
                out.line(out.style(printable(f"    {line}"), "dim"))


_EFFECTS = {
    Effect.CREATED: ("+", "green"),
    Effect.CHANGED: ("~", "yellow"),
    Effect.PRUNED: ("-", "red"),
    Effect.KEPT: ("·", "dim"),
    Effect.REPLACED: ("!", "red"),
    Effect.REFUSED: ("✗", "red"),
    Effect.UNSEEN: ("?", "yellow"),
    Effect.SAME: ("=", "dim"),
}


def live_diff(out: Output, diff: LiveDiff) -> None:
    """One app on one target against what runs there."""
    where = f"{diff.app} in {diff.environment}{f' on {diff.label}' if diff.label else ''}"
    out.line(out.style(printable(where), "bold"))
    if diff.problem:
        out.line(out.style(printable(f"  {diff.problem}"), "yellow"))
        if diff.hint:
            out.line(out.style(printable(f"  {diff.hint}"), "dim"))
    for change in diff.changes:
        _change(out, change)
    if not diff.changes and not diff.problem:
        out.line(f"  nothing differs ({plural(diff.same, 'object')})")
    for note in diff.notes:
        out.line(out.style(printable(f"  {note}"), "dim"))


def _change(out: Output, change: LiveChange) -> None:
    sign, colour = _EFFECTS[change.effect]
    extra = ", pods restart" if change.restarts else ""
    note = f": {change.note}" if change.note else ""
    out.line(f"  {out.style(sign, colour)} {printable(f'{change.key} {change.effect}{extra}{note}')}")
    out.line(out.style(f"    {change.way}", "dim"))
    for danger in change.dangers:
        out.line(out.style(printable(f"    beware: {danger}"), "red"))
    diff_lines(out, _around(change.diff.lines))
    for author in change.authors:
        since = f" on {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(author.at))}" if author.at else ""
        how = f" ({author.operation})" if author.operation else ""
        out.line(out.style(printable(f"    {author.path} was written by {author.manager}{how}{since}"), "dim"))


def _around(lines: Sequence[DiffLine], context: int = 2) -> list[DiffLine]:
    """The lines that change and a few around them: live objects are long."""
    changed = [n for n, one in enumerate(lines) if one.kind in (LineKind.ADD, LineKind.REMOVE)]
    if len(changed) == len(lines):
        return list(lines)
    near = {m for n in changed for m in range(n - context, n + context + 1)}
    return [one for n, one in enumerate(lines) if n in near]


def consequence(out: Output, said: str, dangers: Sequence[str]) -> None:
    """What follows, in one line, and what is lost, by name."""
    out.line(out.style(printable(said), "bold"))
    for danger in dangers:
        out.line(out.style(printable(f"beware: {danger}"), "red"))


_STEPS = {
    StepState.TODO: ("·", "dim"),
    StepState.ACTIVE: ("↻", "cyan"),
    StepState.WAITING: ("…", "yellow"),
    StepState.DONE: ("✓", "green"),
    StepState.FAILED: ("✗", "red"),
    StepState.SKIPPED: ("–", "dim"),
    StepState.UNKNOWN: ("?", "yellow"),
}
_OUTCOMES = {
    Outcome.RUNNING: "cyan",
    Outcome.CONVERGED: "green",
    Outcome.STUCK: "red",
    Outcome.SUPERSEDED: "yellow",
    Outcome.TIMED_OUT: "red",
    Outcome.BLIND: "yellow",
}


class Watched:
    """Tells what is new of a convergence since the last time, a line each."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._told: dict[str, set[str]] = {}

    def tell(self, all_of_them: Sequence[Convergence], now: float) -> None:
        """Print what was not printed yet."""
        for one in all_of_them:
            place = one.target.label or one.target.context
            told = self._told.setdefault(place, set())
            prefix = f"{place}: " if len(all_of_them) > 1 else ""
            for key, text, colour in _news(one, now):
                if key not in told:
                    told.add(key)
                    self._out.line(self._out.style(printable(prefix + text), colour) if colour else prefix + text)


def _news(one: Convergence, now: float) -> list[tuple[str, str, str]]:
    """What could be told now: a key that stays the same while the news does, the line, its colour."""
    news = [
        (f"{phase.step}:{phase.state}", _phase(phase), "")
        for phase in one.phases
        if phase.state not in (StepState.TODO, StepState.SKIPPED)
    ]
    if one.freshness.contact not in (Contact.LIVE, Contact.CONNECTING):
        said = one.freshness.problem.title if one.freshness.problem else ""
        news.append((f"contact:{one.freshness.contact}", f"{one.freshness.contact}: {said}", "yellow"))
    if one.waiting is not None:
        left = (one.waiting.until or 0.0) - now
        until = f", at most {age(left)} more" if left > 0 else ""
        news.append((f"waiting:{one.waiting.wait}:{one.waiting.sentence}", f"{one.waiting.sentence}{until}", "yellow"))
    if one.cause is not None:
        news.append((f"cause:{one.cause.reason}:{one.cause.key}", one.cause.sentence, "red"))
        news += [(f"log:{line}", f"    {line}", "dim") for line in one.cause.lines]
    if one.outcome is not Outcome.RUNNING:
        took = f" after {age((one.ended or now) - one.began)}" if one.began else ""
        news.append((f"outcome:{one.outcome}", f"{one.environment} {one.outcome}{took}", _OUTCOMES[one.outcome]))
    if one.over:
        news += [(f"caveat:{text}", text, "dim") for text in one.caveats]
    return news


def _phase(phase: Phase) -> str:
    sign, _ = _STEPS[phase.state]
    at = phase.done or phase.began
    when = time.strftime("%H:%M:%S", time.localtime(at)) if at else "        "
    lasted = phase.done - phase.began if phase.done is not None and phase.began is not None else 0.0
    took = f" in {age(lasted)}" if lasted > 0 else ""
    note = f": {phase.note}" if phase.note else ""
    return f"{when}  {sign} {phase.step}{took}{note}"


def running(cell: LiveCell) -> str:
    """The versions that its pods really run, each once."""
    values = dict.fromkeys(short_version(r.value) for r in cell.running)
    return ", ".join(shorten(value, 24) for value in values)
