"""The gate `window`: the times at which an environment may be changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock.gates.calendar import allowed, clock, open_until, opens
from liftlock.gates.verdict import Verdict, blocked, not_applicable, passed, unknown, waiting
from liftlock.model.gates import Closing, Window


def window(windows: Sequence[Window], closings: Sequence[Closing], now: float, unread: str = "") -> Verdict:
    """Whether the app may go to the environment now.

    `windows` are those of liftlock.toml that concern it, `closings` what its clusters hold it back with. `unread`
    says why no cluster could be asked, "" when that was done or not wanted.
    """
    if not allowed(windows, now):
        return _closed(windows, now)
    known = [c for c in closings if c.known]
    held = next((c for c in known if not c.opens), None) or max(
        known, key=lambda c: c.until or float("inf"), default=None
    )
    if held is not None:
        if held.opens:
            return waiting(held.sentence, "wait until it opens", held.until)
        return blocked(held.sentence, "have it satisfied there")
    if unread:
        return unknown(f"sync windows of its cluster are not known: {unread}", "connect to its cluster")
    dark = next((c for c in closings if not c.known), None)
    if dark is not None:
        return unknown(dark.sentence, "ask for the right to read it")
    if not windows:
        return not_applicable("no window speaks of it")
    return passed(_open(windows, now))


def _closed(windows: Sequence[Window], now: float) -> Verdict:
    until = opens(windows, now)
    denying = [w for w in windows if not w.allow and open_until(w, now) is not None]
    telling = denying[0] if denying else next(w for w in windows if w.allow)
    named = f" ({telling.reason})" if telling.reason else ""
    where = f", {telling.place}" if telling.place else ""
    said = f"a deny window is open{named}{where}" if denying else f"no allow window is open{named}{where}"
    if until is None:
        return blocked(f"{said}; no end is in sight", "change the windows in liftlock.toml")
    return waiting(f"{said}; the next opening is {clock(until, telling.zone)}", "wait until then", until)


def _open(windows: Sequence[Window], now: float) -> str:
    ends = [(end, w) for w in windows if w.allow and (end := open_until(w, now)) is not None]
    if ends:
        end, telling = max(ends, key=lambda pair: pair[0])
        named = f" ({telling.reason})" if telling.reason else ""
        return f"an allow window is open{named} until {clock(end, telling.zone)}"
    return "no deny window is open"
