"""One promotion, planned and committed, in a program that already shows the board."""

from __future__ import annotations

import argparse
import sys
import time

import frame

from liftlock.engine import Engine
from liftlock.errors import LiftlockError
from liftlock.model.board import Board


def waiting(board: Board, given: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Promotions that would move something: source, target, app."""
    found = []
    for state in board.cells.values():
        for behind in state.behind or ():
            if behind.changes and given.app in ("", state.cell.app) and given.to in ("", state.cell.environment):
                found.append((behind.of, state.cell.environment, state.cell.app))
    return found


def main() -> int:
    """Measure and report."""
    arguments = frame.parser(__doc__ or "", rounds=20)
    arguments.add_argument("--to", default="", help="promotions into this environment only")
    arguments.add_argument("--app", default="", help="promotions of this app only")
    given = arguments.parse_args()
    planned, committed, both = frame.Series("plan"), frame.Series("commit"), frame.Series("plan and commit")
    refused: dict[str, str] = {}
    with frame.private_clone(given.repository) as clone:
        engine = Engine.open(clone, cache=False)
        outline = engine.board()
        *_, board = outline, *engine.fill(outline)
        promotions = waiting(board, given)
        if not promotions:
            raise SystemExit("nothing waits for its promotion here")
        for source, target, app in promotions:
            if len(both.values) >= given.rounds:
                break
            started = time.perf_counter()
            try:
                plan = engine.plan(source, [target], [app])
                middle = time.perf_counter()
                made = engine.commit(plan)
            except LiftlockError as error:
                refused[f"{source} -> {target}, {app}"] = str(error)
                continue
            ended = time.perf_counter()
            planned.values.append(middle - started)
            committed.values.append(ended - middle)
            both.values.append(ended - started)
            engine.undo(made)
        engine.close()
    for what, why in refused.items():
        print(f"not measured: {what}: {why}", file=sys.stderr)
    if not both.values:
        raise SystemExit("no promotion could be committed")
    limits = [
        ("plan and commit, median, in s", both.median, 0.25),
        ("plan and commit, p95, in s", both.percentile(0.95), 0.5),
    ]
    title = f"{len(both.values)} promotions in {frame.named(given.repository)}"
    return frame.report(title, [planned, committed, both], limits, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
