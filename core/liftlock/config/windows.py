"""What liftlock.toml says of gates: windows, and what each environment wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liftlock.config import times
from liftlock.config.reading import Document, nearest
from liftlock.errors import ConfigError
from liftlock.model.gates import GatePolicy, Window
from liftlock.text import printable


def windows(told: Mapping[str, Any], document: Document) -> tuple[Window, ...]:
    """The windows, in order. Raises ConfigError for one of an environment that is not declared."""
    known = [entry["name"] for entry in told.get("environment", ())]
    return tuple(_window(e, number, known, document) for number, e in enumerate(told.get("window", ())))


def _window(entry: Mapping[str, Any], number: int, known: list[str], document: Document) -> Window:
    for name in entry.get("environments", ()):
        if known and name not in known:
            near = nearest(name, known)
            raise ConfigError(
                f"{document.at('window', number, 'environments')}: {printable(name)!r} is no environment here",
                f"environments here: {', '.join(known)}",
                f"did you mean {near!r}?" if near else "name one of them",
            )
    first, last = times.dates(entry["dates"]) if "dates" in entry else ("", "")
    days = [day for text in entry.get("days", ()) for day in times.weekdays(text)]
    return Window(
        entry["kind"] == "allow",
        tuple(entry.get("environments", ())),
        tuple(entry.get("apps", ())),
        tuple(sorted(set(days))) or (0, 1, 2, 3, 4, 5, 6),
        times.minutes(entry.get("from", "00:00")) % (24 * 60),
        times.minutes(entry.get("to", "24:00")),
        entry.get("zone", "UTC"),
        first,
        last,
        printable(entry.get("reason", "")),
        document.at("window", number),
    )


def policies(told: Mapping[str, Any]) -> dict[str, GatePolicy]:
    """What the environments say of their gates, by name; those that say nothing are left out."""
    return {
        entry["name"]: GatePolicy(
            tuple(dict.fromkeys(entry["gates"])) if "gates" in entry else None,
            times.duration(entry["soak"]) if "soak" in entry else 0.0,
        )
        for entry in told.get("environment", ())
        if "gates" in entry or "soak" in entry
    }
