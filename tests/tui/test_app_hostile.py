"""Text from a repository goes through every screen: nothing in it reaches the terminal as a command or as markup."""

from __future__ import annotations

import pytest
from driving import gone, opened, raw_of, seen, strips_of, text_of, until
from scripted_engine import ScriptedEngine

from liftlock.commands import Entry
from liftlock.errors import PlanError, RepositoryError
from liftlock_tui.screens.board import BoardScreen
from liftlock_tui.screens.stage import StageScreen

HOSTILE = {
    "escape": "\x1b]0;owned\x07\x1b[2J",
    "c1": "\x9b31m\x85",
    "clipboard": "\x1b]52;c;aGk=\x07",
    "closing tag": "[/]",
    "foreign tag": "[/foo]",
    "action": "[@click=app.leave]x[/]",
    "unterminated": "feat[b",
    "variable": "[$primary]",
    "bidi": "\u202egnp.\u2066",
    "zero width": "a\u200b\u200d\ufeff",
    "newline": "one\ntwo\rthree\ttab",
    "wide": "漢字🚀",
    "surrogate": "\udcff\udc80",
    "long": "x" * 3000,
}

TOURS = {
    "controls": "".join(
        HOSTILE[name] for name in ("escape", "c1", "clipboard", "bidi", "zero width", "newline", "surrogate")
    ),
    "markup": "".join(HOSTILE[name] for name in ("action", "variable", "foreign tag", "closing tag", "wide")),
    "unterminated": HOSTILE["unterminated"],
    "long": HOSTILE["long"],
}


def looked_at(app: object) -> None:
    raw = raw_of(app)
    assert not [character for character in raw if ord(character) < 32 or 127 <= ord(character) < 160]
    assert not set(raw) & set("\u202e\u2066\u200b\u200d\ufeff")
    raw.encode("utf-8")
    for strip in strips_of(app):
        for segment in strip:
            assert segment.style is None or "click" not in str(segment.style.meta.get("@click", ""))


@pytest.mark.parametrize("text", TOURS.values(), ids=TOURS)
async def test_no_screen_obeys_it(text: str) -> None:
    engine = ScriptedEngine(text=text)
    engine.missing = (f"https://example.org/{text}",)
    engine.differences = (f"changed {text}",)
    engine.journal.add(Entry(f"act {text}", f"git {text}", 0, 0.1, 1, True))
    async with opened(engine, size=(160, 50)) as pilot:
        app = pilot.app
        await pilot.press("2", "j")
        await until(pilot, lambda: engine.named("log"), "the detail")
        looked_at(app)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, StageScreen))
        await until(pilot, lambda: engine.named("cautions"), "the preview")
        await pilot.pause()
        looked_at(app)
        await pilot.press("w")
        await seen(pilot, "shared base")
        looked_at(app)
        await pilot.press("escape", "t")
        await until(pilot, lambda: engine.named("renderings"), "manifests")
        await pilot.pause()
        looked_at(app)
        await pilot.press("t", "r")
        await seen(pilot, "What changed in the plan")
        looked_at(app)
        await pilot.press("escape", "c")
        await seen(pilot, "new branch")
        looked_at(app)
        await pilot.press("ctrl+s")
        await seen(pilot, "committed")
        await pilot.press("P")
        await seen(pilot, "y push")
        looked_at(app)
        await pilot.press("escape", "u")
        await seen(pilot, "Take the commit back?")
        looked_at(app)
        await pilot.press("y")
        await until(pilot, lambda: engine.named("undo"), "undone")
        looked_at(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen))
        await pilot.press("at")
        await seen(pilot, "exit code 1")
        looked_at(app)
        await pilot.press("escape", "equals_sign")
        await seen(pilot, "pending promotion")
        looked_at(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BoardScreen))
        engine.failing["plan"] = [PlanError(f"no {text}", f"detail {text}", f"hint {text}")]
        await pilot.press("p")
        await seen(pilot, "This cannot be planned")
        looked_at(app)
        await pilot.press("escape")
        app.notice(f"notice {text}", text)
        app.use_theme(f"x{text}")
        await seen(pilot, "notice")
        looked_at(app)
        await gone(pilot, "This cannot be planned")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_a_problem_that_fills_the_screen_does_not_obey_it(text: str) -> None:
    engine = ScriptedEngine()
    engine.failing["board"] = [RepositoryError(f"no {text}", text, text, command=f"git {text}")]
    from driving import make_app

    app = make_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "try again", "! no ")
        looked_at(app)


async def test_brackets_are_shown_as_they_stand() -> None:
    engine = ScriptedEngine(text="[bold]x[/]")
    async with opened(engine, size=(200, 60)) as pilot:
        await until(pilot, lambda: "[bold]x[/]" in text_of(pilot.app))
