"""Durations, weekdays, times of day, zones and dates as liftlock.toml writes them.

Each raises ValueError with what is wrong; the words follow `'value' …`.
"""

from __future__ import annotations

import re
from datetime import date

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION = re.compile(r"(?:\d+[smhdw])+")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_LONGEST = 366 * 86400


def duration(text: str) -> float:
    """Seconds: `90m`, `24h`, `1d12h`."""
    if not _DURATION.fullmatch(text):
        raise ValueError("is no time such as 90m, 24h or 2d")
    total = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", text))
    if not 0 < total <= _LONGEST:
        raise ValueError("is no time between a second and a year")
    return float(total)


def weekdays(text: str) -> tuple[int, ...]:
    """Weekdays, 0 is Monday: `fri`, `mon-thu`, `sat-mon`."""
    begin, dash, end = text.strip().lower().partition("-")
    names = [begin, end] if dash else [begin]
    if any(name[:3] not in _DAYS or not name.isalpha() for name in names):
        raise ValueError(f"is no weekday: {', '.join(_DAYS)}, or two of them as in mon-fri")
    first, last = _DAYS.index(names[0][:3]), _DAYS.index(names[-1][:3])
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


def minutes(text: str) -> int:
    """Minutes after midnight: `22:30`; `24:00` is the end of the day."""
    found = _TIME.fullmatch(text.strip())
    total = int(found[1]) * 60 + int(found[2]) if found else -1
    if found is None or int(found[2]) > 59 or total > 24 * 60:
        raise ValueError("is no time of day such as 09:00 or 22:30")
    return total


def zone(text: str) -> str:
    """The name of a time zone that this machine knows."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone such as Europe/Berlin or UTC") from None
    return text


def dates(text: str) -> tuple[str, str]:
    """The first and the last day: `2026-12-24`, `2026-12-18/2027-01-03`."""
    begin, slash, end = text.strip().partition("/")
    try:
        first, last = date.fromisoformat(begin), date.fromisoformat(end if slash else begin)
    except ValueError:
        raise ValueError("is no date such as 2026-12-24, and no range such as 2026-12-18/2027-01-03") from None
    if last < first:
        raise ValueError("ends before it begins")
    return first.isoformat(), last.isoformat()
