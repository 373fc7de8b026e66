"""Values out of a forge's JSON, clean for display. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from liftlock.model.forge import CommitCheck
from liftlock.text import printable


def text(value: object, *, newlines: bool = False) -> str:
    """A text, "" for anything else."""
    return printable(value, newlines=newlines) if isinstance(value, str) else ""


def seconds(value: object) -> float:
    """A time as ISO 8601 text or as milliseconds, in seconds since the epoch; 0 when it is none."""
    if isinstance(value, int | float):
        return value / 1000
    if not isinstance(value, str) or not value:
        return 0.0
    try:
        told = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return 0.0
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()


def newest(found: Iterable[tuple[CommitCheck, float]]) -> tuple[CommitCheck, ...]:
    """Of checks with their order, the last of each name, by name."""
    last: dict[str, tuple[float, CommitCheck]] = {}
    for check, order in found:
        if check.name not in last or order >= last[check.name][0]:
            last[check.name] = (order, check)
    return tuple(check for _, (_, check) in sorted(last.items()))
