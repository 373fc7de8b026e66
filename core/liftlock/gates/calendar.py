"""When windows are open: weekly times in a zone's own clock, and ranges of dates. Pure.

A time of day that a change of the clocks leaves out is the moment it jumps to; one that comes twice begins the first
time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from liftlock.model.gates import Window

FURTHEST = 400
"""Days that are looked ahead for the next opening: a window that bounds itself by dates comes once a year."""

Span = tuple[float, float]
"""Begin and end in seconds since the epoch; the end is outside."""


def spans(window: Window, since: float, until: float) -> Iterator[Span]:
    """The times at which the window is open that touch this stretch of time, in order."""
    zone = zone_of(window.zone)
    day = datetime.fromtimestamp(since, zone).date() - timedelta(days=2)
    last = datetime.fromtimestamp(until, zone).date() + timedelta(days=1)
    first_day = date.fromisoformat(window.first) if window.first else date.min
    last_day = date.fromisoformat(window.last) if window.last else date.max
    day = max(day, first_day)
    while day <= min(last, last_day):
        if day.weekday() in window.days:
            begin = _moment(day, window.begins, zone)
            length = window.ends if window.ends > window.begins else window.ends + 24 * 60
            end = _moment(day, length, zone)
            if end > since and begin < until and end > begin:
                yield begin, end
        day += timedelta(days=1)


def open_until(window: Window, now: float) -> float | None:
    """When the window that is open now closes, None when it is not open."""
    return next((end for begin, end in spans(window, now, now + 1) if begin <= now < end), None)


def allowed(windows: Sequence[Window], now: float) -> bool:
    """Whether these windows let something pass: no deny window is open, and one of the allow windows is, if any."""
    if any(open_until(w, now) is not None for w in windows if not w.allow):
        return False
    allows = [w for w in windows if w.allow]
    return not allows or any(open_until(w, now) is not None for w in allows)


def opens(windows: Sequence[Window], now: float) -> float | None:
    """The first moment from now on at which these windows let something pass, None when none is in sight."""
    if allowed(windows, now):
        return now
    horizon = now + FURTHEST * 86400
    turns = {begin if window.allow else end for window in windows for begin, end in spans(window, now, horizon)}
    return next((turn for turn in sorted(turns) if turn > now and allowed(windows, turn)), None)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name. Raises ZoneInfoNotFoundError, ValueError."""
    return ZoneInfo(name or "UTC")


def clock(moment: float, zone: str) -> str:
    """A moment in a zone's own clock: `Fri 2026-12-18 18:00 Europe/Berlin`."""
    return datetime.fromtimestamp(moment, zone_of(zone)).strftime("%a %Y-%m-%d %H:%M ") + (zone or "UTC")


def _moment(day: date, minutes: int, zone: ZoneInfo) -> float:
    days, minutes = divmod(minutes, 24 * 60)
    try:
        wall = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), zone)
        return wall.astimezone(UTC).timestamp()
    except OverflowError:
        return float("inf")
