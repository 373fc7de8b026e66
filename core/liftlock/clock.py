"""Time as a value that tests can set."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


@dataclass
class FixedClock:
    """A time that stands still until it is set."""

    at: float

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.at


_UNITS = ((365 * 86400, "y"), (30 * 86400, "mo"), (7 * 86400, "w"), (86400, "d"), (3600, "h"), (60, "m"))


def age(seconds: float) -> str:
    """A duration in seconds as one short word: `12s`, `5m`, `3h`, `2d`, `6w`, `4mo`, `1y`."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"
