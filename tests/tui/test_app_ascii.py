"""With `--ascii` nothing else reaches the terminal: neither the app's signs nor the framework's frames."""

from __future__ import annotations

import pytest
from driving import opened, seen
from scripted_engine import ScriptedEngine
from textual.pilot import Pilot

SCREENS = {
    "board": (),
    "stage": ("2", "j", "p"),
    "commit": ("2", "j", "p", "c"),
    "compare": ("2", "equals_sign"),
    "help": ("question_mark",),
    "palette": ("semicolon",),
    "command line": ("colon",),
    "log": ("at",),
    "doctor": ("colon", *"doctor", "enter"),
}


def painted(pilot: Pilot[int]) -> set[str]:
    """The characters on the screen, filters and all."""
    strips = pilot.app.screen._compositor.render_strips()
    assert len(strips) == pilot.app.size.height
    return {character for strip in strips for segment in strip for character in segment.text}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_only_ascii_is_painted(screen: str, size: tuple[int, int]) -> None:
    async with opened(ScriptedEngine(), size=size, ascii_only=True) as pilot:
        for key in SCREENS[screen]:
            await pilot.press(key)
            if key == "p" and screen in ("stage", "commit"):
                await seen(pilot, "newTag")
        await pilot.pause()
        assert {character for character in painted(pilot) if not character.isascii()} == set()
