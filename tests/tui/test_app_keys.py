from __future__ import annotations

from typing import Any

import pytest
from driving import gone, opened, seen, text_of, until
from scripted_engine import ScriptedEngine
from textual.binding import Binding

from liftlock_tui.actions import ACTIONS, bindings, key_name, keymap
from liftlock_tui.modals.command_line import completions
from liftlock_tui.modals.dialog import Dialog
from liftlock_tui.screens.board import BoardScreen
from liftlock_tui.screens.compare import CompareScreen
from liftlock_tui.screens.converge import ConvergeScreen
from liftlock_tui.screens.doctor import DoctorScreen
from liftlock_tui.screens.drift import DriftScreen
from liftlock_tui.screens.history import HistoryScreen
from liftlock_tui.screens.log import LogScreen
from liftlock_tui.screens.resources import ResourcesScreen
from liftlock_tui.screens.reviews import ReviewsScreen
from liftlock_tui.screens.stage import StageScreen
from liftlock_tui.screens.waves import WavesScreen
from liftlock_tui.widgets.diff_view import DiffView
from liftlock_tui.widgets.grid import Grid
from liftlock_tui.widgets.lines import LineList, LineView
from liftlock_tui.widgets.plan_tree import PlanTree

_MODIFIED = ("ctrl+", "alt+", "shift+tab")
_PLACES = {
    "board": (BoardScreen,),
    "grid": (Grid,),
    "reviews": (ReviewsScreen,),
    "waves": (WavesScreen,),
    "history": (HistoryScreen,),
    "stage": (StageScreen,),
    "tree": (PlanTree,),
    "diff": (DiffView,),
    "move": (Grid, LineView, LineList),
    "list": (LineList,),
    "compare": (CompareScreen,),
    "log": (LogScreen,),
    "converge": (ConvergeScreen,),
    "resources": (ResourcesScreen,),
    "drift": (DriftScreen,),
    "doctor": (DoctorScreen,),
}


def test_ids_are_unique_and_every_action_has_a_method() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        for owner in _PLACES.get(action.where, ()):
            assert hasattr(owner, f"action_{action.name}"), action.id


def test_no_act_needs_a_modified_or_function_key() -> None:
    moves = {"move.half_down", "move.half_up"}  # half a page: whole pages and ends are plain keys
    for action in ACTIONS:
        if action.id not in moves:
            assert any(not key.startswith(_MODIFIED) and not key.startswith("f1") for key in action.keys), action.id


def test_the_defaults_do_not_contradict_each_other() -> None:
    for action in ACTIONS:
        assert keymap({action.id: action.keys})[1] == () or action.each, action.id


def test_own_keys_take_the_place_of_the_defaults() -> None:
    keys, wrong = keymap({"board.plan": ("x",), "board.compare": "z ctrl+e"})
    assert not wrong
    assert keys["board.plan"] == ("x",)
    assert keys["board.compare"] == ("z", "ctrl+e")


@pytest.mark.parametrize(
    "wanted",
    [{"board.plan": ("c",), "board.push": ("c",)}, {"board.plan": ("j",)}, {"no.such": ("x",)}, {"app.help": ()}],
)
def test_keys_that_contradict_are_told_and_the_defaults_stay(wanted: dict[str, tuple[str, ...]]) -> None:
    keys, wrong = keymap(wanted)
    assert wrong
    assert keys["board.plan"] == ("p",)


def test_every_binding_is_made_of_the_registry() -> None:
    made = {binding.id for place in _PLACES for binding in bindings(place) if binding.id}
    assert made | {a.id for a in ACTIONS if a.where in ("app", "problem") or a.each} == {a.id for a in ACTIONS}


def test_keys_have_names_that_people_write() -> None:
    assert [key_name(key) for key in ("space", "ctrl+d", "escape", "p")] == ["Space", "ctrl-d", "Esc", "p"]


def test_completion_offers_what_can_follow() -> None:
    words = {"plan": ["dev", "staging"], "theme": ["nord"]}
    assert completions("pl", words, ["dev"]) == ["plan"]
    assert completions("plan s", words, []) == ["plan staging"]
    assert completions("plan dev ", words, []) == ["plan dev staging"]
    assert completions("ord", {"theme": []}, ["nord"]) == ["nord"]


async def test_a_remapped_key_works_and_the_footer_and_help_say_it() -> None:
    engine = ScriptedEngine()
    engine.settings.user.keys = {"board.plan": ("x",)}
    async with opened(engine) as pilot:
        await seen(pilot, " x plan ")
        await pilot.press("2", "p")
        assert not engine.named("plan")
        await pilot.press("x")
        await until(pilot, lambda: engine.named("plan"))


async def test_contradicting_keys_are_told() -> None:
    engine = ScriptedEngine()
    engine.settings.user.keys = {"board.plan": ("j",)}
    async with opened(engine) as pilot:
        await seen(pilot, "j is both")
        await pilot.press("2", "p")
        await until(pilot, lambda: engine.named("plan"))


async def test_the_footer_shows_the_keys_of_the_focused_pane_only() -> None:
    async with opened(ScriptedEngine()) as pilot:
        assert "stage" not in text_of(pilot.app).split("\n")[-1]
        await pilot.press("2", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
        await seen(pilot, "Space stage", "Enter edit")
        await pilot.press("tab")
        await gone(pilot, "Space stage")
        await seen(pilot, "n next change", "Esc to the plan")


async def test_help_is_searchable_and_begins_with_where_you_are() -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("question_mark")
        await seen(pilot, "Here", "Plan the promotion into this cell")
        await pilot.press(*"rendered man")
        await gone(pilot, "Plan the promotion into this cell")
        await seen(pilot, "Compare the rendered manifests")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, BoardScreen))


async def test_the_palette_runs_an_act_by_its_name() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("2", "semicolon")
        await seen(pilot, "what to do, where to go")
        await pilot.press(*"plan")
        await seen(pilot, "p     plan ")
        await pilot.press("enter")
        await until(pilot, lambda: engine.named("plan"), "planned")


async def test_the_command_log_shows_what_changed_something_and_all_on_a() -> None:
    from liftlock.commands import Entry

    engine = ScriptedEngine()
    engine.journal.add(Entry("fetch", "git fetch origin", 0, 0.2, 0, False))
    engine.journal.add(Entry("commit", "git update-ref refs/heads/x", 0, 0.1, 0, True, "git update-ref"))
    async with opened(engine) as pilot:
        await pilot.press("at")
        await seen(pilot, "git update-ref refs/heads/x")
        assert "git fetch origin" not in text_of(pilot.app)
        await pilot.press("a")
        await seen(pilot, "git fetch origin")
        engine.journal.add(Entry("push", "git push origin", 0, 0.1, 1, True))
        await seen(pilot, "git push origin", "exit code 1")
        await pilot.press("y")
        await seen(pilot, "copied")


async def test_compare_groups_objects_and_copies_markdown() -> None:
    engine = ScriptedEngine()
    engine.missing = ("https://example.org/base",)
    async with opened(engine) as pilot:
        await pilot.press("3", "equals_sign")
        await seen(pilot, "▲ pending promotion", "! unexplained", "= expected difference", "could not be rendered")
        await pilot.press("F")
        await until(pilot, lambda: ("staging", "production-eu", ("checkout",), True) in engine.named("compare"))
        await pilot.press("j", "j")
        await seen(pilot, "by ", "bump")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == "# staging and production-eu: 3", "the clipboard")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, BoardScreen))


async def test_an_unknown_theme_is_told_and_changes_nothing() -> None:
    async with opened(ScriptedEngine(), theme="no-such") as pilot:
        await seen(pilot, "there is no theme no-such")
        pilot.app.use_theme("liftlock-light")
        await pilot.pause()
        assert pilot.app.theme == "liftlock-light"
        assert "checkout" in text_of(pilot.app)


async def test_ascii_shows_the_apps_own_signs_in_ascii() -> None:
    async with opened(ScriptedEngine(), ascii_only=True) as pilot:
        await seen(pilot, "^ 2 behind", "|1.9.0")
        shown = text_of(pilot.app)
        assert not [sign for sign in "▲▌•◈─━→…" if sign in shown]


def _asking() -> list[type[Dialog[Any]]]:
    """Every window that does something on `y`."""
    import importlib
    import pkgutil

    import liftlock_tui.modals

    for module in pkgutil.iter_modules(liftlock_tui.modals.__path__):
        importlib.import_module(f"liftlock_tui.modals.{module.name}")
    waiting: list[type[Dialog[Any]]] = [Dialog]
    found: list[type[Dialog[Any]]] = []
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if any(binding.action == "confirm" for binding in kind.BINDINGS if isinstance(binding, Binding)):
            found.append(kind)
    return found


def test_no_key_that_begins_something_dangerous_confirms_it_and_enter_cancels() -> None:
    starting = {key for action in ACTIONS if action.dangerous for key in action.keys}
    assert starting
    kinds = _asking()
    assert {"Confirm", "PushDialog", "UndoDialog"} <= {kind.__name__ for kind in kinds}
    for kind in kinds:
        does = {key: b.action for b in kind.BINDINGS if isinstance(b, Binding) for key in b.key.split(",")}
        confirming = {key for key, action in does.items() if action == "confirm"}
        assert not confirming & starting, kind.__name__
        assert does.get("enter") == "cancel", kind.__name__


@pytest.mark.parametrize("key", ["y", "enter"])
def test_a_key_that_confirms_cannot_be_given_to_what_it_confirms(key: str) -> None:
    keys, wrong = keymap({"board.push": (key,)})
    assert wrong
    assert keys["board.push"] == ("P",)


async def test_a_click_on_the_footer_is_its_key_and_on_a_cell_moves_there() -> None:
    async with opened(ScriptedEngine()) as pilot:
        app = pilot.app
        await pilot.click("Grid", offset=(app.screen.grid.names + app.screen.grid.lane + 2, 6))
        await until(pilot, lambda: app.screen.grid.cell is not None and app.screen.grid.cell[1] == "staging")
        footer = text_of(app).split("\n")[-1]
        await pilot.click("Footer", offset=(footer.index("? help") + 1, 0))
        await seen(pilot, "Here")
