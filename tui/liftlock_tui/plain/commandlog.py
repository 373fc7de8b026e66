"""The command log as text, as a script and as JSON."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from liftlock.commands import Entry, as_script
from liftlock_tui.plain.output import Output, note


def entries(out: Output, found: Sequence[Entry]) -> None:
    """Each command under the act that it was run for, with the time that act began."""
    if not found:
        note("nothing was changed here yet")
    group = None
    for entry in found:
        if (entry.run, entry.action) != group:
            if group is not None:
                out.line()
            group = entry.run, entry.action
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at))
            out.line(f"{out.style(when, 'dim')}  {out.style(entry.action or 'reading', 'bold')}")
        failed = entry.code not in (0, None)
        ended = f"  exit code {entry.code}" if failed else ""
        out.line(f"  {entry.text}{out.style(ended, 'red')}")


def script(out: Output, found: Sequence[Entry]) -> None:
    """What changed something, as a shell script."""
    out.line(as_script(found).rstrip("\n"))


def shape(found: Sequence[Entry]) -> dict[str, Any]:
    """The JSON of `liftlock log --json`."""
    return {
        "schema": "liftlock.log/1",
        "entries": [
            {
                "at": entry.at,
                "run": entry.run,
                "action": entry.action,
                "command": entry.text,
                "seconds": entry.seconds,
                "code": entry.code,
                "mutates": entry.mutates,
                "script": entry.script,
            }
            for entry in found
        ],
    }
