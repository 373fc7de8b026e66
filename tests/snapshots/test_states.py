"""The other screens and states at every width, and without colour: what is empty, long, wide or right-to-left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from driving import make_app
from scripted_engine import ScriptedEngine, small_board
from test_screens import SIZES, Steps, engine, live_engine, live_steps, reviews_engine, shown

WIDE = "漢字かな交じり文 עברית العربية é🚀"
"""Double columns, right to left, combining, and what some terminals draw two columns wide."""
LONG = "-with-a-name-that-nobody-would-want-to-read-to-its-end" * 2

SCREENS: dict[str, Steps] = {
    "palette": shown(("2", "semicolon", *"theme"), until_seen=("made for liftlock",)),
    "doctor": shown(("asterisk",), until_seen=("! 1 wrong",)),
    "log": shown(("at", "a"), until_seen=("git update-ref",)),
    "search": shown(("2", "p"), "newTag", ("tab",), "../../base", ("slash", *"newtag"), until_seen=("Enter keep",)),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", ["palette", "doctor", "search"])
def test_screen(snap_compare: Any, screen: str, size: str) -> None:
    assert snap_compare(make_app(engine()), terminal_size=SIZES[size], run_before=SCREENS[screen])


@pytest.mark.parametrize("size", ["60", "120"])
def test_log(snap_compare: Any, size: str) -> None:
    assert snap_compare(make_app(engine()), terminal_size=SIZES[size], run_before=SCREENS["log"])


@pytest.mark.parametrize("size", ["60", "80"])
def test_reviews(snap_compare: Any, size: str) -> None:
    steps = shown(("4", "j", "i"), until_seen=("2 promotions in flight",))
    assert snap_compare(make_app(reviews_engine()), terminal_size=SIZES[size], run_before=steps)


@pytest.mark.parametrize("screen", ["palette", "doctor", "search"])
def test_without_colour(snap_compare: Any, monkeypatch: pytest.MonkeyPatch, screen: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(make_app(engine()), terminal_size=SIZES["80"], run_before=SCREENS[screen])


@pytest.mark.parametrize("name", ["objects", "drift"])
def test_live_without_colour(snap_compare: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(make_app(live_engine("board")), terminal_size=SIZES["80"], run_before=live_steps(name))


@pytest.mark.parametrize("text", [WIDE, LONG], ids=["wide", "long"])
@pytest.mark.parametrize("screen", ["board", "stage"])
def test_names_that_are_wide_or_long(snap_compare: Any, screen: str, text: str) -> None:
    steps = {"board": shown(("2", "j")), "stage": shown(("2", "j", "p"), until_seen=("newTag",))}[screen]
    made = ScriptedEngine(text=text)
    assert snap_compare(make_app(made), terminal_size=SIZES["80"], run_before=steps)


def test_one_app_in_one_environment(snap_compare: Any) -> None:
    board = small_board()
    only = {key: state for key, state in board.cells.items() if key == ("checkout", "dev")}
    one = replace(board, environments=board.environments[:1], apps=("checkout",), cells=only)
    assert snap_compare(make_app(ScriptedEngine(one)), terminal_size=SIZES["80"], run_before=shown())


def test_no_live_objects(snap_compare: Any) -> None:
    made = live_engine("board")
    made.live.objects = ()
    assert snap_compare(make_app(made), terminal_size=SIZES["80"], run_before=shown(("2", "t"), "nothing was found"))
