"""From the start of the program to the first thing on the screen, against a Textual app that shows one line.

Both have their modules compiled, as an installed program has them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence

import frame
from terminal import LIFTLOCK, Terminal

EMPTY = (
    "from textual.app import App\n"
    "from textual.widgets import Static\n"
    "class Empty(App):\n"
    "    def compose(self):\n"
    "        yield Static('here')\n"
    "Empty().run()\n"
)


def painted(argv: Sequence[str], compiled: str) -> float:
    """Seconds from the start to the first text on the screen."""
    started = time.perf_counter()
    env = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
    with Terminal(argv, env=env, columns=120, rows=40) as terminal:
        while not any(row.strip() for row in terminal.screen.display):
            if not terminal.read(30):
                raise SystemExit(f"nothing was painted:\n{terminal.text}")
        ended = time.perf_counter()
        if b"\x1b[?1049h" not in terminal.written:
            raise SystemExit(f"this is no app:\n{terminal.text}")
        return ended - started


def main() -> int:
    """Measure and report."""
    given = frame.parser(__doc__ or "", rounds=15).parse_args()
    with tempfile.TemporaryDirectory(prefix="liftlock-benchmark-") as compiled:
        measured = frame.in_turns(
            given.rounds,
            {
                "empty Textual app": lambda: painted((sys.executable, "-c", EMPTY), compiled),
                "liftlock": lambda: painted((*LIFTLOCK, "--repo", str(given.repository)), compiled),
            },
        )
    ratio = measured["liftlock"].median / measured["empty Textual app"].median
    limits = [("start to first paint, of an empty app", ratio, 1.25)]
    return frame.report("first paint", list(measured.values()), limits, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
