"""Draw docs/board.svg and docs/stage.svg: the demo as it looks, the same each time."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Any

from liftlock.clock import FixedClock
from liftlock.engine import Engine
from liftlock_tui.app import LiftlockApp
from liftlock_tui.demo import open_demo

HERE = Path(__file__).parent
SIZE = (110, 28)
NOW = 1_767_182_400.0
"""When the demo was made: the end of 2025. Names and ages follow from it."""
MONOSPACE = "ui-monospace, Menlo, Consolas, monospace"
# Fonts come from the reader's machine: a document that is opened asks no host for anything.
_FONTS = re.compile(r"\s*@font-face\s*\{[^}]*\}|\s*<!--.*?-->")


async def shown(pilot: Any, *texts: str) -> None:
    """Wait until all of these stand on the screen."""
    for _ in range(1000):
        screen = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        if all(text in screen for text in texts):
            return
        await pilot.pause(0.02)
    raise SystemExit(f"{texts} did not come:\n{screen}")


def write(app: LiftlockApp, name: str) -> None:
    """Write what is on the screen."""
    drawn = _FONTS.sub("", app.export_screenshot(title="liftlock")).replace("Fira Code, monospace", MONOSPACE)
    (HERE / name).write_text("\n".join(line.rstrip() for line in drawn.splitlines()) + "\n", encoding="utf-8")


async def draw() -> None:
    """Open the demo, draw the board, plan a promotion, draw the stage."""
    with open_demo(now=NOW) as place:
        app = LiftlockApp(lambda: Engine.open(place, clock=FixedClock(NOW), cache=False), place=place.name)
        async with app.run_test(size=SIZE) as pilot:
            await shown(pilot, "▲ 2 behind", "= level", "fetched")
            await pilot.press("3", "G")
            await shown(pilot, "━━")
            await pilot.pause(0.5)
            write(app, "board.svg")
            await pilot.press("p")
            await shown(pilot, "newTag", "+1 -1")
            await pilot.press("n")
            await pilot.pause(0.5)
            write(app, "stage.svg")
            if app.engine is not None:
                app.engine.close()


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    asyncio.run(draw())
