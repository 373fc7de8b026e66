from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from driving import gone, make_app, opened, seen, text_of, until
from scripted_engine import NOW, ScriptedEngine, large_board, sha
from scripted_live import cell, lane
from textual import events

from liftlock.errors import RepositoryError, TerminalNeeded
from liftlock.model.board import Board
from liftlock.model.environment import Environment
from liftlock.model.live import LiveBoard, LiveState
from liftlock.model.report import Fetched
from liftlock_tui.render.board import lane_lines
from liftlock_tui.screens.board import BoardScreen
from liftlock_tui.screens.stage import StageScreen


async def test_the_first_paint_waits_for_nothing() -> None:
    engine = ScriptedEngine()
    painted = threading.Event()

    def open_engine() -> ScriptedEngine:
        assert painted.wait(10)
        return engine

    app = make_app(engine)
    app._open_engine = open_engine  # type: ignore[assignment]
    async with app.run_test(size=(120, 40)) as pilot:
        await seen(pilot, "liftlock", "/srv/deploy", "opening")
        painted.set()
        await seen(pilot, "checkout")


async def test_cells_fill_in_while_the_board_is_already_there() -> None:
    engine = ScriptedEngine()
    engine.held.clear()
    app = make_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await seen(pilot, "checkout", "staging", "·", "reading")
        assert "behind" not in text_of(app)
        engine.held.set()
        await seen(pilot, "▲ 2 behind", "= level", "! problem", "1.9.0")


async def test_a_cell_says_version_revision_age_and_how_far_behind() -> None:
    async with opened(ScriptedEngine()) as pilot:
        shown = text_of(pilot.app)
        assert "1.9.3 +1" in shown
        assert "origin/main" in shown
        assert "◈" in shown
        assert "↑2" in shown
        assert "1d ago" in shown


async def test_the_cursor_moves_with_letters_arrows_and_digits() -> None:
    async with opened(ScriptedEngine()) as pilot:
        grid = pilot.app.screen.grid
        await pilot.press("j", "l", "down", "right")
        assert grid.cell == ("invoices", "production-eu")
        await pilot.press("G", "1")
        assert grid.cell == ("notifier", "dev")
        await pilot.press("g", "4", "h")
        assert grid.cell == ("checkout", "production-eu")


async def test_n_goes_to_the_next_cell_that_is_behind() -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("2", "j", "n")
        assert pilot.app.screen.grid.cell == ("ledger", "staging")
        await pilot.press("N")
        assert pilot.app.screen.grid.cell == ("frontend", "staging")


async def test_the_filter_keeps_matching_apps_and_inverts() -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("slash", "o", "i", "enter")
        assert pilot.app.screen.grid.apps == ("invoices",)
        await seen(pilot, "1 of 5 apps")
        await pilot.press("escape")
        assert len(pilot.app.screen.grid.apps) == 5
        await pilot.press("slash", "exclamation_mark", "e", "enter")
        assert all("e" not in app for app in pilot.app.screen.grid.apps)


async def test_n_goes_from_match_to_match_where_a_filter_is_on() -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("3", "slash", "e", "enter")
        grid = pilot.app.screen.grid
        assert len(grid.apps) > 2
        await pilot.press("g", "n")
        assert grid.cell == (grid.apps[1], "production-eu")
        await pilot.press("n", "N", "N")
        assert grid.cell == (grid.apps[0], "production-eu")


async def test_p_plans_from_the_left_neighbour_for_this_cell() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("j", "l", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
    assert engine.named("plan") == [("dev", ("staging",), ("frontend",))]


async def test_marked_cells_of_several_apps_and_environments_make_one_plan() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("3", "space", "space", "4", "g", "space", "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
    assert engine.named("plan") == [("staging", ("production-eu", "production-us"), ("checkout", "frontend"))]


async def test_a_range_of_cells_is_marked_from_the_last_mark_to_here() -> None:
    async with opened(ScriptedEngine()) as pilot:
        grid = pilot.app.screen.grid
        names = [environment.name for environment in grid.board.environments]
        await pilot.press("2", "g", "space", "down", "l", "V")
        wanted = {(app, name) for app in grid.apps[:3] for name in names[1:3]} & set(grid.board.cells)
        assert grid.marked == wanted
        assert len(wanted) > 3
        await pilot.press("escape")
        assert grid.marked == set()


async def test_marks_with_nothing_before_them_in_common_are_told() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("2", "space", "3", "space", "p")
        await seen(pilot, "environment before")
    assert not engine.named("plan")


async def test_esc_drops_the_marks() -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("space")
        await seen(pilot, "1 marked")
        await pilot.press("escape")
        assert not pilot.app.screen.grid.marked


async def test_onward_lets_choose_several_targets() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("2", "greater_than_sign")
        await seen(pilot, "from staging to", "production-us")
        await pilot.press("space", "space", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
    assert engine.named("plan") == [("staging", ("production-eu", "production-us"), ("checkout",))]


async def test_the_first_environment_has_nothing_before_it() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("p")
        await seen(pilot, "nothing comes before dev")
    assert not engine.named("plan")


async def test_enter_opens_the_cell_where_there_is_no_pane() -> None:
    async with opened(ScriptedEngine(), size=(80, 24)) as pilot:
        await pilot.press("j", "l", "enter")
        await seen(pilot, "frontend in staging", "Versions", "2 changes behind", "since ", "that version")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, BoardScreen)


async def test_the_pane_shows_commits_after_the_cursor_rests() -> None:
    engine = ScriptedEngine()
    async with opened(engine, size=(200, 60)) as pilot:
        await pilot.press("j")
        await seen(pilot, "change 1 of frontend", "an edit there reaches all environments")
    assert ("frontend", "dev") in engine.named("log")


async def test_refs_that_moved_keep_the_cursor_on_its_cell() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("j", "j", "l")
        more = replace(
            engine.whole,
            apps=("aardvark", *engine.whole.apps),
            cells={**engine.whole.cells},
            sources=engine.whole.sources,
        )
        engine.whole = more
        engine.fetched = Fetched("origin", (("refs/remotes/origin/main", sha(1), sha(2)),), NOW)
        await pilot.press("r")
        await seen(pilot, "aardvark", "1 ref moved")
        assert pilot.app.screen.grid.cell == ("invoices", "staging")


async def test_a_fetch_that_must_ask_does_not_take_the_terminal_unasked() -> None:
    engine = ScriptedEngine()
    engine.failing["fetch"] = [TerminalNeeded("a password is needed", "", "")]
    async with opened(engine) as pilot:
        await seen(pilot, "it must ask you, press r")
    assert engine.named("fetch") == [(False,)]


async def test_a_failed_fetch_that_was_asked_for_shows_the_three_lines() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await until(pilot, lambda: engine.named("fetch"))
        engine.failing["fetch"] = [RepositoryError("The remote is gone", "no route to host", "look at git remote -v")]
        await pilot.press("r")
        await seen(pilot, "The remote is gone", "no route to host", "look at git remote -v")


async def test_settings_can_keep_the_fetch_off() -> None:
    engine = ScriptedEngine()
    engine.settings.user.fetch_on_start = False
    async with opened(engine):
        pass
    assert not engine.named("fetch")


async def test_a_repository_that_cannot_be_opened_fills_the_screen_and_can_be_tried_again() -> None:
    engine = ScriptedEngine()
    errors = [RepositoryError("There is no Git repository here", "/srv/deploy was looked at", "cd into a clone")]

    def open_engine() -> ScriptedEngine:
        if errors:
            raise errors.pop()
        return engine

    app = make_app(engine)
    app._open_engine = open_engine  # type: ignore[assignment]
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "There is no Git repository here", "/srv/deploy was looked at", "cd into a clone")
        await pilot.press("r")
        await seen(pilot, "checkout")


async def test_no_environment_says_what_was_looked_for() -> None:
    engine = ScriptedEngine(Board("x", (), (), {}, {}))
    app = make_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, "No environment was found", "liftlock init")


async def test_a_mistake_of_our_own_is_said_and_does_not_end_the_app() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        engine.plan = lambda *a, **k: 1 / 0  # type: ignore[method-assign]
        await pilot.press("l", "p")
        await seen(pilot, "mistake in liftlock", "ZeroDivisionError")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, BoardScreen))


async def test_a_late_plan_is_dropped() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        from liftlock_tui.messages import Planned

        late = engine.plan("dev", ("staging",), ("checkout",))
        pilot.app.screen.post_message(Planned(late, -1))
        await pilot.pause()
        assert isinstance(pilot.app.screen, BoardScreen)


async def test_problems_of_the_repository_are_listed_with_what_to_do() -> None:
    async with opened(ScriptedEngine()) as pilot:
        await pilot.press("w")
        await seen(pilot, "line 3 is not YAML", "mend the file")


async def test_the_command_line_plans_compares_and_jumps() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("colon", *"plan d", "tab", *"stag", "tab", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
        assert engine.named("plan") == [("dev", ("staging",), ())]
        await pilot.press("escape", "colon", *"ledger", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BoardScreen))
        assert pilot.app.screen.grid.cell == ("ledger", "dev")
        await pilot.press("colon", *"nonsense", "enter")
        await seen(pilot, "not understood: nonsense")


async def test_quit_does_not_ask_when_nothing_waits() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: engine.closed)
    assert pilot.app.return_code == 0


async def test_a_large_board_scrolls_with_its_header_and_names_in_place() -> None:
    async with opened(ScriptedEngine(large_board()), size=(120, 40)) as pilot:
        await pilot.press(*"l" * 9, "G")
        shown = text_of(pilot.app)
        assert "site-09" in shown and "site-08" in shown
        assert "service-102" in shown
        assert "more →" in shown and "← " in shown
        await pilot.press("g", "1")
        await gone(pilot, "← ")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
async def test_the_board_lays_itself_out_anew(size: tuple[int, int]) -> None:
    async with opened(ScriptedEngine(), size=(120, 40)) as pilot:
        await pilot.press("3")
        await pilot.resize_terminal(*size)
        await pilot.pause()
        shown = text_of(pilot.app)
        assert "production-eu" in shown and "staging" in shown
        assert all(len(row) == size[0] for row in shown.split("\n"))


async def test_a_filter_that_comes_with_its_word_in_one_write_loses_no_letter() -> None:
    async with opened(ScriptedEngine()) as pilot:
        app = pilot.app
        for key in ("slash", "e", "d", "g"):  # as a terminal gives what is pasted or typed ahead
            app.post_message(events.Key(key, "/" if key == "slash" else key))
        await until(pilot, lambda: app.screen.grid.apps == ("ledger",), "all letters are in the filter")
        await pilot.press("slash")
        assert app.screen.filter_text == "edg/"  # a letter as any other, while it is typed
        await seen(pilot, "0 of 5 apps", "no app is what the filter looks for", "nothing is under the cursor")
        await pilot.press("enter", "p")
        await seen(pilot, "no cell is under the cursor")
        await pilot.press("slash", "o", "i")  # what stood there is typed over
        assert app.screen.filter_text == "oi"


async def test_a_filter_finds_states_and_one_key_shows_what_is_not_level() -> None:
    engine = ScriptedEngine()
    async with opened(engine) as pilot:
        grid = pilot.app.screen.grid
        live = {(app, "staging"): (cell(LiveState.LEVEL),) for app in grid.apps}
        engine.live.say(LiveBoard((lane("staging"),), {**live, ("invoices", "staging"): (cell(LiveState.DRIFTED),)}, 1))
        await seen(pilot, "drifted")
        await pilot.press("slash", *"drifted", "enter")
        assert grid.apps == ("invoices",)
        await pilot.press("slash", *"differs", "enter")
        assert grid.apps == ()
        await pilot.press("escape", "f")
        await until(pilot, lambda: grid.filtered, "only what is not level")
        assert grid.apps == ("checkout", "frontend", "invoices", "ledger", "notifier")
        engine.live.say(LiveBoard((lane("staging"),), live, 2))  # the drift is gone: all of it is level now
        await until(pilot, lambda: "invoices" not in grid.apps, "what is level goes")
        await pilot.press("f", "dollar_sign")
        assert (grid.filtered, grid.cell[1]) == (False, "production-us")


async def test_twenty_four_lines_show_the_detail_where_the_apps_leave_room() -> None:
    engine = ScriptedEngine()
    few = replace(engine.whole, apps=engine.whole.apps[:2])
    engine.whole = few
    async with opened(engine, size=(80, 24)) as pilot:
        await seen(pilot, "checkout in dev")
    async with opened(ScriptedEngine(), size=(80, 24)) as pilot:
        assert not pilot.app.screen.query_one("#detail").display


def test_the_state_of_a_cluster_gives_way_last_in_the_head_of_a_column() -> None:
    asia = Environment("production-asia", protected=True)
    lanes = (lane(asia.name),)
    tops = {columns: lane_lines(3, asia, None, columns, NOW, lanes)[0] for columns in range(18, 44)}
    assert all("●" in top.text and "◈" in top.text and top.width <= columns for columns, top in tops.items())
    assert "protected" in tops[43].text and "online" in tops[43].text
    assert "protected" not in tops[30].text and "online" in tops[30].text


async def test_what_comes_back_from_the_shell_is_painted_whole() -> None:
    async with opened(ScriptedEngine()) as pilot:
        bar, drawn = pilot.app.screen.query_one("#status"), []
        draw = bar.render_line
        bar.render_line = lambda y: drawn.append(y) or draw(y)
        pilot.app.app_resume_signal.publish(pilot.app)
        await until(pilot, lambda: drawn, "the title, in which nothing has changed")
