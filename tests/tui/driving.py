"""Driving the app in tests: press, wait for what follows, read what stands on the screen. Nothing sleeps blindly."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from scripted_engine import ScriptedEngine
from textual.pilot import Pilot

from liftlock_tui.app import LiftlockApp


def make_app(engine: ScriptedEngine, **more: Any) -> LiftlockApp:
    return LiftlockApp(lambda: engine, place="/srv/deploy", **more)


async def until(pilot: Pilot[int], condition: Callable[[], Any], what: str = "") -> None:
    """Wait until this holds; what never comes is a failure that shows the screen."""
    for _ in range(400):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError(f"it never came: {what}\n{text_of(pilot.app)}")


async def seen(pilot: Pilot[int], *texts: str) -> None:
    """Wait until all of these stand on the screen."""
    await until(pilot, lambda: all(text in text_of(pilot.app) for text in texts), " & ".join(texts))


async def gone(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text not in text_of(pilot.app), f"{text} goes away")


def strips_of(app: Any) -> list[Any]:
    """The lines of the screen as the terminal would get them."""
    return app.screen._compositor.render_strips()


def text_of(app: Any) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in strips_of(app))


def raw_of(app: Any) -> str:
    """What would be written to the terminal of each line's text, styles left out."""
    return "".join(segment.text for strip in strips_of(app) for segment in strip)


@contextlib.asynccontextmanager
async def opened(engine: ScriptedEngine, size: tuple[int, int] = (120, 40), **more: Any) -> AsyncIterator[Pilot[int]]:
    """The app on a scripted engine, its board read."""
    app = make_app(engine, **more)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.board is not None and app.board is engine.whole, "the board")
        await pilot.pause()
        yield pilot
