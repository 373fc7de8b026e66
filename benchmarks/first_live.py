"""From the first paint to the first live cell, in a real terminal, on a server of this machine.

    LIFTLOCK_TEST_CLUSTER=DIR python benchmarks/first_live.py CLONE [RUNS]

CLONE is a clone of a repository that the cluster's controllers follow. Limit: 1 s after the first paint.
"""

from __future__ import annotations

import os
import pty
import select
import statistics
import sys
import time
from pathlib import Path

COLUMNS, ROWS = 140, 40
LIVE = "● live".encode()


def run(clone: Path, kubeconfig: Path) -> tuple[float, float]:
    """Seconds from the start to the first paint, and from there to the first live cell."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(clone)
        os.environ.update(KUBECONFIG=str(kubeconfig), TERM="xterm-256color", COLUMNS=str(COLUMNS), LINES=str(ROWS))
        os.execv(sys.executable, [sys.executable, "-c", "from liftlock_tui.cli import main; main()"])
    began, painted, said = time.monotonic(), 0.0, b""
    try:
        while time.monotonic() - began < 30:
            if not select.select([terminal], [], [], 0.05)[0]:
                continue
            said += os.read(terminal, 65536)
            now = time.monotonic()
            if not painted and b"liftlock" in said:
                painted = now
            if painted and LIVE in said:
                return painted - began, now - painted
        raise SystemExit("no cell became live")
    finally:
        os.write(terminal, b"q")
        os.close(terminal)
        os.waitpid(pid, 0)


def main() -> None:
    clone = Path(sys.argv[1])
    kubeconfig = Path(os.environ["LIFTLOCK_TEST_CLUSTER"]) / "kubeconfig"
    found = [run(clone, kubeconfig) for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 7)]
    paints, lives = zip(*found, strict=True)
    print(f"first paint      {statistics.median(paints):.2f} s (median of {len(found)})")
    print(f"first live cell  {statistics.median(lives):.2f} s after it, at most {max(lives):.2f} s (limit 1.0 s)")


if __name__ == "__main__":
    main()
