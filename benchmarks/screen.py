"""The screen by itself, in a real terminal: keys while 100 watch events a second arrive on a board of 24 × 103, the CPU
of an idle board, and frames a second while a difference of 50,000 lines scrolls.

What the screen is told is made up here (no repository, no cluster): a board, its live side, a long difference. Events
change the live side 100 times a second; the screen is told ten times a second of what they changed, as the engine does.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
from itertools import cycle, islice
from typing import Any

import frame
from keys import FRAME_ENDS, SUPPORTED, painted, peak_memory, settle
from terminal import Terminal

EVENTS, TOLD = 100, 10
"""Events a second, and how often the screen is told of them."""
LINES = 50_000
WALK = ("j", "l", "j", "k", "h", "j", "ctrl+d", "ctrl+u", "l", "j", "pagedown", "pageup")
IDLE = 20.0
"""Seconds that the idle board is watched."""
SCROLL = 5.0
"""Seconds of scrolling."""


def board_app(events: int) -> Any:
    """The app on a large board whose live side changes so often a second."""
    from scripted_engine import ScriptedEngine, large_board
    from scripted_live import cell, lane

    from liftlock.model.live import LiveBoard, LiveState
    from liftlock_tui.app import LiftlockApp

    engine = ScriptedEngine(large_board())
    keys = [key for key, state in engine.whole.cells.items() if state is not None]
    states = {key: (cell(LiveState.LEVEL),) for key in keys}
    lanes = tuple(lane(environment.name) for environment in engine.whole.environments)
    engine.live.answer = LiveBoard(lanes, dict(states), 1)

    def change() -> None:
        chance, number = random.Random(7), 1
        while events:
            for _ in range(events // TOLD):
                states[chance.choice(keys)] = (cell(chance.choice(list(LiveState))),)
            number += 1
            engine.live.say(LiveBoard(lanes, dict(states), number))
            time.sleep(1 / TOLD)

    threading.Thread(target=change, daemon=True).start()
    return LiftlockApp(lambda: engine, place="/srv/deploy")


def diff_app() -> Any:
    """A pane with a long difference in the whole terminal."""
    from textual.app import ComposeResult

    from liftlock.model.diff import DiffLine, LineKind, Span
    from liftlock_tui.app import LiftlockApp
    from liftlock_tui.render.diff import unified
    from liftlock_tui.screens.page import Page
    from liftlock_tui.widgets.diff_view import DiffView

    kinds = (LineKind.CONTEXT, LineKind.REMOVE, LineKind.ADD, LineKind.CONTEXT, LineKind.CONTEXT)
    lines = [
        DiffLine(kinds[n % 5], (Span(f"  key-{n}: "), Span(f"value {n * 7919 % 9973}", n % 5 in (1, 2))), n + 1, n + 1)
        for n in range(LINES)
    ]

    class Long(Page):
        AUTO_FOCUS = "DiffView"
        DEFAULT_CSS = "DiffView { width: 1fr; height: 1fr; }"

        def compose(self) -> ComposeResult:
            view = DiffView()
            view.show(unified(lines, 3, 120))
            yield view

    app = LiftlockApp(lambda: None)  # type: ignore[arg-type,return-value]  (it is never asked)
    app.open = lambda: app.push_screen(Long())  # type: ignore[method-assign]
    return app


def child(what: str) -> Terminal:
    """This program in a terminal, showing one of the two."""
    return Terminal(
        (sys.executable, __file__, "--child", what),
        env={"PYTHONPATH": os.pathsep.join(map(str, (*frame.SOURCES, frame.ROOT / "tests" / "tui")))},
        columns=160,
        rows=48,
        keep=False,
    )


def cpu_seconds(process: int) -> float:
    """The CPU time that a process has had so far."""
    with open(f"/proc/{process}/stat") as file:  # noqa: PTH123
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def drain(terminal: Terminal, seconds: float) -> bytes:
    """Take what is written for so long."""
    ends, data = time.monotonic() + seconds, b""
    while (left := ends - time.monotonic()) > 0:
        data += terminal.receive(min(left, 0.2))
    return data


def keys_under_load(events: int, rounds: int) -> tuple[frame.Series, frame.Series, float]:
    """From each key to the end of the next frame, the CPU time that took, and the peak of the memory in MB."""
    spent = frame.Series(f"CPU time a key at {events} events a second")
    series = frame.Series(f"key to paint at {events} events a second")
    with child(f"board-{events}") as terminal:
        terminal.read(30)
        terminal.send(SUPPORTED)
        if events:
            drain(terminal, 4)
        else:
            settle(terminal, 60)
        before = cpu_seconds(terminal.process.pid)
        for key in islice(cycle(WALK), rounds):
            took = painted(terminal, key)
            if took is not None:
                series.values.append(took)
        spent.values.append((cpu_seconds(terminal.process.pid) - before) / rounds)
        return series, spent, peak_memory(terminal.process.pid)


def idle() -> float:
    """The share of a core that a board takes while nothing happens, in percent."""
    with child("board-0") as terminal:
        terminal.read(30)
        settle(terminal, 60)
        before = cpu_seconds(terminal.process.pid)
        drain(terminal, IDLE)
        return (cpu_seconds(terminal.process.pid) - before) / IDLE * 100


def scrolling() -> tuple[float, float]:
    """Frames a second while the key for the next line is held down, and the CPU time of one."""
    with child("diff") as terminal:
        terminal.read(30)
        terminal.send(SUPPORTED)
        settle(terminal, 60)
        frames, began, before = 0, time.monotonic(), cpu_seconds(terminal.process.pid)
        while time.monotonic() - began < SCROLL:
            terminal.send(b"j")
            data = b""
            while FRAME_ENDS not in data and (piece := terminal.receive(1.0)):
                data += piece
            frames += data.count(FRAME_ENDS)
        spent = cpu_seconds(terminal.process.pid) - before
        return frames / (time.monotonic() - began), spent / max(frames, 1)


def main() -> int:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=200, help="keys (200)")
    arguments.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments.add_argument("--child", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.child:
        app = diff_app() if given.child == "diff" else board_app(int(given.child.rpartition("-")[2]))
        app.run()
        return 0
    quiet, a_key, _ = keys_under_load(0, given.rounds)
    flooded, _, memory = keys_under_load(EVENTS, given.rounds)
    share, (frames, a_frame) = idle(), scrolling()
    series = [
        quiet,
        a_key,
        flooded,
        frame.Series("peak memory at 100 events a second", [memory], "MB"),
        frame.Series("idle", [share], "% of a core"),
        frame.Series("frames while 50,000 lines scroll", [frames], "a second"),
        frame.Series("CPU time of such a frame", [a_frame]),
    ]
    limits = [
        ("key to paint on a quiet board, p95, in s", quiet.percentile(0.95), 0.05),
        ("key to paint at 100 events a second, p95, in s", flooded.percentile(0.95), 0.05),
        ("an idle board, in % of a core", share, 1.0),
        ("a frame while scrolling, in s", 1 / max(frames, 0.01), 1 / 30),
    ]
    return frame.report("the screen on a board of 24 × 103", series, limits, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
