"""`liftlock diff --live`: a promotion against what runs, or one environment's drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from liftlock_tui.plain import answers, liveanswers, liveshapes
from liftlock_tui.plain.output import Output, note

if TYPE_CHECKING:
    from liftlock.engine import Engine

_UNKNOWN = 2


def live(engine: Engine, out: Output, source: str, target: str | None, apps: Sequence[str], *, as_json: bool) -> int:
    """Print it; the exit code: 0, or 2 when nothing at all could be compared."""
    progress = None if as_json else note
    if target is None:
        engine.live.ask([source])
        diffs = list(engine.live.drift(source, apps))
    else:
        plan = engine.plan(source, [target], apps)
        if not plan.chosen and not as_json:
            note(answers.nothing_staged(plan))
        engine.live.ask([target])
        diffs = list(engine.live.diff(plan, progress=progress))
    said, dangers = engine.live.consequence(diffs)
    if as_json:
        out.json(liveshapes.live_diffs(None if target is None else source, target or source, diffs, said, dangers))
    else:
        for diff in diffs:
            liveanswers.live_diff(out, diff)
        liveanswers.consequence(out, said, dangers)
    return _UNKNOWN if diffs and all(diff.problem for diff in diffs) else 0
