"""From a key to the end of the frame that shows it, in a real terminal, with the whole board there.

The cache is empty at the start, so the peak of the memory is that of reading everything.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import frame
from terminal import KEYS, LIFTLOCK, Terminal

FRAME_ENDS = b"\x1b[?2026l"
SUPPORTED = b"\x1b[?2026;2$y"
"""What a terminal answers that knows synchronised output: then the program marks the end of each frame."""
QUIET = 4.0
"""Seconds without output after which the screen counts as settled."""
WALK = ("j", "j", "l", "j", "k", "l", "h", "j", "ctrl+d", "ctrl+u", "l", "j", "right", "down", "up", "left")


def settle(terminal: Terminal, most: float) -> None:
    """Read until nothing has been written for a while."""
    deadline = time.monotonic() + most
    while terminal.read(QUIET):
        if time.monotonic() > deadline:
            raise SystemExit(f"the screen did not come to rest in {most:g} s:\n{terminal.text}")


def painted(terminal: Terminal, key: str) -> float | None:
    """Seconds from the key to the end of its frame; None when it changed nothing."""
    sent = time.perf_counter()
    terminal.send(KEYS.get(key, key).encode())
    data = b""
    while FRAME_ENDS not in data:
        piece = terminal.receive(0.5)
        if not piece:
            break
        data += piece
    ended = time.perf_counter()
    terminal.show(data)
    while terminal.read(0.02):
        pass
    return ended - sent if FRAME_ENDS in data else None


def peak_memory(process: int) -> float:
    """The most memory a process has had, in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> int:
    """Measure and report."""
    arguments = frame.parser(__doc__ or "", rounds=200)
    arguments.add_argument("--size", default="160x48", help="columns x rows (160x48)")
    arguments.add_argument("--settle", type=float, default=120, help="the longest time to wait for the board (120 s)")
    given = arguments.parse_args()
    columns, rows = (int(part) for part in given.size.split("x"))
    keys, memory = frame.Series("key to paint"), frame.Series("peak memory", unit="MB")
    nothing = 0
    with (
        tempfile.TemporaryDirectory(prefix="liftlock-benchmark-") as cache,
        Terminal(
            (*LIFTLOCK, "--repo", str(given.repository)),
            env={"XDG_CACHE_HOME": cache},
            columns=columns,
            rows=rows,
            keep=False,
        ) as terminal,
    ):
        terminal.read(30)
        terminal.send(SUPPORTED)
        settle(terminal, given.settle)
        for key in islice(cycle(WALK), given.rounds):
            took = painted(terminal, key)
            if took is None:
                nothing += 1
            else:
                keys.values.append(took)
        memory.values.append(peak_memory(terminal.process.pid))
        terminal.press("q").exit_code()
    if not keys.values:
        raise SystemExit("no key painted anything")
    limits = [("key to paint, p95, in s", keys.percentile(0.95), 0.05), ("peak memory in MB", memory.median, 250.0)]
    title = f"keys on {frame.named(given.repository)} at {given.size} ({nothing} keys changed nothing)"
    return frame.report(title, [keys, memory], limits, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
