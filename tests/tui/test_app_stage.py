from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from driving import gone, opened, seen, text_of, until
from scripted_engine import ScriptedEngine, sha
from scripted_gates import closed
from textual.pilot import Pilot
from textual.widgets import TextArea

from liftlock.errors import EditError, PushRejected, RepositoryError, TerminalNeeded
from liftlock.model.change import ChangeClass
from liftlock.model.plan import Pin, Plan
from liftlock_tui.screens.board import BoardScreen
from liftlock_tui.screens.stage import StageScreen


@contextlib.asynccontextmanager
async def staged(
    engine: ScriptedEngine, size: tuple[int, int] = (120, 40), column: str = "2"
) -> AsyncIterator[Pilot[int]]:
    """The stage of checkout in the environment of that number."""
    async with opened(engine, size=size) as pilot:
        await pilot.press(column, "p")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen) and engine.named("cautions"), "the stage")
        await pilot.pause()
        yield pilot


def plan_of(pilot: Pilot[int]) -> Plan:
    return pilot.app.screen.plan


def chosen(pilot: Pilot[int]) -> list[tuple[str, str]]:
    return [(str(change.cls), str(change.path[-1])) for change in plan_of(pilot).chosen]


async def committed(pilot: Pilot[int], engine: ScriptedEngine) -> None:
    await pilot.press("c")
    await seen(pilot, "Promotion-From", "new branch")
    await pilot.press("ctrl+s")
    await seen(pilot, "✓ committed")


async def test_each_change_shows_old_new_class_and_why() -> None:
    async with staged(ScriptedEngine()) as pilot:
        await seen(pilot, "newTag", "1.8.0 → 1.9.0", "version", "an image tag: versions move", "3 of 7 changes")
        await seen(pilot, "2 kept: 1 identity, 1 sizing", "[x]", "[ ]", "[-]", "[!]")


async def test_space_takes_a_change_out_and_goes_on_to_the_next() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await pilot.press("space")
        assert chosen(pilot) == [("setting", "FEATURE_BASKET"), ("setting", "level")]
        assert pilot.app.screen.plan_tree.node.change.cls is ChangeClass.SETTING
        await until(pilot, lambda: engine.named("file_diffs")[-1][0].selected == plan_of(pilot).selected, "preview")
        await gone(pilot, "+   newTag")


async def test_space_on_a_file_and_an_app_is_tri_state() -> None:
    async with staged(ScriptedEngine()) as pilot:
        await pilot.press("g", "space")
        changes = plan_of(pilot).changes
        kept = {change.id for change in changes if change.cls in ("identity", "sizing") and not change.proposed}
        assert plan_of(pilot).selected == {change.id for change in changes if not change.blocked} - kept
        await pilot.press("space")
        assert not plan_of(pilot).selected
        await seen(pilot, "Nothing is staged")


async def test_a_blocked_change_says_why_it_cannot_be_staged() -> None:
    async with staged(ScriptedEngine()) as pilot:
        before = plan_of(pilot).selected
        await pilot.press("G", "space")
        await seen(pilot, "cannot be staged", "the file is a template")
        assert plan_of(pilot).selected == before


async def test_kept_changes_open_and_can_be_staged_after_all() -> None:
    async with staged(ScriptedEngine()) as pilot:
        assert "replicas" not in text_of(pilot.app)
        await pilot.press("n", "n", "n", "k", "k", "enter")
        for _ in range(12):
            if pilot.app.screen.plan_tree.node.kind == "kept":
                break
            await pilot.press("k")
        pilot.app.screen.plan_tree.go(next(n.key for n in pilot.app.screen.plan_tree.nodes if n.kind == "kept"))
        if not pilot.app.screen.plan_tree.node.open:
            await pilot.press("l")
        await seen(pilot, "replicas", "6 → 1")
        await pilot.press("j", "space")
        assert ("identity", "host") in chosen(pilot)


async def test_a_value_is_typed_in_place_and_escape_leaves_it() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await pilot.press("enter")
        assert pilot.app.focused.id == "edit"
        await pilot.press("escape")
        assert not plan_of(pilot).edited
        await pilot.press("enter", "end", *"-rc1", "enter")
        assert dict(plan_of(pilot).edited) == {plan_of(pilot).changes[0].id: "1.9.0-rc1"}
        await seen(pilot, "1.8.0 → 1.9.0-rc1", "typed")
        await until(pilot, lambda: engine.named("file_diffs")[-1][0].edited, "preview of the typed value")


async def test_a_typed_value_that_cannot_be_written_is_said_in_the_preview() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        engine.failing["file_diffs"] = [EditError("The value cannot stand there", "it has a newline", "quote it")]
        await pilot.press("enter", "x", "enter")
        await seen(pilot, "The value cannot stand there", "it has a newline", "quote it")


async def test_a_class_is_staged_or_left_as_a_whole() -> None:
    async with staged(ScriptedEngine()) as pilot:
        await pilot.press("a")
        await seen(pilot, "stage all sizing", "unstage all version")
        await pilot.press("j", "enter")
        await until(pilot, lambda: ("version", "newTag") not in chosen(pilot), "versions are out")


async def test_a_late_preview_is_dropped() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        from liftlock_tui.replies import Previewed

        pilot.app.screen.post_message(Previewed(-1, (), ()))
        await pilot.pause()
        assert "newTag" in text_of(pilot.app)


async def test_t_shows_manifests_and_what_is_missing_is_fetched_by_one_key() -> None:
    engine = ScriptedEngine()
    engine.missing = ("https://example.org/base?ref=v1",)
    async with staged(engine) as pilot:
        await pilot.press("t")
        await seen(pilot, "missing https://example.org/base?ref=v1", "fetches it, pinned and cached")
        await pilot.press("F")
        await seen(pilot, "Deployment checkout in acme", "1 object of 5 would change")
        assert engine.named("renderings") == [(False,), (True,)]
        await pilot.press("t", "t")
        await seen(pilot, "kustomization.yaml", "changed  +1 -1")


async def test_context_grows_and_shrinks() -> None:
    async with staged(ScriptedEngine()) as pilot:
        await seen(pilot, "../../base")
        await pilot.press("left_curly_bracket", "left_curly_bracket")
        await gone(pilot, "../../base")
        await pilot.press("right_curly_bracket", "right_curly_bracket")
        await seen(pilot, "../../base")


async def test_side_by_side_needs_160_columns() -> None:
    async with staged(ScriptedEngine(), size=(120, 40)) as pilot:
        await pilot.press("s")
        await seen(pilot, "side by side needs 160 columns")
        await pilot.resize_terminal(200, 50)
        await pilot.press("s")
        await seen(pilot, "│")
        lines = [row for row in text_of(pilot.app).split("\n") if "newTag: 1.8.0" in row and "newTag: 1.9.0" in row]
        assert lines


async def test_warnings_open_as_a_list() -> None:
    async with staged(ScriptedEngine()) as pilot:
        await seen(pilot, "! 1 warning")
        await pilot.press("w")
        await seen(pilot, "shared base apps/base reaches dev as well")


async def test_commit_shows_branch_and_message_and_takes_what_was_typed() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await pilot.press("c")
        await seen(pilot, "promote/staging/checkout", "Promotion-From: dev", "pre-commit does not")
        await pilot.press(*"WIP ", "tab", "enter")
        await seen(pilot, "✓ committed")
    plan, message, branch = engine.named("commit")[0]
    assert plan.targets == ("staging",)
    assert message.startswith("WIP promote(staging): checkout")
    assert branch == "promote/staging/checkout"


async def test_a_refused_commit_keeps_the_text() -> None:
    engine = ScriptedEngine()
    engine.failing["commit"] = [RepositoryError("The commit-msg hook refused", "no ticket key", "add ABC-123")]
    async with staged(engine) as pilot:
        await pilot.press("c")
        await seen(pilot, "new branch")
        await pilot.press(*"typed ", "ctrl+s")
        await seen(pilot, "The commit-msg hook refused", "no ticket key", "add ABC-123")
        assert pilot.app.screen.query_one(TextArea).text.startswith("typed ")
        await pilot.press("ctrl+s")
        await seen(pilot, "✓ committed")


async def test_escape_keeps_a_typed_message_for_the_next_time() -> None:
    async with staged(ScriptedEngine()) as pilot:
        await pilot.press("c")
        await seen(pilot, "new branch")
        await pilot.press(*"kept ", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
        await pilot.press("c")
        await seen(pilot, "kept promote(staging)")


async def test_nothing_staged_cannot_be_committed() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await pilot.press("g", "space", "space", "c")
        await seen(pilot, "nothing is staged")
    assert not engine.named("commit")


async def test_push_says_consequence_and_commits_and_only_y_pushes() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await committed(pilot, engine)
        await pilot.press("P")
        await seen(pilot, "push 2 commits to the new branch", "! not of this promotion", "a colleague's own commit")
        await pilot.press("P")
        assert not engine.named("push")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "Enter cancels")
        assert not engine.named("push")
        await pilot.press("P")
        await seen(pilot, "y push")
        await pilot.press("y")
        await seen(pilot, "✓ pushed", "https://forge.example/acme/deploy/pull/new/promote")
    assert engine.named("push") == [(f"{sha(900)}:refs/heads/promote/staging/checkout", (), False)]


async def test_a_protected_environment_wants_its_name_typed() -> None:
    engine = ScriptedEngine()
    async with staged(engine, column="3") as pilot:
        await committed(pilot, engine)
        await pilot.press("P")
        await seen(pilot, "y push")
        await pilot.press("down")
        await seen(pilot, "production-eu will change", "type production-eu to push")
        await pilot.press("y", "enter")
        await seen(pilot, "That is not production-eu")
        assert not engine.named("push")
        await pilot.press("backspace", *"production-eu", "enter")
        await seen(pilot, "✓ pushed", "git merge --ff-only origin/main")
    assert engine.named("push") == [(f"{sha(900)}:refs/heads/main", ("production-eu",), False)]


async def test_a_rejected_push_plans_again_and_keeps_the_selection() -> None:
    engine = ScriptedEngine()
    engine.failing["push"] = [PushRejected("The remote has moved", "origin/main is at 1234567", "fetch")]
    engine.differences = ("checkout: newTag is 1.9.1 by now",)
    async with staged(engine) as pilot:
        await pilot.press("space")
        selected = plan_of(pilot).selected
        await committed(pilot, engine)
        await pilot.press("P")
        await seen(pilot, "y push")
        await pilot.press("y")
        await seen(pilot, "The remote has moved", "fetch and plan again")
        await pilot.press("f")
        await seen(pilot, "What changed in the plan", "newTag is 1.9.1 by now")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen))
        assert plan_of(pilot).base == sha(78)
        assert plan_of(pilot).selected == selected
    assert len(engine.named("undo")) == 1
    assert engine.named("replan")


async def test_a_push_that_must_ask_is_done_again_in_the_terminal() -> None:
    engine = ScriptedEngine()
    engine.failing["push"] = [TerminalNeeded("a password is needed", "", "")]
    async with staged(engine) as pilot:
        stepped = []

        @contextlib.contextmanager
        def suspend():  # type: ignore[no-untyped-def]
            stepped.append(True)
            yield

        pilot.app.suspend = suspend  # type: ignore[method-assign]
        await committed(pilot, engine)
        await pilot.press("P")
        await seen(pilot, "y push")
        await pilot.press("y")
        await seen(pilot, "✓ pushed")
    assert stepped
    assert [interactive for *_, interactive in engine.named("push")] == [False, True]


async def test_undo_says_what_and_asks() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await committed(pilot, engine)
        await pilot.press("u")
        await seen(pilot, "Take the commit back?", "promote/staging/checkout", "is removed")
        await pilot.press("enter")
        await gone(pilot, "Take the commit back?")
        assert not engine.named("undo")
        await pilot.press("u")
        await seen(pilot, "Take the commit back?")
        await pilot.press("y")
        await seen(pilot, "was removed")
        await gone(pilot, "✓ committed")


async def test_quit_asks_while_a_commit_of_this_session_waits() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await committed(pilot, engine)
        await pilot.press("q")
        await seen(pilot, "Leave without pushing?", "promote/staging/checkout")
        await pilot.press("enter")
        await gone(pilot, "Leave without pushing?")
        await pilot.press("q")
        await seen(pilot, "Leave without pushing?")
        await pilot.press("y")
        await until(pilot, lambda: engine.closed, "closed")


async def test_a_commit_that_waits_is_pushed_and_undone_from_the_board() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await committed(pilot, engine)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, BoardScreen))
        await seen(pilot, "↑ 1 promotion not pushed")
        await pilot.press("P")
        await seen(pilot, "push 2 commits")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, BoardScreen))
        await pilot.press("u")
        await seen(pilot, "Take the commit back?")
        await pilot.press("y")
        await gone(pilot, "not pushed")


async def test_tab_and_escape_go_between_the_panes_layer_by_layer() -> None:
    async with staged(ScriptedEngine(), size=(60, 20)) as pilot:
        assert "newTag" in text_of(pilot.app)
        await pilot.press("tab")
        await seen(pilot, "changed  +1 -1")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, StageScreen)
        await seen(pilot, "3/7")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, BoardScreen))


async def test_twins_move_together() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        screen = pilot.app.screen
        first, second = screen.plan.changes[0], screen.plan.changes[1]
        twin = replace(first, together=(second.id,))
        screen.take(replace(screen.plan, changes=(twin, *screen.plan.changes[1:])))
        await pilot.press("space")
        assert not {first.id, second.id} & plan_of(pilot).selected


async def test_space_on_a_group_or_an_app_takes_along_nothing_that_is_kept() -> None:
    async with staged(ScriptedEngine()) as pilot:
        tree = pilot.app.screen.plan_tree
        tree.go(next(n.key for n in tree.nodes if n.kind == "kept"))
        await pilot.press("space")
        await seen(pilot, "replicas")
        assert not {"identity", "sizing"} & {cls for cls, _ in chosen(pilot)}
        tree.go(next(n.key for n in tree.nodes if n.kind == "app"))
        await pilot.press("space", "space")
        assert not {"identity", "sizing"} & {cls for cls, _ in chosen(pilot)}


async def test_p_pins_what_moves_by_itself_to_what_runs_in_the_source() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        await pilot.press("p")
        await seen(pilot, "nothing to pin")
        first = plan_of(pilot).changes[0].id
        engine.live.pinned = (Pin(first, "latest@sha256:abc", "pinned to what 2 pods of staging run"),)
        await pilot.press("p")
        await seen(pilot, "1 version pinned", "latest@sha256:abc")
        assert dict(plan_of(pilot).edited) == {first: "latest@sha256:abc"}


async def test_what_cannot_be_pinned_is_told() -> None:
    engine = ScriptedEngine()
    async with staged(engine) as pilot:
        first = plan_of(pilot).changes[0].id
        engine.live.pinned = (Pin(first, "", "2 builds of it run in staging"),)
        await pilot.press("p")
        await seen(pilot, "0 pinned, 1 not", "2 builds of it run in staging")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, StageScreen), "the stage")
        assert plan_of(pilot).edited == ()


async def test_the_stage_shows_how_the_gates_stand_and_v_says_why() -> None:
    engine = ScriptedEngine()
    engine.gates.told = (closed(),)
    async with staged(engine) as pilot:
        await seen(pilot, "gates", "… waiting: soak")
        await pilot.press("v")
        await seen(pilot, "1.9.0 is in dev for 20m of 1h", "wait another 40m", "advisory")


async def test_a_closed_gate_holds_the_push_until_there_is_a_reason() -> None:
    engine = ScriptedEngine()
    engine.gates.told = (closed(),)
    async with staged(engine) as pilot:
        await committed(pilot, engine)
        await pilot.press("P")
        await seen(pilot, "soak (checkout to staging)", "o override with a reason")
        await pilot.press("y")
        assert not engine.named("push")
        await pilot.press("o")
        await seen(pilot, "why go past soak")
        await pilot.press("enter")
        await seen(pilot, "An override needs a reason.")
        await pilot.press(*"hotfix", "enter")
        await seen(pilot, "⇢ overridden: soak", "reason: hotfix", "y push")
        await pilot.press("y")
        await seen(pilot, "✓ pushed")
    assert engine.named("override") == [([("soak", "hotfix")],)]
    assert engine.named("push") == [(f"{sha(901)}:refs/heads/promote/staging/checkout", (), False)]
