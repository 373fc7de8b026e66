"""The board, cold and warm, against the floor.

The floor is what any program must do that reads all of it: every YAML blob through `git cat-file`, composed with the C
loader, and one `git log --name-only`. Each measurement is a process of its own; imports are not counted.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import frame

FLOOR = """
import json, resource, subprocess, sys, time
import yaml
repo = sys.argv[1]
git = ["git", "-C", repo]
started = time.perf_counter()
tree = subprocess.run([*git, "ls-tree", "-r", "-z", "HEAD"], stdout=subprocess.PIPE, check=True).stdout
ids = [entry.split(b"\\t")[0].split()[2] for entry in tree.split(b"\\0")
       if entry.endswith((b".yaml", b".yml")) and entry.startswith(b"100")]
batch = subprocess.run([*git, "cat-file", "--batch"], input=b"\\n".join(ids) + b"\\n", stdout=subprocess.PIPE).stdout
at = 0
for _ in ids:
    end = batch.index(b"\\n", at)
    size = int(batch[at:end].split()[2])
    blob = batch[end + 1:end + 1 + size]
    at = end + size + 2
    try:
        for _ in yaml.compose_all(blob, Loader=yaml.CSafeLoader): pass
    except (yaml.YAMLError, UnicodeDecodeError):
        pass
read = time.perf_counter()
log = [*git, "log", "--name-only", "--format=%H %ct %an %s"]
subprocess.run(log, stdout=subprocess.PIPE, check=True).stdout.splitlines()
ended = time.perf_counter()
print(json.dumps({"seconds": ended - started, "read": read - started, "files": len(ids)}))
"""

BOARD = """
import json, resource, sys, time
from pathlib import Path
from liftlock.engine import Engine
import yaml, liftlock.discovery, liftlock.overview.board
started = time.perf_counter()
engine = Engine.open(Path(sys.argv[1]))
board = engine.board()
first = time.perf_counter()
for board in engine.fill(board):
    pass
ended = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": ended - started, "first": first - started, "peak": peak,
                  "environments": len(board.environments), "apps": len(board.apps), "cells": len(board.cells)}))
engine.close()
"""


def main() -> int:
    """Measure and report."""
    given = frame.parser(__doc__ or "", rounds=5).parse_args()
    first, warm_first, peak = (
        frame.Series("cold, until names are there"),
        frame.Series("warm, until names are there"),
        frame.Series("peak memory", unit="MB"),
    )
    seen: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="liftlock-benchmark-") as folder:
        kept = Path(folder) / "kept"
        kept.mkdir()

        def cold() -> float:
            with tempfile.TemporaryDirectory(dir=folder) as fresh:
                said = frame.child(BOARD, given.repository, cache=Path(fresh))
            first.values.append(said["first"])
            peak.values.append(said["peak"])
            seen.update(said)
            return said["seconds"]

        def warm() -> float:
            said = frame.child(BOARD, given.repository, cache=kept)
            warm_first.values.append(said["first"])
            return said["seconds"]

        measured = frame.in_turns(
            given.rounds,
            {
                "floor: read, compose, log": lambda: frame.child(FLOOR, given.repository)["seconds"],
                "board, cold": cold,
                "board, warm": warm,
            },
        )
    floor = measured["floor: read, compose, log"].median
    title = (
        f"board of {frame.named(given.repository)}: {seen['environments']} environments, {seen['apps']} apps, "
        f"{seen['cells']} cells"
    )
    limits = [
        ("cold, of the floor", measured["board, cold"].median / floor, 1.0),
        ("warm, of the floor", measured["board, warm"].median / floor, 0.25),
        ("peak memory in MB", max(peak.values), 250.0),
    ]
    return frame.report(title, [*measured.values(), first, warm_first, peak], limits, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
