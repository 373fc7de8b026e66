"""What a person sees, screen by screen and width by width."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from driving import make_app, seen, until
from scripted_engine import ScriptedEngine, large_board
from scripted_live import CRASH, LOST, SHA, cell, change, convergence, lane, tree
from scripted_record import MAPPED, release
from scripted_reviews import flights
from textual.pilot import Pilot

from liftlock.commands import Entry
from liftlock.errors import RepositoryError
from liftlock.model.live import Contact, Freshness, LiveBoard, LiveState
from liftlock.model.livediff import LiveDiff

SIZES = {"60": (60, 20), "80": (80, 24), "120": (120, 40)}
Steps = Callable[[Pilot[int]], Awaitable[None]]


def shown(*presses: tuple[str, ...] | str, until_seen: tuple[str, ...] = ()) -> Steps:
    """Press each group of keys, and wait for the text that stands after it as a string."""

    async def steps(pilot: Pilot[int]) -> None:
        app: Any = pilot.app
        await until(pilot, lambda: app.board is app.engine.whole if app.engine else False, "the board")
        await seen(pilot, "fetched")
        for press in presses:
            if isinstance(press, tuple):
                for key in press:  # what comes to the board under a window may not be painted there
                    await until(pilot, lambda: _settled(app), "all about the cell under the cursor")
                    await pilot.press(key)
            else:
                await seen(pilot, press)
        await seen(pilot, *until_seen)
        await until(pilot, lambda: _settled(app), "all about the cell under the cursor")
        await pilot.pause(0.3)

    return steps


def _settled(app: Any) -> bool:
    """Whether the pane beside the board, which may show around a window, has all that it waits for."""
    board = app.board_screen
    return not board.query_one("#detail").display or board.grid.state is None or board.grid.cell in board._pasts


SCREENS: dict[str, Steps] = {
    "board": shown(("2", "j")),
    "marked": shown(("2", "space", "space", "slash", "c", "enter")),
    "cell": shown(("2", "j", "enter"), until_seen=("Versions",)),
    "onward": shown(("2", "greater_than_sign"), until_seen=("production-us",)),
    "stage": shown(("2", "j", "p"), "newTag", until_seen=("newTag",)),
    "preview": shown(("2", "j", "p"), "newTag", ("tab",), until_seen=("../../base",)),
    "edit": shown(("2", "j", "p"), "newTag", ("enter",)),
    "commit": shown(("2", "j", "p"), "newTag", ("c",), until_seen=("Promotion-From",)),
    "push": shown(
        ("3", "p"),
        "newTag",
        ("c",),
        "Promotion-From",
        ("ctrl+s",),
        "committed",
        ("P",),
        "y push",
        ("down",),
        until_seen=("type production-eu",),
    ),
    "compare": shown(("2", "equals_sign"), until_seen=("pending promotion",)),
    "help": shown(("2", "question_mark"), until_seen=("Here",)),
    "log": shown(("at", "a"), until_seen=("git update-ref",)),
    "command": shown(("colon", "p"), until_seen=("Tab completes",)),
}


def engine() -> ScriptedEngine:
    made = ScriptedEngine()
    made.journal.add(Entry("fetch", "git fetch --quiet origin", 0, 1.25, 0, False))
    made.journal.add(Entry("commit", "git update-ref refs/heads/promote/staging/checkout 3c2b17a", 0, 0.1, 0, True))
    made.journal.add(Entry("push", "git push origin 3c2b17a:refs/heads/main", 0, 2.5, 1, True))
    return made


@pytest.mark.parametrize("screen", SCREENS)
def test_screen_at_80(snap_compare: Any, screen: str) -> None:
    assert snap_compare(make_app(engine()), terminal_size=SIZES["80"], run_before=SCREENS[screen])


@pytest.mark.parametrize("size", ["60", "120"])
@pytest.mark.parametrize("screen", ["board", "stage", "commit", "push", "compare", "help"])
def test_screen_laid_out_anew(snap_compare: Any, screen: str, size: str) -> None:
    assert snap_compare(make_app(engine()), terminal_size=SIZES[size], run_before=SCREENS[screen])


@pytest.mark.parametrize("screen", ["board", "stage", "preview", "push"])
def test_without_colour(snap_compare: Any, monkeypatch: pytest.MonkeyPatch, screen: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(make_app(engine()), terminal_size=(80, 24), run_before=SCREENS[screen])


@pytest.mark.parametrize("screen", ["board", "stage"])
def test_in_ascii(snap_compare: Any, screen: str) -> None:
    assert snap_compare(make_app(engine(), ascii_only=True), terminal_size=(80, 24), run_before=SCREENS[screen])


@pytest.mark.parametrize("theme", ["liftlock-light", "high-contrast", "colour-blind"])
def test_in_other_themes(snap_compare: Any, theme: str) -> None:
    assert snap_compare(make_app(engine(), theme=theme), terminal_size=(80, 24), run_before=SCREENS["stage"])


def test_wide_board_and_side_by_side(snap_compare: Any) -> None:
    steps = shown(("2", "j", "p"), "newTag", ("s",), until_seen=("│",))
    assert snap_compare(make_app(engine()), terminal_size=(200, 40), run_before=steps)


def test_wide_board(snap_compare: Any) -> None:
    steps = shown(("2", "j"), until_seen=("change 1 of frontend",))
    assert snap_compare(make_app(engine()), terminal_size=(200, 40), run_before=steps)


def test_large_board(snap_compare: Any) -> None:
    large = ScriptedEngine(large_board())
    assert snap_compare(make_app(large), terminal_size=(120, 40), run_before=shown(("l",) * 8, ("G",)))


def test_manifests_with_something_missing(snap_compare: Any) -> None:
    made = engine()
    made.missing = ("https://example.org/base?ref=v1",)
    steps = shown(("2", "j", "p"), "newTag", ("t",), until_seen=("pinned and cached",))
    assert snap_compare(make_app(made), terminal_size=(120, 40), run_before=steps)


LIVE = {
    "live-board": ("board", ("2",), ("failing",)),
    "live-stage": ("stage", ("2", "j", "p"), ()),
    "waiting": ("waiting", ("2", "W"), ("Flux looks",)),
    "stuck": ("stuck", ("2", "W"), ("stuck after 1m",)),
    "converged": ("converged", ("2", "W"), ("✓ converged",)),
    "lost": ("lost", ("2", "W"), ("unreachable",)),
    "objects": ("board", ("2", "t"), ("Deployment checkout",)),
    "drift": ("board", ("2", "d"), ("written by",)),
}


def live_engine(story: str) -> ScriptedEngine:
    """Every live state somewhere on the board, and one story under way."""
    made = engine()
    live = made.live
    keys = [key for key in sorted(made.whole.cells) if made.whole.cells[key] is not None]
    cells = {key: (cell(state),) for key, state in zip(keys, [*LiveState, LiveState.LEVEL], strict=False)}
    cells["checkout", "staging"] = (cell(LiveState.FAILING, "container app exits with code 1", cause=CRASH),)
    lanes = (lane("dev"), lane("staging"), lane("production-eu", LOST), lane("production-us", Freshness(Contact.ASK)))
    live.answer = LiveBoard(lanes, cells, 1)
    live.objects = tree(CRASH)
    live.promoted = SHA
    live.diffs = (LiveDiff("checkout", "staging", "", (change(restarts=True),), 3),)
    if story in ("waiting", "stuck", "converged", "lost"):
        live.states = (convergence(story),)
    return made


def live_steps(name: str) -> Steps:
    story, keys, texts = LIVE[name]
    if story == "stage":
        return shown(keys, "newTag", ("t", "t"), until_seen=("server-side apply",))
    return shown("failing", keys, until_seen=texts)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", LIVE)
def test_live(snap_compare: Any, name: str, size: str) -> None:
    made = live_engine(LIVE[name][0])
    assert snap_compare(make_app(made), terminal_size=SIZES[size], run_before=live_steps(name))


@pytest.mark.parametrize("name", ["live-board", "stuck"])
def test_live_without_colour(snap_compare: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    made = live_engine(LIVE[name][0])
    assert snap_compare(make_app(made), terminal_size=SIZES["120"], run_before=live_steps(name))


@pytest.mark.parametrize("name", ["live-board", "stuck"])
def test_live_in_ascii(snap_compare: Any, name: str) -> None:
    made = live_engine(LIVE[name][0])
    assert snap_compare(make_app(made, ascii_only=True), terminal_size=SIZES["120"], run_before=live_steps(name))


def reviews_engine() -> ScriptedEngine:
    """Two promotions in flight to the last environment."""
    made = engine()
    made.reviews.put(flights(made.whole.apps[1], "production-us"))
    return made


IN_FLIGHT: dict[str, Steps] = {
    "in-flight": shown("2 in flight", ("4", "j"), until_seen=("1 approval more wanted",)),
    "reviews": shown("2 in flight", ("4", "j", "i"), until_seen=("Checks", "1 wanted")),
    "merge": shown("2 in flight", ("4", "j", "i"), "Checks", ("M",), until_seen=("squash", "type production-us")),
}


@pytest.mark.parametrize("name", IN_FLIGHT)
def test_reviews(snap_compare: Any, name: str) -> None:
    assert snap_compare(make_app(reviews_engine()), terminal_size=SIZES["120"], run_before=IN_FLIGHT[name])


def test_reviews_without_colour(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(make_app(reviews_engine()), terminal_size=SIZES["120"], run_before=IN_FLIGHT["reviews"])


RECORD: dict[str, Steps] = {
    "history": shown(("2", "H"), until_seen=("4 arrivals", "renovate")),
    "way-back": shown(("2", "H"), "4 arrivals", ("B",), until_seen=("the way back",)),
    "rollback": shown(("2", "B"), "the way back", ("enter",), until_seen=("checkout in staging ↶",)),
}


def record_engine() -> ScriptedEngine:
    """A cell with a past, in an app whose repository is mapped."""
    made = engine()
    made.settings.user.repositories.update(MAPPED)
    made.releases.known["checkout", "1.9.3"] = release()
    return made


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", RECORD)
def test_record(snap_compare: Any, name: str, size: str) -> None:
    assert snap_compare(make_app(record_engine()), terminal_size=SIZES[size], run_before=RECORD[name])


def test_record_without_colour(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(make_app(record_engine()), terminal_size=SIZES["120"], run_before=RECORD["history"])


def test_record_in_ascii(snap_compare: Any) -> None:
    steps = shown(("2", "H"), until_seen=("4 arrivals", "renovate"))
    made = make_app(record_engine(), ascii_only=True)
    assert snap_compare(made, terminal_size=SIZES["120"], run_before=steps)


def test_a_problem(snap_compare: Any) -> None:
    made = engine()
    made.failing["board"] = [
        RepositoryError("Nothing is committed yet", "main is an unborn branch", "commit something")
    ]

    async def steps(pilot: Pilot[int]) -> None:
        await seen(pilot, "Nothing is committed yet")

    assert snap_compare(make_app(made), terminal_size=(80, 24), run_before=steps)
