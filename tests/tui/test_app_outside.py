from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from driving import gone, opened, seen, text_of, until
from scripted_engine import ScriptedEngine

from liftlock_tui.screens.board import BoardScreen
from liftlock_tui.screens.doctor import DoctorScreen
from liftlock_tui.screens.stage import StageScreen


class Aside:
    """Stands for a terminal that can be handed over; keeps what was run in it and what it was given to read."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.read: list[bytes] = []
        self.files: list[str] = []
        engine.runner.run_in_terminal = self.run  # type: ignore[attr-defined]
        engine.settings.user.editor = "vim"  # type: ignore[attr-defined]
        engine.settings.user.pager = "delta"  # type: ignore[attr-defined]

    def run(self, command: Any, *, stdin: Any = None, stdout: Any = None) -> int:
        self.ran.append(command.argv)
        self.read.append(stdin.read() if stdin is not None else b"")
        last = Path(command.argv[-1])
        self.files.append(last.read_text() if last.is_file() else "")
        return 0


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from liftlock_tui.app import LiftlockApp

    monkeypatch.setattr(LiftlockApp, "suspend", lambda self: contextlib.nullcontext())
    monkeypatch.setattr("liftlock_tui.outward.AT_ONCE", 0.0)
    yield


@pytest.mark.usefixtures("handed")
async def test_the_editor_opens_a_copy_where_no_work_tree_has_the_file_and_says_so() -> None:
    engine = ScriptedEngine()
    aside = Aside(engine)
    async with opened(engine) as pilot:
        await pilot.press("2", "e")
        await seen(pilot, "Open which file")
        await pilot.press("enter")
        await seen(pilot, "that was a copy of")
        assert aside.ran[0][0] == "vim"
        assert aside.files == ["newTag: 1.8.0\n"]
        assert not os.path.exists(aside.ran[0][-1])  # noqa: ASYNC240, PTH110


@pytest.mark.usefixtures("handed")
async def test_the_work_trees_file_is_opened_only_when_it_was_chosen(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    engine.outside.place = tmp_path / "kustomization.yaml"
    engine.outside.place.write_text("newTag: 1.7.0\n")
    aside = Aside(engine)
    async with opened(engine) as pilot:
        await pilot.press("2", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
        await pilot.press("e")
        await seen(pilot, "the file in your work tree", "not the same text", "a copy to read, of commit")
        assert not aside.ran
        await pilot.press("escape", "e")
        await seen(pilot, "the file in your work tree")
        await pilot.press("enter")
        await until(pilot, lambda: aside.ran == [("vim", str(engine.outside.place))], "the editor")
        await pilot.press("e")
        await seen(pilot, "a copy to read")
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(aside.ran) == 2, "the copy")
        assert aside.ran[1][-1] != str(engine.outside.place)
        assert aside.ran[1][1].startswith("+"), "a copy is opened at the line of the change"


@pytest.mark.usefixtures("handed")
async def test_the_pager_gets_a_patch() -> None:
    engine = ScriptedEngine()
    aside = Aside(engine)
    async with opened(engine) as pilot:
        await pilot.press("vertical_line")
        await seen(pilot, "there is no diff here")
        await pilot.press("2", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
        await seen(pilot, "../../base")
        await pilot.press("vertical_line")
        await until(pilot, lambda: aside.ran, "the pager")
        assert aside.ran == [("delta",)]
        assert aside.read[0].startswith(b"diff --git a/")
        assert isinstance(pilot.app.screen, StageScreen)


async def test_a_page_of_the_forge_is_chosen_and_copied_where_no_browser_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("2", "o")
        await seen(pilot, "Open on the forge", "commit", "branch")
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.clipboard == engine.outside.found[0].url, "the address")
        ref, files = engine.outside.asked[0][1], engine.outside.asked[0][3]
        assert ref
        assert files


async def test_the_doctor_has_a_screen_that_filters_and_copies() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("asterisk")
        await until(pilot, lambda: isinstance(pilot.app.screen, DoctorScreen))
        await seen(pilot, "! 1 wrong", "line 3 is not YAML", "→ mend the file", "install helm")
        await pilot.press("slash", *"!good", "enter")
        await gone(pilot, "git version")
        await pilot.press("y")
        await until(pilot, lambda: "mend the file" in (pilot.app.clipboard or ""), "the copy")
        await pilot.press("escape")
        await seen(pilot, "git version")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, BoardScreen)


async def test_a_fetch_shows_how_far_it_is_and_escape_ends_it() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await seen(pilot, "fetched, nothing new")
        import threading

        hold = threading.Event()
        engine.outside.said = ("Receiving objects:  45% (450/1000), 2.1 MiB | 1 MiB/s",)
        before = engine._called
        engine._called = lambda name, *rest: (before(name, *rest), hold.wait(10) if name == "fetch" else None)[0]  # type: ignore[method-assign]
        try:
            await pilot.press("r")
            await seen(pilot, "fetching: receiving objects:  45%")
            await pilot.press("escape")
            await seen(pilot, "fetch stopped")
        finally:
            hold.set()


async def test_the_stages_rows_are_filtered_and_its_diff_is_searched() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("2", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
        tree = pilot.app.screen.plan_tree
        await seen(pilot, "newTag")
        await pilot.press("slash", *"replicas")
        await until(pilot, lambda: {c.path[-1] for n in tree.nodes for c in n.changes} == {"replicas"}, "the rows")
        await pilot.press("enter", "escape")
        await until(pilot, lambda: len({c.path[-1] for n in tree.nodes for c in n.changes}) > 1, "all rows")
        await pilot.press("tab", "slash", *"newtag", "enter")
        view = pilot.app.screen.view
        await until(pilot, lambda: view.found == "newtag", "the search")
        assert any("reverse" in roles for roles in (r for n in range(len(view.lines)) for _, r in view.drawn(n).pieces))
        await pilot.press("escape")
        assert view.found == ""
        assert isinstance(pilot.app.screen, StageScreen)


async def test_a_theme_is_tried_on_in_the_palette_and_taken_off_by_escape() -> None:
    async with opened(ScriptedEngine()) as pilot:
        worn = pilot.app.theme
        await pilot.press("semicolon", *"theme high-contrast")
        await until(pilot, lambda: pilot.app.theme == "high-contrast", "tried on")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.theme == worn, "taken off")
        await pilot.press("semicolon", *"theme high-contrast", "enter")
        await until(pilot, lambda: pilot.app.theme == "high-contrast" and isinstance(pilot.app.screen, BoardScreen))


@pytest.mark.parametrize(
    ("typed", "shows"),
    [
        ("doctor", "what was found here, and why"),
        ("log", "Command log"),
        ("plan dev staging checkout", "dev → staging"),
        ("drift staging nothing", "there is no environment or app nothing"),
        ("plan dev", "plan FROM TO"),
        ("fly", "not understood"),
    ],
)
async def test_the_command_line_knows_these_words(typed: str, shows: str) -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("colon")
        await seen(pilot, "Tab completes")
        pilot.app.screen.query_one("Input").value = typed
        await pilot.press("enter")
        await seen(pilot, shows)
        assert text_of(pilot.app)
