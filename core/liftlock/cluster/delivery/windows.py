"""Sync windows of Argo CD projects: whether one is closed now, and until when.

The rule is Argo CD's: a deny window that is open shuts; where allow windows match, one of them must be open. A
window opens at each time of its cron schedule and stays open for its duration.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liftlock.cluster.delivery.revisions import seconds
from liftlock.cluster.health.reading import at, mapping, mappings, string, strings
from liftlock.cluster.objects import Manifest
from liftlock.text import printable

_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905 - it reads better
_WEEKDAYS = "sun mon tue wed thu fri sat".split()  # noqa: SIM905
_NAMES: tuple[Mapping[str, int], ...] = (
    {},
    {},
    {},
    {name: number for number, name in enumerate(_MONTHS, 1)},
    {name: number for number, name in enumerate(_WEEKDAYS)},
)
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FURTHEST = 40
"""Days that are looked ahead for the next opening."""
_REOPENED = 24
"""How often a window that opens before it closes is followed; after so many it is one that never closes."""


def closed_until(
    application: Manifest, project: Manifest, now: float, *, manual: bool = False
) -> tuple[str, float | None] | None:
    """Why this Application may not be synced now, and until when; None when it may.

    A `manual` sync passes where all windows that shut it allow one (`manualSync`).
    """
    mine = [w for w in mappings(project, "spec", "syncWindows") if _concerns(w, application)]
    name = printable(string(project, "metadata", "name"))
    denies = [(ends, w) for w in mine if string(w, "kind") == "deny" and (ends := _open_until(w, now)) is not None]
    if denies:
        if manual and _by_hand(w for _, w in denies):
            return None
        _, window = max(denies, key=lambda pair: pair[0])
        said = f"a deny window of project {name} ({printable(string(window, 'schedule'))}) is open"
        last = _all_close([w for w in mine if string(w, "kind") == "deny"], now)
        return (
            f"{said} until {_clock(last, string(window, 'timeZone'))}" if last else f"{said} and does not close",
            last,
        )
    allows = [w for w in mine if string(w, "kind") == "allow"]
    if not allows or any(_open_until(w, now) is not None for w in allows) or (manual and _by_hand(allows)):
        return None
    opens = [(at_, w) for w in allows if (at_ := _opens(w, now)) is not None]
    if not opens:
        return f"no allow window of project {name} is open", None
    begins, window = min(opens, key=lambda pair: pair[0])
    clock = _clock(begins, string(window, "timeZone"))
    return f"the next allow window of project {name} opens {clock}", begins


def _all_close(windows: Sequence[Mapping[str, Any]], now: float) -> float | None:
    """When none of these is open any more: one may open again before it closes. None when that is not in sight."""
    moment = now
    for _ in range(_REOPENED):
        ends = [end for window in windows if (end := _open_until(window, moment)) is not None]
        if not ends:
            return moment
        moment = max(ends)
    return None


def _by_hand(windows: Iterable[Mapping[str, Any]]) -> bool:
    return all(at(window, "manualSync") is True for window in windows)


def _concerns(window: Mapping[str, Any], application: Manifest) -> bool:
    destination = mapping(application, "spec", "destination")
    asked = (
        (strings(window, "applications"), (string(application, "metadata", "name"),)),
        (strings(window, "namespaces"), (string(destination, "namespace"),)),
        (strings(window, "clusters"), (string(destination, "server"), string(destination, "name"))),
    )
    told = [
        any(fnmatch.fnmatchcase(v, p) for p in patterns for v in values if v) for patterns, values in asked if patterns
    ]
    return (all(told) if at(window, "andOperator") is True else any(told)) if told else False


def _open_until(window: Mapping[str, Any], now: float) -> float | None:
    """When the window that is open now closes, None when none is open."""
    length = seconds(string(window, "duration"))
    if length is None:
        return None
    began = _last(string(window, "schedule"), string(window, "timeZone"), int(now // 60), length)
    return began + length if began is not None and began + length > now else None


@lru_cache(maxsize=1024)
def _last(text: str, zone_name: str, minute: int, length: float) -> float | None:
    """The last time of the schedule before the end of this minute, at most so many seconds ago."""
    schedule = _schedule(text)
    if schedule is None:
        return None
    zone = _zone(zone_name)
    moment = datetime.fromtimestamp(minute * 60, zone).replace(second=0, microsecond=0)
    earliest = datetime.fromtimestamp(minute * 60 - length, zone)
    while moment > earliest:
        if not _on_day(schedule, moment):
            moment = moment.replace(hour=0, minute=0) - timedelta(minutes=1)
        elif _fits(schedule, moment):
            return moment.timestamp()
        else:
            moment -= timedelta(minutes=1)
    return None


def _opens(window: Mapping[str, Any], now: float) -> float | None:
    return _next(string(window, "schedule"), string(window, "timeZone"), int(now // 60))


@lru_cache(maxsize=1024)
def _next(text: str, zone_name: str, minute: int) -> float | None:
    """The next time of the schedule after this minute."""
    schedule = _schedule(text)
    if schedule is None:
        return None
    zone = _zone(zone_name)
    moment = datetime.fromtimestamp(minute * 60, zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
    last = moment + timedelta(days=_FURTHEST)
    while moment < last:
        if not _on_day(schedule, moment):
            moment = moment.replace(hour=0, minute=0) + timedelta(days=1)
        elif _fits(schedule, moment):
            return moment.timestamp()
        else:
            moment += timedelta(minutes=1)
    return None


Schedule = tuple[frozenset[int], frozenset[int], frozenset[int], frozenset[int], frozenset[int], bool, bool]
"""Minutes, hours, days, months, weekdays (0 is Sunday); whether days and weekdays are restricted."""


def _schedule(text: str) -> Schedule | None:
    parts = _SHORT.get(text.strip(), text).lower().split()
    if len(parts) != 5:
        return None
    try:
        minutes, hours, days, months, weekdays = (
            _field(part, low, high, names) for part, (low, high), names in zip(parts, _FIELDS, _NAMES, strict=True)
        )
    except ValueError:
        return None
    weekdays = frozenset(day % 7 for day in weekdays)
    return minutes, hours, days, months, weekdays, parts[2][0] not in "*?", parts[4][0] not in "*?"


def _field(text: str, low: int, high: int, names: Mapping[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            begin, dash, end = span.partition("-")
            first = names.get(begin) if begin in names else int(begin)  # type: ignore[assignment]
            last = (names.get(end) if end in names else int(end)) if dash else (high if step else first)  # type: ignore[assignment]
        every = int(step) if step else 1
        if every < 1 or not low <= first <= last <= high:
            raise ValueError(text)
        found.update(range(first, last + 1, every))
    return frozenset(found)


def _on_day(schedule: Schedule, moment: datetime) -> bool:
    _, _, days, months, weekdays, by_day, by_weekday = schedule
    on_day, on_weekday = moment.day in days, (moment.isoweekday() % 7) in weekdays
    # Where both are restricted, either is enough (cron).
    matches = (on_day or on_weekday) if by_day and by_weekday else (on_day and on_weekday)
    return moment.month in months and matches


def _fits(schedule: Schedule, moment: datetime) -> bool:
    return moment.minute in schedule[0] and moment.hour in schedule[1] and _on_day(schedule, moment)


def _zone(name: str) -> ZoneInfo | Any:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _clock(when: float, zone: str) -> str:
    return datetime.fromtimestamp(when, _zone(zone)).strftime("%a %H:%M ") + (printable(zone) or "UTC")
