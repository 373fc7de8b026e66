"""Draw docs/board.svg, docs/stage.svg and docs/converge.svg: the demo as it looks, with its cluster."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Any

from liftlock.engine import Engine
from liftlock_tui.app import LiftlockApp
from liftlock_tui.demo import open_demo

HERE = Path(__file__).parent
SIZE = (120, 36)
MONOSPACE = "ui-monospace, Menlo, Consolas, monospace"
# Fonts come from the reader's machine: a document that is opened asks no host for anything.
_FONTS = re.compile(r"\s*@font-face\s*\{[^}]*\}|\s*<!--.*?-->")


async def shown(pilot: Any, *texts: str) -> None:
    """Wait until all of these stand on the screen."""
    for _ in range(3000):
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
    """Open the demo and draw the board, a promotion against the live cluster, and why it is stuck."""
    with open_demo(speed=5.0) as place:
        app = LiftlockApp(lambda: Engine.open(place), place=place.name)
        async with app.run_test(size=SIZE) as pilot:
            await shown(pilot, "▲ 2 behind", "= level", "fetched", "drifted")
            await pilot.press("3", "j", "j")
            await shown(pilot, "━━", "not as Git says")
            await pilot.pause(0.5)
            write(app, "board.svg")
            await pilot.press("2", "k", "p")
            await shown(pilot, "newTag", "+1 -1")
            await pilot.press("t", "t")
            await shown(pilot, "nothing is deleted", "pods restart")
            await pilot.pause(0.5)
            write(app, "stage.svg")
            await pilot.press("c")
            await shown(pilot, "Promotion-From")
            await pilot.press("ctrl+s")
            await shown(pilot, "committed")
            await pilot.press("P")
            await shown(pilot, "y push")
            await pilot.press("down", "y")
            await shown(pilot, "stuck", "SMTP_RELAY")
            await pilot.pause(0.5)
            write(app, "converge.svg")
            if app.engine is not None:
                app.engine.close()


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    asyncio.run(draw())
